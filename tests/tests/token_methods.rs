//! Methods of transformers: what they sum to, and what PyTorch computes by their definitions.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::tensor::{Tensor, TensorData};
use cam_core::methods::{CATALOGUE, Need, Settings, TokenContributions, method};
use cam_core::{
    Activations, AttentionPooling, AttentionRun, BlockRun, Budget, Capture, Explanation,
    ForwardPass, GradCam, Head, Kept, Layer, LayerInfo, Linear, Method, Network, Pair, Place,
    PoolingRun, ProjectionStep, Readout, ReadoutStep, StreamRows, Target, TokenLayout, TokenParts,
    TokenRun, Transformer,
};
use cam_explain::onnx;
use cam_models::{ConvNet, Runtime, open_packed, write_packed};
use cam_targets::{Concepts, Contrast, CosineSimilarity, Dot, NegativeDistance};
use cam_tests::compare::{RAW_MAP, assert_near, largest_difference, values};
use cam_tests::golden::{Golden, path};
use cam_tests::{backend, formula};
use proptest::prelude::*;

/// f32 against f64, of the largest value.
const BY_AUTOGRAD: f32 = 1e-5;

/// f32 through some blocks, of the largest share.
const SUM: f32 = 1e-5;

fn open(file: &Path) -> ConvNet {
    onnx::open(file, &cam_onnx::Wish::default(), (&backend::device()).into()).expect("it is read")
}

fn fixture(name: &str) -> ConvNet {
    open(&path(&format!("fixtures/onnx/{name}.onnx")))
}

fn images(network: &ConvNet, key: &str, n: usize) -> Tensor<4> {
    let (width, height) = network.preprocessing().size;
    let numbers = formula::unit(key, n * 3 * height * width);
    let numbers: Vec<f32> = numbers.into_iter().map(|u| 4.0 * u - 2.0).collect();
    Tensor::from_data(TensorData::new(numbers, [n, 3, height, width]), network.device())
}

fn concepts(key: &str, count: usize, width: usize) -> Concepts {
    let rows = (0..count).map(|row| formula::unit(&format!("{key}{row}"), width));
    let signed = rows.map(|row| row.into_iter().map(|u| 2.0 * u - 1.0).collect());
    Concepts::new(width, signed.collect()).expect("sound")
}

fn explain(network: &ConvNet, key: &str, method: &dyn Method, target: &dyn Target) -> Explanation {
    let layer = network.last_layer().expect("it has layers");
    let capture = Capture::new(network, images(network, key, 2), &[layer]).expect("captured");
    capture.explain(method, target).expect("explained")
}

fn assert_sums(what: &str, explanation: &Explanation) {
    let scores = values(&explanation.scores);
    let shares = &explanation.layers[0].shares;
    let shares: Vec<Vec<f32>> = shares.iter().map(|share| values(&share.values)).collect();
    let [n, k, h, w] = explanation.layers[0].maps.dims();
    let maps = values(&explanation.layers[0].maps);
    for (at, score) in scores.iter().enumerate() {
        let sum: f32 = shares.iter().map(|share| share[at]).sum();
        let largest = shares.iter().map(|share| share[at].abs()).fold(score.abs(), f32::max);
        assert!((sum - score).abs() <= SUM * largest.max(1.0), "{what}: {sum} of {score}");
        let map: f32 = maps[at * h * w..(at + 1) * h * w].iter().sum();
        assert!((map - shares[0][at]).abs() <= SUM * largest.max(1.0), "{what}: the map");
    }
    assert_eq!(scores.len(), n * k);
}

/// ViT with a class token, DINOv2 with registers and LayerScale, EVA with a mean in front of its norm.
const NETWORKS: [&str; 6] = [
    "tiny_vit.ts17",
    "tiny_vit.dy",
    "tiny_dinov2.ts14",
    "tiny_dinov2.dy",
    "tiny_eva.ts17",
    "tiny_eva.dy",
];

#[test]
fn token_contributions_and_the_rest_sum_to_the_score_whatever_is_asked() {
    for name in NETWORKS {
        let network = fixture(name);
        let width = network.embedding_width();
        let two = concepts("a", 2, width);
        let targets: [(&str, Box<dyn Target>); 4] = [
            ("cosine", Box::new(CosineSimilarity::to(two.clone()))),
            ("dot", Box::new(Dot::with(two.clone()))),
            ("distance", Box::new(NegativeDistance::to(two.clone()))),
            ("contrast", Box::new(Contrast::to_negatives(two, concepts("b", 1, width)).unwrap())),
        ];
        for (asked, target) in targets {
            for blocks in [1, 2, usize::MAX] {
                let method = TokenContributions { blocks };
                let explanation = explain(&network, name, &method, &*target);
                assert_sums(&format!("{name}, {asked}, {blocks} blocks"), &explanation);
            }
        }
    }
}

#[test]
fn many_concepts_cost_one_run_and_give_what_each_gives_alone() {
    let network = fixture("tiny_dinov2.dy");
    let all = concepts("many", 5, network.embedding_width());
    let method = TokenContributions::default();
    let together = explain(&network, "x", &method, &CosineSimilarity::to(all));
    let [n, k, h, w] = together.layers[0].maps.dims();
    let together = values(&together.layers[0].maps);
    for question in 0..k {
        let row = formula::unit(&format!("many{question}"), network.embedding_width());
        let row = row.into_iter().map(|u| 2.0 * u - 1.0).collect();
        let one = Concepts::new(network.embedding_width(), vec![row]).unwrap();
        let alone = explain(&network, "x", &method, &CosineSimilarity::to(one));
        let alone = values(&alone.layers[0].maps);
        for image in 0..n {
            let start = (image * k + question) * h * w;
            let found = &together[start..start + h * w];
            assert_near("alone", found, &alone[image * h * w..][..h * w], 1e-5);
        }
    }
}

#[test]
fn what_is_no_transformer_is_refused_with_a_remedy() {
    for name in ["tiny_swin.dy", "tiny_convnext.dy", "tiny_levit.dy"] {
        let network = fixture(name);
        assert!(network.transformer().is_none(), "{name}");
        let layer = network.last_layer().unwrap();
        let capture = Capture::new(&network, images(&network, "x", 1), &[layer]).unwrap();
        let target = CosineSimilarity::to(concepts("a", 1, network.embedding_width()));
        let error = capture.explain(&TokenContributions::default(), &target).unwrap_err();
        assert!(error.to_string().contains("use grad-cam"), "{error}");
    }
}

#[test]
fn what_patches_wrote_comes_back_from_maps_and_is_as_large_as_a_unit_vector() {
    let folder = path("fixtures/tokens");
    for variant in VARIANTS {
        let network = open(&folder.join(format!("{variant}.onnx")));
        let last = network.last_layer().unwrap();
        let images = images(&network, "a", 2);
        let both = Capture::keeping(Kept::as_read(2), &network, images.clone(), &[last]).unwrap();
        let both = TokenParts::of(&both, 2).unwrap();
        let maps = both.to_maps();
        // Each image is taken apart as it is alone.
        let alone: [TokenParts; 2] = [0, 1].map(|at| {
            let image = images.clone().narrow(0, at, 1);
            let capture = Capture::keeping(Kept::as_read(2), &network, image, &[last]).unwrap();
            TokenParts::of(&capture, 2).unwrap()
        });
        let kept: [TokenParts; 2] = [0, 1].map(|at| {
            let embedding = both.embeddings.clone().narrow(0, at, 1);
            let length = embedding.clone().square().sum().sqrt();
            let unit = embedding / length.unsqueeze();
            TokenParts::of_maps(maps.clone().narrow(0, at, 1), unit)
        });
        let pair =
            |parts: &[TokenParts; 2]| Pair::of_tokens(Budget::default(), parts.each_ref()).unwrap();
        let (direct, stored) = (pair(&alone), pair(&kept));
        assert_near(variant, stored.contributions(), direct.contributions(), 1e-4);
        assert!((stored.cosine() - direct.cosine()).abs() <= SUM, "{variant}");
        // Half precision is at its best between 6e-5 and 65504.
        let mean = values(&maps.abs().mean())[0];
        assert!((1e-3..10.0).contains(&mean), "{variant}: {mean}");
    }
}

/// A network that counts its forward passes.
struct Counted<'a> {
    network: &'a ConvNet,
    passes: AtomicUsize,
}

impl Counted<'_> {
    fn count(&self) {
        self.passes.fetch_add(1, Ordering::Relaxed);
    }
}

impl Network for Counted<'_> {
    fn layers(&self) -> &[LayerInfo] {
        self.network.layers()
    }
    fn embedding_width(&self) -> usize {
        self.network.embedding_width()
    }
    fn forward_to(&self, images: Tensor<4>, to: Layer) -> Activations {
        self.count();
        self.network.forward_to(images, to)
    }
    fn forward_from(&self, activations: Activations, from: Layer) -> Tensor<2> {
        self.network.forward_from(activations, from)
    }
    fn head(&self, at: Layer) -> Option<&Head> {
        self.network.head(at)
    }
    fn transformer(&self) -> Option<&dyn Transformer> {
        self.network.transformer().map(|_| self as &dyn Transformer)
    }
    fn attention_pooling(&self) -> Option<&dyn AttentionPooling> {
        self.network.attention_pooling().map(|_| self as &dyn AttentionPooling)
    }
}

impl Transformer for Counted<'_> {
    fn blocks(&self) -> usize {
        self.network.transformer().expect("it is one").blocks()
    }
    fn run(&self, images: Tensor<4>, layers: &[Layer], kept: Kept) -> (ForwardPass, TokenRun) {
        self.count();
        self.network.transformer().expect("it is one").run(images, layers, kept)
    }
    fn stream(&self, x: Tensor<3>, from: Place, to: Place) -> Tensor<3> {
        self.network.transformer().expect("it is one").stream(x, from, to)
    }
    fn reads_behind(&self, block: usize) -> (usize, usize) {
        self.network.transformer().expect("it is one").reads_behind(block)
    }
    fn readout(&self) -> &Readout {
        self.network.transformer().expect("it is one").readout()
    }
}

impl AttentionPooling for Counted<'_> {
    fn pool(&self, images: Tensor<4>, layers: &[Layer]) -> (ForwardPass, PoolingRun) {
        self.count();
        self.network.attention_pooling().expect("it has one").pool(images, layers)
    }
    fn behind(&self, pooled: Tensor<2>) -> Tensor<2> {
        self.network.attention_pooling().expect("it has one").behind(pooled)
    }
}

#[test]
fn what_a_method_reads_is_kept_of_the_one_pass_and_is_what_a_pass_of_its_own_gives() {
    let folder = path("fixtures/tokens");
    for variant in VARIANTS.into_iter().chain(["pool"]) {
        let network = open(&folder.join(format!("{variant}.onnx")));
        let target = CosineSimilarity::to(concepts("a", 2, network.embedding_width()));
        let layers = [Layer::new(0), network.last_layer().unwrap()];
        let methods = CATALOGUE.iter().filter(|info| info.needs(Need::Attention));
        for info in methods.filter(|info| is_defined(variant, info.name)) {
            let what = format!("{variant}, {}", info.name);
            let method = info.method(Settings::default());
            let counted = Counted { network: &network, passes: AtomicUsize::new(0) };
            let images = images(&network, "once", 2);
            let kept = Capture::keeping(method.keeps(), &counted, images.clone(), &layers).unwrap();
            let maps = kept.explain(&*method, &target).unwrap().layers.remove(0).maps;
            assert_eq!(counted.passes.load(Ordering::Relaxed), 1, "{what}");
            let alone = Capture::new(&network, images, &layers).unwrap();
            let expected = alone.explain(&*method, &target).unwrap().layers.remove(0).maps;
            // The embeddings, and with them what is asked, are of fewer tokens in one of them, and round otherwise.
            assert_near(&what, &values(&maps), &values(&expected), BY_AUTOGRAD);
            let embeddings = [&kept, &alone].map(|capture| values(&capture.embeddings()));
            assert_near(&what, &embeddings[0], &embeddings[1], SUM);
            for layer in layers {
                let [one, other] = [&kept, &alone].map(|c| values(c.activations(layer).unwrap()));
                assert_eq!(one, other, "{what}");
            }
        }
    }
}

/// The engine's last cut is behind the last block, and what methods read lies between its cuts.
#[test]
fn the_engine_gives_what_burn_gives_at_every_layer_and_to_every_method_of_attention() {
    let device = backend::device();
    let folder = tempfile::tempdir().expect("a folder");
    for name in NETWORKS {
        let burn = fixture(name);
        let options = cam_engine::Options { threads: 2, ..Default::default() };
        let file = path(&format!("fixtures/onnx/{name}.onnx"));
        let wish = cam_onnx::Wish::default();
        let engine =
            onnx::open(&file, &wish, Runtime::engine(&device, options)).expect("it is read");
        let packed = folder.path().join(name);
        let mut bytes = Vec::new();
        assert!(write_packed(&engine, "stamp", &mut bytes).expect("memory takes everything"));
        std::fs::write(&packed, bytes).expect("written");
        let packed = open_packed(&packed, "stamp", &device, options).expect("it was just packed");
        let target = CosineSimilarity::to(concepts("a", 2, burn.embedding_width()));
        let layers: Vec<Layer> = (0..burn.layers().len()).map(Layer::new).collect();
        for network in [&engine, &packed] {
            let images = images(network, "engine", 2);
            let embedded = values(&network.embed(images.clone()));
            assert_near(name, &embedded, &values(&burn.embed(images.clone())), SUM);
            let found = network.forward_through(images.clone(), &layers);
            let expected = burn.forward_through(images.clone(), &layers);
            for ((layer, found), expected) in layers.iter().zip(found).zip(expected) {
                let what = format!("{name}, {}", burn.layers()[layer.index()].name);
                assert_near(&what, &values(&found.grid), &values(&expected.grid), SUM);
                assert_eq!(found.held.len(), expected.held.len(), "{what}");
                for (found, expected) in found.held.iter().zip(&expected.held) {
                    assert_near(&what, &values(found), &values(expected), SUM);
                }
                assert_near(&what, &values(&network.forward_from(found, *layer)), &embedded, SUM);
            }
            for info in CATALOGUE.iter().filter(|info| info.needs(Need::Attention)) {
                let method = info.method(Settings::default());
                let maps = [network, &burn].map(|network| {
                    let layer = [network.last_layer().expect("it has layers")];
                    let images = images.clone();
                    let capture = Capture::keeping(method.keeps(), network, images, &layer);
                    let explanation = capture.expect("captured").explain(&*method, &target);
                    values(&explanation.expect("explained").layers[0].maps)
                });
                assert_near(&format!("{name}, {}", info.name), &maps[0], &maps[1], 1e-4);
            }
            // Rotary positions are left to burn.
            let steps = network.engine().expect("it runs in the engine").steps();
            let is_rotary = name.starts_with("tiny_eva");
            assert_eq!(steps < 10, is_rotary, "{name}: the engine stops at step {steps}");
        }
    }
}

/// Of the last block the engine then computes no other tokens.
#[test]
fn what_is_kept_of_the_tokens_that_are_read_is_what_it_is_among_all() {
    let device = backend::device();
    for name in NETWORKS {
        let options = cam_engine::Options { threads: 2, ..Default::default() };
        let file = path(&format!("fixtures/onnx/{name}.onnx"));
        let wish = cam_onnx::Wish::default();
        let engine = onnx::open(&file, &wish, Runtime::engine(&device, options));
        for network in [fixture(name), engine.expect("it is read")] {
            let images = images(&network, "read", 2);
            let transformer = network.transformer().expect("it is one");
            let run = |kept| transformer.run(images.clone(), &[], kept);
            let (pass, some) = run(Kept::as_read(2));
            let (whole_pass, all) = run(Kept::whole(2));
            assert_near(name, &values(&pass.embeddings), &values(&whole_pass.embeddings), SUM);
            let [_, tokens, _] = all.start.dims();
            let reads = transformer.readout().reads(tokens);
            let near = |what: &str, some: Tensor<3>, all: Tensor<3>| {
                assert_near(&format!("{name}, {what}"), &values(&some), &values(&all), SUM);
            };
            near("the end", some.end.of(reads), all.end.of(reads));
            for (some, all) in some.blocks.iter().zip(&all.blocks) {
                let behind = transformer.reads_behind(all.index);
                near("y", some.after_attention.of(behind), all.after_attention.of(behind));
                near("a block's end", some.after.of(behind), all.after.of(behind));
                let [some, all] = [some, all].map(|block| &block.attention);
                let rows = |run: &AttentionRun| values(&run.rows(reads.0, reads.1));
                assert_near(name, &rows(some), &rows(all), SUM);
                assert_near(name, &values(&some.values), &values(&all.values), SUM);
            }
        }
    }
}

#[test]
fn in_front_of_a_pooling_attention_patches_are_counted_on_the_stream_behind_the_last_block() {
    for name in ["tiny_siglip.ts17", "tiny_siglip.dy", "tiny_clip_rn.ts17"] {
        let network = fixture(name);
        let images = images(&network, "pooled", 2);
        // What is taken by itself lies behind the last norm.
        let behind = Layer::new(network.last_layer().unwrap().index() - 1);
        let capture = Capture::keeping(Kept::as_read(1), &network, images.clone(), &[behind]);
        let capture = capture.unwrap();
        let (_, run) = network.attention_pooling().expect("it has one").pool(images, &[]);
        let Some(stream) = run.stream else {
            assert_eq!((name, capture.outliers().unwrap()), ("tiny_clip_rn.ts17", None));
            continue;
        };
        let [_, patches, _] = stream.dims();
        // Grids are channels first, and there is no token beside them.
        let grid = capture.activations(behind).unwrap().clone();
        let [n, channels, h, w] = grid.dims();
        let grid = grid.reshape([n, channels, h * w]);
        assert_eq!(values(&grid.swap_dims(1, 2)), values(&stream), "{name}");
        let found = capture.outliers().unwrap().expect("it has a stream");
        assert!(found.len() == 2 && found.iter().all(|image| image.patches == patches), "{name}");
    }
}

#[test]
fn what_patches_wrote_is_read_off_the_one_pass() {
    for variant in VARIANTS {
        let network = open(&path(&format!("fixtures/tokens/{variant}.onnx")));
        let counted = Counted { network: &network, passes: AtomicUsize::new(0) };
        let layers = [network.last_layer().unwrap()];
        let images = images(&network, "once", 2);
        let kept = Capture::keeping(Kept::as_read(2), &counted, images, &layers).unwrap();
        TokenParts::of(&kept, 2).unwrap();
        assert_eq!(counted.passes.load(Ordering::Relaxed), 1, "{variant}");
    }
}

#[test]
fn what_is_usual_for_a_network_explains_it() {
    for name in NETWORKS.into_iter().chain(["tiny_siglip.ts17", "tiny_resnet_d.ts17"]) {
        let network = fixture(name);
        let target = CosineSimilarity::to(concepts("a", 1, network.embedding_width()));
        let usual = [cam_explain::usual(&network), cam_explain::usual_sum(&network)];
        for &method_name in usual.iter().chain(cam_explain::usually_measured(&network)) {
            let method = method(method_name, Settings::default()).expect("it exists");
            let maps = explain(&network, name, &*method, &target).layers.remove(0).maps;
            assert!(values(&maps).iter().any(|v| *v != 0.0), "{name}, {method_name}");
        }
    }
}

/// ViTs that are read by a class token, with registers and LayerScale, projected as CLIP's, by a mean behind or in front of
/// the norm, and flattened.
const VARIANTS: [&str; 6] = ["class_token", "registers", "clip", "mean", "mean_first", "flatten"];

/// Compared with their definitions by autograd.
const OF_ATTENTION: [&str; 10] = [
    "attention-contributions",
    "legrad",
    "grad-eclip",
    "grad-eclip-single-head",
    "chefer",
    "rollout",
    "raw-attention",
    "mask-clip",
    "sclip",
    "patch-similarity",
];

/// Methods of which a patch has an embedding of its own.
const DENSE: [&str; 3] = ["mask-clip", "sclip", "patch-similarity"];

/// Methods that read blocks in front of an attention that pools.
const OF_BLOCKS: [&str; 3] = ["chefer", "rollout", "sclip"];

fn is_defined(variant: &str, method: &str) -> bool {
    match variant {
        "flatten" => !DENSE.contains(&method),
        "pool" => !OF_BLOCKS.contains(&method),
        _ => true,
    }
}

/// Every image of a reference against every concept.
fn of_reference(variant: &str, method: &dyn Method) -> (Explanation, Golden) {
    of_reference_at(variant, method, "-1")
}

/// The same at a layer.
fn of_reference_at(variant: &str, method: &dyn Method, layer: &str) -> (Explanation, Golden) {
    let folder = path("fixtures/tokens");
    let network = open(&folder.join(format!("{variant}.onnx")));
    let golden = Golden::at(folder.join(format!("{variant}.safetensors")));
    let input = golden.get("input");
    let shape: [usize; 4] = input.shape.clone().try_into().expect("images");
    let input = Tensor::from_data(TensorData::new(input.values, shape), network.device());
    let concepts = golden.get("concepts");
    let width = concepts.shape[1];
    let rows = concepts.values.chunks(width).map(<[f32]>::to_vec).collect();
    let target = CosineSimilarity::to(Concepts::new(width, rows).expect("sound"));
    let layer = network.layer(layer).expect("it has it");
    let capture = Capture::new(&network, input, &[layer]).expect("captured");
    (capture.explain(method, &target).expect("explained"), golden)
}

#[test]
fn token_contributions_are_those_of_every_term_carried_forward_alone() {
    for variant in VARIANTS {
        for blocks in 1..=3 {
            let (explanation, golden) = of_reference(variant, &TokenContributions { blocks });
            let what = format!("{variant}, {blocks} blocks");
            assert_sums(&what, &explanation);
            let expected = golden.get(&format!("token-contributions.{blocks}")).values;
            assert_near(&what, &values(&explanation.layers[0].maps), &expected, RAW_MAP);
            for share in &explanation.layers[0].shares {
                let expected = golden.get(&format!("token.{}.{blocks}", share.name)).values;
                let differ = largest_difference(&values(&share.values), &expected);
                assert!(differ <= SUM, "{what}: {} is {differ} off", share.name);
            }
        }
    }
}

#[test]
fn what_patches_wrote_and_what_none_did_make_the_cosine_of_two_images() {
    let folder = path("fixtures/tokens");
    for variant in VARIANTS {
        for blocks in [1, 2, usize::MAX] {
            let what = format!("{variant}, {blocks} blocks");
            let network = open(&folder.join(format!("{variant}.onnx")));
            let last = network.last_layer().unwrap();
            let captures = ["a", "b"].map(|key| {
                let images = images(&network, key, 1);
                Capture::keeping(Kept::as_read(blocks), &network, images, &[last]).unwrap()
            });
            let parts = captures.each_ref().map(|capture| TokenParts::of(capture, blocks).unwrap());
            let pair = Pair::of_tokens(Budget::default(), parts.each_ref()).unwrap();
            let method = TokenContributions { blocks };
            let map = |concept: Vec<f32>| {
                let concept = Concepts::new(concept.len(), vec![concept]).unwrap();
                let target = CosineSimilarity::to(concept);
                let explanation = captures[0].explain(&method, &target).unwrap();
                (values(&explanation.layers[0].maps), values(&explanation.scores)[0])
            };
            let other = values(&parts[1].embeddings);
            let (of_embedding, cosine) = map(other.clone());
            assert!((pair.cosine() - cosine).abs() <= SUM, "{what}: {} {cosine}", pair.cosine());
            // The map of the other's embedding is that of its patches and of its rest.
            let beside = pair.beside().expect("no patch wrote the rest");
            let pairs: f32 = pair.contributions().iter().sum();
            let patches: f32 = of_embedding.iter().sum();
            assert!((pairs + beside.first - patches).abs() <= 1e-4, "{what}: {pairs} {patches}");
            let all = pairs + beside.first + beside.second + beside.rests;
            assert!((all - cosine).abs() <= 1e-4, "{what}: {all} {cosine}");
            // And a column is the map of what one patch of the other wrote.
            let length = |x: &[f32]| x.iter().map(|v| v * v).sum::<f32>().sqrt();
            let [_, [rows, columns]] = pair.sizes();
            for patch in [0, rows * columns - 1] {
                let wrote = values(&parts[1].patches.clone().narrow(1, patch, 1));
                let scale = length(&wrote) / length(&other);
                let expected: Vec<f32> = map(wrote).0.iter().map(|v| v * scale).collect();
                let column = pair.contributions().chunks(rows * columns).map(|row| row[patch]);
                assert_near(&what, &column.collect::<Vec<_>>(), &expected, 1e-4);
            }
        }
    }
}

#[test]
fn methods_of_attention_are_those_that_autograd_gives_by_definition() {
    for variant in VARIANTS.into_iter().chain(["pool"]) {
        for name in OF_ATTENTION.into_iter().filter(|name| is_defined(variant, name)) {
            let method = method(name, Settings::default()).expect("it exists");
            let (explanation, golden) = of_reference(variant, &*method);
            let maps = values(&explanation.layers[0].maps);
            assert_near(
                &format!("{variant}, {name}"),
                &maps,
                &golden.get(name).values,
                BY_AUTOGRAD,
            );
        }
    }
}

#[test]
fn an_attention_that_pools_is_explained_to_first_order_and_says_what_that_leaves_open() {
    let (explanation, golden) = of_reference("pool", &TokenContributions::default());
    assert_sums("pool", &explanation);
    let expected = golden.get("token-contributions.1").values;
    assert_near("pool", &values(&explanation.layers[0].maps), &expected, RAW_MAP);
    let names: Vec<&str> = explanation.layers[0].shares.iter().map(|share| share.name).collect();
    assert_eq!(names, ["patches", "prefix_tokens", "constants", "beyond_first_order"]);
    for share in &explanation.layers[0].shares {
        let expected = golden.get(&format!("token.{}.1", share.name)).values;
        assert!(largest_difference(&values(&share.values), &expected) <= SUM, "{}", share.name);
    }
    for name in ["tiny_siglip.ts17", "tiny_siglip.dy"] {
        let network = fixture(name);
        assert!(network.attention_pooling().is_some(), "{name}");
        let target = CosineSimilarity::to(concepts("a", 2, network.embedding_width()));
        let explanation = explain(&network, name, &TokenContributions::default(), &target);
        assert_sums(name, &explanation);
    }
}

#[test]
fn what_a_network_has_nothing_for_is_refused_with_methods_that_it_has() {
    let refused = |variant: &str, name: &str| {
        let network = open(&path(&format!("fixtures/tokens/{variant}.onnx")));
        let target = CosineSimilarity::to(concepts("a", 1, network.embedding_width()));
        let layer = network.last_layer().unwrap();
        let capture = Capture::new(&network, images(&network, "x", 1), &[layer]).unwrap();
        let method = method(name, Settings::default()).expect("it exists");
        capture.explain(&*method, &target).expect_err("it has none").to_string()
    };
    for name in OF_BLOCKS {
        let error = refused("pool", name);
        assert!(error.contains("only the attention that pools"), "{name}: {error}");
        assert!(error.contains("use token-contributions, attention-contr"), "{name}: {error}");
    }
    for name in DENSE {
        let error = refused("flatten", name);
        assert!(error.contains("use token-contributions"), "{name}: {error}");
    }
}

#[test]
fn whatever_is_asked_a_patch_is_asked_as_an_image_of_it_alone_would_be() {
    // 1 − cosine of every patch is what a difference asks; a logit less another is what a contrast does.
    for name in ["tiny_vit.ts17", "tiny_dinov2.dy", "tiny_siglip.ts17"] {
        let network = fixture(name);
        let width = network.embedding_width();
        let (one, other) = (concepts("a", 1, width), concepts("b", 1, width));
        for method_name in DENSE.into_iter().filter(|m| !name.contains("siglip") || *m != "sclip") {
            let method = method(method_name, Settings::default()).expect("it exists");
            assert!(!method.is_explanation(), "{method_name}");
            let map = |target: &dyn Target| {
                values(&explain(&network, name, &*method, target).layers[0].maps)
            };
            let cosines = map(&CosineSimilarity::to(one.clone()));
            assert!(cosines.iter().all(|cosine| cosine.abs() <= 1.0 + SUM), "{name}");
            let contrast = map(&Contrast::to_negatives(one.clone(), other.clone()).unwrap());
            let against = map(&CosineSimilarity::to(other.clone()));
            for ((found, a), b) in contrast.iter().zip(&cosines).zip(against) {
                assert!((found - (a - b)).abs() <= SUM, "{name}, {method_name}: {found} {a} {b}");
            }
        }
    }
}

#[test]
fn where_tokens_are_averaged_at_the_end_the_mean_of_patch_products_is_the_score() {
    // e = mean of f_i, so that ⟨c, e⟩ = mean ⟨c, f_i⟩.
    let (mean, mut compared) = (fixture("../tokens/mean"), 0);
    let target = Dot::with(concepts("a", 2, mean.embedding_width()));
    let method = method("patch-similarity", Settings::default()).expect("it exists");
    let explanation = explain(&mean, "x", &*method, &target);
    let [n, k, h, w] = explanation.layers[0].maps.dims();
    let means = explanation.layers[0].maps.clone().reshape([n, k, h * w]).mean_dim(2);
    for (mean, score) in values(&means).iter().zip(values(&explanation.scores)) {
        assert!((mean - score).abs() <= SUM * score.abs().max(1.0), "{mean} {score}");
        compared += 1;
    }
    assert_eq!(compared, n * k);
}

#[test]
fn methods_of_attention_explain_siglip_s_pooling() {
    for name in ["tiny_siglip.ts17", "tiny_siglip.dy"] {
        let network = fixture(name);
        let target = CosineSimilarity::to(concepts("a", 1, network.embedding_width()));
        let of_pooling = OF_ATTENTION.into_iter().filter(|name| is_defined("pool", name));
        for method_name in of_pooling.chain(["grad-cam", "hires-cam"]) {
            let method = method(method_name, Settings::default()).expect("it exists");
            let maps = explain(&network, name, &*method, &target).layers.remove(0).maps;
            assert!(values(&maps).iter().any(|v| *v != 0.0), "{name}, {method_name}");
        }
    }
}

#[test]
fn grad_cam_and_hires_cam_at_the_last_norm_are_pytorch_grad_cam_s() {
    for variant in VARIANTS {
        for name in ["grad-cam", "hires-cam"] {
            let method = method(name, Settings::default()).expect("it exists");
            let (explanation, golden) = of_reference_at(variant, &*method, "blocks.2.norm1");
            let maps = values(&explanation.layers[0].maps);
            assert_near(&format!("{variant}, {name}"), &maps, &golden.get(name).values, RAW_MAP);
        }
    }
}

#[test]
fn behind_the_last_block_an_attention_that_pools_reads_patches_so_grad_cam_is_there_too() {
    let places = [("grad-cam", "blocks.2", ""), ("grad-cam", "norm", ".norm")];
    for (name, layer, suffix) in places.into_iter().chain([("hires-cam", "norm", ".norm")]) {
        let method = method(name, Settings::default()).expect("it exists");
        let (explanation, golden) = of_reference_at("pool", &*method, layer);
        let maps = values(&explanation.layers[0].maps);
        let expected = golden.get(&format!("{name}{suffix}")).values;
        assert_near(&format!("{layer}, {name}"), &maps, &expected, RAW_MAP);
    }
}

#[test]
fn hires_cam_in_front_of_a_norm_would_be_rounding_and_is_refused_with_the_norm_to_take() {
    // What pytorch-grad-cam gives there is rounding too.
    let golden = Golden::at(path("fixtures/tokens/pool.safetensors"));
    let [zeros, maps] = ["hires-cam", "grad-cam"].map(|name| golden.get(name).values);
    let largest = |map: &[f32]| map.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
    assert!(largest(&zeros) <= 1e-6 * largest(&maps));
    let places = [("class_token", "blocks.1", "blocks.2.norm1"), ("pool", "blocks.2", "norm")];
    for (variant, layer, instead) in places {
        let network = open(&path(&format!("fixtures/tokens/{variant}.onnx")));
        let at = network.layer(layer).expect("it has it");
        let capture = Capture::new(&network, images(&network, "x", 1), &[at]).expect("captured");
        let target = CosineSimilarity::to(concepts("a", 1, network.embedding_width()));
        let method = method("hires-cam", Settings::default()).expect("it exists");
        let error = capture.explain(&*method, &target).expect_err("zero").to_string();
        assert!(error.contains(&format!("explain `{instead}`")), "{variant}: {error}");
    }
}

#[test]
fn where_only_a_class_token_is_read_a_gradient_is_refused_with_the_layer_to_take() {
    let network = fixture("tiny_vit.ts17");
    let layers = network.layers();
    let behind = layers.iter().rposition(|layer| !layer.reaches_embedding).expect("there are");
    let images = images(&network, "x", 1);
    let capture = Capture::new(&network, images, &[Layer::new(behind)]).expect("captured");
    let target = CosineSimilarity::to(concepts("a", 1, network.embedding_width()));
    let error = capture.explain(&GradCam, &target).expect_err("the gradient is zero").to_string();
    assert!(error.contains("explain `blocks.1`"), "{error}");
    assert!(error.contains("every patch is zero"), "{error}");
}

proptest! {
    #[test]
    fn patches_above_three_medians_are_counted_and_tokens_beside_the_grid_are_not(
        long in 0_usize..5, before in 0_usize..3, behind in 0_usize..3, times in 3.1_f32..50.0,
    ) {
        let (patches, channels) = (12, 4);
        // Lengths are 1 but for some patches at the end of the grid, and all tokens beside it.
        let of_token = |token: usize| match token.checked_sub(before) {
            Some(patch) if patch < patches - long => 1.0,
            _ => times,
        };
        let tokens = before + patches + behind;
        let stream = (0..tokens).flat_map(|token| [of_token(token), 0.0, 0.0, 0.0]).collect();
        let stream = TensorData::new::<f32, _>(stream, [1, tokens, channels]);
        let stream = Tensor::<3>::from_data(stream, &cam_tests::device());
        let layout = TokenLayout { before, grid: [3, 4], behind };
        let found = block_run(&stream);
        let end = found.after.clone();
        let run = TokenRun { layout, start: stream, end, blocks: vec![found] };
        let found = run.outliers().unwrap().expect("a block was kept").remove(0);
        prop_assert_eq!((found.count, found.patches), (long, patches));
        let longest = if long > 0 { times } else { 1.0 };
        prop_assert!((found.longest - longest).abs() <= 1e-4 * longest);
    }
}

/// A block that reads a stream and adds nothing to it.
fn block_run(stream: &Tensor<3>) -> BlockRun {
    let [n, tokens, channels] = stream.dims();
    let device = stream.device();
    let attention = AttentionRun {
        weights: Tensor::zeros([n, 1, tokens, tokens], &device),
        first_row: 0,
        values: stream.clone().unsqueeze_dim(1),
        projection: Tensor::zeros([channels, channels], &device),
        bias: Tensor::zeros([channels], &device),
    };
    let behind = StreamRows { first: 0, vectors: stream.clone() };
    BlockRun {
        index: 0,
        before: stream.clone(),
        queries_and_keys: None,
        attention,
        after_attention: behind.clone(),
        after: behind,
    }
}

/// A readout of random steps: a norm of tokens or of what is pooled, a projection, unit length.
fn readout(key: &str, [tokens, channels]: [usize; 2], kind: usize) -> Readout {
    let vector = |name: &str| {
        let numbers = formula::unit(&format!("{key}{name}"), channels);
        Tensor::<1>::from_data(TensorData::new(numbers, [channels]), &cam_tests::device())
    };
    let norm = ReadoutStep::Norm {
        scale: Some(vector("scale")),
        shift: (!kind.is_multiple_of(3)).then(|| vector("shift")),
        epsilon: 1e-6,
    };
    let (start, length) = [(0, 1), (1, tokens - 1), (0, tokens)][kind % 3];
    let pool = ReadoutStep::Pool { start, length };
    let inputs = if kind % 5 == 4 { tokens * channels } else { channels };
    let weight = formula::unit(&format!("{key}w"), 7 * inputs);
    let weight = weight.into_iter().map(|u| u - 0.5).collect();
    let weight = TensorData::new::<f32, _>(weight, [7, inputs]);
    let weight = Tensor::<2>::from_data(weight, &cam_tests::device());
    let linear = ReadoutStep::Then(ProjectionStep::Linear(Linear { weight, bias: None }));
    let unit = ReadoutStep::Then(ProjectionStep::L2Normalize { epsilon: 1e-12 });
    Readout::new(match kind % 5 {
        0 => vec![norm, pool],
        1 => vec![pool, norm, linear],
        2 => vec![norm, pool, linear, unit],
        3 => vec![norm, linear, unit, pool],
        _ => vec![norm, ReadoutStep::Flatten, linear, unit],
    })
}

proptest! {
    #[test]
    fn whatever_reads_a_stream_a_vector_is_worth_the_same_at_it_as_at_the_embedding(
        seed in 0_u32..1000, kind in 0_usize..15, tokens in 2_usize..6, channels in 3_usize..9,
    ) {
        let key = format!("readout{seed}");
        let readout = readout(&key, [tokens, channels], kind);
        let stream = formula::unit(&format!("{key}x"), 2 * tokens * channels);
        let stream = stream.into_iter().map(|u| 6.0 * u - 3.0).collect();
        let stream = TensorData::new::<f32, _>(stream, [2, tokens, channels]);
        let stream = Tensor::<3>::from_data(stream, &cam_tests::device());
        let embeddings = readout.forward(stream.clone());
        let [n, width] = embeddings.dims();
        let vectors = formula::unit(&format!("{key}v"), n * 2 * width);
        let vectors = TensorData::new(vectors, [n, 2, width]);
        let vectors = Tensor::<3>::from_data(vectors, &cam_tests::device());
        let reads = readout.reads(tokens);
        let read = stream.clone().narrow(1, reads.0, reads.1);
        let (whole, alone) = (values(&embeddings), values(&readout.forward(read.clone())));
        let largest = whole.iter().fold(1.0_f32, |most, x| most.max(x.abs()));
        let difference = largest_difference(&whole, &alone);
        prop_assert!(difference <= SUM * largest, "tokens that are not read have a part in it");
        let frozen = readout.frozen(read.clone());
        let probe = frozen.pull_back(vectors.clone());
        prop_assert_eq!(probe.reads(), reads);
        let worth = probe.of(read);
        let dot = |e: Tensor<2>| -> Vec<f32> {
            values(&(vectors.clone() * e.unsqueeze_dim::<3>(1)).sum_dim(2))
        };
        let constants = dot(frozen.constant());
        for ((found, constant), score) in values(&worth).iter().zip(constants).zip(dot(embeddings)) {
            let allowed = SUM * score.abs().max(constant.abs()).max(1.0);
            prop_assert!((found + constant - score).abs() <= allowed, "{} + {} of {}", found, constant, score);
        }
    }
}
