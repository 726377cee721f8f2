//! A weight file: `.pth` as zip, legacy stream or TAR, or safetensors.

use std::fs;
use std::path::Path;

use cam_models::{Checkpoint, identify};

use crate::scratch::{files, project, with_folder};

const LONGEST: u64 = 64 << 10;

/// Values of a tensor that is read. Larger ones are not wanted by any network here: shapes are compared before, and a
/// deflated file may honestly hold gigabytes of zeros.
const MOST_VALUES: usize = 1 << 20;

/// A tensor has as many values as its shape says, or an error; and reading a file says the same each time.
pub fn run(bytes: &[u8]) {
    let memory = Checkpoint::from_safetensors(Path::new("memory"), bytes.to_vec());
    with_folder(|folder| {
        let path = folder.join("weights");
        fs::write(&path, bytes).expect("the folder can be written");
        let opened = Checkpoint::open(&path);
        if let Ok(memory) = &memory {
            let opened = opened.as_ref().expect("what memory gives, a file gives");
            assert!(names(memory) == names(opened));
        }
        let Ok(checkpoint) = opened else { return };
        for (name, tensor) in checkpoint.tensors() {
            let count =
                tensor.shape().iter().try_fold(1, |count: usize, &side| count.checked_mul(side));
            let count = count.expect("a shape that cannot be counted is refused");
            if count <= MOST_VALUES
                && let Ok(values) = tensor.values()
            {
                assert_eq!(values.len(), count, "{name}");
            }
        }
        if let Ok(identified) = identify(checkpoint) {
            let parameters = identified.description().graph.parameters.len();
            assert!(parameters > 0, "a network without a weight");
            drop(identified.inspect());
        }
    });
}

fn names(checkpoint: &Checkpoint) -> Vec<(&str, &[usize])> {
    checkpoint.tensors().map(|(name, tensor)| (name, tensor.shape())).collect()
}

pub fn seeds() -> Vec<Vec<u8>> {
    let files = files(&project("tests/fixtures/weights"), LONGEST);
    files.iter().map(|path| fs::read(path).expect("a file of the project")).collect()
}
