use std::path::Path;

use cam_files::write_atomically;
use cam_metrics::confidence_interval;
use cam_viz::{BarChart, Figure, FigureStyle, Panel, png_bytes};
use serde::Serialize;

use super::measure::Contestant;
use super::records::{Header, Record, Records};
use super::wanted::{Measure, Wanted};
use crate::error::{Context as _, Error};

/// Mean measures by method.
#[derive(Serialize)]
pub struct Summary {
    settings: Header,
    /// The methods and baselines of this run, in their order.
    pub methods: Vec<Row>,
    /// Images of the folder that could not be read, and how many there are.
    #[serde(skip)]
    pub failed: (usize, usize),
    #[serde(skip)]
    wanted: Wanted,
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
    /// Each measure's name and the interval in which its mean lies with 95 % confidence, by bootstrap over the pictures;
    /// none for a single picture.
    #[serde(serialize_with = "as_map")]
    pub intervals: Vec<(&'static str, Option<[f32; 2]>)>,
}

impl Summary {
    /// Of the first pictures, by the contestants of this run.
    pub(super) fn new(
        records: &Records,
        contestants: &[Contestant],
        wanted: &Wanted,
        pictures: usize,
        failed: (usize, usize),
    ) -> Self {
        let rows = contestants.iter().map(|contestant| {
            let records = records.records.iter();
            let records: Vec<_> = records
                .filter(|record| record.method == contestant.name && record.picture < pictures)
                .collect();
            let by_picture = |measure: &Measure| by_picture(&records, pictures, measure);
            Row {
                method: contestant.name.clone(),
                maps: records.len(),
                damaged: records.iter().filter(|record| record.damaged).count(),
                degenerate: records.iter().filter(|record| record.measures.degenerate).count(),
                means: wanted.iter().map(|m| (m.name, mean(&by_picture(m)))).collect(),
                intervals: wanted.iter().map(|m| (m.name, interval(&by_picture(m)))).collect(),
            }
        });
        Self {
            settings: records.header.clone(),
            methods: rows.collect(),
            failed,
            wanted: wanted.clone(),
        }
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
        self.wanted.iter().for_each(|Measure { name, .. }| {
            text.push_str(&format!(",{name},{name}_low,{name}_high"));
        });
        for row in &self.methods {
            text.push_str(&format!(
                "\n{},{},{},{}",
                row.method, row.maps, row.degenerate, row.damaged
            ));
            for ((_, mean), (_, interval)) in row.means.iter().zip(&row.intervals) {
                let numbers = [*mean, interval.map(|ends| ends[0]), interval.map(|ends| ends[1])];
                for number in numbers {
                    text.push_str(&number.map_or(",".to_owned(), |number| format!(",{number}")));
                }
            }
        }
        text.push('\n');
        text
    }

    fn figure(&self) -> image::RgbImage {
        let panels = self.wanted.iter().enumerate().map(|(index, Measure { name, better, .. })| {
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

/// A measure's values, those of one picture together.
fn by_picture(records: &[&Record], pictures: usize, measure: &Measure) -> Vec<Vec<f64>> {
    let mut groups = vec![Vec::new(); pictures];
    for record in records {
        groups[record.picture].extend((measure.value)(&record.measures).map(f64::from));
    }
    groups
}

fn mean(groups: &[Vec<f64>]) -> Option<f32> {
    let (sum, count) =
        groups.iter().flatten().fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| (sum / f64::from(count)) as f32)
}

fn interval(groups: &[Vec<f64>]) -> Option<[f32; 2]> {
    confidence_interval(groups, 0).map(|ends| ends.map(|end| end as f32))
}

fn as_map<T: Serialize + Copy, S: serde::Serializer>(
    means: &[(&'static str, T)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(means.iter().copied())
}
