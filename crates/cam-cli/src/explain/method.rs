use cam_core::methods::{CATALOGUE, EigenSmooth, MethodInfo, Need, Setting, Settings, info};
use cam_core::{Arithmetic, GradCam, Method, nearest};

use crate::arguments::{Compat, Explain, Images, MethodOptions};
use crate::failure::Failure;

/// How maps are made.
pub struct ChosenMethod {
    /// What it is called.
    pub name: String,
    /// The rule.
    pub rule: Box<dyn Method>,
    /// What answers questions about concepts, where the rule needs a class.
    pub of_concepts: Option<Box<dyn Method>>,
}

/// The methods that the arguments ask for, in their order.
pub fn chosen(arguments: &Explain, arithmetic: Arithmetic) -> Result<Vec<ChosenMethod>, Failure> {
    let options = &arguments.method.options;
    let mut chosen: Vec<ChosenMethod> = Vec::new();
    for name in &arguments.method.names {
        if chosen.iter().any(|before| before.name == *name) {
            continue;
        }
        let info = known(name)?;
        if info.needs(Need::Layers) && arguments.layers.len() < 2 {
            return Err(Failure::usage(format!(
                "{name} multiplies the maps of several layers: name them, as in \
                 `--layer layer3,layer4`",
            )));
        }
        if info.needs(Need::Class) && arguments.classes.is_empty() {
            return Err(Failure::usage(format!(
                "{name} compares a class with those most like it: give one with --class",
            )));
        }
        let rule = set(info, options, arithmetic)?;
        let of_concepts = match (info.needs(Need::Class), options.eigen_smooth) {
            (false, _) => None,
            (true, false) => Some(Box::new(GradCam) as Box<dyn Method>),
            (true, true) => Some(Box::new(EigenSmooth(GradCam)) as Box<dyn Method>),
        };
        chosen.push(ChosenMethod { name: name.clone(), rule, of_concepts });
    }
    check_use(options, &arguments.method.names)?;
    Ok(chosen)
}

/// The rule of a method that needs one layer and any question.
pub fn rule(
    name: &str,
    options: &MethodOptions,
    arithmetic: Arithmetic,
) -> Result<Box<dyn Method>, Failure> {
    let info = known(name)?;
    if info.needs(Need::Layers) || info.needs(Need::Class) {
        return Err(Failure::usage(format!(
            "{name} is for `cam explain`, which can be asked of several layers and of classes"
        )));
    }
    set(info, options, arithmetic)
}

fn set(
    info: &MethodInfo,
    options: &MethodOptions,
    arithmetic: Arithmetic,
) -> Result<Box<dyn Method>, Failure> {
    let rule = info.method(Settings {
        arithmetic,
        seed: options.seed.unwrap_or_default(),
        top_channels: options.top_channels.map(|count| count as usize),
        samples: options.samples.map(|count| count as usize),
    });
    match options.eigen_smooth {
        false => Ok(rule),
        true if rule.is_channel_sum() => Ok(Box::new(EigenSmooth(rule))),
        true => Err(Failure::usage(format!(
            "--eigen-smooth takes the first principal component of what channels contribute, and \
             {} sums up no channels",
            info.name
        ))),
    }
}

/// That each setting which was given is one of at least one of the methods.
pub fn check_use(options: &MethodOptions, names: &[String]) -> Result<(), Failure> {
    let given = [
        ("--top-channels", Setting::TopChannels, options.top_channels.is_some()),
        ("--samples", Setting::Samples, options.samples.is_some()),
        ("--seed", Setting::Seed, options.seed.is_some()),
    ];
    let idle = given.into_iter().find(|(_, setting, is_given)| {
        *is_given && !names.iter().any(|name| info(name).is_some_and(|info| info.uses(*setting)))
    });
    idle.map_or(Ok(()), |(option, setting, _)| {
        let of = CATALOGUE.iter().filter(|info| info.uses(setting)).map(|info| info.name);
        Err(Failure::usage(format!(
            "{option} has no effect on {}: leave it out, or choose one of {}",
            names.join(", "),
            of.collect::<Vec<_>>().join(", ")
        )))
    })
}

/// Whose constants the images' arguments ask for.
pub fn arithmetic(images: &Images) -> Arithmetic {
    match images.compat {
        Some(Compat::PytorchGradCam) => Arithmetic::PytorchGradCam,
        None => Arithmetic::Standard,
    }
}

/// The method of that name, or an error with those most like it.
fn known(name: &str) -> Result<&'static MethodInfo, Failure> {
    info(name).ok_or_else(|| unknown_method(name))
}

fn unknown_method(name: &str) -> Failure {
    let remedy = match nearest(name, CATALOGUE.iter().map(|method| method.name)) {
        similar if similar.is_empty() => "`cam methods` lists them".to_owned(),
        similar => format!("did you mean {}? `cam methods` lists them", similar.join(", ")),
    };
    Failure::usage(format!("no method is called `{name}`; {remedy}"))
}
