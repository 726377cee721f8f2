use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use pytorch_reader::{DType, PickleError, PytorchError, PytorchReader};

use super::{Element, StoredTensor};

/// Why the tensors of a `.pth` are not to be had.
pub(super) enum Unread {
    /// They are of a type that only the code of that name makes.
    Code(String),
    /// The file contradicts itself, or ends early.
    Damaged(String),
}

/// What the reader says of a pickle that is no dictionary, before its type.
const NO_DICTIONARY: &str = "Expected a dictionary at the root of the PyTorch file, found ";

impl From<PytorchError> for Unread {
    fn from(error: PytorchError) -> Self {
        match error {
            PytorchError::Pickle(PickleError::UnsupportedType(name)) => Self::Code(name),
            PytorchError::InvalidFormat(reason) if reason.starts_with(NO_DICTIONARY) => {
                Self::Code(reason[NO_DICTIONARY.len()..].to_owned())
            }
            error => Self::Damaged(error.to_string()),
        }
    }
}

/// The tensors of a `.pth`, by the dotted path of the dictionaries they lie in.
pub(super) fn tensors(path: &Path) -> Result<BTreeMap<String, StoredTensor>, Unread> {
    let reader = PytorchReader::new(path)?;
    let tensors = reader.into_tensors().into_iter().map(|(name, tensor)| {
        let (_, dtype, shape, read) = tensor.into_parts();
        let read = Arc::new(read);
        (name.clone(), StoredTensor { name, shape, element: element(dtype), read })
    });
    Ok(tensors.collect())
}

fn element(dtype: DType) -> Element {
    match dtype {
        DType::F64 => Element::F64,
        DType::F32 => Element::F32,
        DType::F16 => Element::F16,
        DType::BF16 => Element::Bf16,
        _ => Element::NoFloat,
    }
}
