//! Results as a table of columns, for those who analyse many.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cam_files::Temporary;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::results::Results;
use crate::cancel::Cancel;
use crate::error::{Context as _, Error, failed};
use crate::explain::Condition;
use crate::notice;

/// A row for each image and concept, and one for an image that failed. Values stand row by row in
/// `map`, signed; the window is the rectangle of the image, in its pixels, that the map covers. Remarks are
/// lines of a text.
const SCHEMA: &str = "
message results {
  REQUIRED BYTE_ARRAY path (UTF8);
  OPTIONAL BYTE_ARRAY concept (UTF8);
  OPTIONAL FLOAT score;
  OPTIONAL INT32 height;
  OPTIONAL INT32 width;
  REQUIRED group map (LIST) { REPEATED group list { REQUIRED FLOAT element; } }
  OPTIONAL BYTE_ARRAY error (UTF8);
  OPTIONAL BOOLEAN damaged;
  OPTIONAL BYTE_ARRAY remarks (UTF8);
  OPTIONAL DOUBLE window_left;
  OPTIONAL DOUBLE window_top;
  OPTIONAL DOUBLE window_width;
  OPTIONAL DOUBLE window_height;
}";

/// Numbers of maps that are written together: some 16 MB, whatever the number of images.
const NUMBERS: usize = 4 << 20;

/// Columns of some rows.
#[derive(Default)]
struct Rows {
    paths: Vec<ByteArray>,
    concepts: Optional<ByteArray>,
    scores: Optional<f32>,
    heights: Optional<i32>,
    widths: Optional<i32>,
    maps: Vec<f32>,
    /// Of every number, or of an empty map, whether it is there and whether it goes on the one before.
    map_levels: [Vec<i16>; 2],
    errors: Optional<ByteArray>,
    damaged: Optional<bool>,
    remarks: Optional<ByteArray>,
    windows: [Optional<f64>; 4],
}

/// Values, and for each row whether it has one.
struct Optional<T> {
    values: Vec<T>,
    levels: Vec<i16>,
}

impl<T> Default for Optional<T> {
    fn default() -> Self {
        Self { values: Vec::new(), levels: Vec::new() }
    }
}

impl<T> Optional<T> {
    fn push(&mut self, value: Option<T>) {
        self.levels.push(i16::from(value.is_some()));
        self.values.extend(value);
    }
}

/// Writes the table beside the lines, whole or not at all; its name.
pub fn write(results: &Results, cancel: &Cancel) -> Result<PathBuf, Error> {
    let path = results.path().with_extension("parquet");
    let folder = path.parent().unwrap_or(Path::new("."));
    let part = Temporary::new_in(folder);
    let part = part.with_context(|| path.display().to_string()).map_err(Error::output)?;
    let schema = parse_message_type(SCHEMA)?;
    let file = part.as_file().try_clone().context("a second handle")?;
    let writer = SerializedFileWriter::new(file, Arc::new(schema), Default::default());
    let mut writer = writer.map_err(not_written)?;
    let mut rows = Rows::default();
    results.each(|line| {
        cancel.check("the lines are whole; the table was not written")?;
        let path = ByteArray::from(line.path.as_str());
        let image = line.condition.as_ref();
        if line.concepts.is_empty() {
            rows.push(path, image, None, line.error.as_deref());
        } else {
            for found in &line.concepts {
                let [height, width] =
                    found.size.map(|side| i32::try_from(side).unwrap_or(i32::MAX));
                let found = (found.concept.as_str(), found.score, [height, width], &found.map);
                rows.push(path.clone(), image, Some(found), None);
            }
        }
        if rows.maps.len() >= NUMBERS {
            std::mem::take(&mut rows).write(&mut writer)?;
        }
        Ok(())
    })?;
    rows.write(&mut writer)?;
    writer.close().map_err(not_written)?;
    part.persist(&path).with_context(|| path.display().to_string()).map_err(Error::output)?;
    Ok(path)
}

/// Says where a table of before is no longer what the lines are.
pub fn remark_if_stale(results: &Results) {
    let path = results.path().with_extension("parquet");
    if results.has_changed && path.exists() {
        let path = path.display();
        notice::remark(format_args!("{path} is out of date: it was not written again"));
    }
}

fn not_written(error: parquet::errors::ParquetError) -> Error {
    Error::from(error).of("writing a Parquet file").output()
}

impl Rows {
    fn push(
        &mut self,
        path: ByteArray,
        image: Option<&Condition>,
        found: Option<(&str, f32, [i32; 2], &Vec<f32>)>,
        error: Option<&str>,
    ) {
        self.paths.push(path);
        self.damaged.push(image.map(|image| image.damaged));
        let remarks = image.filter(|image| !image.remarks.is_empty());
        self.remarks.push(remarks.map(|image| ByteArray::from(image.remarks.join("\n").as_str())));
        for (side, column) in self.windows.iter_mut().enumerate() {
            column.push(image.map(|image| image.window[side]));
        }
        self.concepts.push(found.map(|(concept, ..)| ByteArray::from(concept)));
        self.scores.push(found.map(|(_, score, ..)| score));
        self.heights.push(found.map(|(_, _, [height, _], _)| height));
        self.widths.push(found.map(|(_, _, [_, width], _)| width));
        self.errors.push(error.map(ByteArray::from));
        let map = found.map_or(&[][..], |(.., map)| map);
        let [there, goes_on] = &mut self.map_levels;
        there.extend(std::iter::repeat_n(1, map.len()).chain(map.is_empty().then_some(0)));
        goes_on.extend((0..map.len().max(1)).map(|index| i16::from(index > 0)));
        self.maps.extend(map);
    }

    fn write(self, writer: &mut SerializedFileWriter<std::fs::File>) -> Result<(), Error> {
        if self.paths.is_empty() {
            return Ok(());
        }
        let mut group = writer.next_row_group().map_err(not_written)?;
        let mut index = 0;
        while let Some(mut column) = group.next_column().map_err(not_written)? {
            let [there, goes_on] = &self.map_levels;
            let written = match (index, column.untyped()) {
                (0, ColumnWriter::ByteArrayColumnWriter(to)) => {
                    to.write_batch(&self.paths, None, None)
                }
                (1, ColumnWriter::ByteArrayColumnWriter(to)) => {
                    to.write_batch(&self.concepts.values, Some(&self.concepts.levels), None)
                }
                (2, ColumnWriter::FloatColumnWriter(to)) => {
                    to.write_batch(&self.scores.values, Some(&self.scores.levels), None)
                }
                (3, ColumnWriter::Int32ColumnWriter(to)) => {
                    to.write_batch(&self.heights.values, Some(&self.heights.levels), None)
                }
                (4, ColumnWriter::Int32ColumnWriter(to)) => {
                    to.write_batch(&self.widths.values, Some(&self.widths.levels), None)
                }
                (5, ColumnWriter::FloatColumnWriter(to)) => {
                    to.write_batch(&self.maps, Some(there), Some(goes_on))
                }
                (6, ColumnWriter::ByteArrayColumnWriter(to)) => {
                    to.write_batch(&self.errors.values, Some(&self.errors.levels), None)
                }
                (7, ColumnWriter::BoolColumnWriter(to)) => {
                    to.write_batch(&self.damaged.values, Some(&self.damaged.levels), None)
                }
                (8, ColumnWriter::ByteArrayColumnWriter(to)) => {
                    to.write_batch(&self.remarks.values, Some(&self.remarks.levels), None)
                }
                (9..=12, ColumnWriter::DoubleColumnWriter(to)) => {
                    let window = &self.windows[index - 9];
                    to.write_batch(&window.values, Some(&window.levels), None)
                }
                _ => return Err(failed!("the table's columns are not those of its schema")),
            };
            written.and_then(|_| column.close()).map_err(not_written)?;
            index += 1;
        }
        group.close().map_err(not_written)?;
        Ok(())
    }
}
