//! One block: x + attention(norm(x)), then x + MLP(norm(x)).

use cam_graph::{Binary, Operation, Value};

use super::builder::{Builder, Rows};
use super::tower::{Mlp, Qkv, Tower};

/// Values that every block reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shared {
    /// 1/√(width of a head).
    pub scale: Value,
    /// What queries and keys are turned by: cosines and sines.
    pub turn: Option<[Value; 2]>,
}

pub(super) fn block(
    builder: &mut Builder,
    tower: &Tower,
    x: Value,
    shared: Shared,
    index: usize,
    tokens: usize,
) -> Value {
    let name = format!("{}.{index}", tower.names.blocks);
    let width = (1, tower.width);
    let [first, second] = tower.names.norms.map(|norm| format!("{name}.{norm}"));
    let y = builder.layer_norm(x, &first, width, tower.epsilon);
    let y = attention(builder, tower, y, shared, &name, tokens);
    let y = scaled(builder, tower, y, &name, 0);
    let x = builder.combine((Binary::Add, x, y), &name, "after_attention");
    let y = builder.layer_norm(x, &second, width, tower.epsilon);
    let y = mlp(builder, tower, y, &name);
    let y = scaled(builder, tower, y, &name, 1);
    builder.combine((Binary::Add, x, y), &name, "after_mlp")
}

/// A branch by its `LayerScale`.
fn scaled(builder: &mut Builder, tower: &Tower, y: Value, block: &str, branch: usize) -> Value {
    match tower.scales {
        Some(scales) => builder.scale(y, &format!("{block}.{}", scales[branch]), 1, tower.width),
        None => y,
    }
}

/// W_O·softmax(q·kᵀ/√d)·v of `[tokens, width]`.
fn attention(
    builder: &mut Builder,
    tower: &Tower,
    x: Value,
    shared: Shared,
    block: &str,
    tokens: usize,
) -> Value {
    let module = format!("{block}.{}", tower.names.attention);
    let sides = [tower.width; 2];
    let heads = |builder: &mut Builder, which: usize, order: &[usize]| {
        let part = ["query", "key", "value"][which];
        let own = match tower.names.qkv {
            Qkv::Apart(names) => format!("{block}.{}", names[which]),
            _ => String::new(),
        };
        let (layer, suffix) =
            if own.is_empty() { (module.as_str(), part) } else { (own.as_str(), "") };
        let y = builder.rows(x, &tower.qkv(block, which), sides, (layer, suffix));
        let split = [tokens, tower.heads, tower.head()];
        let y = builder.reshape(y, &split, &module, &format!("{part}_split"));
        // Keys are turned as `[heads, tokens, d]`, before they are laid down.
        let turn = shared.turn.filter(|_| which < 2);
        let y = match turn {
            Some(turn) => {
                let y = builder.transpose(y, &[1, 0, 2], &module, &format!("{part}_heads"));
                let y = turned(builder, tower, y, turn, (&module, part));
                return match order {
                    [1, 2, 0] => builder.transpose(y, &[0, 2, 1], &module, "key_columns"),
                    _ => y,
                };
            }
            None => y,
        };
        builder.transpose(y, order, &module, &format!("{part}_heads"))
    };
    let q = heads(builder, 0, &[1, 0, 2]);
    let k = heads(builder, 1, &[1, 2, 0]);
    let v = heads(builder, 2, &[1, 0, 2]);
    let scores = builder.step(&[q, k], Operation::MatMul, &module, "products");
    let scores = builder.combine((Binary::Multiply, scores, shared.scale), &module, "scores");
    let a = builder.step(&[scores], Operation::Softmax { axis: 2 }, &module, "softmax");
    let y = builder.step(&[a, v], Operation::MatMul, &module, "attended");
    let y = builder.transpose(y, &[1, 0, 2], &module, "attended_tokens");
    let y = builder.reshape(y, &[tokens, tower.width], &module, "joined");
    let output = format!("{block}.{}", tower.names.output);
    builder.linear(y, &output, sides, tower.biases.output)
}

/// x·cos + exchanged(x)·sin.
fn turned(
    builder: &mut Builder,
    tower: &Tower,
    x: Value,
    [cos, sin]: [Value; 2],
    (module, part): (&str, &str),
) -> Value {
    let indices = super::rope::exchanged(tower.head());
    let exchange = Operation::Gather { axis: 2, indices };
    let y = builder.step(&[x], exchange, module, &format!("{part}_exchanged"));
    let y = builder.combine((Binary::Multiply, y, sin), module, &format!("{part}_sine"));
    let x = builder.combine((Binary::Multiply, x, cos), module, &format!("{part}_cosine"));
    builder.combine((Binary::Add, x, y), module, &format!("{part}_turned"))
}

fn mlp(builder: &mut Builder, tower: &Tower, x: Value, block: &str) -> Value {
    let module = match tower.names.feed_forward {
        "" => block.to_owned(),
        module => format!("{block}.{module}"),
    };
    let (wide, narrow) = ([tower.hidden, tower.width], [tower.width, tower.hidden]);
    let at = |name: &str| format!("{block}.{name}");
    let has_bias = tower.biases.mlp;
    let (y, down) = match tower.mlp {
        Mlp::Plain { up, down } => {
            let y = builder.linear(x, &at(up), wide, has_bias);
            (builder.map(y, tower.activation, &module, "activation"), down)
        }
        Mlp::Gated { gate, up, down } => {
            let gate = builder.linear(x, &at(gate), wide, has_bias);
            let gate = builder.map(gate, tower.activation, &module, "activation");
            let y = builder.linear(x, &at(up), wide, has_bias);
            (builder.combine((Binary::Multiply, gate, y), &module, "gated"), down)
        }
        Mlp::Packed { both, down } => {
            let half = |start| Rows::all(&at(both), has_bias).some(start, 2 * tower.hidden);
            let gate = builder.rows(x, &half(0), wide, (&module, "gate"));
            let gate = builder.map(gate, tower.activation, &module, "activation");
            let y = builder.rows(x, &half(tower.hidden), wide, (&module, "up"));
            (builder.combine((Binary::Multiply, gate, y), &module, "gated"), down)
        }
    };
    builder.linear(y, &at(down), narrow, has_bias)
}
