use std::fs::File;
use std::path::Path;

use zip::ZipArchive;

use super::Foreign;

/// What a zip archive is that is no state dict; none where it may be one, or cannot be read.
pub(super) fn content(path: &Path) -> Option<Foreign> {
    let archive = ZipArchive::new(File::open(path).ok()?).ok()?;
    let names: Vec<_> = archive.file_names().filter_map(Result::ok).collect();
    let has =
        |file: &str| names.iter().any(|name| *name == file || name.ends_with(&format!("/{file}")));
    let is_code = |name: &str| name.starts_with("code/") || name.contains("/code/");
    if has("constants.pkl") || names.iter().any(|name| is_code(name)) {
        return Some(Foreign::TorchScript);
    }
    if has("archive_format") || has("serialized_exported_program.json") || has("models/model.json")
    {
        return Some(Foreign::TorchExport);
    }
    if has("model.weights.h5") {
        return Some(Foreign::Keras);
    }
    if !names.is_empty() && names.iter().all(|name| name.ends_with(".npy")) {
        return Some(Foreign::Npz);
    }
    if has("saved_model.pb") {
        return Some(Foreign::SavedModel);
    }
    (!has("data.pkl")).then_some(Foreign::Zip)
}
