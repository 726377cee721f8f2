//! A page to look at: what in an image is similar to a concept, served to the browser of this machine.
//!
//! A [`View`] has a network, images and perhaps an index; [`View::serve`] answers a browser until it is told to end. What
//! pages show is computed by `cam_explain`, and equals what the command line gives for the command that the page names.
//! The address of a page holds its whole state.
//!
//! Nobody else is asked for anything, and nobody else may ask: see [`View::serve`].

mod address;
mod cache;
mod command;
mod comparison;
mod desk;
mod explained;
mod explainer;
mod found;
mod library;
mod offer;
mod pages;
mod pictures;
mod shelf;
mod site;
mod wish;
mod words;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use cam_explain::{Cancel, Error, Model};
use tokio::sync::Semaphore;

pub use command::Setup;
pub use library::Library;
pub use site::Limits;

use explainer::Explainer;
use offer::Offer;
use shelf::Shelf;
use site::{Door, NetworkJob, PictureJob, Site};

/// Questions that may wait for the network; a further one is refused.
const MOST_QUESTIONS: usize = 64;

/// Pictures that may wait to be decoded: a page of thumbnails, for a few browsers.
const MOST_PICTURES: usize = 512;

/// How long work that was told to stop may take to do so.
const GRACE: Duration = Duration::from_millis(500);

/// Shorter than anybody notices.
const POLL: Duration = Duration::from_millis(5);

/// What is looked at, and where.
#[derive(Debug)]
pub struct View {
    /// The images that may be read.
    pub library: Library,
    /// The folder of the index that is searched; none where nothing can be searched.
    pub index: Option<PathBuf>,
    /// What other commands are told of the network and of images, to be named on the page.
    pub setup: Setup,
    /// Where to listen: a port of 0 is one that is free.
    pub listen: SocketAddr,
}

impl View {
    /// Answers a browser until the model's environment is cancelled. `announce` is told the page's address, once it can be
    /// asked.
    ///
    /// Only who knows the secret in that address is answered, only by the machine's own number or as `localhost`, and only
    /// the page itself may change anything. Files are read below the library's folder alone. Requests, bodies, pictures and
    /// time are limited; slow connections are dropped.
    ///
    /// # Errors
    /// Where nothing can be listened at, or the system gives no thread.
    pub fn serve(self, model: &Model, announce: impl FnOnce(&str)) -> Result<(), Error> {
        self.serve_within(Limits::default(), model, announce)
    }

    /// The same, within other limits.
    ///
    /// # Errors
    /// As [`serve`](Self::serve).
    pub fn serve_within(
        self,
        limits: Limits,
        model: &Model,
        announce: impl FnOnce(&str),
    ) -> Result<(), Error> {
        let end = model.environment().cancel.clone();
        let bound = site::bound(self.listen)?;
        let failed = |why| Error::failed(format_args!("the page cannot be served: {why}"));
        let door = Door::new(bound.local_addr().map_err(failed)?)?;
        let url = door.url();
        let library = Arc::new(self.library);
        let images = library.folder().map(PathBuf::from);
        let shelf = self.index.map(|index| Arc::new(Shelf::new(index, images)));
        // Each desk ends its own work, and the end of all is another matter.
        let [of_network, of_pictures] = [Cancel::default(), Cancel::default()];
        let environment = model.environment().clone();
        let own = model.clone().within(environment.clone().cancelled_by(of_network.clone()));
        let (network, network_clerk) = desk::open::<NetworkJob>(MOST_QUESTIONS, of_network.clone());
        let (pictures, picture_clerk) =
            desk::open::<PictureJob>(MOST_PICTURES, of_pictures.clone());
        let site = Site {
            door,
            library: Arc::clone(&library),
            shelf: shelf.clone(),
            setup: self.setup,
            offer: Offer::of(&own),
            network,
            pictures,
            environment: environment.cancelled_by(of_pictures.clone()),
            limits,
            bodies: Semaphore::new(limits.bodies),
        };
        let on_thread = |name: &str, work: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(name.to_owned()).spawn(work).map_err(failed)
        };
        let asked = move || {
            let mut explainer = Explainer::new(&own, library);
            network_clerk.serve(|job| job(&mut explainer));
        };
        let mut threads = vec![
            on_thread("network", Box::new(asked))?,
            on_thread("pictures", Box::new(move || picture_clerk.serve(|job| job())))?,
        ];
        announce(&url);
        let served = site::serve(bound, site, &end);
        // What is still being done ends, and so do both threads: nobody can hand in anything any more.
        of_network.cancel();
        of_pictures.cancel();
        threads.extend(shelf.and_then(|shelf| shelf.end()));
        left(&threads);
        served
    }
}

/// Waits until threads have ended; for those that decode a huge image nobody waits, as that cannot be ended.
fn left(threads: &[JoinHandle<()>]) {
    let since = Instant::now();
    while since.elapsed() < GRACE && !threads.iter().all(JoinHandle::is_finished) {
        thread::sleep(POLL);
    }
}
