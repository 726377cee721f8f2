use burn::tensor::{Tensor, TensorData};

use super::lanczos::Symmetric;
use super::principal::oriented;
use super::{Cost, MethodInfo};
use crate::read;
use crate::{Error, Method, View};

/// Bytes of a pair of positions: its product on the device and off it, and its entry in the kernel.
const BYTES_PER_PAIR: usize = 2 * size_of::<f32>() + size_of::<f64>();

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "kpca-cam",
    title: "KPCA-CAM",
    summary: "eigen-cam with a sigmoid kernel",
    source: "arXiv 2410.00267",
    cost: Cost::Nothing,
    needs: &[],
    settings: &[],
    make: |_| Box::new(KpcaCam),
};

/// KPCA-CAM: [`EigenCam`](super::EigenCam) with a kernel in place of the inner product.
///
/// map = √λ·u with λ, u the largest eigenvalue and its vector of the centred kernel matrix
/// K_xy = tanh(γ·⟨A_x, A_y⟩ + 1), γ = 1/c, of the activations at each pair of positions, channels
/// centred (Karmani et al., *KPCA-CAM: Visual Explainability of Deep Computer Vision Models using
/// Kernel PCA*, arXiv 2410.00267; the sigmoid kernel and its constants are scikit-learn's).
///
/// It does not depend on the question. The sign, arbitrary in pytorch-grad-cam, agrees with Σ_c A_c.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KpcaCam;

impl Method for KpcaCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        let [n, c, h, w] = view.activations().dims();
        let positions = h * w;
        let most = view.budget().largest_square(BYTES_PER_PAIR);
        if positions > most {
            return Err(Error::TooManyPositions { positions, most });
        }
        let flat = view.activations().clone().reshape([n, c, positions]);
        let sums = read(flat.clone().sum_dim(1))?;
        let centred = flat.clone() - flat.mean_dim(2);
        let products = read(centred.clone().swap_dims(1, 2).matmul(centred))?;
        let mut maps = Vec::with_capacity(n * positions);
        for image in 0..n {
            let products = &products[image * positions * positions..][..positions * positions];
            let kernel = products.iter().map(|&p| (f64::from(p) / c as f64 + 1.0).tanh()).collect();
            let map = component(kernel, positions);
            maps.extend(oriented(map, &sums[image * positions..][..positions]));
        }
        let device = view.activations().device();
        let maps = Tensor::<4>::from_data(TensorData::new(maps, [n, 1, h, w]), &device);
        Ok(maps.repeat_dim(1, view.questions()))
    }

    fn depends_on_target(&self) -> bool {
        false
    }
}

/// √λ·u of a kernel matrix, once its rows and columns are centred.
fn component(mut kernel: Vec<f64>, size: usize) -> Vec<f32> {
    let means: Vec<f64> =
        kernel.chunks(size).map(|row| row.iter().sum::<f64>() / size as f64).collect();
    let mean = means.iter().sum::<f64>() / size as f64;
    for (row, row_mean) in kernel.chunks_mut(size).zip(&means) {
        for (value, column_mean) in row.iter_mut().zip(&means) {
            *value += mean - row_mean - column_mean;
        }
    }
    // Equal positions leave rounding, of numbers near one.
    let noise = 1e-12 * size as f64;
    match (Symmetric { values: kernel, size }).largest() {
        Some((value, u)) if value > noise => u.iter().map(|u| (value.sqrt() * u) as f32).collect(),
        _ => vec![0.0; size],
    }
}
