use super::Run;
use crate::pool::Worker;
use crate::workspace::Place;

/// Zeroes the border around an activation whose buffer held another one before.
pub(crate) fn clear(place: Place, run: &Run<'_>, worker: &Worker<'_>) {
    let layout = place.layout;
    let origin = run.workspace.origin(place.buffer);
    for row in worker.share(layout.images() * layout.rows()) {
        let (image, y) = (row / layout.rows(), row % layout.rows());
        let start = layout.at_bordered(image, y, 0);
        let inside = (layout.border.top..layout.border.top + layout.height()).contains(&y);
        let left = if inside { layout.border.left * layout.pixel } else { layout.row() };
        let right = if inside { layout.border.right * layout.pixel } else { 0 };
        // SAFETY: both epilogue of the row lie in the buffer; no layer writes or reads them while
        // this activation is being written.
        unsafe {
            origin.add(start).write_bytes(0, left);
            origin.add(start + layout.row() - right).write_bytes(0, right);
        }
    }
}
