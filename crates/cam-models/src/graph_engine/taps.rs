//! Values of the graph within a run of the engine, wherever they lie in what its steps give.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData, activation::softmax};
use cam_engine::Pixels;
use cam_graph::{Shape, Value};

use super::translation::{Scores, Symbol, Translation};
use super::view::View;
use crate::graph_executor::{Dense, Rows};

/// What a value is made of.
#[derive(Debug, Clone)]
pub(super) struct Tap {
    kind: Kind,
    /// At the size that the graph was made for.
    shape: Shape,
}

#[derive(Debug, Clone)]
enum Kind {
    /// One of the engine's values as `[c, h, w]`, at any size.
    Grid(usize),
    /// One of them as `[h, w, c]`, at any size.
    Pixels(usize),
    /// Numbers of one of the engine's values.
    View(View),
    /// softmax(scale · q·kᵀ), which no step of the engine gives.
    Weights(Scores),
}

/// Of all values that the first steps of the engine give.
pub(super) fn all(translation: &Translation<'_>, places: usize) -> BTreeMap<Value, Tap> {
    let is_there = |view: &View| view.place <= places;
    let kind = |value: Value, symbol: &Symbol| match symbol {
        Symbol::View(_) if value == Value::INPUT => None,
        Symbol::View(_) => match translation.grid(value) {
            Some(place) => (place <= places).then_some(Kind::Grid(place)),
            None => {
                let view = translation.view(value).filter(|view| is_there(view))?;
                let [c, h, w] = translation.dims[view.place];
                Some(
                    match view.is_like(&View::rows(view.place, &[h, w, c])) && view.factor == 1.0 {
                        true => Kind::Pixels(view.place),
                        false => Kind::View(view.clone()),
                    },
                )
            }
        },
        Symbol::Weights(scores) => {
            let fits = is_there(&scores.queries) && is_there(&scores.keys);
            fits.then(|| Kind::Weights(scores.clone()))
        }
        Symbol::Scores(_) => None,
    };
    let symbols = translation.symbols.iter();
    let taps = symbols.filter_map(|(&value, symbol)| {
        let shape = translation.shapes[value.index()].clone();
        Some((value, Tap { kind: kind(value, symbol)?, shape }))
    });
    taps.collect()
}

impl Tap {
    /// Whether it lies so at every size of the images; other views hold at the size that the graph was made for.
    pub(super) fn is_of_any_size(&self) -> bool {
        matches!(self.kind, Kind::Grid(_) | Kind::Pixels(_))
    }

    /// The engine's values that it is made of.
    pub(super) fn places(&self) -> Vec<usize> {
        match &self.kind {
            Kind::Grid(place) | Kind::Pixels(place) => vec![*place],
            Kind::View(view) => vec![view.place],
            Kind::Weights(Scores { queries, keys, .. }) => vec![queries.place, keys.place],
        }
    }

    /// The value, or of attention weights some rows.
    pub(super) fn taken(
        &self,
        given: &BTreeMap<usize, Pixels>,
        rows: Option<Rows>,
        device: &Device,
    ) -> Dense {
        match &self.kind {
            Kind::Grid(place) => Dense::new(pixels(&given[place], device).permute([0, 3, 1, 2])),
            Kind::Pixels(place) => Dense::new(pixels(&given[place], device)),
            Kind::View(view) => {
                let (n, numbers) = gathered(view, given);
                dense(numbers, &[&[n], self.shape.as_slice()].concat(), device)
            }
            Kind::Weights(scores) => self.weights(scores, given, rows, device),
        }
    }

    fn weights(
        &self,
        Scores { queries, keys, scale }: &Scores,
        given: &BTreeMap<usize, Pixels>,
        rows: Option<Rows>,
        device: &Device,
    ) -> Dense {
        let tensor = |view: &View| -> Tensor<3> {
            let (_, numbers) = gathered(view, given);
            let [.., (rows, _), (columns, _)] = view.axes[..] else {
                unreachable!("a matrix has two axes")
            };
            let matrices = numbers.len() / (rows * columns);
            Tensor::from_data(TensorData::new(numbers, [matrices, rows, columns]), device)
        };
        let rank = self.shape.len();
        let queries = match rows {
            Some(Rows { start, length, .. }) => queries.sliced(rank - 2, start, length),
            None => Some(queries.clone()),
        };
        let queries = queries.expect("rows are those of tokens");
        // As they lie, channel by channel.
        let mut laid = keys.clone();
        laid.axes.swap(rank - 2, rank - 1);
        let scores = tensor(&queries).matmul(tensor(&laid).transpose());
        let weights = softmax(scores.mul_scalar(*scale), 2);
        let [_, length, _] = weights.dims();
        let mut shape = self.shape.clone();
        shape[rank - 2] = length;
        let numbers = weights.shape().num_elements();
        let n = numbers / shape.iter().product::<usize>();
        let shape = [&[n], shape.as_slice()].concat();
        Dense::from_numbers(weights.reshape([numbers]), &shape).expect("rows keep their size")
    }
}

fn pixels(Pixels { values, shape }: &Pixels, device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values.clone(), *shape), device)
}

fn dense(numbers: Vec<f32>, shape: &[usize], device: &Device) -> Dense {
    let count = numbers.len();
    let tensor = Tensor::<1>::from_data(TensorData::new(numbers, [count]), device);
    Dense::from_numbers(tensor, shape).expect("a view has the numbers of its shape")
}

/// How many images there are, and the numbers of a view of each.
fn gathered(view: &View, given: &BTreeMap<usize, Pixels>) -> (usize, Vec<f32>) {
    let Pixels { values, shape } = &given[&view.place];
    let n = shape[0];
    let each = values.len() / n.max(1);
    let numbers: usize = view.axes.iter().map(|(length, _)| length).product();
    let mut gathered = Vec::with_capacity(n * numbers);
    for image in values.chunks_exact(each.max(1)) {
        gather(image, view.offset, &view.axes, &mut gathered);
    }
    if view.factor != 1.0 {
        gathered.iter_mut().for_each(|number| *number *= view.factor);
    }
    (n, gathered)
}

fn gather(image: &[f32], start: usize, axes: &[(usize, usize)], to: &mut Vec<f32>) {
    match axes {
        [] => to.push(image[start]),
        &[(length, 1)] => to.extend_from_slice(&image[start..start + length]),
        &[(length, stride), ref rest @ ..] => {
            (0..length).for_each(|index| gather(image, start + index * stride, rest, to));
        }
    }
}
