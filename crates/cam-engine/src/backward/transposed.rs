//! Weights for the way back, made when the first gradient takes it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Convolution;
use crate::packed::{Filters, Packed};
use crate::prepared_graph::Winograd;

use super::phases::Phase;

/// A phase's weights: inputs and outputs exchanged, and of the taps those that it reads.
pub(crate) struct Transposed {
    pub(crate) packed: Packed,
    pub(crate) winograd: Winograd,
}

/// Rows and columns of the window that a phase reads.
type Taps = [Vec<usize>; 2];

/// A convolution's transposed weights. Which taps a phase reads depends on the border, and "same"
/// borders on the size of the input, so there may be more than one set of them.
#[derive(Default)]
pub(crate) struct TransposedWeights(Mutex<Vec<(Taps, Arc<Transposed>)>>);

impl TransposedWeights {
    /// The weights of a phase that is not empty.
    pub(crate) fn of_phase(
        &self,
        convolution: &Convolution,
        packed: &Packed,
        phase: &Phase,
        lanes: usize,
    ) -> Arc<Transposed> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, transposed)) = known.iter().find(|(taps, _)| *taps == phase.taps) {
            return Arc::clone(transposed);
        }
        let transposed = Arc::new(transpose(convolution, packed, phase, lanes));
        known.push((phase.taps.clone(), Arc::clone(&transposed)));
        transposed
    }
}

fn transpose(
    convolution: &Convolution,
    packed: &Packed,
    phase: &Phase,
    lanes: usize,
) -> Transposed {
    let Convolution { inputs, outputs, groups, kernel, .. } = *convolution;
    let weight = packed.unpack(convolution);
    let [rows, columns] = &phase.taps;
    let taps: Vec<usize> = rows
        .iter()
        .flat_map(|row| columns.iter().map(move |column| row * kernel[1] + column))
        .collect();
    let (inputs_each, outputs_each) = (inputs / groups, outputs / groups);
    let mut transposed = Vec::with_capacity(inputs * outputs_each * taps.len());
    for input in 0..inputs {
        let (group, input) = (input / inputs_each, input % inputs_each);
        for output in group * outputs_each..(group + 1) * outputs_each {
            let filter = &weight[(output * inputs_each + input) * kernel[0] * kernel[1]..];
            transposed.extend(taps.iter().map(|&tap| filter[tap]));
        }
    }
    let filters = Filters {
        inputs: outputs,
        outputs: inputs,
        groups,
        taps: taps.len(),
        weight: &transposed,
        bias: &vec![0.0; inputs],
    };
    Transposed { packed: Packed::new(&filters, lanes), winograd: Winograd::default() }
}
