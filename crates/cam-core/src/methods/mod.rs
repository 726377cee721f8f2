//! The methods that make maps, a file each.
//!
//! A method's file says what it computes and what it is called, costs and needs; [`CATALOGUE`] lists
//! them all, and [`method`] makes one by its name.
//!
//! A = activations at the layer, `[c, h', w']`; G = ∂s/∂A, of the same shape; N = h'·w'; x = the
//! normalised image. Sums without a range run over positions, Σ_c over channels.
//!
//! [`factorize`] asks no question at all: it finds the parts that a batch has in common.
//!
//! [`EigenSmooth`] wraps methods that sum over channels. Behind some heads several methods give one
//! map: [`equivalent_methods`] lists them.
//!
//! ```
//! use cam_core::methods::{CATALOGUE, Cost, Settings, method};
//!
//! let quick = CATALOGUE.iter().filter(|info| info.cost == Cost::Gradient);
//! assert!(quick.map(|info| info.name).any(|name| name == "finer-cam"));
//! assert!(method("score-cam", Settings::default()).is_some());
//! assert!(method("score", Settings::default()).is_none());
//! ```

mod ablation_cam;
mod attention;
mod attention_contributions;
mod cam;
mod channel_masks;
mod chefer;
mod contributions;
mod dense;
mod eigen_cam;
mod eigen_grad_cam;
mod eigen_smooth;
mod equivalent;
mod factorization;
mod fem;
mod finer_cam;
mod full_grad;
mod grad_cam;
mod grad_cam_element_wise;
mod grad_cam_plus_plus;
mod grad_eclip;
mod grad_eclip_single_head;
mod guided_backprop;
mod guided_grad_cam;
mod hi_res_cam;
mod info;
mod integrated_gradients;
mod is_cam;
mod kpca_cam;
mod lanczos;
mod last_attention;
mod layer_cam;
mod legrad;
mod mask_clip;
mod occlusion;
mod patch_similarity;
mod principal;
mod random_cam;
mod raw_attention;
mod refine_cam;
mod rise;
mod rollout;
mod sclip;
mod score_cam;
mod seg_eigen_cam;
mod shapley_cam;
mod smooth_grad;
mod smooth_grad_cam_plus_plus;
mod ss_cam;
mod token_contributions;
mod x_grad_cam;

pub use eigen_smooth::EigenSmooth;
pub use equivalent::equivalent_methods;
pub use factorization::{Factorization, factorize};
pub use info::{Cost, MethodInfo, Need, Setting, Settings};
pub(crate) use principal::principal_maps;
pub use token_contributions::LATE_BLOCKS;

use crate::Method;

macro_rules! catalogue {
    ($($file:ident::$name:ident,)*) => {
        $(pub use $file::$name;)*

        /// Every method, the common ones first.
        pub const CATALOGUE: &[MethodInfo] = &[$($file::INFO),*];
    };
}

// A file that is not listed is dead code, which the compiler reports.
catalogue! {
    grad_cam::GradCam,
    hi_res_cam::HiResCam,
    grad_cam_element_wise::GradCamElementWise,
    grad_cam_plus_plus::GradCamPlusPlus,
    x_grad_cam::XGradCam,
    layer_cam::LayerCam,
    shapley_cam::ShapleyCam,
    cam::Cam,
    contributions::Contributions,
    eigen_cam::EigenCam,
    eigen_grad_cam::EigenGradCam,
    seg_eigen_cam::SegEigenCam,
    kpca_cam::KpcaCam,
    fem::Fem,
    ablation_cam::AblationCam,
    score_cam::ScoreCam,
    ss_cam::SsCam,
    is_cam::IsCam,
    smooth_grad_cam_plus_plus::SmoothGradCamPlusPlus,
    full_grad::FullGrad,
    integrated_gradients::IntegratedGradients,
    smooth_grad::SmoothGrad,
    guided_backprop::GuidedBackprop,
    guided_grad_cam::GuidedGradCam,
    occlusion::Occlusion,
    rise::Rise,
    random_cam::RandomCam,
    refine_cam::RefineCam,
    finer_cam::FinerCam,
    token_contributions::TokenContributions,
    attention_contributions::AttentionContributions,
    legrad::LeGrad,
    grad_eclip::GradEclip,
    grad_eclip_single_head::GradEclipSingleHead,
    chefer::Chefer,
    rollout::Rollout,
    raw_attention::RawAttention,
    mask_clip::MaskClip,
    sclip::Sclip,
    patch_similarity::PatchSimilarity,
}

/// What is known about the method of that name, or none.
pub fn info(name: &str) -> Option<&'static MethodInfo> {
    CATALOGUE.iter().find(|info| info.name == name)
}

/// The method of that name, or none.
pub fn method(name: &str, settings: Settings) -> Option<Box<dyn Method>> {
    info(name).map(|info| info.method(settings))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_methods_have_one_name() {
        let names: BTreeSet<&str> = CATALOGUE.iter().map(|info| info.name).collect();
        assert_eq!(names.len(), CATALOGUE.len());
    }
}
