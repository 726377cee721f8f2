//! Data goes to standard output, everything else to standard error.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicU8, Ordering};

use anyhow::Context as _;
pub use cam_explain::text::printable;

use crate::failure::Failure;

/// 0 quiet, 1 normal, 2 and more verbose.
static VERBOSITY: AtomicU8 = AtomicU8::new(1);

/// Sets how much is said on standard error.
pub fn set_verbosity(quiet: bool, verbose: u8) {
    VERBOSITY.store(if quiet { 0 } else { verbose.saturating_add(1) }, Ordering::Relaxed);
}

/// Listens to what the libraries tell beside results. Other packages' messages are not for users.
pub fn listen() {
    // It is the only one who asks.
    let _ = log::set_logger(&Listener);
    log::set_max_level(log::LevelFilter::Info);
}

struct Listener;

impl log::Log for Listener {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("cam_explain")
    }

    fn log(&self, record: &log::Record<'_>) {
        match record.level() {
            _ if !self.enabled(record.metadata()) => {}
            log::Level::Error => error(record.args()),
            log::Level::Warn => remark(record.args()),
            _ => detail(record.args()),
        }
    }

    fn flush(&self) {}
}

/// Whether remarks are wanted.
pub fn is_quiet() -> bool {
    VERBOSITY.load(Ordering::Relaxed) == 0
}

/// Says something on standard error, unless quiet.
pub fn remark(text: impl std::fmt::Display) {
    if !is_quiet() {
        error(text);
    }
}

/// Says something on standard error when verbose.
pub fn detail(text: impl std::fmt::Display) {
    if VERBOSITY.load(Ordering::Relaxed) > 1 {
        error(text);
    }
}

/// Says why something failed, on standard error, quiet or not.
///
/// That nobody listens there any more ends no run. A file's name may hold control characters, which
/// a terminal would obey.
pub fn error(text: impl std::fmt::Display) {
    let text = format!("cam: {text}\n");
    let lines: Vec<String> = text.split('\n').map(printable).collect();
    let _ = io::stderr().lock().write_all(lines.join("\n").as_bytes());
}

/// Writes data to standard output. A reader who has seen enough (`| head`) is no failure.
pub fn data(bytes: &[u8]) -> Result<(), Failure> {
    written(io::stdout().lock().write_all(bytes))
}

/// What came of writing to standard output, once all of it has left.
pub fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result.and_then(|()| io::stdout().lock().flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("writing to standard output").map_err(Failure::Output),
    }
}

/// Writes a line of text to standard output.
pub fn line(text: impl std::fmt::Display) -> Result<(), Failure> {
    data(format!("{text}\n").as_bytes())
}

/// Writes a line of text to standard output, or, where that is taken by data, to standard error.
pub fn beside(is_taken: bool, text: impl std::fmt::Display) -> Result<(), Failure> {
    if is_taken {
        remark(text);
        return Ok(());
    }
    line(text)
}

/// Writes one JSON document to standard output.
pub fn json(document: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(document).context("writing JSON")?;
    line(text)
}
