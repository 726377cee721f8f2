use std::path::{Path, PathBuf};

use burn::tensor::{Tensor, TensorData};
use cam_core::{Network as _, Pair};
use cam_models::Fit;
use cam_store::index::{Entry, Hit};
use cam_threads::cores;
use cam_viz::{FigureStyle, Panel, Window};

use super::pictures::Pictures;
use super::{Why, html, why};
use crate::compare::{Compared, color_bar, correspondences, maps};
use crate::concepts::fingerprint;
use crate::drawing::Figure;
use crate::error::{Context as _, Error, failed};
use crate::explain::{Captured, Reading, Size, window};
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

    /// Finds the images most like one; `images` is their folder, where it is elsewhere than when they were indexed, and
    /// `draws` whether they are drawn.
    ///
    /// # Errors
    /// Where the index was made by another network, or the query cannot be read.
    pub fn search<'a>(
        &'a self,
        model: &'a Model,
        query: &Source,
        top: usize,
        (images, draws): (Option<&Path>, bool),
    ) -> Result<Searched<'a>, Error> {
        let gallery = &self.gallery;
        let made = gallery.header().fingerprint.check(&fingerprint(model)?);
        made.with_context(|| self.folder.display())?;
        let captured = model.capture(query.clone())?;
        let embedding = captured.embedding()?;
        let hits = gallery.search(&embedding, top, cores()).with_context(|| query.to_string())?;
        let root = images.map_or_else(|| PathBuf::from(&gallery.header().root), Path::to_owned);
        let reading = Reading { decoding: model.reading().decoding, ..self.reading };
        let pictures = Pictures::new(root, draws, reading.decoding, model.environment());
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

    /// Whether the network's embedding is a mean of positions, so that what was found can be [compared](Self::compare).
    pub fn has_pairs(&self) -> bool {
        let network = self.query.model().network();
        network.last_layer().is_ok_and(|layer| network.head(layer).is_some())
    }

    /// The query with each image that was found, from the maps in the index.
    ///
    /// # Errors
    /// Where the index kept no maps, or the network's head is not a sum over positions.
    pub fn compare(&self) -> Result<Vec<Compared>, Error> {
        let network = self.query.model().network();
        let layer = network.last_layer()?;
        let head = network.head(layer).ok_or_else(|| {
            failed!(
                "the embedding of {} is no mean of positions, as the maps that an index keeps are read: compare the query \
                 with one image, or ask why one ranks above another",
                self.query.model().name()
            )
        })?;
        let own = self.query.core().activations(layer).context("the layer was captured")?;
        let style = FigureStyle::default();
        let picture = style.shrink(&self.query.picture.pixels);
        let upsampling = self.query.upsampling()?;
        let model = self.query.model();
        let compared = self.hits.iter().take(MOST_DRAWN).map(|hit| {
            let entry = self.entry(hit);
            let kept = self.gallery.activations(entry)?;
            let [c, h, w] = entry.shape.map(|side| side as usize);
            if c != own.dims()[1] {
                let path = &entry.image.path;
                return Err(failed!(
                    "entries.log: shape of {path} has {c} channels, the network {}",
                    own.dims()[1]
                ));
            }
            let whole = self.pictures.whole(entry);
            let kept = Tensor::from_data(TensorData::new(kept, [1, c, h, w]), network.device());
            Ok(Compared {
                names: [self.name.clone(), entry.image.path.to_string()],
                pictures: [picture.clone(), style.shrink(&whole)],
                windows: [self.query.window(), self.window(entry)],
                upsampling: [upsampling.clone(), model.upsampling_on(&whole, &self.reading)?],
                damaged: [self.query.condition.damaged, entry.image.damaged],
                pair: Pair::of(head, [own, &kept])?,
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

/// What was found at a rank, and why.
pub fn panels(rank: usize, compared: &Compared, style: &FigureStyle) -> Result<[Panel; 2], Error> {
    let mut lines = correspondences(compared, style);
    let cosine = compared.pair.cosine();
    lines.caption[0] = format!("{}. {}, cosine {cosine:.3}", rank + 1, compared.names[1]);
    Ok([lines, maps(compared, style)?])
}
