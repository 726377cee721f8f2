use super::Filters;
use crate::buffer::Buffer;
use crate::layout::CHANNELS;

/// Weights of a depthwise convolution: `[tap][channel]`, channels padded with zeros.
pub(crate) struct Channels {
    /// A multiple of 16.
    pub(crate) channels: usize,
    pub(crate) weights: Buffer,
    pub(crate) bias: Buffer,
}

impl Channels {
    pub(super) fn pack(filters: &Filters<'_>) -> Self {
        let taps = filters.taps;
        let channels = filters.outputs.next_multiple_of(CHANNELS);
        let mut weights = Buffer::zeroed(taps * channels);
        for (i, &weight) in filters.weight.iter().enumerate() {
            weights.as_mut_slice()[i % taps * channels + i / taps] = weight;
        }
        Self { channels, weights, bias: super::padded_bias(filters.bias) }
    }
}
