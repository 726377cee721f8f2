//! The network and what is kept of its work: one thread's.

use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use cam_core::{Kept, Layer};
use cam_explain::drawing;
use cam_explain::{
    Answer, Captured, ChosenMethod, Clock, Colormap, Concept, Curves, Error, Figure, Model,
    PreparedQuestion, Report, Source, kept, usually_kept,
};
use image::RgbImage;

use crate::address::Address;
use crate::cache::Cache;
use crate::comparison::Comparison;
use crate::explained::{Explained, Layers, Piece};
use crate::found::Found;
use crate::library::{Library, stem};
use crate::offer::{is_of_layers, outer_layers, quick_methods};
use crate::shelf::{Shelf, State};
use crate::wish::Wish;

/// Bytes of captures that are kept; of answers, comparisons and results together as many.
const MOST_KEPT: usize = 256 << 20;

/// Maps that are made for one page.
const MOST_MAPS: usize = 256;

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

impl<'m> Explainer<'m> {
    /// Of a network and the images that it may see.
    pub fn new(model: &'m Model, library: Arc<Library>) -> Self {
        Self {
            model,
            library,
            captures: Cache::new(MOST_KEPT),
            answers: Cache::new(MOST_KEPT / 2),
            concepts: Cache::new(MOST_KEPT / 8),
            comparisons: Cache::new(MOST_KEPT / 8),
            finds: Cache::new(MOST_KEPT / 4),
        }
    }

    /// The network.
    pub fn model(&self) -> &'m Model {
        self.model
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
        let maps = methods.len() * question.subjects().len() * layers.len();
        if maps > MOST_MAPS {
            return Err(Error::usage(format_args!(
                "{} questions, {} methods and {} layers make {maps} maps, and a page shows {MOST_MAPS}: ask for fewer",
                question.subjects().len(),
                methods.len(),
                layers.len()
            )));
        }
        let answers = captured.ask_by(&methods, &question, false)?;
        clock.lap("explain");
        let name = captured.source.stem();
        let report = Report::new(&captured, &name, &answers, Vec::new(), clock);
        let explained = Arc::new(Explained {
            name,
            size: captured.picture.pixels.dimensions(),
            condition: captured.condition.clone(),
            concepts,
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
        let layers = outer_layers(self.model).into_iter();
        let layers = layers.map(|name| (name.to_owned(), of_layers.with("layer", name)));
        Ok(Layers { explained, layers: layers.collect() })
    }

    /// The question by every method that costs no more than a gradient and can be asked so. Where one of them fails, the
    /// others are shown.
    ///
    /// # Errors
    /// Where the work is cancelled, or there is nothing to show.
    pub fn methods(&mut self, address: &Address) -> Result<Vec<Piece>, Error> {
        let asks_of_class = Wish::read(address, &self.library)?.asks_of_class();
        let mut pieces = Vec::new();
        for method in quick_methods(self.model, asks_of_class) {
            self.model.environment().cancel.check("what is shown is whole")?;
            let address = address.with("method", method);
            match self.explain(&address) {
                Ok(explained) => pieces.push(Piece { method, address, explained }),
                Err(error @ Error::Cancelled(_)) => return Err(error),
                // What a network or a layer cannot be asked is not shown.
                Err(error) => log::debug!("{method}: {error}"),
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

    /// The image itself, upright.
    ///
    /// # Errors
    /// As [`explain`](Self::explain).
    pub fn photograph(&mut self, address: &Address) -> Result<RgbImage, Error> {
        let captured = self.asked(address, &mut Clock::start())?.captured;
        Ok(captured.picture.pixels.clone())
    }

    /// The figure as the command line draws it.
    ///
    /// # Errors
    /// As [`explain`](Self::explain).
    pub fn figure(&mut self, address: &Address, colormap: Colormap) -> Result<Figure, Error> {
        let explained = self.explain(address)?;
        let captured = self.asked(address, &mut Clock::start())?.captured;
        let overlay = |answer: &Answer| captured.overlay(&answer.heatmap().colored(colormap));
        let overlays = explained.answers.iter().map(overlay).collect::<Result<Vec<_>, _>>()?;
        let seen = (&*captured, explained.name.as_str());
        Ok(Figure {
            title: Some(format!("{}, {}", self.model.name(), explained.made_by())),
            rows: drawing::rows(&explained.concepts, seen, &explained.answers, &overlays),
            color_bar: Some(drawing::color_bar(colormap)),
        })
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
            [above, below] => Some([above.as_str(), below.as_str()]),
            _ => None,
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

/// What an image is called and, of a file, what changes with it.
fn state(name: &str, source: &Source) -> Seen {
    let file = source.canonical().and_then(|path| path.metadata().ok());
    (name.to_owned(), file.and_then(|file| Some((file.len(), file.modified().ok()?))))
}
