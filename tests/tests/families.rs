//! The families that are known network by network, against torchvision and timm: names, shapes, embeddings, gradients.
//!
//! `golden/make_families.py` says how the references were made. What has no batch norm is filled by the formula alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use burn::tensor::{Tensor, TensorData};
use cam_core::{Activations, Layer, Network};
use cam_models::{
    Checkpoint, ConvNet, Loaded, Runtime, Strictness, describe, identify, load_checkpoint,
};
use cam_tests::compare::{relative_distance, values};
use cam_tests::golden::{self, Golden};
use cam_tests::networks::{Entry, load, safetensors};
use cam_tests::{device, formula};

/// Height and width of the image.
const SIDES: [usize; 2] = [96, 64];

/// Embeddings in f32, whose sums run in another order than torch's, relative to their length.
const EMBEDDING: f64 = 1e-4;

/// Gradients pass activations with a bend: one number on its other side moves a few others.
const GRADIENT: f64 = 1e-3;

/// Of each network its tensors' shapes, by its library and name.
static SHAPES: LazyLock<BTreeMap<String, BTreeMap<String, Vec<usize>>>> = LazyLock::new(|| {
    let path = golden::path("golden/families.json");
    let text = std::fs::read_to_string(path).expect("the reference is there");
    serde_json::from_str(&text).expect("the reference is well formed")
});

static REFERENCES: LazyLock<Golden> = LazyLock::new(|| Golden::open("families"));

fn image() -> Tensor<4> {
    let [height, width] = SIDES;
    let values = formula::image("query", height, width);
    Tensor::from_data(TensorData::new(values, [1, 3, height, width]), &device())
}

/// The state dict of a network in its library's names, as the script made it.
fn state_dict(key: &str) -> Vec<Entry> {
    let shapes = &SHAPES[key];
    let entry = |(name, shape): (&String, &Vec<usize>)| {
        (name.clone(), shape.clone(), formula::tensor(name, shape))
    };
    let mut entries: BTreeMap<String, Entry> =
        shapes.iter().map(entry).map(|entry| (entry.0.clone(), entry)).collect();
    let mut norms: Vec<String> = shapes
        .keys()
        .filter_map(|name| name.strip_suffix(".running_mean"))
        .map(str::to_owned)
        .collect();
    norms.sort();
    if norms.is_empty() {
        return entries.into_values().collect();
    }
    let gains = REFERENCES.get(&format!("{key}.gains")).values;
    let means = REFERENCES.get(&format!("{key}.means")).values;
    let mut means = means.into_iter();
    for (norm, gain) in norms.iter().zip(gains) {
        let scale = entries.get_mut(&format!("{norm}.weight")).expect("a norm has a scale");
        scale.2.iter_mut().for_each(|scale| *scale *= gain);
        let mean = entries.get_mut(&format!("{norm}.running_mean")).expect("it was found");
        mean.2.iter_mut().zip(&mut means).for_each(|(own, mean)| *own = mean);
    }
    entries.into_values().collect()
}

fn engine() -> Runtime {
    Runtime::engine(&device(), cam_engine::Options::default())
}

/// A network as its file says; by name where names and shapes leave two.
fn loaded(key: &str, runtime: impl Into<Runtime>) -> Loaded {
    let (_, name) = key.split_once('.').expect("a library and a name");
    let file = Checkpoint::from_safetensors(Path::new(key), safetensors(&state_dict(key)));
    let file = file.expect("the entries form a file");
    let asked = describe(name).filter(|_| is_asked_for(name));
    let loaded = load_checkpoint(file, asked, Strictness::Exact, runtime);
    loaded.unwrap_or_else(|error| panic!("{key}: {error}"))
}

/// Networks that share names and shapes with one that is taken unless told otherwise.
fn is_asked_for(name: &str) -> bool {
    ["tf_efficientnet_b0", "tf_mobilenetv3_small_100"].contains(&name)
}

fn assert_embeds(key: &str, network: &ConvNet, by: &str) {
    let expected = REFERENCES.get(&format!("{key}.embedding")).values;
    let distance = relative_distance(&values(&network.embed(image())), &expected);
    assert!(distance <= EMBEDDING, "{key} by {by}: {distance:e}");
}

#[test]
fn a_file_of_each_library_is_told_by_names_and_shapes_and_embeds_as_there() {
    for key in SHAPES.keys() {
        let (library, name) = key.split_once('.').expect("a library and a name");
        let Loaded { network, source, .. } = loaded(key, &device());
        assert_eq!(network.name(), name, "{key}");
        assert_eq!(source.naming.to_string(), library, "{key}");
        assert!(source.classifier.is_some(), "{key}");
        assert_embeds(key, &network, "burn");
        assert_embeds(key, &loaded(key, engine()).network, "the engine");
    }
}

#[test]
fn a_network_by_name_is_found_in_either_librarys_names() {
    for key in ["torchvision.efficientnet_b0", "timm.efficientnet_b0"] {
        let file = Checkpoint::from_safetensors(Path::new(key), safetensors(&state_dict(key)));
        let file = file.expect("the entries form a file");
        let asked = describe("efficientnet_b0");
        let loaded = load_checkpoint(file, asked, Strictness::Exact, &device());
        let network = loaded.unwrap_or_else(|error| panic!("{key}: {error}")).network;
        assert_embeds(key, &network, "burn");
    }
}

#[test]
fn a_densenet_with_the_names_of_its_published_file_is_the_same_network() {
    let key = "torchvision.densenet121";
    let old = |name: String| {
        let layers = ["norm1", "conv1", "norm2", "conv2"].into_iter();
        let (dotted, plain) = layers
            .map(|layer| (format!(".{}.{}.", &layer[..4], &layer[4..]), format!(".{layer}.")))
            .find(|(_, plain)| name.contains(plain))
            .unwrap_or_default();
        if plain.is_empty() { name } else { name.replace(&plain, &dotted) }
    };
    let entries: Vec<Entry> = state_dict(key)
        .into_iter()
        .map(|(name, shape, values)| (old(name), shape, values))
        .collect();
    assert!(entries.iter().any(|entry| entry.0.contains("denselayer1.norm.1.")));
    assert_embeds(key, &load(&entries), "burn");
}

#[test]
fn what_two_networks_share_is_said_and_the_other_can_be_asked_for() {
    let said = loaded("timm.efficientnet_b0", &device()).source.assumptions.join("");
    assert!(said.contains("taken as efficientnet_b0; tf_efficientnet_b0 has another"), "{said}");
    let said = loaded("torchvision.efficientnet_b0", &device()).source.assumptions;
    assert!(said.is_empty(), "{said:?}");
    assert!(loaded("timm.tf_efficientnet_b0", &device()).source.assumptions.is_empty());
}

#[test]
fn gradients_at_the_automatic_layer_and_an_earlier_one_are_those_of_autograd() {
    for (key, automatic, earlier) in [
        ("torchvision.efficientnet_b0", "features.8", "features.6"),
        ("timm.mobilenetv3_small_100", "blocks.5", "blocks.3"),
    ] {
        for runtime in [Runtime::from(&device()), engine()] {
            let network = loaded(key, runtime).network;
            assert_eq!(network.last_layer(), network.layer(automatic), "{key}");
            for layer in [automatic, earlier] {
                let expected = REFERENCES.get(&format!("{key}.gradient.{layer}")).values;
                let found = gradient(&network, network.layer(layer).expect("it is a layer"));
                let distance = relative_distance(&found, &expected);
                assert!(distance <= GRADIENT, "{key} at {layer}: {distance:e}");
            }
        }
    }
}

/// Of Σ ((i mod 7) − 3)·eᵢ at a layer.
fn gradient(network: &ConvNet, layer: Layer) -> Vec<f32> {
    let width = network.embedding_width();
    let vector: Vec<f32> = (0..width).map(|i| (i % 7) as f32 - 3.0).collect();
    let vector = Tensor::<2>::from_data(TensorData::new(vector, [1, width]), network.device());
    let reached = network.forward_to(image(), layer);
    if let Some(tail) = network.tail(&reached, layer) {
        return values(&tail.pull_back(vector.unsqueeze_dim(1)));
    }
    let leaf = reached.grid.clone().autodiff().require_grad();
    let held = reached.held.iter().map(|held| held.clone().autodiff()).collect();
    let activations = Activations { grid: leaf.clone(), held };
    let sum = (network.forward_from(activations, layer) * vector.autodiff()).sum();
    values(&leaf.grad_remove(&mut sum.backward()).expect("it was followed"))
}

/// `CAM_FAMILIES` names a folder that `make_families.py --all` filled with files of all networks.
#[test]
#[ignore = "needs a folder of whole networks"]
fn every_published_network_is_told_from_its_file_and_embeds_as_in_its_library() {
    let folder = std::env::var_os("CAM_FAMILIES").expect("CAM_FAMILIES names the folder");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("it is there")
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "pth"));
    files.sort();
    let mut wrong = Vec::new();
    for file in files {
        let key = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let (_, name) = key.split_once('.').expect("a library and a name");
        let open = || Checkpoint::open(&file).expect("it is a weight file");
        let found = identify(open()).unwrap_or_else(|error| panic!("{key}: {error}"));
        let is_twin = found.source().assumptions.iter().any(|said| said.contains(name));
        if found.description().name != name && !is_twin {
            wrong.push(format!("{key} is told as {}", found.description().name));
        }
        let asked = describe(name).filter(|_| found.description().name != name);
        let reference = Golden::at(file.with_extension("reference"));
        let expected = reference.get("embedding").values;
        // A random network may be worse conditioned: then as far off as three times what torch's f32 is.
        let rounding = f64::from(reference.get("rounding").values[0]);
        let mut line = format!("{key} told as {}", found.description().name);
        for (by, runtime) in [("burn", Runtime::from(&device())), ("engine", engine())] {
            let loaded = load_checkpoint(open(), asked.clone(), Strictness::Exact, runtime);
            let network = loaded.unwrap_or_else(|error| panic!("{key}: {error}")).network;
            let distance = relative_distance(&values(&network.embed(image())), &expected);
            line += &format!(" {by} {distance:.1e}");
            if distance.is_nan() || distance > EMBEDDING.max(3.0 * rounding) {
                wrong.push(format!("{key} by {by}: {distance:e}"));
            }
        }
        println!("{line}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `features.2.conv.1.0` is the fourth of a block's layers, `features.2.conv.2` the seventh.
fn flat(name: &str) -> String {
    let mut parts: Vec<String> = name.split('.').map(str::to_owned).collect();
    if parts.get(2).is_none_or(|part| part != "conv") {
        return name.to_owned();
    }
    // In the first block nothing is widened.
    let last = if parts[1] == "1" { 1 } else { 2 };
    let place: usize = parts[3].parse().expect("parts of a block are numbered");
    let layer = match place < last {
        true => 3 * place + parts.remove(4).parse::<usize>().expect("layers are numbered"),
        false => 3 * last + place - last,
    };
    parts[3] = layer.to_string();
    parts.join(".")
}

#[test]
fn a_mobilenet_v2_from_before_torchvision_is_the_same_network() {
    let key = "torchvision.mobilenet_v2";
    let own = state_dict(key).into_iter().filter(|(name, ..)| name.starts_with("features"));
    let entries: Vec<Entry> =
        own.map(|(name, shape, values)| (flat(&name), shape, values)).collect();
    assert!(entries.iter().any(|entry| entry.0 == "features.17.conv.7.running_var"));
    assert_embeds(key, &load(&entries), "burn");
}
