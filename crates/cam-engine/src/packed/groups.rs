use super::Filters;
use crate::buffer::Buffer;
use crate::layout::CHANNELS;

/// One vector of output channels and what each of its lanes reads.
pub(crate) struct Lanes {
    /// First output channel.
    pub(crate) output: usize,
    /// The first input channel that any lane reads.
    pub(crate) input: usize,
    /// Each lane's first input channel, counted from `input`.
    pub(crate) lanes: [i32; CHANNELS],
    /// Whether all that the lanes read lies within one vector from `input`.
    pub(crate) adjacent: bool,
    /// Where the weights start.
    pub(crate) start: usize,
}

/// Weights of a grouped convolution: `[16 outputs][tap][input channel of the group][16]`.
pub(crate) struct Groups {
    pub(crate) list: Vec<Lanes>,
    /// Input channels of a group.
    pub(crate) depth: usize,
    pub(crate) weights: Buffer,
    pub(crate) bias: Buffer,
}

impl Groups {
    /// Floats of the weights once they are packed.
    pub(super) fn len(filters: &Filters<'_>) -> usize {
        filters.taps * Self::depth(filters) * filters.outputs.next_multiple_of(CHANNELS)
    }

    pub(super) fn pack(filters: &Filters<'_>, packed: &mut [f32]) {
        let (taps, depth) = (filters.taps, Self::depth(filters));
        let rows = taps * depth;
        for (i, &weight) in filters.weight.iter().enumerate() {
            let (output, input, tap) = (i / rows, i % rows / taps, i % taps);
            let row = output / CHANNELS * rows + tap * depth + input;
            packed[row * CHANNELS + output % CHANNELS] = weight;
        }
    }

    /// Around weights that are packed.
    pub(super) fn around(filters: &Filters<'_>, lanes: usize, weights: Buffer) -> Self {
        let depth = Self::depth(filters);
        let list = (0..filters.outputs.next_multiple_of(CHANNELS)).step_by(lanes);
        let list = list.map(|output| Lanes::new(filters, output, lanes, filters.taps * depth));
        Self { list: list.collect(), depth, weights, bias: super::padded_bias(filters.bias) }
    }

    fn depth(filters: &Filters<'_>) -> usize {
        filters.inputs / filters.groups
    }
}

impl Lanes {
    fn new(filters: &Filters<'_>, output: usize, count: usize, rows: usize) -> Self {
        let (per_group, depth) =
            (filters.outputs / filters.groups, filters.inputs / filters.groups);
        // Lanes behind the last channel repeat it, with weights of zero.
        let first_input =
            |lane: usize| (output + lane).min(filters.outputs - 1) / per_group * depth;
        let input = first_input(0);
        let lanes = std::array::from_fn(|lane| (first_input(lane.min(count - 1)) - input) as i32);
        Self {
            output,
            input,
            lanes,
            adjacent: first_input(count - 1) - input + depth <= count,
            start: output / CHANNELS * rows * CHANNELS + output % CHANNELS,
        }
    }
}
