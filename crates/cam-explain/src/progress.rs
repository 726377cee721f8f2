use std::sync::Arc;

/// Shows how far long work has come. Every method may be called from any thread.
pub trait Progress: Send + Sync {
    /// Work begins: so many units, where that is known.
    fn begin(&self, unit: Unit, total: Option<u64>) -> Box<dyn Bar>;
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Images of a folder.
    Images,
    /// Frames of a film.
    Frames,
    /// Parts of any other work.
    Steps,
    /// Bytes of a download.
    Bytes,
}

/// One piece of long work. Dropped when it ends.
pub trait Bar: Send + Sync {
    /// So much of it is done.
    fn set(&self, done: u64);

    /// So much more of it is done.
    fn advance(&self, by: u64);

    /// It became known how much there is.
    fn set_total(&self, _total: u64) {}

    /// What it is at.
    fn at(&self, _what: &str) {}
}

/// Shows nothing.
struct Silent;

impl Progress for Silent {
    fn begin(&self, _: Unit, _: Option<u64>) -> Box<dyn Bar> {
        Box::new(Self)
    }
}

impl Bar for Silent {
    fn set(&self, _: u64) {}

    fn advance(&self, _: u64) {}
}

/// Nobody looks.
pub fn silent() -> Arc<dyn Progress> {
    Arc::new(Silent)
}
