/// Scores while an image is changed bit by bit.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Share of the pixels that were changed, from 0 to 1, evenly.
    pub shares: Vec<f32>,
    /// The score at each.
    pub scores: Vec<f32>,
}

impl Curve {
    /// The area below it, by trapezoids: the mean score on the way.
    pub fn area(&self) -> f32 {
        let pairs = self.shares.windows(2).zip(self.scores.windows(2));
        let area = pairs.map(|(shares, scores)| {
            f64::from(shares[1] - shares[0]) * f64::from(scores[0] + scores[1]) / 2.0
        });
        area.sum::<f64>() as f32
    }
}
