//! What must not work: requests of others, of strange form, of no measure, and many at once. They are written to the
//! socket byte by byte, so that no client hides anything.

mod addresses;
mod bodies;
mod ending;
mod hosts;
mod images;
mod many;
mod markup;
mod memory;
mod paths;
mod random;
mod slow;
mod support;
mod walk;
