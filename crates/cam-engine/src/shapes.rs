//! What a step gives on values of certain shapes, or why it cannot be run on them.

use crate::windows::Windows;
use crate::{Activation, Error, LayerNorm, Operation, ScaleShift, Step, Tokens};

/// `[n, c, h, w]`.
pub(crate) type Shape = [usize; 4];

/// The shape of what a step gives, and how its windows lie on its input, where it has any. `reads` are
/// the shapes of all values that it reads, in order.
pub(crate) fn shape(
    index: usize,
    step: &Step,
    reads: &[Shape],
) -> Result<(Shape, Option<Windows>), Error> {
    let input = reads[0];
    let [images, channels, height, width] = input;
    let pooled = |windows: Windows| {
        let [height, width] = windows.outputs;
        Ok(([images, channels, height, width], Some(windows)))
    };
    match &step.operation {
        Operation::Convolution(convolution) => {
            channels_are(index, step.input, channels, convolution.inputs)?;
            let windows = Windows::of_convolution(index, convolution, [height, width])?;
            let [height, width] = windows.outputs;
            let expected = [images, convolution.outputs, height, width];
            match reads.get(1) {
                Some(&found) if found != expected => {
                    Err(Error::Residual { step: index, expected, found })
                }
                _ => Ok((expected, Some(windows))),
            }
        }
        Operation::Activation(activation) => {
            if let Activation::PRelu { slope } = activation {
                channels_are(index, step.input, channels, slope.len())?;
            }
            Ok((input, None))
        }
        Operation::Add { other } => {
            shape_is(index, *other, reads[1], input)?;
            Ok((input, None))
        }
        Operation::Multiply { other } => {
            if reads[1] != [images, channels, 1, 1] {
                shape_is(index, *other, reads[1], input)?;
            }
            Ok((input, None))
        }
        Operation::ScaleShift(ScaleShift { scale, .. }) => {
            channels_are(index, step.input, channels, scale.len())?;
            Ok((input, None))
        }
        Operation::MaxPool(pool) => pooled(Windows::of_pool(index, pool, [height, width])?),
        Operation::AveragePool { window, .. } => {
            pooled(Windows::of_pool(index, window, [height, width])?)
        }
        Operation::GlobalMaximum | Operation::GlobalAverage => {
            pooled(Windows::whole([height, width]))
        }
        Operation::Concat { others } => {
            let mut sum = channels;
            for (&value, &found) in others.iter().zip(&reads[1..]) {
                shape_is(index, value, found, [images, found[1], height, width])?;
                sum = sum.saturating_add(found[1]);
            }
            Ok(([images, sum, height, width], None))
        }
        Operation::Slice { start, length } => {
            slice_fits(index, (*start, *length), channels)?;
            Ok(([images, *length, height, width], None))
        }
        Operation::Shuffle { groups } => {
            groups_fit(index, *groups, channels)?;
            Ok((input, None))
        }
        Operation::Upsample { factors: [down, across] } => {
            let sides = height.checked_mul(*down).zip(width.checked_mul(*across));
            let (height, width) = sides.ok_or(Error::TooLarge { shape: input })?;
            Ok(([images, channels, height, width], None))
        }
        Operation::LayerNorm(LayerNorm { scale, .. }) => {
            channels_are(index, step.input, channels, scale.len())?;
            Ok((input, None))
        }
        Operation::Attention(attention) => {
            let heads = attention.channels();
            for ((value, first), &found) in attention.reads(step.input).into_iter().zip(reads) {
                shape_is(index, value, found, [images, found[1], height, width])?;
                heads_fit(index, value, (first, heads), found[1])?;
            }
            Ok(([images, heads, height, width], None))
        }
        Operation::Tokens(tokens) => {
            let count = token_count(index, tokens, [channels, height, width])?;
            Ok(([images, channels, count, 1], None))
        }
    }
}

/// How many tokens an image of `[c, h, w]` becomes.
fn token_count(step: usize, tokens: &Tokens, image: [usize; 3]) -> Result<usize, Error> {
    let [channels, height, width] = image;
    let Tokens { prefix, positions } = tokens;
    let before = prefix.len() / channels;
    let length = |tensor, expected, found| Err(Error::Length { step, tensor, expected, found });
    if before * channels != prefix.len() {
        return length("prefix", (before + 1) * channels, prefix.len());
    }
    let shape = [1, channels, height, width];
    let count = height.checked_mul(width).and_then(|pixels| pixels.checked_add(before));
    let count = count.ok_or(Error::TooLarge { shape })?;
    let expected = count.checked_mul(channels).ok_or(Error::TooLarge { shape })?;
    if !positions.is_empty() && positions.len() != expected {
        return length("positions", expected, positions.len());
    }
    Ok(count)
}

/// Whether so many channels have all heads, which begin at `first`.
pub(crate) fn heads_fit(
    step: usize,
    value: usize,
    (first, heads): (usize, usize),
    found: usize,
) -> Result<(), Error> {
    match first.saturating_add(heads) {
        expected if expected <= found => Ok(()),
        expected => Err(Error::Heads { step, value, expected, found }),
    }
}

/// Whether so many channels have that slice.
pub(crate) fn slice_fits(
    step: usize,
    (start, length): (usize, usize),
    channels: usize,
) -> Result<(), Error> {
    match start.checked_add(length) {
        Some(end) if end <= channels => Ok(()),
        _ => Err(Error::Slice { step, start, length, channels }),
    }
}

/// Whether so many channels fall into groups.
pub(crate) fn groups_fit(step: usize, groups: usize, channels: usize) -> Result<(), Error> {
    match channels.is_multiple_of(groups) {
        true => Ok(()),
        false => Err(Error::Groups { step, groups, inputs: channels, outputs: channels }),
    }
}

fn shape_is(step: usize, value: usize, found: Shape, expected: Shape) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Operand { step, value, expected, found }) }
}

fn channels_are(step: usize, value: usize, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Channels { step, value, expected, found }) }
}
