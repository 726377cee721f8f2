//! A graph's attention blocks with their numbers.

use std::sync::OnceLock;

use ::burn::tensor::{Device, Tensor, TensorData};
use cam_core::{
    AttentionRun, BlockRun, Extent, ForwardPass, Kept, Layer, Place, Readout, StreamRows,
    TokenLayout, TokenRun, Transformer,
};
use cam_graph::{AttentionBlock, Graph, Value};

use super::one_pass::take;
use super::{GraphNetwork, Parameters, head};
use crate::graph_executor::{Dense, Rows};

/// What of a graph is a transformer, with the numbers on a device.
pub(super) struct Attention {
    graph: cam_graph::Transformer,
    /// Of every block W `[H · d, D]` and b `[D]`, once they are wanted: the engine has the same numbers.
    projections: Vec<OnceLock<(Tensor<2>, Tensor<1>)>>,
    readout: Readout,
    /// Of every block, whether tokens go their own ways behind its attention.
    apart: Vec<bool>,
}

impl Attention {
    pub(super) fn of(
        graph: &Graph,
        shapes: &[cam_graph::Shape],
        parameters: &Parameters,
        device: &Device,
    ) -> Option<Self> {
        let found = graph.transformer(shapes)?;
        let projections = found
            .blocks
            .iter()
            .map(|block| head::can_be_folded(&block.projection, graph).then(OnceLock::new));
        let projections = projections.collect::<Option<_>>()?;
        let steps =
            found.readout.iter().map(|step| readout_step(step, (graph, parameters), device));
        let readout = Readout::new(steps.collect::<Option<_>>()?);
        let apart = found
            .blocks
            .iter()
            .map(|block| graph.keeps_tokens_apart(block.after_attention, block.after, shapes));
        let apart = apart.collect();
        Some(Self { graph: found, projections, readout, apart })
    }

    /// Makes all projections now, where no engine will have their numbers.
    pub(super) fn project(&self, graph: &Graph, parameters: &Parameters, device: &Device) {
        for (block, place) in self.graph.blocks.iter().zip(&self.projections) {
            let made = projection(&block.projection, (graph, parameters), device);
            place.get_or_init(|| made.expect("all parameters of a graph are there"));
        }
    }

    /// The value at a place.
    fn value(&self, place: Place) -> Value {
        match place {
            Place::Before(block) => {
                self.graph.blocks.get(block).map_or_else(|| self.end(), |block| block.before)
            }
            Place::AfterAttention(block) => self.graph.blocks[block].after_attention,
        }
    }

    fn end(&self) -> Value {
        self.graph.blocks.last().map_or(self.graph.start, |block| block.after)
    }

    /// The tokens that are read of a value of that shape behind all blocks, where those are not all.
    pub(super) fn rows_read(&self, value: Value, shape: &[usize]) -> Option<Rows> {
        let tokens = self.graph.tokens.count();
        let (start, length) = self.readout.reads(tokens);
        let wide: Vec<usize> = shape.iter().copied().filter(|side| *side != 1).collect();
        match wide[..] {
            [found, columns] if found == tokens && value >= self.end() && length < tokens => {
                Some(Rows { tokens, columns, start, length })
            }
            _ => None,
        }
    }
}

impl GraphNetwork {
    /// What follows a block's attention, W `[H · d, D]` and b `[D]`.
    fn projection(&self, block: usize) -> (Tensor<2>, Tensor<1>) {
        let attention = self.attention();
        let made = || {
            let steps = &attention.graph.blocks[block].projection;
            let numbers = |name: &String| {
                Some((name.clone(), self.burn.numbers(name, self.engine.as_ref())?))
            };
            let numbers = head::folded_names(steps).filter_map(numbers).collect();
            let made = projection(steps, (self.graph(), &numbers), self.burn.device());
            made.expect("all parameters of a graph are there")
        };
        attention.projections[block].get_or_init(made).clone()
    }
}

/// A network whose graph is known to be a transformer.
impl Transformer for GraphNetwork {
    fn blocks(&self) -> usize {
        self.attention().graph.blocks.len()
    }

    fn run(&self, images: Tensor<4>, layers: &[Layer], kept: Kept) -> (ForwardPass, TokenRun) {
        let Attention { graph, readout, .. } = self.attention();
        let first = graph.blocks.len().saturating_sub(kept.blocks);
        let blocks = &graph.blocks[first..];
        let count = graph.tokens.count();
        let reads = readout.reads(count);
        let end = self.attention().end();
        let channels = self.shape_of(graph.start).iter().product::<usize>() / count;
        let (mut wanted, mut parts) = (vec![graph.start], Vec::new());
        let mut want = |value: Value, extent: Extent, columns: usize, (start, length)| match kept
            .extent
            >= extent
            || length == count
        {
            true => wanted.push(value),
            false => parts.push((value, Rows { tokens: count, columns, start, length })),
        };
        for (block, index) in blocks.iter().zip(first..) {
            let behind = self.reads_behind(index);
            want(block.attention, Extent::Whole, count, reads);
            want(block.after_attention, Extent::Stream, channels, behind);
            want(block.after, Extent::Stream, channels, behind);
        }
        want(end, Extent::Stream, channels, reads);
        wanted.extend(blocks.iter().flat_map(|block| values_of(block, kept)));
        let (pass, found) = self.pass(images, layers, wanted, &parts);
        let take = |value: Value| take(&found, value);
        let stream = |value: Value| streamed(take(value), count);
        // Whatever else wants a value may have wanted all of it.
        let rows_from = |value: Value, first: usize| {
            let found = take(value);
            let tokens = found.shape()[1..].iter().product::<usize>() / channels;
            let first = if tokens == count { 0 } else { first };
            StreamRows { first, vectors: streamed(found, tokens) }
        };
        let is_whole = kept.extent == Extent::Whole;
        let first_row = if is_whole { 0 } else { reads.0 };
        let of_block = |index: usize| {
            let (block, projection) = (&graph.blocks[index], self.projection(index));
            let sizes = (block.heads, count);
            let similarity = block.similarity.filter(|_| is_whole);
            let (behind, _) = self.reads_behind(index);
            let attended = [take(block.attention), take(block.values)];
            BlockRun {
                index,
                before: stream(block.before),
                attention: attention_run(attended, first_row, sizes, projection),
                queries_and_keys: similarity.map(|found| {
                    let joined = by_head(take(found.queries), block.heads, count);
                    [queries(joined, found.is_scaled), keys(take(found.keys), sizes)]
                }),
                after_attention: rows_from(block.after_attention, behind),
                after: rows_from(block.after, behind),
            }
        };
        let tokens = graph.tokens;
        let run = TokenRun {
            layout: TokenLayout { before: tokens.before, grid: tokens.grid, behind: tokens.behind },
            start: stream(graph.start),
            end: rows_from(end, reads.0),
            blocks: (first..graph.blocks.len()).map(of_block).collect(),
        };
        (pass, run)
    }

    fn stream(&self, x: Tensor<3>, from: Place, to: Place) -> Tensor<3> {
        let attention = self.attention();
        let (from, to) = (attention.value(from), attention.value(to));
        let [n, tokens, channels] = x.dims();
        let mut shape = [&[n], self.shape_of(from).as_slice()].concat();
        // Tokens lie in front of channels; there may be fewer than the graph has.
        let count = attention.graph.tokens.count();
        if let Some(side) = shape[1..].iter_mut().find(|side| **side == count) {
            *side = tokens;
        }
        let numbers = x.reshape([n * tokens * channels]);
        let x = Dense::from_numbers(numbers, &shape).expect("a stream keeps its size");
        let found = self.burnt(&[(from, x)], &[to]).pop().expect("one value is wanted");
        streamed(found, tokens)
    }

    fn reads_behind(&self, block: usize) -> (usize, usize) {
        let Attention { graph, readout, apart, .. } = self.attention();
        match apart[block] {
            true => readout.reads(graph.tokens.count()),
            false => (0, graph.tokens.count()),
        }
    }

    fn readout(&self) -> &Readout {
        &self.attention().readout
    }
}

/// The values that are kept whole of a block.
fn values_of(block: &AttentionBlock, kept: Kept) -> Vec<Value> {
    let mut values = vec![block.before, block.values];
    if kept.extent == Extent::Whole {
        values.extend(block.similarity.iter().flat_map(|found| [found.queries, found.keys]));
    }
    values
}

/// A stream as `[n, N, D]`: its tokens lie in front of its channels, and other axes have length 1.
pub(super) fn streamed(dense: Dense, tokens: usize) -> Tensor<3> {
    let shape = dense.shape();
    let (n, numbers) = (shape[0], shape[1..].iter().product::<usize>());
    dense.numbers().reshape([n, tokens, numbers / tokens])
}

/// `[n, …, tokens, d]` as `[n, H, tokens, d]`.
pub(super) fn by_head(dense: Dense, heads: usize, tokens: usize) -> Tensor<4> {
    let shape = dense.shape();
    let (n, numbers) = (shape[0], shape[1..].iter().product::<usize>());
    dense.numbers().reshape([n, heads, tokens, numbers / tokens / heads])
}

/// A from one of its rows on and v as tensors, with W and b.
pub(super) fn attention_run(
    [weights, values]: [Dense; 2],
    first_row: usize,
    (heads, tokens): (usize, usize),
    (projection, bias): (Tensor<2>, Tensor<1>),
) -> AttentionRun {
    let width = values.shape()[1..].iter().product::<usize>() / tokens / heads;
    let rows = weights.shape()[1..].iter().product::<usize>() / tokens / heads;
    let n = values.shape()[0];
    AttentionRun {
        weights: weights.numbers().reshape([n, heads, rows, tokens]),
        first_row,
        values: values.numbers().reshape([n, heads, tokens, width]),
        projection,
        bias,
    }
}

/// q; where its product with k is not scaled, the scale is in it already, and is taken out.
pub(super) fn queries(queries: Tensor<4>, is_scaled: bool) -> Tensor<4> {
    let [_, _, _, width] = queries.dims();
    if is_scaled { queries } else { queries.mul_scalar((width as f32).sqrt()) }
}

/// k of kᵀ, `[n, …, d, tokens]` to `[n, H, tokens, d]`.
pub(super) fn keys(dense: Dense, (heads, tokens): (usize, usize)) -> Tensor<4> {
    let shape = dense.shape();
    let (n, numbers) = (shape[0], shape[1..].iter().product::<usize>());
    let transposed = dense.numbers().reshape([n, heads, numbers / tokens / heads, tokens]);
    transposed.swap_dims(2, 3)
}

/// Linear steps as one matrix `[inputs, outputs]` and what is added.
pub(super) fn projection(
    steps: &[cam_graph::HeadStep],
    (graph, parameters): (&Graph, &Parameters),
    device: &Device,
) -> Option<(Tensor<2>, Tensor<1>)> {
    let head::Folded { weight, bias, inputs } = head::folded(steps, parameters, graph)?;
    let width = bias.len();
    let weight = Tensor::from_data(TensorData::new(weight, [width, inputs]), device);
    let bias = Tensor::from_data(TensorData::new(bias, [width]), device);
    Some((Tensor::<2>::transpose(weight), bias))
}

fn readout_step(
    step: &cam_graph::ReadoutStep,
    (graph, parameters): (&Graph, &Parameters),
    device: &Device,
) -> Option<cam_core::ReadoutStep> {
    let vector = |name: &Option<String>| match name {
        Some(name) => head::vector(parameters, name, device).map(Some),
        None => Some(None),
    };
    Some(match step {
        cam_graph::ReadoutStep::Norm(norm) => cam_core::ReadoutStep::Norm {
            scale: vector(&norm.scale)?,
            shift: vector(&norm.shift)?,
            epsilon: norm.epsilon,
        },
        &cam_graph::ReadoutStep::Pool { start, length } => {
            cam_core::ReadoutStep::Pool { start, length }
        }
        cam_graph::ReadoutStep::Flatten => cam_core::ReadoutStep::Flatten,
        cam_graph::ReadoutStep::Then(step) => {
            cam_core::ReadoutStep::Then(head::step(step, parameters, graph, device)?)
        }
    })
}
