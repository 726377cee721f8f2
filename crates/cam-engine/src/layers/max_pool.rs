use super::Run;
use crate::kernels::window::Window;
use crate::layout::CHANNELS;
use crate::pool::Worker;
use crate::windows::Windows;
use crate::workspace::Place;

/// A max pool. Its windows are clipped to the image, since the border holds zeros.
pub(crate) struct Maximum {
    pub(crate) windows: Windows,
    pub(crate) input: Place,
    pub(crate) output: Place,
}

impl Maximum {
    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let (input, output) = (self.input.layout, self.output.layout);
        for row in worker.share(output.images() * output.height()) {
            let (image, y) = (row / output.height(), row % output.height());
            for x in 0..output.width() {
                let [ys, xs] = self.windows.inside([y, x], [input.height(), input.width()]);
                let from = input.at(image, ys.start, xs.start);
                let arguments = Window {
                    input: run.workspace.origin(self.input.buffer).wrapping_add(from),
                    rows: ys.len(),
                    columns: xs.len(),
                    row: input.row(),
                    pixel: input.pixel,
                    channels: output.channels().next_multiple_of(CHANNELS),
                    output: run
                        .workspace
                        .origin(self.output.buffer)
                        .wrapping_add(output.at(image, y, x)),
                };
                // SAFETY: the window is clipped to the image, whose buffer has slack for a last
                // vector of channels; output pixels are padded to whole vectors, and no other
                // thread writes this row.
                unsafe { (run.kernels.maximum)(&arguments) }
            }
        }
    }
}
