//! How a value of the graph lies in the engine, and the way in and out.

use burn::tensor::{Device, Tensor, TensorData};
use cam_engine as engine;
use cam_graph::{Shape, Value};

use super::translation::Translation;
use super::view::View;
use crate::graph_executor::Dense;

/// One of the engine's values, `[n, c, h, w]`, as a value of the graph.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub(super) place: usize,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// `[c, h, w]`.
    Grid,
    /// `[h, w, c]`.
    Pixels,
    /// All pixels in order under a shape that ends in channels, of an image of `[c, h, w]`.
    Rows(Shape, [usize; 3]),
}

impl Form {
    /// The form of a value, if all of its numbers lie in one of these orders.
    pub(super) fn of(translation: &Translation<'_>, value: Value) -> Option<Self> {
        let view = translation.whole(value)?;
        let (place, dims) = (view.place, translation.dims[view.place]);
        let [c, h, w] = dims;
        let shape = &translation.shapes[value.index()];
        let kind = match translation.grid(value) {
            Some(_) => Kind::Grid,
            None if view.is_like(&View::rows(place, &[h, w, c])) => Kind::Pixels,
            None => {
                translation.rows(value)?;
                Kind::Rows(shape.clone(), dims)
            }
        };
        Some(Self { place, kind })
    }

    /// Its shape, where it is tokens, each in a row of its own.
    pub(super) fn column(&self) -> Option<&Shape> {
        match &self.kind {
            Kind::Rows(shape, [_, _, 1]) => Some(shape),
            _ => None,
        }
    }

    pub(super) fn is_grid(&self) -> bool {
        self.kind == Kind::Grid
    }

    /// A value of the graph, `[n, …]`, as the engine is given it.
    pub(super) fn given(&self, dense: Dense) -> (Vec<f32>, [usize; 4]) {
        let n = dense.images();
        let wrong = "a value has the sides of its graph";
        let input: Tensor<4> = match &self.kind {
            Kind::Grid => dense.tensor().expect(wrong),
            Kind::Pixels => dense.tensor::<4>().expect(wrong).permute([0, 3, 1, 2]),
            Kind::Rows(_, [c, h, w]) => {
                let rows = dense.numbers().reshape([n, h * w, *c]);
                rows.swap_dims(1, 2).reshape([n, *c, *h, *w])
            }
        };
        let shape = input.dims();
        (values(input), shape)
    }

    /// What the engine gives as a value of the graph.
    pub(super) fn taken(&self, output: engine::Output, device: &Device) -> Dense {
        let output: Tensor<4> = tensor(output, device);
        let [n, c, h, w] = output.dims();
        match &self.kind {
            Kind::Grid => Dense::new(output),
            Kind::Pixels => Dense::new(output.permute([0, 2, 3, 1])),
            Kind::Rows(shape, _) => {
                let rows = output.reshape([n, c, h * w]).swap_dims(1, 2);
                let sides = [&[n], shape.as_slice()].concat();
                let dense = Dense::from_numbers(rows.reshape([n * c * h * w]), &sides);
                dense.expect("tokens are those of the size that the graph was made for")
            }
        }
    }
}

pub(super) fn values(tensor: Tensor<4>) -> Vec<f32> {
    let values = tensor.try_into_vec_as::<f32>();
    values.unwrap_or_else(|error| panic!("reading the engine's input: {error}"))
}

pub(super) fn tensor(output: engine::Output, device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(output.values, output.shape), device)
}
