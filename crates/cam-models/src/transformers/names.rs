//! Tensors under the names that a family's files have, whatever stands in front of them and whoever wrote them.

use std::collections::BTreeMap;

use crate::checkpoint::Checkpoint;

/// How a family's tensors are found in a file.
pub(super) struct Spelling {
    /// The tensor that every network of the family has: what stands in front of it stands in front of the others.
    pub anchor: &'static str,
    /// Parts of names in memory since transformers 5, and what they are on disk.
    pub renamed: &'static [(&'static str, &'static str)],
    /// Tensors that do not take part: names, or where they end in a dot, what names begin with.
    pub ignored: &'static [&'static str],
}

/// Tensors that take part in no network: what was masked in training, constants that were saved along.
const IGNORED: [&str; 4] =
    ["position_ids", "mask_token", "num_batches_tracked", "rope_embed.periods"];

/// A file's tensors under a family's names.
pub(super) struct Named {
    pub checkpoint: Checkpoint,
    /// What stands in front of the names in the file.
    pub root: String,
}

impl Spelling {
    /// The tensors of a file under the family's names; what lies elsewhere in the file keeps its name.
    pub fn named(&self, checkpoint: &Checkpoint) -> Named {
        let ends = checkpoint.tensors().filter_map(|(name, _)| {
            let root = name.strip_suffix(self.anchor)?;
            (root.is_empty() || root.ends_with('.')).then_some(root)
        });
        let root = ends.min_by_key(|root| root.len()).unwrap_or_default().to_owned();
        // What wraps everything says nothing.
        let wrapper = ["module.", "model."].into_iter().find(|wrapper| root.starts_with(wrapper));
        let mut tensors = BTreeMap::new();
        for (name, tensor) in checkpoint.tensors() {
            let own = name.strip_prefix(&root);
            let own = own.or_else(|| name.strip_prefix(wrapper?)).unwrap_or(name);
            let own = self.on_disk(own);
            // Of two tensors that would be called alike, both keep their names: the contract reports them.
            match tensors.contains_key(&own) {
                true => tensors.insert(name.to_owned(), tensor.clone()),
                false => tensors.insert(own, tensor.clone()),
            };
        }
        Named { checkpoint: checkpoint.renamed(tensors), root }
    }

    fn on_disk(&self, name: &str) -> String {
        let start = format!(".{name}");
        let renamed =
            self.renamed.iter().fold(start, |name, (memory, disk)| name.replace(memory, disk));
        renamed.strip_prefix('.').map(str::to_owned).unwrap_or(renamed)
    }

    /// Whether a tensor that the network does not need may be there.
    pub fn ignores(&self, name: &str) -> bool {
        let is_constant =
            IGNORED.iter().any(|end| name == *end || name.ends_with(&format!(".{end}")));
        let is_other = self.ignored.iter().any(|other| match other.ends_with('.') {
            true => name.starts_with(other),
            false => name == *other,
        });
        is_constant || is_other
    }
}
