//! Normalisations, in f64.

use crate::array::{Array, Data};

use super::call::Call;
use super::index::{Walk, lines, within};
use super::{Outcome, Several};

pub(super) fn find(kind: &str) -> Option<Several> {
    Some(match kind {
        "BatchNormalization" => batch,
        "InstanceNormalization" => instance,
        "LayerNormalization" => layer,
        _ => return None,
    })
}

/// Mean and variance, the latter without Bessel's correction.
fn moments(values: impl Iterator<Item = f32> + Clone) -> (f64, f64) {
    let (sum, count) = values.clone().fold((0.0, 0.0), |(sum, n), v| (sum + f64::from(v), n + 1.0));
    let mean = sum / count;
    let squares: f64 = values.map(|value| (f64::from(value) - mean).powi(2)).sum();
    (mean, squares / count)
}

fn epsilon(call: &Call<'_>) -> f64 {
    call.node().float_or("epsilon", 1e-5).into()
}

/// An input with one number for each channel.
fn per_channel<'a>(call: &Call<'a>, position: usize, channels: usize) -> Outcome<&'a [f32]> {
    let values = call.floats(position)?;
    match values.len() == channels {
        true => Ok(values),
        false => {
            Err(format!("input {position} has {} numbers for {channels} channels", values.len()))
        }
    }
}

/// With the statistics that are given; while training, with the values' own. Weight standardisation is exported as the
/// latter, on weights.
fn batch(call: &Call<'_>) -> Outcome<Vec<Array>> {
    let array = call.input(0)?;
    let (outer, channels, inner) = match array.dims.len() {
        0 | 1 => (array.data.count(), 1, 1),
        _ => lines(&array.dims, 1),
    };
    let values = array.data.floats()?;
    let [scale, bias, mean, variance] = [1, 2, 3, 4].map(|at| per_channel(call, at, channels));
    let (scale, bias, mean, variance) = (scale?, bias?, mean?, variance?);
    // Before opset 14, statistics among the outputs say so.
    let training =
        call.node().flag("training_mode", call.opset() < 14 && call.node().outputs.len() > 1);
    let momentum = f64::from(call.node().float_or("momentum", 0.9));
    let mut made = values.to_vec();
    let (mut means, mut variances) = (mean.to_vec(), variance.to_vec());
    for channel in 0..channels {
        let (mut centre, mut spread) = (f64::from(mean[channel]), f64::from(variance[channel]));
        let places =
            (0..outer * inner).map(|i| (i / inner * channels + channel) * inner + i % inner);
        if training {
            let (own, own_variance) = moments(places.clone().map(|place| values[place]));
            means[channel] = (centre * momentum + own * (1.0 - momentum)) as f32;
            variances[channel] = (spread * momentum + own_variance * (1.0 - momentum)) as f32;
            (centre, spread) = (own, own_variance);
        }
        let factor = f64::from(scale[channel]) / (spread + epsilon(call)).sqrt();
        for place in places {
            made[place] =
                ((f64::from(values[place]) - centre) * factor + f64::from(bias[channel])) as f32;
        }
    }
    let statistics =
        [means, variances].map(|values| Array { dims: vec![channels], data: Data::F32(values) });
    let mut outputs = vec![Array { dims: array.dims.clone(), data: Data::F32(made) }];
    outputs.extend(statistics.into_iter().filter(|_| training));
    Ok(outputs)
}

/// Each channel of each picture with its own statistics.
fn instance(call: &Call<'_>) -> Outcome<Vec<Array>> {
    let array = call.input(0)?;
    if array.dims.len() < 2 {
        return Err(format!("channels are needed, not {:?}", array.dims));
    }
    let (outer, channels, inner) = lines(&array.dims, 1);
    let values = array.data.floats()?;
    let (scale, bias) = (per_channel(call, 1, channels)?, per_channel(call, 2, channels)?);
    let mut made = Vec::with_capacity(values.len());
    for plane in 0..outer * channels {
        let (own, channel) = (&values[plane * inner..(plane + 1) * inner], plane % channels);
        let (mean, variance) = moments(own.iter().copied());
        let factor = f64::from(scale[channel]) / (variance + epsilon(call)).sqrt();
        let bias = f64::from(bias[channel]);
        made.extend(own.iter().map(|&value| ((f64::from(value) - mean) * factor + bias) as f32));
    }
    Ok(vec![Array { dims: array.dims.clone(), data: Data::F32(made) }])
}

/// Over `axis` and all behind it. Gives the means and the inverse deviations as well.
fn layer(call: &Call<'_>) -> Outcome<Vec<Array>> {
    let array = call.input(0)?;
    let axis = within(call.node().int_or("axis", -1), array.dims.len(), "axis")?;
    let (front, back) = array.dims.split_at(axis);
    let (rows, length) = (front.iter().product::<usize>(), back.iter().product::<usize>());
    let values = array.data.floats()?;
    let scale = call.floats(1)?;
    let mut scales = Walk::spread(&call.input(1)?.dims, &array.dims)?;
    let bias = call
        .optional(2)
        .map(|bias| Ok::<_, String>((bias.data.floats()?, Walk::spread(&bias.dims, &array.dims)?)));
    let mut bias = bias.transpose()?;
    let mut made = Vec::with_capacity(values.len());
    let (mut means, mut inverses) = (vec![], vec![]);
    for row in 0..rows {
        let own = &values[row * length..(row + 1) * length];
        let (mean, variance) = moments(own.iter().copied());
        let inverse = 1.0 / (variance + epsilon(call)).sqrt();
        for &value in own {
            let scale = scales.next().map_or(1.0, |place| f64::from(scale[place]));
            let bias =
                bias.as_mut().and_then(|(bias, walk)| walk.next().map(|place| bias[place].into()));
            made.push(((f64::from(value) - mean) * inverse * scale + bias.unwrap_or(0.0)) as f32);
        }
        means.push(mean as f32);
        inverses.push(inverse as f32);
    }
    let dims = [front, &vec![1; back.len()]].concat();
    Ok(vec![
        Array { dims: array.dims.clone(), data: Data::F32(made) },
        Array { dims: dims.clone(), data: Data::F32(means) },
        Array { dims, data: Data::F32(inverses) },
    ])
}

#[cfg(test)]
mod tests {
    use super::super::check::{assert_close, floats, int, one, run};
    use crate::proto::Attribute;

    #[test]
    fn own_statistics_are_used_while_training() {
        let value = floats(&[1, 2, 2], &[1.0, 3.0, 10.0, 30.0]);
        let channel = |values: &[f32; 2]| floats(&[2], values);
        let (ones, zeros) = (channel(&[1.0, 1.0]), channel(&[0.0, 0.0]));
        let inputs = [&value, &ones, &zeros, &zeros, &ones];
        let settings = [("training_mode", int(1)), ("epsilon", Attribute::Float(0.0))];
        let own = run("BatchNormalization", 15, &settings, &inputs).unwrap();
        assert_eq!(own[0], floats(&[1, 2, 2], &[-1.0, 1.0, -1.0, 1.0]));
        assert_close(&own[1], &channel(&[0.2, 2.0]));
        let given = one("BatchNormalization", 15, &settings[1..], &inputs);
        assert_eq!(given, value);
        let own = one("InstanceNormalization", 6, &settings[1..], &[&value, &ones, &zeros]);
        assert_eq!(own, floats(&[1, 2, 2], &[-1.0, 1.0, -1.0, 1.0]));
    }

    #[test]
    fn a_layer_is_scaled_and_shifted_place_by_place() {
        let value = floats(&[2, 2], &[1.0, 3.0, 30.0, 10.0]);
        let (scale, bias) = (floats(&[2], &[1.0, 2.0]), floats(&[2], &[0.0, 1.0]));
        let settings = [("epsilon", Attribute::Float(0.0))];
        let made = run("LayerNormalization", 17, &settings, &[&value, &scale, &bias]).unwrap();
        assert_eq!(made[0], floats(&[2, 2], &[-1.0, 3.0, 1.0, -1.0]));
        assert_eq!(made[2], floats(&[2, 1], &[1.0, 0.1]));
    }
}
