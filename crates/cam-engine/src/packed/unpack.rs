//! Packed weights in the order in which they came.

use super::{Channels, Groups, Packed, Panels};
use crate::Convolution;
use crate::layout::CHANNELS;

impl Packed {
    /// A convolution's weights, `[outputs, inputs / groups, h, w]`.
    pub(crate) fn unpack(&self, convolution: &Convolution) -> Vec<f32> {
        let taps = convolution.kernel[0] * convolution.kernel[1];
        let depth = convolution.inputs / convolution.groups;
        let mut weight = vec![0.0; convolution.outputs * depth * taps];
        match self {
            Self::Panels(panels) => panels.unpack(&mut weight),
            Self::Channels(channels) => channels.unpack(&mut weight, taps),
            Self::Groups(groups) => groups.unpack(&mut weight, taps * depth),
        }
        weight
    }
}

impl Panels {
    fn unpack(&self, weight: &mut [f32]) {
        let (packed, rows) = (self.weights.as_slice(), self.rows());
        let outputs = weight.len() / rows;
        for panel in &self.list {
            // A group's last panel may be wider than what is left of the group, and the next
            // panel then starts before its end.
            let next = self.list.iter().map(|panel| panel.output).filter(|&o| o > panel.output);
            let end = next.min().unwrap_or(outputs);
            for output in panel.output..end.min(panel.output + panel.width) {
                for row in 0..rows {
                    let (tap, input) = (row / self.depth, row % self.depth);
                    weight[(output * self.depth + input) * self.taps + tap] =
                        packed[panel.start + row * panel.width + output - panel.output];
                }
            }
        }
    }
}

impl Channels {
    fn unpack(&self, weight: &mut [f32], taps: usize) {
        for (i, weight) in weight.iter_mut().enumerate() {
            *weight = self.weights.as_slice()[i % taps * self.channels + i / taps];
        }
    }
}

impl Groups {
    fn unpack(&self, weight: &mut [f32], rows: usize) {
        let taps = rows / self.depth;
        for (i, weight) in weight.iter_mut().enumerate() {
            let (output, input, tap) = (i / rows, i % rows / taps, i % taps);
            let row = output / CHANNELS * rows + tap * self.depth + input;
            *weight = self.weights.as_slice()[row * CHANNELS + output % CHANNELS];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::Filters;

    #[test]
    fn weights_come_back_as_they_went_in() {
        for (inputs, outputs, groups, kernel) in [
            (3, 70, 1, 3),
            (5, 16, 1, 1),
            (64, 40, 1, 1),
            (64, 96, 2, 3),
            (40, 40, 40, 3),
            (64, 64, 8, 3),
            (6, 9, 3, 5),
        ] {
            let weight: Vec<f32> =
                (0..outputs * inputs / groups * kernel * kernel).map(|i| i as f32 + 1.0).collect();
            let convolution = Convolution {
                inputs,
                outputs,
                kernel: [kernel; 2],
                stride: [1; 2],
                dilation: [1; 2],
                padding: crate::Padding::Each(0),
                groups,
                bias: vec![0.0; outputs],
                weight,
                residual: None,
                activation: crate::Activation::Identity,
            };
            for lanes in [4, 8, 16] {
                let packed = Packed::new(&Filters::of(&convolution), lanes);
                assert!(packed.unpack(&convolution) == convolution.weight, "{inputs} {outputs}");
            }
        }
    }
}
