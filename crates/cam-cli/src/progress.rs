//! How far long work has come, on a terminal.

use cam_explain::{Bar, Progress, Unit};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::print;

/// Bars on standard error; nothing where nobody looks.
pub struct Bars;

impl Progress for Bars {
    fn begin(&self, unit: Unit, total: Option<u64>) -> Box<dyn Bar> {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let target = match print::is_quiet() || dumb {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        let template = match unit {
            Unit::Images => "{bar:24} {pos} of {len}, {per_sec}, {eta} left  {msg}",
            Unit::Frames => "{pos} frames, {per_sec}",
            Unit::Bytes => "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            _ => "{bar:24} {pos} of {len}, {eta} left  {msg}",
        };
        let bar = ProgressBar::with_draw_target(total, target);
        let style = ProgressStyle::with_template(template);
        Box::new(Shown(style.map_or(bar.clone(), |style| bar.with_style(style))))
    }
}

/// A bar that is taken away when the work ends.
struct Shown(ProgressBar);

impl Bar for Shown {
    fn set(&self, done: u64) {
        self.0.set_position(done);
    }

    fn advance(&self, by: u64) {
        self.0.inc(by);
    }

    fn set_total(&self, total: u64) {
        self.0.set_length(total);
    }

    fn at(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
