use std::collections::BTreeMap;

use cam_core::Arithmetic;
use cam_viz::{Map, Upsampling, Window};

use super::bounding_box::{self, BoundingBox};
use super::mass::Mass;
use super::question::Subject;
use crate::error::Error;

/// What an image answers to one question, by one method.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What the question is about, told apart from all others: `car`, `not-car`.
    pub name: String,
    /// The question in words: `Where is car?`
    pub question: String,
    /// The question.
    pub subject: Subject,
    /// The method's name.
    pub method: String,
    /// Whether the map [explains](cam_core::Method::is_explanation) the score; else it only shows where something like the
    /// concept is.
    pub is_explanation: bool,
    /// The target's score.
    pub score: f32,
    /// The score in words: `cosine 0.412`.
    pub number: String,
    /// The cosine to the concept, whatever the score; none of a class.
    pub cosine: Option<f32>,
    /// The signed map at each captured layer, or the only one of a method that looks at the input.
    pub raw: Vec<Map>,
    /// The parts of the score, where the method splits it: they sum to it.
    pub shares: BTreeMap<&'static str, f32>,
    /// The finished map in 0..=1 of what the network saw of the picture, at the input's size.
    pub map: Map,
    /// The share of the map's mass that lay on padding around the picture, before that was cut away; none
    /// where there was no padding, or no mass.
    pub on_padding: Option<f32>,
    /// Whether the finished map says nothing.
    pub degenerate: bool,
    /// Where the map lies on the picture.
    pub(crate) window: Window,
    /// Width and height of the picture.
    pub(crate) picture: (u32, u32),
    /// By whose arithmetic it was finished.
    pub(crate) arithmetic: Arithmetic,
    /// How its maps come to the picture.
    pub(crate) upsampling: Upsampling,
}

impl Answer {
    /// Where the map lies on the picture.
    pub fn window(&self) -> Window {
        self.window
    }

    /// How its maps come to the picture.
    pub fn upsampling(&self) -> &Upsampling {
        &self.upsampling
    }

    /// Where the map's mass lies on the picture; none where there is no mass.
    pub fn mass(&self) -> Option<Mass> {
        Mass::of(&self.map, &self.window.inside())
    }

    /// The finished map at the picture's own size, as it is laid over it; 0 where the network did not see it.
    ///
    /// # Errors
    /// Where the map cannot be resized so far.
    pub fn on_picture(&self) -> Result<Map, Error> {
        let [width, height] = [self.picture.0, self.picture.1].map(|side| side as usize);
        let onward = self.upsampling.onward();
        let map = self.map.upsample_onto(&onward, &self.window.inside(), width, height)?;
        if (map.width(), map.height()) == (width, height) {
            return Ok(map);
        }
        let seen = self.window.pixels(self.picture);
        let mut values = vec![0.0; width * height];
        for (row, part) in map.values().chunks(map.width()).enumerate() {
            let first = (seen.y as usize + row) * width + seen.x as usize;
            values[first..][..part.len()].copy_from_slice(part);
        }
        Ok(Map::new(width, height, values)?)
    }

    /// The connected regions of the finished map at or above a threshold in 0..=1, in pixels of the picture; the one
    /// with the largest mass first. None where nothing was found.
    pub fn boxes(&self, threshold: f32) -> Vec<BoundingBox> {
        bounding_box::of(&self.map, threshold, &self.window, self.picture)
    }
}
