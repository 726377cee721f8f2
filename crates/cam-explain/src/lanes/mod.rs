//! Many images: read and decoded side by side, run where there is space, told in their order.
//!
//! In the engine each thread reads, decodes and runs its own image, on its own lane of the network. On
//! devices that run many images at once, threads of the processor prepare them, and each device takes
//! batches of what is ready, with its own copy of the network.

mod batches;
mod due;
mod each;

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use cam_models::{ConvNet, InputImage};

use crate::error::{Error, failed};
use crate::explain::{Clock, Condition, PreparedImage};
use crate::model::Model;
use crate::source::Source;

/// What is done with an image, in the two halves that can be done apart.
pub struct Work<'w, T, M, R> {
    /// Height and width of the network's input, where it is the same for all.
    pub size: Option<[usize; 2]>,
    /// Everything before the network: its pixels, all of one size in a batch, and what is to be
    /// remembered of it. It runs on any thread.
    pub prepare: &'w Prepare<'w, T, M>,
    /// What the network makes of pixels; one result for each. Where it fails for several, each half of
    /// them is run again, so that a bad image spoils no other.
    pub run: &'w Run<'w, R>,
}

type Prepare<'w, T, M> = dyn Fn(&T) -> Result<(InputImage, M), Error> + Sync + 'w;
type Run<'w, R> = dyn Fn(&ConvNet, &[InputImage]) -> Result<Vec<R>, Error> + Sync + 'w;

/// Does the work for every item, and calls `done` with every result, in order, on this thread. A
/// failure of `done` ends it.
pub fn in_order<T: Sync + Display, M: Send, R: Send>(
    model: &Model,
    items: &[T],
    work: Work<'_, T, M, R>,
    done: impl FnMut(&T, Result<(M, R), Error>) -> Result<(), Error>,
) -> Result<(), Error> {
    match model.network.engine() {
        Some(_) => each::in_order((&model.network, model.environment()), items, &work, done),
        None => batches::in_order(model, items, &work, done),
    }
}

impl Model {
    /// Does the same with many images: each is read and resized side by side with others, `run` is given pixels of one
    /// size and a network to run them by, and `done` is told what came of each, in the order of the images. A failure of
    /// `done` ends it; an image that fails does not.
    ///
    /// # Errors
    /// What `done` fails with, or [`Error::Cancelled`].
    ///
    /// # Examples
    /// ```
    /// use cam_explain::{Model, Source, photographs, tensors};
    ///
    /// let model = Model::open("efficientnet-lite0")?;
    /// let images = [("cat", photographs::CAT), ("coffee", photographs::COFFEE)].map(Source::from);
    /// let mut embeddings = Vec::new();
    /// model.each(&images, &tensors::embeddings, |image, result| {
    ///     let (condition, embedding) = result?;
    ///     assert!(!condition.damaged, "{image}");
    ///     embeddings.push(embedding);
    ///     Ok(())
    /// })?;
    /// assert_eq!(embeddings.iter().map(Vec::len).collect::<Vec<_>>(), [1280, 1280]);
    /// # Ok::<(), cam_explain::Error>(())
    /// ```
    pub fn each<R: Send>(
        &self,
        images: &[Source],
        run: &Run<'_, R>,
        done: impl FnMut(&Source, Result<(Condition, R), Error>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let prepare = |image: &Source| {
            self.environment().cancel.check("what was done is whole")?;
            let prepared = PreparedImage::read(image, self, &mut Clock::start())?;
            Ok((prepared.pixels, prepared.condition))
        };
        let size = self.reading().input_size(self.network());
        in_order(self, images, Work { size, prepare: &prepare, run }, done)
    }

    /// What a function gives for each of several items, in their order. In the engine items are worked on side by side,
    /// each by a model on a thread of its own; elsewhere one after the other. Results do not depend on that.
    ///
    /// # Errors
    /// The failure of the first item that failed; what comes behind it may not have been begun.
    ///
    /// # Examples
    /// ```
    /// use cam_explain::{Model, Source, photographs};
    ///
    /// let model = Model::open("efficientnet-lite0")?;
    /// let images = [("cat", photographs::CAT), ("coffee", photographs::COFFEE)].map(Source::from);
    /// let embeddings = model.side_by_side(&images, |model, image| model.capture(image)?.embedding())?;
    /// assert_eq!(embeddings[1], model.capture(&images[1])?.embedding()?);
    /// # Ok::<(), cam_explain::Error>(())
    /// ```
    pub fn side_by_side<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(&Self, &T) -> Result<R, Error> + Sync,
    ) -> Result<Vec<R>, Error> {
        let threads = self.network.engine().map_or(1, |engine| engine.threads()).min(items.len());
        let lanes: Option<Vec<Self>> = (0..threads).map(|_| self.lane()).collect();
        let lanes = lanes.filter(|lanes| lanes.len() > 1).unwrap_or_default();
        if lanes.is_empty() {
            return items.iter().map(|item| work(self, item)).collect();
        }
        let (free, failed) = (Mutex::new(lanes), AtomicBool::new(false));
        let locked = || free.lock().unwrap_or_else(PoisonError::into_inner);
        let results = cam_threads::side_by_side(items, threads, |item| {
            if failed.load(Ordering::Relaxed) {
                return None;
            }
            let lane = locked().pop().unwrap_or_else(|| self.clone());
            let result = self.environment().budget.shared(|| work(&lane, item));
            locked().push(lane);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            Some(result)
        });
        // Items are taken in their order: what was left out lies behind a failure.
        results.into_iter().flatten().collect()
    }
}

/// Runs a batch; where it fails, its halves. Where these do not, it was too large, and `most` becomes what
/// was not.
fn run<R>(
    network: &ConvNet,
    pixels: &[InputImage],
    run: &Run<'_, R>,
    most: &mut usize,
) -> Vec<Result<R, Error>> {
    match run(network, pixels) {
        Ok(results) if results.len() == pixels.len() => results.into_iter().map(Ok).collect(),
        Ok(_) if pixels.len() == 1 => vec![Err(failed!("the network gave no result"))],
        Err(failure) if pixels.len() == 1 => vec![Err(failure)],
        Err(Error::Cancelled(left)) => {
            pixels.iter().map(|_| Err(Error::Cancelled(left.clone()))).collect()
        }
        _ => {
            let (first, second) = pixels.split_at(pixels.len() / 2);
            let mut results = self::run(network, first, run, most);
            results.extend(self::run(network, second, run, most));
            if results.iter().all(Result::is_ok) {
                *most = first.len().min(*most);
            }
            results
        }
    }
}

#[cfg(test)]
mod tests {
    use cam_models::{Precision, Rgb8, load_embedded};

    use super::*;
    use crate::device;

    /// Runs images of widths 1, 2, ... in a network that takes no more than four and not the width of 3, and tells
    /// which batches were tried, what came of each image, and what is most from then on.
    fn halved(images: usize) -> (Vec<usize>, Vec<bool>, usize) {
        let opened = device::open(None, Precision::F32, cam_engine::Options::default());
        let runtime = opened.expect("there is a default").swap_remove(0).runtime;
        let network = load_embedded(runtime).expect("the embedded weights load").network;
        let pixels = (1..=images).map(|width| Rgb8::new(width, 1, &vec![0; width * 3]));
        let pixels: Vec<InputImage> =
            pixels.map(|pixels| pixels.expect("it has pixels").into()).collect();
        let (tried, mut most) = (Mutex::new(Vec::new()), 64);
        let work = |_: &ConvNet, pixels: &[InputImage]| {
            tried.lock().expect("nobody panics").push(pixels.len());
            if pixels.len() > 4 || pixels.iter().any(|pixels| pixels.size().0 == 3) {
                return Err(failed!("too much"));
            }
            Ok(vec![(); pixels.len()])
        };
        let results = run(&network, &pixels, &work, &mut most);
        (
            tried.into_inner().expect("nobody panics"),
            results.iter().map(Result::is_ok).collect(),
            most,
        )
    }

    #[test]
    fn a_bad_image_fails_alone_and_makes_no_batch_smaller() {
        let (tried, are_sound, most) = halved(4);
        assert_eq!(tried, [4, 2, 2, 1, 1]);
        assert_eq!((are_sound, most), (vec![true, true, false, true], 64));
    }

    #[test]
    fn a_batch_that_was_too_large_is_no_longer_made() {
        let (_, are_sound, most) = halved(16);
        assert_eq!(are_sound.iter().filter(|is_sound| !**is_sound).count(), 1);
        assert_eq!(most, 4);
    }
}
