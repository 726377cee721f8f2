use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cam_files::Temporary;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use crate::error::{Context as _, Error, failed};

/// Numbers of vectors that are written together: 16 MB, whatever the number of rows.
const NUMBERS: usize = 4 << 20;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// A list of f32, equally long in every row.
    Vector,
    /// A whole number of 32 bits.
    Integer,
    /// True or false.
    Flag,
}

/// What stands in a column of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// UTF-8.
    Text(&'a str),
    /// As wide as the table's vectors.
    Vector(&'a [f32]),
    /// At most 2^31 − 1.
    Integer(u32),
    /// True or false.
    Flag(bool),
}

/// A Parquet file of rows with vectors, on its way to its name.
///
/// Rows leave in groups, so that millions of them take no more memory than some thousands; nothing is under the
/// file's name before [`finish`](Self::finish). Vectors are a plain LIST: Parquet knows no lists of a fixed length.
pub struct Table {
    path: PathBuf,
    part: Temporary,
    writer: SerializedFileWriter<File>,
    /// Of each vector.
    width: usize,
    columns: Vec<Column>,
    /// Of the group that was not written yet.
    rows: usize,
    most_rows: usize,
}

/// The values of a column that were not written yet.
enum Column {
    Text(Vec<ByteArray>),
    Vector(Vec<f32>),
    Integer(Vec<i32>),
    Flag(Vec<bool>),
}

impl Table {
    /// A table with these columns, whose vectors have `width` elements; `metadata` is kept with it, name by name.
    ///
    /// # Errors
    /// [`Error::Output`] where its folder cannot be written into.
    pub fn new(
        path: &Path,
        columns: &[(&str, Kind)],
        width: usize,
        metadata: &[(&str, &str)],
    ) -> Result<Self, Error> {
        let named = || path.display();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let part = Temporary::new_in(folder.unwrap_or(Path::new(".")));
        let part = part.with_context(named).map_err(Error::output)?;
        let file = part.as_file().try_clone().with_context(named).map_err(Error::output)?;
        let fields: String = columns.iter().map(|(name, kind)| field(name, *kind)).collect();
        let schema = parse_message_type(&format!("message vectors {{ {fields} }}"))?;
        let metadata = metadata.iter();
        let metadata =
            metadata.map(|(name, value)| KeyValue::new(name.to_string(), value.to_string()));
        // No two vectors are alike: a dictionary or a range of them says nothing.
        let properties = WriterProperties::builder()
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_key_value_metadata(Some(metadata.collect()))
            .build();
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties));
        Ok(Self {
            path: path.to_owned(),
            part,
            writer: writer.map_err(not_written)?,
            width,
            columns: columns.iter().map(|(_, kind)| Column::new(*kind)).collect(),
            rows: 0,
            most_rows: (NUMBERS / width.max(1)).max(1),
        })
    }

    /// Adds a row: a value for each column.
    ///
    /// # Errors
    /// Where a value is not of its column's kind or a vector not as wide as all others, and [`Error::Output`].
    pub fn push(&mut self, row: &[Value<'_>]) -> Result<(), Error> {
        let fits = row.len() == self.columns.len()
            && self.columns.iter().zip(row).all(|(column, value)| column.takes(value, self.width));
        if !fits {
            return Err(failed!("a row is not as its table's columns and their width"));
        }
        self.columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        self.rows += 1;
        if self.rows == self.most_rows { self.write() } else { Ok(()) }
    }

    /// Writes what is left, and gives the file its name.
    ///
    /// # Errors
    /// [`Error::Output`]; what had the name before is then as it was.
    pub fn finish(mut self) -> Result<(), Error> {
        self.write()?;
        self.writer.close().map_err(not_written)?;
        let persisted = self.part.persist(&self.path);
        persisted.with_context(|| self.path.display()).map_err(Error::output)
    }

    /// Writes the rows since the last group as a group.
    fn write(&mut self) -> Result<(), Error> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group().map_err(not_written)?;
        for column in &mut self.columns {
            let mut to = group.next_column().map_err(not_written)?.context("a column is left")?;
            let written = match (&mut *column, to.untyped()) {
                (Column::Text(values), ColumnWriter::ByteArrayColumnWriter(to)) => {
                    to.write_batch(values, None, None)
                }
                (Column::Integer(values), ColumnWriter::Int32ColumnWriter(to)) => {
                    to.write_batch(values, None, None)
                }
                (Column::Flag(values), ColumnWriter::BoolColumnWriter(to)) => {
                    to.write_batch(values, None, None)
                }
                (Column::Vector(values), ColumnWriter::FloatColumnWriter(to)) => {
                    // Every element is there, and all but the first of a row go on.
                    let (there, goes_on) = levels(self.rows, self.width);
                    to.write_batch(values, Some(&there), Some(&goes_on))
                }
                _ => return Err(failed!("the table's columns are not those of its schema")),
            };
            written.and_then(|_| to.close()).map_err(not_written)?;
            column.clear();
        }
        group.close().map_err(not_written)?;
        self.rows = 0;
        Ok(())
    }
}

impl Column {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(Vec::new()),
            Kind::Vector => Self::Vector(Vec::new()),
            Kind::Integer => Self::Integer(Vec::new()),
            Kind::Flag => Self::Flag(Vec::new()),
        }
    }

    fn takes(&self, value: &Value<'_>, width: usize) -> bool {
        match (self, value) {
            (Self::Vector(_), Value::Vector(values)) => values.len() == width && width > 0,
            (Self::Integer(_), Value::Integer(value)) => i32::try_from(*value).is_ok(),
            (Self::Text(_), Value::Text(_)) | (Self::Flag(_), Value::Flag(_)) => true,
            _ => false,
        }
    }

    fn push(&mut self, value: &Value<'_>) {
        match (self, value) {
            (Self::Text(own), Value::Text(text)) => own.push(ByteArray::from(*text)),
            (Self::Vector(own), Value::Vector(values)) => own.extend_from_slice(values),
            (Self::Integer(own), Value::Integer(value)) => own.push(*value as i32),
            (Self::Flag(own), Value::Flag(value)) => own.push(*value),
            _ => {}
        }
    }

    fn clear(&mut self) {
        match self {
            Self::Text(values) => values.clear(),
            Self::Vector(values) => values.clear(),
            Self::Integer(values) => values.clear(),
            Self::Flag(values) => values.clear(),
        }
    }
}

/// A column as Parquet's schemas say it.
fn field(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Text => format!("REQUIRED BYTE_ARRAY {name} (UTF8); "),
        Kind::Vector => format!(
            "REQUIRED group {name} (LIST) {{ REPEATED group list {{ REQUIRED FLOAT element; }} }} "
        ),
        Kind::Integer => format!("REQUIRED INT32 {name}; "),
        Kind::Flag => format!("REQUIRED BOOLEAN {name}; "),
    }
}

/// Of rows of so many elements: that each element is there, and whether it goes on the row before it.
fn levels(rows: usize, width: usize) -> (Vec<i16>, Vec<i16>) {
    let goes_on = (0..rows * width).map(|index| i16::from(index % width > 0));
    (vec![1; rows * width], goes_on.collect())
}

fn not_written(error: parquet::errors::ParquetError) -> Error {
    Error::from(error).of("writing a Parquet file").output()
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::RowAccessor as _;

    use super::*;

    const COLUMNS: [(&str, Kind); 4] = [
        ("image", Kind::Text),
        ("embedding", Kind::Vector),
        ("width", Kind::Integer),
        ("damaged", Kind::Flag),
    ];

    fn row<'a>(name: &'a str, vector: &'a [f32]) -> [Value<'a>; 4] {
        [Value::Text(name), Value::Vector(vector), Value::Integer(7), Value::Flag(true)]
    }

    #[test]
    fn rows_leave_in_groups_and_the_file_is_there_at_the_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.parquet");
        let width = NUMBERS / 2;
        let mut table = Table::new(&path, &COLUMNS, width, &[("model", "m")]).expect("a table");
        for number in 0..5_u8 {
            let vector = vec![f32::from(number); width];
            table.push(&row(&number.to_string(), &vector)).expect("pushed");
        }
        assert!(!path.exists());
        table.finish().expect("finished");
        let file = SerializedFileReader::new(File::open(&path).expect("a file")).expect("a table");
        let groups = file.metadata().row_groups().iter().map(|group| group.num_rows());
        assert_eq!(groups.collect::<Vec<_>>(), [2, 2, 1]);
        let kept = file.metadata().file_metadata().key_value_metadata().expect("metadata");
        assert_eq!((kept[0].key.as_str(), kept[0].value.as_deref()), ("model", Some("m")));
        let names = file.get_row_iter(None).expect("rows").map(|row| {
            let row = row.expect("a row");
            assert_eq!((row.get_int(2).ok(), row.get_bool(3).ok()), (Some(7), Some(true)));
            row.get_string(0).expect("a text").clone()
        });
        assert_eq!(names.collect::<Vec<_>>(), ["0", "1", "2", "3", "4"]);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_what_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.parquet");
        let mut table = Table::new(&path, &COLUMNS, 2, &[]).expect("a table");
        assert!(table.push(&row("a", &[1.0])).is_err());
        assert!(table.push(&row("a", &[1.0, 2.0])[..3]).is_err());
        table.push(&row("a", &[1.0, 2.0])).expect("pushed");
        drop(table);
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }
}
