//! The same without threads: one item after the other.

/// One: the caller's thread.
pub fn cores() -> usize {
    1
}

/// What a function gives for each of several items, in their order.
pub fn side_by_side<T: Sync, R: Send>(
    items: &[T],
    _threads: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    items.iter().map(work).collect()
}
