//! A network that is ready to run, and where its weights came from.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::iter;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cam_core::{Arithmetic, Layer, Network as _};
use cam_models::checkpoint::Checkpoint;
use cam_models::{
    ConvNet, Description, EMBEDDED, EMBEDDED_WEIGHTS, Filter, LoadError, Loaded, Precision,
    Published, Runtime, Strictness, architectures, describe, load_checkpoint, load_embedded,
    published,
};
use cam_viz::Upsample;

use crate::classes::ClassNames;
use crate::device::Opened;
use crate::environment::Environment;
use crate::error::{Context as _, Error, Setting};
use crate::explain::{Reading, Size};
use crate::preprocess::{Found, PreprocessingOrigin, Used};
use crate::source::is_url;
use crate::weights::{digests, packed};
use crate::{device, network_folder, notice, onnx, preprocess, weights};

/// Which network, and on what it runs.
#[derive(Debug, Clone, Default)]
pub struct ModelOptions {
    /// A network by name; the embedded one unless weights are given.
    pub name: Option<String>,
    /// A weight file or its URL, whose network is identified unless named, or a folder of transformers, timm or
    /// open_clip with its settings. A folder may be given as the name too.
    pub weights: Option<OsString>,
    /// Of several networks in the weight file, the one whose names begin so.
    pub prefix: Option<String>,
    /// Unexpected tensors are ignored, and missing batch norms do nothing; how many there were is logged.
    pub allow_partial: bool,
    /// `cpu`, `flex`, `cuda:0`, or several cards with commas between; the best that is linked unless given.
    pub device: Option<String>,
    /// In which numbers a card computes convolutions.
    pub precision: Precision,
    /// Images that a card runs at once; as many as its memory allows unless given.
    pub batch: Option<NonZero<usize>>,
    /// Threads of the engine on the processor; 0 for all.
    pub threads: usize,
    /// Convolutions are direct only: slower than Winograd's algorithm, exact to one more digit.
    pub exact: bool,
    /// How images are prepared: a preset's name ([`cam_models::PRESETS`]) or a file of JSON
    /// ([`Preprocessing::from_json`](cam_models::Preprocessing::from_json)). The network's own unless given, or what `NAME.preprocess.json` beside the
    /// weight file says.
    pub preprocessing: Option<OsString>,
    /// The value of an ONNX file that is the embedding; found by itself unless given.
    pub embedding: Option<String>,
    /// Width and height that an ONNX file is read for, where it leaves them free, or a folder's network; their own or 224
    /// unless given. Other networks take images of any size.
    pub size: Option<(usize, usize)>,
}

impl ModelOptions {
    /// A network by its name, or by a weight file, a folder, its URL or `hf:owner/name`.
    ///
    /// # Errors
    /// Where it is neither a known name nor written as a file.
    pub fn of(what: impl AsRef<OsStr>) -> Result<Self, Error> {
        let what = what.as_ref();
        match what.to_str().filter(|name| is_known(name)) {
            Some(name) => Ok(Self { name: Some(name.to_owned()), ..Self::default() }),
            None if is_file(what) => Ok(Self { weights: Some(what.to_owned()), ..Self::default() }),
            None => Err(unknown(&what.to_string_lossy())),
        }
    }
}

/// The weights of a network that is known by name were never fetched.
#[derive(Debug, thiserror::Error)]
#[error("the weights of {name} are not here yet: fetch them, or give a file")]
#[non_exhaustive]
pub struct NotFetched {
    /// The network's name.
    pub name: &'static str,
}

/// A network, on one device or several, and where its weights came from. Clones share the weights, and each can read
/// images in its own way.
#[derive(Clone)]
pub struct Model {
    /// The network, on the first device.
    pub(crate) network: ConvNet,
    /// Copies of it, on the others.
    pub(crate) copies: Vec<ConvNet>,
    devices: Vec<Opened>,
    options: ModelOptions,
    /// The weight file; none for the embedded weights.
    pub file: Option<PathBuf>,
    /// Where in the file the network is.
    pub place: Place,
    environment: Environment,
    reading: Reading,
    arithmetic: Arithmetic,
    upsample: Upsample,
    pub(crate) preprocessing: Used,
    pub(crate) class_names: Arc<ClassNames>,
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
    /// What a folder's preprocessing follows from.
    prepared: Option<PreprocessingOrigin>,
    /// Whether there are other networks in the file, so that its digest does not tell which is meant.
    is_one_of_several: bool,
}

impl Model {
    /// A network by its name, or by a weight file or its URL, on the best device that is linked.
    ///
    /// # Errors
    /// Where there is no such network, its weights were not fetched, or the file is not fit for use.
    pub fn open(what: impl AsRef<OsStr>) -> Result<Self, Error> {
        Self::load(&ModelOptions::of(what)?, &Environment::default())
    }

    /// What the options ask for, working within an environment.
    ///
    /// # Errors
    /// As [`open`](Self::open), and where the options contradict each other or the device is not there.
    pub fn load(options: &ModelOptions, environment: &Environment) -> Result<Self, Error> {
        let devices = opened(options)?;
        let strictness =
            if options.allow_partial { Strictness::Partial } else { Strictness::Exact };
        // An empty environment variable counts as unset.
        let name = options.name.as_deref().filter(|name| !name.is_empty());
        let weights = options.weights.as_deref().filter(|weights| !weights.is_empty());
        let (name, weights) = match (name, weights) {
            (Some(folder), None)
                if weights::hub::is_reference(folder)
                    || !is_known(folder) && network_folder::is_network(folder.as_ref()) =>
            {
                (None, Some(OsStr::new(folder)))
            }
            given => given,
        };
        if options.prefix.is_some() && weights.is_none() {
            return Err(Error::usage(
                "a prefix chooses a network of a weight file: give the file too",
            )
            .see(Setting::Weights));
        }
        let (file, described) = match (name, weights) {
            (None, Some(argument)) => (Some(weights::locate(argument, environment)?), None),
            (Some(name), Some(argument)) => {
                (Some(weights::locate(argument, environment)?), Some(description(name)?))
            }
            (Some(name), None) if name != EMBEDDED => {
                let published = find_published(name)?;
                (Some(fetched(published)?), describe(published.architecture))
            }
            (_, None) => (None, None),
        };
        if options.allow_partial && file.is_none() {
            return Err(Error::usage(
                "the embedded weights are whole, and nothing is partial about them: give a weight file",
            ).see(Setting::Weights));
        }
        let is_folder = file.as_deref().is_some_and(network_folder::is_network);
        if is_folder && (name.is_some() || options.prefix.is_some()) {
            return Err(Error::usage(
                "a folder says itself which network it holds: give neither a name nor a prefix",
            )
            .see(Setting::Weights));
        }
        let is_onnx = !is_folder && file.as_deref().is_some_and(onnx::is_onnx);
        // The preprocessing of every network that is known by its tensors is known.
        let asked = options.preprocessing.as_deref();
        let found = preprocess::chosen(asked, file.as_deref(), !is_onnx)?;
        if options.embedding.is_some() && !is_onnx {
            return Err(Error::usage(
                "the embedding of an ONNX file can be named: give such a file",
            )
            .see(Setting::Weights));
        }
        // A size that a file says is the one to read the network for, unless another is asked for.
        let said = found.as_ref().and_then(Found::size).filter(|_| options.size.is_none());
        let wish = cam_onnx::Wish {
            size: options.size.or(said).map(|(width, height)| [height, width]),
            embedding: options.embedding.clone(),
        };
        let request = Request { prefix: options.prefix.as_deref(), described, strictness, wish };
        let mut networks = devices.iter().map(|opened| {
            let runtime = opened.runtime.clone();
            match &file {
                None => Ok((load_embedded(runtime)?.network, None)),
                Some(file) => network(file, &request, runtime),
            }
        });
        let first = networks.next().context("a device was opened")?;
        let (network, place) = first.map_err(|error| match (&file, said) {
            (Some(file), Some(said)) if is_onnx => onnx::other_size(file, said).unwrap_or(error),
            _ => error,
        })?;
        let copies = networks.map(|network| Ok(network?.0)).collect::<Result<_, Error>>()?;
        let mut place = place.unwrap_or_default();
        let found = found.map(|found| found.at(network.preprocessing()));
        if let Some(found) = &found {
            place.remarks.extend(found.remarks.iter().cloned());
        }
        place.report();
        notice::detail(format_args!(
            "{} from {}, embeddings {} wide",
            network.name(),
            file.as_ref().map_or("the embedded weights".into(), |file| file.display().to_string()),
            network.embedding_width(),
        ));
        let (options, environment) = (options.clone(), environment.clone());
        let prepared = place.prepared.clone();
        let (reading, arithmetic) = (Reading::default(), Arithmetic::Standard);
        let model = Self {
            network,
            copies,
            devices,
            options,
            file,
            place,
            environment,
            reading,
            arithmetic,
            upsample: Upsample::default(),
            preprocessing: Used::default(),
            class_names: Arc::default(),
        };
        Ok(match found {
            Some(Found { preprocessing, origin, .. }) => model.prepared_by(preprocessing, origin),
            None => match prepared {
                Some(origin) => {
                    let own = model.network.preprocessing().clone();
                    model.prepared_by(own, origin)
                }
                None => model,
            },
        })
    }

    /// The same network with an input of that width and height, in pixels.
    #[must_use]
    pub fn with_size(self, width: usize, height: usize) -> Self {
        let reading = Reading { size: Size::Fixed(width, height), ..self.reading };
        self.with_images(reading)
    }

    /// The same network with images read in another way, with the filter of whoever's arithmetic is followed.
    #[must_use]
    pub fn with_images(self, reading: Reading) -> Self {
        Self { reading: Reading { filter: self.reading.filter, ..reading }, ..self }
    }

    /// The same network with another library's arithmetic, step by step: its resize, the constants of its methods, its
    /// finishing and its colours.
    #[must_use]
    pub fn following(self, arithmetic: Arithmetic) -> Self {
        let filter = match arithmetic {
            Arithmetic::Standard => None,
            Arithmetic::PytorchGradCam => Some(Filter::OpenCv),
        };
        Self { reading: Reading { filter, ..self.reading }, arithmetic, ..self }
    }

    /// The same network with maps that come from the layer's size to the picture's in another way: finished maps and
    /// all that follows from them, as boxes, shares and pictures. Raw maps stay as they are.
    ///
    /// # Examples
    /// ```
    /// use cam_explain::{GradCam, Model, Question, Upsample, photographs};
    ///
    /// let mut model = Model::open("efficientnet-lite0")?;
    /// let concepts = model.embed([("coffee", photographs::COFFEE)])?;
    /// let mut answers = Vec::new();
    /// for upsample in Upsample::ALL {
    ///     model = model.upsampled(upsample);
    ///     let cat = model.capture(("cat", photographs::CAT))?;
    ///     answers.extend(cat.ask(&GradCam, &Question::similar(&concepts))?);
    /// }
    /// let [nearest, bilinear, guided] = &answers[..] else { panic!("three answers") };
    /// assert!(nearest.raw == bilinear.raw && bilinear.raw == guided.raw);
    /// assert!(nearest.score == bilinear.score && bilinear.score == guided.score);
    /// assert!(nearest.map != bilinear.map && bilinear.map != guided.map);
    /// // Flat rectangles of 32×32 pixels.
    /// assert!(nearest.map.values()[..32].iter().all(|value| *value == nearest.map.values()[0]));
    /// # Ok::<(), cam_explain::Error>(())
    /// ```
    #[must_use]
    pub fn upsampled(self, upsample: Upsample) -> Self {
        Self { upsample, ..self }
    }

    /// How maps come from the layer's size to the picture's.
    pub fn upsample(&self) -> Upsample {
        self.upsample
    }

    /// Whose arithmetic is followed.
    pub fn arithmetic(&self) -> Arithmetic {
        self.arithmetic
    }

    /// How images are read.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// What the work of this model shares with other work.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The same network, whose work shares another environment with other work.
    #[must_use]
    pub fn within(self, environment: Environment) -> Self {
        Self { environment, ..self }
    }

    /// The same network on one thread of its own, its weights shared: several of them run side by side. None where the
    /// network does not run in the engine.
    pub fn lane(&self) -> Option<Self> {
        Some(Self { network: self.network.lane()?, ..self.clone() })
    }

    /// The same model on the threads of another that has its weights: of a [lane](Self::lane).
    #[must_use]
    pub fn on(self, lane: &Self) -> Self {
        Self { network: lane.network.clone(), ..self }
    }

    /// The network, for whoever works with tensors; on the first device, where there are several.
    pub fn network(&self) -> &ConvNet {
        &self.network
    }

    /// The network alone; on the first device, where there are several.
    pub fn into_network(self) -> ConvNet {
        self.network
    }

    /// What was asked for when it was loaded.
    pub fn options(&self) -> &ModelOptions {
        &self.options
    }

    /// The same network with placeholder weights, which know nothing: for what depends on speed or shape alone, and
    /// to see what of a map the weights did not make.
    ///
    /// # Errors
    /// Where the device fails.
    pub fn untrained(&self) -> Result<ConvNet, Error> {
        let runtime = self.devices[0].runtime.clone();
        self.network.untrained(runtime).context("the network with placeholder weights")
    }

    /// What the network is called.
    pub fn name(&self) -> &str {
        self.network.name()
    }

    /// A layer by its name.
    ///
    /// # Errors
    /// Names the layers that are similar, or all.
    pub fn layer(&self, name: &str) -> Result<Layer, Error> {
        layer(&self.network, name)
    }

    /// A layer by its name, the last one without.
    ///
    /// # Errors
    /// As [`layer`](Self::layer).
    pub fn layer_or_last(&self, name: Option<&str>) -> Result<Layer, Error> {
        name.map_or_else(|| Ok(self.network.last_layer()?), |name| self.layer(name))
    }

    /// Layers by their names in the order of computation, each once; the last one without names.
    ///
    /// # Errors
    /// As [`layer`](Self::layer).
    pub fn layers_or_last(&self, names: &[String]) -> Result<Vec<Layer>, Error> {
        let layers = names.iter().map(|name| self.layer(name));
        let mut layers = layers.collect::<Result<Vec<_>, _>>()?;
        if layers.is_empty() {
            layers.push(self.network.last_layer()?);
        }
        layers.sort();
        layers.dedup();
        Ok(layers)
    }

    /// What a layer is called.
    pub fn layer_name(&self, layer: Layer) -> String {
        self.network.layers()[layer.index()].name.clone()
    }

    /// The network on every device, and how many images of that size are run there at once: as many as
    /// the device's memory allows, unless it was said. Images of many sizes are run one by one.
    pub fn batches(&self, size: Option<[usize; 2]>) -> impl Iterator<Item = (&ConvNet, usize)> {
        let networks = iter::once(&self.network).chain(&self.copies);
        networks.zip(&self.devices).map(move |(network, opened)| {
            let fitting = |size| device::batch(opened, network, size);
            (network, self.options.batch.map_or_else(|| size.map_or(1, fitting), NonZero::get))
        })
    }

    /// What kinds of devices run it, each once: `cuda`, or `cuda,flex`.
    pub fn device_kinds(&self) -> String {
        let kinds: BTreeSet<&str> = self.devices.iter().map(|opened| opened.kind).collect();
        kinds.into_iter().collect::<Vec<_>>().join(",")
    }

    /// The ONNX file that it came from, where it came from one.
    pub fn onnx(&self) -> Option<&Path> {
        self.file.as_deref().filter(|file| onnx::is_onnx(file))
    }

    /// SHA-256 of the weights, in hexadecimal digits.
    pub fn sha256(&self) -> Result<String, Error> {
        match &self.file {
            None => Ok(cam_files::Sha256::of(EMBEDDED_WEIGHTS).to_string()),
            Some(folder) if network_folder::is_network(folder) => network_folder::digest(folder),
            Some(file) => digests::of(file),
        }
    }

    /// What to call the network where its weights have to be the same again: its name, and which of
    /// several networks in the file it is.
    pub fn identity(&self) -> String {
        let name = self.network.name();
        match self.place.is_one_of_several {
            true => format!("{name} at {}", self.place.prefix),
            false => name.to_owned(),
        }
    }

    /// What to call the weights' origin.
    pub fn origin(&self) -> String {
        self.file.as_ref().map_or_else(|| "embedded".to_owned(), |file| file.display().to_string())
    }
}

/// A layer of a network by its name.
///
/// # Errors
/// Names the layers that are similar, or all.
pub fn layer(network: &ConvNet, name: &str) -> Result<Layer, Error> {
    network.layer(name).map_err(|error| match error {
        cam_core::Error::UnknownLayer { name, nearest } if nearest.is_empty() => {
            // Those beside which a residual lives on are within blocks: too many to be listed.
            let clean = network.cuts().iter().filter(|cut| cut.is_clean());
            let names: Vec<&str> = clean.map(cam_graph::Cut::name).collect();
            Error::usage(format_args!(
                "no layer is called `{name}`; there are {}",
                names.join(", ")
            ))
        }
        error => error.into(),
    })
}

/// What is asked of a weight file.
struct Request<'a> {
    prefix: Option<&'a str>,
    described: Option<Description>,
    strictness: Strictness,
    wish: cam_onnx::Wish,
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
) -> Result<(ConvNet, Option<Place>), Error> {
    if network_folder::is_network(file) {
        let (size, strictness) = (request.wish.size, request.strictness);
        let (network, remarks, origin) = network_folder::open(file, size, strictness, runtime)?;
        let place = Place { remarks, prepared: Some(origin), ..Place::default() };
        return Ok((network, Some(place)));
    }
    if onnx::is_onnx(file) {
        let is_plain = request.wish.size.is_none() && request.wish.embedding.is_none();
        let packed = if is_plain { packed::open(file, &runtime) } else { None };
        if let Some(network) = packed {
            return Ok((network, None));
        }
        let network = onnx::open(file, &request.wish, runtime)?;
        if is_plain {
            packed::keep(file, &network);
        }
        return Ok((network, None));
    }
    let can_be_packed = request.strictness == Strictness::Exact && request.prefix.is_none();
    let packed = if can_be_packed { packed::open(file, &runtime) } else { None };
    let asked = request.described.as_ref().map(|description| description.name.clone());
    if let Some(network) = packed
        && asked.is_none_or(|name| name == network.name())
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
fn is_plain(source: &cam_models::Source) -> bool {
    source.prefix.is_empty() && source.head.is_empty() && source.remarks().is_empty()
}

/// A network by name with placeholder weights, on the first device that the options name.
///
/// # Errors
/// Where there is no such network or device.
pub fn untrained_by_name(name: &str, options: &ModelOptions) -> Result<ConvNet, Error> {
    let runtime = opened(options)?.swap_remove(0).runtime;
    let network = ConvNet::placeholder(description(name)?, runtime)
        .context("a network with placeholder weights")?;
    let found = preprocess::chosen(options.preprocessing.as_deref(), None, true)?;
    Ok(match found.map(|found| found.at(network.preprocessing())) {
        Some(found) => network.with_preprocessing(found.preprocessing),
        None => network,
    })
}

fn opened(options: &ModelOptions) -> Result<Vec<Opened>, Error> {
    let engine = cam_engine::Options {
        threads: options.threads,
        exact: options.exact,
        ..cam_engine::Options::default()
    };
    let device = options.device.as_deref().filter(|name| !name.is_empty());
    device::open(device, options.precision, engine)
}

/// Published weights by name; a name that is close is suggested.
pub fn find_published(name: &str) -> Result<&'static Published, Error> {
    let found = published().iter().find(|published| published.name == name);
    found.ok_or_else(|| match describe(name) {
        Some(_) => {
            Error::usage(format_args!("no weights of {name} are published: give a weight file"))
                .see(Setting::Weights)
        }
        None => unknown(name),
    })
}

/// The architecture behind a name of an architecture or of published weights.
pub fn description(name: &str) -> Result<Description, Error> {
    let published = published().iter().find(|published| published.name == name);
    let architecture = published.map_or(name, |published| published.architecture);
    describe(architecture).ok_or_else(|| unknown(name))
}

/// Whether a network or published weights are called so.
fn is_known(name: &str) -> bool {
    name == EMBEDDED || published().iter().any(|p| p.name == name) || describe(name).is_some()
}

/// Whether a text names a file or a URL, and not a network: by what is there, or by how it is written.
fn is_file(what: &OsStr) -> bool {
    let path = Path::new(what);
    path.exists()
        || what.to_str().is_some_and(weights::hub::is_reference)
        || what.to_str().is_some_and(is_url)
        || path.extension().is_some()
        || path.components().count() > 1
}

fn unknown(name: &str) -> Error {
    let published = published().iter().map(|published| published.name);
    let known: BTreeSet<&str> = architectures().chain([EMBEDDED]).chain(published).collect();
    match cam_core::nearest(name, known.iter().copied()).as_slice() {
        [] => {
            let known: Vec<&str> = known.into_iter().collect();
            Error::usage(format_args!(
                "no model is called `{name}`; there are {}",
                known.join(", ")
            ))
        }
        names => Error::usage(format_args!(
            "no model is called `{name}`; did you mean {}?",
            names.join(", ")
        )),
    }
}

fn fetched(published: &Published) -> Result<PathBuf, Error> {
    let place = weights::cached(published)?;
    if place.exists() {
        return weights::verified(place);
    }
    Err(Error::failed_by(NotFetched { name: published.name }))
}

impl Place {
    fn of(loaded: &Loaded) -> Self {
        let source = &loaded.source;
        let forgiven = (!loaded.mismatches.is_empty()).then(|| loaded.mismatches.to_string());
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
            prepared: None,
            is_one_of_several: !source.others.is_empty(),
        }
    }

    /// Says what the user ought to know, and the rest when verbose.
    fn report(&self) {
        self.remarks.iter().for_each(notice::remark);
        self.details.iter().for_each(notice::detail);
    }
}
