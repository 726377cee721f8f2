//! One file per command.

pub mod batch;
pub mod bench;
pub mod classify;
pub mod compare;
pub mod completions;
pub mod concept;
pub mod demo;
pub mod embed;
pub mod evaluate;
pub mod explain;
pub mod factorize;
pub mod fetch;
pub mod index;
pub mod inspect;
pub mod list;
pub mod man;
pub mod search;
pub mod segment;
pub mod video;
#[cfg(feature = "view")]
pub mod view;
