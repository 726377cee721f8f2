//! From the last block's tokens to a vector.

use cam_graph::{Binary, Operation, Value};

use super::block::Shared;
use super::builder::{Builder, Part, Rows};
use super::tower::{AttentionPooling, Pooling, PoolingLayers, Tower};

/// The vector of `[tokens, width]`.
pub(super) fn pool(
    builder: &mut Builder,
    tower: &Tower,
    x: Value,
    shared: Shared,
    tokens: usize,
) -> Value {
    let (width, epsilon) = (tower.width, tower.epsilon);
    match tower.pooling {
        Pooling::NormThenClass { norm, tokens } => {
            let x = builder.layer_norm(x, norm, (1, width), epsilon);
            class_token(builder, x, width, tokens)
        }
        Pooling::ClassThenNorm { norm } => {
            let x = class_token(builder, x, width, 1);
            builder.layer_norm(x, norm, (0, width), epsilon)
        }
        Pooling::Mean { before, behind } => {
            let x = match before {
                Some(norm) => builder.layer_norm(x, norm, (1, width), epsilon),
                None => x,
            };
            let patches = patches(builder, x, tower.before(), tokens);
            let x = builder.mean(patches, &[0], "", "mean");
            match behind {
                Some(norm) => builder.layer_norm(x, norm, (0, width), epsilon),
                None => x,
            }
        }
        Pooling::Attention(pooling) => {
            let x = builder.layer_norm(x, pooling.before, (1, width), epsilon);
            let x = patches(builder, x, tower.before(), tokens);
            attend(builder, tower, &pooling, x, shared, tokens - tower.before())
        }
    }
}

/// The first token, or the mean of the first few: a distilled network has a class token of its own for what was distilled.
fn class_token(builder: &mut Builder, x: Value, width: usize, tokens: usize) -> Value {
    let slice = Operation::Slice { axis: 0, start: 0, length: tokens };
    let x = builder.step(&[x], slice, "", "class_token");
    match tokens {
        1 => builder.reshape(x, &[width], "", "class_vector"),
        _ => builder.mean(x, &[0], "", "class_vector"),
    }
}

/// The tokens behind those in front.
fn patches(builder: &mut Builder, x: Value, before: usize, tokens: usize) -> Value {
    match before {
        0 => x,
        start => {
            let slice = Operation::Slice { axis: 0, start, length: tokens - start };
            builder.step(&[x], slice, "", "patch_tokens")
        }
    }
}

/// Multihead attention pooling; the query is the same for every image.
fn attend(
    builder: &mut Builder,
    tower: &Tower,
    pooling: &AttentionPooling,
    x: Value,
    shared: Shared,
    tokens: usize,
) -> Value {
    let (width, heads, head) = (tower.width, tower.heads, tower.head());
    let module = pooling.attention;
    let [query, key, value] = pooling.layers.rows(width);
    let q = asked(builder, pooling, &query, [heads, head]);
    let split = [tokens, heads, head];
    let k = builder.rows(x, &key, [width; 2], (module, "key"));
    let k = builder.reshape(k, &split, module, "key_split");
    let k = builder.transpose(k, &[1, 2, 0], module, "key_heads");
    let v = builder.rows(x, &value, [width; 2], (module, "value"));
    let v = builder.reshape(v, &split, module, "value_split");
    let v = builder.transpose(v, &[1, 0, 2], module, "value_heads");
    let scores = builder.step(&[q, k], Operation::MatMul, module, "products");
    let scores = builder.combine((Binary::Multiply, scores, shared.scale), module, "scores");
    let a = builder.step(&[scores], Operation::Softmax { axis: 2 }, module, "softmax");
    let z = builder.step(&[a, v], Operation::MatMul, module, "attended");
    let z = builder.reshape(z, &[width], module, "joined");
    let z = builder.linear(z, pooling.output, [width; 2], true);
    let y = builder.layer_norm(z, pooling.norm, (0, width), tower.epsilon);
    let y = builder.linear(y, pooling.up, [pooling.hidden, width], true);
    let parent = pooling.up.rsplit_once('.').map_or("", |(module, _)| module);
    let y = builder.map(y, tower.activation, parent, "activation");
    let y = builder.linear(y, pooling.down, [width, pooling.hidden], true);
    builder.combine((Binary::Add, z, y), pooling.module, "after_mlp")
}

/// W_q·probe + b_q, `[heads, 1, width of a head]`.
fn asked(
    builder: &mut Builder,
    pooling: &AttentionPooling,
    query: &Rows,
    [heads, head]: [usize; 2],
) -> Value {
    let width = heads * head;
    let mut tensors = vec![(pooling.probe.to_owned(), vec![1, 1, width])];
    tensors.extend(query.tensors([width; 2]));
    let make = move |values: Vec<Vec<f32>>| {
        let [probe, weight, bias] = values.as_slice() else { return Vec::new() };
        // The query's rows are the first.
        let rows = weight.chunks_exact(width).zip(bias).take(width);
        let product = |(row, bias): (&[f32], &f32)| {
            let terms = row.iter().zip(probe).map(|(a, b)| f64::from(*a) * f64::from(*b));
            (terms.sum::<f64>() + f64::from(*bias)) as f32
        };
        rows.map(product).collect()
    };
    let name = format!("{}#query", pooling.probe);
    let parameter = builder.made(&name, vec![heads, 1, head], tensors, make);
    builder.constant(parameter, pooling.attention, "query")
}

impl PoolingLayers {
    /// Of query, keys and values.
    fn rows(self, width: usize) -> [Rows; 3] {
        match self {
            Self::Bare([weight, bias]) => [0, 1, 2].map(|which| {
                let bias = Some(Part::whole(bias.to_owned()));
                let all = Rows { weight: Part::whole(weight.to_owned()), bias };
                all.some(which * width, 3 * width)
            }),
            Self::QueryAndRest([query, rest]) => {
                let rest = |start| Rows::all(rest, true).some(start, 2 * width);
                [Rows::all(query, true), rest(0), rest(width)]
            }
        }
    }
}
