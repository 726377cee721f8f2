//! Values of the graph within a run of the engine, wherever they lie in what its steps give.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData, activation::softmax};
use cam_engine::{Pixels, Wanted};
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
    /// All numbers of one of them in order, whose images are one pixel wide: tokens.
    Column(usize),
    /// Numbers of some rows of one of the engine's values, counted from the first of these rows.
    View(View, Wanted),
    /// softmax(scale · q·kᵀ), which no step of the engine gives.
    Weights(Scores),
}

/// What a run of the engine gave, each with how often it is still going to be read.
pub(super) struct Given(Vec<(Wanted, Pixels, usize)>);

impl Given {
    /// Of what was wanted, in its order, each once and with how often.
    pub(super) fn new(wanted: Vec<(Wanted, usize)>, given: Vec<Pixels>) -> Self {
        let each = wanted.into_iter().zip(given);
        Self(each.map(|((wanted, uses), pixels)| (wanted, pixels, uses)).collect())
    }

    fn find(&mut self, wanted: &Wanted) -> &mut (Wanted, Pixels, usize) {
        let found = self.0.iter_mut().find(|(known, ..)| known == wanted);
        let found = found.expect("it was wanted of the run");
        found.2 -= 1;
        found
    }

    fn read(&mut self, wanted: &Wanted) -> &Pixels {
        &self.find(wanted).1
    }

    /// In memory of its own: what nobody is going to read any more is not copied.
    fn taken(&mut self, wanted: &Wanted) -> Pixels {
        match self.find(wanted) {
            (_, Pixels { values, shape }, 0) => {
                Pixels { values: std::mem::take(values), shape: *shape }
            }
            (_, pixels, _) => pixels.clone(),
        }
    }
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
                        false if w == 1 && view.is_whole(c * h) && view.is_in_order() => {
                            Kind::Column(view.place)
                        }
                        false => {
                            let rows = view.touched(w * c);
                            let offset = view.offset - rows.start * w * c;
                            let wanted = match rows.len() == h {
                                true => Wanted::whole(view.place),
                                false => Wanted::rows(view.place, rows),
                            };
                            Kind::View(View { offset, ..view.clone() }, wanted)
                        }
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

    /// What it is made of in the engine, where all of it is wanted or some rows.
    pub(super) fn reads(&self, rows: Option<Rows>) -> Vec<Wanted> {
        match (&self.kind, rows) {
            (Kind::Pixels(place) | Kind::Column(place), Some(Rows { start, length, .. })) => {
                vec![Wanted::rows(*place, start..start + length)]
            }
            (Kind::Grid(place) | Kind::Pixels(place) | Kind::Column(place), _) => {
                vec![Wanted::whole(*place)]
            }
            (Kind::View(_, wanted), _) => vec![wanted.clone()],
            (Kind::Weights(Scores { queries, keys, .. }), _) => {
                vec![Wanted::whole(queries.place), Wanted::whole(keys.place)]
            }
        }
    }

    /// The value, or some rows.
    pub(super) fn taken(&self, given: &mut Given, rows: Option<Rows>, device: &Device) -> Dense {
        if let (Kind::Pixels(_) | Kind::Column(_), Some(_)) = (&self.kind, rows) {
            return Dense::new(pixels(given.taken(&self.reads(rows)[0]), device));
        }
        let of_images = |n: usize| [&[n], self.shape.as_slice()].concat();
        let whole = match &self.kind {
            Kind::Grid(place) => Dense::new(
                pixels(given.taken(&Wanted::whole(*place)), device).permute([0, 3, 1, 2]),
            ),
            Kind::Pixels(place) => Dense::new(pixels(given.taken(&Wanted::whole(*place)), device)),
            Kind::Column(place) => {
                let Pixels { values, shape } = given.taken(&Wanted::whole(*place));
                dense(values, &of_images(shape[0]), device)
            }
            Kind::View(view, wanted) => {
                let (n, numbers) = gathered(view, given.read(wanted));
                dense(numbers, &of_images(n), device)
            }
            Kind::Weights(scores) => return self.weights(scores, given, rows, device),
        };
        rows.map_or(whole.clone(), |rows| rows.of(&whole))
    }

    fn weights(
        &self,
        Scores { queries, keys, scale }: &Scores,
        given: &mut Given,
        rows: Option<Rows>,
        device: &Device,
    ) -> Dense {
        let mut tensor = |view: &View| -> Tensor<3> {
            let (_, numbers) = gathered(view, given.read(&Wanted::whole(view.place)));
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

pub(super) fn pixels(Pixels { values, shape }: Pixels, device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn dense(numbers: Vec<f32>, shape: &[usize], device: &Device) -> Dense {
    let count = numbers.len();
    let tensor = Tensor::<1>::from_data(TensorData::new(numbers, [count]), device);
    Dense::from_numbers(tensor, shape).expect("a view has the numbers of its shape")
}

/// How many images there are, and the numbers of a view of each.
fn gathered(view: &View, Pixels { values, shape }: &Pixels) -> (usize, Vec<f32>) {
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
