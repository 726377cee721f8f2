//! A writer of protocol buffers, and small networks written with it.

use cam_onnx::proto::{ElementType, Model, Tensor};
use cam_onnx::{Error, Source, read};

/// A message under construction.
#[derive(Debug, Clone, Default)]
pub struct Message(pub Vec<u8>);

/// How a list of numbers is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Written {
    /// In one field.
    Packed,
    /// In a field each.
    Apart,
}

pub const BOTH: [Written; 2] = [Written::Packed, Written::Apart];

impl Message {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn tag(mut self, field: u64, wire_type: u64) -> Self {
        varint(&mut self.0, field << 3 | wire_type);
        self
    }

    pub fn int(self, field: u64, value: i64) -> Self {
        let mut message = self.tag(field, 0);
        varint(&mut message.0, value as u64);
        message
    }

    pub fn float(self, field: u64, value: f32) -> Self {
        let mut message = self.tag(field, 5);
        message.0.extend(value.to_le_bytes());
        message
    }

    pub fn bytes(self, field: u64, bytes: impl AsRef<[u8]>) -> Self {
        let mut message = self.tag(field, 2);
        varint(&mut message.0, bytes.as_ref().len() as u64);
        message.0.extend(bytes.as_ref());
        message
    }

    pub fn message(self, field: u64, inner: &Message) -> Self {
        self.bytes(field, &inner.0)
    }

    pub fn pair(self, field: u64, key: &str, value: &str) -> Self {
        self.message(field, &Message::new().bytes(1, key).bytes(2, value))
    }

    pub fn ints(self, field: u64, values: &[i64], written: Written) -> Self {
        if written == Written::Apart {
            return values.iter().fold(self, |message, &value| message.int(field, value));
        }
        let mut packed = Vec::new();
        values.iter().for_each(|&value| varint(&mut packed, value as u64));
        self.bytes(field, packed)
    }

    pub fn floats(self, field: u64, values: &[f32], written: Written) -> Self {
        if written == Written::Apart {
            return values.iter().fold(self, |message, &value| message.float(field, value));
        }
        self.bytes(field, values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
    }

    pub fn doubles(self, field: u64, values: &[f64], written: Written) -> Self {
        if written == Written::Apart {
            return values.iter().fold(self, |message, &value| {
                let mut message = message.tag(field, 1);
                message.0.extend(value.to_le_bytes());
                message
            });
        }
        self.bytes(field, values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
    }
}

pub fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A `TensorProto` called `w`, without numbers.
pub fn tensor(element: ElementType, dims: &[i64]) -> Message {
    let message = Message::new().ints(1, dims, Written::Apart);
    message.int(2, element.0.into()).bytes(8, "w")
}

/// A `TensorProto` called `w`, with its numbers in another file.
pub fn outside(element: ElementType, dims: &[i64], entries: &[(&str, &str)]) -> Message {
    let message = tensor(element, dims).int(14, 1);
    entries.iter().fold(message, |message, (key, value)| message.pair(13, key, value))
}

/// A model with this constant and nothing else.
pub fn model_of(tensor: &Message) -> Vec<u8> {
    Message::new().int(1, 8).message(7, &Message::new().message(5, tensor)).0
}

/// A network of every kind of field, with lists written one way or the other.
pub fn network(written: Written) -> Message {
    let weights = tensor(ElementType::F32, &[2]).floats(4, &[1.5, -2.0], written);
    let raw =
        tensor(ElementType::I64, &[2]).bytes(9, [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    let bits = tensor(ElementType::F16, &[1]).ints(5, &[0x3c00], written);
    let beside = outside(ElementType::F32, &[4], &[("location", "m.data"), ("offset", "64")]);
    let attribute = |name: &str, kind| Message::new().bytes(1, name).int(20, kind);
    let branch = Message::new().bytes(2, "then");
    let node = Message::new()
        .bytes(1, "x")
        .bytes(1, "")
        .bytes(2, "y")
        .bytes(3, "/conv/Conv")
        .bytes(4, "Conv")
        .message(5, &attribute("alpha", 1).float(2, 0.25))
        .message(5, &attribute("group", 2).int(3, -1))
        .message(5, &attribute("auto_pad", 3).bytes(4, "VALID"))
        .message(5, &attribute("value", 4).message(5, &bits))
        .message(5, &attribute("then_branch", 5).message(6, &branch))
        .message(5, &attribute("scales", 6).floats(7, &[1.0, 2.0], written))
        .message(5, &attribute("pads", 7).ints(8, &[1, -1, 300], written))
        .message(5, &attribute("names", 8).bytes(9, "a").bytes(9, [0xff]))
        .message(5, &attribute("tensors", 9).message(10, &weights))
        .message(5, &Message::new().bytes(1, "axis").int(20, 2).bytes(21, "axis_of_caller"))
        .bytes(6, "documentation")
        .bytes(7, "ai.onnx")
        .bytes(8, "first")
        .pair(9, "pkg.torch.onnx.name_scopes", "['', 'conv']");
    let shape = Message::new()
        .message(1, &Message::new().bytes(2, "batch"))
        .message(1, &Message::new().int(1, 3))
        .message(1, &Message::new().int(1, -1))
        .message(1, &Message::new());
    let typed = Message::new().message(1, &Message::new().int(1, 1).message(2, &shape));
    let graph = Message::new()
        .message(1, &node)
        .bytes(2, "main")
        .message(5, &weights)
        .message(5, &raw)
        .message(5, &beside)
        .bytes(10, "documentation")
        .message(11, &Message::new().bytes(1, "x").message(2, &typed))
        .message(12, &Message::new().bytes(1, "y"))
        .message(13, &Message::new().bytes(1, "z"));
    let opset = |domain: &str, version| Message::new().bytes(1, domain).int(2, version);
    let function = Message::new()
        .bytes(1, "Twice")
        .bytes(4, "a")
        .bytes(5, "b")
        .bytes(6, "axis")
        .message(7, &Message::new().bytes(4, "Add"))
        .message(9, &opset("", 18))
        .bytes(10, "local")
        .message(11, &attribute("alpha", 1).float(2, 1.0))
        .bytes(13, "second");
    Message::new()
        .int(1, 8)
        .bytes(2, "pytorch")
        .bytes(3, "2.9.0")
        .message(7, &graph)
        .message(8, &opset("ai.onnx", 18))
        .message(8, &opset("com.microsoft", 1))
        .pair(14, "key", "value")
        .message(25, &function)
}

pub fn read_bytes(bytes: &[u8]) -> Result<Model, Error> {
    read(&Source::from(bytes))
}

/// The only constant of a model of [`model_of`], with its source.
pub fn constant(message: &Message) -> Result<(Tensor, Source), Error> {
    let source = Source::from(model_of(message));
    let mut model = read(&source)?;
    Ok((model.graph.initializers.remove(0), source))
}
