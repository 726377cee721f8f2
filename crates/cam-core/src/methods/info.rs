use crate::{Arithmetic, Method};

/// What is known about a method before it runs. Each method states it in its own file.
#[derive(Debug, Clone, Copy)]
pub struct MethodInfo {
    /// The name to ask for it by.
    pub name: &'static str,
    /// What its authors call it.
    pub title: &'static str,
    /// What it shows, in a line.
    pub summary: &'static str,
    /// The paper or the program it comes from.
    pub source: &'static str,
    /// What a map costs, once the image has been through the network.
    pub cost: Cost,
    /// What it needs that not every network or question has.
    pub needs: &'static [Need],
    /// The settings that change its maps.
    pub settings: &'static [Setting],
    pub(super) make: fn(Settings) -> Box<dyn Method>,
}

impl MethodInfo {
    /// The method itself.
    pub fn method(&self, settings: Settings) -> Box<dyn Method> {
        (self.make)(settings)
    }

    /// Whether it needs this.
    pub fn needs(&self, need: Need) -> bool {
        self.needs.contains(&need)
    }

    /// Whether its maps depend on this setting.
    pub fn uses(&self, setting: Setting) -> bool {
        self.settings.contains(&setting)
    }
}

/// What a map costs beyond the capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// Arithmetic on what was captured.
    Nothing,
    /// One gradient: behind pooling in closed form, else one backward pass through the tail.
    Gradient,
    /// As many gradients, of the whole network, as there are samples or steps.
    Gradients,
    /// Scores of the tail for every channel; behind pooling only of vectors.
    TailPerChannel,
    /// A forward pass of the whole network for every channel.
    ForwardPerChannel,
    /// One more forward pass, whatever the number of questions.
    Forward,
    /// As many forward passes as there are masks or patches.
    Forwards,
}

impl Cost {
    /// In words: `a gradient`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing more",
            Self::Gradient => "a gradient",
            Self::Gradients => "gradients to the pixels",
            Self::TailPerChannel => "tail per channel",
            Self::ForwardPerChannel => "forward per channel",
            Self::Forward => "a forward pass",
            Self::Forwards => "many forwards",
        }
    }
}

/// What a method needs beyond activations, gradients and scores, which every network gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A [`Head`](crate::Head) behind the layer.
    Head,
    /// A head of average pooling and linear steps behind the layer.
    LinearHead,
    /// A network that can run guided backpropagation.
    GuidedGradients,
    /// A network that gives its biases and their gradients.
    Biases,
    /// A question that has alternatives, as a class has.
    Class,
    /// Several layers.
    Layers,
    /// A [transformer](crate::Network::transformer).
    Attention,
}

impl Need {
    /// In words: `a transformer`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Head => "a head",
            Self::LinearHead => "a linear head",
            Self::GuidedGradients => "the engine",
            Self::Biases => "the network's biases",
            Self::Class => "a class",
            Self::Layers => "several layers",
            Self::Attention => "a transformer",
        }
    }
}

/// What can be set about methods; each method takes what concerns it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whose constants: ours or pytorch-grad-cam's.
    pub arithmetic: Arithmetic,
    /// Random seed.
    pub seed: u64,
    /// Mask only the channels with the widest range; all by default.
    pub top_channels: Option<usize>,
    /// How many samples, steps or masks are averaged; each method's own number by default.
    pub samples: Option<usize>,
    /// How many of a transformer's last blocks; each method's own number by default, and all where there are fewer.
    pub blocks: Option<usize>,
}

/// One of the [`Settings`] that only some methods use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// [`Settings::seed`].
    Seed,
    /// [`Settings::top_channels`].
    TopChannels,
    /// [`Settings::samples`].
    Samples,
    /// [`Settings::blocks`].
    Blocks,
}
