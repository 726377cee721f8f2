//! How much memory a network's run takes.

use cam_core::Footprint;

use crate::description::{Description, Operation, Padding};

impl Description {
    /// The most numbers that exist at once while one image of that size runs, if every value is let go
    /// of once nothing reads it any more: how large a batch fits into a device's memory follows from it.
    /// Workspace that an executor takes beside is not in it.
    pub fn peak_activations(&self, size: [usize; 2]) -> usize {
        self.footprint_from(0, size).peak
    }

    /// What the steps from `first` on hold in memory for one image of that size.
    pub(crate) fn footprint_from(&self, first: usize, size: [usize; 2]) -> Footprint {
        let sizes = self.sizes(size);
        let last_read = self.last_reads();
        let alive_during = |step: usize| {
            let alive = (0..=step).filter(|&value| last_read[value] >= step);
            alive.map(|value| sizes[value]).sum::<usize>() + sizes[step + 1]
        };
        let peak = (first..self.steps.len()).map(alive_during).max().unwrap_or(sizes[first]);
        Footprint { peak, total: sizes[first..].iter().sum() }
    }

    /// The part of all multiply-adds that lies in front of a cut, for one image of that size.
    pub fn share_before(&self, cut: usize, size: [usize; 2]) -> f64 {
        let sizes = self.sizes(size);
        let each = self.steps.iter().enumerate().map(|(index, step)| match &step.operation {
            Operation::Convolution(c) => {
                let taps = c.inputs / c.groups * c.kernel * c.kernel;
                (sizes[index + 1] * taps) as f64
            }
            Operation::MaxPool(_) => 0.0,
        });
        let each: Vec<f64> = each.collect();
        let before = self.cuts.get(cut).map_or(0, |cut| cut.value.index());
        each[..before].iter().sum::<f64>() / each.iter().sum::<f64>().max(1.0)
    }

    /// Numbers in each value.
    fn sizes(&self, [height, width]: [usize; 2]) -> Vec<usize> {
        let mut shapes = vec![[3, height, width]];
        for step in &self.steps {
            let [channels, height, width] = shapes[step.input.index()];
            let after = |size: usize, kernel: usize, stride: usize, padding: Padding| {
                let (before, behind) = padding.before_and_after(size, kernel, stride);
                (size + before + behind).saturating_sub(kernel) / stride + 1
            };
            shapes.push(match &step.operation {
                Operation::Convolution(c) => {
                    let side = |size| after(size, c.kernel, c.stride, c.padding);
                    [c.outputs, side(height), side(width)]
                }
                Operation::MaxPool(pool) => {
                    let padding = Padding::Each(pool.padding);
                    let side = |size| after(size, pool.kernel, pool.stride, padding);
                    [channels, side(height), side(width)]
                }
            });
        }
        shapes.into_iter().map(|shape| shape.iter().product()).collect()
    }

    /// The last step that reads each value; the output is read behind all of them.
    fn last_reads(&self) -> Vec<usize> {
        let mut last = vec![0; self.steps.len() + 1];
        for (index, step) in self.steps.iter().enumerate() {
            last[step.input.index()] = index;
            if let Operation::Convolution(convolution) = &step.operation
                && let Some(residual) = convolution.residual
            {
                last[residual.index()] = index;
            }
        }
        last[self.steps.len()] = self.steps.len();
        last
    }
}

#[cfg(test)]
mod tests {
    use crate::describe;

    #[test]
    fn the_most_of_a_resnet_is_in_its_first_stage() {
        let network = describe("resnet50").expect("the architecture is known");
        // conv3 of layer1.0 reads 64 channels, adds the shortcut's 256 and gives 256, at 56×56.
        assert_eq!(network.peak_activations([224, 224]), (64 + 256 + 256) * 56 * 56);
        // Twice as wide and as high, four times as many.
        assert_eq!(network.peak_activations([448, 448]), 4 * network.peak_activations([224, 224]));
    }
}
