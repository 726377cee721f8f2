//! EfficientNet-Lite0 to Lite2 from their published `.pth` files, against their PyTorch port.
//!
//! The files are too large to be kept: `cargo xtask pretrained` fetches them and runs these tests.

use std::path::Path;

use cam_core::{Arithmetic, Capture, GradCam, Network};
use cam_models::{ConvNet, Strictness, load};
use cam_targets::{Concepts, CosineSimilarity};
use cam_tests::compare::{ACTIVATION, FINISHED_MAP, RAW_MAP, assert_near, cosine, joined, values};
use cam_tests::device;
use cam_tests::golden::Golden;
use cam_tests::photographs::{NAMES, open, tensor};

fn network(file: &str) -> ConvNet {
    let folder = std::env::var_os("CAM_PRETRAINED")
        .expect("CAM_PRETRAINED names the folder of the .pth files");
    load(&Path::new(&folder).join(file), Strictness::Exact, &device())
        .unwrap_or_else(|error| panic!("{error}"))
        .network
}

fn assert_forward_matches(network: &ConvNet, golden: &Golden, photographs: &[&str]) {
    for name in photographs {
        let embedding = network.embed(tensor(network.preprocessing(), &open(name)));
        let expected = golden.get(&format!("embedding.{name}")).values;
        assert!(cosine(&values(&embedding), &expected) >= 0.9999, "{name}");
        assert_near(name, &values(&embedding), &expected, ACTIVATION);
        let logits = network.classifier().expect("_fc is kept").forward(embedding);
        assert_near(
            name,
            &values(&logits),
            &golden.get(&format!("logits.{name}")).values,
            ACTIVATION,
        );
    }
}

#[test]
#[ignore = "needs the published weights: cargo xtask pretrained"]
fn lite0_matches_its_port() {
    let network = network("efficientnet-lite0-57934424.pth");
    assert_eq!(network.name(), "efficientnet-lite0");
    assert_forward_matches(&network, &Golden::open("efficientnet-lite0-forward"), &NAMES);
}

#[test]
#[ignore = "needs the published weights: cargo xtask pretrained"]
fn lite0_matches_at_two_earlier_layers() {
    let network = network("efficientnet-lite0-57934424.pth");
    let golden = Golden::open("efficientnet-lite0-earlier-layers");
    let concept = Golden::open("efficientnet-lite0-forward").get("embedding.rocket").values;
    let target =
        CosineSimilarity::to(Concepts::new(1280, vec![concept]).expect("the concept is sound"));
    for name in ["block10", "block15"] {
        let layer = network.layer(name).expect("the layer exists");
        let images = tensor(network.preprocessing(), &open("cat"));
        let capture = Capture::new(&network, images, &[layer]).expect("the cat can be captured");
        let explanation = capture.explain(&GradCam, &target).expect("explained");
        let raw = golden.get(&format!("{name}.grad_cam.raw")).values;
        assert_near(name, &values(&explanation.layers[0].maps), &raw, RAW_MAP);
        let finished =
            explanation.postprocess([224, 224], Arithmetic::PytorchGradCam).expect("finite");
        assert_near(
            name,
            &joined(&finished.maps),
            &golden.get(&format!("{name}.grad_cam.cam")).values,
            FINISHED_MAP,
        );
    }
}

#[test]
#[ignore = "needs the published weights: cargo xtask pretrained"]
fn lite1_and_lite2_match_their_ports() {
    for (name, file) in [
        ("efficientnet-lite1", "efficientnet-lite1-77cc7160.pth"),
        ("efficientnet-lite2", "efficientnet-lite2-9656183e.pth"),
    ] {
        let network = network(file);
        assert_eq!(network.name(), name);
        assert_forward_matches(
            &network,
            &Golden::open(&format!("{name}-forward")),
            &["cat", "rocket"],
        );
    }
}
