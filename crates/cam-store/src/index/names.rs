//! What the files of an index are called.

use std::fs;
use std::path::Path;

pub(super) const HEADER: &str = "index.json";
pub(super) const LOCK: &str = "writer.lock";

/// The names of what a compaction replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) entries: String,
    pub(super) vectors: String,
    pub(super) maps: String,
}

impl Names {
    /// Plain until the first compaction.
    pub(super) fn of(generation: u32) -> Self {
        let name = |stem: &str, end: &str| match generation {
            0 => format!("{stem}{end}"),
            generation => format!("{stem}.{generation}{end}"),
        };
        Self {
            entries: name("entries", ".log"),
            vectors: name("vectors", ".f32"),
            maps: name("maps", ".f16"),
        }
    }

    /// Whether all of them are there.
    pub(super) fn are_in(&self, folder: &Path) -> bool {
        self.all().iter().all(|name| folder.join(name).exists())
    }

    fn all(&self) -> [&str; 3] {
        [&self.entries, &self.vectors, &self.maps]
    }

    /// Takes away what compactions left, finished or not. Whatever cannot be taken away, as where a
    /// reader has it open and the system minds, is left to the next writer.
    pub(super) fn remove_others(&self, folder: &Path) {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        for entry in entries {
            let is_other = entry.file_name().to_str().is_some_and(|name| {
                generation(name).is_some_and(|generation| {
                    Self::of(generation).all().contains(&name) && !self.all().contains(&name)
                })
            });
            if is_other {
                drop(fs::remove_file(entry.path()));
            }
        }
    }
}

/// The number between the dots, or 0 where there is none.
fn generation(name: &str) -> Option<u32> {
    let parts: Vec<&str> = name.split('.').collect();
    match parts[..] {
        ["entries", "log"] | ["vectors", "f32"] | ["maps", "f16"] => Some(0),
        [_, number, _] => number.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_other_generations_are_taken_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = Names::of(12);
        let strangers =
            [HEADER, LOCK, "entries.012.log", "maps.f16.bak", "vectors.1.f16", "my.1.f32"];
        let others = [Names::of(0), Names::of(11)];
        let others: Vec<&str> = others.iter().flat_map(Names::all).collect();
        for name in own.all().into_iter().chain(strangers).chain(others) {
            fs::write(folder.path().join(name), "").expect("written");
        }
        own.remove_others(folder.path());
        let mut kept: Vec<String> = fs::read_dir(folder.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        kept.sort();
        let mut expected: Vec<&str> = own.all().into_iter().chain(strangers).collect();
        expected.sort_unstable();
        assert_eq!(kept, expected);
    }
}
