//! How much runs together: as much as fits into a budget of memory.

use crate::{Network, View};

/// Bytes of a number.
const F32: usize = size_of::<f32>();

/// Tensors of a layer's size that a method makes of the gradients of one question: the gradients,
/// their product with the activations, and for Grad-CAM++ their powers.
const PER_QUESTION: usize = 4;

/// Tensors of an image's size beside a run: the masked copy, its mask, and the mask before it was
/// resized or noise added.
const PER_COPY: usize = 3;

/// Memory for batches inside a method: masked copies of an image that run together, questions whose
/// gradients are pulled back together. Weights and the capture itself are not counted.
///
/// More of it makes fewer and larger batches. Maps do not depend on it but for rounding, and on the
/// processor not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    bytes: usize,
}

impl Budget {
    /// So many bytes.
    pub const fn of_bytes(bytes: usize) -> Self {
        Self { bytes }
    }

    /// How many things of so many bytes fit; one in any case, for without it there is no result.
    pub fn fit(self, bytes: usize) -> usize {
        (self.bytes / bytes.max(1)).max(1)
    }

    /// The largest n so that a matrix of n × n entries of so many bytes fits.
    pub(crate) fn largest_square(self, bytes: usize) -> usize {
        (self.bytes / bytes.max(1)).isqrt()
    }

    /// Whether so many things of so many bytes fit.
    pub(crate) fn holds(self, count: usize, bytes: usize) -> bool {
        count.checked_mul(bytes).is_some_and(|needed| needed <= self.bytes)
    }
}

impl Default for Budget {
    /// 256 MiB: 25 masked copies of 224 × 224 pixels in a ResNet-50, on any machine.
    fn default() -> Self {
        Self::of_bytes(256 << 20)
    }
}

/// Numbers that a run of a network holds in memory for one image, without its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footprint {
    /// The most that exist at once, where each is dropped after its last use.
    pub peak: usize,
    /// All of them: a run that is recorded for a backward pass keeps them.
    pub total: usize,
}

/// An estimate for networks that give none: the layers behind `from`, twice, for a step reads one
/// value and writes another.
pub(crate) fn footprint_of_layers<N: Network + ?Sized>(
    network: &N,
    [height, width]: [usize; 2],
    from: usize,
) -> Footprint {
    let layers = network.layers().iter().skip(from);
    let values = layers.map(|layer| {
        layer.channels * height.div_ceil(layer.stride.max(1)) * width.div_ceil(layer.stride.max(1))
    });
    let (largest, sum) = values.fold((0, 0), |(largest, sum), v| (v.max(largest), sum + v));
    Footprint { peak: 2 * largest, total: 2 * sum }
}

impl View<'_> {
    /// How many changed copies of an image run through the whole network together.
    pub fn images_at_once(&self) -> usize {
        let values = self.footprint_of_all().peak + PER_COPY * self.image_values();
        self.budget().fit(F32 * values)
    }

    /// How many copies of an image run through the whole network together, where the gradients of
    /// all questions come back to the pixels.
    pub(crate) fn image_gradients_at_once(&self) -> usize {
        let Footprint { peak, total } = self.footprint_of_all();
        let back = self.questions() * (peak + self.image_values());
        self.budget().fit(F32 * (total + back + PER_COPY * self.image_values()))
    }

    /// How many changed copies of an image's activations run through the tail together.
    pub fn activations_at_once(&self) -> usize {
        let values = self.footprint_of_tail().peak + PER_COPY * self.activation_values();
        self.budget().fit(F32 * values)
    }

    /// How many questions' gradients are pulled back to the activations of all images together.
    pub(crate) fn questions_at_once(&self) -> usize {
        let [n, _, _, _] = self.activations().dims();
        let values = self.footprint_of_tail().peak + PER_QUESTION * self.activation_values();
        self.budget().fit(F32 * n * values)
    }

    fn image_values(&self) -> usize {
        let [_, c, h, w] = self.images().dims();
        c * h * w
    }

    fn activation_values(&self) -> usize {
        let [_, c, h, w] = self.activations().dims();
        c * h * w
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_fit_as_the_bytes_hold_and_one_in_any_case() {
        let budget = Budget::of_bytes(100);
        assert_eq!([1, 30, 50, 100, 101, 0].map(|bytes| budget.fit(bytes)), [100, 3, 2, 1, 1, 100]);
        assert_eq!(Budget::of_bytes(0).fit(8), 1);
        assert_eq!(budget.largest_square(4), 5);
        assert!(budget.holds(25, 4) && !budget.holds(26, 4) && !budget.holds(usize::MAX, 4));
    }
}
