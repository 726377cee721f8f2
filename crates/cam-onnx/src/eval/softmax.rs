//! Softmax, in f64.

use crate::array::{Array, Data};

use super::call::Call;
use super::index::lines;
use super::{Outcome, Single};

pub(super) fn find(kind: &str) -> Option<Single> {
    matches!(kind, "Softmax" | "LogSoftmax").then_some(softmax)
}

/// Before opset 13, over `axis` and all behind it; since, over that axis alone.
fn softmax(call: &Call<'_>) -> Outcome<Array> {
    let array = call.input(0)?;
    let rank = array.dims.len();
    let (outer, side, inner) = if call.opset() >= 13 {
        lines(&array.dims, call.axis(-1, rank)?)
    } else {
        let (front, back) = array.dims.split_at(call.axis(1, rank)?);
        (front.iter().product(), back.iter().product(), 1)
    };
    let values = array.data.floats()?;
    let mut made = vec![0.0; values.len()];
    for line in 0..outer * inner {
        let place = |i: usize| (line / inner * side + i) * inner + line % inner;
        let most = (0..side).map(|i| values[place(i)]).fold(f32::NEG_INFINITY, f32::max);
        let shifted = |i| f64::from(values[place(i)]) - f64::from(most);
        let sum: f64 = (0..side).map(|i| shifted(i).exp()).sum();
        for i in 0..side {
            made[place(i)] = match call.kind() {
                "Softmax" => shifted(i).exp() / sum,
                _ => shifted(i) - sum.ln(),
            } as f32;
        }
    }
    Ok(Array { dims: array.dims.clone(), data: Data::F32(made) })
}

#[cfg(test)]
mod tests {
    use super::super::check::{assert_close, floats, one};

    #[test]
    fn softmax_is_over_one_axis_since_opset_13_and_over_the_rest_before() {
        let value = floats(&[2, 4], &[0.0, 1.0, 2.0, 3.0, 10_000.0, 10_001.0, 10_002.0, 10_003.0]);
        let row = [0.032_058_604, 0.087_144_32, 0.236_882_82, 0.643_914_3];
        let made = one("Softmax", 13, &[], &[&value]);
        assert_close(&made, &floats(&[2, 4], &[row, row].concat()));
        let deep = floats(&[1, 2, 1], &[0.0, 0.0]);
        assert_eq!(one("Softmax", 11, &[], &[&deep]), floats(&[1, 2, 1], &[0.5, 0.5]));
        assert_eq!(one("Softmax", 13, &[], &[&deep]), floats(&[1, 2, 1], &[1.0, 1.0]));
    }
}
