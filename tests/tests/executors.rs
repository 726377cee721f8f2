//! The engine against burn's operations: every network, cut and size must agree.

use burn::tensor::{Tensor, TensorData};
use cam_core::{Capture, GradCam, Network};
use cam_engine::InstructionSet;
use cam_models::{Block, ConvNet, ResNet, Runtime, Stage, load_embedded};
use cam_targets::{Concepts, CosineSimilarity};
use cam_tests::compare::{
    ACTIVATION, GRADIENT, GRADIENT_WITH_FLIPS, RAW_MAP, assert_near, relative_distance, values,
};
use cam_tests::networks::{by_formula, by_formula_on, clean_layers, load, load_on, state_dict};
use cam_tests::{device, engine, exact_engine, formula, photographs};

/// Sums in another order, in f32; as a fraction of the largest value.
const ANOTHER_ORDER: f32 = 2e-5;

/// Within a block, where sums are several times larger than what a clamp to 0..=6 leaves of them.
const BEFORE_A_CLAMP: f32 = 1e-4;

fn input(shape: [usize; 4]) -> Tensor<4> {
    let [n, _, height, width] = shape;
    let values: Vec<f32> =
        (0..n).flat_map(|i| formula::image(&format!("executor{i}"), height, width)).collect();
    Tensor::from_data(TensorData::new(values, shape), &device())
}

/// From the input to every cut, from every cut to the embedding, and from cut to cut.
fn assert_agree(name: &str, burn: &ConvNet, engine: &ConvNet, images: &Tensor<4>, tolerance: f32) {
    let layers = clean_layers(burn);
    let expected = burn
        .forward_through(images.clone(), &layers)
        .into_iter()
        .map(|reached| reached.grid)
        .collect::<Vec<_>>();
    let through = engine
        .forward_through(images.clone(), &layers)
        .into_iter()
        .map(|reached| reached.grid)
        .collect::<Vec<_>>();
    for ((layer, expected), through) in layers.iter().zip(expected).zip(through) {
        let what = format!("{name} {:?} at {}", images.dims(), burn.layers()[layer.index()].name);
        let (expected_values, found) =
            (values(&expected), engine.forward_to(images.clone(), *layer).grid);
        assert_eq!(found.dims(), expected.dims(), "{what}");
        assert_near(&what, &values(&found), &expected_values, tolerance);
        assert_near(&what, &values(&through), &expected_values, tolerance);
        let tail = burn.forward_from(expected.clone().into(), *layer);
        assert_near(
            &what,
            &values(&engine.forward_from(expected.into(), *layer)),
            &values(&tail),
            tolerance,
        );
    }
    assert_near(
        name,
        &values(&engine.embed(images.clone())),
        &values(&burn.embed(images.clone())),
        tolerance,
    );
}

#[test]
fn the_embedded_network_agrees_at_every_cut_and_odd_sizes() {
    let load =
        |runtime: Runtime| load_embedded(runtime).expect("the embedded weights load").network;
    let (burn, engine) = (load(Runtime::from(&device())), load(engine()));
    for shape in [[1, 3, 224, 224], [1, 3, 97, 61], [3, 3, 64, 33], [1, 3, 1, 1]] {
        assert_agree("efficientnet-lite0", &burn, &engine, &input(shape), BEFORE_A_CLAMP);
    }
}

#[test]
fn torchvision_s_networks_agree_at_every_cut() {
    for architecture in ["resnet18", "resnet50", "resnext50_32x4d"] {
        let burn = by_formula(architecture);
        for (runtime, tolerance) in [(exact_engine(), ANOTHER_ORDER), (engine(), ACTIVATION)] {
            let engine = by_formula_on(architecture, runtime);
            assert_agree(architecture, &burn, &engine, &input([1, 3, 160, 128]), tolerance);
            assert_agree(architecture, &burn, &engine, &input([2, 3, 65, 47]), tolerance);
        }
    }
}

#[test]
fn small_networks_of_odd_widths_agree() {
    let stage = |blocks, inner, outputs| Stage { blocks, inner, outputs };
    for (name, block, groups, stages) in [
        (
            "basic",
            Block::Basic,
            1,
            [stage(1, 7, 7), stage(2, 13, 13), stage(1, 17, 17), stage(1, 33, 33)],
        ),
        (
            "grouped",
            Block::Bottleneck,
            3,
            [stage(1, 9, 20), stage(1, 12, 31), stage(2, 18, 40), stage(1, 21, 47)],
        ),
    ] {
        let network = ResNet { block, stem: 5, stages: stages.to_vec(), groups, classes: Some(3) };
        let entries = state_dict(&network.describe());
        let (burn, engine) = (load(&entries), load_on(&entries, engine()));
        for shape in [[1, 3, 33, 70], [4, 3, 64, 64], [1, 3, 5, 3]] {
            assert_agree(name, &burn, &engine, &input(shape), ANOTHER_ORDER);
        }
    }
}

/// ∂(Σ e·g)/∂A by burn's autodiff, and as each engine goes back through its own run: as near as its tolerance
/// says at most cuts, and nowhere farther than a value at a bound can move it. Which value lies there depends on
/// the backend and on the processor; it moves the cuts before it alone.
fn assert_gradients_agree(
    name: &str,
    burn: &ConvNet,
    engines: &[(ConvNet, f64)],
    images: &Tensor<4>,
) {
    const QUESTIONS: usize = 2;
    let mut distances = vec![Vec::new(); engines.len()];
    for layer in clean_layers(burn) {
        let what = format!("{name} {:?} at {}", images.dims(), burn.layers()[layer.index()].name);
        let activations = burn.forward_to(images.clone(), layer).grid;
        let [n, c, h, w] = activations.dims();
        let width = burn.embedding_width();
        let gradients = formula::unit("gradients", n * QUESTIONS * width);
        let gradients: Vec<f32> = gradients.into_iter().map(|u| 2.0 * u - 1.0).collect();
        let gradients =
            Tensor::<3>::from_data(TensorData::new(gradients, [n, QUESTIONS, width]), &device());
        let expected = (0..QUESTIONS).map(|question| {
            let leaf = activations.clone().autodiff().require_grad();
            let embeddings = burn.forward_from(leaf.clone().into(), layer);
            let gradient = gradients.clone().narrow(1, question, 1).squeeze_dim::<2>(1);
            let score = (embeddings * gradient.autodiff()).sum();
            leaf.grad(&score.backward()).expect("the leaf is tracked").without_autodiff()
        });
        let expected = Tensor::stack::<5>(expected.collect::<Vec<Tensor<4>>>(), 1);
        let embeddings = values(&burn.forward_from(activations.clone().into(), layer));
        for ((engine, _), distances) in engines.iter().zip(&mut distances) {
            let tail = engine
                .tail(&activations.clone().into(), layer)
                .expect("the engine goes back by itself");
            assert_near(&what, &values(&tail.embeddings()), &embeddings, ACTIVATION);
            let found = tail.pull_back(gradients.clone());
            assert_eq!(found.dims(), [n, QUESTIONS, c, h, w], "{what}");
            let distance = relative_distance(&values(&found), &values(&expected));
            assert!(distance < GRADIENT_WITH_FLIPS, "{what}: a distance of {distance:e}");
            distances.push(distance);
        }
    }
    for ((_, tolerance), mut distances) in engines.iter().zip(distances) {
        distances.sort_by(f64::total_cmp);
        let median = distances[distances.len() / 2];
        assert!(median < *tolerance, "{name} {:?}: a median distance of {median:e}", images.dims());
    }
}

#[test]
fn gradients_agree_with_autodiff_at_every_cut() {
    let load =
        |runtime: Runtime| load_embedded(runtime).expect("the embedded weights load").network;
    let (burn, engines) = (load(Runtime::from(&device())), [(load(engine()), GRADIENT)]);
    for shape in [[1, 3, 96, 96], [2, 3, 49, 61]] {
        assert_gradients_agree("efficientnet-lite0", &burn, &engines, &input(shape));
    }
    for architecture in ["resnet18", "resnet50", "resnext50_32x4d"] {
        let engines = [
            (by_formula_on(architecture, exact_engine()), GRADIENT),
            (by_formula_on(architecture, engine()), GRADIENT_WITH_FLIPS),
        ];
        let burn = by_formula(architecture);
        assert_gradients_agree(architecture, &burn, &engines, &input([2, 3, 65, 97]));
    }
}

#[test]
fn explanations_agree_at_the_last_layer_and_before() {
    let load =
        |runtime: Runtime| load_embedded(runtime).expect("the embedded weights load").network;
    let explain = |network: &ConvNet, layer: &str| {
        let tensor = |name| photographs::tensor(network.preprocessing(), &photographs::open(name));
        let concept =
            Concepts::from_embeddings(network.embed(tensor("rocket"))).expect("a concept");
        let layer = network.layer(layer).expect("the layer exists");
        let capture = Capture::new(network, tensor("cat"), &[layer]).expect("captured");
        let explanation =
            capture.explain(&GradCam, &CosineSimilarity::to(concept)).expect("explained");
        values(&explanation.layers[0].maps)
    };
    let (burn, engine) = (load(Runtime::from(&device())), load(engine()));
    for layer in ["head", "block10"] {
        assert_near(layer, &explain(&engine, layer), &explain(&burn, layer), RAW_MAP);
    }
}

#[test]
fn two_threads_may_explain_with_one_network_at_once() {
    let network = load_embedded(engine()).expect("the embedded weights load").network;
    let images: Vec<Tensor<4>> = ["cat", "coffee", "rocket", "retina"]
        .iter()
        .map(|name| photographs::tensor(network.preprocessing(), &photographs::open(name)))
        .collect();
    let alone: Vec<Vec<f32>> =
        images.iter().map(|image| values(&network.embed(image.clone()))).collect();
    std::thread::scope(|scope| {
        for (image, expected) in images.iter().zip(&alone) {
            let network = &network;
            scope.spawn(move || {
                for _ in 0..5 {
                    assert_eq!(&values(&network.embed(image.clone())), expected);
                }
            });
        }
    });
}

#[test]
fn every_instruction_set_of_this_machine_agrees() {
    let expected = by_formula("resnet18");
    for set in InstructionSet::ALL.into_iter().filter(|set| set.is_available()) {
        let options = cam_engine::Options { instructions: Some(set), exact: true, threads: 3 };
        let network = by_formula_on("resnet18", Runtime::engine(&device(), options));
        assert_agree(&set.to_string(), &expected, &network, &input([1, 3, 65, 47]), ANOTHER_ORDER);
    }
}
