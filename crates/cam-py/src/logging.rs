//! What the facade remarks on goes to Python's `logging`, to the logger `cam_explain`.

use log::{Level, LevelFilter, Log, Metadata, Record};
use pyo3::prelude::*;

struct ToPython;

/// Remarks go to Python from now on, where nobody else takes them.
pub fn begin() {
    if log::set_logger(&ToPython).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}

impl Log for ToPython {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("cam")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let level = match record.level() {
            Level::Error => 40,
            Level::Warn => 30,
            Level::Info => 20,
            _ => 10,
        };
        let text = record.args().to_string();
        // Once the interpreter ends, nobody listens.
        let _ = Python::try_attach(|py| {
            let logging = py.import("logging")?;
            let logger = logging.call_method1("getLogger", ("cam_explain",))?;
            logger.call_method1("log", (level, "%s", text)).map(drop)
        });
    }

    fn flush(&self) {}
}
