//! Weights in the order in which kernels read them, packed once.

mod channels;
mod groups;
mod panels;
mod transformed;

use std::sync::Arc;

pub(crate) use channels::Channels;
pub(crate) use groups::Groups;
pub(crate) use panels::{Panel, Panels, WIDTH};
pub(crate) use transformed::Transformed;

use crate::Convolution;
use crate::layout::CHANNELS;

/// A convolution's weights for the kernel that suits its groups.
#[derive(Clone)]
pub(crate) enum Packed {
    /// Dense, or in groups of whole vectors.
    Panels(Arc<Panels>),
    /// One input channel per output channel.
    Channels(Arc<Channels>),
    /// Any other groups.
    Groups(Arc<Groups>),
}

impl Packed {
    /// For kernels with vectors of `lanes`.
    pub(crate) fn new(convolution: &Convolution, lanes: usize) -> Self {
        let Convolution { inputs, outputs, groups, .. } = *convolution;
        if groups == 1 || (outputs / groups).is_multiple_of(CHANNELS) {
            Self::Panels(Arc::new(Panels::pack(convolution)))
        } else if groups == inputs && groups == outputs {
            Self::Channels(Arc::new(Channels::pack(convolution)))
        } else {
            Self::Groups(Arc::new(Groups::pack(convolution, lanes)))
        }
    }
}

/// `bias` followed by zeros, up to whole vectors.
fn padded_bias(bias: &[f32]) -> crate::buffer::Buffer {
    let mut padded = crate::buffer::Buffer::zeroed(bias.len().next_multiple_of(CHANNELS));
    padded.as_mut_slice()[..bias.len()].copy_from_slice(bias);
    padded
}
