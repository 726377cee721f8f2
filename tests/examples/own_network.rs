//! A network of one's own: all that explaining needs is a cut.
//!
//! ```text
//! cargo run --release -p cam-tests --example own_network
//! ```

use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::AvgPoolOptions;
use burn::tensor::{Device, Tensor, TensorData};
use cam_core::{Activations, Capture, Error, GradCam, Head, Layer, LayerInfo, Network, Pooling};
use cam_targets::{Concepts, CosineSimilarity};

// ANCHOR: network
/// The mean colour of an image, by way of the mean colours of its 8×8 tiles.
pub struct Colours {
    layers: [LayerInfo; 1],
    head: Head,
}

impl Default for Colours {
    fn default() -> Self {
        let tiles = LayerInfo::new("tiles", 3, 8);
        Self { layers: [tiles], head: Head::new(Pooling::Average, Vec::new()) }
    }
}

impl Network for Colours {
    fn layers(&self) -> &[LayerInfo] {
        &self.layers
    }

    fn embedding_width(&self) -> usize {
        3
    }

    /// `[n, 3, h, w]` to `[n, 3, h / 8, w / 8]`.
    fn forward_to(&self, images: Tensor<4>, _: Layer) -> Activations {
        avg_pool2d(images, AvgPoolOptions::new([8, 8])).into()
    }

    /// What follows the layer, to `[n, 3]`. It must be differentiable by autodiff.
    fn forward_from(&self, activations: Activations, _: Layer) -> Tensor<2> {
        self.head.forward(activations.grid)
    }

    /// What follows the layer in closed form; `None` leaves it to autodiff.
    fn head(&self, _: Layer) -> Option<&Head> {
        Some(&self.head)
    }
}
// ANCHOR_END: network

fn main() -> Result<(), Error> {
    let [left, right] = where_is_red(&Device::default())?;
    println!("red speaks with {left:.3} on the left and {right:.3} on the right");
    Ok(())
}

// ANCHOR: use
/// The raw map of "how red is it?" for an image that is red on the left and blue on the right.
pub fn where_is_red(device: &Device) -> Result<[f32; 2], Error> {
    let pixels = (0..3 * 8 * 16).map(|i| match (i / (8 * 16), i % 16 < 8) {
        (0, true) | (2, false) => 1.0_f32,
        _ => 0.0,
    });
    let data = TensorData::new(pixels.collect::<Vec<_>>(), [1, 3, 8, 16]);
    let image = Tensor::<4>::from_data(data, device);

    let network = Colours::default();
    let red = Concepts::new(3, vec![vec![1.0, 0.0, 0.0]]).expect("red is finite and not zero");
    let capture = Capture::new(&network, image, &[network.layer("tiles")?])?;
    let explanation = capture.explain(&GradCam, &CosineSimilarity::to(red))?;

    let map = explanation.layers[0].maps.clone().try_into_vec_as::<f32>();
    let map = map.map_err(|error| Error::Device { reason: error.to_string() })?;
    Ok([map[0], map[1]])
}
// ANCHOR_END: use
