use burn::tensor::Device;
use cam_core::Head;
use cam_graph::{Cut, Graph, Shape};

use super::{Parameters, head};
use crate::network::NetworkError;

/// Where a graph can be cut, for images of the size that it was made for.
pub(crate) struct Places {
    pub(crate) shapes: Vec<Shape>,
    pub(crate) cuts: Vec<Cut>,
    /// The place to look at unless told otherwise.
    pub(crate) automatic: usize,
}

impl Places {
    pub(crate) fn of(graph: &Graph) -> Result<Self, NetworkError> {
        let shapes = graph.shapes(&graph.input)?;
        let cuts = graph.cuts(&graph.input)?;
        let automatic = graph.automatic(&cuts, &shapes).ok_or(NetworkError::NoGrid)?;
        Ok(Self { shapes, cuts, automatic })
    }

    pub(crate) fn known(&self) -> (&[Shape], &[Cut]) {
        (&self.shapes, &self.cuts)
    }

    /// The graph's head and the cut that it follows.
    pub(super) fn head(
        &self,
        graph: &Graph,
        parameters: &Parameters,
        device: &Device,
    ) -> Option<(usize, Head)> {
        let head = graph.head(&self.shapes)?;
        let at = self.cuts.iter().position(|cut| cut.value == head.value && cut.is_clean())?;
        Some((at, head::on_device(&head, parameters, graph, device)?))
    }
}
