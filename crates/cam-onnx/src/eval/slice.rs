//! Parts along an axis.

use crate::array::{Array, Data};

use super::Outcome;
use super::call::Call;
use super::index::{count, lines};

/// Another selection along one axis: `source` says where each of `length` is taken from, or that it is filled.
///
/// # Panics
/// Where a source lies outside of the axis.
pub(super) fn select(
    array: &Array,
    axis: usize,
    length: usize,
    source: impl Fn(usize) -> Option<usize>,
    fill: &Data,
) -> Outcome<Array> {
    let (outer, side, inner) = lines(&array.dims, axis);
    let mut dims = array.dims.clone();
    dims[axis] = length;
    count(&dims)?;
    let total = array.data.count();
    let filled = fill.pick(std::iter::repeat_n(0, if fill.count() > 0 { inner } else { 0 }));
    let ranges = (0..outer).flat_map(|row| {
        let source = &source;
        (0..length).map(move |i| {
            let start = source(i).map_or(total, |from| (row * side + from) * inner);
            start..start + inner
        })
    });
    let data = match filled.count() {
        0 => array.data.copy(ranges),
        _ => array.data.clone().followed_by(&filled)?.copy(ranges),
    };
    Ok(Array { dims, data })
}

/// The same where nothing is filled.
pub(super) fn take(
    array: &Array,
    axis: usize,
    length: usize,
    source: impl Fn(usize) -> usize,
) -> Outcome<Array> {
    let nothing = array.data.pick(std::iter::empty());
    select(array, axis, length, |i| Some(source(i)), &nothing)
}

pub(super) fn slice(call: &Call<'_>) -> Outcome<Array> {
    let array = call.input(0)?;
    let (starts, ends) = (call.needed_ints(1, "starts")?, call.needed_ints(2, "ends")?);
    let all = (0..starts.len() as i64).collect();
    let axes = call.axes(&call.ints(3, "axes")?.unwrap_or(all), array.dims.len())?;
    let steps = call.ints(4, "steps")?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
        return Err("starts, ends, axes and steps are not of one length".into());
    }
    axes.iter().enumerate().try_fold(array.clone(), |array, (i, &axis)| {
        let (first, length) = span(starts[i], ends[i], steps[i], array.dims[axis] as i64)?;
        take(&array, axis, length, |place| (first + place as i64 * steps[i]) as usize)
    })
}

/// The first place of a slice, and how many there are.
fn span(start: i64, end: i64, step: i64, side: i64) -> Outcome<(i64, usize)> {
    if side == 0 {
        return Ok((0, 0));
    }
    let place = |at: i64| if at < 0 { at.saturating_add(side) } else { at };
    let (first, distance) = match step {
        0 => return Err("a slice in steps of 0".into()),
        1.. => {
            let first = place(start).clamp(0, side);
            (first, place(end).clamp(0, side) - first)
        }
        _ => {
            let first = place(start).clamp(0, side - 1);
            (first, first - place(end).clamp(-1, side - 1))
        }
    };
    let step = step.unsigned_abs();
    Ok((first, u64::try_from(distance).map_or(0, |distance| distance.div_ceil(step) as usize)))
}

#[cfg(test)]
mod tests {
    use super::super::check::{ints, one, shaped};
    use super::span;
    use crate::proto::Attribute;

    #[test]
    fn slices_are_clamped_and_may_go_backwards() {
        assert_eq!(span(0, 1000, 1, 10), Ok((0, 10)));
        assert_eq!(span(1000, 1000, 1, 10), Ok((10, 0)));
        assert_eq!(span(20, 0, -4, 20), Ok((19, 5)));
        assert_eq!(span(-1, i64::MIN, -1, 3), Ok((2, 3)));
        assert_eq!(span(0, i64::MAX, i64::MAX, 3), Ok((0, 1)));
        assert!(span(0, 1, 0, 3).is_err());
    }

    #[test]
    fn slices_are_settings_before_opset_10_and_inputs_since() {
        let value = shaped(&[2, 4], &[1, 2, 3, 4, 5, 6, 7, 8]);
        let settings = [("starts", 1), ("ends", 1000), ("axes", 1)];
        let settings = settings.map(|(name, value)| (name, Attribute::Ints(vec![value])));
        assert_eq!(one("Slice", 9, &settings, &[&value]), shaped(&[2, 3], &[2, 3, 4, 6, 7, 8]));
        let inputs = [&value, &ints(&[1, 0]), &ints(&[2, 3]), &ints(&[0, 1]), &ints(&[1, 2])];
        assert_eq!(one("Slice", 10, &[], &inputs), shaped(&[1, 2], &[5, 7]));
    }
}
