use std::ops::Range;

use super::Filters;
use crate::buffer::Buffer;
use crate::layout::CHANNELS;

/// Output channels of a full panel: two vectors of 16.
pub(crate) const WIDTH: usize = 2 * CHANNELS;

/// Output channels that a tile covers, and where their weights lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Panel {
    /// First output channel.
    pub(crate) output: usize,
    /// Output channels, padding included: 32, or 16 at the end of a group.
    pub(crate) width: usize,
    /// First input channel.
    pub(crate) input: usize,
    /// Where the weights start.
    pub(crate) start: usize,
}

/// Weights of a dense convolution: `[panel][tap][input channel of the group][width]`.
pub(crate) struct Panels {
    pub(crate) list: Vec<Panel>,
    pub(crate) taps: usize,
    /// Input channels of a group.
    pub(crate) depth: usize,
    pub(crate) weights: Buffer,
    /// `[outputs]`, padded with zeros.
    pub(crate) bias: Buffer,
}

impl Panels {
    /// Floats of the weights once they are packed.
    pub(super) fn len(filters: &Filters<'_>) -> usize {
        let rows = rows(filters);
        list(filters).last().map_or(0, |panel| panel.start + rows * panel.width)
    }

    pub(super) fn pack(filters: &Filters<'_>, packed: &mut [f32]) {
        let (taps, rows) = (filters.taps, rows(filters));
        let depth = rows / taps;
        for panel in list(filters) {
            let kernels = &filters.weight[panel.output * rows..];
            let count = panel.outputs(filters).len();
            let packed = packed[panel.start..].chunks_mut(panel.width).take(rows);
            for (row, packed) in packed.enumerate() {
                let kernel = kernels[row % depth * taps + row / depth..].iter();
                for (packed, weight) in packed.iter_mut().zip(kernel.step_by(rows)).take(count) {
                    *packed = *weight;
                }
            }
        }
    }

    /// Around weights that are packed.
    pub(super) fn around(filters: &Filters<'_>, weights: Buffer) -> Self {
        Self {
            list: list(filters),
            taps: filters.taps,
            depth: filters.inputs / filters.groups,
            weights,
            bias: super::padded_bias(filters.bias),
        }
    }

    /// Rows of weights per panel.
    pub(crate) fn rows(&self) -> usize {
        self.taps * self.depth
    }

    /// Whether the channels fall into groups.
    pub(crate) fn is_grouped(&self) -> bool {
        self.list.iter().any(|panel| panel.input > 0)
    }
}

impl Panel {
    /// Output channels that are no padding.
    fn outputs(&self, filters: &Filters<'_>) -> Range<usize> {
        self.output..(self.output + self.width).min(filters.outputs)
    }
}

/// Rows of weights per panel.
fn rows(filters: &Filters<'_>) -> usize {
    filters.taps * filters.inputs / filters.groups
}

fn list(filters: &Filters<'_>) -> Vec<Panel> {
    let rows = rows(filters);
    let per_group = filters.outputs / filters.groups;
    let mut list = Vec::new();
    let mut start = 0;
    for group in 0..filters.groups {
        let mut output = 0;
        while output < per_group {
            let width = if per_group - output > CHANNELS { WIDTH } else { CHANNELS };
            list.push(Panel {
                output: group * per_group + output,
                width,
                input: group * filters.inputs / filters.groups,
                start,
            });
            output += width;
            start += rows * width;
        }
    }
    list
}
