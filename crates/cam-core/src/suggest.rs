/// The names most similar to a mistyped one, best first, at most three.
///
/// Similarity is Jaro-Winkler's, in 0..=1; names under 0.7 are not worth suggesting.
///
/// ```
/// assert_eq!(cam_core::nearest("layr4", ["layer4", "relu"]), ["layer4"]);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    const WORTH_SUGGESTING: f64 = 0.7;
    let mut scored: Vec<(f64, &str)> = candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= WORTH_SUGGESTING)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}
