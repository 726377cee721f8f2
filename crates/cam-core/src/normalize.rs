use burn::tensor::Tensor;

/// x / max(‖x‖, ε) of each row of `[n, d]`, and max(‖x‖, ε), `[n, 1]`.
///
/// Rows are brought to a largest value of one before they are squared, so that finite rows of any
/// scale have a finite length.
pub fn normalize(x: Tensor<2>, epsilon: f32) -> (Tensor<2>, Tensor<2>) {
    let largest = x.clone().detach().abs().max_dim(1).clamp_min(f32::MIN_POSITIVE);
    let scaled = x.clone() / largest.clone();
    // Only of zeros is the sum below one: a root of zero has no derivative that autodiff could take.
    let norm = scaled.square().sum_dim(1).clamp_min(f32::MIN_POSITIVE).sqrt() * largest;
    let norm = norm.clamp_min(epsilon);
    (x / norm.clone(), norm)
}
