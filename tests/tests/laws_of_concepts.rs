//! Which of several concepts is where.

use burn::tensor::Tensor;
use cam_core::{Capture, GradCam, Network, Target};
use cam_models::{ConvNet, load_embedded};
use cam_targets::{Concepts, Contrast, CosineSimilarity, Prototypes};
use cam_tests::compare::values;
use cam_tests::{device, photographs};

const ORDER: [&str; 4] = ["cat", "coffee", "rocket", "astronaut"];

fn network() -> ConvNet {
    load_embedded(&device()).expect("the embedded weights load").network
}

fn embedding(network: &ConvNet, name: &str) -> Tensor<2> {
    network.embed(photographs::tensor(network.preprocessing(), &photographs::open(name)))
}

/// Of each quadrant of a collage, the share of its cells in which its own concept's map is the highest.
fn shares(network: &ConvNet, target: &dyn Target) -> [f32; 4] {
    let collage = photographs::collage(ORDER);
    let image = photographs::tensor(network.preprocessing(), &collage);
    let layer = network.last_layer().expect("it has layers");
    let capture = Capture::new(network, image, &[layer]).expect("captured");
    let maps = capture.explain(&GradCam, target).expect("explained").layers[0].maps.clone();
    let [_, concepts, side, _] = maps.dims();
    let maps = values(&maps);
    let winner = |cell: usize| {
        (0..concepts)
            .max_by(|&a, &b| maps[a * side * side + cell].total_cmp(&maps[b * side * side + cell]))
            .expect("there are concepts")
    };
    std::array::from_fn(|quadrant| {
        let half = side / 2;
        let cells = (0..half * half).map(|i| {
            let (y, x) = (quadrant / 2 * half + i / half, quadrant % 2 * half + i % half);
            y * side + x
        });
        let right = cells.filter(|&cell| winner(cell) == quadrant).count();
        right as f32 / (half * half) as f32
    })
}

fn mean(shares: [f32; 4]) -> f32 {
    shares.iter().sum::<f32>() / 4.0
}

#[test]
fn the_highest_map_is_the_quadrant_s_own_by_cosine_by_contrast_and_by_prototypes() {
    let network = network();
    let rows = |names: &[&str]| {
        let embeddings = names.iter().map(|name| embedding(&network, name)).collect();
        Concepts::from_embeddings(Tensor::cat(embeddings, 0)).expect("photographs are concepts")
    };
    let concepts = rows(&ORDER);
    let plain = shares(&network, &CosineSimilarity::to(concepts.clone()));
    assert!(plain.iter().all(|&share| share >= 0.89), "{plain:?}");
    assert!(mean(plain) >= 0.95, "{plain:?}");
    let contrast = Contrast::to_negatives(concepts.clone(), concepts).expect("of one width");
    let contrast = shares(&network, &contrast);
    assert!(mean(contrast) >= mean(plain) - 1e-6, "{contrast:?} and {plain:?}");
    // A second prototype that is no help must be no harm.
    let prototypes: Vec<Concepts> = ORDER.iter().map(|name| rows(&[name, name])).collect();
    let prototypes = shares(&network, &Prototypes::of(&prototypes).expect("of one width"));
    assert_eq!(prototypes, plain);
}

#[test]
fn a_contrast_to_what_all_share_leaves_the_winner_as_it_is() {
    // What is taken off is the same for every concept: differences of maps do not change.
    let network = network();
    let layer = network.last_layer().expect("it has layers");
    let embeddings: Vec<_> = ORDER.iter().map(|name| embedding(&network, name)).collect();
    let concepts = Concepts::from_embeddings(Tensor::cat(embeddings, 0)).expect("sound");
    let cat = photographs::tensor(network.preprocessing(), &photographs::open("cat"));
    let capture = Capture::new(&network, cat, &[layer]).expect("captured");
    let explain = |target: &dyn Target| {
        let explanation = capture.explain(&GradCam, target).expect("explained");
        values(&explanation.layers[0].maps)
    };
    let plain = explain(&CosineSimilarity::to(concepts.clone()));
    let contrast =
        explain(&Contrast::to_negatives(concepts.clone(), concepts).expect("of one width"));
    let differences = |maps: &[f32]| -> Vec<f32> {
        maps[49..].iter().zip(maps.iter().cycle()).map(|(a, b)| a - b).take(49).collect()
    };
    cam_tests::compare::assert_near(
        "differences",
        &differences(&contrast),
        &differences(&plain),
        1e-4,
    );
}

#[test]
fn a_prototype_s_question_is_that_of_the_nearest_one() {
    let network = network();
    let e = embedding(&network, "cat");
    let rows = |names: &[&str]| {
        let embeddings = names.iter().map(|name| embedding(&network, name)).collect();
        Concepts::from_embeddings(Tensor::cat(embeddings, 0)).expect("photographs are concepts")
    };
    let single = values(&CosineSimilarity::to(rows(&["coffee", "rocket"])).scores(e.clone()));
    let both = Prototypes::of(&[rows(&["coffee", "rocket"])]).expect("of one width");
    let score = values(&both.scores(e))[0];
    assert!((score - single[0].max(single[1])).abs() < 1e-6, "{score} of {single:?}");
}
