//! What a step gives on values of certain shapes, or why it cannot be run on them.

use crate::windows::Windows;
use crate::{Activation, Error, Operation, ScaleShift, Step};

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
    }
}

fn shape_is(step: usize, value: usize, found: Shape, expected: Shape) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Operand { step, value, expected, found }) }
}

fn channels_are(step: usize, value: usize, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Channels { step, value, expected, found }) }
}
