//! What was computed, kept while there is space.

use std::collections::VecDeque;

/// Entries at most: what an entry takes is known only roughly.
const MOST_ENTRIES: usize = 64;

/// Values by key, of which those go that were used longest ago, once all take more than so many bytes.
pub struct Cache<K, V> {
    most: usize,
    entries: VecDeque<Entry<K, V>>,
}

struct Entry<K, V> {
    key: K,
    value: V,
    bytes: usize,
}

impl<K: PartialEq, V: Clone> Cache<K, V> {
    /// Of so many bytes at most. The newest value is kept in any case.
    pub fn new(most: usize) -> Self {
        Self { most, entries: VecDeque::new() }
    }

    /// The value of a key.
    pub fn get(&mut self, key: &K) -> Option<V> {
        let at = self.entries.iter().position(|entry| entry.key == *key)?;
        let entry = self.entries.remove(at)?;
        let value = entry.value.clone();
        self.entries.push_front(entry);
        Some(value)
    }

    /// Keeps a value.
    pub fn put(&mut self, key: K, value: V, bytes: usize) {
        self.entries.retain(|entry| entry.key != key);
        self.entries.push_front(Entry { key, value, bytes });
        while self.entries.len() > 1
            && (self.bytes() > self.most || self.entries.len() > MOST_ENTRIES)
        {
            self.entries.pop_back();
        }
    }

    fn bytes(&self) -> usize {
        self.entries.iter().map(|entry| entry.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let mut cache = Cache::new(10);
        for key in ["a", "b"] {
            cache.put(key, key, 4);
        }
        assert_eq!(cache.get(&"a"), Some("a"));
        cache.put("c", "c", 4);
        assert_eq!(["a", "b", "c"].map(|key| cache.get(&key)), [Some("a"), None, Some("c")]);
        cache.put("huge", "huge", 100);
        assert_eq!(["a", "c", "huge"].map(|key| cache.get(&key)), [None, None, Some("huge")]);
    }
}
