//! A CPU engine for convolutional networks and vision transformers on plain `f32` buffers.
//!
//! A [`Graph`] says what a network computes: convolutions with everything fused to them (bias,
//! residual, activation), and what networks have between them: activations, sums and products of
//! values, pools, channels that are put together, cut off, mixed or repeated, layer norms and
//! attention. Tokens are the pixels of an image of N × 1, and a linear layer is a 1×1 convolution. An
//! [`Engine`] checks it, packs its weights once and runs any segment of it, by all threads together.
//! Nothing here knows of tensors, of files, or of any network by name, and nothing is trained:
//! gradients are those of activations, pulled back through a recorded run ([`Engine::record`]), never
//! of weights.
//!
//! ```
//! use cam_engine::{Activation, Convolution, Engine, Graph, Operation, Options, Padding, Step};
//!
//! let blur = Convolution {
//!     inputs: 1,
//!     outputs: 1,
//!     kernel: [3, 3],
//!     stride: [1, 1],
//!     dilation: [1, 1],
//!     padding: Padding::Each(1),
//!     groups: 1,
//!     weight: vec![1.0 / 9.0; 9],
//!     bias: vec![0.0],
//!     residual: None,
//!     activation: Activation::Identity,
//! };
//! let graph = Graph { steps: vec![Step { input: 0, operation: Operation::Convolution(blur) }] };
//! let engine = Engine::new(graph, Options::default())?;
//! let output = engine.run(0..1, &[9.0; 12], [1, 1, 3, 4])?;
//! assert_eq!(output.shape, [1, 1, 3, 4]);
//! assert!((output.values[0] - 4.0).abs() < 1e-6 && (output.values[5] - 9.0).abs() < 1e-6);
//! # Ok::<(), cam_engine::Error>(())
//! ```
//!
//! # How a run goes
//!
//! The first run on a shape makes a *program*, which is kept ([`Engine::plan`] shows it): which
//! steps the segment needs, which kernel computes each, and in which buffer its result lies. A
//! run is then one parallel region with a barrier behind every layer: input to channels-last, the
//! layers, output back to channels-first.
//!
//! # The way back
//!
//! [`Engine::record`] keeps a run's activations, and [`Recording::pull_back`] goes back through them:
//! ∂s/∂output to ∂s/∂input, several gradients per image as one batch. Every convolution is transposed
//! into as many plain ones as its stride has phases, so that the same kernels serve both directions.
//! Its weights are packed a second time for that, when the first gradient is pulled back. An
//! activation's derivative is told from what it gave, or where that does not say it (SiLU, GELU and the
//! like), from the sums in front of it, which a recorded run then keeps as well.
//!
//! # What makes it fast
//!
//! - **Borders are physical.** An activation lies channels-last inside a border of real zeros, and
//!   a table gives every output pixel's offset into it. Strides, padding and batches then cost a
//!   kernel nothing, and a convolution needs no copy of its input (no im2col).
//! - **Sums stay in registers**: 14 pixels by 32 channels with AVX-512, for the whole reduction or
//!   as much of it as has its weights in the second-level cache.
//! - **Work is split statically**, by pixels or by output channels, whichever reads less; so the
//!   bits of a result depend on neither the number of threads nor their luck.
//! - **What is wide is short-lived**: a dense convolution and the depthwise one behind it run together, a panel of
//!   channels and a band of rows at a time.
//! - **Less is computed** for 3×3 kernels of stride 1, by Winograd's algorithm, unless
//!   [`Options::exact`] says otherwise.
//!
//! The price: weights live in the engine in their packed order, at 16 or 32 output channels a
//! panel, so that networks with very few channels waste some of each vector.
//!
//! # Where there is only a processor
//!
//! Two features, both on by default, are what a browser lacks: `threads` and `clock`
//! ([`Engine::time_steps`]). Without them an engine runs on its caller's thread, to the same bits.
//!
//! # Unsafe code
//!
//! It lives in the kernels, the aligned buffers and the thread pool. Kernels trust offsets from
//! tables, and every table is checked against its buffer when a program is made.

mod allocation;
mod backward;
#[cfg(feature = "threads")]
mod barrier;
mod buffer;
mod buffer_allocator;
mod caches;
mod check;
mod engine;
mod error;
mod graph;
mod kernels;
mod layers;
mod layout;
mod memory;
mod options;
mod packed;
mod packed_weights;
mod partition;
mod plan;
#[cfg_attr(not(feature = "threads"), path = "no_threads.rs")]
mod pool;
#[cfg(all(test, feature = "threads"))]
mod pool_tests;
mod prepared_graph;
mod program;
mod recording;
mod schedule;
mod segment_analysis;
mod shapes;
#[cfg(feature = "threads")]
mod sync;
mod vector;
mod wanted;
mod windows;
mod winograd;
mod workspace;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use allocation::keep_freed_memory;
pub use engine::{Engine, Output, Pixels};
pub use error::Error;
pub use graph::{
    Activation, Attention, Border, Convolution, Graph, LayerNorm, Operation, Padding, ScaleShift,
    Step, Tokens, Window,
};
pub use options::{InstructionSet, MOST_THREADS, Options};
pub use packed_weights::ReadAt;
pub use plan::{Kernel, Plan, PlannedStep};
pub use recording::Recording;
pub use wanted::Wanted;
