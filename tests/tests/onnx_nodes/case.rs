//! One of ONNX's tests: a small network, what it is given and what it should give.

use std::path::Path;

use cam_onnx::array::Array;
use cam_onnx::proto::{ElementType, Model};
use cam_onnx::{Source, numbers, read};

/// A value and its name.
#[derive(Clone)]
pub struct Named {
    pub name: String,
    pub element: ElementType,
    pub array: Array,
}

impl Named {
    /// Whether it is of a floating-point format, so that it can depend on an image.
    pub fn is_float(&self) -> bool {
        const FLOATS: [ElementType; 4] =
            [ElementType::F32, ElementType::F16, ElementType::BF16, ElementType::F64];
        FLOATS.contains(&self.element)
    }
}

/// A network, what it is given and what it should give.
pub struct Case {
    pub name: String,
    pub source: Source,
    pub model: Model,
    pub inputs: Vec<Named>,
    pub outputs: Vec<Named>,
}

impl Case {
    /// Reads a folder; the error is the reader's own.
    pub fn read(folder: &Path) -> Result<Self, cam_onnx::Error> {
        let source = Source::open(&folder.join("model.onnx"))?;
        let model = read(&source)?;
        let data = folder.join("test_data_set_0");
        let values = |kind: &str, names: Vec<&String>| {
            let named = names.into_iter().enumerate().map(|(index, name)| {
                let (element, array) = tensor(&data.join(format!("{kind}_{index}.pb")))?;
                Ok(Named { name: name.clone(), element, array })
            });
            named.collect::<Result<Vec<_>, cam_onnx::Error>>()
        };
        let inputs = values("input", model.graph.inputs.iter().map(|input| &input.name).collect())?;
        let outputs =
            values("output", model.graph.outputs.iter().map(|output| &output.name).collect())?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, source, model, inputs, outputs })
    }

    /// The inputs that can depend on an image, by their places.
    pub fn float_inputs(&self) -> impl Iterator<Item = usize> {
        (0..self.inputs.len()).filter(|&index| self.inputs[index].is_float())
    }
}

/// A file that is one `TensorProto`: read as the only constant of a network.
fn tensor(path: &Path) -> Result<(ElementType, Array), cam_onnx::Error> {
    let bytes = std::fs::read(path).expect("ONNX's tests have a file for every value");
    // `ModelProto.graph` around `GraphProto.initializer`.
    let source = Source::from(wrapped(7, &wrapped(5, &bytes)));
    let model = read(&source)?;
    let tensor = &model.graph.initializers[0];
    Ok((tensor.element, numbers(tensor, &source, None)?))
}

/// A message as a field of another.
fn wrapped(field: u8, message: &[u8]) -> Vec<u8> {
    let mut bytes = vec![field << 3 | 2];
    let mut left = message.len();
    while left > 127 {
        bytes.push(left as u8 | 128);
        left >>= 7;
    }
    bytes.push(left as u8);
    bytes.extend_from_slice(message);
    bytes
}
