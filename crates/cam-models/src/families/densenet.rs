//! DenseNet (Huang et al., *Densely Connected Convolutional Networks*, arXiv 1608.06993), as torchvision and timm have it.

use cam_graph::{Function, Operation, Value, Window};

use super::Pixels;
use crate::builder::{Builder, Moves};
use crate::preprocessing::Filter;
use crate::{Classifier, Description};

/// PyTorch's `BatchNorm2d` default.
const EPSILON: f64 = 1e-5;

/// A layer's 1×1 convolution has so many times the channels that the layer adds.
const BOTTLENECK: usize = 4;

/// Name, channels that each layer adds, layers of the four blocks, channels behind the first convolution.
const KNOWN: [(&str, usize, [usize; 4], usize); 4] = [
    ("densenet121", 32, [6, 12, 24, 16], 64),
    ("densenet161", 48, [6, 12, 36, 24], 96),
    ("densenet169", 32, [6, 12, 32, 32], 64),
    ("densenet201", 32, [6, 12, 48, 32], 64),
];

pub(super) fn names() -> Vec<&'static str> {
    KNOWN.map(|known| known.0).into()
}

pub(super) fn described(name: &str) -> Option<Description> {
    let &(_, growth, blocks, stem) = KNOWN.iter().find(|known| known.0 == name)?;
    let pixels = Pixels::imagenet(224, Filter::Bilinear);
    let mut builder = Builder::new(pixels.size());
    let first = ("features.conv0", "features.conv0");
    let x = builder.convolution(first, Value::INPUT, [stem, 3, 7], Moves::keeping(7).by(2));
    let x = activated(&mut builder, ["features.norm0", "features.relu0"], x, stem);
    let mut x = builder.max_pool("features.pool0", x, [3, 2, 1]);
    let mut channels = stem;
    for (index, layers) in blocks.into_iter().enumerate() {
        let block = format!("features.denseblock{}", index + 1);
        for layer in 1..=layers {
            let added = layer_of(
                &mut builder,
                &format!("{block}.denselayer{layer}"),
                x,
                [channels, growth],
            );
            let all = format!("{block}.concat{layer}");
            x = builder.step(&all, &[x, added], Operation::Concat { axis: 0 });
            channels += growth;
        }
        if index + 1 < blocks.len() {
            x = transition(&mut builder, &format!("features.transition{}", index + 1), x, channels);
            channels /= 2;
        }
    }
    let x = activated(&mut builder, ["features.norm5", "relu"], x, channels);
    Some(Description {
        name: name.to_owned(),
        graph: builder.averaged(x),
        classifier: Some(Classifier::named("classifier", 1000)),
        preprocessing: pixels.preprocessing(),
    })
}

fn activated(builder: &mut Builder, [norm, relu]: [&str; 2], x: Value, channels: usize) -> Value {
    let x = builder.batch_norm((norm, norm), x, channels, EPSILON);
    builder.map(relu, x, Function::Relu)
}

/// The channels that a layer adds.
fn layer_of(builder: &mut Builder, path: &str, x: Value, [channels, growth]: [usize; 2]) -> Value {
    let wide = BOTTLENECK * growth;
    let part = |part: &str| format!("{path}.{part}");
    let x = activated(builder, [&part("norm1"), &part("relu1")], x, channels);
    let conv = part("conv1");
    let x = builder.convolution((&conv, &conv), x, [wide, channels, 1], Moves::keeping(1));
    let x = activated(builder, [&part("norm2"), &part("relu2")], x, wide);
    let conv = part("conv2");
    builder.convolution((&conv, &conv), x, [growth, wide, 3], Moves::keeping(3))
}

/// Half the channels on half the grid.
fn transition(builder: &mut Builder, path: &str, x: Value, channels: usize) -> Value {
    let part = |part: &str| format!("{path}.{part}");
    let x = activated(builder, [&part("norm"), &part("relu")], x, channels);
    let conv = part("conv");
    let x = builder.convolution((&conv, &conv), x, [channels / 2, channels, 1], Moves::keeping(1));
    let window = Window { stride: [2, 2], ..Window::new([2, 2]) };
    builder.step(&part("pool"), &[x], Operation::AveragePool { window, include_border: true })
}
