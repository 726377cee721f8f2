use std::collections::BTreeMap;
use std::path::Path;

use pytorch_reader::{DType, PytorchReader};

use super::{Element, StoredTensor};

/// The tensors of a `.pth`, by the dotted path of the dictionaries they lie in.
pub(super) fn tensors(path: &Path) -> Result<BTreeMap<String, StoredTensor>, String> {
    let reader = PytorchReader::new(path).map_err(|error| error.to_string())?;
    let tensors = reader.into_tensors().into_iter().map(|(name, tensor)| {
        let (_, dtype, shape, read) = tensor.into_parts();
        (name, StoredTensor { shape, element: element(dtype), read: Box::new(read) })
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
