//! The shapes of some networks.

use cam_engine::{
    Activation, Attention, Convolution, Graph, LayerNorm, Operation, Padding, ScaleShift, Step,
    Tokens, Window,
};

use crate::numbers::numbers;

/// A network by name.
pub fn named(name: &str, size: usize) -> Option<(&'static str, Graph)> {
    match name {
        "vit_b16" => Some(("vit_b16", transformer(size, 16, 12))),
        "dinov2_s14" => Some(("dinov2_s14", transformer(size, 14, 6))),
        "resnet50" => Some(("resnet50", resnet50())),
        "resnet18" => Some(("resnet18", resnet(false, [2, 2, 2, 2], 64, 1))),
        "resnext50" => Some(("resnext50", resnet(true, [3, 4, 6, 3], 128, 32))),
        "lite0" => Some(("lite0", efficientnet(&Activation::Relu6, false))),
        "b0" => Some(("b0", efficientnet(&Activation::Swish { beta: 1.0 }, true))),
        "densenet121" => Some(("densenet121", densenet121())),
        _ => None,
    }
}

/// ResNet50 up to its last activations.
pub fn resnet50() -> Graph {
    resnet(true, [3, 4, 6, 3], 64, 1)
}

fn resnet(bottleneck: bool, blocks: [usize; 4], width: usize, groups: usize) -> Graph {
    let relu = &Activation::Relu;
    let mut net = Network::default();
    let stem = net.convolve(0, (3, 64), (7, 2, 1), Padding::Each(3), relu, None);
    let pool = Window::square(3, 2, 1);
    let mut x = net.step(stem, Operation::MaxPool(pool));
    let mut inputs = 64;
    for (stage, blocks) in blocks.into_iter().enumerate() {
        let inner = width << stage;
        let outputs = (if bottleneck { 256 } else { 64 }) << stage;
        for block in 0..blocks {
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            let shortcut = if stride > 1 || inputs != outputs {
                let none = &Activation::Identity;
                net.convolve(x, (inputs, outputs), (1, stride, 1), Padding::Each(0), none, None)
            } else {
                x
            };
            let three = |net: &mut Network, x, channels, stride, residual| {
                net.convolve(x, channels, (3, stride, groups), Padding::Each(1), relu, residual)
            };
            x = if bottleneck {
                let y = net.convolve(x, (inputs, inner), (1, 1, 1), Padding::Each(0), relu, None);
                let y = three(&mut net, y, (inner, inner), stride, None);
                let channels = (inner, outputs);
                net.convolve(y, channels, (1, 1, 1), Padding::Each(0), relu, Some(shortcut))
            } else {
                let y = three(&mut net, x, (inputs, inner), stride, None);
                three(&mut net, y, (inner, outputs), 1, Some(shortcut))
            };
            inputs = outputs;
        }
    }
    net.graph
}

/// EfficientNet-B0, or Lite0, which has no squeeze-and-excitation, up to its last activations.
fn efficientnet(curve: &Activation, excites: bool) -> Graph {
    let stages = [
        (1, 16, 3, 1),
        (2, 24, 3, 2),
        (2, 40, 5, 2),
        (3, 80, 3, 2),
        (3, 112, 5, 1),
        (4, 192, 5, 2),
        (1, 320, 3, 1),
    ];
    let same = Padding::Same;
    let mut net = Network::default();
    let mut x = net.convolve(0, (3, 32), (3, 2, 1), same, curve, None);
    let mut inputs = 32;
    for (stage, (blocks, outputs, kernel, stride)) in stages.into_iter().enumerate() {
        for block in 0..blocks {
            let stride = if block == 0 { stride } else { 1 };
            let wide = if stage == 0 { inputs } else { 6 * inputs };
            let y = match stage {
                0 => x,
                _ => net.convolve(x, (inputs, wide), (1, 1, 1), same, curve, None),
            };
            let y = net.convolve(y, (wide, wide), (kernel, stride, wide), same, curve, None);
            let y = if excites { net.excite(y, wide, inputs / 4, curve) } else { y };
            let residual = (stride == 1 && inputs == outputs).then_some(x);
            let none = &Activation::Identity;
            x = net.convolve(y, (wide, outputs), (1, 1, 1), same, none, residual);
            inputs = outputs;
        }
    }
    net.convolve(x, (inputs, 1280), (1, 1, 1), same, curve, None);
    net.graph
}

/// DenseNet121 up to its last activations, its batch norms in front of the convolutions.
fn densenet121() -> Graph {
    let (mut net, relu, none) = (Network::default(), &Activation::Relu, &Activation::Identity);
    let stem = net.convolve(0, (3, 64), (7, 2, 1), Padding::Each(3), relu, None);
    let mut x = net.step(stem, Operation::MaxPool(Window::square(3, 2, 1)));
    let mut channels = 64;
    for (stage, layers) in [6, 12, 24, 16].into_iter().enumerate() {
        if stage > 0 {
            let y = net.normalize(x, channels);
            let y =
                net.convolve(y, (channels, channels / 2), (1, 1, 1), Padding::Each(0), none, None);
            let window = Window::square(2, 2, 0);
            x = net.step(y, Operation::AveragePool { window, include_border: true });
            channels /= 2;
        }
        for _ in 0..layers {
            let y = net.normalize(x, channels);
            let y = net.convolve(y, (channels, 128), (1, 1, 1), Padding::Each(0), relu, None);
            let y = net.convolve(y, (128, 32), (3, 1, 1), Padding::Each(1), none, None);
            x = net.step(x, Operation::Concat { others: vec![y] });
            channels += 32;
        }
    }
    net.normalize(x, channels);
    net.graph
}

/// Twelve blocks of so many heads of 64 channels, for patches of that side, up to the last norm.
fn transformer(size: usize, patch: usize, heads: usize) -> Graph {
    let (mut net, none, gelu) = (Network::default(), &Activation::Identity, &Activation::Gelu);
    let (channels, tokens) = (64 * heads, 1 + (size / patch).pow(2));
    let linear = |net: &mut Network, x, inputs, outputs, curve, residual| {
        net.convolve(x, (inputs, outputs), (1, 1, 1), Padding::Each(0), curve, residual)
    };
    let norm = |net: &mut Network, x| {
        let (scale, shift) = (vec![0.9; channels], vec![0.1; channels]);
        net.step(x, Operation::LayerNorm(LayerNorm { scale, shift, epsilon: 1e-6 }))
    };
    let x = net.convolve(0, (3, channels), (patch, patch, 1), Padding::Each(0), none, None);
    let (prefix, positions) = (numbers(1, channels), numbers(2, tokens * channels));
    let mut x = net.step(x, Operation::Tokens(Tokens { prefix, positions }));
    for _ in 0..12 {
        let y = norm(&mut net, x);
        let y = linear(&mut net, y, channels, 3 * channels, none, None);
        let (keys, values) = ((y, channels), (y, 2 * channels));
        let attention = Attention { heads, width: 64, scale: 0.125, queries: 0, keys, values };
        let y = net.step(y, Operation::Attention(attention));
        x = linear(&mut net, y, channels, channels, none, Some(x));
        let y = norm(&mut net, x);
        let y = linear(&mut net, y, channels, 4 * channels, gelu, None);
        x = linear(&mut net, y, 4 * channels, channels, none, Some(x));
    }
    norm(&mut net, x);
    net.graph
}

#[derive(Default)]
struct Network {
    graph: Graph,
}

impl Network {
    fn step(&mut self, input: usize, operation: Operation) -> usize {
        self.graph.steps.push(Step { input, operation });
        self.graph.steps.len()
    }

    /// A factor per channel, from their means.
    fn excite(&mut self, x: usize, wide: usize, narrow: usize, curve: &Activation) -> usize {
        let (none, gate) = (Padding::Each(0), &Activation::Sigmoid);
        let mean = self.step(x, Operation::GlobalAverage);
        let inner = self.convolve(mean, (wide, narrow), (1, 1, 1), none, curve, None);
        let other = self.convolve(inner, (narrow, wide), (1, 1, 1), none, gate, None);
        self.step(x, Operation::Multiply { other })
    }

    /// A line per channel, and what is positive of it.
    fn normalize(&mut self, x: usize, channels: usize) -> usize {
        let (scale, shift) = (vec![0.9; channels], vec![0.1; channels]);
        let line = self.step(x, Operation::ScaleShift(ScaleShift { scale, shift }));
        self.step(line, Operation::Activation(Activation::Relu))
    }

    fn convolve(
        &mut self,
        input: usize,
        (inputs, outputs): (usize, usize),
        (kernel, stride, groups): (usize, usize, usize),
        padding: Padding,
        activation: &Activation,
        residual: Option<usize>,
    ) -> usize {
        let depth = inputs / groups * kernel * kernel;
        let scale = 2.0 / (depth as f32).sqrt();
        let seed = self.graph.steps.len() as u64 + 1;
        let weight = numbers(seed, outputs * depth).into_iter().map(|x| x * scale).collect();
        let bias = numbers(seed, outputs);
        let convolution = Convolution {
            inputs,
            outputs,
            kernel: [kernel; 2],
            stride: [stride; 2],
            dilation: [1; 2],
            padding,
            groups,
            weight,
            bias,
            residual,
            activation: activation.clone(),
        };
        self.step(input, Operation::Convolution(convolution))
    }
}

/// Operations per step and output position, of which that step gives so many; a multiplication and an
/// addition count as two.
pub fn work(graph: &Graph, positions: impl Fn(usize) -> usize) -> Vec<f64> {
    let work = graph.steps.iter().enumerate().map(|(index, step)| match &step.operation {
        Operation::Convolution(convolution) => 2.0 * convolution.weight.len() as f64,
        Operation::Attention(attention) => {
            (4 * attention.heads * attention.width * positions(index)) as f64
        }
        // A sum, a difference with its square, and a line.
        Operation::LayerNorm(norm) => 7.0 * norm.scale.len() as f64,
        _ => 0.0,
    });
    work.collect()
}
