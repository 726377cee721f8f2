//! Files from a hub on this machine, well-behaved and otherwise.

mod bringing;
mod broken;
mod environment;
mod listing;
mod offline;
mod place;
mod refusals;
mod server;
mod token;
mod users;
