//! How far long work has come, on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::print;

/// A bar for so many steps, with what is left; nothing where nobody looks.
pub fn bar(steps: usize) -> ProgressBar {
    with_template(steps, "{bar:24} {pos} of {len}, {eta} left  {msg}")
}

/// A bar for so many images, with how many there are a second.
pub fn images(count: usize) -> ProgressBar {
    with_template(count, "{bar:24} {pos} of {len}, {per_sec}, {eta} left  {msg}")
}

fn with_template(steps: usize, template: &str) -> ProgressBar {
    let target = match print::is_quiet() {
        true => ProgressDrawTarget::hidden(),
        false => ProgressDrawTarget::stderr(),
    };
    let bar = ProgressBar::with_draw_target(Some(steps as u64), target);
    let style = ProgressStyle::with_template(template);
    style.map_or(bar.clone(), |style| bar.with_style(style))
}

/// A counter of frames, of which nobody knows how many will come.
pub fn frames() -> ProgressBar {
    let bar = with_template(0, "{pos} frames, {per_sec}");
    bar.unset_length();
    bar
}
