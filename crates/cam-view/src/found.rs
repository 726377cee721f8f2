//! What a search found, and why.

use std::path::Path;

use cam_explain::compare::{Compared, correspondences, maps};
use cam_explain::index::{Index, Shown};
use cam_explain::{Error, Model, Source};
use cam_viz::{FigureStyle, Panel};
use image::RgbImage;
use serde::Serialize;

/// Images that are shown.
pub const TOP: usize = 12;

/// What was found.
pub struct Found {
    /// Images in the index.
    pub among: usize,
    /// The most similar first.
    pub hits: Vec<Hit>,
    /// Why one stands above another, where that was asked.
    pub why: Option<Why>,
}

/// An image that was found.
pub struct Hit {
    /// Its path in the folder.
    pub path: String,
    /// Cosine to the query.
    pub cosine: f32,
    /// Whether pixels are missing from its file.
    pub damaged: bool,
    /// What belongs together, and what of each is like the other; nothing where the index keeps no pairs.
    pub panels: Option<[Panel; 2]>,
}

/// Why one image stands above another.
pub struct Why {
    /// In words.
    pub line: String,
    /// Which colour speaks for which.
    pub colours: String,
    /// The query with what speaks for either.
    pub picture: RgbImage,
}

/// As the command line writes it.
#[derive(Serialize)]
struct Line<'a> {
    rank: usize,
    path: &'a str,
    cosine: f32,
    damaged: bool,
}

impl Found {
    /// Searches an index.
    ///
    /// # Errors
    /// Where the index cannot be read or was made by another network, or the query cannot be read.
    pub fn search(
        model: &Model,
        (index, images): (&Path, Option<&Path>),
        query: &Source,
        why: Option<[&str; 2]>,
    ) -> Result<Self, Error> {
        let index = Index::open(index)?;
        let reading = index.reading(*model.reading(), None, None);
        let model = model.clone().with_images(reading);
        let shown = Shown { images, draws: true, explains: false };
        let search = index.search(&model, query, TOP, shown)?;
        let compared = if search.has_pairs() { search.compare()? } else { Vec::new() };
        let style = FigureStyle::default();
        let panels = |compared: &Compared| {
            Ok::<_, Error>([correspondences(compared, &style), maps(compared, &style)?])
        };
        let hits = search.hits.iter().enumerate().map(|(rank, hit)| {
            let image = &search.entry(hit).image;
            Ok(Hit {
                path: image.path.to_string(),
                cosine: hit.cosine,
                damaged: image.damaged,
                panels: compared.get(rank).map(panels).transpose()?,
            })
        });
        let hits = hits.collect::<Result<_, Error>>()?;
        let why = why.map(|sides| {
            let why = search.why(sides)?;
            let panel = why.row(&style).into_iter().next();
            let (picture, caption) =
                panel.map(|panel| (panel.image, panel.caption)).unwrap_or_default();
            let colours = caption.into_iter().next().unwrap_or_default();
            Ok::<_, Error>(Why { line: why.line(), colours, picture })
        });
        Ok(Self { among: index.gallery().entries().len(), hits, why: why.transpose()? })
    }

    /// A line of JSON for each image, as the command line writes them.
    ///
    /// # Errors
    /// Where JSON cannot be written.
    pub fn json(&self) -> Result<String, Error> {
        let mut text = String::new();
        for (rank, hit) in self.hits.iter().enumerate() {
            let Hit { path, cosine, damaged, .. } = hit;
            let line = Line { rank: rank + 1, path, cosine: *cosine, damaged: *damaged };
            text.push_str(&serde_json::to_string(&line).map_err(Error::failed)?);
            text.push('\n');
        }
        Ok(text)
    }

    /// A panel: two of each image, one after the other.
    pub fn panel(&self, index: usize) -> Option<&Panel> {
        self.hits.get(index / 2)?.panels.as_ref()?.get(index % 2)
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let panels = self.hits.iter().filter_map(|hit| hit.panels.as_ref()).flatten();
        let why = self.why.as_ref().map_or(0, |why| why.picture.as_raw().len());
        panels.map(|panel| panel.image.as_raw().len()).sum::<usize>() + why
    }
}
