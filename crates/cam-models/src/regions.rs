//! Which network of a file a tensor beside them belongs to.

use crate::choice::belongs_to_other;

/// The parts of a file around several networks: each has what stands nearer to it than to any other.
pub(crate) struct Regions<'a> {
    taken: &'a str,
    scope: &'a str,
    others: Vec<(&'a str, &'a str)>,
}

/// Whose a tensor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The network that was taken, or of no other.
    Taken,
    /// The other network of that number.
    Other(usize),
}

impl<'a> Regions<'a> {
    /// Around the prefixes of the network that was taken, and of the others.
    pub(crate) fn of(taken: &'a str, others: &[&'a str]) -> Self {
        let all: Vec<&str> = others.iter().copied().chain([taken]).collect();
        let others = others.iter().map(|&prefix| (prefix, scope(prefix, &all))).collect();
        Self { taken, scope: scope(taken, &all), others }
    }

    /// Whose a tensor is that is of no network itself.
    pub(crate) fn owner(&self, name: &str) -> Owner {
        let nearest = self.others.iter().enumerate();
        let nearest = nearest.filter(|(_, (_, scope))| name.starts_with(scope));
        let nearest = nearest.max_by_key(|(_, (_, scope))| scope.len());
        let is_near = name.starts_with(self.scope);
        match nearest {
            Some((index, (_, scope))) if !is_near || scope.len() > self.scope.len() => {
                Owner::Other(index)
            }
            None if !is_near => {
                let named = |(prefix, _): &(&str, &str)| belongs_to_other(self.taken, prefix, name);
                self.others.iter().position(named).map_or(Owner::Taken, Owner::Other)
            }
            _ => Owner::Taken,
        }
    }

    /// A name without what it has in common with the prefix of the network that was taken.
    pub(crate) fn path<'n>(&self, name: &'n str) -> &'n str {
        let mut rest = name;
        for part in self.taken.split_terminator('.') {
            match rest.split_once('.') {
                Some((first, others)) if first == part => rest = others,
                _ => break,
            }
        }
        rest
    }
}

/// The longest way up from a prefix on which no other network lies.
fn scope<'a>(prefix: &'a str, all: &[&str]) -> &'a str {
    let mut scope = prefix;
    while let Some(above) = above(scope) {
        if all.iter().any(|other| *other != prefix && other.starts_with(above)) {
            break;
        }
        scope = above;
    }
    scope
}

/// `a.b.` of `a.b.c.`, and nothing of that.
fn above(prefix: &str) -> Option<&str> {
    let parts = prefix.strip_suffix('.')?;
    Some(parts.rfind('.').map_or("", |dot| &parts[..=dot]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_nearer_to_one_network_is_its_own() {
        let regions = Regions::of("teacher.backbone.", &["student.module.backbone."]);
        assert_eq!(regions.owner("teacher.head.last.weight"), Owner::Taken);
        assert_eq!(regions.owner("student.module.head.weight"), Owner::Other(0));
        assert_eq!(regions.owner("optimizer.state.0"), Owner::Taken);
        assert_eq!(regions.path("teacher.head.last.weight"), "head.last.weight");
    }

    #[test]
    fn a_head_beside_both_networks_is_the_ones_whose_role_it_names() {
        let regions = Regions::of("backbone.", &["momentum_backbone."]);
        assert_eq!(regions.owner("projector.0.weight"), Owner::Taken);
        assert_eq!(regions.owner("momentum_projector.0.weight"), Owner::Other(0));
    }

    #[test]
    fn a_copy_inside_another_network_has_what_stands_below_it() {
        let regions = Regions::of("ema.", &[""]);
        assert_eq!(regions.owner("ema.fc.weight"), Owner::Taken);
        assert_eq!(regions.owner("fc.weight"), Owner::Other(0));
    }
}
