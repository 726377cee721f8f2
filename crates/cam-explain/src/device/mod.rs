//! The device that a name means.

#[cfg(feature = "card")]
mod kernels;
mod linked;
mod memory;
mod probe;

use burn::tensor::Device;
use cam_models::{Precision, Runtime};

pub use linked::DEFAULT;
pub use memory::batch;
pub use probe::{Found, probe};

use crate::error::{Error, Setting, failed};

/// Every device name; but for `cpu`, which is the engine on flex, that of the feature that links it.
pub const NAMES: [&str; 8] = ["cpu", "flex", "ndarray", "wgpu", "vulkan", "metal", "cuda", "rocm"];

/// Names of processors, of which there is one.
const PROCESSORS: [&str; 3] = ["cpu", "flex", "ndarray"];

/// A device as it was asked for, and how a network runs there.
#[derive(Clone)]
pub struct Opened {
    /// `cpu`, `cuda`, ...
    pub kind: &'static str,
    /// Its number among those of its kind.
    pub index: usize,
    /// By whom.
    pub runtime: Runtime,
}

/// What runs by these names, one device or several with commas between: `cpu` is the engine, `flex`
/// the same processor by burn's operations, and a card is `cuda` or `cuda:1`.
pub fn open(
    names: Option<&str>,
    precision: Precision,
    engine: cam_engine::Options,
) -> Result<Vec<Opened>, Error> {
    let names = names.unwrap_or(DEFAULT).split(',').map(|name| one(name.trim(), precision, engine));
    let opened = names.collect::<Result<Vec<_>, Error>>()?;
    if opened.len() > 1 && opened.iter().any(|opened| opened.kind == "cpu") {
        return Err(Error::usage(
            "the engine takes all cores for itself and shares its images with no other device: \
             ask for cpu alone, or for the others without it",
        ));
    }
    Ok(opened)
}

fn one(name: &str, precision: Precision, engine: cam_engine::Options) -> Result<Opened, Error> {
    let (kind, index) = parsed(name)?;
    let device = match index {
        None => linked(kind).ok_or_else(|| Error::usage(unavailable(kind)))?,
        Some(index) => numbered(kind, index)?,
    };
    let index = index.unwrap_or(0);
    if kind == "cpu" {
        if precision != Precision::F32 {
            return Err(Error::usage(format_args!(
                "the engine on the processor computes in f32: precision {precision} needs the device flex or a card"
            )).see(Setting::Device));
        }
        return Ok(Opened { kind, index, runtime: Runtime::engine(&device, engine) });
    }
    // A card is opened here, and one whose driver is missing may panic.
    let known = probe::quietly(|| {
        Precision::ALL.into_iter().filter(|known| known.is_supported_by(&device)).collect()
    });
    let known: Vec<Precision> =
        known.map_err(|reason| failed!("{name} does not answer: {reason} (another device may)"))?;
    if !known.contains(&precision) {
        let known: Vec<String> = known.iter().map(ToString::to_string).collect();
        return Err(Error::usage(format_args!(
            "{name} does not compute in {precision}, but in {}",
            known.join(", ")
        )));
    }
    Ok(Opened { kind, index, runtime: Runtime::burn(&device, precision) })
}

/// A kind that exists, and a number where one was given.
fn parsed(name: &str) -> Result<(&'static str, Option<usize>), Error> {
    let (kind, index) = match name.split_once(':') {
        None => (name, None),
        Some((kind, index)) => match index.parse() {
            Ok(index) => (kind, Some(index)),
            Err(_) => {
                return Err(Error::usage(format_args!(
                    "`{name}`: write a card's number, as in `{kind}:0`"
                )));
            }
        },
    };
    let known = NAMES.into_iter().find(|known| *known == kind);
    let kind = known.ok_or_else(|| Error::usage(unknown(kind)))?;
    if PROCESSORS.contains(&kind) && index.is_some_and(|index| index > 0) {
        return Err(Error::usage(format_args!("`{name}`: there is one {kind}, without a number")));
    }
    Ok((kind, index))
}

/// The device by that name, with what it needs prepared.
fn linked(kind: &str) -> Option<Device> {
    #[cfg(feature = "card")]
    kernels::keep();
    linked::device(kind)
}

/// The device of that number, if its backend is part of this binary and there are so many.
fn numbered(kind: &'static str, index: usize) -> Result<Device, Error> {
    if PROCESSORS.contains(&kind) {
        return linked(kind).ok_or_else(|| Error::usage(unavailable(kind)));
    }
    let cards = probe::cards(kind).ok_or_else(|| Error::usage(unavailable(kind)))?;
    let cards = cards.map_err(|reason| failed!("{kind} does not answer: {reason}"))?;
    let count = cards.len();
    cards.into_iter().nth(index).ok_or_else(|| {
        let found = match count {
            0 => "no card was found".to_owned(),
            1 => format!("there is one, {kind}:0"),
            count => format!("there are {count}, {kind}:0 to {kind}:{}", count - 1),
        };
        Error::usage(format_args!("there is no {kind}:{index}: {found}"))
    })
}

/// What to build a binary with that has this backend.
fn unavailable(kind: &str) -> String {
    let feature = feature_of(kind);
    format!("this binary was built without `{kind}`: build it with the feature `{feature}`")
}

/// What links a device of that name.
fn feature_of(kind: &str) -> &str {
    if kind == "cpu" { "flex" } else { kind }
}

fn unknown(kind: &str) -> String {
    match cam_core::nearest(kind, NAMES).as_slice() {
        [] => format!("no device is called `{kind}`; there are {}", NAMES.join(", ")),
        nearest => format!("no device is called `{kind}`; did you mean {}?", nearest.join(", ")),
    }
}
