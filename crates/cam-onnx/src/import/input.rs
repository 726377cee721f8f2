//! Which input is the image, and its size.

use std::collections::HashSet;

use crate::import::ImportError;
use crate::import::names::short;
use crate::proto::{Dim, Graph, ValueInfo};

/// Sides taken where a file leaves them free and nobody asks for others.
const USUAL: usize = 224;

/// The longest side of an image.
const LONGEST: usize = 1 << 16;

/// Inputs that a message lists, and sides of each.
const LISTED: usize = 8;

/// The image that a network takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Rows and columns.
    pub size: [usize; 2],
    /// The size that the file fixes, where it does.
    pub fixed: [Option<usize>; 2],
    /// Whether it is `[n, h, w, 3]`.
    pub is_channels_last: bool,
}

impl Input {
    /// The one input with channels, rows and columns.
    pub(super) fn of(graph: &Graph, wanted: Option<[usize; 2]>) -> Result<Self, ImportError> {
        let constants: HashSet<&str> =
            graph.initializers.iter().map(|constant| constant.name.as_str()).collect();
        let is_given = |input: &&ValueInfo| !constants.contains(input.name.as_str());
        let inputs: Vec<&ValueInfo> = graph.inputs.iter().filter(is_given).collect();
        let images: Vec<(&ValueInfo, &[Dim])> = inputs
            .iter()
            .filter_map(|input| Some((*input, input.dims.as_deref()?)))
            .filter(|(_, dims)| dims.len() == 4)
            .collect();
        let listed = || {
            let named = inputs.iter().take(LISTED);
            let named = named.map(|input| format!("{} {}", short(&input.name), sides(input)));
            let more = if inputs.len() > LISTED { ", …" } else { "" };
            format!("{}{more}", named.collect::<Vec<_>>().join(", "))
        };
        let (input, dims) = match images.as_slice() {
            [one] if inputs.len() == 1 => *one,
            [] => {
                return Err(ImportError::Input(format!(
                    "the network takes no image [n, 3, height, width], but {}: only networks of images can be \
                     explained",
                    listed()
                )));
            }
            _ => {
                return Err(ImportError::Input(format!(
                    "the network takes several inputs ({}): export the part that turns one image into an embedding",
                    listed()
                )));
            }
        };
        let fixed = |index: usize| match dims[index] {
            Dim::Fixed(side) if side > 0 => Some(side),
            _ => None,
        };
        let is_channels_last = match (fixed(1), fixed(3)) {
            (Some(3), _) => false,
            (_, Some(3)) => true,
            (None, _) => false,
            (Some(channels), _) => {
                return Err(ImportError::Input(format!(
                    "the network's input {} has {channels} channels: images have 3",
                    sides(input)
                )));
            }
        };
        let batch = fixed(0).unwrap_or(1);
        if batch != 1 {
            return Err(ImportError::Input(format!(
                "the network takes {batch} images at once: export it for one, or with a free number of images"
            )));
        }
        let fixed = if is_channels_last { [fixed(1), fixed(2)] } else { [fixed(2), fixed(3)] };
        let mut size = [USUAL; 2];
        for axis in [0, 1] {
            let usual = fixed[1 - axis].unwrap_or(USUAL);
            let asked = wanted.map(|size| size[axis]);
            size[axis] = match (fixed[axis], asked) {
                (Some(side), Some(asked)) if side != asked => {
                    return Err(ImportError::Input(format!(
                        "the network takes images of {} only, not {asked} along one side: export it with free \
                         height and width, or leave the size to it",
                        sides(input)
                    )));
                }
                (Some(side), _) => side,
                (None, asked) => asked.unwrap_or(usual),
            };
        }
        if size.contains(&0) || size.iter().any(|&side| side > LONGEST) {
            let [height, width] = size;
            return Err(ImportError::Input(format!(
                "images of {height}×{width} cannot be taken: sides are 1 to {LONGEST} pixels long"
            )));
        }
        Ok(Self { name: input.name.clone(), size, fixed, is_channels_last })
    }

    /// Its sides in ONNX, for one image.
    pub(super) fn dims(&self) -> Vec<usize> {
        let [h, w] = self.size;
        if self.is_channels_last { vec![1, h, w, 3] } else { vec![1, 3, h, w] }
    }
}

/// `[n, 3, 224, 224]`.
pub(crate) fn sides(value: &ValueInfo) -> String {
    let Some(dims) = &value.dims else { return "of unknown shape".to_owned() };
    let sides = dims.iter().take(LISTED).map(|dim| match dim {
        Dim::Fixed(side) => side.to_string(),
        Dim::Free(name) if name.is_empty() => "?".to_owned(),
        Dim::Free(name) => short(name),
    });
    let more = if dims.len() > LISTED { ", …" } else { "" };
    format!("[{}{more}]", sides.collect::<Vec<_>>().join(", "))
}
