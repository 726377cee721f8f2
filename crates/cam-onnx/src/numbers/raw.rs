//! Numbers as little-endian bytes.

use half::{bf16, f16};

use crate::array::Data;
use crate::error::{Broken, Error, TensorFault};
use crate::proto::{ElementType, Tensor};
use crate::source::Source;

/// How many bytes are read at once, so that bytes and numbers are not both in memory as a whole.
const CHUNK: usize = 256 * 1024;

/// So many numbers from a place on.
pub(super) fn data(
    tensor: &Tensor,
    source: &Source,
    place: u64,
    count: usize,
) -> Result<Data, Error> {
    let from = From { tensor, source, place, count };
    Ok(match tensor.element {
        ElementType::F32 => Data::F32(from.each(f32::from_le_bytes)?),
        ElementType::F64 => Data::F32(from.each(|bytes| f64::from_le_bytes(bytes) as f32)?),
        ElementType::F16 => Data::F32(from.each(|bytes| f16::from_le_bytes(bytes).to_f32())?),
        ElementType::BF16 => Data::F32(from.each(|bytes| bf16::from_le_bytes(bytes).to_f32())?),
        ElementType::I64 => Data::I64(from.each(i64::from_le_bytes)?),
        ElementType::I32 => Data::I64(from.each(|bytes| i32::from_le_bytes(bytes).into())?),
        ElementType::I16 => Data::I64(from.each(|bytes| i16::from_le_bytes(bytes).into())?),
        ElementType::U32 => Data::I64(from.each(|bytes| u32::from_le_bytes(bytes).into())?),
        ElementType::U16 => Data::I64(from.each(|bytes| u16::from_le_bytes(bytes).into())?),
        ElementType::U64 => Data::I64(from.unsigned()?),
        ElementType::I8 => Data::I8(from.each(i8::from_le_bytes)?),
        ElementType::U8 => Data::U8(from.each(u8::from_le_bytes)?),
        ElementType::BOOL => Data::Bool(from.each(|[byte]| byte != 0)?),
        element => return Err(from.fault(TensorFault::Element { element })),
    })
}

struct From<'a> {
    tensor: &'a Tensor,
    source: &'a Source,
    place: u64,
    count: usize,
}

impl From<'_> {
    fn each<const N: usize, T>(&self, meaning: impl Fn([u8; N]) -> T) -> Result<Vec<T>, Error> {
        self.check_place(N as u64)?;
        let mut numbers = Vec::new();
        let bytes = (self.count as u64).saturating_mul(size_of::<T>() as u64);
        numbers
            .try_reserve_exact(self.count)
            .map_err(|_| self.fault(TensorFault::Memory { bytes }))?;
        let mut chunk = vec![0; CHUNK.min(self.count.saturating_mul(N))];
        while numbers.len() < self.count {
            let step = (self.count - numbers.len()).min(CHUNK / N);
            let chunk = &mut chunk[..step * N];
            self.source.read_at(self.place + (numbers.len() * N) as u64, chunk)?;
            numbers.extend(chunk.as_chunks::<N>().0.iter().map(|&bytes| meaning(bytes)));
        }
        Ok(numbers)
    }

    /// Refuses a place that is not in the source, before memory is asked for.
    fn check_place(&self, size: u64) -> Result<(), Error> {
        let wanted = (self.count as u64).saturating_mul(size);
        let left = self.source.len().saturating_sub(self.place);
        match wanted <= left {
            true => Ok(()),
            false => {
                Err(Error::Malformed { place: self.place, what: Broken::Length { wanted, left } })
            }
        }
    }

    /// u64 as i64, where all of them fit.
    fn unsigned(&self) -> Result<Vec<i64>, Error> {
        let numbers = self.each(i64::from_le_bytes)?;
        match numbers.iter().position(|&number| number < 0) {
            None => Ok(numbers),
            Some(index) => {
                let value = numbers[index].cast_unsigned();
                Err(self.fault(TensorFault::Integer { index, value }))
            }
        }
    }

    fn fault(&self, what: TensorFault) -> Error {
        Error::Tensor { tensor: self.tensor.name.clone(), what }
    }
}
