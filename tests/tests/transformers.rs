//! Vision transformers from the folders of their libraries against those libraries.
//!
//! `golden/make_golden_vit.py` makes the folders, small and random, and writes what transformers, timm and `open_clip`
//! compute in f64, at the network's own size and at others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::{Tensor, TensorData};
use cam_core::Network;
use cam_engine::Options;
use cam_explain::{Environment, FolderInspection, LayerListing, LayersOf, Model, ModelOptions};
use cam_models::{ConvNet, FolderError, ReadFolder, Runtime, Strictness, read_folder};
use cam_tests::backend;
use cam_tests::compare::{largest_difference, magnitude, relative_distance, values};
use cam_tests::golden::{Golden, Reference, path};
use serde_json::{Value, json};

/// Of the embedding's length: f32 through a few blocks.
const EMBEDDING: f64 = 1e-4;

/// Of the largest gradient at a layer.
const GRADIENT: f32 = 1e-3;

/// Of the embedding's length: what a wrong setting changes at least.
const WRONG: f64 = 3e-3;

fn folder(name: &str) -> PathBuf {
    path("fixtures/transformers").join(name)
}

fn read(name: &Path, size: (usize, usize)) -> ReadFolder {
    let found = read_folder(name, Some(size), Strictness::Exact);
    found.unwrap_or_else(|error| panic!("{}: {error}", name.display()))
}

fn network_of(read: ReadFolder, device: &burn::tensor::Device) -> ConvNet {
    ConvNet::new(read.description, read.parameters, device).expect("it runs")
}

fn network(folder: &Path, size: (usize, usize)) -> ConvNet {
    network_of(read(folder, size), &backend::device())
}

/// Sizes `[h, w]` of a reference, and their names.
fn sizes(golden: &Golden) -> Vec<(String, [usize; 2])> {
    let names = golden.names().into_iter().filter_map(|name| {
        let size = name.strip_prefix("input.")?.to_owned();
        let (height, width) = size.split_once('x')?;
        let sides = [height.parse().ok()?, width.parse().ok()?];
        Some((size, sides))
    });
    names.collect()
}

/// Bytes as the references take them.
fn images(golden: &Golden, size: &str, network: &ConvNet) -> Tensor<4> {
    let Reference { shape, values } = golden.get(&format!("input.{size}"));
    let shape: [usize; 4] = shape.try_into().expect("an image has four axes");
    let values: Vec<f32> = values.iter().map(|byte| byte / 127.5 - 1.0).collect();
    Tensor::from_data(TensorData::new(values, shape), network.device())
}

/// How far the embeddings of a folder are from a reference, at the worst of its sizes.
fn distance(folder: &Path, golden: &Golden) -> f64 {
    let distances = sizes(golden).into_iter().map(|(size, [height, width])| {
        let network = network(folder, (width, height));
        let found = values(&network.embed(images(golden, &size, &network)));
        let expected = golden.get(&format!("embedding.{size}")).values;
        assert_eq!(found.len(), expected.len(), "{}", folder.display());
        let distance = relative_distance(&found, &expected);
        println!("{:<32} {size:<8} {distance:.1e}", name(folder));
        distance
    });
    distances.fold(0.0, f64::max)
}

fn name(folder: &Path) -> String {
    folder.file_name().expect("it has a name").to_string_lossy().into_owned()
}

/// Folders in a folder, and the reference that each is held against.
fn folders_in(whole: &Path) -> Vec<(PathBuf, Golden)> {
    let entries = std::fs::read_dir(whole).expect("the folder is there");
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    folders.sort();
    let with_reference = folders.into_iter().map(|own| {
        let name = name(&own);
        let of = whole.join(name.strip_suffix(".memory").unwrap_or(&name));
        (own, Golden::at(of.join("reference.safetensors")))
    });
    with_reference.collect()
}

fn folders() -> Vec<(PathBuf, Golden)> {
    folders_in(&path("fixtures/transformers"))
}

/// The folders whose embeddings are not their library's.
fn wrong_in(whole: &Path) -> Vec<String> {
    let wrong = folders_in(whole).into_iter().filter_map(|(folder, golden)| {
        let distance = distance(&folder, &golden);
        (distance.is_nan() || distance > EMBEDDING)
            .then(|| format!("{} is {distance:.1e} off", name(&folder)))
    });
    wrong.collect()
}

#[test]
fn every_family_embeds_as_its_library_does_at_its_own_size_and_at_others() {
    let wrong = wrong_in(&path("fixtures/transformers"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `golden/make_golden_vit.py FOLDER --large` makes the folder.
#[test]
#[ignore = "needs a folder of large networks"]
fn large_networks_embed_as_their_libraries_do() {
    let folder = std::env::var_os("CAM_TRANSFORMERS").expect("CAM_TRANSFORMERS names the folder");
    let wrong = wrong_in(Path::new(&folder));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_engine_in_front_changes_nothing() {
    let device = backend::device();
    for (folder, golden) in folders() {
        let (size, [height, width]) = sizes(&golden).swap_remove(0);
        let read = read(&folder, (width, height));
        let runtime = Runtime::engine(&device, Options::default());
        let network = ConvNet::new(read.description, read.parameters, runtime);
        let network = network.expect("it runs");
        let found = values(&network.embed(images(&golden, &size, &network)));
        let expected = golden.get(&format!("embedding.{size}")).values;
        assert!(relative_distance(&found, &expected) <= EMBEDDING, "{}", folder.display());
    }
}

#[test]
fn gradients_at_layers_are_pytorch_s() {
    let mut compared = 0;
    for (folder, golden) in folders() {
        let layers = golden.names();
        let layers = layers.iter().filter_map(|name| name.strip_prefix("gradient."));
        let vector = match layers.clone().next() {
            Some(_) => golden.get("vector").values,
            None => continue,
        };
        if name(&folder).ends_with(".memory") {
            continue;
        }
        for layer_name in layers {
            let expected = golden.get(&format!("gradient.{layer_name}"));
            // The gradient tells the size: the one with as many positions.
            let (network, size) = sizes(&golden)
                .into_iter()
                .map(|(size, [height, width])| (network(&folder, (width, height)), size))
                .find(|(network, _)| positions(network, layer_name) == expected.shape[1])
                .expect("the gradient is of one of the sizes");
            let found = gradient(&network, layer_name, images(&golden, &size, &network), &vector);
            let expected = without_tokens(&expected, &network, layer_name);
            let difference = largest_difference(&found, &expected) / magnitude(&expected);
            println!("{} {layer_name} {difference:.1e}", name(&folder));
            assert!(difference <= GRADIENT, "{} {layer_name}: {difference:.1e}", name(&folder));
            compared += 1;
        }
    }
    assert!(compared >= 4);
}

/// Tokens at a layer.
fn positions(network: &ConvNet, layer: &str) -> usize {
    let cuts = network.cuts();
    let layer = network.layer(layer).expect("it has that layer");
    let [rows, columns] = cuts[layer.index()].layout.grid;
    rows * columns + network.layers()[layer.index()].tokens
}

/// ∂(Σ e·v)/∂ activations `[1, c, h, w]`.
fn gradient(network: &ConvNet, layer: &str, images: Tensor<4>, vector: &[f32]) -> Vec<f32> {
    let layer = network.layer(layer).expect("it has that layer");
    let reached = network.forward_to(images, layer);
    let vector = TensorData::new(vector.to_vec(), [1, vector.len()]);
    let vector = Tensor::<2>::from_data(vector, network.device());
    let leaf = reached.grid.autodiff().require_grad();
    let held = reached.held.into_iter().map(Tensor::autodiff).collect();
    let activations = cam_core::Activations { grid: leaf.clone(), held };
    let sum = (network.forward_from(activations, layer) * vector.autodiff()).sum();
    let mut gradients = sum.backward();
    values(
        &leaf.grad_remove(&mut gradients).expect("the embedding depends on it").without_autodiff(),
    )
}

/// `[1, tokens, c]` as `[c, positions]`.
fn without_tokens(reference: &Reference, network: &ConvNet, layer: &str) -> Vec<f32> {
    let &[_, tokens, channels] = reference.shape.as_slice() else { panic!("it has tokens") };
    let first = network.layers()[network.layer(layer).expect("known").index()].tokens;
    let of = |channel: usize| {
        (first..tokens).map(move |token| reference.values[token * channels + channel])
    };
    (0..channels).flat_map(of).collect()
}

#[test]
fn the_layer_taken_by_itself_is_the_last_whose_patches_still_matter() {
    for (name, expected) in [
        ("dinov2", "encoder.layer.0"),
        ("dinov3_vit", "layer.0"),
        ("vit", "vit.encoder.layer.0"),
        ("clip", "vision_model.encoder.layers.0"),
        ("siglip", "post_layernorm"),
        ("timm_vit_small_patch14_reg4_dinov2", "blocks.0"),
        ("timm_vit_medium_patch16_reg4_gap_256", "blocks.1"),
        ("open_clip", "visual.transformer.resblocks.0"),
        ("open_clip_siglip", "visual.trunk.norm"),
        ("open_clip_vit_token", "visual.trunk.blocks.0"),
        ("open_clip_vit_avg", "visual.trunk.norm"),
        ("open_clip_convnext", "visual.trunk.stages.3"),
        ("convnext", "convnext.encoder.stages.1"),
        ("dinov3_convnext", "stages.1"),
        ("resnet", "resnet.encoder.stages.1"),
        ("resnet_basic", "encoder.stages.1"),
    ] {
        let network = network(&folder(name), (112, 112));
        let layer = network.last_layer().expect("it has layers");
        assert_eq!(network.layers()[layer.index()].name, expected);
        let names = network.layers();
        let unnamed = names.iter().filter(|layer| layer.name.is_empty()).count();
        assert_eq!(unnamed, 0, "{name}");
    }
}

/// A copy of a folder.
fn copy(name: &str) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(folder(name)).expect("readable") {
        let entry = entry.expect("readable");
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copied");
    }
    copy
}

/// A copy of a folder whose settings, or those under a field, have other values.
fn with_settings(name: &str, of: Option<&str>, settings: Value) -> tempfile::TempDir {
    let copy = copy(name);
    let files = ["config.json", "open_clip_config.json"].map(|name| copy.path().join(name));
    let file = files.into_iter().find(|file| file.exists()).expect("it has settings");
    let text = std::fs::read_to_string(&file).expect("readable");
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    let Value::Object(settings) = settings else { panic!("settings are an object") };
    let inner = match of {
        Some(field) => &mut config[field],
        None => &mut config,
    };
    settings.into_iter().for_each(|(name, value)| inner[name] = value);
    std::fs::write(&file, config.to_string()).expect("written");
    copy
}

/// A copy of a folder in whose weights tensors with a word in their names hold one number.
fn with_tensors(name: &str, word: &str, number: f32) -> tempfile::TempDir {
    let constant = Vec::from(half(number)).repeat(1 << 14);
    with_weights(name, |name, data| {
        let data = match name.contains(word) {
            true => constant[..data.len()].to_vec(),
            false => data.to_vec(),
        };
        (name.to_owned(), data)
    })
}

/// A copy of a folder whose tensors have other names or bytes.
fn with_weights(
    name: &str,
    change: impl Fn(&str, &[u8]) -> (String, Vec<u8>),
) -> tempfile::TempDir {
    let copy = copy(name);
    let files = ["model.safetensors", "open_clip_model.safetensors"];
    let mut files = files.iter().map(|name| copy.path().join(name));
    let file = files.find(|file| file.exists()).expect("it has weights");
    let bytes = std::fs::read(&file).expect("readable");
    let read = safetensors::SafeTensors::deserialize(&bytes).expect("sound");
    let mut tensors = BTreeMap::new();
    for (name, tensor) in read.tensors() {
        let (name, data) = change(&name, tensor.data());
        tensors.insert(name, (tensor.dtype(), tensor.shape().to_vec(), data));
    }
    let views = tensors.iter().map(|(name, (dtype, shape, data))| {
        (name, safetensors::tensor::TensorView::new(*dtype, shape.clone(), data).expect("sound"))
    });
    std::fs::write(&file, safetensors::serialize(views, None).expect("sound")).expect("written");
    copy
}

/// Some numbers in half precision.
fn half(number: f32) -> [u8; 2] {
    match number {
        0.0 => [0, 0],
        1.0 => [0, 0x3c],
        _ => [0, 0x7e],
    }
}

#[test]
fn every_setting_and_every_kind_of_tensor_matters() {
    let settings = [
        ("dinov2", None, json!({"layer_norm_eps": 0.3})),
        ("dinov2", None, json!({"hidden_act": "relu"})),
        ("dinov2", None, json!({"num_attention_heads": 8})),
        ("dinov3_vit", None, json!({"rope_theta": 50.0})),
        ("dinov3_vit", None, json!({"layer_norm_eps": 0.3})),
        ("dinov3_vit_gated", None, json!({"hidden_act": "gelu"})),
        ("vit", None, json!({"layer_norm_eps": 0.3})),
        ("clip", Some("vision_config"), json!({"hidden_act": "gelu"})),
        ("clip", Some("vision_config"), json!({"layer_norm_eps": 0.3})),
        ("clip_vision_model", None, json!({"hidden_act": "quick_gelu"})),
        ("siglip", None, json!({"hidden_act": "relu"})),
        ("siglip", None, json!({"layer_norm_eps": 0.3})),
        ("timm_vit_base_patch32_siglip_256", Some("model_args"), json!({"act_layer": "relu"})),
        ("timm_vit_medium_patch16_reg4_gap_256", Some("model_args"), json!({"num_heads": 8})),
        ("resnet", None, json!({"downsample_in_bottleneck": false})),
        ("resnet_bottleneck", None, json!({"downsample_in_bottleneck": true})),
        ("resnet_basic", None, json!({"downsample_in_first_stage": false})),
        ("resnet_basic", None, json!({"hidden_act": "relu"})),
        ("open_clip", Some("model_cfg"), json!({"quick_gelu": true})),
        ("open_clip_quickgelu", Some("model_cfg"), json!({"quick_gelu": false})),
    ];
    let settings = settings.map(|(name, of, settings)| {
        (name, settings.to_string(), with_settings(name, of, settings))
    });
    let tensors = [
        ("dinov2", "layer_scale1", 1.0),
        ("dinov2_giant", "layer_scale2", 1.0),
        ("dinov2_with_registers", "register_tokens", 0.0),
        ("dinov3_vit", "register_tokens", 0.0),
        ("dinov2", "position_embeddings", 0.0),
        ("clip", "pre_layrnorm", 1.0),
        ("siglip", "head.probe", 0.0),
        ("siglip", "head.layernorm", 1.0),
        ("resnet", "running_mean", 0.0),
        ("resnet", "running_var", 1.0),
        ("resnet_basic", "shortcut.normalization", 1.0),
        ("open_clip_siglip", "attn_pool.latent", 0.0),
        ("open_clip_vit_token", "trunk.head.bias", 0.0),
        ("open_clip_vit_avg", "head.proj.bias", 0.0),
        ("open_clip_vit_gap", "ls1.gamma", 1.0),
        ("open_clip_convnext", "gamma", 1.0),
        ("open_clip_convnext", "head.norm.weight", 1.0),
        ("open_clip_convnext_mlp", "head.mlp.fc1.bias", 0.0),
    ];
    let tensors = tensors
        .map(|(name, word, number)| (name, word.to_owned(), with_tensors(name, word, number)));
    for (name, what, changed) in settings.into_iter().chain(tensors) {
        let golden = Golden::at(folder(name).join("reference.safetensors"));
        let distance = distance(changed.path(), &golden);
        assert!(distance > WRONG, "{name}, {what}: only {distance:.1e} off");
    }
}

#[test]
fn the_difference_between_gelus_is_seen() {
    // GELU and its approximation differ by 5e-4: more than the tolerance.
    let changed = with_settings("siglip", None, json!({"hidden_act": "gelu"}));
    let golden = Golden::at(folder("siglip").join("reference.safetensors"));
    assert!(distance(changed.path(), &golden) > EMBEDDING);
}

#[test]
fn positions_of_other_sizes_follow_each_family_s_recipe() {
    // The same network read as the other family: only the recipe differs, and only at other sizes.
    let changed = with_settings(
        "dinov2",
        None,
        json!({"model_type": "dinov2_with_registers", "num_register_tokens": 0}),
    );
    let golden = Golden::at(folder("dinov2").join("reference.safetensors"));
    for (size, [height, width]) in sizes(&golden) {
        let network = network(changed.path(), (width, height));
        let found = values(&network.embed(images(&golden, &size, &network)));
        let distance = relative_distance(&found, &golden.get(&format!("embedding.{size}")).values);
        assert_eq!(distance <= EMBEDDING, [height, width] == [56, 56], "{size}: {distance:.1e}");
    }
}

#[test]
fn a_classifier_that_reads_the_embedding_is_kept() {
    for (name, classes) in [
        ("vit", Some(5)),
        ("deit", Some(5)),
        ("clip", None),
        ("resnet", Some(5)),
        ("resnet_basic", None),
        ("timm_vit_medium_patch16_reg4_gap_256", Some(5)),
        ("timm_deit_tiny_distilled_patch16_224", None),
        ("open_clip_vit_token", None),
    ] {
        let read = read(&folder(name), (40, 40));
        assert_eq!(
            read.description.classifier.as_ref().map(|head| head.classes),
            classes,
            "{name}"
        );
        let network = network_of(read, &backend::device());
        assert_eq!(network.classifier().is_some(), classes.is_some());
    }
}

#[test]
fn settings_of_a_resnet_that_cannot_be_are_refused_in_words() {
    for (settings, says) in [
        (json!({"layer_type": "wide"}), "`layer_type` is \"wide\", and basic and bottleneck"),
        (json!({"layer_type": "basic"}), "the network needs"),
        (json!({"hidden_sizes": [16, 3]}), "a bottleneck of 3 channels has none inside"),
        (json!({"depths": [1]}), "take as many numbers"),
        (json!({"depths": [2, 2]}), "the settings say 2 blocks, and the weights hold 1"),
        (json!({"num_channels": 4}), "`num_channels` is not 3"),
    ] {
        let what = settings.to_string();
        let error = refused(with_settings("resnet", None, settings).path());
        assert!(error.contains(says), "{what}: {error}");
    }
}

fn refused(folder: &Path) -> String {
    match read_folder(folder, None, Strictness::Exact) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{} was read", folder.display()),
    }
}

#[test]
fn settings_that_cannot_be_are_refused_in_words() {
    for (settings, says) in [
        (json!({"hidden_size": 1_000_000_000}), "`hidden_size` is 1000000000"),
        (json!({"hidden_size": -32}), "`hidden_size` is -32"),
        (json!({"num_hidden_layers": 1_000_000}), "`num_hidden_layers` is 1000000"),
        (json!({"num_hidden_layers": 900}), "the settings say 900 blocks, and the weights hold 2"),
        (json!({"num_attention_heads": 5}), "5 heads cannot share a width of 32"),
        (json!({"num_attention_heads": 0}), "`num_attention_heads` is 0"),
        (json!({"layer_norm_eps": "small"}), "`layer_norm_eps` is \"small\""),
        (json!({"hidden_act": "swiglu"}), "`hidden_act` is \"swiglu\""),
        (json!({"patch_size": 60_000}), "has 0 patches"),
        (json!({"patch_size": 1}), "the network needs [32, 3, 1, 1]"),
        (json!({"image_size": 65_536, "patch_size": 1}), "the network needs"),
        (json!({"image_size": [1, 2, 3]}), "takes a number or [height, width]"),
        (json!({"hidden_size": 48}), "the network needs"),
        (json!({"qkv_bias": false}), "unexpected"),
        (json!({"model_type": "siglip2_vision_model"}), "NaFlex"),
        (json!({"model_type": "beit"}), "\"beit\" are not known; known are dinov2,"),
        (json!({"model_type": 3}), "`model_type` is 3"),
    ] {
        let changed = with_settings("dinov2", None, settings.clone());
        let error = refused(changed.path());
        assert!(error.contains(says), "{settings}: {error}");
    }
    let changed = with_settings("dinov3_vit", None, json!({"num_attention_heads": 16}));
    assert!(refused(changed.path()).contains("no quarters"));
}

#[test]
fn what_timm_and_open_clip_have_besides_is_refused_in_words() {
    let timm = "timm_vit_medium_patch16_reg4_gap_256";
    for (name, of, settings, says) in [
        (timm, None, json!({"architecture": "swin_tiny"}), "\"swin_tiny\" are not known"),
        (timm, None, json!({"architecture": "vit_base_patch16_rope_224"}), "are not known"),
        (timm, None, json!({"architecture": "vit_base_patch16_rpn_224"}), "are not known"),
        (timm, Some("model_args"), json!({"qk_norm": true}), "`qk_norm` in `model_args`"),
        (timm, Some("model_args"), json!({"global_pool": "avgmax"}), "\"avgmax\" is not known"),
        ("open_clip", Some("model_cfg"), json!({"vision_cfg": {"timm_model_name": "x"}}), "ONNX"),
        ("open_clip", Some("model_cfg"), json!({"vision_cfg": {"layers": [3, 4]}}), "a ResNet"),
        (
            "open_clip",
            Some("model_cfg"),
            json!({"vision_cfg": {"attentional_pool": true}}),
            "is on",
        ),
        (
            "open_clip",
            Some("model_cfg"),
            json!({"vision_cfg": {"pool_type": "avg"}}),
            "only \"tok\"",
        ),
        (
            "open_clip",
            Some("model_cfg"),
            json!({"vision_cfg": {"head_width": 64, "width": 32}}),
            "0 heads",
        ),
    ] {
        let changed = with_settings(name, of, settings.clone());
        let error = refused(changed.path());
        assert!(error.contains(says), "{settings}: {error}");
    }
}

/// A copy of a folder of `open_clip` whose image tower has other settings.
fn with_vision(name: &str, settings: Value) -> tempfile::TempDir {
    let text = std::fs::read_to_string(folder(name).join("open_clip_config.json"));
    let config: Value = serde_json::from_str(&text.expect("readable")).expect("JSON");
    let mut vision = config["model_cfg"]["vision_cfg"].clone();
    let Value::Object(settings) = settings else { panic!("settings are an object") };
    settings.into_iter().for_each(|(field, value)| vision[field] = value);
    with_settings(name, Some("model_cfg"), json!({"vision_cfg": vision}))
}

#[test]
fn networks_of_timm_that_open_clip_s_folders_have_besides_are_refused_in_words() {
    let (siglip, avg, convnext) = ("open_clip_siglip", "open_clip_vit_avg", "open_clip_convnext");
    let name = |name: &str| json!({"timm_model_name": name});
    for (folder, settings, says) in [
        (
            siglip,
            name("eva02_base_patch16_clip_224"),
            "\"eva02_base_patch16_clip_224\", which is not read",
        ),
        (siglip, name("vit_pe_core_base_patch16_224"), "export its `encode_image` to ONNX"),
        (siglip, name("vit_relpos_medium_patch16_cls_224"), "export its `encode_image`"),
        (siglip, name("vitamin_base_224"), "export its `encode_image`"),
        (convnext, name("resnet50"), "export its `encode_image`"),
        (convnext, name("convnext_atto"), "convnext_tiny to convnext_xxlarge are"),
        (siglip, json!({"timm_pool": "tok"}), "\"tok\" is not known: token, avg and map are"),
        (siglip, json!({"timm_pool": ""}), "gives no vector"),
        (avg, json!({"timm_pool": "abs_attn"}), "an attention over a map of features"),
        (convnext, json!({"timm_pool": "max"}), "a ConvNeXt takes \"avg\" or \"\" here"),
        (avg, json!({"timm_proj": "conv"}), "`timm_proj` is \"conv\""),
        (avg, json!({"timm_proj": 3}), "`timm_proj` is 3, and takes a text"),
        (avg, json!({"timm_proj_bias": false}), "unexpected  visual.head.proj.bias"),
        (avg, json!({"timm_proj": "none"}), "unexpected  visual.head.proj.bias"),
        (avg, json!({"timm_proj": null}), "missing     head.weight"),
        (convnext, json!({"timm_proj": "mlp"}), "missing     visual.head.mlp.fc1.bias"),
    ] {
        let changed = with_vision(folder, settings.clone());
        let error = refused(changed.path());
        assert!(error.contains(says), "{settings}: {error}");
    }
}

#[test]
fn what_open_clip_s_folders_say_of_timm_s_networks_matters() {
    for (folder, settings) in [
        ("open_clip_siglip", json!({"timm_model_name": "test_vit"})),
        ("open_clip_vit_avg", json!({"timm_pool": "token"})),
        ("open_clip_vit_avg", json!({"timm_model_name": "vit_huge_patch14_clip_quickgelu_224"})),
    ] {
        let changed = with_vision(folder, settings.clone());
        let golden = Golden::at(self::folder(folder).join("reference.safetensors"));
        assert!(distance(changed.path(), &golden) > WRONG, "{settings}");
    }
    // A tag names weights, no network.
    let tagged = json!({"timm_model_name": "vit_huge_patch14_clip_224.laion2b"});
    let golden = Golden::at(folder("open_clip_vit_avg").join("reference.safetensors"));
    assert!(distance(with_vision("open_clip_vit_avg", tagged).path(), &golden) <= EMBEDDING);
}

#[test]
fn what_wraps_trunk_and_head_alike_changes_nothing() {
    for name in ["open_clip_vit_avg", "open_clip_convnext_mlp"] {
        let wrapped = |own: &str, data: &[u8]| (format!("module.{own}"), data.to_vec());
        let wrapped = with_weights(name, wrapped);
        let golden = Golden::at(folder(name).join("reference.safetensors"));
        assert!(distance(wrapped.path(), &golden) <= EMBEDDING, "{name}");
        let network = network(wrapped.path(), (64, 64));
        let layers = network.layers();
        let wrapped = layers.iter().filter(|layer| layer.name.starts_with("module.visual."));
        assert_eq!(wrapped.count(), layers.len(), "{name}");
    }
}

#[test]
fn open_clip_s_folders_of_timm_s_networks_prepare_images_as_they_say() {
    let read = read_folder(&folder("open_clip_siglip"), None, Strictness::Exact).expect("sound");
    assert_eq!(read.description.preprocessing.size, (40, 40));
    assert_eq!(read.family, "open_clip");
    assert!(read.preprocessor.is_some_and(|file| file.ends_with("open_clip_config.json")));
    assert!(read.remarks.is_empty(), "{:?}", read.remarks);
}

#[test]
fn broken_folders_are_refused_in_words() {
    let with = |file: &str, text: &str| {
        let copy = copy("dinov2");
        std::fs::write(copy.path().join(file), text).expect("written");
        refused(copy.path())
    };
    assert!(with("config.json", "{").contains("it is no JSON"));
    assert!(with("config.json", "[]").contains("no JSON object"));
    assert!(with("config.json", "{}").contains("type \"\" are not known"));
    assert!(with("model.safetensors", "").contains("an empty file"));
    assert!(with("preprocessor_config.json", "{\"do_resize\": 3}").contains("preprocessor_config"));
    let empty = tempfile::tempdir().expect("a folder");
    assert!(refused(empty.path()).contains("config.json"));
    std::fs::write(empty.path().join("config.json"), "{\"model_type\": \"vit\"}").expect("written");
    assert!(refused(empty.path()).contains("there are no weights"));
    let index = empty.path().join("model.safetensors.index.json");
    for name in ["../a.safetensors", "/etc/passwd", "..", "a/b", "a\\\\b", ""] {
        let text = format!("{{\"weight_map\": {{\"x\": \"{name}\"}}}}");
        std::fs::write(&index, text).expect("written");
        assert!(refused(empty.path()).contains("is no file's name"), "{name}");
    }
}

#[test]
fn tensors_that_lack_or_are_too_many_or_are_no_numbers_are_named() {
    let no_number = with_tensors("dinov2", "layer.1.norm1.weight", f32::NAN);
    let error = refused(no_number.path());
    assert!(error.contains("invalid     encoder.layer.1.norm1.weight: 32 of 32"), "{error}");
    let ungated = with_settings("dinov2_giant", None, json!({"use_swiglu_ffn": false}));
    let error = refused(ungated.path());
    assert!(error.contains("missing     encoder.layer.0.mlp.fc1.weight"), "{error}");
    assert!(error.contains("unexpected  encoder.layer.0.mlp.weights_in.weight"), "{error}");
}

#[test]
fn a_folder_stands_wherever_a_weight_file_does() {
    let copy = with_settings(
        "vit",
        None,
        json!({"id2label": {"0": "a", "1": "b", "2": "c", "3": "d", "4": "e"}}),
    );
    let said =
        r#"{"image_processor_type": "ViTImageProcessor", "size": {"height": 48, "width": 56}}"#;
    std::fs::write(copy.path().join("preprocessor_config.json"), said).expect("written");
    let opened = Model::open(copy.path()).expect("it runs");
    assert_eq!(opened.network().preprocessing().size, (56, 48));
    assert_eq!(opened.preprocessing_origin().name(), "file");
    assert_eq!(opened.class_name(3), "d");
    let file = copy.path().join("model.safetensors");
    let digest = cam_files::Sha256::of_file(&file).expect("readable").to_string();
    assert_eq!(opened.sha256().expect("readable"), digest);
    // The same by its name, for another size.
    let name = Some(copy.path().display().to_string());
    let options = ModelOptions { name, size: Some((40, 40)), ..ModelOptions::default() };
    let named = Model::load(&options, &Environment::default()).expect("it runs");
    assert_eq!(named.network().preprocessing().size, (40, 40));
    let wanted = LayersOf { weights: Some(copy.path().to_owned()), ..LayersOf::default() };
    let listing = LayerListing::of(&wanted).expect("it has layers");
    assert_eq!((listing.input, listing.embedding_width), ([48, 56], 32));
    let chosen = listing.layers.iter().find(|layer| layer.default).expect("one is taken");
    assert_eq!(
        (chosen.name.as_str(), chosen.grid, chosen.tokens),
        ("vit.encoder.layer.0", [6, 7], 1)
    );
    let inspected = FolderInspection::of(copy.path()).expect("it can be used");
    assert_eq!((inspected.family.as_str(), inspected.classes), ("vit", Some(5)));
    let sharded = Model::open(folder("deit")).expect("it runs").sha256().expect("readable");
    assert_eq!(sharded.len(), 64);
}

#[test]
fn what_folders_do_not_say_is_assumed_and_said() {
    let read = read_folder(&folder("siglip"), None, Strictness::Exact).expect("sound");
    assert!(matches!(&read, ReadFolder { preprocessor: None, .. }));
    assert!(read.remarks[0].contains("as is usual for siglip"), "{:?}", read.remarks);
    assert_eq!(read.description.preprocessing.size, (40, 40));
    let none: Result<_, FolderError> = read_folder(&folder("none"), None, Strictness::Exact);
    assert!(matches!(none, Err(FolderError::Unreadable { .. })));
}
