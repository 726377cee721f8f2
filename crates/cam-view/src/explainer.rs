//! The network and what is kept of its work: one thread's.

use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use cam_core::methods::{CATALOGUE, Cost, MethodInfo, Need};
use cam_core::{Kept, Layer, Network};
use cam_explain::compare::Pairing;
use cam_explain::{
    Answer, Captured, ChosenMethod, Clock, Colormap, Concept, Condition, Curves, Error, Figure,
    Map, Model, Picture, PreparedQuestion, Report, Source, kept, usually_kept,
};
use image::RgbImage;

use crate::address::Address;
use crate::cache::Cache;
use crate::comparison::Comparison;
use crate::found::Found;
use crate::library::{Library, stem};
use crate::shelf::{Shelf, State};
use crate::wish::Wish;

/// Bytes of captures, and of answers, that are kept.
const MOST_KEPT: usize = 512 << 20;

/// What names an image and the state of its file.
type Seen = (String, Option<(u64, SystemTime)>);

/// The network, what it saw, and what was answered.
pub struct Explainer<'m> {
    model: &'m Model,
    library: Arc<Library>,
    captures: Cache<(Seen, Vec<Layer>, Kept), Rc<Captured<'m>>>,
    answers: Cache<(Vec<Seen>, Address), Arc<Explained>>,
    concepts: Cache<Seen, Concept>,
    comparisons: Cache<[Seen; 2], Arc<Comparison>>,
    finds: Cache<(Seen, u64, Vec<String>), Arc<Found>>,
}

/// What an image answers.
pub struct Explained {
    /// What it is called.
    pub name: String,
    /// As it was decoded.
    pub picture: Picture,
    /// The question's concepts, with their pictures.
    pub concepts: Vec<Concept>,
    /// In the order of questions, each by every method.
    pub answers: Vec<Answer>,
    /// The layers, in the order of computation.
    pub layers: Vec<String>,
    /// What is to be known of the image.
    pub condition: Condition,
    /// What the command line reports of it.
    pub report: Report,
    /// Methods whose finished maps are equal here, in groups.
    pub coincide: Vec<Vec<String>>,
}

/// What a network offers to choose from.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// Its layers, in the order of computation.
    pub layers: Vec<String>,
    /// The methods that it can be explained by, and what a map costs.
    pub methods: Vec<(&'static str, &'static str)>,
    /// The names of its classes.
    pub classes: Vec<String>,
    /// Whether it has a classifier.
    pub has_classifier: bool,
    /// Why no two images can be compared by their places, where that is so.
    pub no_pairs: Option<&'static str>,
}

impl Explained {
    /// The methods, each once.
    pub fn methods(&self) -> Vec<&str> {
        let mut methods: Vec<&str> = Vec::new();
        for answer in &self.answers {
            if !methods.contains(&answer.method.as_str()) {
                methods.push(&answer.method);
            }
        }
        methods
    }

    /// Whether there is more than one.
    pub fn several_methods(&self) -> bool {
        self.methods().len() > 1
    }

    /// The answer at a place.
    ///
    /// # Errors
    /// Where there is none.
    pub fn answer(&self, rank: usize) -> Result<&Answer, Error> {
        self.answers.get(rank).ok_or_else(|| {
            Error::usage(format_args!("there is no map {rank}: there are {}", self.answers.len()))
        })
    }

    fn bytes(&self) -> usize {
        let values = |answer: &Answer| {
            answer.map.values().len()
                + answer.raw.iter().map(|map| map.values().len()).sum::<usize>()
        };
        let maps: usize = self.answers.iter().map(values).sum();
        maps * size_of::<f32>() + self.picture.pixels.as_raw().len()
    }
}

impl<'m> Explainer<'m> {
    /// Of a network and the images that it may see.
    pub fn new(model: &'m Model, library: Arc<Library>) -> Self {
        Self {
            model,
            library,
            captures: Cache::new(MOST_KEPT),
            answers: Cache::new(MOST_KEPT),
            concepts: Cache::new(MOST_KEPT / 8),
            comparisons: Cache::new(MOST_KEPT / 4),
            finds: Cache::new(MOST_KEPT / 4),
        }
    }

    /// The network.
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// What there is to choose from.
    pub fn offer(&self) -> Offer {
        let network = self.model.network();
        let has_classifier = network.classifier().is_some();
        let can = |need: &Need| match need {
            Need::Attention => has_attention(network),
            // The strip of layers shows each by itself.
            Need::Layers => false,
            Need::Class => has_classifier,
            _ => true,
        };
        let methods = CATALOGUE.iter().filter(|info| info.needs.iter().all(can));
        Offer {
            name: self.model.name().to_owned(),
            layers: network.layers().iter().map(|layer| layer.name.clone()).collect(),
            methods: methods.map(|info| (info.name, info.cost.words())).collect(),
            classes: match has_classifier {
                true => self.model.class_names().map(<[String]>::to_vec).unwrap_or_default(),
                false => Vec::new(),
            },
            has_classifier,
            no_pairs: Pairing::of(network, None).err(),
        }
    }

    /// What an image answers.
    ///
    /// # Errors
    /// Where nothing can be asked so, an image cannot be read, or the work is cancelled.
    pub fn explain(&mut self, address: &Address) -> Result<Arc<Explained>, Error> {
        let key = (self.seen_by(address)?, address.question());
        if let Some(answered) = self.answers.get(&key) {
            return Ok(answered);
        }
        let mut clock = Clock::start();
        let Asked { captured, question, methods, concepts, layers } =
            self.asked(address, &mut clock)?;
        let answers = captured.ask_by(&methods, &question, false)?;
        clock.lap("explain");
        let name = captured.source.stem();
        let report = Report::new(&captured, &name, &answers, Vec::new(), clock);
        let explained = Arc::new(Explained {
            name,
            picture: captured.picture.clone(),
            condition: captured.condition.clone(),
            concepts,
            coincide: coinciding(
                &answers,
                &methods.iter().map(|method| method.name.as_str()).collect::<Vec<_>>(),
            ),
            answers,
            layers: layers.into_iter().map(|layer| self.model.layer_name(layer)).collect(),
            report,
        });
        self.answers.put(key, Arc::clone(&explained), explained.bytes());
        Ok(explained)
    }

    /// The question at the last layer by a method of layers, and the address of each layer that lies within no other.
    ///
    /// # Errors
    /// As [`explain`](Self::explain).
    pub fn layers(&mut self, address: &Address) -> Result<Layers, Error> {
        // A method of the whole network shows the same at each of its layers.
        let of_layers = match address.get("method") {
            Some(name) if is_of_layers(name) => address.clone(),
            _ => address.with("method", "grad-cam"),
        };
        let explained = self.explain(&of_layers.without("layer"))?;
        let layers = outer_layers(self.model.network()).into_iter();
        let layers = layers.map(|name| (name.to_owned(), of_layers.with("layer", name)));
        Ok(Layers { explained, layers: layers.collect() })
    }

    /// The question by every method that costs no more than a gradient and can be asked so. Where one of them fails, the
    /// others are shown.
    ///
    /// # Errors
    /// Where the work is cancelled, or there is nothing to show.
    pub fn methods(&mut self, address: &Address) -> Result<Vec<Piece>, Error> {
        let network = self.model.network();
        let asks_of_class = Wish::read(address, &self.library)?.asks_of_class();
        let quick = |info: &&MethodInfo| {
            matches!(info.cost, Cost::Nothing | Cost::Gradient | Cost::Forward)
        };
        let can = |info: &&MethodInfo| {
            info.needs.iter().all(|need| match need {
                Need::Attention => has_attention(network),
                Need::Layers => false,
                Need::Class => asks_of_class,
                _ => true,
            })
        };
        let mut pieces = Vec::new();
        for info in CATALOGUE.iter().filter(quick).filter(can) {
            self.model.environment().cancel.check("what is shown is whole")?;
            let address = address.with("method", info.name);
            match self.explain(&address) {
                Ok(explained) => pieces.push(Piece { method: info.name, address, explained }),
                Err(error @ Error::Cancelled(_)) => return Err(error),
                // What a network or a layer cannot be asked is not shown.
                Err(error) => log::debug!("{}: {error}", info.name),
            }
        }
        match pieces.is_empty() {
            // Whatever is wrong is wrong with the question itself.
            true => self.explain(address).map(|_| pieces),
            false => Ok(pieces),
        }
    }

    /// An overlay as the command line writes it.
    ///
    /// # Errors
    /// As [`explain`](Self::explain), and where there is no such answer.
    pub fn overlay(
        &mut self,
        address: &Address,
        rank: usize,
        colormap: Colormap,
    ) -> Result<RgbImage, Error> {
        let explained = self.explain(address)?;
        let answer = explained.answer(rank)?;
        let captured = self.asked(address, &mut Clock::start())?.captured;
        captured.overlay(&answer.heatmap().colored(colormap))
    }

    /// The figure as the command line draws it.
    ///
    /// # Errors
    /// As [`explain`](Self::explain).
    pub fn figure(&mut self, address: &Address) -> Result<Figure, Error> {
        let explained = self.explain(address)?;
        let captured = self.asked(address, &mut Clock::start())?.captured;
        Figure::rows(&explained.concepts, &captured, &explained.answers)
    }

    /// Deletion and insertion by the map of an answer, and by maps that do not look at the network.
    ///
    /// # Errors
    /// As [`explain`](Self::explain) and [`Captured::curves`].
    pub fn curves(&mut self, address: &Address, rank: usize) -> Result<Vec<Curves>, Error> {
        let explained = self.explain(address)?;
        let answer = explained.answer(rank)?;
        let asked = self.asked(address, &mut Clock::start())?;
        asked.captured.curves(&asked.question, &answer.subject, &answer.map, 0)
    }

    /// Two images' cosine, taken apart: `image` and `other`.
    ///
    /// # Errors
    /// Where one of them cannot be read, or the network's embeddings are no sum over places.
    pub fn compare(&mut self, address: &Address) -> Result<Arc<Comparison>, Error> {
        let name = |which, what: &str| {
            address.get(which).ok_or_else(|| Error::usage(format_args!("choose {what} image")))
        };
        let names = [name("image", "an")?, name("other", "another")?];
        let [first, second] = names.map(|name| self.library.image(name));
        let sources = [&first?, &second?];
        let key = [state(names[0], sources[0]), state(names[1], sources[1])];
        if let Some(comparison) = self.comparisons.get(&key) {
            return Ok(comparison);
        }
        let comparison = Arc::new(Comparison::of(self.model, sources)?);
        self.comparisons.put(key, Arc::clone(&comparison), comparison.bytes());
        Ok(comparison)
    }

    /// The images of an index that are most similar to `image`, and why.
    ///
    /// # Errors
    /// As [`Found::search`].
    pub fn search(&mut self, address: &Address, shelf: &Shelf) -> Result<Arc<Found>, Error> {
        let name =
            address.get("image").ok_or_else(|| Error::usage("choose an image to search by"))?;
        let source = self.library.image(name)?;
        let why: Vec<String> = address.all("why").map(str::to_owned).collect();
        let sides = match why.as_slice() {
            [] | [_] => None,
            [above, below] => Some([above.as_str(), below.as_str()]),
            more => {
                return Err(Error::usage(format_args!(
                    "two images can be held against each other, and {} are chosen",
                    more.len()
                )));
            }
        };
        let key = (state(name, &source), shelf.edition(), why.clone());
        let is_whole = shelf.state() != State::Building;
        if let Some(found) = self.finds.get(&key).filter(|_| is_whole) {
            return Ok(found);
        }
        let index = (shelf.folder(), self.library.folder());
        let found = Arc::new(Found::search(self.model, index, &source, sides)?);
        if is_whole {
            self.finds.put(key, Arc::clone(&found), found.bytes());
        }
        Ok(found)
    }

    fn asked(&mut self, address: &Address, clock: &mut Clock) -> Result<Asked<'m>, Error> {
        let model = self.model;
        let wish = Wish::read(address, &self.library)?;
        let image = address.get("image").ok_or_else(|| Error::usage("choose an image"))?;
        let methods = wish.methods(model)?;
        let layers = model.layers_or_last(&wish.layers)?;
        if wish.top().is_some() && model.network().classifier().is_none() {
            return Err(Error::usage(
                "nothing is asked yet, and this network has no classifier whose likeliest class could be explained: \
                 choose a concept",
            ));
        }
        let [concepts, negatives] = [&wish.concepts, &wish.negatives].map(|names| {
            names.iter().map(|name| self.concept(name)).collect::<Result<Vec<_>, _>>()
        });
        let question = wish.question(model, concepts?, &negatives?)?;
        clock.lap("concepts");
        let kept = usually_kept(model.network()).and(kept(&methods));
        let captured = self.captured(image, (&layers, kept), clock)?;
        let question = wish.prepared(&question, &captured)?;
        let concepts = question.question.concepts().to_vec();
        Ok(Asked { captured, question, methods, concepts, layers })
    }

    fn captured(
        &mut self,
        name: &str,
        (layers, kept): (&[Layer], Kept),
        clock: &mut Clock,
    ) -> Result<Rc<Captured<'m>>, Error> {
        let source = self.library.image(name)?;
        let key = (state(name, &source), layers.to_vec(), kept);
        if let Some(captured) = self.captures.get(&key) {
            return Ok(captured);
        }
        let captured = Rc::new(self.model.capture_at(&source, (layers, kept), clock)?);
        self.captures.put(key, Rc::clone(&captured), captured.bytes());
        Ok(captured)
    }

    fn concept(&mut self, name: &str) -> Result<Concept, Error> {
        let source = self.library.image(name)?;
        let key = state(name, &source);
        if let Some(concept) = self.concepts.get(&key) {
            return Ok(concept);
        }
        let concept = self.model.embed_named(&[(Some(stem(name)), source)])?.remove(0);
        let bytes = concept.picture.as_ref().map_or(0, |picture| picture.as_raw().len());
        self.concepts.put(key, concept.clone(), bytes + concept.embedding.len() * size_of::<f32>());
        Ok(concept)
    }

    /// The state of all files that an address names.
    fn seen_by(&self, address: &Address) -> Result<Vec<Seen>, Error> {
        let is_image = |name: &str| matches!(name, "image" | "other" | "concept" | "negative");
        let images = address.pairs().filter(|(name, _)| is_image(name));
        let images = images.map(|(_, image)| Ok(state(image, &self.library.image(image)?)));
        let vectors = address.all("vector").map(|row| {
            let file = crate::wish::vector(row, &self.library)?;
            Ok(state(row, &Source::File(file.path)))
        });
        images.chain(vectors).collect()
    }
}

/// A question about an image that was captured.
struct Asked<'m> {
    captured: Rc<Captured<'m>>,
    question: PreparedQuestion,
    methods: Vec<ChosenMethod>,
    concepts: Vec<Concept>,
    layers: Vec<Layer>,
}

/// A question at many layers, each of which is computed when it is looked at.
pub struct Layers {
    /// What was answered at the last one.
    pub explained: Arc<Explained>,
    /// The layers and what shows each alone, in the order of computation.
    pub layers: Vec<(String, Address)>,
}

/// What a method answered.
pub struct Piece {
    /// Its name.
    pub method: &'static str,
    /// What shows it alone.
    pub address: Address,
    /// What was answered.
    pub explained: Arc<Explained>,
}

/// Layers that a strip shows at most.
const MOST_LAYERS: usize = 24;

/// Layers that lie within no other that is listed, evenly thinned out where there are many; the last one is always
/// there.
fn outer_layers(network: &dyn Network) -> Vec<&str> {
    let names = network.layers().iter().filter(|layer| layer.reaches_embedding);
    let names: Vec<&str> = names.map(|layer| layer.name.as_str()).collect();
    let is_within = |name: &str| {
        names
            .iter()
            .any(|&other| name.strip_prefix(other).is_some_and(|rest| rest.starts_with('.')))
    };
    let outer: Vec<&str> = names.iter().copied().filter(|name| !is_within(name)).collect();
    let step = outer.len().div_ceil(MOST_LAYERS).max(1);
    let mut thinned: Vec<&str> = outer.iter().rev().step_by(step).copied().collect();
    thinned.reverse();
    thinned
}

fn is_of_layers(method: &str) -> bool {
    let rule = cam_core::methods::method(method, cam_core::methods::Settings::default());
    rule.is_some_and(|rule| !rule.is_of_network() && !rule.is_at_input())
}

fn has_attention(network: &dyn Network) -> bool {
    network.transformer().is_some() || network.attention_pooling().is_some()
}

/// Methods that give one finished map to every question, in groups of two and more.
fn coinciding(answers: &[Answer], methods: &[&str]) -> Vec<Vec<String>> {
    let maps = |method: &str| -> Vec<&Map> {
        answers.iter().filter(|answer| answer.method == method).map(|answer| &answer.map).collect()
    };
    let mut groups: Vec<Vec<String>> = Vec::new();
    for &method in methods {
        let own = maps(method);
        let same = groups.iter_mut().find(|group| {
            group
                .first()
                .is_some_and(|first| own.iter().zip(maps(first)).all(|(a, b)| are_equal(a, b)))
        });
        match same {
            Some(group) => group.push(method.to_owned()),
            None => groups.push(vec![method.to_owned()]),
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}

/// Whether nobody can see a difference between two finished maps.
pub fn are_equal(a: &Map, b: &Map) -> bool {
    const UNSEEN: f32 = 1e-3;
    (a.width(), a.height()) == (b.width(), b.height())
        && a.values().iter().zip(b.values()).all(|(a, b)| (a - b).abs() <= UNSEEN)
}

/// What an image is called and, of a file, what changes with it.
fn state(name: &str, source: &Source) -> Seen {
    let file = source.canonical().and_then(|path| path.metadata().ok());
    (name.to_owned(), file.and_then(|file| Some((file.len(), file.modified().ok()?))))
}
