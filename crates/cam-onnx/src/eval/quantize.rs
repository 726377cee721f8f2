//! Numbers as small integers with a scale, and back.

use crate::array::{Array, Data};
use crate::proto::ElementType;

use super::call::Call;
use super::index::{Walk, within};
use super::{Outcome, Single};

pub(super) fn find(kind: &str) -> Option<Single> {
    Some(match kind {
        "DequantizeLinear" => dequantize,
        "QuantizeLinear" => quantize,
        _ => return None,
    })
}

/// Where the scale, and the zero point, of each number lie: one for all, or one for each place along the axis.
fn places(call: &Call<'_>) -> Outcome<Walk> {
    let (array, scale) = (call.input(0)?, call.input(1)?);
    let dims = &array.dims;
    if call.node().int_or("block_size", 0) != 0 {
        return Err("scales for blocks are not computed".into());
    }
    if call.optional(2).is_some_and(|zero| zero.data.count() != scale.data.count()) {
        return Err("as many zero points as scales are needed".into());
    }
    match scale.dims[..] {
        [] | [1] => Walk::spread(&[], dims),
        [length] => {
            let axis = within(call.node().int_or("axis", 1), dims.len(), "axis")?;
            Walk::spread(&[&[length][..], &vec![1; dims.len() - 1 - axis]].concat(), dims)
        }
        _ => Err(format!("scales of {:?} are neither one nor a list", scale.dims)),
    }
}

/// (x − zero) · scale.
fn dequantize(call: &Call<'_>) -> Outcome<Array> {
    let array = call.input(0)?;
    let (values, scale) = (array.data.ints()?, call.floats(1)?);
    let zero = call.optional(2).map(|zero| zero.data.ints()).transpose()?;
    let real = |(&value, place): (&i64, usize)| {
        let zero = zero.as_ref().map_or(0, |zero| zero[place]);
        value.checked_sub(zero).map(|steps| steps as f32 * scale[place])
    };
    let data: Option<_> = values.iter().zip(places(call)?).map(real).collect();
    let data = Data::F32(data.ok_or("the difference to the zero point leaves 64 bits")?);
    Ok(Array { dims: array.dims.clone(), data })
}

/// x / scale, rounded half to even, + zero, within the type: that of the zero point, or u8.
fn quantize(call: &Call<'_>) -> Outcome<Array> {
    let array = call.input(0)?;
    let (values, scale) = (array.data.floats()?, call.floats(1)?);
    let zero = call.optional(2).map(|zero| &zero.data);
    let asked = call.node().int("output_dtype").filter(|&to| to != 0);
    let to = match (asked, zero) {
        (Some(to), _) => ElementType(i32::try_from(to).unwrap_or(0)),
        (None, None | Some(Data::U8(_))) => ElementType::U8,
        (None, Some(Data::I8(_))) => ElementType::I8,
        (None, Some(zero)) => {
            return Err(format!(
                "whether {} stands for 16 bits with or without sign is lost",
                zero.kind()
            ));
        }
    };
    let (low, high) = match to {
        ElementType::U8 => (0.0, 255.0),
        ElementType::I8 => (-128.0, 127.0),
        ElementType::U16 => (0.0, 65_535.0),
        ElementType::I16 => (-32_768.0, 32_767.0),
        ElementType(to) => return Err(format!("type {to} of ONNX is not computed with")),
    };
    let zero = zero.map(Data::ints).transpose()?;
    let step = |(&value, place): (&f32, usize)| {
        let zero = zero.as_ref().map_or(0, |zero| zero[place]) as f32;
        ((value / scale[place]).round_ties_even() + zero).clamp(low, high)
    };
    let data = Data::F32(values.iter().zip(places(call)?).map(step).collect());
    Ok(Array { dims: array.dims.clone(), data: super::cast::cast(&data, to)? })
}

#[cfg(test)]
mod tests {
    use super::super::check::{floats, int, one};
    use crate::array::{Array, Data};

    fn bytes(dims: &[usize], values: &[u8]) -> Array {
        Array { dims: dims.to_vec(), data: Data::U8(values.to_vec()) }
    }

    #[test]
    fn bytes_become_numbers_and_numbers_bytes() {
        let (scale, zero) = (floats(&[], &[2.0]), bytes(&[], &[128]));
        let real =
            one("DequantizeLinear", 10, &[], &[&bytes(&[4], &[0, 3, 128, 255]), &scale, &zero]);
        assert_eq!(real, floats(&[4], &[-256.0, -250.0, 0.0, 254.0]));
        let value = floats(&[6], &[0.0, 2.0, 3.0, 1000.0, -254.0, -1000.0]);
        let made = one("QuantizeLinear", 10, &[], &[&value, &scale, &zero]);
        assert_eq!(made, bytes(&[6], &[128, 129, 130, 255, 1, 0]));
    }

    #[test]
    fn each_channel_has_its_own_scale() {
        let value = Array { dims: vec![2, 2], data: Data::I8(vec![1, -2, 3, -4]) };
        let scale = floats(&[2], &[1.0, 0.5]);
        let rows = one("DequantizeLinear", 13, &[("axis", int(0))], &[&value, &scale]);
        assert_eq!(rows, floats(&[2, 2], &[1.0, -2.0, 1.5, -2.0]));
    }
}
