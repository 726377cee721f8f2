//! Which layer computes a convolution, by the form of its weights.

use super::direct::{Direct, Projection, Split};
use super::{Epilogue, Input, Layer, depthwise, grouped};
use crate::packed::Packed;
use crate::plan::Kernel;
use crate::windows::Windows;
use crate::workspace::Place;

/// Windows over `input`, multiplied with packed weights.
pub(crate) fn convolution(
    packed: &Packed,
    (input, windows): (Place, &Windows),
    epilogue: Epilogue,
    projection: Option<Projection>,
    threads: usize,
) -> (Layer, Kernel) {
    match packed {
        Packed::Panels(panels) => {
            let is_run = input.layout.pixel == panels.depth && windows.dilation[1] == 1;
            let merged = !panels.is_grouped() && is_run;
            let kernel = match projection {
                Some(_) => Kernel::DirectWithProjection,
                None => Kernel::Direct,
            };
            let from = Input::new(input, windows, panels.depth, merged);
            let (inputs, outputs) = (input.layout.channels(), panels.bias.len());
            let per_pixel = inputs * windows.stride[0] * windows.stride[1]
                + outputs * if epilogue.residual.is_some() { 2 } else { 1 };
            let layer = Direct {
                split: Split::choose(
                    panels,
                    input.layout.pixels() * inputs,
                    from.windows.len() * outputs,
                    threads,
                ),
                weights: panels.clone(),
                input: from,
                projection,
                epilogue,
                pixel_bytes: per_pixel * size_of::<f32>(),
            };
            (Layer::Direct(Box::new(layer)), kernel)
        }
        Packed::Channels(weights) => {
            let input = Input::new(input, windows, 1, false);
            let layer = depthwise::Depthwise { weights: weights.clone(), input, epilogue };
            (Layer::Depthwise(Box::new(layer)), Kernel::Depthwise)
        }
        Packed::Groups(weights) => {
            let input = Input::new(input, windows, weights.depth, false);
            let layer = grouped::Grouped { weights: weights.clone(), input, epilogue };
            (Layer::Grouped(Box::new(layer)), Kernel::Grouped)
        }
    }
}
