//! From arguments to a network that is ready to run.

use std::collections::BTreeSet;
use std::iter;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cam_models::checkpoint::Checkpoint;
use cam_models::{
    ConvNet, Description, EMBEDDED, EMBEDDED_WEIGHTS, Loaded, Published, Runtime, Strictness,
    architectures, describe, load_checkpoint, load_embedded, published,
};

use crate::arguments;
use crate::device::Opened;
use crate::failure::Failure;
use crate::{device, digests, packed, print, weights};

/// A network, on one device or several, and where its weights came from.
pub struct Model {
    /// The network, on the first device.
    pub network: ConvNet,
    /// Copies of it, on the others.
    copies: Vec<ConvNet>,
    devices: Vec<Opened>,
    /// Images that a device runs at once, where that was asked for.
    batch: Option<NonZero<usize>>,
    /// The weight file; none for the embedded weights.
    pub file: Option<PathBuf>,
}

impl Model {
    /// Loads what the arguments ask for.
    pub fn load(arguments: &arguments::Model) -> Result<Self, Failure> {
        let devices = opened(arguments)?;
        let strictness =
            if arguments.allow_partial { Strictness::Partial } else { Strictness::Exact };
        // An empty environment variable counts as unset.
        let name = arguments.model.as_deref().filter(|name| !name.is_empty());
        let weights = arguments.weights.as_deref().filter(|weights| !weights.is_empty());
        let (file, described) = match (name, weights) {
            (None, Some(argument)) => (Some(weights::locate(argument)?), None),
            (Some(name), Some(argument)) => {
                (Some(weights::locate(argument)?), Some(description(name)?))
            }
            (Some(name), None) if name != EMBEDDED => {
                let published = find_published(name)?;
                (Some(fetched(published)?), describe(published.architecture))
            }
            (_, None) => (None, None),
        };
        if arguments.allow_partial && file.is_none() {
            return Err(Failure::usage(
                "--allow-partial is for weight files, and the embedded weights are whole: give a file \
                 with --weights",
            ));
        }
        let mut networks = devices.iter().map(|opened| {
            let runtime = opened.runtime.clone();
            match &file {
                None => Ok(load_embedded(runtime)?.network),
                Some(file) => network(file, described.clone(), strictness, runtime),
            }
        });
        let network = networks.next().context("a device was opened")??;
        let copies = networks.collect::<Result<_, Failure>>()?;
        print::detail(format_args!(
            "{} from {}, embeddings {} wide",
            network.description().name,
            file.as_ref().map_or("the embedded weights".into(), |file| file.display().to_string()),
            network.description().embedding_width(),
        ));
        let batch = NonZero::new(arguments.batch as usize);
        Ok(Self { network, copies, devices, batch, file })
    }

    /// The network on every device, and how many images of that size are run there at once: as many as
    /// the device's memory allows, unless it was said. Images of many sizes are run one by one.
    pub fn batches(&self, size: Option<[usize; 2]>) -> impl Iterator<Item = (&ConvNet, usize)> {
        let networks = iter::once(&self.network).chain(&self.copies);
        networks.zip(&self.devices).map(move |(network, opened)| {
            let fitting = |size| device::batch(opened, network, size);
            (network, self.batch.map_or_else(|| size.map_or(1, fitting), NonZero::get))
        })
    }

    /// What kinds of devices run it, each once: `cuda`, or `cuda,flex`.
    pub fn device_kinds(&self) -> String {
        let kinds: BTreeSet<&str> = self.devices.iter().map(|opened| opened.kind).collect();
        kinds.into_iter().collect::<Vec<_>>().join(",")
    }

    /// SHA-256 of the weights, in hexadecimal digits.
    pub fn sha256(&self) -> Result<String, Failure> {
        match &self.file {
            None => Ok(cam_fetch::sha256_of_bytes(EMBEDDED_WEIGHTS).to_string()),
            Some(file) => digests::of(file),
        }
    }

    /// What to call the weights' origin.
    pub fn origin(&self) -> String {
        self.file.as_ref().map_or_else(|| "embedded".to_owned(), |file| file.display().to_string())
    }
}

/// The network of a weight file: from its packed form, where it is a fetched one that was loaded
/// before.
fn network(
    file: &Path,
    described: Option<Description>,
    strictness: Strictness,
    runtime: Runtime,
) -> Result<ConvNet, Failure> {
    let can_be_packed = strictness == Strictness::Exact;
    let packed = if can_be_packed { packed::open(file, &runtime) } else { None };
    let asked = described.as_ref().map(|description| description.name.clone());
    if let Some(network) = packed
        && asked.is_none_or(|name| name == network.description().name)
    {
        return Ok(network);
    }
    let loaded = load_checkpoint(Checkpoint::open(file)?, described, strictness, runtime)?;
    report_breaches(&loaded);
    if can_be_packed {
        packed::keep(file, &loaded.network);
    }
    Ok(loaded.network)
}

/// Where and by whom the network is run; on the first device, where there are several.
pub fn runtime(arguments: &arguments::Model) -> Result<Runtime, Failure> {
    Ok(opened(arguments)?.swap_remove(0).runtime)
}

fn opened(arguments: &arguments::Model) -> Result<Vec<Opened>, Failure> {
    let engine = cam_engine::Options {
        threads: arguments.threads as usize,
        exact: arguments.exact,
        ..cam_engine::Options::default()
    };
    let device = arguments.device.as_deref().filter(|name| !name.is_empty());
    device::open(device, arguments.precision.unwrap_or_default(), engine)
}

/// Published weights by name; a name that is close is suggested.
pub fn find_published(name: &str) -> Result<&'static Published, Failure> {
    let found = published().iter().find(|published| published.name == name);
    found.ok_or_else(|| match describe(name) {
        Some(_) => Failure::usage(format!(
            "no weights of {name} are published here: give its .pth with --weights"
        )),
        None => unknown(name),
    })
}

/// The architecture behind a name of an architecture or of published weights.
pub fn description(name: &str) -> Result<Description, Failure> {
    let published = published().iter().find(|published| published.name == name);
    let architecture = published.map_or(name, |published| published.architecture);
    describe(architecture).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Failure {
    let published = published().iter().map(|published| published.name);
    let known: BTreeSet<&str> = architectures().chain([EMBEDDED]).chain(published).collect();
    match cam_core::nearest(name, known).as_slice() {
        [] => Failure::usage(format!("no model is called `{name}`; `cam models` lists them")),
        names => Failure::usage(format!(
            "no model is called `{name}`; did you mean {}?",
            names.join(", ")
        )),
    }
}

fn fetched(published: &Published) -> Result<PathBuf, Failure> {
    let place = weights::cached(published)?;
    if place.exists() {
        return weights::verified(place);
    }
    Err(Failure::Failed(anyhow::anyhow!(
        "the weights of {name} are not here yet: run `cam fetch {name}`, or give a file with --weights",
        name = published.name
    )))
}

fn report_breaches(loaded: &Loaded) {
    if !loaded.breaches.is_empty() {
        print::remark(&loaded.breaches);
    }
}
