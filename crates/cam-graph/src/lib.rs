//! A neural network as data: typed steps, named parameters, inferred shapes, computed cuts.
//!
//! A [`Graph`] says what is computed for one image, in which order, from which parameters. It holds no numbers, knows
//! no device and opens no file, so that whatever makes networks (a weight file, an ONNX file, a program) and whatever
//! runs them (burn's operations, the engine) share one description, and shapes, cuts and layers are worked out in one
//! place.

mod cut;
mod exact;
mod function;
mod graph;
mod head;
mod layout;
mod memory;
mod mixing;
mod narrow;
mod operation;
mod shape;
mod transformer;
mod value;
mod window;
mod work;

pub use cut::Cut;
pub use function::{Binary, Function, Reduction};
pub use graph::{Graph, Name, Step};
pub use head::{Head, HeadStep, Pooling};
pub use layout::{Axes, Axis, Layout, Positions};
pub use operation::{
    BatchNorm, Convolution, Coordinates, Fill, Interpolation, LayerNorm, Linear, Operation,
    Rounding,
};
pub use shape::{Shape, ShapeError, broadcast};
pub use transformer::{
    AttentionBlock, AttentionPooling, ReadoutStep, Similarity, Tokens, Transformer,
};
pub use value::Value;
pub use window::{Border, Padding, Window};
