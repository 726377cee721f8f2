//! Maps as projections on a first principal component.

use burn::tensor::{Device, Tensor, TensorData};

use super::lanczos::Symmetric;
use crate::Error;
use crate::read;

/// `[n, k, c, h, w]`, what each channel contributes, to `[n, k, h, w]`: X·v, with X the
/// contributions as h·w rows of c centred channels, and v the first right singular vector. The map
/// agrees in sign with the sum over channels.
///
/// X·v = σ·u, and u is an eigenvector of X·Xᵀ, v one of Xᵀ·X: the smaller matrix is taken.
pub(crate) fn principal_maps(contributions: Tensor<5>) -> Result<Tensor<4>, Error> {
    let [n, k, c, h, w] = contributions.dims();
    let device = contributions.device();
    // Eigenvectors do not depend on the scale, squares may under- and overflow.
    let flat = contributions.reshape([n * k, c, h * w]);
    let scale = flat.clone().abs().max_dim(2).max_dim(1).clamp_min(f32::MIN_POSITIVE);
    let flat = flat / scale.clone();
    let centred = flat.clone() - flat.clone().mean_dim(2);
    let sums = read(flat.sum_dim(1))?;
    let maps = (0..n * k).map(|index| {
        let x = centred.clone().narrow(0, index, 1).squeeze_dim::<2>(0);
        let map = projection(x)?;
        Ok(oriented(map, &sums[index * h * w..][..h * w]))
    });
    let maps = maps.collect::<Result<Vec<_>, Error>>()?.concat();
    let maps = Tensor::<3>::from_data(TensorData::new(maps, [n * k, 1, h * w]), &device);
    Ok((maps * scale).reshape([n, k, h, w]))
}

/// X·v of a centred X, `[c, positions]`.
fn projection(x: Tensor<2>) -> Result<Vec<f32>, Error> {
    let [c, positions] = x.dims();
    if positions <= c {
        let gram = x.clone().transpose().matmul(x);
        let largest = symmetric(gram, positions)?.largest();
        return Ok(match largest {
            Some((value, u)) => {
                let sigma = value.max(0.0).sqrt();
                u.iter().map(|u| (sigma * u) as f32).collect()
            }
            None => vec![0.0; positions],
        });
    }
    let gram = x.clone().matmul(x.clone().transpose());
    match symmetric(gram, c)?.largest() {
        Some((_, v)) => read(direction(&v, &x.device()).matmul(x)),
        None => Ok(vec![0.0; positions]),
    }
}

/// A row vector on the device.
fn direction(v: &[f64], device: &Device) -> Tensor<2> {
    let values: Vec<f32> = v.iter().map(|&value| value as f32).collect();
    Tensor::from_data(TensorData::new(values, [1, v.len()]), device)
}

fn symmetric(matrix: Tensor<2>, size: usize) -> Result<Symmetric, Error> {
    let values = read(matrix)?.into_iter().map(f64::from).collect();
    Ok(Symmetric { values, size })
}

/// The map or its negative: the one that correlates positively with a reference or, where neither
/// does, the one whose largest absolute value is positive.
pub(super) fn oriented(map: Vec<f32>, agree_with: &[f32]) -> Vec<f32> {
    let mean = agree_with.iter().map(|&x| f64::from(x)).sum::<f64>() / agree_with.len() as f64;
    let pairs = map.iter().zip(agree_with);
    let agreement: f64 = pairs.map(|(&a, &b)| f64::from(a) * (f64::from(b) - mean)).sum();
    let largest = map.iter().fold(0.0_f32, |m, &v| if v.abs() > m.abs() { v } else { m });
    let sign = if agreement == 0.0 { f64::from(largest) } else { agreement };
    if sign < 0.0 { map.into_iter().map(|value| -value).collect() } else { map }
}
