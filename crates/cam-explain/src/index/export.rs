//! An index's rows as a table that other systems read.

use std::path::Path;

use cam_store::Index;

use crate::environment::Environment;
use crate::error::{Context as _, Error};
use crate::progress::Unit;
use crate::vectors::{Kind, Table, Value};

const COLUMNS: [(&str, Kind); 6] = [
    ("path", Kind::Text),
    ("embedding", Kind::Vector),
    ("width", Kind::Integer),
    ("height", Kind::Integer),
    ("sha256", Kind::Text),
    ("damaged", Kind::Flag),
];

/// Writes a Parquet table with a row for each image of an index, in the order of paths; how many there are.
///
/// Embeddings have length one, as the index keeps them. The table is whole or not there, and takes no more memory for
/// more images.
///
/// # Errors
/// Where there is no index, or it is damaged; [`Error::Output`] where the table cannot be written;
/// [`Error::Cancelled`].
pub fn export(folder: &Path, table: &Path, environment: &Environment) -> Result<usize, Error> {
    let named = || folder.display();
    let index = Index::open(folder).with_context(named)?;
    let made_by = &index.header().fingerprint;
    let metadata = [
        ("model", made_by.model.as_str()),
        ("weights_sha256", &made_by.weights_sha256),
        ("preprocessing", &made_by.preprocessing),
    ];
    let mut table = Table::new(table, &COLUMNS, made_by.width, &metadata)?;
    let bar = environment.bar(Unit::Images, index.entries().len());
    for entry in index.entries() {
        environment.cancel.check("nothing was written")?;
        let embedding = index.vector(entry).with_context(named)?;
        let (image, [width, height]) = (&entry.image, entry.image.pixels);
        table.push(&[
            Value::Text(&image.path),
            Value::Vector(&embedding),
            Value::Integer(width),
            Value::Integer(height),
            Value::Text(&image.sha256.to_string()),
            Value::Flag(image.damaged),
        ])?;
        bar.advance(1);
    }
    table.finish()?;
    Ok(index.entries().len())
}
