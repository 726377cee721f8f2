use std::path::{Path, PathBuf};

use cam_core::{Kept, Network as _};
use cam_models::Fit;
use cam_store::index::{Entry, Hit, Maps};
use cam_threads::cores;
use cam_viz::{FigureStyle, Panel, Window};

use super::pictures::Pictures;
use super::{Why, html, why};
use crate::compare::{Compared, Pairing, color_bar, correspondences, maps};
use crate::concepts::fingerprint;
use crate::drawing::Figure;
use crate::error::{Context as _, Error, failed};
use crate::explain::{Captured, Clock, Reading, Size, usually_kept, window};
use crate::model::Model;
use crate::notice;
use crate::source::Source;

/// Correspondences drawn for each image that was found.
const LINES: usize = 6;

/// Images found that are drawn.
const MOST_DRAWN: usize = 50;

/// An index, open to be searched.
pub struct Index {
    folder: PathBuf,
    gallery: cam_store::Index,
    reading: Reading,
}

/// What is wanted of a search beside its hits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown<'a> {
    /// The folder of the images, where it is elsewhere than when they were indexed.
    pub images: Option<&'a Path>,
    /// Whether they are drawn.
    pub draws: bool,
    /// Whether what is found is [compared](Searched::compare) in any case, and not only where that can be.
    pub explains: bool,
}

/// A search and what came of it.
pub struct Searched<'a> {
    /// What was searched.
    pub gallery: &'a cam_store::Index,
    /// What the query is called.
    pub name: String,
    /// The query.
    pub query: Captured<'a>,
    /// The images most like it, in order.
    pub hits: Vec<Hit>,
    /// How the images of the index were read.
    reading: Reading,
    /// The index's images.
    pub pictures: Pictures,
}

impl Index {
    /// Opens an index.
    ///
    /// # Errors
    /// Where there is none, it is damaged, or it is empty.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let gallery = cam_store::Index::open(folder).with_context(|| folder.display())?;
        if gallery.entries().is_empty() {
            return Err(failed!("{} contains no images yet", folder.display()));
        }
        let header = gallery.header();
        let fit = header.fit.parse::<Fit>()?;
        let reading = Reading { fit: Some(fit), ..Reading::default() }.with_size(header.input);
        Ok(Self { folder: folder.to_owned(), gallery, reading })
    }

    /// The images and what is kept of them.
    pub fn gallery(&self) -> &cam_store::Index {
        &self.gallery
    }

    /// How a query is best read: as the images of the index were, but for what `asked` says otherwise. A size or a fit
    /// is asked for where it is given.
    pub fn reading(&self, asked: Reading, size: Option<Size>, fit: Option<Fit>) -> Reading {
        let own = self.reading;
        let reading = Reading { size: size.unwrap_or(own.size), fit: fit.or(own.fit), ..asked };
        if let (Some(own), Some(fit)) = (own.fit, fit)
            && own != fit
        {
            notice::remark(format_args!(
                "the index was made with fit {own}, and the query is read with fit {fit}"
            ));
        }
        reading
    }

    /// Finds the images most like one.
    ///
    /// # Errors
    /// Where the index was made by another network, what is found cannot be explained though that is wanted, or the query
    /// cannot be read.
    pub fn search<'a>(
        &'a self,
        model: &'a Model,
        query: &Source,
        top: usize,
        shown: Shown<'_>,
    ) -> Result<Searched<'a>, Error> {
        let gallery = &self.gallery;
        let made = gallery.header().fingerprint.check(&fingerprint(model)?);
        made.with_context(|| self.folder.display())?;
        let network = model.network();
        let pairing = pairing(gallery, model);
        let pairing = if shown.explains { Some(pairing?) } else { pairing.ok() };
        // Of the query's one pass, what its pairs need and what usually explains it.
        let kept = pairing.map_or_else(Kept::default, Pairing::kept).and(usually_kept(network));
        let seen = (&[network.last_layer()?][..], kept);
        let captured = model.capture_at(query, seen, &mut Clock::start())?;
        let embedding = captured.embedding()?;
        let hits = gallery.search(&embedding, top, cores()).with_context(|| query.to_string())?;
        let root =
            shown.images.map_or_else(|| PathBuf::from(&gallery.header().root), Path::to_owned);
        let reading = Reading { decoding: model.reading().decoding, ..self.reading };
        let pictures = Pictures::new(root, shown.draws, reading.decoding, model.environment());
        Ok(Searched { gallery, name: query.stem(), query: captured, hits, reading, pictures })
    }
}

impl Searched<'_> {
    /// What makes one image rank above another: by ranks of this search, or paths in the index.
    ///
    /// # Errors
    /// Where there is no such rank or path.
    pub fn why(&self, sides: [&str; 2]) -> Result<Why, Error> {
        why::explain(self, sides)
    }

    /// A page with everything in it that needs no other file.
    ///
    /// # Errors
    /// Where a map cannot be drawn.
    pub fn page(&self, drawn: &[Compared], why: Option<&Why>) -> Result<String, Error> {
        html::page(self, drawn, why)
    }

    /// What was found.
    pub fn entry(&self, hit: &Hit) -> &Entry {
        &self.gallery.entries()[hit.entry]
    }

    /// Where the maps of an image lie on it.
    fn window(&self, entry: &Entry) -> Window {
        let [width, height] = entry.image.pixels.map(|side| side as usize);
        window(&self.reading.placement(self.query.model().network(), (width, height)))
    }

    /// Whether the index keeps of images what their pairs with the query need, so that they can be
    /// [compared](Self::compare).
    pub fn has_pairs(&self) -> bool {
        pairing(self.gallery, self.query.model()).is_ok()
    }

    /// The query with each image that was found, from what the index keeps of it: the network does not run.
    ///
    /// # Errors
    /// Where the index kept nothing of the kind, or it is damaged.
    pub fn compare(&self) -> Result<Vec<Compared>, Error> {
        let (model, reading) = (self.query.model(), &self.reading);
        let pairing = pairing(self.gallery, model)?;
        let own = pairing.parts(self.query.core())?;
        let style = FigureStyle::default();
        let picture = style.shrink(&self.query.picture.pixels);
        let upsampling = self.query.upsampling()?;
        let compared = self.hits.iter().take(MOST_DRAWN).map(|hit| {
            let entry = self.entry(hit);
            let (maps, unit) = (self.gallery.maps(entry)?, self.gallery.vector(entry)?);
            let kept = own.of_maps(maps, entry.shape.map(|side| side as usize), unit);
            let kept = kept.with_context(|| {
                let (path, [channels, ..]) = (&entry.image.path, entry.shape);
                let own = own.channels();
                format!("entries.log: shape of {path} has {channels} channels, the network {own}")
            })?;
            let whole = self.pictures.whole(entry);
            Ok(Compared {
                names: [self.name.clone(), entry.image.path.to_string()],
                pictures: [picture.clone(), style.shrink(&whole)],
                windows: [self.query.window(), self.window(entry)],
                upsampling: [upsampling.clone(), model.upsampling_on(&whole, reading)?],
                damaged: [self.query.condition.damaged, entry.image.damaged],
                pair: pairing.pair([&own, &kept])?,
                lines: LINES,
            })
        });
        compared.collect()
    }

    /// What was found, and why, in a figure.
    ///
    /// # Errors
    /// Where a map cannot be drawn.
    pub fn figure(&self, drawn: &[Compared], why: Option<&Why>) -> Result<Figure, Error> {
        let style = FigureStyle::default();
        let mut rows = match why {
            Some(why) => vec![why.row(&style)],
            None => Vec::new(),
        };
        for (rank, compared) in drawn.iter().enumerate() {
            rows.push(panels(rank, compared, &style)?.into());
        }
        Ok(Figure {
            title: Some(format!("{} among {} images", self.name, self.gallery.entries().len())),
            rows,
            color_bar: Some(color_bar()),
        })
    }
}

/// How images of an index are taken apart.
///
/// # Errors
/// Where it keeps nothing of the kind, or what is no use for this network.
fn pairing<'m>(gallery: &cam_store::Index, model: &'m Model) -> Result<Pairing<'m>, Error> {
    let (kept, name) = (gallery.header().maps, model.name());
    let blocks = match kept {
        Maps::TokenContributions { blocks } => Some(blocks as usize),
        _ => None,
    };
    match Pairing::of(model.network(), blocks) {
        Ok(pairing) if pairing.maps() == kept => Ok(pairing),
        Ok(_) if kept == Maps::None => Err(cam_store::Error::NoMaps.into()),
        Ok(_) => Err(Error::usage(format_args!(
            "the index was made before {name} could be explained, and keeps what does not explain it: index the images again, \
             in another folder"
        ))),
        Err(reason) => Err(Error::usage(format_args!(
            "the embedding of {name} {reason}, and so nothing in an index says why an image is found: explain the query \
             with one of the images as the concept, or ask why one ranks above another"
        ))),
    }
}

/// What was found at a rank, and why.
pub fn panels(rank: usize, compared: &Compared, style: &FigureStyle) -> Result<[Panel; 2], Error> {
    let mut lines = correspondences(compared, style);
    let cosine = compared.pair.cosine();
    lines.caption[0] = format!("{}. {}, cosine {cosine:.3}", rank + 1, compared.names[1]);
    Ok([lines, maps(compared, style)?])
}
