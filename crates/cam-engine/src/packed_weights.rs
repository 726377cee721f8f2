//! Packed weights as bytes, so that a program starts without packing anything.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::allocation::give_back;
use crate::buffer::{ALIGNMENT, Buffer};
use crate::kernels::Kernels;
use crate::packed::{Filters, Packed};
use crate::pool::Pool;
use crate::prepared_graph::PreparedGraph;
use crate::{Convolution, Error, Graph, Operation};

/// Fills bytes with those that [`Engine::write_packed`](crate::Engine::write_packed) wrote from a byte on. It is called
/// from several threads at once.
pub type ReadAt<'a> = dyn Fn(usize, &mut [u8]) -> io::Result<()> + Sync + 'a;

/// Weights transposed into bytes in one go.
const CHUNK: usize = 1 << 14;

/// Bytes read in one go: many for each call, and yet some for each thread.
const STRETCH: usize = 2 << 20;

/// Bytes of weights that are freed before the system is given them back: seldom enough to cost nothing.
const FREED: usize = 32 << 20;

/// Bytes that [`write`] writes of a graph's network; the graph's own weights may be empty.
pub(crate) fn bytes(graph: &Graph) -> Result<usize, Error> {
    crate::check::check_without_weights(graph)?;
    Ok(places(graph).1 * size_of::<f32>())
}

/// Where each convolution's weights lie, in floats, and where the last end: each starts at a cache line.
fn places(graph: &Graph) -> (Vec<Range<usize>>, usize) {
    let mut end: usize = 0;
    let places = convolutions(graph).map(|convolution| {
        let start = end.next_multiple_of(ALIGNMENT / size_of::<f32>());
        end = start + Packed::len(&Filters::of(convolution));
        start..end
    });
    (places.collect(), end)
}

fn convolutions(graph: &Graph) -> impl Iterator<Item = &Convolution> {
    graph.steps.iter().filter_map(|step| step.operation.convolution())
}

/// Writes all packed weights, in order, each from a cache line on.
pub(crate) fn write(network: &PreparedGraph, to: &mut dyn Write) -> io::Result<()> {
    let mut written: usize = 0;
    for step in &network.steps {
        let Some((_, packed, _)) = step.convolution() else { continue };
        let start = written.next_multiple_of(ALIGNMENT);
        to.write_all(&vec![0; start - written])?;
        for weights in packed.weights().chunks(CHUNK) {
            let bytes: Vec<u8> = weights.iter().flat_map(|weight| weight.to_le_bytes()).collect();
            to.write_all(&bytes)?;
        }
        written = start + size_of_val(packed.weights());
    }
    Ok(())
}

/// A network around weights that are packed by all threads. The graph's own are freed one by one, so that no more than
/// a few are there twice. The graph was checked.
pub(crate) fn pack(mut graph: Graph, (kernels, pool): (&Kernels, &Pool)) -> PreparedGraph {
    let (places, end) = places(&graph);
    let mut whole = Buffer::zeroed(end);
    let mut parts = parts(whole.as_mut_slice(), &places).into_iter();
    let pairs = graph.steps.iter_mut().filter_map(|step| match &mut step.operation {
        Operation::Convolution(convolution) => Some(Mutex::new((convolution, parts.next()?))),
        _ => None,
    });
    let pairs: Vec<_> = pairs.collect();
    let freed = AtomicUsize::new(0);
    pool.each(pairs.len(), &|index| {
        let (convolution, part) = &mut *lock(&pairs[index]);
        Packed::pack(&Filters::of(convolution), part);
        let bytes = size_of_val(std::mem::take(&mut convolution.weight).as_slice());
        let before = freed.fetch_add(bytes, Ordering::Relaxed);
        if before / FREED < (before + bytes) / FREED {
            give_back();
        }
    });
    drop(pairs);
    around(graph, places, &whole, kernels)
}

/// The parts of a buffer at places that follow each other.
fn parts<'a>(mut rest: &'a mut [f32], places: &[Range<usize>]) -> Vec<&'a mut [f32]> {
    let mut end = 0;
    let part = |place: &Range<usize>| {
        let (part, behind) =
            std::mem::take(&mut rest)[place.start - end..].split_at_mut(place.len());
        (rest, end) = (behind, place.end);
        part
    };
    places.iter().map(part).collect()
}

/// A network around weights that were packed before, read by all threads. The graph's own weights are empty.
pub(crate) fn open(
    graph: Graph,
    read: &ReadAt<'_>,
    (kernels, pool): (&Kernels, &Pool),
) -> Result<PreparedGraph, Error> {
    const { assert!(cfg!(target_endian = "little"), "big-endian machines need a byte swap here") };
    crate::check::check_without_weights(&graph)?;
    let (places, end) = places(&graph);
    let mut whole = Buffer::zeroed(end);
    fill(whole.as_mut_bytes(), read, pool)?;
    Ok(around(graph, places, &whole, kernels))
}

/// A network around weights that lie packed in a buffer.
fn around(
    graph: Graph,
    places: Vec<Range<usize>>,
    whole: &Buffer,
    kernels: &Kernels,
) -> PreparedGraph {
    let mut places = places.into_iter();
    let steps = graph.steps.into_iter().map(|step| {
        let packed = step.operation.convolution().map(|convolution| {
            let place = places.next().expect("every convolution has a place");
            let weights = whole.part(place.start, place.len());
            let weights = weights.expect("places lie in the buffer, at cache lines");
            Packed::around(&Filters::of(convolution), kernels.lanes, weights)
        });
        (step, packed)
    });
    PreparedGraph::of_steps(steps)
}

/// Reads all bytes, a stretch at a time on whichever thread is free. Of several failures the first is told.
fn fill(bytes: &mut [u8], read: &ReadAt<'_>, pool: &Pool) -> Result<(), Error> {
    let stretches: Vec<_> = bytes.chunks_mut(STRETCH).map(Mutex::new).collect();
    let failed = Mutex::new(None);
    pool.each(stretches.len(), &|index| {
        let mut stretch = lock(&stretches[index]);
        if let Err(error) = read(index * STRETCH, &mut stretch) {
            lock(&failed).get_or_insert(error);
        }
    });
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        None => Ok(()),
        Some(error) => Err(Error::Unread { reason: error.to_string() }),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Activation, InstructionSet, Padding, Step};

    /// A convolution over one pixel, each of its weights another number.
    fn convolution(inputs: usize, outputs: usize, groups: usize) -> Step {
        let weight = (0..outputs * inputs / groups).map(|i| i as f32 + 1.0).collect();
        let operation = Operation::Convolution(Convolution {
            inputs,
            outputs,
            kernel: [1; 2],
            stride: [1; 2],
            dilation: [1; 2],
            padding: Padding::Each(0),
            groups,
            weight,
            bias: vec![0.0; outputs],
            residual: None,
            activation: Activation::Identity,
        });
        Step { input: 0, operation }
    }

    #[test]
    fn weights_packed_into_one_buffer_are_those_packed_alone_and_no_plain_one_is_left() {
        let kernels = Kernels::of(InstructionSet::Portable);
        for threads in [1, 3] {
            let steps = vec![convolution(3, 40, 1), convolution(40, 40, 40), convolution(40, 5, 1)];
            let alone: Vec<Packed> = steps
                .iter()
                .filter_map(|step| step.operation.convolution())
                .map(|convolution| Packed::new(&Filters::of(convolution), kernels.lanes))
                .collect();
            let pool = Pool::new(threads).unwrap();
            let network = pack(Graph { steps }, (kernels, &pool));
            for (step, alone) in network.steps.iter().zip(&alone) {
                let (plain, packed, _) = step.convolution().unwrap();
                assert!(packed.weights() == alone.weights() && plain.weight.is_empty());
            }
        }
    }
}
