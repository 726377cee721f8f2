//! What must hold for a graph, whatever it is run on.

use crate::shapes::{groups_fit, heads_fit, slice_fits};
use crate::{
    Activation, Attention, Border, Convolution, Error, Graph, LayerNorm, Operation, Padding,
    ScaleShift, Window,
};

/// The most weights of a convolution: more than any memory holds, and few enough to be counted with.
const MOST_WEIGHTS: usize = isize::MAX as usize / 1024;

/// Checks sizes, lengths, the order of steps and the channels they agree on.
pub(crate) fn check(graph: &Graph) -> Result<(), Error> {
    check_graph(graph, true)
}

/// The same where the weights are elsewhere, and the graph's own empty.
pub(crate) fn check_without_weights(graph: &Graph) -> Result<(), Error> {
    check_graph(graph, false)
}

fn check_graph(graph: &Graph, with_weights: bool) -> Result<(), Error> {
    let mut channels: Vec<Option<usize>> = vec![None; graph.steps.len() + 1];
    for (index, step) in graph.steps.iter().enumerate() {
        check_activation(index, step.operation.activation())?;
        for value in step.reads() {
            if value > index {
                return Err(Error::Order { step: index, value });
            }
        }
        channels[index + 1] = match &step.operation {
            Operation::Convolution(convolution) => {
                check_convolution(index, convolution, with_weights)?;
                agree(index, step.input, convolution.inputs, &mut channels)?;
                if let Some(residual) = convolution.residual {
                    agree(index, residual, convolution.outputs, &mut channels)?;
                }
                Some(convolution.outputs)
            }
            Operation::Activation(activation) => {
                if let Activation::PRelu { slope } = activation {
                    agree(index, step.input, slope.len(), &mut channels)?;
                }
                channels[step.input]
            }
            Operation::Add { other } | Operation::Multiply { other } => {
                let known = [step.input, *other].iter().find_map(|&value| channels[value]);
                if let Some(known) = known {
                    agree(index, step.input, known, &mut channels)?;
                    agree(index, *other, known, &mut channels)?;
                }
                known
            }
            Operation::ScaleShift(ScaleShift { scale, shift }) => {
                let (expected, found) = (scale.len(), shift.len());
                if expected != found {
                    return Err(Error::Length { step: index, tensor: "shift", expected, found });
                }
                agree(index, step.input, expected, &mut channels)?;
                Some(expected)
            }
            Operation::MaxPool(pool) => {
                check_pool(index, pool)?;
                channels[step.input]
            }
            Operation::AveragePool { window, .. } => {
                check_pool(index, window)?;
                channels[step.input]
            }
            Operation::GlobalMaximum | Operation::GlobalAverage => channels[step.input],
            Operation::Concat { .. } => {
                let mut all = step.reads().into_iter().map(|value| channels[value]);
                all.try_fold(0usize, |sum, channels| Some(sum.saturating_add(channels?)))
            }
            Operation::Slice { start, length } => {
                check_sizes(index, &[("length", *length)])?;
                if let Some(channels) = channels[step.input] {
                    slice_fits(index, (*start, *length), channels)?;
                }
                Some(*length)
            }
            Operation::Shuffle { groups } => {
                check_sizes(index, &[("groups", *groups)])?;
                if let Some(channels) = channels[step.input] {
                    groups_fit(index, *groups, channels)?;
                }
                channels[step.input]
            }
            Operation::Upsample { factors } => {
                check_sides(index, &[("factors", *factors)])?;
                channels[step.input]
            }
            Operation::LayerNorm(LayerNorm { scale, shift, epsilon }) => {
                let (expected, found) = (scale.len(), shift.len());
                if expected != found {
                    return Err(Error::Length { step: index, tensor: "shift", expected, found });
                }
                check_sizes(index, &[("scale", expected)])?;
                check_number(index, "epsilon", *epsilon)?;
                agree(index, step.input, expected, &mut channels)?;
                Some(expected)
            }
            Operation::Attention(attention) => {
                let Attention { heads, width, scale, .. } = *attention;
                check_sizes(index, &[("heads", heads), ("width", width)])?;
                check_number(index, "scale", scale)?;
                for (value, first) in attention.reads(step.input) {
                    if let Some(channels) = channels[value] {
                        heads_fit(index, value, (first, attention.channels()), channels)?;
                    }
                }
                Some(attention.channels())
            }
            Operation::Tokens(_) => channels[step.input],
        };
    }
    Ok(())
}

/// Nothing says how many channels the graph's input has until a convolution reads it.
fn agree(
    step: usize,
    value: usize,
    expected: usize,
    channels: &mut [Option<usize>],
) -> Result<(), Error> {
    match *channels[value].get_or_insert(expected) {
        found if found == expected => Ok(()),
        found => Err(Error::Channels { step, value, expected, found }),
    }
}

fn check_convolution(
    step: usize,
    convolution: &Convolution,
    with_weights: bool,
) -> Result<(), Error> {
    let Convolution { inputs, outputs, kernel, stride, dilation, groups, .. } = *convolution;
    check_sizes(step, &[("inputs", inputs), ("outputs", outputs), ("groups", groups)])?;
    check_sides(step, &[("kernel", kernel), ("stride", stride), ("dilation", dilation)])?;
    if !inputs.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
        return Err(Error::Groups { step, groups, inputs, outputs });
    }
    let weights = [outputs, inputs / groups, kernel[0], kernel[1]]
        .into_iter()
        .fold(1usize, |product, size| product.saturating_mul(size));
    // What is packed has up to 32 times as many.
    let is_countable = weights <= MOST_WEIGHTS;
    let weights = if with_weights || !is_countable { weights } else { 0 };
    let slopes = convolution.activation.slopes().len();
    let is_sloped = matches!(convolution.activation, Activation::PRelu { .. });
    let lengths = [
        ("weight", weights, convolution.weight.len()),
        ("bias", outputs, convolution.bias.len()),
        ("slope", if is_sloped { outputs } else { 0 }, slopes),
    ];
    match lengths.into_iter().find(|(_, expected, found)| expected != found) {
        Some((tensor, expected, found)) => Err(Error::Length { step, tensor, expected, found }),
        None => Ok(()),
    }
}

/// What is not a number would be taken for a bound or a slope that is none.
fn check_activation(step: usize, activation: &Activation) -> Result<(), Error> {
    let parameters = match activation {
        Activation::Clip { low, high } => vec![("low", *low), ("high", *high)],
        Activation::LeakyRelu { slope } => vec![("slope", *slope)],
        Activation::PRelu { slope } => slope.iter().map(|&slope| ("slope", slope)).collect(),
        Activation::Swish { beta } => vec![("beta", *beta)],
        Activation::HardSigmoid { slope, offset } => vec![("slope", *slope), ("offset", *offset)],
        _ => Vec::new(),
    };
    match parameters.iter().find(|(_, parameter)| parameter.is_nan()) {
        Some(&(field, _)) => Err(Error::NotANumber { step, field }),
        None => Ok(()),
    }
}

fn check_number(step: usize, field: &'static str, number: f32) -> Result<(), Error> {
    if number.is_nan() { Err(Error::NotANumber { step, field }) } else { Ok(()) }
}

/// Every window must see a pixel of the image.
fn check_pool(step: usize, pool: &Window) -> Result<(), Error> {
    let Window { kernel, stride, padding, .. } = *pool;
    check_sides(step, &[("kernel", kernel), ("stride", stride)])?;
    let border = match padding {
        Padding::Each(pixels) => Border::all(pixels),
        Padding::Fixed(border) => border,
        Padding::Same | Padding::SameLower => return Ok(()),
    };
    for (axis, kernel) in kernel.into_iter().enumerate() {
        let padding = border.along(axis).0.max(border.along(axis).1);
        if padding >= kernel {
            return Err(Error::PoolPadding { step, padding, kernel });
        }
    }
    Ok(())
}

fn check_sides(step: usize, sides: &[(&'static str, [usize; 2])]) -> Result<(), Error> {
    let sizes: Vec<_> =
        sides.iter().flat_map(|&(field, sides)| sides.map(|side| (field, side))).collect();
    check_sizes(step, &sizes)
}

fn check_sizes(step: usize, sizes: &[(&'static str, usize)]) -> Result<(), Error> {
    match sizes.iter().find(|(_, size)| *size == 0) {
        Some(&(field, _)) => Err(Error::Zero { step, field }),
        None => Ok(()),
    }
}
