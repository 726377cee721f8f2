use super::Run;
use crate::layout::CHANNELS;
use crate::pool::Worker;
use crate::windows::Windows;
use crate::workspace::Place;

/// The way back through a max pool: each gradient is added where the first maximum of its window
/// was in the recorded run.
pub(crate) struct MaxPoolBackward {
    pub(crate) windows: Windows,
    /// The pool's recorded input.
    pub(crate) saved: Place,
    /// The gradient behind the pool.
    pub(crate) gradient: Place,
    /// What it is added to.
    pub(crate) output: Place,
}

impl MaxPoolBackward {
    /// Windows overlap, so that threads share channels and not rows.
    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let (gradient, output) = (self.gradient.layout, self.output.layout);
        let blocks = gradient.channels().div_ceil(CHANNELS);
        for block in worker.share(gradient.images() * blocks) {
            let (image, block) = (block / blocks, block % blocks);
            let start = block * CHANNELS;
            for channel in start..(start + CHANNELS).min(gradient.channels()) {
                for [y, x] in pixels(gradient.height(), gradient.width()) {
                    let from = gradient.at(image, y, x) + channel;
                    let Some([y, x]) = self.maximum(run, image, channel, [y, x]) else { continue };
                    let to = output.at(image, y, x) + channel;
                    // SAFETY: both pixels lie in their images, and only this thread touches this
                    // channel of this image.
                    unsafe {
                        *run.workspace.origin(self.output.buffer).add(to) +=
                            *run.workspace.origin(self.gradient.buffer).add(from);
                    }
                }
            }
        }
    }

    /// Where a window's first maximum was; a NaN counts as one.
    fn maximum(
        &self,
        run: &Run<'_>,
        image: usize,
        channel: usize,
        window: [usize; 2],
    ) -> Option<[usize; 2]> {
        let layout = self.saved.layout;
        let image = image / (self.gradient.layout.images() / layout.images());
        let [rows, columns] = self.windows.inside(window, [layout.height(), layout.width()]);
        let mut largest = None;
        for y in rows {
            for x in columns.clone() {
                let offset = layout.at(image, y, x) + channel;
                // SAFETY: the window is clipped to the image, and recorded values are not
                // written any more.
                let value = unsafe { *run.saved().origin(self.saved.buffer).add(offset) };
                let is_larger = largest.is_none_or(|(_, most)| value > most || value.is_nan());
                if is_larger {
                    largest = Some(([y, x], value));
                }
            }
        }
        largest.map(|(at, _)| at)
    }
}

fn pixels(height: usize, width: usize) -> impl Iterator<Item = [usize; 2]> {
    (0..height).flat_map(move |y| (0..width).map(move |x| [y, x]))
}
