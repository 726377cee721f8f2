//! What must hold of every network, whatever its weights.

use burn::tensor::{Tensor, TensorData};
use cam_core::{Head, HeadKind, Layer, Network};
use cam_models::{
    Block, ConvNet, EfficientNetLite, Parameters, ResNet, Runtime, Stage, describe, load_embedded,
};
use cam_tests::compare::{assert_near, values};
use cam_tests::networks::{Entry, by_formula, clean_layers, load, state_dict, tensors};
use cam_tests::straight::{Features, Straight};
use cam_tests::{device, formula, photographs};

/// One forward in pieces runs the same operations as in one go; only their memory differs.
const SAME_OPERATIONS: f32 = 1e-6;

/// f32 against f64, ten layers deep.
const AGAINST_F64: f32 = 1e-5;

fn tiny(block: Block, groups: usize, widths: [(usize, usize); 4]) -> ResNet {
    let stages = widths.iter().enumerate().map(|(i, &(inner, outputs))| Stage {
        blocks: 1 + i % 2,
        inner,
        outputs,
    });
    ResNet { block, stem: 8, stages: stages.collect(), groups, classes: Some(3) }
}

fn tiny_networks() -> [(&'static str, ResNet); 4] {
    [
        ("basic", tiny(Block::Basic, 1, [(8, 8), (12, 12), (16, 16), (20, 20)])),
        ("bottleneck", tiny(Block::Bottleneck, 1, [(4, 16), (8, 32), (8, 32), (12, 48)])),
        ("grouped", tiny(Block::Bottleneck, 4, [(8, 16), (16, 24), (16, 40), (24, 48)])),
        ("wide", tiny(Block::Bottleneck, 1, [(16, 8), (24, 12), (24, 16), (32, 20)])),
    ]
}

fn input(shape: [usize; 4]) -> Tensor<4> {
    let [n, _, height, width] = shape;
    let values: Vec<f32> =
        (0..n).flat_map(|i| formula::image(&format!("law{i}"), height, width)).collect();
    Tensor::from_data(TensorData::new(values, shape), &device())
}

#[test]
fn a_description_knows_the_kind_of_head_behind_every_layer() {
    for name in ["resnet18", "efficientnet-lite0"] {
        let network = by_formula(name);
        let layers = (0..network.layers().len()).map(Layer::new);
        for layer in layers {
            let kind = network.head(layer).map_or(HeadKind::Other, Head::kind);
            assert_eq!(network.description().head_kind(layer), kind, "{name}");
        }
    }
}

#[test]
fn folded_networks_equal_an_unfolded_one_written_straight_through_at_every_block() {
    let [height, width] = [37, 45];
    let image = formula::image("straight", height, width);
    let tensor =
        Tensor::from_data(TensorData::new(image.clone(), [1, 3, height, width]), &device());
    for (name, network) in tiny_networks() {
        let entries: Vec<Entry> = state_dict(&network.describe());
        let image = Features {
            shape: [3, height, width],
            values: image.iter().copied().map(f64::from).collect(),
        };
        let (blocks, embedding) = Straight::new(&entries).forward(image);
        let network = load(&entries);
        for (block, expected) in blocks {
            let layer = network.layer(&block).expect("the block is a layer");
            let found = network.forward_to(tensor.clone(), layer).grid;
            let [_, channels, rows, columns] = found.dims();
            assert_eq!([channels, rows, columns], expected.shape, "{name} {block}");
            let expected: Vec<f32> = expected.values.iter().map(|&value| value as f32).collect();
            assert_near(&format!("{name} {block}"), &values(&found), &expected, AGAINST_F64);
        }
        let expected: Vec<f32> = embedding.iter().map(|&value| value as f32).collect();
        assert_near(name, &values(&network.embed(tensor.clone())), &expected, AGAINST_F64);
    }
}

fn assert_composes(name: &str, network: &ConvNet, images: &Tensor<4>) {
    let whole = values(&network.embed(images.clone()));
    let layers: Vec<Layer> = (0..network.layers().len()).map(Layer::new).collect();
    let through = network.forward_through(images.clone(), &layers);
    for (layer, through) in layers.iter().zip(through) {
        let info = &network.layers()[layer.index()];
        let activations = network.forward_to(images.clone(), *layer);
        let what = format!("{name} cut at {}", info.name);
        assert_eq!(activations.grid.dims()[1], info.channels, "{what}");
        assert_near(&what, &values(&through.grid), &values(&activations.grid), SAME_OPERATIONS);
        let composed = network.forward_from(activations, *layer);
        assert_near(&what, &values(&composed), &whole, SAME_OPERATIONS);
    }
}

#[test]
fn the_full_forward_is_the_composition_at_every_cut() {
    for architecture in ["resnet18", "resnet50", "resnext50_32x4d"] {
        assert_composes(architecture, &by_formula(architecture), &input([1, 3, 64, 48]));
    }
    for (name, network) in tiny_networks() {
        assert_composes(name, &load(&state_dict(&network.describe())), &input([2, 3, 33, 70]));
    }
}

#[test]
fn the_embedded_network_composes_at_every_cut_and_odd_sizes() {
    let network = load_embedded(&device()).expect("the embedded weights load").network;
    for size in [[64, 64], [61, 95], [1, 1]] {
        assert_composes("efficientnet-lite0", &network, &input([1, 3, size[0], size[1]]));
    }
}

#[test]
fn strides_say_how_many_pixels_a_position_stands_for() {
    let network = load_embedded(&device()).expect("the embedded weights load").network;
    let images = input([1, 3, 128, 64]);
    for layer in clean_layers(&network) {
        let info = &network.layers()[layer.index()];
        let [_, _, height, width] = network.forward_to(images.clone(), layer).grid.dims();
        assert_eq!([height, width], [128 / info.stride, 64 / info.stride], "{}", info.name);
    }
}

#[test]
fn a_batch_gives_what_its_images_give_one_by_one() {
    let network = load_embedded(&device()).expect("the embedded weights load").network;
    let images = ["cat", "coffee", "rocket"].map(photographs::open);
    let batch = network.preprocessing().tensor(&images, &device()).expect("there are images");
    let together = values(&network.embed(batch));
    let width = network.embedding_width();
    for (image, together) in images.iter().zip(together.chunks(width)) {
        let alone = values(&network.embed(photographs::tensor(network.preprocessing(), image)));
        assert_near("embedding", together, &alone, SAME_OPERATIONS);
    }
}

#[test]
fn every_known_architecture_has_the_published_number_of_parameters() {
    // As torchvision and the EfficientNet-Lite port state them, in millions, batch norm statistics
    // not counted.
    let published = [
        ("resnet18", 11_689_512),
        ("resnet34", 21_797_672),
        ("resnet50", 25_557_032),
        ("resnet101", 44_549_160),
        ("resnet152", 60_192_808),
        ("resnext50_32x4d", 25_028_904),
        ("resnext101_32x8d", 88_791_336),
        ("resnext101_64x4d", 83_455_272),
        ("wide_resnet50_2", 68_883_240),
        ("wide_resnet101_2", 126_886_696),
        ("efficientnet-lite0", 4_652_008),
    ];
    for (name, expected) in published {
        let description = describe(name).expect("it is known");
        let learnt =
            tensors(&description).into_iter().filter(|(name, _)| !name.contains("running"));
        let count = learnt.map(|(_, shape)| shape.iter().product::<usize>()).sum::<usize>();
        assert_eq!(count, expected, "{name}");
    }
}

#[test]
fn names_and_descriptions_agree() {
    for name in ResNet::names().chain(EfficientNetLite::names()) {
        assert_eq!(describe(name).expect("it is known").name, name);
    }
}

#[test]
fn weights_of_another_network_are_refused() {
    let description = tiny(Block::Basic, 1, [(8, 8), (12, 12), (16, 16), (20, 20)]).describe();
    assert!(ConvNet::new(description, Parameters::new(), &device()).is_err());
}

#[test]
fn made_up_weights_keep_activations_in_range_however_deep_a_network_is() {
    for name in
        ["resnet18", "resnet152", "resnext50_32x4d", "wide_resnet50_2", "efficientnet-lite2"]
    {
        let description = describe(name).expect("a known architecture");
        let engine = Runtime::engine(&device(), cam_engine::Options::default());
        let network = ConvNet::placeholder(description, engine).expect("weights that fit");
        let layers = clean_layers(&network);
        let reached = network.forward_through(input([1, 3, 64, 64]), &layers);
        for (layer, activations) in layers.into_iter().zip(reached) {
            let (info, activations) = (&network.layers()[layer.index()], values(&activations.grid));
            let largest = activations.iter().fold(0.0, |largest: f32, x| largest.max(x.abs()));
            let nonzero = activations.iter().filter(|x| **x != 0.0).count();
            assert!((1e-3..1e4).contains(&largest), "{name} {}: {largest}", info.name);
            assert!(nonzero * 20 > activations.len(), "{name} {}: {nonzero} are not 0", info.name);
        }
    }
}
