//! Numbers that are listed one by one.

use half::{bf16, f16};

use crate::array::Data;
use crate::error::TensorFault;
use crate::proto::ElementType;

/// `float_data`.
pub(super) fn floats(list: &[f32], element: ElementType) -> Result<Data, TensorFault> {
    match element {
        ElementType::F32 => Ok(Data::F32(list.to_vec())),
        _ => Err(TensorFault::List { element, list: "float_data" }),
    }
}

/// `double_data`.
pub(super) fn doubles(list: &[f64], element: ElementType) -> Result<Data, TensorFault> {
    match element {
        ElementType::F64 => Ok(Data::F32(list.iter().map(|&number| number as f32).collect())),
        _ => Err(TensorFault::List { element, list: "double_data" }),
    }
}

/// `int32_data`, `int64_data` and `uint64_data`.
pub(super) fn ints(list: &[i64], element: ElementType) -> Result<Data, TensorFault> {
    if element == ElementType::U64 {
        return unsigned(list);
    }
    let Some((least, greatest)) = element.bounds() else {
        return Err(TensorFault::List { element, list: "a list of integers" });
    };
    if let Some(index) = list.iter().position(|value| !(least..=greatest).contains(value)) {
        return Err(TensorFault::Value { index, value: list[index], element });
    }
    // They are in range, so nothing is cut off.
    Ok(match element {
        ElementType::F16 => {
            Data::F32(list.iter().map(|&bits| f16::from_bits(bits as u16).to_f32()).collect())
        }
        ElementType::BF16 => {
            Data::F32(list.iter().map(|&bits| bf16::from_bits(bits as u16).to_f32()).collect())
        }
        ElementType::I8 => Data::I8(list.iter().map(|&value| value as i8).collect()),
        ElementType::U8 => Data::U8(list.iter().map(|&value| value as u8).collect()),
        ElementType::BOOL => Data::Bool(list.iter().map(|&value| value != 0).collect()),
        _ => Data::I64(list.to_vec()),
    })
}

/// The bits of u64, kept as i64: those below zero are beyond it.
fn unsigned(list: &[i64]) -> Result<Data, TensorFault> {
    match list.iter().position(|&bits| bits < 0) {
        None => Ok(Data::I64(list.to_vec())),
        Some(index) => Err(TensorFault::Integer { index, value: list[index].cast_unsigned() }),
    }
}
