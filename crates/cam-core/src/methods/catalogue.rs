use super::*;
use crate::{Arithmetic, Method};

/// What is known of a method before it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodInfo {
    /// The name to ask for it by.
    pub name: &'static str,
    /// What it shows, in a line.
    pub summary: &'static str,
    /// Where it is from.
    pub source: &'static str,
    /// What a map costs, once the image has been through the network.
    pub cost: Cost,
}

/// What a map costs beyond the capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// Arithmetic on what was captured.
    Nothing,
    /// One gradient: behind pooling in closed form, else once back through the tail.
    Gradient,
    /// As many gradients, of the whole network, as there are samples or steps.
    Gradients,
    /// Scores of the tail for every channel; behind pooling only of vectors.
    TailPerChannel,
    /// A forward pass of the whole network for every channel.
    ForwardPerChannel,
    /// As many forward passes as there are masks or patches.
    Forwards,
}

/// What can be set about methods; each takes what concerns it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whose constants.
    pub arithmetic: Arithmetic,
    /// Where random numbers begin.
    pub seed: u64,
    /// How many channels the methods that run one pass for each look through; all by default.
    pub top_channels: Option<usize>,
    /// How many samples, steps or masks are averaged; each method's own number by default.
    pub samples: Option<usize>,
}

/// One of the [`Settings`] that only some methods have a use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// [`Settings::seed`].
    Seed,
    /// [`Settings::top_channels`].
    TopChannels,
    /// [`Settings::samples`].
    Samples,
}

/// Whether the maps of the method of that name depend on a setting. No method that does not exist does.
pub fn depends_on(name: &str, setting: Setting) -> bool {
    match setting {
        Setting::Seed => matches!(
            name,
            "ss-cam" | "smooth-grad-cam-plus-plus" | "smooth-grad" | "rise" | "random-cam"
        ),
        Setting::TopChannels => matches!(name, "score-cam" | "ss-cam" | "is-cam"),
        Setting::Samples => matches!(
            name,
            "ss-cam"
                | "is-cam"
                | "smooth-grad-cam-plus-plus"
                | "integrated-gradients"
                | "smooth-grad"
                | "rise"
        ),
    }
}

/// Every method by name, the common ones first.
pub const CATALOGUE: [MethodInfo; 27] = {
    use Cost::*;
    [
        info(
            "grad-cam",
            Gradient,
            "arXiv 1610.02391",
            "each channel weighted by its mean gradient",
        ),
        info(
            "hires-cam",
            Gradient,
            "arXiv 2011.08891",
            "gradient times activation, position by position",
        ),
        info(
            "grad-cam-elementwise",
            Gradient,
            "pytorch-grad-cam",
            "the positive part of gradient times activation",
        ),
        info(
            "grad-cam-plus-plus",
            Gradient,
            "arXiv 1710.11063",
            "positive gradients, evened out over an object's size",
        ),
        info(
            "x-grad-cam",
            Gradient,
            "arXiv 2008.02312",
            "gradients averaged with activations as weights",
        ),
        info(
            "layer-cam",
            Gradient,
            "IEEE TIP 30, 2021",
            "each position weighted by its own positive gradient",
        ),
        info(
            "shapley-cam",
            Gradient,
            "arXiv 2501.06261",
            "the gradient less half of the curvature",
        ),
        info("cam", Gradient, "arXiv 1512.04150", "each channel weighted by the linear head"),
        info(
            "contributions",
            Gradient,
            "here",
            "what each position adds: the map sums to the score",
        ),
        info(
            "eigen-cam",
            Nothing,
            "arXiv 2008.00299",
            "first principal component of the activations",
        ),
        info(
            "eigen-grad-cam",
            Gradient,
            "pytorch-grad-cam",
            "first principal component of gradient times activation",
        ),
        info(
            "seg-eigen-cam",
            Gradient,
            "Applied Sciences 15(13), 2025",
            "the same with the gradient's absolute value",
        ),
        info("kpca-cam", Nothing, "arXiv 2410.00267", "eigen-cam with a sigmoid kernel"),
        info("fem", Nothing, "IPTA 2020", "channels weighted by how much of them stands out"),
        info(
            "ablation-cam",
            TailPerChannel,
            "WACV 2020",
            "each channel weighted by what the score loses without it",
        ),
        info(
            "score-cam",
            ForwardPerChannel,
            "arXiv 1910.01279",
            "each channel weighted by the score of what it lets one see",
        ),
        info("ss-cam", ForwardPerChannel, "arXiv 2006.14255", "score-cam with noisy masks"),
        info("is-cam", ForwardPerChannel, "arXiv 2010.03023", "score-cam with masks that fade in"),
        info(
            "smooth-grad-cam-plus-plus",
            Gradients,
            "arXiv 1908.01224",
            "grad-cam-plus-plus averaged over noisy images",
        ),
        info(
            "full-grad",
            Gradients,
            "arXiv 1905.00780",
            "what the pixels and every bias contribute",
        ),
        info(
            "integrated-gradients",
            Gradients,
            "arXiv 1703.01365",
            "where the score comes from, pixel by pixel",
        ),
        info(
            "smooth-grad",
            Gradients,
            "arXiv 1706.03825",
            "how much each pixel matters, averaged over noisy images",
        ),
        info(
            "guided-backprop",
            Gradients,
            "arXiv 1412.6806",
            "the positive way back to the pixels: edges",
        ),
        info("guided-grad-cam", Gradients, "arXiv 1610.02391", "guided-backprop where grad-cam is"),
        info(
            "occlusion",
            Forwards,
            "arXiv 1311.2901",
            "what the score loses where a patch hides the image",
        ),
        info(
            "rise",
            Forwards,
            "arXiv 1806.07421",
            "random masks weighted by the score of what they leave visible",
        ),
        info("random-cam", Nothing, "pytorch-grad-cam", "channels weighted at random: a baseline"),
    ]
};

const fn info(
    name: &'static str,
    cost: Cost,
    source: &'static str,
    summary: &'static str,
) -> MethodInfo {
    MethodInfo { name, summary, source, cost }
}

/// The method of that name, or none.
pub fn method(name: &str, settings: Settings) -> Option<Box<dyn Method>> {
    let Settings { arithmetic, seed, top_channels, samples } = settings;
    let or = |default: usize| samples.unwrap_or(default);
    Some(match name {
        "grad-cam" => Box::new(GradCam),
        "hires-cam" => Box::new(HiResCam),
        "grad-cam-elementwise" => Box::new(GradCamElementWise),
        "grad-cam-plus-plus" => Box::new(GradCamPlusPlus { arithmetic }),
        "x-grad-cam" => Box::new(XGradCam { arithmetic }),
        "layer-cam" => Box::new(LayerCam),
        "shapley-cam" => Box::new(ShapleyCam),
        "cam" => Box::new(Cam),
        "contributions" => Box::new(Contributions),
        "eigen-cam" => Box::new(EigenCam),
        "eigen-grad-cam" => Box::new(EigenGradCam),
        "seg-eigen-cam" => Box::new(SegEigenCam),
        "kpca-cam" => Box::new(KpcaCam),
        "fem" => Box::new(Fem::default()),
        "ablation-cam" => Box::new(AblationCam { arithmetic, always_runs: false }),
        "score-cam" => Box::new(ScoreCam { arithmetic, top_channels }),
        "ss-cam" => {
            let default = SsCam::default();
            Box::new(SsCam { top_channels, seed, samples: or(default.samples), ..default })
        }
        "is-cam" => Box::new(IsCam { top_channels, steps: or(IsCam::default().steps) }),
        "smooth-grad-cam-plus-plus" => {
            let default = SmoothGradCamPlusPlus::default();
            Box::new(SmoothGradCamPlusPlus { seed, samples: or(default.samples), ..default })
        }
        "full-grad" => Box::new(FullGrad { arithmetic }),
        "integrated-gradients" => {
            Box::new(IntegratedGradients { steps: or(IntegratedGradients::default().steps) })
        }
        "smooth-grad" => {
            let default = SmoothGrad::default();
            Box::new(SmoothGrad { seed, samples: or(default.samples), ..default })
        }
        "guided-backprop" => Box::new(GuidedBackprop),
        "guided-grad-cam" => Box::new(GuidedGradCam),
        "occlusion" => Box::new(Occlusion::default()),
        "rise" => {
            let default = Rise::default();
            Box::new(Rise { seed, masks: or(default.masks), ..default })
        }
        "random-cam" => Box::new(RandomCam { seed }),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_the_catalogue_is_a_method() {
        for info in CATALOGUE {
            assert!(method(info.name, Settings::default()).is_some(), "{}", info.name);
        }
    }
}
