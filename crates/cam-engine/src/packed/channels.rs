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
    /// Floats of the weights once they are packed.
    pub(super) fn len(filters: &Filters<'_>) -> usize {
        filters.taps * filters.outputs.next_multiple_of(CHANNELS)
    }

    pub(super) fn pack(filters: &Filters<'_>, packed: &mut [f32]) {
        let (taps, channels) = (filters.taps, filters.outputs.next_multiple_of(CHANNELS));
        for (i, &weight) in filters.weight.iter().enumerate() {
            packed[i % taps * channels + i / taps] = weight;
        }
    }

    /// Around weights that are packed.
    pub(super) fn around(filters: &Filters<'_>, weights: Buffer) -> Self {
        let channels = filters.outputs.next_multiple_of(CHANNELS);
        Self { channels, weights, bias: super::padded_bias(filters.bias) }
    }
}
