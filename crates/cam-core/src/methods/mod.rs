//! The rules that make maps, a file each.
//!
//! A = activations at the layer, `[c, h', w']`; G = ∂s/∂A, of the same shape; N = h'·w'; x = the
//! normalised image. Sums without a range run over positions, Σ_c over channels.
//!
//! | method | map | needs |
//! |---|---|---|
//! | [`GradCam`] | Σ_c mean(G)·A | gradients |
//! | [`HiResCam`] | Σ_c G⊙A | gradients |
//! | [`GradCamElementWise`] | Σ_c relu(G⊙A) | gradients |
//! | [`GradCamPlusPlus`] | Σ_c w·A, w from G², G³ | gradients |
//! | [`SmoothGradCamPlusPlus`] | the same, of noisy images | gradients of some images |
//! | [`XGradCam`] | Σ_c w·A, w = ΣG·A / ΣA | gradients |
//! | [`LayerCam`] | Σ_c relu(G)⊙A | gradients |
//! | [`ShapleyCam`] | Σ_c w·A, w = mean(G − ½·H·A) | gradients |
//! | [`Cam`] | Σ_c w·A, w of a linear head | a linear head |
//! | [`Contributions`] | ⟨u, v⟩/N: sums to the score | a head |
//! | [`EigenCam`] | first principal component of A | activations |
//! | [`EigenGradCam`] | first principal component of G⊙A | gradients |
//! | [`SegEigenCam`] | first principal component of \|G\|⊙A | gradients |
//! | [`KpcaCam`] | the same of A, with a sigmoid kernel | activations |
//! | [`Fem`] | Σ_c w·A, w = share of high positions | activations |
//! | [`RandomCam`] | Σ_c w·A, w at random | nothing: a baseline |
//! | [`AblationCam`] | Σ_c w·A, w = loss of score without the channel | scores of the tail |
//! | [`ScoreCam`], [`SsCam`], [`IsCam`] | Σ_c w·A, w = score of what a channel shows | scores of many images |
//! | [`Occlusion`] | loss of score where a patch is hidden | scores of many images |
//! | [`Rise`] | random masks, weighted by score | scores of many images |
//! | [`IntegratedGradients`] | x⊙∫∂s/∂x | gradients of some images |
//! | [`SmoothGrad`] | \|mean ∂s/∂x\| of noisy images | gradients of some images |
//! | [`GuidedBackprop`], [`GuidedGradCam`] | gradients with their negative parts dropped on the way | the engine |
//! | [`FullGrad`] | \|x⊙∂s/∂x\| + Σ \|b·∂s/∂z\| | the network's biases |
//!
//! [`factorize`] asks no question at all: it finds the parts that a batch has in common.
//!
//! [`EigenSmooth`] wraps those that are a sum over channels. Behind average pooling, with a cosine,
//! G is the same at every position: Grad-CAM, HiResCAM, XGrad-CAM and Shapley-CAM are then the same
//! map but for a factor, and LayerCAM is element-wise Grad-CAM where A ≥ 0.

mod ablation_cam;
mod cam;
mod catalogue;
mod channel_masks;
mod coincidences;
mod contributions;
mod eigen_cam;
mod eigen_grad_cam;
mod eigen_smooth;
mod factorization;
mod fem;
mod full_grad;
mod grad_cam;
mod grad_cam_element_wise;
mod grad_cam_plus_plus;
mod guided_backprop;
mod guided_grad_cam;
mod hi_res_cam;
mod integrated_gradients;
mod is_cam;
mod kpca_cam;
mod layer_cam;
mod occlusion;
mod principal;
mod random_cam;
mod rise;
mod score_cam;
mod seg_eigen_cam;
mod shapley_cam;
mod smooth_grad;
mod smooth_grad_cam_plus_plus;
mod ss_cam;
mod symmetric;
mod x_grad_cam;

pub use ablation_cam::AblationCam;
pub use cam::Cam;
pub use catalogue::{CATALOGUE, Cost, MethodInfo, Setting, Settings, depends_on, method};
pub use coincidences::{AlongEmbedding, coincidences};
pub use contributions::Contributions;
pub use eigen_cam::EigenCam;
pub use eigen_grad_cam::EigenGradCam;
pub use eigen_smooth::EigenSmooth;
pub use factorization::{Factorization, factorize};
pub use fem::Fem;
pub use full_grad::FullGrad;
pub use grad_cam::GradCam;
pub use grad_cam_element_wise::GradCamElementWise;
pub use grad_cam_plus_plus::GradCamPlusPlus;
pub use guided_backprop::GuidedBackprop;
pub use guided_grad_cam::GuidedGradCam;
pub use hi_res_cam::HiResCam;
pub use integrated_gradients::IntegratedGradients;
pub use is_cam::IsCam;
pub use kpca_cam::KpcaCam;
pub use layer_cam::LayerCam;
pub use occlusion::Occlusion;
pub(crate) use principal::principal_maps;
pub use random_cam::RandomCam;
pub use rise::Rise;
pub use score_cam::ScoreCam;
pub use seg_eigen_cam::SegEigenCam;
pub use shapley_cam::ShapleyCam;
pub use smooth_grad::SmoothGrad;
pub use smooth_grad_cam_plus_plus::SmoothGradCamPlusPlus;
pub use ss_cam::SsCam;
pub use x_grad_cam::XGradCam;
