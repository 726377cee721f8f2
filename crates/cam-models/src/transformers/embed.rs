//! From the image to tokens: patches, the tokens in front of them, and where they are.

use cam_graph::{Binary, Convolution, Operation, Value};

use super::block::Shared;
use super::builder::Builder;
use super::position::resample;
use super::rope;
use super::tower::{Position, Tower};

/// The tokens of an image of that grid, `[tokens, width]`.
pub(super) fn embed(builder: &mut Builder, tower: &Tower, grid: [usize; 2]) -> Value {
    let module = tower.names.embeddings;
    let [height, width] = tower.patch;
    let patch = tower.names.patch;
    let weight = builder.tensor(&format!("{patch}.weight"), vec![tower.width, 3, height, width]);
    let bias =
        tower.patch_bias.then(|| builder.tensor(&format!("{patch}.bias"), vec![tower.width]));
    let convolution = Convolution { stride: tower.patch, ..Convolution::new(weight, bias) };
    let x = builder.step(&[Value::INPUT], Operation::Convolution(convolution), patch, "");
    let patches = grid[0] * grid[1];
    let x = builder.reshape(x, &[tower.width, patches], module, "flattened");
    let x = builder.transpose(x, &[1, 0], module, "patches");
    let x = with_prefix(builder, tower, x);
    let x = with_positions(builder, tower, x, grid);
    match tower.first_norm {
        Some(norm) => builder.layer_norm(x, norm, (1, tower.width), tower.epsilon),
        None => x,
    }
}

/// Class token and registers in front of the patches.
fn with_prefix(builder: &mut Builder, tower: &Tower, x: Value) -> Value {
    let mut tokens = Vec::new();
    for &(name, count) in &tower.prefix {
        // A class token of CLIP is `[width]`, one of the others `[1, 1, width]`.
        let is_vector = name.ends_with("class_embedding");
        let shape = if is_vector { vec![tower.width] } else { vec![1, count, tower.width] };
        let tensors = vec![(name.to_owned(), shape)];
        let parameter = builder.made(name, vec![count, tower.width], tensors, |mut values| {
            values.pop().unwrap_or_default()
        });
        let (module, part) = name.rsplit_once('.').unwrap_or(("", name));
        tokens.push(builder.constant(parameter, module, part));
    }
    tokens.push(x);
    match tokens.len() {
        1 => x,
        _ => builder.step(&tokens, Operation::Concat { axis: 0 }, tower.names.embeddings, "tokens"),
    }
}

/// Learned positions added.
fn with_positions(builder: &mut Builder, tower: &Tower, x: Value, grid: [usize; 2]) -> Value {
    let Position::Learned { tensor, is_batched, grid: learned, covered, resampling } =
        tower.position
    else {
        return x;
    };
    let (width, before) = (tower.width, tower.before());
    let rows = covered + learned[0] * learned[1];
    let shape = if is_batched { vec![1, rows, width] } else { vec![rows, width] };
    let tensors = vec![(tensor.to_owned(), shape)];
    let tokens = before + grid[0] * grid[1];
    let make = move |mut values: Vec<Vec<f32>>| {
        let found = values.pop().unwrap_or_default();
        let (front, patches) = found.split_at((covered * width).min(found.len()));
        let mut all = front.to_vec();
        // Registers behind a class token have no position.
        all.resize(before * width, 0.0);
        all.extend(resample(patches, width, learned, grid, resampling));
        all
    };
    let parameter = builder.made(tensor, vec![tokens, width], tensors, make);
    let module = tower.names.embeddings;
    let positions = builder.constant(parameter, module, "positions");
    builder.combine((Binary::Add, x, positions), module, "embedded")
}

/// What all blocks read.
pub(super) fn shared(builder: &mut Builder, tower: &Tower, grid: [usize; 2]) -> Shared {
    let head = tower.head();
    let scale = (head as f64).sqrt().recip() as f32;
    let parameter = builder.made("attention.scale", vec![1], Vec::new(), move |_| vec![scale]);
    let scale = builder.constant(parameter, "", "attention.scale");
    let turn = match tower.position {
        Position::Rotary { theta } => {
            let (before, tokens) = (tower.before(), tower.before() + grid[0] * grid[1]);
            let shape = vec![tokens, head];
            let cos = move |_| rope::tables(grid, before, head, theta).cos;
            let cos = builder.made("rotation.cosine", shape.clone(), Vec::new(), cos);
            let sin = move |_| rope::tables(grid, before, head, theta).sin;
            let sin = builder.made("rotation.sine", shape, Vec::new(), sin);
            Some([
                builder.constant(cos, "", "rotation.cosine"),
                builder.constant(sin, "", "rotation.sine"),
            ])
        }
        Position::Learned { .. } => None,
    };
    Shared { scale, turn }
}
