use cam_core::methods::{CATALOGUE, EigenSmooth, Setting, Settings, depends_on, method};
use cam_core::{Arithmetic, Method, nearest};

use crate::error::Error;

/// The product of a layer's maps instead of their mean; there is no other difference to Grad-CAM.
pub const REFINE_CAM: &str = "refine-cam";

/// Grad-CAM of another question, what tells a class from those most like it.
pub const FINER_CAM: &str = "finer-cam";

/// What both are but for that.
const GRAD_CAM: &str = "grad-cam";

/// How maps are made.
pub struct ChosenMethod {
    /// What it is called.
    pub name: String,
    /// The rule.
    pub rule: Box<dyn Method>,
    /// Whether the layers' maps are multiplied, where they are else averaged.
    pub refines: bool,
    /// Whether classes are compared with those most like them, whatever else is asked of them.
    pub compares: bool,
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
    /// Where random numbers begin, 0 unless given.
    pub seed: Option<u64>,
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
        let (refines, compares) = (name == REFINE_CAM, name == FINER_CAM);
        let of = if refines || compares { GRAD_CAM } else { name };
        let rule = rule(of, options, arithmetic)?;
        chosen.push(ChosenMethod { name: name.clone(), rule, refines, compares });
    }
    check_use(options, names)?;
    Ok(chosen)
}

/// The rule of a method that needs one layer and any question.
pub fn rule(
    name: &str,
    options: &MethodOptions,
    arithmetic: Arithmetic,
) -> Result<Box<dyn Method>, Error> {
    if [REFINE_CAM, FINER_CAM].contains(&name) {
        return Err(Error::usage(format_args!(
            "{name} needs several layers or classes, and here there is one layer and a concept"
        )));
    }
    let settings = Settings {
        arithmetic,
        seed: options.seed.unwrap_or_default(),
        top_channels: options.top_channels,
        samples: options.samples,
    };
    let rule = method(name, settings).ok_or_else(|| unknown_method(name))?;
    match options.eigen_smooth {
        false => Ok(rule),
        true if rule.sums_channels() => Ok(Box::new(EigenSmooth(rule))),
        true => Err(Error::usage(format_args!(
            "eigen smoothing takes the first principal component of what channels contribute, and \
             {name} sums up no channels"
        ))),
    }
}

/// That each setting which was given is one of at least one of the methods.
pub fn check_use(options: &MethodOptions, names: &[String]) -> Result<(), Error> {
    let given = [
        ("top channels", Setting::TopChannels, options.top_channels.is_some()),
        ("samples", Setting::Samples, options.samples.is_some()),
        ("seed", Setting::Seed, options.seed.is_some()),
    ];
    let idle = given.into_iter().find(|(_, setting, is_given)| {
        *is_given && !names.iter().any(|name| depends_on(name, *setting))
    });
    idle.map_or(Ok(()), |(option, setting, _)| {
        let of = CATALOGUE.iter().map(|info| info.name).filter(|name| depends_on(name, setting));
        Err(Error::usage(format_args!(
            "the setting `{option}` has no effect on {}: leave it out, or choose one of {}",
            names.join(", "),
            of.collect::<Vec<_>>().join(", ")
        )))
    })
}

/// No method of that name, and those most like it.
pub fn unknown_method(name: &str) -> Error {
    let names = CATALOGUE.iter().map(|method| method.name).chain([REFINE_CAM, FINER_CAM]);
    let remedy = match nearest(name, names.clone()) {
        similar if similar.is_empty() => {
            format!("there are {}", names.collect::<Vec<_>>().join(", "))
        }
        similar => format!("did you mean {}?", similar.join(", ")),
    };
    Error::usage(format_args!("no method is called `{name}`; {remedy}"))
}
