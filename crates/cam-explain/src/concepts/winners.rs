use std::convert::Infallible;

use cam_viz::{Map, Upsampling, Window, draw_seen, overlay_labels};
use image::RgbImage;

use crate::error::{Context as _, Error};

/// Which of many maps is the highest, pixel by pixel of what the network saw; none where none is positive.
pub struct Winners {
    best: Vec<f32>,
    /// Row by row of the part that was seen.
    pub labels: Vec<Option<usize>>,
    size: (u32, u32),
    window: Window,
    upsampling: Upsampling,
}

impl Winners {
    /// For maps that lie in a window of a picture of a width and height, and how they come there.
    pub fn new(size: (u32, u32), window: Window, upsampling: Upsampling) -> Self {
        let seen = window.pixels(size);
        let pixels = seen.width as usize * seen.height as usize;
        Self { best: vec![0.0; pixels], labels: vec![None; pixels], size, window, upsampling }
    }

    /// Enters the next map. One at a time is at the image's size, however many there are.
    pub fn enter(&mut self, label: usize, map: &Map) -> Result<(), Error> {
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let map = map.upsample_onto(&self.upsampling, &self.window, width, height);
        let map = map.context("resizing a map")?;
        for ((best, winner), &value) in self.best.iter_mut().zip(&mut self.labels).zip(map.values())
        {
            if value > *best {
                *best = value;
                *winner = Some(label);
            }
        }
        Ok(())
    }

    /// The picture with a colour for each label, and hatched where it was not seen; `image_weight` is the
    /// picture's share.
    pub fn draw(&self, picture: &RgbImage, image_weight: f32) -> RgbImage {
        let draw = |part: &RgbImage| Ok(overlay_labels(part, &self.labels, image_weight));
        let Ok(drawn) = draw_seen::<Infallible>(picture, &self.window, draw);
        drawn
    }

    /// The share of the pixels that were seen which each of so many won.
    pub fn shares(&self, count: usize) -> Vec<f32> {
        let mut won = vec![0_usize; count];
        self.labels.iter().flatten().for_each(|&label| won[label] += 1);
        won.into_iter().map(|won| won as f32 / self.labels.len() as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_positive_map_wins_and_where_none_is_nobody_does() {
        let map = |values: [f32; 3]| Map::new(3, 1, values.to_vec()).expect("three values");
        let mut winners = Winners::new((3, 1), Window::WHOLE, Upsampling::Bilinear);
        winners.enter(0, &map([1.0, 0.5, -1.0])).expect("entered");
        winners.enter(1, &map([0.5, 0.6, -0.5])).expect("entered");
        assert_eq!(winners.labels, [Some(0), Some(1), None]);
        let shares = winners.shares(3);
        assert_eq!((shares[0], shares[1], shares[2]), (1.0 / 3.0, 1.0 / 3.0, 0.0));
    }

    #[test]
    fn shares_are_those_of_what_was_seen() {
        let middle = Window::of([1.0, 0.0, 2.0, 1.0], (4, 1)).expect("it meets the picture");
        let mut winners = Winners::new((4, 1), middle, Upsampling::Bilinear);
        let map = Map::new(2, 1, vec![1.0, -1.0]).expect("two values");
        winners.enter(0, &map).expect("entered");
        assert_eq!((winners.labels.as_slice(), winners.shares(1)[0]), (&[Some(0), None][..], 0.5));
    }
}
