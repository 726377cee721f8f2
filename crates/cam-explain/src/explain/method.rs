use cam_core::methods::{
    CATALOGUE, EigenSmooth, MethodInfo, Need, Setting as MethodSetting, Settings, info, method,
};
use cam_core::{Arithmetic, GradCam, Kept, Method, Network, nearest};

use crate::error::{Error, Setting};
use crate::notice;

/// How maps are made.
pub struct ChosenMethod {
    /// What it is called.
    pub name: String,
    /// The rule.
    pub rule: Box<dyn Method>,
    /// What answers questions about concepts, where the rule needs a class.
    pub of_concepts: Option<Box<dyn Method>>,
}

/// What can be set about methods; refused where none of the methods asked for has a use for it.
#[derive(Debug, Clone, Default)]
pub struct MethodOptions {
    /// The first principal component of what the channels contribute is taken, not their sum.
    pub eigen_smooth: bool,
    /// Channels that Score-CAM and the like mask: those that vary most; all unless given.
    pub top_channels: Option<usize>,
    /// Samples, steps or masks that are averaged, where a method does so; its own number unless given.
    pub samples: Option<usize>,
    /// How many of a transformer's last blocks are explained; each method's own number unless given, and all where
    /// there are fewer.
    pub blocks: Option<usize>,
    /// Where random numbers begin, 0 unless given.
    pub seed: Option<u64>,
}

/// The method that is taken unless another is named: for a transformer what its attentions took from each patch, for
/// other networks Grad-CAM.
pub fn usual(network: &dyn Network) -> &'static str {
    if has_attention(network) { "token-contributions" } else { "grad-cam" }
}

/// The same where layers may be named, or another library followed: both mean a method of layers.
pub fn usual_at(network: &dyn Network, layers: &[String], arithmetic: Arithmetic) -> &'static str {
    let is_free = layers.is_empty() && arithmetic == Arithmetic::Standard;
    if is_free { usual(network) } else { "grad-cam" }
}

/// The same where maps are compared from image to image, so that they have to sum to the score: for other networks
/// contributions.
pub fn usual_sum(network: &dyn Network) -> &'static str {
    if has_attention(network) { "token-contributions" } else { "contributions" }
}

/// The methods that are measured unless others are named.
pub fn usually_measured(network: &dyn Network) -> &'static [&'static str] {
    match (network.transformer().is_some(), has_attention(network)) {
        (true, _) => {
            &["token-contributions", "attention-contributions", "legrad", "rollout", "grad-cam"]
        }
        (false, true) => &["token-contributions", "grad-cam", "hires-cam"],
        (false, false) => {
            &["grad-cam", "grad-cam-plus-plus", "layer-cam", "eigen-cam", "ablation-cam"]
        }
    }
}

fn has_attention(network: &dyn Network) -> bool {
    network.transformer().is_some() || network.attention_pooling().is_some()
}

/// What the method that is usual for a network reads of its attentions.
pub fn usually_kept(network: &dyn Network) -> Kept {
    let usual = method(usual(network), Settings::default());
    usual.map_or_else(Kept::default, |method| method.keeps())
}

/// What methods read of a transformer's attentions, for [`Model::capture_at`](crate::Model::capture_at) to keep it.
pub fn kept(methods: &[ChosenMethod]) -> Kept {
    methods.iter().fold(Kept::default(), |kept, method| kept.and(method.rule.keeps()))
}

/// A remark where a method's maps do not explain.
pub(crate) fn say_what_it_shows(name: &str, rule: &dyn Method) {
    if !rule.is_explanation() {
        notice::remark(format_args!(
            "{name} shows where something like the concept is; it does not explain the score: what the network took from \
             where does not enter it"
        ));
    }
}

/// Methods by name, each once, in that order.
///
/// # Errors
/// Where there is no such method, or an option has no effect on any of them.
pub fn chosen(
    names: &[String],
    options: &MethodOptions,
    arithmetic: Arithmetic,
) -> Result<Vec<ChosenMethod>, Error> {
    let mut chosen: Vec<ChosenMethod> = Vec::new();
    for name in names {
        if chosen.iter().any(|before| before.name == *name) {
            continue;
        }
        let info = known(name)?;
        let rule = set(info, options, arithmetic)?;
        say_what_it_shows(name, &*rule);
        let of_concepts = match (info.needs(Need::Class), options.eigen_smooth) {
            (false, _) => None,
            (true, false) => Some(Box::new(GradCam) as Box<dyn Method>),
            (true, true) => Some(Box::new(EigenSmooth(GradCam)) as Box<dyn Method>),
        };
        chosen.push(ChosenMethod { name: name.clone(), rule, of_concepts });
    }
    check_use(options, names)?;
    Ok(chosen)
}

/// That what is asked has what methods need: several layers, a class.
///
/// # Errors
/// Naming the method and what it needs.
pub fn check_needs(names: &[String], layers: usize, asks_of_a_class: bool) -> Result<(), Error> {
    for info in names.iter().filter_map(|name| info(name)) {
        let name = info.name;
        if info.needs(Need::Layers) && layers < 2 {
            let what = format!("{name} multiplies the maps of several layers: name two or more");
            return Err(Error::usage(what).see(Setting::Layers));
        }
        if info.needs(Need::Class) && !asks_of_a_class {
            let what = format!("{name} compares a class with those most like it: ask of a class");
            return Err(Error::usage(what).see(Setting::Class));
        }
    }
    Ok(())
}

/// The rule of a method that needs one layer and any question.
///
/// # Errors
/// Where there is no such method, or it needs several layers or a class.
pub fn rule(
    name: &str,
    options: &MethodOptions,
    arithmetic: Arithmetic,
) -> Result<Box<dyn Method>, Error> {
    let info = known(name)?;
    if info.needs(Need::Layers) || info.needs(Need::Class) {
        return Err(Error::usage(format_args!(
            "{name} needs several layers or classes, and here there is one layer and a concept"
        )));
    }
    set(info, options, arithmetic)
}

fn set(
    info: &MethodInfo,
    options: &MethodOptions,
    arithmetic: Arithmetic,
) -> Result<Box<dyn Method>, Error> {
    let rule = info.method(Settings {
        arithmetic,
        seed: options.seed.unwrap_or_default(),
        top_channels: options.top_channels,
        samples: options.samples,
        blocks: options.blocks,
    });
    match options.eigen_smooth {
        false => Ok(rule),
        true if rule.is_channel_sum() => Ok(Box::new(EigenSmooth(rule))),
        true => Err(Error::usage(format_args!(
            "eigen smoothing takes the first principal component of what channels contribute, and \
             {} sums up no channels",
            info.name
        ))),
    }
}

/// That each setting which was given is one of at least one of the methods.
///
/// # Errors
/// Names the setting, and the methods that it belongs to.
pub fn check_use(options: &MethodOptions, names: &[String]) -> Result<(), Error> {
    let given = [
        ("top channels", MethodSetting::TopChannels, options.top_channels.is_some()),
        ("samples", MethodSetting::Samples, options.samples.is_some()),
        ("blocks", MethodSetting::Blocks, options.blocks.is_some()),
        ("seed", MethodSetting::Seed, options.seed.is_some()),
    ];
    let idle = given.into_iter().find(|(_, setting, is_given)| {
        *is_given && !names.iter().any(|name| info(name).is_some_and(|info| info.uses(*setting)))
    });
    idle.map_or(Ok(()), |(option, setting, _)| {
        let of = CATALOGUE.iter().filter(|info| info.uses(setting)).map(|info| info.name);
        Err(Error::usage(format_args!(
            "the setting `{option}` has no effect on {}: leave it out, or choose one of {}",
            names.join(", "),
            of.collect::<Vec<_>>().join(", ")
        )))
    })
}

/// The method of that name, or an error with those most like it.
fn known(name: &str) -> Result<&'static MethodInfo, Error> {
    info(name).ok_or_else(|| {
        let names = CATALOGUE.iter().map(|method| method.name);
        let remedy = match nearest(name, names.clone()) {
            similar if similar.is_empty() => {
                format!("there are {}", names.collect::<Vec<_>>().join(", "))
            }
            similar => format!("did you mean {}?", similar.join(", ")),
        };
        Error::usage(format_args!("no method is called `{name}`; {remedy}"))
    })
}
