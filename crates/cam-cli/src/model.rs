//! From arguments to a network that is ready to run.

use std::collections::BTreeSet;
use std::iter;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cam_files::Sha256;
use cam_models::checkpoint::Checkpoint;
use cam_models::{
    ConvNet, Description, EMBEDDED, EMBEDDED_WEIGHTS, LoadError, Loaded, Published, Runtime,
    Source, Strictness, architectures, describe, load_checkpoint, load_embedded, published,
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
    /// Where in the file the network is.
    pub place: Place,
}

/// Where in a weight file a network is.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// What stands before the network's names; empty where nothing does.
    pub prefix: String,
    /// What the user ought to know of the file.
    pub remarks: Vec<String>,
    /// What else was found there.
    details: Vec<String>,
    /// Whether there are other networks in the file, so that its digest does not tell which is meant.
    is_one_of_several: bool,
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
        if arguments.prefix.is_some() && weights.is_none() {
            return Err(Failure::usage(
                "--prefix chooses a network of a weight file: give --weights",
            ));
        }
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
        let request = Request { prefix: arguments.prefix.as_deref(), described, strictness };
        let mut networks = devices.iter().map(|opened| {
            let runtime = opened.runtime.clone();
            match &file {
                None => Ok((load_embedded(runtime)?.network, None)),
                Some(file) => network(file, &request, runtime),
            }
        });
        let (network, place) = networks.next().context("a device was opened")??;
        let copies = networks.map(|network| Ok(network?.0)).collect::<Result<_, Failure>>()?;
        let place = place.unwrap_or_default();
        place.report();
        print::detail(format_args!(
            "{} from {}, embeddings {} wide",
            network.description().name,
            file.as_ref().map_or("the embedded weights".into(), |file| file.display().to_string()),
            network.description().embedding_width(),
        ));
        let batch = NonZero::new(arguments.batch as usize);
        Ok(Self { network, copies, devices, batch, file, place })
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
            None => Ok(Sha256::of(EMBEDDED_WEIGHTS).to_string()),
            Some(file) => digests::of(file),
        }
    }

    /// What to call the network where its weights have to be the same again: its name, and which of
    /// several networks in the file it is.
    pub fn identity(&self) -> String {
        let name = &self.network.description().name;
        match self.place.is_one_of_several {
            true => format!("{name} at {}", self.place.prefix),
            false => name.clone(),
        }
    }

    /// What to call the weights' origin.
    pub fn origin(&self) -> String {
        self.file.as_ref().map_or_else(|| "embedded".to_owned(), |file| file.display().to_string())
    }
}

/// What is asked of a weight file.
struct Request<'a> {
    prefix: Option<&'a str>,
    described: Option<Description>,
    strictness: Strictness,
}

/// A weight file, of whose networks one is meant where that is said.
pub fn checkpoint(file: &Path, prefix: Option<&str>) -> Result<Checkpoint, LoadError> {
    let checkpoint = Checkpoint::open(file)?;
    Ok(match prefix {
        Some(prefix) => checkpoint.choosing(prefix),
        None => checkpoint,
    })
}

/// The network of a weight file: from its packed form, where it is a fetched one that was loaded
/// before. What is packed has nothing else in its file that would have to be said, so then there is
/// no source.
fn network(
    file: &Path,
    request: &Request<'_>,
    runtime: Runtime,
) -> Result<(ConvNet, Option<Place>), Failure> {
    let can_be_packed = request.strictness == Strictness::Exact && request.prefix.is_none();
    let packed = if can_be_packed { packed::open(file, &runtime) } else { None };
    let asked = request.described.as_ref().map(|description| description.name.clone());
    if let Some(network) = packed
        && asked.is_none_or(|name| name == network.description().name)
    {
        return Ok((network, None));
    }
    let checkpoint = checkpoint(file, request.prefix)?;
    let loaded =
        load_checkpoint(checkpoint, request.described.clone(), request.strictness, runtime)?;
    if can_be_packed && is_plain(&loaded.source) {
        packed::keep(file, &loaded.network);
    }
    let place = Place::of(&loaded);
    Ok((loaded.network, Some(place)))
}

/// Whether a file holds the network alone, under its own names.
fn is_plain(source: &Source) -> bool {
    source.prefix.is_empty() && source.head.is_empty() && source.remarks().is_empty()
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

impl Place {
    fn of(loaded: &Loaded) -> Self {
        let source = &loaded.source;
        let forgiven = (!loaded.breaches.is_empty()).then(|| loaded.breaches.to_string());
        let left_out = source.left_out.iter().map(|left_out| {
            format!(
                "left out: {} ({}, tensors: {})",
                left_out.name, left_out.what, left_out.tensors
            )
        });
        let head = source.head.iter().map(|step| format!("behind the convolutions: {step}"));
        let prefix = if source.prefix.is_empty() { "no prefix" } else { &source.prefix };
        let found = format!("the network at {prefix}, in the names of {}", source.naming);
        Self {
            prefix: source.prefix.clone(),
            remarks: source.remarks().into_iter().chain(forgiven).collect(),
            details: iter::once(found).chain(head).chain(left_out).collect(),
            is_one_of_several: !source.others.is_empty(),
        }
    }

    /// Says what the user ought to know, and the rest when verbose.
    fn report(&self) {
        self.remarks.iter().for_each(print::remark);
        self.details.iter().for_each(print::detail);
    }
}
