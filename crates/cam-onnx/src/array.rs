//! Constants on the host.

/// A constant with its numbers, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Its sides; none for a single number.
    pub dims: Vec<usize>,
    /// Its numbers, as many as the sides say.
    pub data: Data,
}

/// Numbers of one kind. Floating-point formats are widened or rounded to f32, integers widened to i64; bytes stay, for
/// they are the weights of quantised networks.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// f32, and what was f16, bf16 or f64.
    F32(Vec<f32>),
    /// i64, and what was i32, u32, u64, i16 or u16.
    I64(Vec<i64>),
    /// i8.
    I8(Vec<i8>),
    /// u8.
    U8(Vec<u8>),
    /// Truth values.
    Bool(Vec<bool>),
}

impl Data {
    /// How many numbers there are.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::I8(values) => values.len(),
            Self::U8(values) => values.len(),
            Self::Bool(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
