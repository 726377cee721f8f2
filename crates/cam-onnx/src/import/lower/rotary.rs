//! Rotary position embeddings (Su et al. 2021).

use cam_graph::{Binary, Operation};

use super::Lower;
use super::elementwise::combined;
use super::reshaping::reordered;
use crate::array::{Array, Data};
use crate::import::importer::{Importer, Outcome, floats, integers, without};
use crate::import::known::Dynamic;
use crate::proto::Node;

pub(super) fn table(operation: &str) -> Option<Lower> {
    (operation == "RotaryEmbedding").then_some(rotary as Lower)
}

/// Pairs of numbers turned by angles whose cosines and sines are tables.
fn rotary(importer: &mut Importer<'_>, node: &Node) -> Outcome<Dynamic> {
    if !matches!(node.domain.as_str(), "" | "ai.onnx") {
        return Err(without("of ONNX Runtime's own"));
    }
    let input = importer.dynamic(node, 0)?;
    let x = match *input.dims.as_slice() {
        [n, tokens, width] => {
            let heads = node.int("num_heads").and_then(|heads| usize::try_from(heads).ok());
            let heads = heads.filter(|&heads| heads > 0 && width.is_multiple_of(heads));
            let heads = heads.ok_or("num_heads does not fit")?;
            importer.reshaped(&input, &[n, tokens, heads, width / heads])?
        }
        [_, _, _, _] => reordered(importer, &input, &[0, 2, 1, 3])?,
        _ => return Err(format!("{:?} is not [n, heads, tokens, d]", input.dims).into()),
    };
    let &[n, tokens, heads, width] = x.dims.as_slice() else { return Err("no heads".into()) };
    let turned = node.int("rotary_embedding_dim").and_then(|dim| usize::try_from(dim).ok());
    let turned = turned.filter(|&dim| dim > 0).unwrap_or(width);
    if !turned.is_multiple_of(2) || turned > width {
        return Err(format!("{turned} of {width} numbers cannot be turned in pairs").into());
    }
    let table = |importer: &mut Importer<'_>, index| tables(importer, node, index, tokens);
    let (cosine, sine) = (table(importer, 1)?, table(importer, 2)?);
    // Pairs lie side by side, or half a width apart.
    let is_interleaved = node.flag("interleaved", false);
    let (split, axis) = match is_interleaved {
        true => ([n, tokens, heads, turned / 2, 2], 4),
        false => ([n, tokens, heads, 2, turned / 2], 3),
    };
    let part = sliced(importer, &x, 3, 0, turned)?;
    let pairs = importer.reshaped(&part, &split)?;
    let half = [n, tokens, heads, turned / 2];
    let mut halves = Vec::new();
    for place in [0, 1] {
        let half_of = sliced(importer, &pairs, axis, place, 1)?;
        halves.push(importer.reshaped(&half_of, &half)?);
    }
    let product = |importer: &mut Importer<'_>, a: &Dynamic, b: &Dynamic| {
        combined(importer, Binary::Multiply, a, b)
    };
    let (a, b) = (&halves[0], &halves[1]);
    let (a_cosine, b_sine) = (product(importer, a, &cosine)?, product(importer, b, &sine)?);
    let (a_sine, b_cosine) = (product(importer, a, &sine)?, product(importer, b, &cosine)?);
    let first = combined(importer, Binary::Subtract, &a_cosine, &b_sine)?;
    let second = combined(importer, Binary::Add, &a_sine, &b_cosine)?;
    let mut dims = split;
    dims[axis] = 1;
    let first = importer.reshaped(&first, &dims)?;
    let second = importer.reshaped(&second, &dims)?;
    let both = joined(importer, &[first, second], axis)?;
    let mut y = importer.reshaped(&both, &[n, tokens, heads, turned])?;
    if turned < width {
        let rest = sliced(importer, &x, 3, turned, width - turned)?;
        y = joined(importer, &[y, rest], 3)?;
    }
    match input.dims.len() {
        4 => reordered(importer, &y, &[0, 2, 1, 3]),
        _ => importer.reshaped(&y, &input.dims),
    }
}

/// A table for every token, `[n or 1, tokens, 1, d]`: rows at the places that are given, or one for each as it is.
fn tables(
    importer: &mut Importer<'_>,
    node: &Node,
    index: usize,
    tokens: usize,
) -> Outcome<Dynamic> {
    let table = importer.needed(node, index)?;
    let places = importer.constant(node, 3)?.map(|places| integers(&places)).transpose()?;
    let width = table.dims.last().copied().filter(|&width| width > 0).ok_or("a table is empty")?;
    let rows: Vec<f32> = floats(&table);
    let values = match places {
        None => rows,
        Some(places) => {
            let mut values = Vec::with_capacity(places.len() * width);
            for place in places {
                let row = usize::try_from(place).ok().and_then(|row| rows.chunks(width).nth(row));
                values.extend(row.ok_or_else(|| format!("position {place} is in no table"))?);
            }
            values
        }
    };
    let images = values.len() / (tokens * width).max(1);
    if images * tokens * width != values.len() {
        return Err(format!("tables of {:?} do not fit {tokens} tokens", table.dims).into());
    }
    let array = Array { dims: vec![images, tokens, 1, width], data: Data::F32(values) };
    importer.constant_step(&node.inputs[index], array.into())
}

fn sliced(
    importer: &mut Importer<'_>,
    x: &Dynamic,
    axis: usize,
    start: usize,
    length: usize,
) -> Outcome<Dynamic> {
    if length == x.dims[axis] {
        return Ok(x.clone());
    }
    importer.along(x, &[axis], |axes| Operation::Slice { axis: axes[0], start, length })
}

fn joined(importer: &mut Importer<'_>, parts: &[Dynamic], axis: usize) -> Outcome<Dynamic> {
    let is_led = parts[0].is_led();
    let values: Vec<_> = parts.iter().map(|part| part.value).collect();
    let axis = axis - usize::from(is_led);
    let value = importer.push(&values, Operation::Concat { axis })?;
    Ok(importer.led(value, is_led))
}
