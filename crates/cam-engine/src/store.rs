//! Packed weights in a file, so that a program starts without packing anything.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use crate::buffer::{ALIGNMENT, Buffer, SLACK};
use crate::kernels::Kernels;
use crate::network::{Network, NetworkOperation};
use crate::packed::{Filters, Packed};
use crate::{Convolution, Error, Graph, MappedFile, Operation};

/// Weights turned into bytes in one go.
const CHUNK: usize = 1 << 14;

/// Where a convolution's packed weights lie, in bytes from the start of a file.
pub type PackedSpan = Range<usize>;

/// Where [`write`] puts everything, if it starts at `start`, and where it ends.
pub(crate) fn spans(network: &Network, start: usize) -> (Vec<PackedSpan>, usize) {
    let mut end = start;
    let spans = packed(network).map(|packed| {
        let from = end.next_multiple_of(ALIGNMENT);
        let to = from + size_of_val(packed.weights());
        end = to + SLACK * size_of::<f32>();
        from..to
    });
    (spans.collect(), end)
}

/// Writes all packed weights, in order, at cache lines, each with slack behind it.
pub(crate) fn write(network: &Network, start: usize, to: &mut dyn Write) -> io::Result<()> {
    let (spans, end) = spans(network, start);
    let mut at = start;
    for (span, packed) in spans.into_iter().zip(packed(network)) {
        zeros(span.start - at, to)?;
        for weights in packed.weights().chunks(CHUNK) {
            let bytes: Vec<u8> = weights.iter().flat_map(|weight| weight.to_le_bytes()).collect();
            to.write_all(&bytes)?;
        }
        at = span.end;
    }
    zeros(end - at, to)
}

fn zeros(count: usize, to: &mut dyn Write) -> io::Result<()> {
    to.write_all(&vec![0; count])
}

fn packed(network: &Network) -> impl Iterator<Item = &Packed> {
    network.steps.iter().filter_map(|step| match &step.operation {
        NetworkOperation::Convolution(_, packed, _) => Some(packed),
        NetworkOperation::MaxPool(_) => None,
    })
}

/// A network around weights that lie in a file. The graph's own weights are empty.
pub(crate) fn open(
    graph: Graph,
    (file, spans): (&Arc<MappedFile>, &[PackedSpan]),
    kernels: &Kernels,
) -> Result<Network, Error> {
    crate::check::check_without_weights(&graph)?;
    let mut spans = spans.iter();
    let steps = graph.steps.into_iter().enumerate().map(|(index, step)| {
        let operation = match step.operation {
            Operation::MaxPool(pool) => NetworkOperation::MaxPool(pool),
            Operation::Convolution(convolution) => {
                let span = spans.next().cloned().unwrap_or_default();
                operation(index, convolution, (file, span), kernels.lanes)?
            }
        };
        Ok((step.input, operation))
    });
    Ok(Network::of_operations(steps.collect::<Result<_, Error>>()?))
}

fn operation(
    step: usize,
    convolution: Convolution,
    (file, span): (&Arc<MappedFile>, PackedSpan),
    lanes: usize,
) -> Result<NetworkOperation, Error> {
    const { assert!(cfg!(target_endian = "little"), "big-endian machines need a byte swap here") };
    let filters = Filters::of(&convolution);
    let expected = Packed::len(&filters);
    let found = span.len() / size_of::<f32>();
    let weights = Buffer::mapped(file, span.start, expected).filter(|_| found == expected);
    let weights = weights.ok_or(Error::Packed { step, expected, span })?;
    let packed = Packed::around(&filters, lanes, weights);
    Ok(NetworkOperation::Convolution(convolution, packed, Default::default()))
}
