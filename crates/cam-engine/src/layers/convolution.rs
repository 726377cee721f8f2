//! Which layer computes a convolution, by the form of its weights.

use super::direct::{Direct, Projection, Slice, Split};
use super::{Epilogue, Input, Layer, depthwise, grouped};
use crate::caches;
use crate::layout::CHANNELS;
use crate::packed::{Packed, WIDTH};
use crate::plan::Kernel;
use crate::windows::Windows;
use crate::workspace::Place;

/// Bytes of weights in one go; the reduction of a larger panel is cut into slices.
const SLICE_BYTES: usize = 64 << 10;

/// Pixels of a block at least: for fewer tiles, of 12 pixels with AVX2 and of 14 with AVX-512, weights are not worth
/// fetching.
const FEWEST_PIXELS: usize = 60;

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
            let kernel = match projection {
                Some(_) => Kernel::DirectWithProjection,
                None => Kernel::Direct,
            };
            let from = Input::of_panels(panels, input, windows);
            let (inputs, outputs) = (input.layout.channels(), panels.bias.len());
            // What a block's pixels read stays near while all panels pass over them; what they give is written once.
            let per_pixel = inputs * windows.stride[0] * windows.stride[1] * size_of::<f32>();
            let block = (caches::second_level() / 4 / per_pixel).max(FEWEST_PIXELS);
            let block = block.min(from.windows.len());
            let together = caches::second_level() / 4 / (block * WIDTH * size_of::<f32>());
            let slices = [CHANNELS, WIDTH].map(|width| {
                let steps = SLICE_BYTES / (width * size_of::<f32>());
                Slice::all(from.taps.len(), from.depth, steps)
            });
            let is_sliced = slices.iter().any(|slices| slices.len() > 1);
            let pixels = if is_sliced { block } else { 0 };
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
                block,
                together: together.max(1),
                slices,
                waiting: (0..pixels).map(|pixel| (pixel * WIDTH) as u32).collect(),
            };
            (Layer::Direct(Box::new(layer)), kernel)
        }
        Packed::Channels(weights) => {
            let layer = depthwise::Depthwise {
                weights: weights.clone(),
                width: windows.outputs[1],
                beside: depthwise::beside(windows, input.layout.pixel),
                input: Input::new(input, windows, 1, false),
                epilogue,
            };
            (Layer::Depthwise(Box::new(layer)), Kernel::Depthwise)
        }
        Packed::Groups(weights) => {
            let input = Input::new(input, windows, weights.depth, false);
            let layer = grouped::Grouped { weights: weights.clone(), input, epilogue };
            (Layer::Grouped(Box::new(layer)), Kernel::Grouped)
        }
    }
}
