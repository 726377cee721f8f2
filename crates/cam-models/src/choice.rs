//! Which of several networks in one file is meant.
//!
//! A file of self-supervised or averaged training holds a network twice: as it was trained, and a
//! slow copy of it. Between two copies of one network the method that made them decides, by which of
//! them its authors evaluate ([`RULES`]); then the one that is nested less deeply. Between others
//! nothing does, and the user is asked.

use crate::LoadError;
use crate::candidates::Candidate;
use crate::checkpoint::Checkpoint;

/// Which of two copies is taken, by the parts of their prefixes in which they differ first.
struct Rule {
    takes: fn(&str) -> bool,
    over: fn(&str) -> bool,
    because: &'static str,
}

impl Rule {
    /// Whether the first of two parts is taken and not the second; none where it does not tell.
    fn takes_first(&self, first: &str, second: &str) -> Option<bool> {
        let takes = |one: &str, other: &str| (self.takes)(one) && (self.over)(other);
        match (takes(first, second), takes(second, first)) {
            (false, false) => None,
            (is_first, _) => Some(is_first),
        }
    }
}

const RULES: [Rule; 5] = [
    Rule {
        takes: |part| says(part, "ema"),
        over: |part| !says(part, "ema"),
        because: "an average over training (EMA) is the one that is evaluated, as timm does",
    },
    Rule {
        takes: |part| part == "encoder_q",
        over: |part| part == "encoder_k",
        because: "MoCo evaluates the query encoder (arXiv 1911.05722)",
    },
    Rule {
        takes: |part| says(part, "teacher"),
        over: |part| says(part, "student"),
        because: "DINO evaluates the teacher (arXiv 2104.14294)",
    },
    Rule {
        takes: |part| says(part, "online"),
        over: |part| says(part, "target"),
        because: "BYOL evaluates the online network (arXiv 2006.07733)",
    },
    Rule {
        takes: |part| !says(part, "momentum"),
        over: |part| says(part, "momentum"),
        because: "of an encoder and its momentum copy the encoder is evaluated (arXiv 2104.02057)",
    },
];

/// Parts that wrap whatever lies in them, and say nothing: they do not count as depth.
const WRAPPING: [&str; 2] = ["module", "_orig_mod"];

/// The position of the candidate to take among those, of which there is at least one.
///
/// # Errors
/// [`LoadError::NoSuchPrefix`], [`LoadError::SeveralNetworks`].
pub(crate) fn choose(
    checkpoint: &Checkpoint,
    candidates: &[Candidate],
) -> Result<usize, LoadError> {
    let asked: Vec<usize> = match checkpoint.choice() {
        Some(prefix) => under(candidates, prefix),
        None => (0..candidates.len()).collect(),
    };
    let complete: Vec<usize> =
        asked.iter().copied().filter(|&index| candidates[index].is_complete()).collect();
    match (asked.as_slice(), complete.as_slice()) {
        ([], _) => Err(LoadError::NoSuchPrefix {
            path: checkpoint.origin().to_owned(),
            prefix: checkpoint.choice().unwrap_or_default().to_owned(),
            found: listed(candidates),
        }),
        (_, [only]) => Ok(*only),
        // None has all its tensors: what the one that comes closest lacks is said.
        (asked, []) => Ok(closest(candidates, asked)),
        (_, complete) => best(candidates, complete).ok_or_else(|| LoadError::SeveralNetworks {
            path: checkpoint.origin().to_owned(),
            found: listed(complete.iter().map(|&index| &candidates[index])),
        }),
    }
}

/// Why one of two networks was taken, in the words of the rule.
pub(crate) fn reason(taken: &Candidate, other: &Candidate) -> String {
    let asked = || "it was asked for".to_owned();
    match preferred(taken, other) {
        Some((true, because)) if taken.is_complete() >= other.is_complete() => because.to_owned(),
        _ if taken.is_complete() && !other.is_complete() => "it alone is complete".to_owned(),
        _ => asked(),
    }
}

/// The one with the fewest faults; of equals one with a stem, then the least nested.
fn closest(candidates: &[Candidate], of: &[usize]) -> usize {
    let rank = |&index: &usize| {
        let candidate = &candidates[index];
        (candidate.faults, !candidate.has_stem(), depth(&candidate.prefix))
    };
    of.iter().copied().min_by_key(rank).unwrap_or_default()
}

/// The one that is preferred to every other.
fn best(candidates: &[Candidate], complete: &[usize]) -> Option<usize> {
    let wins = |&a: &usize| {
        let others = complete.iter().filter(|&&b| b != a);
        let mut preferred = others.map(|&b| preferred(&candidates[a], &candidates[b]));
        preferred.all(|preferred| preferred.is_some_and(|(first, _)| first))
    };
    complete.iter().copied().find(wins)
}

/// Whether the first of two is taken and not the second, and why; none where nothing decides.
fn preferred(a: &Candidate, b: &Candidate) -> Option<(bool, &'static str)> {
    let (Ok(first), Ok(second)) = (&a.described, &b.described) else { return None };
    if first != second {
        return None;
    }
    let (x, y) = differing(&a.prefix, &b.prefix);
    let rule = RULES.iter().find_map(|rule| Some((rule.takes_first(x, y)?, rule.because)));
    let depths = [depth(&a.prefix), depth(&b.prefix)];
    let nested = (depths[0] != depths[1])
        .then_some((depths[0] < depths[1], "of two copies the one that is nested less is taken"));
    rule.or(nested)
}

/// Whether a name would be of the one or the other of two networks, by the rule that tells them
/// apart: `student_head` where `student_backbone` was not taken.
pub(crate) fn belongs_to_other(taken: &str, other: &str, name: &str) -> bool {
    let common = taken.split('.').zip(other.split('.')).take_while(|(x, y)| x == y).count();
    let (x, y) = differing(taken, other);
    let part = name.split('.').nth(common).unwrap_or_default();
    RULES.iter().any(|rule| match rule.takes_first(x, y) {
        Some(true) => (rule.over)(part) && !(rule.over)(""),
        Some(false) => (rule.takes)(part) && !(rule.takes)(""),
        None => false,
    })
}

/// The first parts in which two prefixes differ; empty where one ends.
fn differing<'a>(a: &'a str, b: &'a str) -> (&'a str, &'a str) {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        match (a.next().unwrap_or_default(), b.next().unwrap_or_default()) {
            (x, y) if x == y && !x.is_empty() => {}
            pair => return pair,
        }
    }
}

/// Whether a part of a name has that word in it: `model_ema` says `ema`.
fn says(part: &str, word: &str) -> bool {
    part.split(['_', '-']).any(|found| found.eq_ignore_ascii_case(word))
}

/// How many parts a prefix has, but for those that only wrap.
fn depth(prefix: &str) -> usize {
    prefix.split_terminator('.').filter(|part| !WRAPPING.contains(part)).count()
}

/// Those at a prefix, or where there are none, below it.
fn under(candidates: &[Candidate], prefix: &str) -> Vec<usize> {
    let prefix = prefix.trim_end_matches('.');
    let those = |is_meant: &dyn Fn(&str) -> bool| {
        let meant = candidates.iter().enumerate();
        let meant = meant.filter(|(_, candidate)| is_meant(candidate.prefix.trim_end_matches('.')));
        meant.map(|(index, _)| index).collect::<Vec<_>>()
    };
    let exactly = those(&|found| found == prefix);
    let below = format!("{prefix}.");
    if exactly.is_empty() { those(&|found| found.starts_with(&below)) } else { exactly }
}

fn listed<'a>(candidates: impl IntoIterator<Item = &'a Candidate>) -> Vec<(String, String)> {
    let entry = |candidate: &Candidate| {
        let whole = if candidate.is_complete() { "" } else { ", incomplete" };
        (candidate.prefix.clone(), format!("{}{whole}", candidate.name()))
    };
    candidates.into_iter().map(entry).collect()
}
