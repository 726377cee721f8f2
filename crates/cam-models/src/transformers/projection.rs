//! From what a network's body gives to the embedding: the layers that bring pictures and texts together.

use cam_graph::{Function, Linear, Operation, Value};

use super::builder::Builder;

/// Layers behind the body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Projection {
    /// What stands in front of the body's names alone: the end of the root that these layers do not have.
    pub beside: &'static str,
    pub layers: Layers,
    /// Width of the embedding.
    pub width: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Layers {
    /// W·x, or W·x + b.
    Linear { module: &'static str, has_bias: bool },
    /// W·x with a tensor of no layer, `[width of the body, width]`.
    Transposed { tensor: &'static str },
    /// down(GELU(up(x))), twice as wide as the embedding in between; `up` has a bias.
    Mlp { module: &'static str, up: &'static str, down: &'static str, has_bias: bool },
}

impl Projection {
    /// Of a vector of `inputs` numbers.
    pub fn build(self, builder: &mut Builder, x: Value, inputs: usize) -> Value {
        builder.leave(self.beside);
        let outputs = self.width;
        match self.layers {
            Layers::Linear { module, has_bias } => {
                builder.linear(x, module, [outputs, inputs], has_bias)
            }
            Layers::Transposed { tensor } => {
                let tensors = vec![(tensor.to_owned(), vec![inputs, outputs])];
                let weight =
                    builder.made(tensor, vec![outputs, inputs], tensors, move |mut values| {
                        transposed(&values.pop().unwrap_or_default(), inputs, outputs)
                    });
                let linear = Linear { weight, bias: None };
                builder.step(&[x], Operation::Linear(linear), tensor, "")
            }
            Layers::Mlp { module, up, down, has_bias } => {
                let hidden = 2 * outputs;
                let x = builder.linear(x, up, [hidden, inputs], true);
                let x = builder.map(x, Function::Gelu, module, "activation");
                builder.linear(x, down, [outputs, hidden], has_bias)
            }
        }
    }
}

fn transposed(matrix: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let column = |column: usize| (0..rows).map(move |row| matrix[row * columns + column]);
    (0..columns).flat_map(column).collect()
}
