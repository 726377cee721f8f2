//! In which order the layers behind a network follow each other, where that is certain.

use super::module::{Kind, Module};
use super::sequences::{Sequence, Sequences};
use super::slot::is_whitening;
use crate::naming::Naming;

/// What is added to a length before Radenović et al. divide by it.
const LEAST_LENGTH: f32 = 1e-6;

/// So few sequences that all their orders can be tried.
const MOST_SEQUENCES: usize = 4;

/// The layers in order.
pub(super) struct Chain<'a> {
    pub(super) pooling: Option<&'a Module<'a>>,
    pub(super) necks: Vec<Link<'a>>,
    pub(super) classifier: Option<&'a Module<'a>>,
}

/// A layer between pooling and embedding.
pub(super) struct Link<'a> {
    pub(super) module: &'a Module<'a>,
    /// Where the vector is brought to length 1 before and behind it: the shortest length that it is divided by.
    pub(super) unit: Option<f32>,
}

impl<'a> Chain<'a> {
    /// The layers in order, or why that cannot be told.
    pub(super) fn of(
        modules: &'a [Module<'a>],
        width: usize,
        naming: Naming,
    ) -> Result<Self, String> {
        let Sequences { pooling, necks, classifier } = Sequences::of(modules)?;
        let necks = ordered(necks, width)?;
        gaps(necks.iter().chain(&classifier))?;
        let classifier = classifier.and_then(|sequence| sequence.into_iter().next());
        let necks: Vec<&Module<'_>> = necks.into_iter().flatten().collect();
        let width = necks.last().and_then(|module| module.widths()).map_or(width, |[_, out]| out);
        let reads = classifier.and_then(Module::widths).map_or(width, |[inputs, _]| inputs);
        // Directly behind the pooling, where no doubt is, the contract says that it does not fit.
        if reads != width && !necks.is_empty() {
            return Err(format!(
                "the embedding would be {width} wide, and the classifier takes {reads} numbers"
            ));
        }
        let is_of_radenovic = naming == Naming::Numbered && pooling.is_some();
        let link = |module: &'a Module<'a>| {
            let unit = is_of_radenovic && is_whitening(&module.path);
            Link { module, unit: unit.then_some(LEAST_LENGTH) }
        };
        Ok(Self { pooling, necks: necks.into_iter().map(link).collect(), classifier })
    }
}

/// The only order in which each takes the width that the one before gives.
fn ordered(sequences: Vec<Sequence<'_>>, width: usize) -> Result<Vec<Sequence<'_>>, String> {
    let is_linear = |module: &&Module<'_>| matches!(module.kind, Kind::Linear { .. });
    let linear = sequences.iter().filter(|sequence| sequence.iter().any(is_linear)).count();
    if linear > 1 || sequences.len() > MOST_SEQUENCES {
        return Err(
            "there are several layers behind the network, and how they are connected is not \
                    in the file"
                .into(),
        );
    }
    let orders = orders(sequences.len()).into_iter();
    let fits = |order: &Vec<usize>| fits(order.iter().flat_map(|&index| &sequences[index]), width);
    let fitting: Vec<Vec<usize>> = orders.filter(fits).collect();
    match fitting.as_slice() {
        [order] => Ok(order.iter().map(|&index| sequences[index].clone()).collect()),
        [] => Err(format!("the layers behind the network do not take its {width} channels")),
        _ => Err("the order of the layers behind the network is not in the file".into()),
    }
}

fn fits<'a>(modules: impl Iterator<Item = &'a &'a Module<'a>>, width: usize) -> bool {
    let mut width = Some(width);
    for module in modules {
        let widths = module.widths().filter(|[inputs, _]| Some(*inputs) == width);
        width = widths.map(|[_, outputs]| outputs);
    }
    width.is_some()
}

/// All orders of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    (0..count).fold(vec![Vec::new()], |orders, next| {
        let inserted = orders.iter().flat_map(|order| {
            (0..=order.len()).map(move |at| [&order[..at], &[next], &order[at..]].concat())
        });
        inserted.collect()
    })
}

/// A number that is left out between two children of an `nn.Sequential` is a layer without tensors.
/// Directly behind the pooling it can be a flattening, a dropout or a relu, which do nothing there:
/// the mean of rectified values is not negative. Later it may be anything.
fn gaps<'a>(sequences: impl Iterator<Item = &'a Sequence<'a>>) -> Result<(), String> {
    for (index, sequence) in sequences.enumerate() {
        let numbers = sequence.iter().filter_map(|module| module.sequence().1);
        let numbers: Vec<usize> = numbers.collect();
        let starts_late = index > 0 && numbers.first().is_some_and(|&number| number > 0);
        if starts_late || numbers.windows(2).any(|pair| pair[1] != pair[0] + 1) {
            return Err(format!(
                "in {} lies something without tensors, such as a relu, and which it is is not in \
                 the file",
                sequence[0].sequence().0
            ));
        }
    }
    Ok(())
}
