//! Numbers per channel, multiplied and added, folded into what comes before them.

use cam_graph::{BatchNorm, Binary, Name, Operation, Value};

use super::Work;

/// The most channels that one number is repeated for.
const WIDEST: usize = 1 << 16;

/// scale·x + shift, a number of each per index of an axis.
struct Affine {
    axis: usize,
    scale: Vec<f64>,
    shift: Vec<f64>,
    /// Whether it is one number, repeated for every channel.
    is_repeated: bool,
}

/// Folds scales and shifts into the convolution, linear layer or norm in front of them; the others become steps of
/// their own kind.
pub(super) fn fold(work: &mut Work<'_>) {
    for value in work.values() {
        let Some((x, affine)) = found(work, value) else { continue };
        let is_free = |work: &Work<'_>, x: Value| work.is_read_once(x) && !ends_block(work, x);
        let into = is_free(work, x)
            && (folds_into(work, value, x, &affine)
                || work.inputs(x).first().is_some_and(|&moved| is_free(work, moved))
                    && folds_through(work, value, x, &affine));
        if !into && !matches!(work.operation(value), Some(Operation::ScaleShift { .. })) {
            // One number for all of a value stays what it is.
            let is_norm = matches!(work.operation(value), Some(Operation::BatchNorm(_)));
            if is_norm || !affine.is_repeated {
                let (scale, shift) = (narrow(&affine.scale), narrow(&affine.shift));
                let name = work.graph.steps[value.index() - 1].name.value.clone();
                let shape = vec![scale.len()];
                let scale = work.parameter(&format!("{name}.scale"), shape.clone(), scale);
                let shift = work.parameter(&format!("{name}.shift"), shape, shift);
                let operation = Operation::ScaleShift { axis: affine.axis, scale, shift };
                work.replace(value, &[x], operation);
            }
        }
    }
}

/// Whether a value is what a module of several parts gives, such as an attention: it stays, so that it can be looked at.
fn ends_block(work: &Work<'_>, value: Value) -> bool {
    work.graph.giver(value).is_some_and(|step| step.name.ends.len() > 1)
}

fn narrow(list: &[f64]) -> Vec<f32> {
    list.iter().map(|&number| number as f32).collect()
}

fn widen(list: &[f32]) -> Vec<f64> {
    list.iter().map(|&number| number.into()).collect()
}

/// The value that a step scales and shifts, and by what.
fn found(work: &Work<'_>, value: Value) -> Option<(Value, Affine)> {
    match work.operation(value)? {
        Operation::ScaleShift { axis, scale, shift } => {
            let (scale, shift) = (widen(work.numbers.get(scale)?), widen(work.numbers.get(shift)?));
            let affine = Affine { axis: *axis, scale, shift, is_repeated: false };
            Some((*work.inputs(value).first()?, affine))
        }
        Operation::BatchNorm(norm) => {
            Some((*work.inputs(value).first()?, known_statistics(work, norm)?))
        }
        Operation::Combine(binary) => {
            let (a, b) = work.pair(value)?;
            let (x, constant, is_first) = match (work.constant(a), work.constant(b)) {
                (None, Some(_)) => (a, b, true),
                (Some(_), None) => (b, a, false),
                _ => return None,
            };
            if work.shape(x) != work.shape(value) {
                return None;
            }
            let (axis, numbers) = per_channel(work, x, constant)?;
            let n = numbers.len();
            let (one, zero) = (vec![1.0; n], vec![0.0; n]);
            let negative = |list: &[f64]| list.iter().map(|number| -number).collect();
            let (scale, shift) = match (binary, is_first) {
                (Binary::Add, _) => (one, numbers),
                (Binary::Subtract, true) => (one, negative(&numbers)),
                (Binary::Subtract, false) => (vec![-1.0; n], numbers),
                (Binary::Multiply, _) => (numbers, zero),
                (Binary::Divide, true) => {
                    (numbers.iter().map(|number| number.recip()).collect(), zero)
                }
                _ => return None,
            };
            let is_repeated = work.scalar(constant).is_some();
            Some((x, Affine { axis, scale, shift, is_repeated }))
        }
        _ => None,
    }
}

/// γ·(x − μ)/√(σ² + ε) + β = γ/√(σ² + ε)·x + (β − γ/√(σ² + ε)·μ), in f64.
fn known_statistics(work: &Work<'_>, norm: &BatchNorm) -> Option<Affine> {
    let numbers = |name: &String| work.numbers.get(name).map(|list| widen(list));
    let (mean, variance) = (numbers(&norm.mean)?, numbers(&norm.variance)?);
    let or = |name: &Option<String>, neutral: f64| match name {
        Some(name) => numbers(name),
        None => Some(vec![neutral; mean.len()]),
    };
    let (gamma, beta) = (or(&norm.scale, 1.0)?, or(&norm.shift, 0.0)?);
    let scale = gamma.iter().zip(&variance);
    let scale: Vec<f64> =
        scale.map(|(gamma, variance)| gamma / (variance + norm.epsilon).sqrt()).collect();
    let shift = beta.iter().zip(mean.iter().zip(&scale));
    let shift = shift.map(|(beta, (mean, scale))| beta - mean * scale).collect();
    Some(Affine { axis: 0, scale, shift, is_repeated: false })
}

/// The axis along which a constant has numbers, and the numbers.
fn per_channel(work: &Work<'_>, x: Value, constant: Value) -> Option<(usize, Vec<f64>)> {
    let (shape, sides) = (work.shape(x), work.shape(constant));
    let numbers = work.constant(constant)?;
    let missing = shape.len().checked_sub(sides.len())?;
    let wide: Vec<usize> = (0..sides.len()).filter(|&axis| sides[axis] != 1).collect();
    match wide[..] {
        [axis] => Some((missing + axis, widen(numbers))),
        [] => {
            // One number is a number for every channel of what it can be folded into.
            let axis = match work.operation(x)? {
                Operation::Convolution(_) => shape.len().checked_sub(3)?,
                Operation::Linear(_) => shape.len().checked_sub(1)?,
                Operation::ScaleShift { axis, .. } => *axis,
                Operation::LayerNorm(norm) => match norm.axes[..] {
                    [axis] => axis,
                    _ => return None,
                },
                _ => return None,
            };
            // A norm's axis has as many numbers as its input, which a file may say to be any number.
            let numbers = *numbers.first()?;
            (shape[axis] <= WIDEST).then(|| (axis, vec![f64::from(numbers); shape[axis]]))
        }
        _ => None,
    }
}

/// Folds into the step that gives x, where that can be; `value` then is that step.
fn folds_into(work: &mut Work<'_>, value: Value, x: Value, affine: &Affine) -> bool {
    let rank = work.shape(x).len();
    let Some(step) = work.graph.giver(x) else { return false };
    let inputs = step.inputs.clone();
    let operation = match step.operation.clone() {
        Operation::Convolution(mut convolution)
            if affine.axis + 3 == rank && convolution.activation.is_none() && inputs.len() == 1 =>
        {
            let names = (convolution.weight.as_str(), convolution.bias.as_deref());
            let Some((weight, bias)) = folded(work, names, affine) else { return false };
            convolution.weight = weight;
            convolution.bias = Some(bias);
            Operation::Convolution(convolution)
        }
        Operation::Linear(mut linear) if affine.axis + 1 == rank => {
            let names = (linear.weight.as_str(), linear.bias.as_deref());
            let Some((weight, bias)) = folded(work, names, affine) else { return false };
            linear.weight = weight;
            linear.bias = Some(bias);
            Operation::Linear(linear)
        }
        Operation::LayerNorm(mut norm) if norm.axes[..] == [affine.axis] => {
            let n = affine.scale.len();
            let numbers = |name: &Option<String>, neutral: f64| match name {
                Some(name) => work.numbers.get(name).map_or_else(Vec::new, |list| widen(list)),
                None => vec![neutral; n],
            };
            let (scale, shift) = (numbers(&norm.scale, 1.0), numbers(&norm.shift, 0.0));
            if scale.len() != n || shift.len() != n {
                return false;
            }
            let scale: Vec<f64> = scale.iter().zip(&affine.scale).map(|(a, b)| a * b).collect();
            let shift = moved(&shift, affine);
            let name = work.graph.steps[value.index() - 1].name.value.clone();
            norm.scale = Some(work.parameter(&format!("{name}.scale"), vec![n], narrow(&scale)));
            norm.shift = Some(work.parameter(&format!("{name}.shift"), vec![n], narrow(&shift)));
            Operation::LayerNorm(norm)
        }
        Operation::ScaleShift { axis, scale, shift } if axis == affine.axis => {
            let (Some(first), Some(second)) = (work.numbers.get(&scale), work.numbers.get(&shift))
            else {
                return false;
            };
            let both: Vec<f64> =
                widen(first).iter().zip(&affine.scale).map(|(a, b)| a * b).collect();
            let sum = moved(&widen(second), affine);
            let n = both.len();
            let scale = work.parameter(&scale, vec![n], narrow(&both));
            let shift = work.parameter(&shift, vec![n], narrow(&sum));
            Operation::ScaleShift { axis, scale, shift }
        }
        _ => return false,
    };
    work.replace(value, &inputs, operation);
    true
}

/// Folds into the step whose value x is with its axes in another order, which then come behind both.
fn folds_through(work: &mut Work<'_>, value: Value, x: Value, affine: &Affine) -> bool {
    let Some(Operation::Transpose { order }) = work.operation(x).cloned() else { return false };
    let &[source] = work.inputs(x) else { return false };
    let Affine { axis, scale, shift, is_repeated } = affine;
    let (scale, shift) = (scale.clone(), shift.clone());
    let affine = Affine { axis: order[*axis], scale, shift, is_repeated: *is_repeated };
    if !folds_into(work, x, source, &affine) {
        return false;
    }
    // It no longer is what its name said.
    work.graph.steps[x.index() - 1].name = Name::default();
    work.replace(value, &[x], Operation::Transpose { order });
    true
}

/// scale·b + shift.
fn moved(list: &[f64], affine: &Affine) -> Vec<f64> {
    let factors = affine.scale.iter().zip(&affine.shift);
    list.iter().zip(factors).map(|(b, (scale, shift))| b * scale + shift).collect()
}

/// W' = scale·W per output, b' = scale·b + shift, in f64.
fn folded(
    work: &mut Work<'_>,
    (weight, bias): (&str, Option<&str>),
    affine: &Affine,
) -> Option<(String, String)> {
    let outputs = affine.scale.len();
    let shape = work.graph.parameters.get(weight).cloned()?;
    let mut values = work.take(weight)?;
    let each = (values.len() / outputs.max(1)).max(1);
    for (kernel, scale) in values.chunks_mut(each).zip(&affine.scale) {
        for number in kernel {
            *number = (f64::from(*number) * scale) as f32;
        }
    }
    let known = bias.and_then(|bias| work.numbers.get(bias));
    let known = known.map_or_else(|| vec![0.0; outputs], |list| widen(list));
    let shift = narrow(&moved(&known, affine));
    let stem = bias.map_or_else(|| format!("{weight}.bias"), str::to_owned);
    let weight = work.parameter(weight, shape, values);
    Some((weight, work.parameter(&stem, vec![outputs], shift)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cam_graph::{Graph, Linear};

    use super::*;

    /// A linear layer on two channels, its axes turned if so asked, and then times γ.
    fn scaled(gamma: &[f32], turned: bool) -> (Graph, BTreeMap<String, Vec<f32>>) {
        let mut graph = Graph::new(&[3, 2]);
        let mut numbers = BTreeMap::new();
        let sides = if turned { vec![gamma.len(), 1] } else { vec![gamma.len()] };
        let parameters = [
            ("w", vec![2, 2], vec![1.0, 2.0, 3.0, 4.0]),
            ("b", vec![2], vec![5.0, 6.0]),
            ("gamma", sides, gamma.to_vec()),
        ];
        for (name, shape, values) in parameters {
            graph.parameters.insert(name.into(), shape);
            numbers.insert(name.to_owned(), values);
        }
        let linear = Operation::Linear(Linear { weight: "w".into(), bias: Some("b".into()) });
        let mut x = graph.push(&[Value::INPUT], linear, Name::default());
        if turned {
            x = graph.push(&[x], Operation::Transpose { order: vec![1, 0] }, Name::default());
        }
        let gamma = Operation::Constant { parameter: "gamma".into() };
        let gamma = graph.push(&[], gamma, Name::default());
        graph.output =
            graph.push(&[x, gamma], Operation::Combine(Binary::Multiply), Name::default());
        (graph, numbers)
    }

    fn assert_folded(graph: &Graph, numbers: &BTreeMap<String, Vec<f32>>, [w, b]: [&[f32]; 2]) {
        let Operation::Linear(linear) = &graph.steps[0].operation else {
            panic!("{:?}", graph.steps)
        };
        assert_eq!(numbers[&linear.weight], w);
        assert_eq!(numbers[linear.bias.as_ref().expect("it has a bias")], b);
    }

    #[test]
    fn a_scale_of_equal_numbers_folds_as_any_other() {
        for (gamma, w, b) in [
            ([2.0, 2.0], [2.0, 4.0, 6.0, 8.0], [10.0, 12.0]),
            ([2.0, 3.0], [2.0, 4.0, 9.0, 12.0], [10.0, 18.0]),
        ] {
            let (mut graph, mut numbers) = scaled(&gamma, false);
            crate::fuse(&mut graph, &mut numbers, &[]);
            assert_eq!(graph.steps.len(), 1);
            assert_folded(&graph, &numbers, [&w, &b]);
        }
    }

    #[test]
    fn a_scale_folds_through_a_transpose_which_stays() {
        let (mut graph, mut numbers) = scaled(&[2.0, 3.0], true);
        crate::fuse(&mut graph, &mut numbers, &[]);
        let [_, transpose] = &graph.steps[..] else { panic!("{:?}", graph.steps) };
        assert_eq!(transpose.operation, Operation::Transpose { order: vec![1, 0] });
        assert_folded(&graph, &numbers, [&[2.0, 4.0, 9.0, 12.0], &[10.0, 18.0]]);
    }

    #[test]
    fn a_scale_of_a_value_that_others_read_is_a_step_of_its_own() {
        let (mut graph, mut numbers) = scaled(&[2.0, 2.0], false);
        let scaled = graph.output;
        let linear = Value::of_step(0);
        graph.output =
            graph.push(&[linear, scaled], Operation::Combine(Binary::Add), Name::default());
        crate::fuse(&mut graph, &mut numbers, &[]);
        let kinds = graph
            .steps
            .iter()
            .filter(|step| matches!(step.operation, Operation::ScaleShift { .. }));
        assert_eq!(kinds.count(), 1, "{:?}", graph.steps);
    }
}
