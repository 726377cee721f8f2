//! Runs pieces of work side by side. Results come in the order of the pieces, and a panic reaches the caller.
//!
//! Threads start in a call and end before it returns. There is no pool and no setting, so that no caller notices
//! another. Without the feature `threads`, as in a browser, the caller's thread does everything.
//!
//! ```
//! use cam_threads::{cores, in_ranges, side_by_side};
//!
//! assert_eq!(side_by_side(&[1, 2, 3], cores(), |number| number * number), [1, 4, 9]);
//! assert_eq!(in_ranges(100, cores(), |range| range.sum::<usize>()).into_iter().sum::<usize>(), 4950);
//! ```

mod ranges;
#[cfg_attr(not(feature = "threads"), path = "no_threads.rs")]
mod side_by_side;

pub use ranges::in_ranges;
pub use side_by_side::{cores, side_by_side};
