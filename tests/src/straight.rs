//! ResNet written straight through, in f64, from an unfolded state dict: an oracle that shares no
//! code with the networks under test.

use std::collections::BTreeMap;

use crate::networks::Entry;

/// A feature map of one image.
#[derive(Debug, Clone)]
pub struct Features {
    /// Channels, height, width.
    pub shape: [usize; 3],
    /// Row-major values.
    pub values: Vec<f64>,
}

/// The state dict of a ResNet, and how to run it.
pub struct Straight<'a> {
    tensors: BTreeMap<&'a str, (&'a [usize], &'a [f32])>,
}

impl<'a> Straight<'a> {
    /// From the entries of a state dict.
    pub fn new(entries: &'a [Entry]) -> Self {
        let tensors =
            entries.iter().map(|(name, shape, values)| (name.as_str(), (&shape[..], &values[..])));
        Self { tensors: tensors.collect() }
    }

    /// The output of every block by name, and the embedding, of one image `[3, h, w]`.
    pub fn forward(&self, image: Features) -> (Vec<(String, Features)>, Vec<f64>) {
        let x = relu(self.norm(self.conv(&image, "conv1", 2, 3), "bn1"));
        let mut x = max_pool(&x);
        let mut blocks = Vec::new();
        for stage in 1.. {
            for block in 0.. {
                let name = format!("layer{stage}.{block}");
                if !self.tensors.contains_key(format!("{name}.conv1.weight").as_str()) {
                    break;
                }
                x = self.block(&x, &name, if stage > 1 && block == 0 { 2 } else { 1 });
                blocks.push((name, x.clone()));
            }
            if !self.tensors.contains_key(format!("layer{}.0.conv1.weight", stage + 1).as_str()) {
                break;
            }
        }
        let positions = x.shape[1] * x.shape[2];
        let embedding = x
            .values
            .chunks(positions)
            .map(|channel| channel.iter().sum::<f64>() / positions as f64);
        let embedding = embedding.collect();
        (blocks, embedding)
    }

    fn block(&self, x: &Features, name: &str, stride: usize) -> Features {
        let bottleneck = self.tensors.contains_key(format!("{name}.conv3.weight").as_str());
        let step = |x: &Features, i: usize, stride: usize, padding: usize| {
            self.norm(
                self.conv(x, &format!("{name}.conv{i}"), stride, padding),
                &format!("{name}.bn{i}"),
            )
        };
        let y = if bottleneck {
            let y = relu(step(x, 1, 1, 0));
            step(&relu(step(&y, 2, stride, 1)), 3, 1, 0)
        } else {
            step(&relu(step(x, 1, stride, 1)), 2, 1, 1)
        };
        let shortcut = format!("{name}.downsample.0");
        let shortcut = if self.tensors.contains_key(format!("{shortcut}.weight").as_str()) {
            self.norm(self.conv(x, &shortcut, stride, 0), &format!("{name}.downsample.1"))
        } else {
            x.clone()
        };
        let sum = y.values.iter().zip(&shortcut.values).map(|(y, x)| y + x).collect();
        relu(Features { values: sum, ..y })
    }

    fn conv(&self, x: &Features, key: &str, stride: usize, padding: usize) -> Features {
        let (shape, weight) = self.tensors[format!("{key}.weight").as_str()];
        let [outputs, per_group, kernel] = [shape[0], shape[1], shape[2]];
        let [inputs, height, width] = x.shape;
        let group_outputs = outputs / (inputs / per_group);
        let size = |side: usize| (side + 2 * padding - kernel) / stride + 1;
        let (out_height, out_width) = (size(height), size(width));
        let mut values = Vec::with_capacity(outputs * out_height * out_width);
        for o in 0..outputs {
            for i in 0..out_height * out_width {
                let (top, left) = (i / out_width * stride, i % out_width * stride);
                let mut sum = 0.0;
                for c in 0..per_group {
                    let channel = (o / group_outputs * per_group + c) * height * width;
                    for k in 0..kernel * kernel {
                        let (y, x_at) = (top + k / kernel, left + k % kernel);
                        let inside = (padding..padding + height).contains(&y)
                            && (padding..padding + width).contains(&x_at);
                        if inside {
                            let value = x.values[channel + (y - padding) * width + x_at - padding];
                            sum += value
                                * f64::from(weight[(o * per_group + c) * kernel * kernel + k]);
                        }
                    }
                }
                values.push(sum);
            }
        }
        Features { shape: [outputs, out_height, out_width], values }
    }

    fn norm(&self, mut x: Features, key: &str) -> Features {
        let part = |part: &str, channel: usize| {
            f64::from(self.tensors[format!("{key}.{part}").as_str()].1[channel])
        };
        let positions = x.shape[1] * x.shape[2];
        for (channel, values) in x.values.chunks_mut(positions).enumerate() {
            let deviation = (part("running_var", channel) + 1e-5).sqrt();
            for value in values {
                *value = (*value - part("running_mean", channel)) / deviation
                    * part("weight", channel)
                    + part("bias", channel);
            }
        }
        x
    }
}

fn relu(mut x: Features) -> Features {
    for value in &mut x.values {
        *value = value.max(0.0);
    }
    x
}

/// 3×3 windows at stride 2 with a border of one that never wins.
fn max_pool(x: &Features) -> Features {
    let [channels, height, width] = x.shape;
    let (out_height, out_width) = (height.div_ceil(2), width.div_ceil(2));
    let mut values = Vec::with_capacity(channels * out_height * out_width);
    for channel in x.values.chunks(height * width) {
        for i in 0..out_height * out_width {
            let (centre_y, centre_x) = (i / out_width * 2, i % out_width * 2);
            let rows = centre_y.saturating_sub(1)..(centre_y + 2).min(height);
            let window = rows.flat_map(|y| {
                (centre_x.saturating_sub(1)..(centre_x + 2).min(width))
                    .map(move |x| channel[y * width + x])
            });
            values.push(window.fold(f64::NEG_INFINITY, f64::max));
        }
    }
    Features { shape: [channels, out_height, out_width], values }
}
