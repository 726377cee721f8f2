//! Numbers turned into another kind.

use half::{bf16, f16};

use crate::array::{Array, Data};
use crate::proto::ElementType;

use super::{Outcome, Single};

pub(super) fn find(kind: &str) -> Option<Single> {
    Some(match kind {
        "Cast" => |call| {
            let array = call.input(0)?;
            let to = call.node().int("to").and_then(|to| i32::try_from(to).ok());
            let data = cast(&array.data, ElementType(to.ok_or("the type `to` is missing")?))?;
            Ok(Array { dims: array.dims.clone(), data })
        },
        "CastLike" => |call| {
            let array = call.input(0)?;
            let data = like(&array.data, &call.input(1)?.data)?;
            Ok(Array { dims: array.dims.clone(), data })
        },
        _ => return None,
    })
}

/// To the kind of others.
pub(super) fn like(data: &Data, others: &Data) -> Outcome<Data> {
    let to = match others {
        Data::F32(_) => ElementType::F32,
        Data::I64(_) => ElementType::I64,
        Data::I8(_) => ElementType::I8,
        Data::U8(_) => ElementType::U8,
        Data::Bool(_) => ElementType::BOOL,
    };
    cast(data, to)
}

/// To a type of ONNX. Integers lose their upper bits, as ONNX says; fractions are cut off, and what does not fit then
/// is an error, since ONNX leaves it open.
pub(super) fn cast(data: &Data, to: ElementType) -> Outcome<Data> {
    Ok(match to {
        ElementType::F32 | ElementType::F64 => Data::F32(floats(data)),
        ElementType::F16 => rounded(data, |value| f16::from_f32(value).to_f32()),
        ElementType::BF16 => rounded(data, |value| bf16::from_f32(value).to_f32()),
        ElementType::I64 => Data::I64(ints(data, i64::MIN, i64::MAX, Some)?),
        ElementType::I32 => bits::<i32>(data, i32::MIN, i32::MAX, |bits| bits as i32)?,
        ElementType::I16 => bits::<i16>(data, i16::MIN, i16::MAX, |bits| bits as i16)?,
        ElementType::U16 => bits::<u16>(data, u16::MIN, u16::MAX, |bits| bits as u16)?,
        ElementType::U32 => bits::<u32>(data, u32::MIN, u32::MAX, |bits| bits as u32)?,
        // Wrapped, a negative number is larger than we hold.
        ElementType::U64 => {
            Data::I64(ints(data, 0, i64::MAX, |bits| Some(bits).filter(|&bits| bits >= 0))?)
        }
        ElementType::I8 => {
            let narrow = ints(data, -128, 127, Some)?;
            Data::I8(narrow.into_iter().map(|bits| bits as i8).collect())
        }
        ElementType::U8 => {
            let narrow = ints(data, 0, 255, Some)?;
            Data::U8(narrow.into_iter().map(|bits| bits as u8).collect())
        }
        ElementType::BOOL => Data::Bool(match data {
            Data::F32(values) => values.iter().map(|&value| value != 0.0).collect(),
            other => ints(other, 0, 0, Some)?.into_iter().map(|value| value != 0).collect(),
        }),
        ElementType(other) => return Err(format!("type {other} of ONNX is not computed with")),
    })
}

fn rounded(data: &Data, round: fn(f32) -> f32) -> Data {
    Data::F32(floats(data).into_iter().map(round).collect())
}

fn bits<T: Into<i64>>(data: &Data, low: T, high: T, wrap: fn(i64) -> T) -> Outcome<Data> {
    Ok(Data::I64(ints(data, low.into(), high.into(), |bits| Some(wrap(bits).into()))?))
}

fn floats(data: &Data) -> Vec<f32> {
    match data {
        Data::F32(values) => values.clone(),
        Data::I64(values) => values.iter().map(|&value| value as f32).collect(),
        Data::I8(values) => values.iter().map(|&value| value.into()).collect(),
        Data::U8(values) => values.iter().map(|&value| value.into()).collect(),
        Data::Bool(values) => values.iter().map(|&value| value.into()).collect(),
    }
}

/// Integers by `wrap`, and fractions cut off between `low` and `high`.
fn ints(data: &Data, low: i64, high: i64, wrap: impl Fn(i64) -> Option<i64>) -> Outcome<Vec<i64>> {
    let misfit = |value: &dyn std::fmt::Display| format!("{value} does not fit the integer type");
    let cut = |&value: &f32| {
        let whole = f64::from(value.trunc());
        // Above the highest i64, the next f64 is 2^63.
        let fits = whole >= low as f64 && whole < high as f64 + 1.0;
        fits.then_some(whole as i64).ok_or_else(|| misfit(&value))
    };
    let keep = |value: i64| wrap(value).ok_or_else(|| misfit(&value));
    match data {
        Data::F32(values) => values.iter().map(cut).collect(),
        Data::Bool(values) => Ok(values.iter().map(|&value| value.into()).collect()),
        others => others.ints()?.iter().map(|&value| keep(value)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_cut_off_and_misfits_refused() {
        let cut = |values: &[f32], to| cast(&Data::F32(values.to_vec()), to);
        assert_eq!(cut(&[-1.7, 2.9], ElementType::I32), Ok(Data::I64(vec![-1, 2])));
        assert_eq!(cut(&[-128.9], ElementType::I8), Ok(Data::I8(vec![-128])));
        assert!(cut(&[9.3e18], ElementType::I64).is_err());
        assert!(cut(&[f32::NAN], ElementType::I64).is_err());
    }

    #[test]
    fn integers_lose_their_upper_bits() {
        let wrap = |value, to| cast(&Data::I64(vec![value]), to);
        assert_eq!(wrap(200, ElementType::I8), Ok(Data::I8(vec![-56])));
        assert_eq!(wrap(i64::MAX, ElementType::I32), Ok(Data::I64(vec![-1])));
        assert_eq!(wrap(-1, ElementType::U16), Ok(Data::I64(vec![65535])));
        assert!(wrap(-1, ElementType::U64).is_err());
    }

    #[test]
    fn half_precision_rounds() {
        let value = Data::F32(vec![1.0 / 3.0]);
        assert_eq!(cast(&value, ElementType::F16), Ok(Data::F32(vec![0.333_251_95])));
    }
}
