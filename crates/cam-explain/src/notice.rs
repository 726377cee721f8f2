//! What a program may tell its user beside results: by the `log` crate, to whoever listens.

use std::fmt::Display;

/// Something the user ought to know: `warn`.
pub fn remark(text: impl Display) {
    log::warn!("{text}");
}

/// What was loaded from where, and the like: `info`.
pub fn detail(text: impl Display) {
    log::info!("{text}");
}

/// Why one of several images failed, while the others go on: `error`.
pub fn error(text: impl Display) {
    log::error!("{text}");
}
