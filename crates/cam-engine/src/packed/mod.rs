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
use crate::buffer::Buffer;
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
        Self { inputs, outputs, groups, taps: kernel[0] * kernel[1], weight, bias }
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
        let mut weights = Buffer::zeroed(Self::len(filters));
        Self::pack(filters, weights.as_mut_slice());
        Self::around(filters, lanes, weights)
    }

    /// Packs weights into as many zeros as [`len`](Self::len) says.
    pub(crate) fn pack(filters: &Filters<'_>, packed: &mut [f32]) {
        match Form::of(filters) {
            Form::Panels => Panels::pack(filters, packed),
            Form::Channels => Channels::pack(filters, packed),
            Form::Groups => Groups::pack(filters, packed),
        }
    }

    /// Around weights that were packed for filters of the same sizes, whose own are not looked at.
    pub(crate) fn around(filters: &Filters<'_>, lanes: usize, weights: Buffer) -> Self {
        match Form::of(filters) {
            Form::Panels => Self::Panels(Arc::new(Panels::around(filters, weights))),
            Form::Channels => Self::Channels(Arc::new(Channels::around(filters, weights))),
            Form::Groups => Self::Groups(Arc::new(Groups::around(filters, lanes, weights))),
        }
    }

    /// Floats of the weights once they are packed, whatever the kernels.
    pub(crate) fn len(filters: &Filters<'_>) -> usize {
        Form::of(filters).len(filters)
    }

    /// The packed weights.
    pub(crate) fn weights(&self) -> &[f32] {
        match self {
            Self::Panels(panels) => panels.weights.as_slice(),
            Self::Channels(channels) => channels.weights.as_slice(),
            Self::Groups(groups) => groups.weights.as_slice(),
        }
    }
}

/// The form that suits a convolution's groups.
#[derive(Clone, Copy)]
enum Form {
    Panels,
    Channels,
    Groups,
}

impl Form {
    fn of(filters: &Filters<'_>) -> Self {
        let Filters { inputs, outputs, groups, .. } = *filters;
        if groups == 1 || (outputs / groups).is_multiple_of(CHANNELS) {
            Self::Panels
        } else if groups == inputs && groups == outputs {
            Self::Channels
        } else {
            Self::Groups
        }
    }

    fn len(self, filters: &Filters<'_>) -> usize {
        match self {
            Self::Panels => Panels::len(filters),
            Self::Channels => Channels::len(filters),
            Self::Groups => Groups::len(filters),
        }
    }
}

/// `bias` followed by zeros, up to whole vectors.
fn padded_bias(bias: &[f32]) -> Buffer {
    let mut padded = Buffer::zeroed(bias.len().next_multiple_of(CHANNELS));
    padded.as_mut_slice()[..bias.len()].copy_from_slice(bias);
    padded
}
