//! The index of the folder: built in the background, and searched.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use cam_explain::index::{self, Settings};
use cam_explain::{Bar, Cancel, Error, Model, Progress, Unit};

/// Where the index is, and how far it is.
pub struct Shelf {
    folder: PathBuf,
    /// The images; none where an index was given, whose images may be elsewhere.
    images: Option<PathBuf>,
    cancel: Cancel,
    done: Arc<AtomicU64>,
    total: Arc<AtomicU64>,
    state: Mutex<State>,
    /// How often it was built.
    built: AtomicU64,
    builder: Mutex<Option<JoinHandle<()>>>,
}

/// How far an index is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nobody asked for it.
    Missing,
    /// It is built.
    Building,
    /// It can be searched: in words.
    Ready(String),
    /// It was not built: why.
    Failed(String),
}

impl Shelf {
    /// In a folder of its own, of the images in another; where it is there already, it can be searched.
    pub fn new(folder: PathBuf, images: Option<PathBuf>) -> Self {
        let state = kept_in(&folder);
        Self {
            folder,
            images,
            cancel: Cancel::default(),
            done: Arc::default(),
            total: Arc::default(),
            state: Mutex::new(state),
            built: AtomicU64::new(0),
            builder: Mutex::default(),
        }
    }

    /// Where the index is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of images that it is built of; none of an index that was given.
    pub fn images(&self) -> Option<&Path> {
        self.images.as_deref()
    }

    /// How far it is.
    pub fn state(&self) -> State {
        self.locked().clone()
    }

    /// A number that changes when the index does.
    pub fn edition(&self) -> u64 {
        self.built.load(Ordering::Relaxed)
    }

    /// Images that are done, and all of them, while it is built.
    pub fn progress(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// Builds it, or adds what is new: in the background, on the processors that are free.
    ///
    /// # Errors
    /// Where there is no folder of images.
    pub fn build(self: &Arc<Self>, model: &Model) -> Result<(), Error> {
        let Some(images) = self.images.clone() else {
            return Err(Error::usage(
                "an index was given, and not its images: it is added to where it was made",
            ));
        };
        let mut state = self.locked();
        if *state == State::Building {
            return Ok(());
        }
        // Before anybody can see that it is built, and stop it.
        self.cancel.forget();
        *state = State::Building;
        drop(state);
        for count in [&self.done, &self.total] {
            count.store(0, Ordering::Relaxed);
        }
        let environment = model.environment().clone().cancelled_by(self.cancel.clone());
        let counter = Counter { done: Arc::clone(&self.done), total: Arc::clone(&self.total) };
        let model = model.clone().within(environment.showing(Arc::new(counter)));
        let shelf = Arc::clone(self);
        let build = move || {
            let settings = Settings {
                index: shelf.folder.clone(),
                keeps_maps: true,
                blocks: None,
                is_moved: false,
            };
            // Whatever breaks off must not look as if it went on for ever.
            let built = catch_unwind(AssertUnwindSafe(|| index::index(&model, &images, &settings)));
            let state = match built {
                Ok(Ok(summary)) => State::Ready(match summary.failures.len() {
                    0 => in_words(summary.images),
                    failed => format!("{}; {failed} could not be read", in_words(summary.images)),
                }),
                Ok(Err(Error::Cancelled(_))) => kept_in(&shelf.folder),
                Ok(Err(error)) => State::Failed(error.reason()),
                Err(_) => State::Failed("indexing broke off".to_owned()),
            };
            *shelf.locked() = state;
            shelf.built.fetch_add(1, Ordering::Relaxed);
        };
        let builder = thread::Builder::new().name("index".to_owned()).spawn(build);
        match builder {
            Ok(builder) => {
                *self.builder.lock().unwrap_or_else(PoisonError::into_inner) = Some(builder);
                Ok(())
            }
            Err(why) => {
                let error = Error::failed(format_args!("no further thread can be started: {why}"));
                *self.locked() = State::Failed(error.reason());
                Err(error)
            }
        }
    }

    /// Ends the building; what was indexed is kept.
    pub fn stop(&self) {
        // That it broke off is its state already.
        let _ = self.end().map(JoinHandle::join);
    }

    /// The same, without waiting for whoever builds.
    pub fn end(&self) -> Option<JoinHandle<()>> {
        self.cancel.cancel();
        self.builder.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an index holds that is there already.
fn kept_in(folder: &Path) -> State {
    match index::Index::open(folder) {
        Ok(index) => State::Ready(in_words(index.gallery().entries().len())),
        Err(_) => State::Missing,
    }
}

fn in_words(images: usize) -> String {
    if images == 1 { "1 image".to_owned() } else { format!("{images} images") }
}

/// Counts images, for whoever asks.
struct Counter {
    done: Arc<AtomicU64>,
    total: Arc<AtomicU64>,
}

impl Progress for Counter {
    fn begin(&self, _: Unit, total: Option<u64>) -> Box<dyn Bar> {
        self.total.store(total.unwrap_or_default(), Ordering::Relaxed);
        self.done.store(0, Ordering::Relaxed);
        Box::new(Self { done: Arc::clone(&self.done), total: Arc::clone(&self.total) })
    }
}

impl Bar for Counter {
    fn set(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
    }

    fn advance(&self, by: u64) {
        self.done.fetch_add(by, Ordering::Relaxed);
    }

    fn set_total(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }
}
