//! Values at another size: exporters leave the resampling of position tables in the network.

use crate::array::{Array, Data};

use super::call::Call;
use super::index::{count, lines};
use super::{Operation, Outcome, Single};

/// The longest side that is made: each number of it has weights of its own.
const LONGEST: f64 = 65_536.0;

/// How far a widened kernel may reach: to a thousandth of a side and less.
const WIDEST: f64 = 1024.0;

pub(super) fn find(kind: &str) -> Option<Single> {
    matches!(kind, "Resize" | "Upsample").then_some(resize)
}

/// The resampling of one axis.
struct Line {
    axis: usize,
    /// How many numbers come in.
    side: usize,
    /// For each that comes out, the first place that it is made from, and the weights there and behind.
    taps: Vec<(i64, Vec<f64>)>,
}

/// One axis after the other.
fn resize(call: &Call<'_>) -> Outcome<Array> {
    let array = call.input(0)?;
    let start = (array.dims.clone(), reals(&array.data)?);
    let (dims, values) =
        resampled(call, &array.dims)?.iter().try_fold(start, |(mut dims, values), line| {
            let (outer, side, inner) = lines(&dims, line.axis);
            dims[line.axis] = line.taps.len();
            count(&dims)?;
            let values = &values;
            let made = (0..outer).flat_map(|row| {
                line.taps.iter().flat_map(move |(first, weights)| {
                    let at = move |place: i64, i: usize| {
                        values[(row * side + inside(place, side)) * inner + i]
                    };
                    (0..inner).map(move |i| {
                        let taps = (*first..).zip(weights);
                        taps.map(|(place, weight)| at(place, i) * weight).sum()
                    })
                })
            });
            Ok::<_, String>((dims, made.collect::<Vec<f64>>()))
        })?;
    let data = match &array.data {
        Data::F32(_) => Data::F32(values.into_iter().map(|value| value as f32).collect()),
        other => return Err(format!("{} where f32 is needed", other.kind())),
    };
    Ok(Array { dims, data })
}

/// The axes that a resize changes, each with a row of weights for every number that comes out: of a value that is not
/// known, with these sides.
pub(crate) fn matrices(
    operation: &Operation<'_>,
    inputs: &[Option<&Array>],
    dims: &[usize],
) -> Outcome<Vec<(usize, Array)>> {
    let call = Call::new(operation, inputs)?;
    let matrix = |line: &Line| {
        let dims = vec![line.taps.len(), line.side];
        let mut weights = vec![0.0; count(&dims)?];
        for (row, (first, taps)) in weights.chunks_exact_mut(line.side).zip(&line.taps) {
            for (place, weight) in (*first..).zip(taps) {
                row[inside(place, line.side)] += weight;
            }
        }
        let data = Data::F32(weights.into_iter().map(|weight| weight as f32).collect());
        Ok((line.axis, Array { dims, data }))
    };
    resampled(&call, dims)?.iter().map(matrix).collect()
}

/// The place, or the outermost next to it.
fn inside(place: i64, side: usize) -> usize {
    place.clamp(0, side as i64 - 1) as usize
}

/// The axes that change.
fn resampled(call: &Call<'_>, dims: &[usize]) -> Outcome<Vec<Line>> {
    let all: Vec<_> = (0..dims.len() as i64).collect();
    let axes = call.node().ints("axes").unwrap_or(&all);
    let axes = call.axes(axes, dims.len())?;
    let sides: Vec<_> = axes.iter().map(|&axis| dims[axis]).collect();
    let lengths = lengths(call, &sides)?;
    let lines =
        axes.into_iter().zip(lengths).filter(|&(axis, (real, _))| real != dims[axis] as f64);
    let line = |(axis, (real, made)): (usize, (f64, usize))| {
        let side = dims[axis];
        let taps =
            (0..made).map(|i| taps(call, i as f64, side, real, made)).collect::<Outcome<_>>()?;
        Ok(Line { axis, side, taps })
    };
    lines.map(line).collect()
}

fn reals(data: &Data) -> Outcome<Vec<f64>> {
    Ok(data.floats()?.iter().map(|&value| value.into()).collect())
}

/// How long each axis becomes, before and after it is made whole.
fn lengths(call: &Call<'_>, sides: &[usize]) -> Outcome<Vec<(f64, usize)>> {
    let old = call.kind() == "Upsample" || call.opset() < 11;
    let given = |position| call.optional(position).filter(|array| array.data.count() > 0);
    let misfit = || format!("{} sides need as many scales or sizes", sides.len());
    let whole = |real: f64| match real {
        0.0..=LONGEST => Ok(real as usize),
        _ => Err(format!("a side of {real} is refused: the most is {LONGEST}")),
    };
    if let Some(sizes) = given(3).filter(|_| !old) {
        let sizes = sizes.data.ints()?;
        if sizes.len() != sides.len() {
            return Err(misfit());
        }
        let scales = sizes.iter().zip(sides).map(|(&size, &side)| size as f64 / side as f64);
        let common = match call.node().text("keep_aspect_ratio_policy").unwrap_or("stretch") {
            "stretch" => None,
            "not_larger" => Some(scales.fold(f64::INFINITY, f64::min)),
            "not_smaller" => Some(scales.fold(0.0, f64::max)),
            other => return Err(format!("keep_aspect_ratio_policy {other} is not known")),
        };
        let length = |(&size, &side): (&i64, &usize)| match common {
            None => Ok((size as f64, whole(size as f64)?)),
            Some(scale) => Ok((scale * side as f64, whole((scale * side as f64).round())?)),
        };
        return sizes.iter().zip(sides).map(length).collect();
    }
    let scales = match (given(if old { 1 } else { 2 }), call.node().floats("scales")) {
        (Some(scales), _) => scales.data.floats()?,
        (None, Some(scales)) => scales,
        (None, None) => return Err("scales and sizes are missing".into()),
    };
    if scales.len() != sides.len() {
        return Err(misfit());
    }
    // Runtimes multiply in f32, and cut off.
    let length = |(&scale, &side): (&f32, &usize)| {
        Ok((f64::from(scale) * side as f64, whole((scale * side as f32).into())?))
    };
    scales.iter().zip(sides).map(length).collect()
}

/// The first place that number `i` of an axis is made from, and the weights there and behind.
fn taps(call: &Call<'_>, i: f64, side: usize, real: f64, made: usize) -> Outcome<(i64, Vec<f64>)> {
    let node = call.node();
    let old = call.kind() == "Upsample" || call.opset() < 11;
    let n = side as f64;
    if side == 0 {
        return Err("an empty axis cannot be resized".into());
    }
    // Multiplied first, so that whole places come out whole.
    let back = |place: f64| place * n / real;
    let usual = if old { "asymmetric" } else { "half_pixel" };
    let at = match node.text("coordinate_transformation_mode").unwrap_or(usual) {
        "half_pixel" => back(i + 0.5) - 0.5,
        "half_pixel_symmetric" => n / 2.0 * (1.0 - made as f64 / real) + back(i + 0.5) - 0.5,
        "pytorch_half_pixel" if made > 1 => back(i + 0.5) - 0.5,
        "align_corners" if made > 1 => i * (n - 1.0) / (real - 1.0),
        "pytorch_half_pixel" | "align_corners" => 0.0,
        "asymmetric" => back(i),
        other => {
            return Err(format!("coordinate_transformation_mode {other} is not computed with"));
        }
    };
    let first = at.floor();
    Ok(match node.text("mode").unwrap_or("nearest") {
        "nearest" => {
            let usual = if old { "floor" } else { "round_prefer_floor" };
            let nearest = match node.text("nearest_mode").unwrap_or(usual) {
                "round_prefer_floor" => (at - 0.5).ceil(),
                "round_prefer_ceil" => (at + 0.5).floor(),
                "floor" => first,
                "ceil" => at.ceil(),
                other => return Err(format!("nearest_mode {other} is not known")),
            };
            (nearest as i64, vec![1.0])
        }
        "linear" | "bilinear" => weighted(call, at, side, real, (1.0, |x| 1.0 - x))?,
        "cubic" => {
            let a = f64::from(node.float_or("cubic_coeff_a", -0.75));
            weighted(call, at, side, real, (2.0, |x| cubic(a, x)))?
        }
        other => return Err(format!("mode {other} is not known")),
    })
}

/// Weights of a kernel around a place. Antialiasing widens it where an axis becomes shorter, as Pillow does.
fn weighted(
    call: &Call<'_>,
    at: f64,
    side: usize,
    real: f64,
    (support, kernel): (f64, impl Fn(f64) -> f64),
) -> Outcome<(i64, Vec<f64>)> {
    let is_flag = |name: &str| call.node().flag(name, false);
    let (antialias, exclude) = (is_flag("antialias"), is_flag("exclude_outside"));
    let scale = if antialias { (real / side as f64).min(1.0) } else { 1.0 };
    let reach = support / scale;
    if reach > WIDEST {
        return Err(format!(
            "a kernel that reaches {reach} numbers far is refused: {WIDEST} at most"
        ));
    }
    let first = (at - reach).floor() as i64 + 1;
    let count = (2.0 * reach).ceil() as i64;
    let mut weights: Vec<f64> = (first..first + count)
        .map(|place| match ((place as f64 - at) * scale).abs() {
            distance if distance < support => kernel(distance),
            _ => 0.0,
        })
        .collect();
    if exclude {
        let outside = (first..).zip(&mut weights);
        outside
            .filter(|(place, _)| *place < 0 || *place >= side as i64)
            .for_each(|(_, w)| *w = 0.0);
    }
    if antialias || exclude {
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= sum);
    }
    Ok((first, weights))
}

/// Keys' kernel, at a distance below 2 (Cubic convolution interpolation, 1981).
fn cubic(a: f64, x: f64) -> f64 {
    match x {
        ..=1.0 => ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0,
        _ => ((x - 5.0) * x + 8.0) * x * a - 4.0 * a,
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{assert_close, floats, run};
    use crate::proto::Attribute;

    #[test]
    fn a_picture_is_resized_linearly_and_by_cubes() {
        let value = floats(&[1, 1, 2, 2], &[1.0, 2.0, 3.0, 4.0]);
        let (none, double) = (floats(&[0], &[]), floats(&[4], &[1.0, 1.0, 2.0, 2.0]));
        let mode = |mode: &str| [("mode", Attribute::String(mode.into()))];
        let made = run("Resize", 19, &mode("linear"), &[&value, &none, &double]).unwrap();
        let row = |by: f32| [1.0, 1.25, 1.75, 2.0].map(|value| value + by);
        assert_close(
            &made[0],
            &floats(&[1, 1, 4, 4], &[row(0.0), row(0.5), row(1.5), row(2.0)].concat()),
        );
        // A table is reproduced at its own size.
        let same = floats(&[4], &[1.0; 4]);
        let made = run("Resize", 19, &mode("cubic"), &[&value, &none, &same]).unwrap();
        assert_eq!(made[0], value);
    }

    #[test]
    fn antialiasing_widens_the_kernel_and_what_is_outside_may_count_or_not() {
        let value = floats(&[4], &[1.0, 2.0, 3.0, 4.0]);
        let (none, half) = (floats(&[0], &[]), floats(&[1], &[0.5]));
        let linear = ("mode", Attribute::String("linear".into()));
        let flag = |name: &'static str| (name, Attribute::Int(1));
        // Of weights 1/4, 3/4, 3/4 and 1/4 around 1/2 the first is outside.
        let made = run("Resize", 19, &[linear.clone(), flag("antialias")], &[&value, &none, &half]);
        assert_close(&made.unwrap()[0], &floats(&[2], &[1.625, 3.375]));
        let settings = [linear, flag("antialias"), flag("exclude_outside")];
        let made = run("Resize", 19, &settings, &[&value, &none, &half]);
        assert_close(&made.unwrap()[0], &floats(&[2], &[3.0 / 1.75, 5.0 - 3.0 / 1.75]));
    }

    #[test]
    fn bombs_are_refused() {
        let value = floats(&[2], &[1.0, 2.0]);
        let (none, scales) = (floats(&[0], &[]), |scale| floats(&[1], &[scale]));
        for scale in [f32::NAN, f32::INFINITY, -1.0, 1e9] {
            assert!(run("Resize", 19, &[], &[&value, &none, &scales(scale)]).is_err(), "{scale}");
        }
    }
}
