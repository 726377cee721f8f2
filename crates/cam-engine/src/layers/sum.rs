use super::Run;
use crate::kernels::sum::SumRow;
use crate::pool::Worker;
use crate::workspace::Place;

/// A sum of gradients that lie in memory in rows of the same length, passed on where the
/// activation was not clamped.
pub(crate) struct Sum {
    /// What is added; nothing is zero. The output may be among them.
    pub(crate) sources: Vec<Place>,
    pub(crate) mask: Option<Mask>,
    pub(crate) output: Place,
}

/// Values of a recorded run, and between which bounds they pass a gradient on.
#[derive(Clone, Copy)]
pub(crate) struct Mask {
    pub(crate) place: Place,
    pub(crate) bounds: (f32, f32),
    /// Whether they stop a negative gradient: guided backpropagation.
    pub(crate) guided: bool,
}

impl Sum {
    pub(super) fn run(&self, run: &Run<'_>, worker: &Worker<'_>) {
        let layout = self.output.layout;
        let at = |place: Place, origin: *mut f32, image: usize, y: usize| {
            debug_assert_eq!(place.layout.pixel, layout.pixel);
            origin.wrapping_add(place.layout.at(image, y, 0))
        };
        let mut sources = vec![std::ptr::null(); self.sources.len()];
        for row in worker.share(layout.images() * layout.height()) {
            let (image, y) = (row / layout.height(), row % layout.height());
            for (source, &place) in sources.iter_mut().zip(&self.sources) {
                *source = at(place, run.workspace.origin(place.buffer), image, y).cast_const();
            }
            let mask = self.mask.map(|mask| {
                // Several gradients per image go back through the same activations.
                let image = image / (layout.images() / mask.place.layout.images());
                at(mask.place, run.saved().origin(mask.place.buffer), image, y).cast_const()
            });
            let arguments = SumRow {
                sources: &sources,
                mask: mask.unwrap_or(std::ptr::null()),
                bounds: self.mask.map_or((0.0, 0.0), |mask| mask.bounds),
                positive: self.mask.is_some_and(|mask| mask.guided),
                len: layout.width() * layout.pixel,
                output: at(self.output, run.workspace.origin(self.output.buffer), image, y),
            };
            // SAFETY: all rows have as many pixels, as far apart, and lie in their buffers; no
            // other thread writes this one, and the recorded values are not written any more.
            unsafe { (run.kernels.sum)(&arguments) }
        }
    }
}
