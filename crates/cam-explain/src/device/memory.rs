//! How many images a device runs at once.

use cam_core::Network as _;
use cam_models::{ConvNet, Execution, Precision};

use super::{Opened, PROCESSORS};

/// What is taken for a card's memory where its driver does not tell: what the smallest have.
const UNKNOWN: u64 = 4 << 30;

/// The part of a card's memory that activations may take. The rest is for weights, for the workspace
/// of convolutions, for gradients, and for whatever else runs there.
const SHARE: u64 = 4;

/// More at once make no card faster, and results come later.
const MOST: u64 = 64;

/// The batch for a network of that input size: as many images as the activations of fit into a quarter
/// of the card's memory, up to 64. A processor runs one at a time, for a batch is no faster there.
pub fn batch(opened: &Opened, network: &ConvNet, [height, width]: [usize; 2]) -> usize {
    if PROCESSORS.contains(&opened.kind) {
        return 1;
    }
    let bytes = match opened.runtime.execution {
        Execution::Burn(Precision::F16 | Precision::Bf16) => 2,
        _ => 4,
    };
    let image = (network.footprint([height, width], None).peak * bytes) as u64;
    fitting(capacity(opened).unwrap_or(UNKNOWN), image)
}

fn fitting(capacity: u64, image: u64) -> usize {
    (capacity / SHARE / image.max(1)).clamp(1, MOST) as usize
}

/// Bytes of a card, where its driver tells.
fn capacity(opened: &Opened) -> Option<u64> {
    #[cfg(any(feature = "cuda", feature = "rocm"))]
    {
        let card = match opened.kind {
            #[cfg(feature = "cuda")]
            "cuda" => burn::cubecl::Device::cuda(opened.index),
            #[cfg(feature = "rocm")]
            "rocm" => burn::cubecl::Device::rocm(opened.index),
            _ => return None,
        };
        card.ok()?.client().properties().memory.max_memory()
    }
    #[cfg(not(any(feature = "cuda", feature = "rocm")))]
    {
        let _ = opened.index;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_fits_into_its_share_and_is_never_empty() {
        // ResNet50 at 224×224: 7.2 MB of activations.
        assert_eq!(fitting(4 << 30, 7_225_344), 64);
        assert_eq!(fitting(512 << 20, 7_225_344), 18);
        assert_eq!(fitting(1 << 20, 7_225_344), 1);
        assert_eq!(fitting(1 << 20, 0), 64);
    }
}
