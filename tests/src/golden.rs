//! Reading the reference files.

use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

/// One file of reference tensors.
pub struct Golden {
    bytes: Vec<u8>,
    path: PathBuf,
}

/// A reference tensor.
#[derive(Debug, Clone)]
pub struct Reference {
    /// Extents, outermost first.
    pub shape: Vec<usize>,
    /// Row-major values.
    pub values: Vec<f32>,
}

/// A file below the package's folder.
pub fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

impl Golden {
    /// Opens `golden/NAME.safetensors`.
    pub fn open(name: &str) -> Self {
        Self::at(path(&format!("golden/{name}.safetensors")))
    }

    /// Opens a safetensors file anywhere.
    pub fn at(path: PathBuf) -> Self {
        // `cargo xtask parity` sees from it that no reference lies about unread.
        println!("golden\t{}", path.display());
        let bytes =
            std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { bytes, path }
    }

    /// The tensor of that name, which must be there.
    pub fn get(&self, name: &str) -> Reference {
        let file = SafeTensors::deserialize(&self.bytes).expect("a reference file is well formed");
        let tensor =
            file.tensor(name).unwrap_or_else(|_| panic!("{} has no `{name}`", self.path.display()));
        let values = match tensor.dtype() {
            Dtype::F32 => {
                let (values, _) = tensor.data().as_chunks::<4>();
                values.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
            }
            Dtype::U8 => tensor.data().iter().map(|&byte| f32::from(byte)).collect(),
            other => panic!("{name} is {other:?}"),
        };
        Reference { shape: tensor.shape().to_vec(), values }
    }

    /// All names.
    pub fn names(&self) -> Vec<String> {
        let file = SafeTensors::deserialize(&self.bytes).expect("a reference file is well formed");
        let mut names: Vec<String> = file.names().into_iter().map(str::to_owned).collect();
        names.sort();
        names
    }
}
