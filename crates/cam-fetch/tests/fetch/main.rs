//! Fetching from a server on this machine, well-behaved and otherwise.

#[path = "../../../../tests/src/loopback.rs"]
mod loopback;

mod accepting;
mod cache;
mod concurrent;
mod hub;
mod plain;
mod refusals;
mod resume;
mod support;
