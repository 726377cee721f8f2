/// How a file breaks the rules of protocol buffers or of ONNX.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// A length that leads out of its message, or a file that ends early.
    #[error("{wanted} bytes are announced where {left} are left")]
    Length {
        /// How many are announced.
        wanted: u64,
        /// How many there can be.
        left: u64,
    },
    /// The end in the midst of a number.
    #[error("it ends within a number")]
    Ends,
    /// A variable-length integer over 64 bits.
    #[error("an integer is longer than 64 bits")]
    Varint,
    /// A field with a number that no field has.
    #[error("no field has the number {number}")]
    FieldNumber {
        /// The number.
        number: u64,
    },
    /// A kind of value that the format does not use.
    #[error("a value of wire type {wire_type} is not used in ONNX files")]
    WireType {
        /// Its kind.
        wire_type: u8,
    },
    /// A known field with a value of another kind.
    #[error("field {field} of {message} holds {found}")]
    Kind {
        /// The message, by its name in `onnx.proto`.
        message: &'static str,
        /// The field's number.
        field: u32,
        /// What stands there.
        found: &'static str,
    },
    /// A list of fixed-size numbers that ends within one.
    #[error("a list of {bytes} bytes does not divide into numbers of {size}")]
    Packed {
        /// Its length.
        bytes: u64,
        /// A number's length.
        size: u64,
    },
    /// A name that is no text.
    #[error("field {field} of {message} is not UTF-8 text")]
    Text {
        /// The message, by its name in `onnx.proto`.
        message: &'static str,
        /// The field's number.
        field: u32,
    },
    /// A setting that says it is one thing and holds another.
    #[error("attribute `{name}` announces type {announced} and holds another")]
    Attribute {
        /// Its name.
        name: String,
        /// `AttributeProto.AttributeType`, by number.
        announced: i64,
    },
}
