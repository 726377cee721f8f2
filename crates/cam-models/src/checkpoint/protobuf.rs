use super::Foreign;

/// Which model a file of Protocol Buffers is, by its first fields.
///
/// The formats have no magic number. What tells them apart is which fields come first, of which kind,
/// and what the first of the second begins with.
pub(super) fn content(head: &[u8]) -> Option<Foreign> {
    match *head {
        // SavedModel: schema version 1, then a MetaGraphDef, which begins with a message.
        [0x08, 1, 0x12, ..] if message(&head[2..])?.first() == Some(&0x0a) => {
            Some(Foreign::SavedModel)
        }
        // Core ML: specification version, then a ModelDescription, which begins with a feature, whose
        // name comes first. ONNX has the producer's name there, a text.
        [0x08, 1..=12, 0x12, ..] if message(&head[2..])?.starts_with(&[0x0a]) => {
            Some(Foreign::CoreMl)
        }
        [0x08, 1..=20, ..] => Some(Foreign::Onnx),
        // GraphDef: nodes, each with a name and an operation.
        [0x0a, ..] => {
            let node = message(head)?;
            let name = (node.first() == Some(&0x0a)).then(|| message(node))??;
            let rest = node.get(2 + name.len()..)?;
            let is_text = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
            (is_text && rest.first() == Some(&0x12)).then_some(Foreign::TensorFlowGraph)
        }
        _ => None,
    }
}

/// The content of the field at the start, as far as it is there: a byte says which field it is, and
/// its length follows, seven bits at a time.
fn message(bytes: &[u8]) -> Option<&[u8]> {
    let mut length = 0usize;
    for (index, byte) in bytes.get(1..)?.iter().enumerate().take(4) {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let content = &bytes[index + 2..];
            return Some(&content[..length.min(content.len())]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_of_protocol_buffers_are_told_apart_by_their_first_fields() {
        let onnx = b"\x08\x07\x12\x07pytorch\x1a\x052.1.0";
        let core_ml = b"\x08\x04\x12\x22\x0a\x10\x0a\x05image\x1a\x07";
        let saved = b"\x08\x01\x12\xa0\x03\x0a\x10\x12\x06";
        let graph = b"\x0a\x2d\x0a\x05input\x12\x0bPlaceholder*\x0b";
        assert_eq!(content(onnx), Some(Foreign::Onnx));
        assert_eq!(content(core_ml), Some(Foreign::CoreMl));
        assert_eq!(content(saved), Some(Foreign::SavedModel));
        assert_eq!(content(graph), Some(Foreign::TensorFlowGraph));
        for nothing in [&b""[..], b"\x08", b"\x0a", b"\x0a\xff\xff\xff\xff\xff", b"text"] {
            assert_eq!(content(nothing), None);
        }
    }
}
