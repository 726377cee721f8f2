//! The whole way from a file to cuts: an error or an equal result.

mod attributes;
mod contradictions;
mod damaged;
mod folding;
mod law;
mod net;
mod outside;
mod size;
