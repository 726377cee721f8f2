use cam_graph::Operation;

use super::parameters::Parameters;
use super::{
    Dense, arrange, broadcast, concat, functions, matrices, normalise, pooling, reduce, resize,
    transpose,
};

/// What a step that is no constant gives, a value of `shape` per image.
pub(super) fn compute(
    operation: &Operation,
    inputs: Vec<Dense>,
    shape: &[usize],
    parameters: &Parameters,
) -> Dense {
    if let Operation::Concat { axis } = operation {
        return concat::concat(*axis, inputs, shape);
    }
    let mut inputs = inputs.into_iter();
    let mut read = || inputs.next();
    let x = read().expect("its shape was worked out, so it reads something");
    let images = x.images();
    match operation {
        Operation::MaxPool(window) => pooling::max_pool(window, x, shape),
        Operation::AveragePool { window, include_border } => {
            pooling::average_pool(window, *include_border, x, shape)
        }
        Operation::Linear(linear) => matrices::linear(linear, x, shape, parameters),
        Operation::MatMul => matrices::multiply(x, second(read()), shape),
        Operation::ScaleShift { axis, scale, shift } => {
            normalise::scale_shift(*axis, parameters.flat(scale), parameters.flat(shift), x)
        }
        Operation::PRelu { axis, slope } => functions::prelu(*axis, parameters.flat(slope), x),
        Operation::LayerNorm(norm) => normalise::layer_norm(norm, x, parameters),
        Operation::GroupNorm { groups, epsilon } => normalise::group_norm(*groups, *epsilon, x),
        Operation::GeneralizedMean { exponent, epsilon } => {
            pooling::generalized_mean(parameters.flat(exponent), *epsilon, x, shape)
        }
        Operation::L2Normalize { axis, epsilon } => normalise::l2_normalize(*axis, *epsilon, x),
        Operation::Softmax { axis } => normalise::softmax(*axis, x),
        Operation::Reduce { reduction, axes, .. } => reduce::reduce(*reduction, axes, x, shape),
        Operation::Map(function) => x.map(|numbers| functions::apply(*function, numbers)),
        Operation::Combine(binary) => broadcast::combine(*binary, x, second(read()), shape),
        Operation::Select => broadcast::select([x, second(read()), second(read())], shape),
        Operation::Transpose { order } => transpose::transpose(order, x, shape),
        Operation::Reshape { .. } => Dense::of_images(x.numbers(), images, shape),
        Operation::Expand { .. } => broadcast::expand(x, images, shape),
        Operation::Slice { axis, start, length } => {
            arrange::slice(*axis, *start, *length, x, shape)
        }
        Operation::Gather { axis, indices } => arrange::gather(*axis, indices, x, shape),
        Operation::Pad { before, behind, fill } => arrange::pad(before, behind, *fill, x),
        Operation::Resize { scale, interpolation, coordinates } => {
            resize::resize(*scale, *interpolation, *coordinates, x, shape)
        }
        other => {
            unimplemented!("burn's operations do not compute the step \"{}\" yet", other.kind())
        }
    }
}

fn second(read: Option<Dense>) -> Dense {
    read.expect("its shape was worked out, so it reads as many values")
}
