use cam_core::methods::{CATALOGUE, EigenSmooth, GradCam, Settings, method};
use cam_core::{Arithmetic, Method, nearest};

use crate::arguments::Explain;
use crate::failure::Failure;

/// The product of a layer's maps instead of their mean; there is no other difference to Grad-CAM.
pub const REFINE_CAM: &str = "refine-cam";

/// Grad-CAM of another question, what tells a class from those most like it.
pub const FINER_CAM: &str = "finer-cam";

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
    let options = &arguments.method;
    if [options.top_channels, options.samples].contains(&Some(0)) {
        return Err(Failure::usage("--top-channels and --samples count from 1"));
    }
    let settings = Settings {
        arithmetic,
        seed: options.seed,
        top_channels: options.top_channels,
        samples: options.samples,
    };
    let mut chosen: Vec<ChosenMethod> = Vec::new();
    for name in &options.names {
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
        let rule = match refines || compares {
            true => Some(Box::new(GradCam) as _),
            false => method(name, settings),
        };
        let rule: Box<dyn Method> = rule.ok_or_else(|| unknown_method(name))?;
        let rule = match options.eigen_smooth {
            true if !rule.sums_channels() => {
                return Err(Failure::usage(format!(
                    "--eigen-smooth takes the first principal component of what channels \
                     contribute, and {name} sums up no channels"
                )));
            }
            true => Box::new(EigenSmooth(rule)),
            false => rule,
        };
        chosen.push(ChosenMethod { name: name.clone(), rule, refines, compares });
    }
    Ok(chosen)
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
