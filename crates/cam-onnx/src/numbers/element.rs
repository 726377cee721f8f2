use std::fmt;

use crate::proto::ElementType;

impl ElementType {
    /// How many bytes a number takes; nothing for kinds that are not read.
    pub(super) fn size(self) -> Option<u64> {
        Some(match self {
            Self::U8 | Self::I8 | Self::BOOL => 1,
            Self::U16 | Self::I16 | Self::F16 | Self::BF16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
            _ => return None,
        })
    }

    /// The least and the greatest integer of its kind, where a list of i64 holds them.
    pub(super) fn bounds(self) -> Option<(i64, i64)> {
        Some(match self {
            Self::U8 => (0, u8::MAX.into()),
            Self::I8 => (i8::MIN.into(), i8::MAX.into()),
            // The bits of a number, for two of them.
            Self::U16 | Self::F16 | Self::BF16 => (0, u16::MAX.into()),
            Self::I16 => (i16::MIN.into(), i16::MAX.into()),
            Self::U32 => (0, u32::MAX.into()),
            Self::I32 => (i32::MIN.into(), i32::MAX.into()),
            // Any number but zero is true.
            Self::I64 | Self::BOOL => (i64::MIN, i64::MAX),
            _ => return None,
        })
    }
}

/// As `onnx.proto` calls them, in lower case.
const NAMES: [&str; 27] = [
    "numbers of no kind",
    "f32",
    "u8",
    "i8",
    "u16",
    "i16",
    "i32",
    "i64",
    "strings",
    "bool",
    "f16",
    "f64",
    "u32",
    "u64",
    "complex64",
    "complex128",
    "bf16",
    "float8e4m3fn",
    "float8e4m3fnuz",
    "float8e5m2",
    "float8e5m2fnuz",
    "uint4",
    "int4",
    "float4e2m1",
    "float8e8m0",
    "uint2",
    "int2",
];

impl fmt::Display for ElementType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match usize::try_from(self.0).ok().and_then(|number| NAMES.get(number)) {
            Some(name) => out.write_str(name),
            None => write!(out, "numbers of kind {}", self.0),
        }
    }
}
