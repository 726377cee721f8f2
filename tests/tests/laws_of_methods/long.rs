//! Long work: it tells how far it is, can be stopped, and runs in batches that memory decides.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cam_core::methods::Cost;
use cam_core::{Activations, Budget, Head, Layer, LayerInfo};
use cam_models::Runtime;
use cam_tests::compare::{assert_near, values};
use cam_tests::networks::{by_formula_on, images};

use super::*;

/// Channels of the network without a trunk.
const CHANNELS: usize = 7;

/// Batches of other sizes may take other kernels of a matrix product, which round differently.
const ROUNDING: f32 = 1e-5;

/// The network without a trunk, which counts how often it runs.
struct Counted {
    network: Pooled,
    passes: AtomicUsize,
}

impl Counted {
    fn new() -> Self {
        Self { network: Pooled::new(CHANNELS), passes: AtomicUsize::new(0) }
    }

    fn passes(&self) -> usize {
        self.passes.load(Ordering::SeqCst)
    }
}

impl Network for Counted {
    fn layers(&self) -> &[LayerInfo] {
        self.network.layers()
    }
    fn embedding_width(&self) -> usize {
        self.network.embedding_width()
    }
    fn forward_to(&self, images: Tensor<4>, to: Layer) -> Activations {
        self.passes.fetch_add(1, Ordering::SeqCst);
        self.network.forward_to(images, to)
    }
    fn forward_from(&self, activations: Activations, from: Layer) -> Tensor<2> {
        self.passes.fetch_add(1, Ordering::SeqCst);
        self.network.forward_from(activations, from)
    }
    /// None, so that gradients take the slow way.
    fn head(&self, _: Layer) -> Option<&Head> {
        None
    }
}

/// Methods that this network, without a head, has everything for.
fn served() -> impl Iterator<Item = &'static str> {
    names().filter(|name| !needs(name, Need::Head) && !needs(name, Need::LinearHead))
}

fn two_concepts() -> Concepts {
    let rows = ["a", "b"].map(|key| formula::unit(key, CHANNELS));
    Concepts::new(CHANNELS, rows.to_vec()).expect("sound")
}

/// A method that was followed, and perhaps stopped.
struct Followed {
    /// Every call: steps done, and of how many.
    told: Vec<(usize, usize)>,
    /// How often the network had run at the last call, and in the end.
    passes: [usize; 2],
    result: Result<Explanation, Error>,
}

/// Explains two images, one step at a time, and stops at a call of the follower, if it comes to that.
fn follow(name: &str, stop_at: usize) -> Followed {
    let network = Counted::new();
    let told = Mutex::new(Vec::new());
    let passes_then = AtomicUsize::new(0);
    let watch = |done: usize, total: usize| {
        let mut told = told.lock().expect("nobody panics");
        told.push((done, total));
        passes_then.store(network.passes(), Ordering::SeqCst);
        if told.len() > stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let layer = network.last_layer().expect("it has one");
    let capture = Capture::new(&network, activations("long", [2, CHANNELS, 6, 5]), &[layer]);
    let budget = match info(name).expect("it exists").cost {
        // They loop over nothing, and may need a matrix of all pairs of positions.
        Cost::Nothing => Budget::default(),
        _ => Budget::of_bytes(1),
    };
    let capture = capture.expect("captured").with_budget(budget).with_progress(&watch);
    let result = capture.explain(&*quick(name), &*about(name, &two_concepts()));
    let passes = [passes_then.load(Ordering::SeqCst), network.passes()];
    drop(capture);
    Followed { told: told.into_inner().expect("nobody panics"), passes, result }
}

fn assert_counts_up(name: &str, told: &[(usize, usize)]) {
    let total = told[0].1;
    assert_eq!((told[0].0, told[told.len() - 1]), (0, (total, total)), "{name}: {told:?}");
    assert!(told.windows(2).all(|pair| pair[0].0 < pair[1].0), "{name}: {told:?}");
    assert!(told.iter().all(|step| step.1 == total), "{name}: {told:?}");
}

#[test]
fn progress_counts_up_to_its_total_for_every_method_that_loops() {
    for name in served() {
        let Followed { told, result, .. } = follow(name, usize::MAX);
        result.expect(name);
        match info(name).expect("it exists").cost {
            Cost::Nothing => assert_eq!(told, [], "{name}"),
            _ => assert_counts_up(name, &told),
        }
    }
}

#[test]
fn full_grad_counts_images_and_questions() {
    let network = by_formula_on("resnet18", Runtime::engine(&device(), Default::default()));
    let target = CosineSimilarity::to(concept("c", network.embedding_width()));
    let told = Mutex::new(Vec::new());
    let watch = |done: usize, total: usize| {
        told.lock().expect("nobody panics").push((done, total));
        ControlFlow::Continue(())
    };
    let layer = network.last_layer().expect("it has layers");
    let capture = Capture::new(&network, images(&["query"]), &[layer]).expect("captured");
    let capture = capture.with_progress(&watch);
    capture.explain(&*quick("full-grad"), &target).expect("explained");
    drop(capture);
    assert_counts_up("full-grad", &told.into_inner().expect("nobody panics"));
}

#[test]
fn a_cancelled_method_says_so_and_runs_no_further_pass() {
    for name in served() {
        let all = follow(name, usize::MAX).told;
        if all.is_empty() {
            continue;
        }
        for stop_at in [0, 1, all.len() / 2, all.len() - 1] {
            let Followed { told, passes: [then, in_all], result } = follow(name, stop_at);
            let (done, total) = all[stop_at];
            assert_eq!(told, all[..=stop_at], "{name}");
            assert_eq!(result.err(), Some(Error::Cancelled { done, total }), "{name}");
            assert_eq!(then, in_all, "{name} ran on after step {done} of {total}");
        }
    }
}

#[test]
fn maps_do_not_depend_on_how_much_runs_together() {
    let images = activations("budget", [2, CHANNELS, 6, 5]);
    for name in names() {
        let network = Pooled::new(CHANNELS);
        let layer = network.last_layer().expect("it has one");
        let maps = [1, 20_000, 1 << 30].map(|bytes| {
            let capture = Capture::new(&network, images.clone(), &[layer]).expect("captured");
            // A matrix of all pairs of positions has to fit.
            let capture = capture.with_budget(Budget::of_bytes(bytes.max(30 * 30 * 16)));
            let target = about(name, &two_concepts());
            raw(&capture.explain(&*quick(name), &*target).expect(name))
        });
        for other in &maps[1..] {
            assert_near(name, other, &maps[0], ROUNDING);
        }
    }
}

#[test]
fn maps_of_a_network_do_not_depend_on_how_much_runs_together() {
    let network = by_formula_on("resnet18", Runtime::engine(&device(), Default::default()));
    let width = network.embedding_width();
    let rows = ["a", "b", "c"].map(|key| formula::unit(key, width)).to_vec();
    let target = CosineSimilarity::to(Concepts::new(width, rows).expect("sound"));
    let layer = network.layer("layer3").expect("it exists");
    let image = images(&["query"]);
    for name in
        ["grad-cam", "hires-cam", "grad-cam-plus-plus", "integrated-gradients", "score-cam", "rise"]
    {
        let settings = Settings { samples: Some(5), top_channels: Some(5), ..Settings::default() };
        let method = method(name, settings).expect("it exists");
        let maps = [1, 1 << 30].map(|bytes| {
            let capture = Capture::new(&network, image.clone(), &[layer]).expect("captured");
            let capture = capture.with_budget(Budget::of_bytes(bytes));
            values(&capture.explain(&*method, &target).expect(name).layers[0].maps)
        });
        assert_near(name, &maps[1], &maps[0], ROUNDING);
    }
}
