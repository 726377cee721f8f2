//! Weights in the order in which kernels read them, packed once.

mod channels;
mod groups;
mod panels;
mod transformed;
mod unpack;

use std::sync::Arc;

pub(crate) use channels::Channels;
pub(crate) use groups::Groups;
pub(crate) use panels::{Panel, Panels, WIDTH};
pub(crate) use transformed::Transformed;

use crate::Convolution;
use crate::layout::CHANNELS;

/// The weights of a convolution as they come: a window of `taps` pixels, of whatever shape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filters<'a> {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) groups: usize,
    pub(crate) taps: usize,
    /// `[outputs, inputs / groups, taps]`.
    pub(crate) weight: &'a [f32],
    /// `[outputs]`.
    pub(crate) bias: &'a [f32],
}

impl<'a> Filters<'a> {
    pub(crate) fn of(convolution: &'a Convolution) -> Self {
        let Convolution { inputs, outputs, groups, kernel, .. } = *convolution;
        let (weight, bias) = (&convolution.weight, &convolution.bias);
        Self { inputs, outputs, groups, taps: kernel * kernel, weight, bias }
    }
}

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
    pub(crate) fn new(filters: &Filters<'_>, lanes: usize) -> Self {
        let Filters { inputs, outputs, groups, .. } = *filters;
        if groups == 1 || (outputs / groups).is_multiple_of(CHANNELS) {
            Self::Panels(Arc::new(Panels::pack(filters)))
        } else if groups == inputs && groups == outputs {
            Self::Channels(Arc::new(Channels::pack(filters)))
        } else {
            Self::Groups(Arc::new(Groups::pack(filters, lanes)))
        }
    }
}

/// `bias` followed by zeros, up to whole vectors.
fn padded_bias(bias: &[f32]) -> crate::buffer::Buffer {
    let mut padded = crate::buffer::Buffer::zeroed(bias.len().next_multiple_of(CHANNELS));
    padded.as_mut_slice()[..bias.len()].copy_from_slice(bias);
    padded
}
