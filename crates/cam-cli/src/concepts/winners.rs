use anyhow::Context as _;
use cam_viz::Map;

use crate::failure::Failure;

/// Which of many maps is the highest, pixel by pixel; none where none is positive.
pub struct Winners {
    best: Vec<f32>,
    /// Row by row.
    pub labels: Vec<Option<usize>>,
    size: (usize, usize),
}

impl Winners {
    /// For maps that are brought to a width and height.
    pub fn new(size: (usize, usize)) -> Self {
        let pixels = size.0 * size.1;
        Self { best: vec![0.0; pixels], labels: vec![None; pixels], size }
    }

    /// Enters the next map. One at a time is at the image's size, however many there are.
    pub fn enter(&mut self, label: usize, map: &Map) -> Result<(), Failure> {
        let map = map.resize(self.size.0, self.size.1).context("resizing a map")?;
        for ((best, winner), &value) in self.best.iter_mut().zip(&mut self.labels).zip(map.values())
        {
            if value > *best {
                *best = value;
                *winner = Some(label);
            }
        }
        Ok(())
    }

    /// The share of all pixels that each of so many won.
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
        let mut winners = Winners::new((3, 1));
        winners.enter(0, &map([1.0, 0.5, -1.0])).expect("entered");
        winners.enter(1, &map([0.5, 0.6, -0.5])).expect("entered");
        assert_eq!(winners.labels, [Some(0), Some(1), None]);
        let shares = winners.shares(3);
        assert_eq!((shares[0], shares[1], shares[2]), (1.0 / 3.0, 1.0 / 3.0, 0.0));
    }
}
