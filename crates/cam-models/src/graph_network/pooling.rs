//! An attention that pools all tokens, with its numbers.

use ::burn::tensor::{Device, Tensor};
use cam_core::{AttentionPooling, ForwardPass, Layer, PoolingRun, TokenLayout};
use cam_graph::{Graph, Shape};

use super::grid::flat;
use super::one_pass::take;
use super::transformer::{attention_run, by_head, keys, projection, queries, streamed};
use super::{GraphNetwork, Parameters, embeddings};
use crate::graph_executor::Dense;

/// Where a graph pools by an attention, with the numbers on a device.
pub(super) struct Pooling {
    graph: cam_graph::AttentionPooling,
    /// W `[H · d, D]` and b `[D]`.
    projection: (Tensor<2>, Tensor<1>),
}

impl Pooling {
    pub(super) fn of(
        graph: &Graph,
        shapes: &[Shape],
        parameters: &Parameters,
        device: &Device,
    ) -> Option<Self> {
        let found = graph.attention_pooling(shapes)?;
        let projection = projection(&found.projection, (graph, parameters), device)?;
        Some(Self { graph: found, projection })
    }
}

/// A network whose graph is known to pool by an attention.
impl AttentionPooling for GraphNetwork {
    fn pool(&self, images: Tensor<4>, layers: &[Layer]) -> (ForwardPass, PoolingRun) {
        let Pooling { graph, projection } = self.pooling();
        let similarity = graph.similarity.iter().flat_map(|found| [found.queries, found.keys]);
        let wanted = [graph.attention, graph.values, graph.pooled].into_iter();
        let wanted = wanted.chain(similarity).chain(graph.stream);
        let (pass, found) = self.pass(images, layers, wanted, &[]);
        let sizes = (graph.heads, graph.tokens.count());
        let (before, behind) = (graph.tokens.before, graph.tokens.behind);
        let attended = [graph.attention, graph.values].map(|value| take(&found, value));
        let of_images = |x: Tensor<4>| {
            let [_, heads, rows, width] = x.dims();
            x.expand([pass.embeddings.dims()[0], heads, rows, width])
        };
        let run = PoolingRun {
            layout: TokenLayout { before, grid: graph.tokens.grid, behind },
            attention: attention_run(attended, 0, sizes, projection.clone()),
            queries_and_keys: graph.similarity.map(|similar| {
                // A probe is the same for all images.
                let probe = by_head(take(&found, similar.queries), graph.heads, 1);
                let keys = keys(take(&found, similar.keys), sizes);
                [queries(probe, similar.is_scaled), keys].map(of_images)
            }),
            pooled: flat(take(&found, graph.pooled)),
            stream: graph.stream.map(|stream| streamed(take(&found, stream), sizes.1)),
        };
        (pass, run)
    }

    fn behind(&self, pooled: Tensor<2>) -> Tensor<2> {
        let [n, width] = pooled.dims();
        let value = self.pooling().graph.pooled;
        let shape = [&[n], self.shape_of(value).as_slice()].concat();
        let pooled = Dense::from_numbers(pooled.reshape([n * width]), &shape);
        let pooled = pooled.expect("what was pooled keeps its size");
        embeddings(self.burnt(&[(value, pooled)], &[self.graph().output]))
    }
}
