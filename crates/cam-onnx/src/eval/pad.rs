//! Borders around a value.

use crate::array::{Array, Data};

use super::Outcome;
use super::call::Call;
use super::cast::like;
use super::index::most;
use super::slice::{select, take};

/// Negative pads cut.
pub(super) fn pad(call: &Call<'_>) -> Outcome<Array> {
    let array = call.input(0)?;
    let pads = call.needed_ints(1, "pads")?;
    let all = (0..array.dims.len() as i64).collect();
    let axes = call.axes(&call.ints(3, "axes")?.unwrap_or(all), array.dims.len())?;
    let most = most() as u64;
    if pads.len() != 2 * axes.len() || pads.iter().any(|pad| pad.unsigned_abs() > most) {
        return Err(format!("{:?} cannot be padded by {pads:?}", array.dims));
    }
    let value = Data::F32(vec![call.node().float_or("value", 0.0)]);
    let fill = match call.one(2)? {
        Some(value) => value.clone(),
        None => like(&value, &array.data)?,
    };
    let mode = call.node().text("mode").unwrap_or("constant");
    axes.iter().enumerate().try_fold(array.clone(), |array, (i, &axis)| {
        let (before, after) = (pads[i], pads[i + axes.len()]);
        let side = array.dims[axis] as i64;
        let misfit = || format!("{side} cannot be padded by {before} and {after} in mode {mode}");
        let length = usize::try_from(before + side + after).map_err(|_| misfit())?;
        let last = side - 1;
        if last < 0 && length > 0 && mode != "constant" {
            return Err(misfit());
        }
        let at = |i: usize| i as i64 - before;
        let inside = |place: i64| usize::try_from(place).ok().filter(|_| place < side);
        match mode {
            "constant" => select(&array, axis, length, |i| inside(at(i)), &fill),
            "edge" => take(&array, axis, length, |i| at(i).clamp(0, last) as usize),
            "wrap" => take(&array, axis, length, |i| at(i).rem_euclid(side) as usize),
            // There and back again.
            "reflect" => take(&array, axis, length, |i| {
                let place = at(i).rem_euclid((2 * last).max(1));
                place.min(2 * last - place) as usize
            }),
            _ => Err(format!("mode {mode} is not known")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::check::{floats, ints, one};
    use crate::proto::Attribute;

    #[test]
    fn padding_reflects_repeats_and_fills() {
        let value = floats(&[3, 2], &[1.0, 1.2, 2.3, 3.4, 4.5, 5.7]);
        let padded = one("Pad", 11, &[], &[&value, &ints(&[0, 2, 0, 0])]);
        let expected = [0.0, 0.0, 1.0, 1.2, 0.0, 0.0, 2.3, 3.4, 0.0, 0.0, 4.5, 5.7];
        assert_eq!(padded, floats(&[3, 4], &expected));
        let mode = |mode: &str| [("mode", Attribute::String(mode.into()))];
        let padded = one("Pad", 11, &mode("reflect"), &[&value, &ints(&[0, 2, 0, 0])]);
        let expected = [1.0, 1.2, 1.0, 1.2, 2.3, 3.4, 2.3, 3.4, 4.5, 5.7, 4.5, 5.7];
        assert_eq!(padded, floats(&[3, 4], &expected));
        let padded = one("Pad", 11, &mode("edge"), &[&value, &ints(&[0, 2, 0, -1])]);
        assert_eq!(padded, floats(&[3, 3], &[1.0, 1.0, 1.0, 2.3, 2.3, 2.3, 4.5, 4.5, 4.5]));
    }
}
