//! Networks from ONNX files against PyTorch: embeddings, and gradients at several layers.
//!
//! `golden/make_onnx_zoo.py` makes the networks, seeded and random, exports each in several ways, and writes what PyTorch
//! computes in f64. The small ones are fixtures; a folder of large ones is named by `CAM_ONNX_ZOO`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use burn::tensor::{Tensor, TensorData};
use cam_core::{Layer, Network};
use cam_engine::Options;
use cam_explain::onnx;
use cam_models::{ConvNet, Runtime};
use cam_tests::compare::{assert_near, largest_difference, magnitude, relative_distance, values};
use cam_tests::golden::{Golden, Reference, path};
use cam_tests::{backend, formula};

/// Of the embedding's length: f32 through some hundred layers. A random network may be worse conditioned: then as far off
/// as three times what ONNX Runtime is.
const EMBEDDING: f64 = 1e-4;

/// Of the largest gradient at a layer of a small network.
const GRADIENT: f32 = 1e-3;

/// Of the gradient's length, in a large network of ReLUs: of some hundred thousand values a few lie within rounding of
/// zero, and let their gradients through in one way and not in the other. PyTorch's own f32 and f64 are as far apart.
const GRADIENT_WITH_FLIPS: f64 = 3e-2;

#[test]
fn small_networks_equal_pytorch_s_in_embeddings_and_gradients() {
    let failures = compare_all(&path("fixtures/onnx"), false);
    assert!(failures.is_empty(), "{failures}");
}

/// `cargo xtask pretrained` names a folder.
#[test]
#[ignore = "needs a folder of large networks"]
fn large_networks_equal_pytorch_s_in_embeddings_and_gradients() {
    let folder = std::env::var_os("CAM_ONNX_ZOO").expect("CAM_ONNX_ZOO names the folder");
    let failures = compare_all(Path::new(&folder), true);
    assert!(failures.is_empty(), "{failures}");
}

/// Within its blocks channels lie last, and what the engine gives there is no grid.
#[test]
fn a_network_of_any_size_agrees_with_burn_within_its_blocks_at_another_size() {
    let file = path("fixtures/onnx/tiny_convnext.dy.onnx");
    let open = |runtime| onnx::open(&file, &cam_onnx::Wish::default(), runtime).unwrap();
    let device = backend::device();
    let (burn, engine) =
        (open((&device).into()), open(Runtime::engine(&device, Options::default())));
    let (width, height) = burn.preprocessing().size;
    for [height, width] in [[height, width], [height + 32, width + 64]] {
        let numbers = formula::unit("size", 2 * 3 * height * width);
        let images =
            Tensor::<4>::from_data(TensorData::new(numbers, [2, 3, height, width]), &device);
        let layers: Vec<Layer> = (0..burn.layers().len()).map(Layer::new).collect();
        let expected = burn.forward_through(images.clone(), &layers);
        let found = engine.forward_through(images, &layers);
        for ((layer, expected), found) in burn.layers().iter().zip(expected).zip(found) {
            let what = format!("{} at {height}×{width}", layer.name);
            assert_near(&what, &values(&found.grid), &values(&expected.grid), 2e-5);
        }
    }
}

/// What differs in a folder of networks, and a table of how much on standard output.
fn compare_all(folder: &Path, is_large: bool) -> String {
    let mut failures = String::new();
    let only = std::env::var("CAM_ONNX_ONLY").unwrap_or_default();
    for reference in with_ending(folder, "safetensors") {
        let golden = Golden::at(reference.clone());
        let stem = reference.file_stem().unwrap().to_str().unwrap().to_owned();
        for file in with_ending(folder, "onnx") {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            if name.split('.').next() != Some(&stem)
                || !(only.is_empty() || only.split(',').any(|part| name.starts_with(part)))
            {
                continue;
            }
            if let Err(what) = compare(&file, &golden, is_large) {
                println!("{name}: {what}");
                writeln!(failures, "{name}: {what}").unwrap();
            }
        }
    }
    failures
}

fn with_ending(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    files.sort();
    files
}

fn compare(file: &Path, golden: &Golden, is_large: bool) -> Result<(), String> {
    let kind = file.file_stem().and_then(|stem| Path::new(stem).extension());
    let kind = kind.unwrap_or_default().to_string_lossy().into_owned();
    let device = backend::device();
    let open = |runtime: Runtime| {
        let found = onnx::open(file, &cam_onnx::Wish::default(), runtime);
        found.map_err(|error| error.to_string())
    };
    let burn = open((&device).into())?;
    let mut line = agreement(&burn, golden, &kind, is_large)?;
    let engine = open(Runtime::engine(&device, Options::default()))?;
    if engine.engine().is_some() {
        write!(line, "; engine {}", agreement(&engine, golden, &kind, is_large)?).unwrap();
    }
    println!("{:<34} {line}", file.file_name().unwrap().to_string_lossy());
    Ok(())
}

/// How far a network is from the reference; an error where that is too far.
fn agreement(
    network: &ConvNet,
    golden: &Golden,
    kind: &str,
    is_large: bool,
) -> Result<String, String> {
    let images = tensor(&golden.get("input"), network);
    let expected = golden.get("embedding");
    let found = values(&network.embed(images.clone()));
    if found.len() != expected.values.len() {
        return Err(format!("the embedding is {} wide", network.embedding_width()));
    }
    let distance = relative_distance(&found, &expected.values);
    let theirs = format!("onnxruntime.{kind}");
    let theirs = match golden.names().contains(&theirs) {
        true => relative_distance(&golden.get(&theirs).values, &expected.values),
        false => 0.0,
    };
    let mut line = format!("{distance:.1e}");
    let mut wrong = Vec::new();
    if distance.is_nan() || distance > EMBEDDING.max(3.0 * theirs) {
        wrong.push(format!("the embedding is {distance:.1e} off"));
    }
    let vector = golden.get("vector").values;
    for name in golden.names() {
        let Some(layer_name) = name.strip_prefix("gradient.") else { continue };
        let layer = match network.layer(layer_name) {
            Ok(layer) => layer,
            Err(error) => {
                wrong.push(error.to_string());
                continue;
            }
        };
        let reached = network.forward_to(images.clone(), layer);
        let expected =
            on_grid(&golden.get(&name), &reached.grid, network.layers()[layer.index()].tokens);
        let [n, _, _, _] = reached.grid.dims();
        let vectors = TensorData::new(vector.repeat(n), [n, vector.len()]);
        let vectors = Tensor::<2>::from_data(vectors, network.device());
        let gradient = match network.tail(&reached, layer) {
            Some(tail) => tail.pull_back(vectors.unsqueeze_dim(1)).squeeze_dim(1),
            None => by_autodiff(network, &reached, layer, vectors),
        };
        let found = values(&gradient);
        let difference = match found.len() == expected.len() {
            true => largest_difference(&found, &expected) / magnitude(&expected),
            false => f32::INFINITY,
        };
        let apart = match found.len() == expected.len() {
            true => relative_distance(&found, &expected),
            false => f64::INFINITY,
        };
        write!(line, " {layer_name} {difference:.1e} {apart:.1e}").unwrap();
        let is_wrong = match is_large {
            true => apart.is_nan() || apart > GRADIENT_WITH_FLIPS,
            false => difference.is_nan() || difference > GRADIENT,
        };
        if is_wrong {
            wrong.push(format!("the gradient at {layer_name} is {difference:.1e} off"));
        }
    }
    match wrong.is_empty() {
        true => Ok(line),
        false => Err(format!("{} ({line})", wrong.join("; "))),
    }
}

fn by_autodiff(
    network: &ConvNet,
    reached: &cam_core::Activations,
    layer: cam_core::Layer,
    vectors: Tensor<2>,
) -> Tensor<4> {
    let leaf = reached.grid.clone().autodiff().require_grad();
    let held = reached.held.iter().map(|held| held.clone().autodiff()).collect();
    let activations = cam_core::Activations { grid: leaf.clone(), held };
    let sum = (network.forward_from(activations, layer) * vectors.autodiff()).sum();
    let mut gradients = sum.backward();
    leaf.grad_remove(&mut gradients).expect("the embedding depends on the layer").without_autodiff()
}

fn tensor(reference: &Reference, network: &ConvNet) -> Tensor<4> {
    let shape: [usize; 4] = reference.shape.clone().try_into().expect("an image has four axes");
    Tensor::from_data(TensorData::new(reference.values.clone(), shape), network.device())
}

/// A reference of `[n, c, h, w]`, `[n, h, w, c]` or `[n, tokens, c]` in the order `[n, c, h, w]`, without the first
/// tokens.
fn on_grid(reference: &Reference, grid: &Tensor<4>, tokens: usize) -> Vec<f32> {
    let [n, c, h, w] = grid.dims();
    let values = &reference.values;
    let at: Box<dyn Fn(usize, usize, usize) -> usize> = match *reference.shape.as_slice() {
        [_, channels, _, _] if channels == c && reference.shape[2..] == [h, w] => {
            return values.clone();
        }
        [_, _, _, channels] => Box::new(move |i, k, p| (i * h * w + p) * channels + k),
        [_, all, channels] => Box::new(move |i, k, p| (i * all + tokens + p) * channels + k),
        _ => return Vec::new(),
    };
    let mut result = Vec::with_capacity(n * c * h * w);
    for i in 0..n {
        for k in 0..c {
            result.extend((0..h * w).map(|p| values.get(at(i, k, p)).copied().unwrap_or(f32::NAN)));
        }
    }
    result
}
