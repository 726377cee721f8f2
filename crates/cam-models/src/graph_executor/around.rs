use burn::tensor::Tensor;

/// A value seen from a run of its axes: what lies before and behind it counts as one axis each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    pub(super) before: usize,
    pub(super) run: usize,
    pub(super) behind: usize,
}

impl Around {
    /// Around one axis, counted for one image, of a value of a shape with images.
    pub(super) fn axis(shape: &[usize], axis: usize) -> Self {
        Self::axes(shape, axis, 1)
    }

    /// Around some in a row.
    pub(super) fn axes(shape: &[usize], first: usize, count: usize) -> Self {
        let (first, end) = (first + 1, first + 1 + count);
        let product = |sides: &[usize]| sides.iter().product();
        Self {
            before: product(&shape[..first]),
            run: product(&shape[first..end]),
            behind: product(&shape[end..]),
        }
    }

    /// `[before, run, behind]`.
    pub(super) fn sides(self) -> [usize; 3] {
        self.with(self.run)
    }

    /// The same for a run of another length.
    pub(super) fn with(self, run: usize) -> [usize; 3] {
        [self.before, run, self.behind]
    }

    /// Sides and the axis of the run among them, with the run last where nothing lies behind: backends are faster
    /// along the last axis than along one before an axis of length 1.
    pub(super) fn run_last(self) -> ([usize; 3], usize) {
        if self.behind == 1 { ([1, self.before, self.run], 2) } else { (self.sides(), 1) }
    }

    /// A number for every index of the run, to be repeated along the rest of [`Self::run_last`].
    pub(super) fn along(self, parameter: Tensor<1>) -> Tensor<3> {
        let mut sides = [1; 3];
        sides[self.run_last().1] = parameter.dims()[0];
        parameter.reshape(sides)
    }
}
