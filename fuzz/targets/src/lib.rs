//! What must hold of whatever bytes the parsers are given.
//!
//! Each target is a function of bytes that panics where a law does not hold: not only that nothing breaks, but that what
//! was read is what stands there. The tests run each over its seeds and some thousand changes of them, the same every
//! time; `cargo xtask fuzz` gives the same functions to libFuzzer, which looks for new ways through the code.
//!
//! Seeds are the project's own test files, or made here: none is kept twice.

mod answer;
#[cfg(feature = "models")]
mod checkpoint;
mod concepts;
mod index;
pub mod mutation;
mod onnx;
#[cfg(feature = "models")]
mod packed;
mod picture;
mod preprocessing;
mod scratch;

/// A parser, and what to start from.
pub struct Target {
    /// What it is called on the command line.
    pub name: &'static str,
    /// Runs the parser and holds what it gives against the laws.
    pub run: fn(&[u8]),
    /// Sound input, and some that is nearly sound.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target there is.
pub const TARGETS: &[Target] = &[
    Target { name: "answer", run: answer::run, seeds: answer::seeds },
    #[cfg(feature = "models")]
    Target { name: "checkpoint", run: checkpoint::run, seeds: checkpoint::seeds },
    Target { name: "concepts", run: concepts::run, seeds: concepts::seeds },
    Target { name: "index", run: index::run, seeds: index::seeds },
    Target { name: "onnx", run: onnx::run, seeds: onnx::seeds },
    #[cfg(feature = "models")]
    Target { name: "packed", run: packed::run, seeds: packed::seeds },
    Target { name: "picture", run: picture::run, seeds: picture::seeds },
    Target { name: "preprocessing", run: preprocessing::run, seeds: preprocessing::seeds },
];

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
