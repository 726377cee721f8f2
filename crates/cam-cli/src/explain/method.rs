use cam_core::methods::{CATALOGUE, EigenSmooth, Setting, Settings, depends_on, method};
use cam_core::{Arithmetic, Method, nearest};

use crate::arguments::{Compat, Explain, Images, MethodOptions};
use crate::failure::Failure;

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

/// The methods that the arguments ask for, in their order.
pub fn chosen(arguments: &Explain, arithmetic: Arithmetic) -> Result<Vec<ChosenMethod>, Failure> {
    let options = &arguments.method.options;
    let mut chosen: Vec<ChosenMethod> = Vec::new();
    for name in &arguments.method.names {
        if chosen.iter().any(|before| before.name == *name) {
            continue;
        }
        let refines = name == REFINE_CAM;
        if refines && arguments.layers.len() < 2 {
            return Err(Failure::usage(
                "refine-cam multiplies the maps of several layers: name them, as in \
                 `--layer layer3,layer4`",
            ));
        }
        let compares = name == FINER_CAM;
        if compares && arguments.classes.is_empty() {
            return Err(Failure::usage(
                "finer-cam compares a class with those most like it: give one with --class",
            ));
        }
        let of = if refines || compares { GRAD_CAM } else { name };
        let rule = rule(of, options, arithmetic)?;
        chosen.push(ChosenMethod { name: name.clone(), rule, refines, compares });
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
    if [REFINE_CAM, FINER_CAM].contains(&name) {
        return Err(Failure::usage(format!(
            "{name} is for `cam explain`, which can be asked of several layers and of classes"
        )));
    }
    let settings = Settings {
        arithmetic,
        seed: options.seed.unwrap_or_default(),
        top_channels: options.top_channels.map(|count| count as usize),
        samples: options.samples.map(|count| count as usize),
    };
    let rule = method(name, settings).ok_or_else(|| unknown_method(name))?;
    match options.eigen_smooth {
        false => Ok(rule),
        true if rule.sums_channels() => Ok(Box::new(EigenSmooth(rule))),
        true => Err(Failure::usage(format!(
            "--eigen-smooth takes the first principal component of what channels contribute, and \
             {name} sums up no channels"
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
        *is_given && !names.iter().any(|name| depends_on(name, *setting))
    });
    idle.map_or(Ok(()), |(option, setting, _)| {
        let of = CATALOGUE.iter().map(|info| info.name).filter(|name| depends_on(name, setting));
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

/// No method of that name, and those most like it.
pub fn unknown_method(name: &str) -> Failure {
    let names = CATALOGUE.iter().map(|method| method.name).chain([REFINE_CAM, FINER_CAM]);
    let remedy = match nearest(name, names) {
        similar if similar.is_empty() => "`cam methods` lists them".to_owned(),
        similar => format!("did you mean {}? `cam methods` lists them", similar.join(", ")),
    };
    Failure::usage(format!("no method is called `{name}`; {remedy}"))
}
