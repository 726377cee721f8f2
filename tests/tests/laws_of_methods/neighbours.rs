//! Images do not see each other, nor channels their order.

use cam_core::Network;
use cam_targets::{Concepts, CosineSimilarity};
use cam_tests::compare::{assert_near, values};

use super::*;

/// Differences of scores that are all but equal, in f32.
const CANCELLATION: f32 = 2e-2;

/// More than the methods take at once, and not a multiple of it.
const CHANNELS: usize = 37;

/// Whether each image, or each channel, has noise of its own. RISE's masks are the same for all.
fn is_noisy(name: &str) -> bool {
    info(name).expect("it exists").uses(Setting::Seed) && name != "rise"
}

fn tolerance(name: &str) -> f32 {
    let by_differences = ["ablation-cam", "score-cam", "is-cam", "occlusion", "rise"];
    if by_differences.contains(&name) || name.contains("shapley") { CANCELLATION } else { 1e-3 }
}

#[test]
fn a_batch_is_explained_as_its_images_one_by_one() {
    let images = activations("batch", [3, CHANNELS, 6, 5]);
    for name in names().filter(|name| !is_noisy(name)) {
        let method = quick(name);
        let target = about(name, &concept("c", CHANNELS));
        let together = raw(&explain_pooled(&*method, images.clone(), &target).expect(name));
        let alone: Vec<f32> = (0..3)
            .flat_map(|i| {
                let image = images.clone().narrow(0, i, 1);
                raw(&explain_pooled(&*method, image, &target).expect(name))
            })
            .collect();
        assert_near(name, &together, &alone, tolerance(name));
    }
}

#[test]
fn many_questions_are_answered_as_one_by_one() {
    let images = activations("questions", [1, CHANNELS, 6, 5]);
    let rows = |keys: &[&str]| {
        let rows = keys.iter().map(|key| tests_unit(key)).collect();
        CosineSimilarity::to(Concepts::new(CHANNELS, rows).expect("sound"))
    };
    let keys = ["a", "b", "c"];
    // A class's alternatives are the other classes: with other questions they are others.
    let names = names().filter(|name| *name != "random-cam" && !needs(name, Need::Class));
    for name in names {
        let method = quick(name);
        let explain = |target: &CosineSimilarity| {
            raw(&explain_pooled(&*method, images.clone(), target).expect(name))
        };
        let together = explain(&rows(&keys));
        let alone: Vec<f32> = keys.iter().flat_map(|key| explain(&rows(&[key]))).collect();
        assert_near(name, &together, &alone, tolerance(name));
    }
}

fn tests_unit(key: &str) -> Vec<f32> {
    formula::unit(key, CHANNELS)
}

#[test]
fn each_image_s_own_target_is_answered_as_alone() {
    let images = activations("each", [2, CHANNELS, 6, 5]);
    let network = Pooled::new(CHANNELS);
    let layer = network.last_layer().expect("it has one");
    for name in names().filter(|name| !is_noisy(name)) {
        let method = quick(name);
        let [a, b] = ["a", "b"].map(|key| about(name, &concept(key, CHANNELS)));
        let capture = Capture::new(&network, images.clone(), &[layer]).expect("captured");
        let together = raw(&capture.explain_each(&*method, &[&a, &b]).expect(name));
        let alone: Vec<f32> = [&a, &b]
            .into_iter()
            .enumerate()
            .flat_map(|(i, target)| {
                let image = images.clone().narrow(0, i, 1);
                raw(&explain_pooled(&*method, image, target).expect(name))
            })
            .collect();
        assert_near(name, &together, &alone, tolerance(name));
    }
}

#[test]
fn the_order_of_channels_changes_nothing() {
    let images = activations("order", [1, CHANNELS, 6, 5]);
    let weights = tests_unit("weights");
    let order: Vec<usize> = (0..CHANNELS).map(|c| (c * 11 + 5) % CHANNELS).collect();
    let all = values(&images);
    let moved: Vec<f32> =
        order.iter().flat_map(|&c| all[c * 30..(c + 1) * 30].iter().copied()).collect();
    let moved = tensor(moved, [1, CHANNELS, 6, 5]);
    let target =
        |weights| CosineSimilarity::to(Concepts::new(CHANNELS, vec![weights]).expect("ok"));
    let moved_target = target(order.iter().map(|&c| weights[c]).collect());
    let target = target(weights);
    for name in names().filter(|name| !is_noisy(name) && !needs(name, Need::Class)) {
        let method = quick(name);
        let plain = raw(&explain_pooled(&*method, images.clone(), &target).expect(name));
        let other = raw(&explain_pooled(&*method, moved.clone(), &moved_target).expect(name));
        assert_near(name, &other, &plain, tolerance(name));
    }
}

#[test]
fn the_same_seed_gives_the_same_map_and_another_seed_another() {
    let images = activations("seeds", [1, 9, 6, 5]);
    let explain = |name: &str, seed| {
        let target = about(name, &concept("c", 9));
        let settings = Settings { seed, samples: Some(5), ..Settings::default() };
        let method = method(name, settings).expect("it exists");
        raw(&explain_pooled(&*method, images.clone(), &target).expect(name))
    };
    for name in names() {
        assert_eq!(explain(name, 1), explain(name, 1), "{name}");
        let is_random = info(name).expect("it exists").uses(Setting::Seed);
        assert_eq!(explain(name, 1) != explain(name, 2), is_random, "{name}");
    }
}
