//! Seeded random numbers: the same seed gives the same numbers on every machine and in every version.
//!
//! Maps by random masks, noise that is added to images and collages for measurements are all repeatable, by
//! whoever is told the seed. Therefore this crate reads no clock and no system's source of chance, depends on
//! no package that could change its numbers, and never changes them itself.
//!
//! ```
//! use cam_random::Random;
//!
//! let mut random = Random::new(7);
//! let first = random.unit();
//! assert!((0.0..1.0).contains(&first));
//! assert_eq!(Random::new(7).unit(), first);
//! ```

use std::f64::consts::TAU;

/// The numbers that belong to a seed, one after the other: SplitMix64 (Steele et al., *Fast Splittable
/// Pseudorandom Number Generators*, OOPSLA 2014). Not for secrets.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The numbers that belong to a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number, each as likely.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Evenly in 0..1, in steps of 2⁻²⁴.
    pub fn unit(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 / (1 << 24) as f32
    }

    /// A number below `end`, which is not zero.
    pub fn below(&mut self, end: usize) -> usize {
        // The bias of a remainder is below 2⁻³² for anything that fits into memory as pixels.
        (self.next_u64() % end as u64) as usize
    }

    /// Normally distributed, mean 0 and deviation 1 (Box and Muller).
    pub fn normal(&mut self) -> f32 {
        // Away from zero, whose logarithm is infinite.
        let radius = (-2.0 * (1.0 - f64::from(self.unit())).ln()).sqrt();
        (radius * (TAU * f64::from(self.unit())).cos()) as f32
    }

    /// Any order, each as likely (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_published_program() {
        // By <https://prng.di.unimi.it/splitmix64.c>.
        let mut random = Random::new(1_234_567);
        let numbers = [0; 5].map(|_| random.next_u64());
        assert_eq!(
            numbers,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821,
            ]
        );
    }

    #[test]
    fn normal_numbers_have_mean_0_and_deviation_1() {
        let mut random = Random::new(1);
        let numbers: Vec<f32> = (0..10_000).map(|_| random.normal()).collect();
        let mean = |of: fn(f32) -> f32| numbers.iter().map(|&v| of(v)).sum::<f32>() / 10_000.0;
        // Four standard errors of each.
        assert!(mean(|v| v).abs() < 0.04, "{}", mean(|v| v));
        assert!((mean(|v| v * v) - 1.0).abs() < 0.06, "{}", mean(|v| v * v));
    }

    #[test]
    fn a_shuffle_keeps_what_there_is() {
        let mut items: Vec<usize> = (0..100).collect();
        Random::new(3).shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
