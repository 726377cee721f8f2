//! What answers a browser.

mod body;
mod changes;
mod files;
mod guard;
mod limits;
mod packed;
mod page;
mod reply;
mod routes;
mod server;

use std::sync::Arc;

use cam_explain::{Environment, Error};
use tokio::sync::Semaphore;

use crate::command::Setup;
use crate::desk::{Desk, Refusal};
use crate::explainer::Explainer;
use crate::library::Library;
use crate::offer::Offer;
use crate::shelf::Shelf;

pub use guard::Door;
pub use limits::Limits;
pub use server::{bound, serve};

/// Work for whoever has the network.
pub type NetworkJob = Box<dyn for<'m> FnOnce(&mut Explainer<'m>) + Send>;

/// Work that needs no network: pictures to decode, folders to look through.
pub type PictureJob = Box<dyn FnOnce() + Send>;

/// Everything that a request may need.
pub struct Site {
    /// Who may ask.
    pub door: Door,
    /// The images.
    pub library: Arc<Library>,
    /// The index.
    pub shelf: Option<Arc<Shelf>>,
    /// What a command line says of network and images.
    pub setup: Setup,
    /// What the network offers.
    pub offer: Offer,
    /// Where the network is asked.
    pub network: Desk<NetworkJob>,
    /// Where pictures are asked for.
    pub pictures: Desk<PictureJob>,
    /// How large images may be, and what ends their decoding.
    pub environment: Environment,
    /// How much, and how slow, a browser may be.
    pub limits: Limits,
    /// Places for bodies.
    pub bodies: Semaphore,
}

impl Site {
    async fn ask<T: Send + 'static>(
        &self,
        work: impl for<'m> FnOnce(&mut Explainer<'m>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Refusal> {
        let job = |answer: crate::desk::Answer<T>| -> NetworkJob {
            Box::new(move |explainer| answer.of(|| work(explainer)))
        };
        self.network.ask(job).await
    }

    async fn picture<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Refusal> {
        let job =
            |answer: crate::desk::Answer<T>| -> PictureJob { Box::new(move || answer.of(work)) };
        self.pictures.ask(job).await
    }
}
