use cam_models::Fit;
use cam_viz::{Map, MapError, Upsampling};

use super::condition::window;
use super::input::Input;

/// What a finished map says of the picture, and what it said of padding around it.
pub struct Seen {
    /// In 0..=1, of the part of the picture that the network saw.
    pub map: Map,
    /// The share of the mass that lay on the padding; none where there was neither.
    pub on_padding: Option<f32>,
    /// Whether nothing is left but a map that says nothing.
    pub degenerate: bool,
}

impl Seen {
    /// Cuts padding away, and stretches what is left to 0..=1 again, so that the strongest colour lies on the
    /// picture.
    pub fn of(map: Map, input: &Input, by: &Upsampling) -> Result<Self, MapError> {
        let placement = &input.placement;
        if placement.fit() != Fit::Pad || placement.is_whole() {
            return Ok(Self { map, on_padding: None, degenerate: false });
        }
        let (width, height) = placement.resized();
        let cut = map.upsample_onto(by, &window(placement), width, height)?;
        let (all, inside) = (mass(&map), mass(&cut));
        let on_padding = (all > 0.0).then(|| (1.0 - inside / all).max(0.0) as f32);
        let (map, degenerate) = cut.min_max();
        Ok(Self { map, on_padding, degenerate })
    }
}

fn mass(map: &Map) -> f64 {
    map.values().iter().map(|&value| f64::from(value)).sum()
}
