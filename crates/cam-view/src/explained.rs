//! What an image answers, as pages show it.

use std::sync::Arc;

use cam_explain::{Answer, Concept, Condition, Error, Map, Report};

use crate::address::Address;
use crate::offer::is_of_layers;

/// What an image answers.
pub struct Explained {
    /// What it is called.
    pub name: String,
    /// The image's width and height.
    pub size: (u32, u32),
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

    /// Methods that give one finished map to every question, in groups of two and more.
    pub fn coinciding(&self) -> Vec<Vec<&str>> {
        let maps = |method: &str| {
            let own = self.answers.iter().filter(|answer| answer.method == method);
            own.map(|answer| &answer.map).collect::<Vec<&Map>>()
        };
        alike(self.methods(), |a, b| maps(a).into_iter().zip(maps(b)).all(|(a, b)| are_equal(a, b)))
    }

    /// Methods and layers in words; a method that looks at the whole network or at pixels has no layer.
    pub fn made_by(&self) -> String {
        let methods = self.methods().join(", ");
        match self.methods().into_iter().any(is_of_layers) {
            true => format!("{methods} at {}", self.layers.join(", ")),
            false => methods,
        }
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

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let values = |answer: &Answer| {
            answer.map.values().len()
                + answer.raw.iter().map(|map| map.values().len()).sum::<usize>()
        };
        let maps: usize = self.answers.iter().map(values).sum();
        let concepts = self.concepts.iter().filter_map(|concept| concept.picture.as_ref());
        let concepts: usize = concepts.map(|picture| picture.as_raw().len()).sum();
        maps * size_of::<f32>() + concepts
    }
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

/// Groups of two and more that are alike.
pub fn alike<T: Copy>(
    all: impl IntoIterator<Item = T>,
    are_alike: impl Fn(T, T) -> bool,
) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    for one in all {
        match groups.iter_mut().find(|group| are_alike(one, group[0])) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
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
