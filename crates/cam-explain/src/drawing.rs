//! Maps over pictures, and pictures as files.

use std::path::Path;

use cam_core::Arithmetic;
use cam_files::write_atomically;
use cam_viz::{
    ColorBar, Colormap, FigureStyle, Map, OverlayStyle, Panel, Upsample, Upsampling, Window,
    draw_seen, outline, overlay, overlay_compat, overlay_signed, overlay_signed_within,
    picture_bytes,
};
use image::RgbImage;

use crate::error::{Context as _, Error};
use crate::explain::{
    Answer, BoundingBox, Captured, Clock, Concept, Condition, Input, Kind, boxes_of, unseen,
};
use crate::model::Model;
use crate::picture::Picture;
use crate::source::Source;

/// Panels side by side at most; what is more goes on in the next row.
pub const WIDEST_ROW: usize = 8;

/// A picture that was drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing(pub RgbImage);

impl Drawing {
    /// Writes it as PNG or JPEG, as the name ends, whole or not at all.
    ///
    /// # Errors
    /// Where the name ends otherwise, or the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let bytes = picture_bytes(path, &self.0).map_err(Error::usage_by)?;
        write_atomically(path, &bytes).map_err(|error| Error::from(error).output())
    }
}

/// An answer's map, to be laid over pictures.
#[derive(Debug, Clone, Copy)]
pub struct Heatmap<'a> {
    answer: &'a Answer,
    style: OverlayStyle,
    /// From which value on regions are outlined.
    threshold: Option<f32>,
}

impl Answer {
    /// Its map in the usual colours: those of the library whose arithmetic was followed.
    pub fn heatmap(&self) -> Heatmap<'_> {
        Heatmap { answer: self, style: usual_style(self.arithmetic), threshold: None }
    }
}

/// The look of overlays, unless another is asked for.
pub fn usual_style(arithmetic: Arithmetic) -> OverlayStyle {
    let colormap = match arithmetic {
        Arithmetic::Standard => Colormap::default(),
        Arithmetic::PytorchGradCam => Colormap::Jet,
    };
    OverlayStyle { colormap, ..OverlayStyle::default() }
}

impl<'a> Heatmap<'a> {
    /// The same in other colours; [`Colormap::Diverging`] draws the signed raw map.
    #[must_use]
    pub fn colored(self, colormap: Colormap) -> Self {
        Self { style: OverlayStyle { colormap, ..self.style }, ..self }
    }

    /// The same with that part of the picture's colours kept, in 0..=1.
    #[must_use]
    pub fn weighted(self, image_weight: f32) -> Self {
        Self { style: OverlayStyle { image_weight, ..self.style }, ..self }
    }

    /// The same with its [boxes](Answer::boxes) at a threshold.
    #[must_use]
    pub fn boxed(self, threshold: f32) -> Self {
        Self { threshold: Some(threshold), ..self }
    }

    /// Over the picture that was captured, at its own size; what the network did not see of it is hatched.
    ///
    /// # Errors
    /// Where the map cannot be resized so far.
    pub fn over(&self, picture: &Picture) -> Result<Drawing, Error> {
        self.drawn(&picture.pixels, &self.answer.window).map(Drawing)
    }

    /// Over what the network saw, at the input's size.
    ///
    /// # Errors
    /// As [`over`](Self::over).
    pub fn over_input(&self, captured: &Captured<'_>) -> Result<Drawing, Error> {
        self.drawn(&captured.seen(), &Window::WHOLE).map(Drawing)
    }

    fn drawn(&self, picture: &RgbImage, window: &Window) -> Result<RgbImage, Error> {
        let size = picture.dimensions();
        let mut drawn = draw_seen(picture, window, |part| {
            self.lay_over(part, window, size).context("laying a map over its image")
        })?;
        if let Some(threshold) = self.threshold {
            let boxes = boxes_of(&self.answer.map, threshold, window, size);
            // The first lies on top.
            let rectangles: Vec<_> = boxes.iter().rev().map(BoundingBox::pixels).collect();
            outline(&mut drawn, &rectangles);
        }
        Ok(drawn)
    }

    /// Over the part of a picture of a size that the network saw.
    fn lay_over(
        &self,
        part: &RgbImage,
        window: &Window,
        (width, height): (u32, u32),
    ) -> Result<RgbImage, Error> {
        let (size, style) = ((width as usize, height as usize), &self.style);
        if style.colormap == Colormap::Diverging {
            let map = signed(self.answer, window, size)?;
            return overlay_signed(part, &map, style.image_weight).context("colours");
        }
        let onward = self.answer.upsampling.onward();
        let map = self.answer.map.upsample_onto(&onward, &window.inside(), size.0, size.1)?;
        match self.answer.arithmetic {
            Arithmetic::Standard => overlay(part, &map, style),
            Arithmetic::PytorchGradCam => overlay_compat(part, &map, style),
        }
        .context("colours")
    }
}

/// The signed map on the picture; several layers count alike.
fn signed(answer: &Answer, window: &Window, size: (usize, usize)) -> Result<Map, Error> {
    let maps = answer.raw.iter().map(|raw| {
        let largest = raw.max().max(-raw.min()).max(f32::MIN_POSITIVE);
        raw.upsample_onto(&answer.upsampling, window, size.0, size.1).map(|map| (map, largest))
    });
    let maps = maps.collect::<Result<Vec<_>, _>>()?;
    let (width, height) = maps.first().map_or((0, 0), |(map, _)| (map.width(), map.height()));
    let mut sum = vec![0.0; width * height];
    for (map, largest) in &maps {
        sum.iter_mut().zip(map.values()).for_each(|(sum, value)| *sum += value / largest);
    }
    Ok(Map::new(width, height, sum)?)
}

/// A raw map over a picture, `strongest` being the value of the strongest colour; values below zero have the colour
/// of zero, but where the sign is drawn.
///
/// # Errors
/// Where the map cannot be resized so far.
pub fn lay_over(
    picture: &RgbImage,
    window: &Window,
    (map, upsampling): (&Map, &Upsampling),
    strongest: f32,
    style: &OverlayStyle,
) -> Result<RgbImage, Error> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let onto =
        |map: &Map| map.upsample_onto(upsampling, window, width, height).context("resizing a map");
    let drawn = if style.colormap == Colormap::Diverging {
        let map = onto(map)?;
        draw_seen(picture, window, |part: &RgbImage| {
            overlay_signed_within(part, &map, strongest, style.image_weight)
        })
    } else {
        let shares = map.values().iter().map(|value| (value / strongest).clamp(0.0, 1.0));
        let map = onto(&Map::new(map.width(), map.height(), shares.collect())?)?;
        draw_seen(picture, window, |part: &RgbImage| overlay(part, &map, style))
    };
    drawn.context("laying a map over its image")
}

/// Pictures in rows, with captions.
#[derive(Debug, Clone, Default)]
pub struct Figure {
    /// Stands above all.
    pub title: Option<String>,
    /// From left to right, from top to bottom.
    pub rows: Vec<Vec<Panel>>,
    /// What the colours mean.
    pub color_bar: Option<ColorBar>,
}

impl Figure {
    /// A row for each concept (concept, image, where it is, where it is not) and for each class (image, overlay).
    ///
    /// # Errors
    /// Where a map cannot be drawn.
    pub fn rows(
        concepts: &[Concept],
        captured: &Captured<'_>,
        answers: &[Answer],
    ) -> Result<Self, Error> {
        let overlays = answers.iter().map(|answer| captured.overlay(&answer.heatmap()));
        let overlays = overlays.collect::<Result<Vec<_>, Error>>()?;
        let rows = rows(concepts, (captured, &captured.source.stem()), answers, &overlays);
        let colormap = usual_style(captured.model().arithmetic()).colormap;
        Ok(Self { title: None, rows, color_bar: Some(color_bar(colormap)) })
    }

    /// Draws it.
    pub fn draw(&self) -> Drawing {
        Drawing(self.on_a_page().render(&FigureStyle::default()))
    }

    /// The same as an SVG document, whose words are text.
    ///
    /// # Errors
    /// Where a picture cannot be encoded.
    pub fn svg(&self) -> Result<String, Error> {
        self.on_a_page().svg(&FigureStyle::default()).map_err(Error::failed_by)
    }

    /// In rows that a page is wide enough for.
    fn on_a_page(&self) -> cam_viz::Figure {
        let rows = self.rows.iter().flat_map(|row| row.chunks(WIDEST_ROW).map(<[Panel]>::to_vec));
        let (title, color_bar) = (self.title.clone(), self.color_bar.clone());
        cam_viz::Figure { title, rows: rows.collect(), color_bar }
    }

    /// Draws it into a file.
    ///
    /// # Errors
    /// As [`Drawing::save`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.draw().save(path)
    }
}

impl Model {
    /// A heatmap as [`Captured::overlay`] shows it, over its image, which is read again.
    ///
    /// # Errors
    /// Where the image can no longer be read, and as [`Heatmap::over`].
    pub fn overlay(&self, image: &Source, heatmap: &Heatmap<'_>) -> Result<RgbImage, Error> {
        let input = Input::read(image, self, &mut Clock::start())?;
        Ok(match self.arithmetic() {
            Arithmetic::Standard => heatmap.over(&input.picture)?.0,
            Arithmetic::PytorchGradCam => heatmap.drawn(&input.seen(), &Window::WHOLE)?,
        })
    }
}

impl Captured<'_> {
    /// A heatmap as it is shown of this image: over all of it, or, where pytorch-grad-cam is followed, over what the
    /// network saw.
    ///
    /// # Errors
    /// As [`Heatmap::over`].
    pub fn overlay(&self, heatmap: &Heatmap<'_>) -> Result<RgbImage, Error> {
        let drawn = match self.model().arithmetic() {
            Arithmetic::Standard => heatmap.over(&self.picture),
            Arithmetic::PytorchGradCam => heatmap.over_input(self),
        };
        Ok(drawn?.0)
    }
}

/// The rows of an image's answers, whose overlays are given; answers of several methods to a question stand side by
/// side.
pub fn rows(
    concepts: &[Concept],
    (captured, name): (&Captured<'_>, &str),
    answers: &[Answer],
    overlays: &[RgbImage],
) -> Vec<Vec<Panel>> {
    let style = FigureStyle::default();
    let query = style.shrink(&captured.picture.pixels);
    let first = answers.first().map(|answer| answer.method.as_str());
    let has_several = answers.iter().any(|answer| Some(answer.method.as_str()) != first);
    let mut rows: Vec<Vec<Panel>> = Vec::new();
    for (answer, overlay) in answers.iter().zip(overlays) {
        let begins = answer.subject.kind != Kind::Difference;
        if begins && Some(answer.method.as_str()) == first {
            let concept = answer.subject.concept.and_then(|index| concepts.get(index));
            let shown = concept.and_then(|concept| Some((concept, concept.picture.as_ref()?)));
            let mut row: Vec<Panel> = shown
                .map(|(concept, image)| {
                    panel(image, "concept", &concept.name, concept.condition.as_ref())
                })
                .into_iter()
                .collect();
            row.push(panel(&query, "query", name, Some(&captured.condition)));
            rows.push(row);
        }
        if let Some(row) = rows.last_mut() {
            let mut caption = vec![answer.question.clone(), answer.number.clone()];
            if has_several {
                caption.push(answer.method.clone());
            }
            caption.extend(unseen(&captured.window()));
            caption.extend(edges(answer.upsampling.kind()));
            row.push(Panel { image: style.shrink(overlay), caption });
        }
    }
    rows
}

fn panel(image: &RgbImage, role: &str, name: &str, condition: Option<&Condition>) -> Panel {
    let mut caption = vec![format!("{role}: {name}")];
    caption.extend(condition.and_then(Condition::caption));
    Panel { image: image.clone(), caption }
}

/// A line of a caption for a map whose edges are not the network's.
pub fn edges(upsample: Upsample) -> Option<String> {
    (upsample == Upsample::Guided).then(|| "edges are the photograph's".to_owned())
}

/// What the colours of answers mean.
pub fn color_bar(colormap: Colormap) -> ColorBar {
    let (low, high) = match colormap {
        Colormap::Diverging => ("against", "for"),
        _ => ("none", "most"),
    };
    ColorBar { colormap, low: low.to_owned(), high: high.to_owned() }
}
