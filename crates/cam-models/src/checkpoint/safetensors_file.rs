use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use safetensors::{Dtype, SafeTensors};

use super::distinct_names::DistinctNames;
use super::{Element, StoredTensor};

/// The tensors of a safetensors file. Headers with holes, overlaps or sizes that do not fit are
/// refused by the format's own reader.
pub(super) fn tensors(bytes: Cow<'static, [u8]>) -> Result<BTreeMap<String, StoredTensor>, String> {
    let describe = |error: safetensors::SafeTensorError| error.to_string();
    let (header, metadata) = SafeTensors::read_metadata(&bytes).map_err(describe)?;
    let start = header + size_of::<u64>();
    let names = bytes.get(size_of::<u64>()..start).unwrap_or_default();
    serde_json::from_slice::<DistinctNames>(names).map_err(|error| error.to_string())?;
    let tensors: Vec<_> = metadata
        .tensors()
        .into_iter()
        .map(|(name, info)| (name, info.shape.clone(), element(info.dtype), info.data_offsets))
        .collect();
    let bytes = Arc::new(bytes);
    let tensors = tensors.into_iter().map(|(name, shape, element, (from, to))| {
        let bytes = Arc::clone(&bytes);
        let read = Arc::new(move || {
            let span = bytes.get(start + from..start + to);
            span.map(little_to_native).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
        });
        (name.clone(), StoredTensor { name, shape, element, read })
    });
    Ok(tensors.collect())
}

/// Safetensors are little-endian, and so is every machine this was built for.
fn little_to_native(bytes: &[u8]) -> Vec<u8> {
    const { assert!(cfg!(target_endian = "little"), "big-endian machines need a byte swap here") };
    bytes.to_vec()
}

fn element(dtype: Dtype) -> Element {
    match dtype {
        Dtype::F64 => Element::F64,
        Dtype::F32 => Element::F32,
        Dtype::F16 => Element::F16,
        Dtype::BF16 => Element::Bf16,
        _ => Element::NoFloat,
    }
}
