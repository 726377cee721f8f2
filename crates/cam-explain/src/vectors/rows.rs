use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use parquet::schema::types::{Type, TypePtr};

use super::vector_file::{Found, number};
use crate::error::{Context as _, Error, failed};

/// A row of a table: the vector in its first column of lists of floats, and its name in its first column of text.
pub fn read(path: &Path, row: Option<&str>) -> Result<Found, Error> {
    // The parser of Parquet panics on some files that are damaged, and leaves nothing behind that outlives it.
    let read = std::panic::catch_unwind(|| found(path, row));
    read.unwrap_or_else(|_| Err(failed!("is damaged: the parser of Parquet panicked")))
}

fn found(path: &Path, row: Option<&str>) -> Result<Found, Error> {
    let file = SerializedFileReader::new(File::open(path)?)?;
    let schema = file.metadata().file_metadata().schema().clone();
    let columns = schema.get_fields();
    let vectors = columns.iter().find(|column| is_vector(column));
    let vectors = vectors.context("has no column of lists of floats")?;
    let names = columns.iter().find(|column| is_text(column));
    let count = usize::try_from(file.metadata().file_metadata().num_rows()).unwrap_or(0);
    let at = match row {
        Some(name) if name.parse::<usize>().is_err() => {
            let names =
                names.with_context(|| format!("has no column of text to find `{name}` in"))?;
            named(&file, names, name)?
        }
        row => number(row, count)?,
    };
    let only = |column: &TypePtr| {
        Type::group_type_builder(schema.name()).with_fields(vec![column.clone()]).build()
    };
    let vector = nth(&file, &only(vectors)?, at)?;
    let name = names.map(|names| nth(&file, &only(names)?, at)).transpose()?;
    let name = name.as_ref().and_then(|row| text(row)).map(str::to_owned);
    Ok(Found { name, values: numbers(&vector)? })
}

/// The only row whose name is this.
fn named(file: &dyn FileReader, names: &TypePtr, name: &str) -> Result<usize, Error> {
    let schema = file.metadata().file_metadata().schema();
    let only = Type::group_type_builder(schema.name()).with_fields(vec![names.clone()]).build()?;
    let mut found = Vec::new();
    for (number, row) in file.get_row_iter(Some(only))?.enumerate() {
        if text(&row?) == Some(name) {
            found.push(number);
        }
    }
    let column = names.name();
    match found[..] {
        [only] => Ok(only),
        [] => Err(failed!("has no row whose `{column}` is `{name}`")),
        _ => Err(failed!(
            "has {} rows whose `{column}` is `{name}`: take one by its number, the first is {}",
            found.len(),
            found[0]
        )),
    }
}

/// A row by its number; only its own group is read.
fn nth(file: &dyn FileReader, schema: &Type, mut at: usize) -> Result<Row, Error> {
    for group in 0..file.num_row_groups() {
        let reader = file.get_row_group(group)?;
        let rows = usize::try_from(reader.metadata().num_rows()).unwrap_or(0);
        if at < rows {
            let row = reader.get_row_iter(Some(schema.clone()))?.nth(at);
            return Ok(row.context("has fewer rows than it says")??);
        }
        at -= rows;
    }
    Err(failed!("has fewer rows than it says"))
}

fn text(row: &Row) -> Option<&str> {
    match row.get_column_iter().next()?.1 {
        Field::Str(text) => Some(text),
        _ => None,
    }
}

fn numbers(row: &Row) -> Result<Vec<f32>, Error> {
    let list = match row.get_column_iter().next() {
        Some((_, Field::ListInternal(list))) => list,
        _ => return Err(failed!("has no vector in this row")),
    };
    let number = |field: &Field| match field {
        Field::Float(value) => Ok(*value),
        Field::Double(value) => Ok(*value as f32),
        Field::Float16(value) => Ok(value.to_f32()),
        _ => Err(failed!("has an element without a number in this row")),
    };
    list.elements().iter().map(number).collect()
}

/// A list of floats of any width.
fn is_vector(column: &Type) -> bool {
    let is_list = column.get_basic_info().converted_type() == ConvertedType::LIST
        || column.get_basic_info().logical_type_ref() == Some(&LogicalType::List);
    is_list && leaf(column).is_some_and(is_float)
}

fn is_float(leaf: &Type) -> bool {
    matches!(leaf.get_physical_type(), Physical::FLOAT | Physical::DOUBLE)
        || leaf.get_basic_info().logical_type_ref() == Some(&LogicalType::Float16)
}

/// The only thing that a column is made of, if it is one.
fn leaf(column: &Type) -> Option<&Type> {
    match column {
        Type::PrimitiveType { .. } => Some(column),
        Type::GroupType { fields, .. } => match &fields[..] {
            [only] => leaf(Arc::as_ref(only)),
            _ => None,
        },
    }
}

fn is_text(column: &Type) -> bool {
    let info = column.get_basic_info();
    column.is_primitive()
        && (info.converted_type() == ConvertedType::UTF8
            || info.logical_type_ref() == Some(&LogicalType::String))
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, Table, Value};
    use super::*;

    fn table(names: &[&str]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.parquet");
        let columns = [("damaged", Kind::Flag), ("text", Kind::Text), ("embedding", Kind::Vector)];
        // Wide enough for two rows to fill a group.
        let width = 1 << 21;
        let mut table = Table::new(&path, &columns, width, &[]).expect("a table");
        for (number, name) in names.iter().enumerate() {
            let vector = vec![number as f32; width];
            let row = [Value::Flag(false), Value::Text(name), Value::Vector(&vector)];
            table.push(&row).expect("pushed");
        }
        table.finish().expect("finished");
        (folder, path)
    }

    #[test]
    fn a_row_is_taken_by_its_number_or_its_name_from_whichever_group() {
        let (_folder, path) = table(&["a cat", "a dog", "2", "a dog"]);
        let first = |row| {
            let Found { name, values } = read(&path, row).expect("a row");
            (name.expect("a name"), values[0], values.len())
        };
        assert_eq!(first(Some("1")), ("a dog".to_owned(), 1.0, 1 << 21));
        assert_eq!(first(Some("3")), ("a dog".to_owned(), 3.0, 1 << 21));
        assert_eq!(first(Some("a cat")), ("a cat".to_owned(), 0.0, 1 << 21));
        let error = |row| read(&path, row).map(|_| ()).expect_err("refused").reason();
        assert_eq!(error(Some("a cow")), "has no row whose `text` is `a cow`");
        let twice = "has 2 rows whose `text` is `a dog`: take one by its number, the first is 1";
        assert_eq!(error(Some("a dog")), twice);
        assert_eq!(error(None), "holds 4 vectors: say which, as in FILE:0");
    }

    #[test]
    fn what_is_no_table_of_vectors_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.parquet");
        std::fs::write(&path, "no table at all").expect("written");
        assert!(read(&path, None).is_err());
        let mut table = Table::new(&path, &[("text", Kind::Text)], 1, &[]).expect("a table");
        table.push(&[Value::Text("a")]).expect("pushed");
        table.finish().expect("finished");
        let error = read(&path, None).map(|_| ()).expect_err("refused");
        assert_eq!(error.reason(), "has no column of lists of floats");
    }

    #[test]
    fn a_damaged_table_is_an_error_or_other_numbers_and_never_a_panic() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.parquet");
        let columns = [("text", Kind::Text), ("embedding", Kind::Vector)];
        let mut table = Table::new(&path, &columns, 2, &[("model", "m")]).expect("a table");
        for name in ["a", "b"] {
            table.push(&[Value::Text(name), Value::Vector(&[1.0, 2.0])]).expect("pushed");
        }
        table.finish().expect("finished");
        let whole = std::fs::read(&path).expect("bytes");
        for at in 0..whole.len() {
            for mask in [0x01, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] ^= mask;
                std::fs::write(&path, bytes).expect("written");
                drop(read(&path, Some("b")));
            }
            std::fs::write(&path, &whole[..at]).expect("written");
            assert!(read(&path, Some("b")).is_err(), "{at}");
        }
    }
}
