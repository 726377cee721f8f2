use burn::tensor::Tensor;

use super::{Cost, MethodInfo};
use crate::gradient_route::leaf_gradient;
use crate::{Error, Head, Method, View};

/// Step of the difference that gives the tail's derivative along its input, as a share of the input:
/// smaller ones lose to rounding, larger ones cross more bends of the tail's activations.
const STEP: f32 = 1.0 / 256.0;

pub(super) const INFO: MethodInfo = MethodInfo {
    name: "shapley-cam",
    title: "Shapley-CAM",
    summary: "the gradient less half of the curvature",
    source: "arXiv 2501.06261",
    cost: Cost::Gradient,
    needs: &[],
    settings: &[],
    make: |_| Box::new(ShapleyCam),
};

/// Shapley-CAM: Grad-CAM with half of the curvature taken off the gradient.
///
/// map = Σ_c w_c · A_c with w_c = mean(G_c − ½·(H·A)_c) and H = ∂²s/∂A²: the second-order estimate
/// of each channel's Shapley value (Cai, *CAMs as Shapley Value-based Explainers*, arXiv
/// 2501.06261, equation 18).
///
/// What lies behind a layer here is linear between the bends of its activations, so that its only
/// curvature is the target's and the head's, and H·A is pulled back like a gradient. A cosine
/// curves exactly so that H·A = −G behind average pooling: the map is then 1.5 times Grad-CAM's.
///
/// Deviation: the derivative of the tail along A is a central difference, exact between bends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ShapleyCam;

impl Method for ShapleyCam {
    fn maps(&self, view: &View<'_>) -> Result<Tensor<4>, Error> {
        if let Some(head) = view.head() {
            return pooled(view, head);
        }
        let along = derivative_along(view);
        let curved = products(view, view.embeddings(), &along, |gradients, _| gradients)?;
        let vectors = view.embedding_gradients().clone() - curved.mul_scalar(0.5);
        view.pulled_back(&vectors, |_, gradients| view.weigh(gradients.channel_means()))
    }

    fn is_channel_sum(&self) -> bool {
        true
    }
}

/// ∂e/∂A·A, `[n, d]`: how the embedding moves when all activations grow alike.
fn derivative_along(view: &View<'_>) -> Tensor<2> {
    let scaled = |factor: f32| view.embeddings_from(view.activations().clone() * factor);
    (scaled(1.0 + STEP) - scaled(1.0 - STEP)).div_scalar(2.0 * STEP)
}

/// Behind a head, all is algebra: pooling of any kind here is homogeneous, so that pooling a
/// multiple of A gives that multiple, and has no curvature along A.
fn pooled(view: &View<'_>, head: &Head) -> Result<Tensor<4>, Error> {
    let vector = head.pool(view.activations().clone());
    let gradients = head.pull_back_to_pooled(&vector, view.embedding_gradients().clone());
    let curved = products(view, &vector, &vector, |gradients, vector| {
        head.pull_back_to_pooled(vector, gradients)
    })?;
    let vectors = gradients - curved.mul_scalar(0.5);
    view.weigh(head.pull_back_pooled(view.activations(), &vector, vectors).channel_means())
}

/// H·v, `[n, k, ·]`, of the score as a function of a vector x per image: the gradient of ⟨∇s(x), v⟩,
/// for H is symmetric.
fn products(
    view: &View<'_>,
    x: &Tensor<2>,
    v: &Tensor<2>,
    gradients_at: impl Fn(Tensor<3>, &Tensor<2>) -> Tensor<3>,
) -> Result<Tensor<3>, Error> {
    let [n, width] = x.dims();
    let questions = view.questions();
    let mut products = Vec::with_capacity(n);
    for image in 0..n {
        let (x, v) = (x.clone().narrow(0, image, 1), v.clone().narrow(0, image, 1));
        let target = view.target(image);
        let of_image = (0..questions).map(|question| {
            let leaf = x.clone().autodiff().require_grad();
            let embedding = match view.head() {
                Some(head) => head.embed(leaf.clone()),
                None => leaf.clone(),
            };
            let gradients = target.gradients(embedding).ok_or(Error::NoSecondDerivative)?;
            let gradients = gradients_at(gradients, &leaf).narrow(1, question, 1);
            let along = (gradients * v.clone().autodiff().unsqueeze_dim(1)).sum();
            // A gradient that is the same everywhere has no derivative, and autodiff no tape of it.
            if !along.is_tracked() {
                return Ok(Tensor::zeros([1, width], &x.device()));
            }
            leaf_gradient(&leaf, along)
        });
        let of_image = of_image.collect::<Result<Vec<Tensor<2>>, Error>>()?;
        products.push(Tensor::stack::<3>(of_image, 1));
    }
    Ok(Tensor::cat(products, 0))
}
