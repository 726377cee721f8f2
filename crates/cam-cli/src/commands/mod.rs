//! One file per command.

pub mod bench;
pub mod completions;
pub mod demo;
pub mod devices;
pub mod embed;
pub mod explain;
pub mod fetch;
pub mod inspect;
pub mod layers;
pub mod man;
pub mod methods;
pub mod models;
