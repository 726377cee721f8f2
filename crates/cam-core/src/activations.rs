use burn::tensor::Tensor;

/// What a network has computed at a layer: everything that later steps read.
///
/// Mostly that is the activations on the image's grid alone. A transformer's class token and registers, and a residual
/// that passes beside a layer, are held beside them.
#[derive(Debug, Clone)]
pub struct Activations {
    /// Channels at every position of the image's grid, `[n, c, h', w']`.
    pub grid: Tensor<4>,
    /// What else later steps read, `[n, values]` each, in an order that the network knows.
    pub held: Vec<Tensor<2>>,
}

impl Activations {
    /// The same with other activations on the grid, of as many images.
    pub fn with_grid(&self, grid: Tensor<4>) -> Self {
        Self { grid, held: self.held.clone() }
    }

    /// What is held of one image, m times, beside m other activations on its grid, `[m, c, h', w']`.
    pub(crate) fn of_image(&self, image: usize, grid: Tensor<4>) -> Self {
        let [m, ..] = grid.dims();
        let held = self.held.iter().map(|held| held.clone().narrow(0, image, 1).repeat_dim(0, m));
        Self { grid, held: held.collect() }
    }

    /// The same beside activations under autodiff, all of it constant but them.
    pub(crate) fn lifted(&self, grid: Tensor<4>) -> Self {
        let held = self.held.iter().map(|held| held.clone().autodiff()).collect();
        Self { grid, held }
    }
}

impl From<Tensor<4>> for Activations {
    /// Activations beside which nothing is held.
    fn from(grid: Tensor<4>) -> Self {
        Self { grid, held: Vec::new() }
    }
}
