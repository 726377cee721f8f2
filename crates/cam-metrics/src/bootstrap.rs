use cam_random::Random;

/// Resamples, enough that the ends of an interval move by about a twentieth of its width from seed to seed.
const RESAMPLES: usize = 2000;
/// The share of resamples whose mean lies below the interval, and above it.
const TAIL: f64 = 0.025;

/// Between which numbers the mean lies with 95 % confidence: the percentile bootstrap over groups (Efron and Tibshirani, *An
/// Introduction to the Bootstrap*, 1993, chapters 8 and 13).
///
/// Whole groups are drawn, with replacement, because what was measured on one picture is not independent: the interval says
/// how far the mean would move with other pictures of the same kind. Nothing for fewer than two groups with values.
pub fn confidence_interval(groups: &[Vec<f64>], seed: u64) -> Option<[f64; 2]> {
    let groups: Vec<(f64, usize)> = groups
        .iter()
        .filter(|values| !values.is_empty())
        .map(|values| (values.iter().sum(), values.len()))
        .collect();
    if groups.len() < 2 {
        return None;
    }
    let mut random = Random::new(seed);
    let mut means: Vec<f64> = (0..RESAMPLES).map(|_| resampled(&groups, &mut random)).collect();
    means.sort_by(f64::total_cmp);
    let end = |share: f64| means[((RESAMPLES - 1) as f64 * share).round() as usize];
    Some([end(TAIL), end(1.0 - TAIL)])
}

/// The mean over as many groups as there are, drawn with replacement.
fn resampled(groups: &[(f64, usize)], random: &mut Random) -> f64 {
    let drawn = (0..groups.len()).map(|_| groups[random.below(groups.len())]);
    let (sum, count) = drawn.fold((0.0, 0), |(sum, count), (s, n)| (sum + s, count + n));
    sum / count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(groups: usize, seed: u64) -> Vec<Vec<f64>> {
        let mut random = Random::new(seed);
        (0..groups).map(|_| vec![f64::from(random.normal())]).collect()
    }

    #[test]
    fn it_is_as_wide_as_the_normal_distribution_says() {
        let [low, high] = confidence_interval(&normal(400, 1), 0).expect("there are groups");
        let expected = 2.0 * 1.96 / 400_f64.sqrt();
        assert!(((high - low) / expected - 1.0).abs() < 0.15, "{low} {high}");
    }

    #[test]
    fn it_holds_the_true_mean_about_as_often_as_it_says() {
        let held = (0..200).filter(|&seed| {
            let [low, high] = confidence_interval(&normal(60, 1000 + seed), seed).expect("groups");
            low <= 0.0 && 0.0 <= high
        });
        let held = held.count();
        // 95 % of 200 is 190, with a standard deviation of 3.
        assert!((180..=199).contains(&held), "{held}");
    }

    #[test]
    fn values_of_one_group_count_as_one_when_they_are_the_same() {
        let alone = normal(50, 3);
        let copied: Vec<Vec<f64>> = alone.iter().map(|values| vec![values[0]; 9]).collect();
        let [a, b] =
            [&alone, &copied].map(|groups| confidence_interval(groups, 5).expect("groups"));
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn equal_values_leave_no_doubt_and_one_group_says_nothing_of_others() {
        assert_eq!(confidence_interval(&[vec![2.0], vec![2.0, 2.0]], 0), Some([2.0, 2.0]));
        assert_eq!(confidence_interval(&[vec![1.0, 3.0], vec![]], 0), None);
    }
}
