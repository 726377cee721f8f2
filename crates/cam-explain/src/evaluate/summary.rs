use std::path::Path;

use cam_files::write_atomically;
use cam_viz::{BarChart, Figure, FigureStyle, Panel, png_bytes};
use serde::Serialize;

use super::measure::{Contestant, Measures};
use super::records::{Header, Records};
use crate::error::{Context as _, Error};

/// A measure's name, what is better, and its number.
type Column = (&'static str, &'static str, fn(&Measures) -> Option<f32>);

/// What the table shows.
const COLUMNS: [Column; 12] = [
    ("inside", "more is better", |m| m.share_inside),
    ("points", "more is better", |m| m.points_inside),
    ("deletion", "less is better", |m| m.deletion),
    ("insertion", "more is better", |m| m.insertion),
    ("drop", "less is better", |m| m.drop),
    ("increase", "more is better", |m| m.increase),
    ("road", "more is better", |m| m.road),
    ("arcc", "more is better", |m| m.arcc),
    ("complexity", "less is better", |m| m.complexity),
    ("sensitivity", "less is better", |m| m.sensitivity),
    ("randomised", "near 0 is better", |m| m.randomised),
    ("ms", "less is better", |m| m.milliseconds),
];

/// Mean measures by method.
#[derive(Debug, Serialize)]
pub struct Summary {
    settings: Header,
    /// The methods and baselines of this run, in their order.
    pub methods: Vec<Row>,
    /// Images of the folder that could not be read, and how many there are.
    #[serde(skip)]
    pub failed: (usize, usize),
}

/// What was measured of a method.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its name.
    pub method: String,
    /// Maps that were measured.
    pub maps: usize,
    /// Maps of them that say nothing, and are left out of the means.
    pub degenerate: usize,
    /// Maps of collages that hold a damaged image.
    pub damaged: usize,
    /// Each measure's name and mean, none where it has no value.
    #[serde(serialize_with = "as_map")]
    pub means: Vec<(&'static str, Option<f32>)>,
}

impl Summary {
    /// Of the first collages, by the contestants of this run.
    pub(super) fn new(
        records: &Records,
        contestants: &[Contestant],
        collages: usize,
        failed: (usize, usize),
    ) -> Self {
        let rows = contestants.iter().map(|contestant| {
            let records = records.records.iter();
            let records: Vec<_> = records
                .filter(|record| record.method == contestant.name && record.collage < collages)
                .collect();
            let measured: Vec<&Measures> = records.iter().map(|record| &record.measures).collect();
            Row {
                method: contestant.name.clone(),
                maps: measured.len(),
                damaged: records.iter().filter(|record| record.damaged).count(),
                degenerate: measured.iter().filter(|measures| measures.deletion.is_none()).count(),
                means: COLUMNS.map(|(name, _, value)| (name, mean(&measured, value))).to_vec(),
            }
        });
        Self { settings: records.header.clone(), methods: rows.collect(), failed }
    }

    /// Writes `summary.csv`, `summary.json` and `summary.png` into a folder.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        let json = serde_json::to_vec_pretty(self).context("writing JSON")?;
        let picture = png_bytes(&self.figure()).context("writing a PNG")?;
        let files = [
            ("summary.csv", self.csv().into_bytes()),
            ("summary.json", json),
            ("summary.png", picture),
        ];
        for (name, bytes) in files {
            write_atomically(&folder.join(name), &bytes)
                .map_err(|error| Error::from(error).output())?;
        }
        Ok(())
    }

    fn csv(&self) -> String {
        let mut text = String::from("method,maps,degenerate,damaged");
        COLUMNS.iter().for_each(|(name, ..)| text.push_str(&format!(",{name}")));
        for row in &self.methods {
            text.push_str(&format!(
                "\n{},{},{},{}",
                row.method, row.maps, row.degenerate, row.damaged
            ));
            for (_, mean) in &row.means {
                text.push_str(&mean.map_or(",".to_owned(), |mean| format!(",{mean}")));
            }
        }
        text.push('\n');
        text
    }

    fn figure(&self) -> image::RgbImage {
        let panels = COLUMNS.iter().enumerate().map(|(index, (name, better, _))| {
            let bars =
                self.methods.iter().map(|row| (row.method.clone(), row.means[index].1)).collect();
            let image = BarChart { bars }.render();
            Panel { image, caption: vec![(*name).to_owned(), (*better).to_owned()] }
        });
        let panels: Vec<Panel> = panels.collect();
        let height = panels.first().map_or(0, |panel| panel.image.height());
        let figure = Figure {
            title: Some(format!("{}, {}", self.settings.network.model, self.settings.layer)),
            rows: panels.chunks(3).map(<[Panel]>::to_vec).collect(),
            color_bar: None,
        };
        figure.render(&FigureStyle { cell_height: height, ..FigureStyle::default() })
    }
}

fn mean(measured: &[&Measures], value: fn(&Measures) -> Option<f32>) -> Option<f32> {
    let values: Vec<f64> =
        measured.iter().filter_map(|measures| value(measures)).map(f64::from).collect();
    let sum: f64 = values.iter().sum();
    (!values.is_empty()).then(|| (sum / values.len() as f64) as f32)
}

fn as_map<S: serde::Serializer>(
    means: &[(&'static str, Option<f32>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(means.iter().copied())
}
