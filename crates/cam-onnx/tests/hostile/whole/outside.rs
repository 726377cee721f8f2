//! Weights in files that are not there, or not what they should be.

use std::fs;
use std::path::Path;

use cam_onnx::proto::{Attribute, ElementType, Payload};
use cam_onnx::{ImportError, Source, Wish};

use super::law::hold;
use super::net::{Net, node, with};

fn net(location: &str, offset: u64, length: Option<u64>) -> Net {
    let net = Net::new(vec![
        node("Conv", "x v", "d"),
        node("GlobalAveragePool", "d", "p"),
        node("Flatten", "p", "y"),
    ]);
    let payload = Payload::External { location: location.to_owned(), offset, length };
    net.constant("v", &[4, 3, 1, 1], ElementType::F32, payload)
}

fn imported(net: &Net, folder: Option<&Path>) -> Result<(), ImportError> {
    hold(&net.0, &Source::from(&b""[..]), folder, &Wish::default()).map(drop)
}

#[test]
fn weights_beside_the_model_are_read_from_its_folder_alone() {
    let outer = tempfile::tempdir().expect("a folder");
    let folder = outer.path().join("model");
    fs::create_dir(&folder).expect("made");
    fs::write(folder.join("w.data"), [0; 48]).expect("written");
    fs::write(folder.join("short.data"), [0; 47]).expect("written");
    fs::write(outer.path().join("secret"), [0; 48]).expect("written");
    #[cfg(unix)]
    std::os::unix::fs::symlink("../secret", folder.join("link.data")).expect("a link");
    let absolute = folder.join("w.data").display().to_string();
    imported(&net("w.data", 0, Some(48)), Some(&folder)).expect("it is there");
    for (location, offset, length) in [
        ("w.data", 1, None),
        ("w.data", u64::MAX, None),
        ("w.data", 0, Some(47)),
        ("short.data", 0, None),
        ("gone.data", 0, None),
        ("../secret", 0, None),
        ("./../secret", 0, None),
        (&absolute, 0, None),
        ("link.data", 0, None),
        ("", 0, None),
        (".", 0, None),
    ] {
        let error = imported(&net(location, offset, length), Some(&folder)).expect_err(location);
        assert!(error.to_string().contains('v'), "{location}: {error}");
    }
    assert!(imported(&net("w.data", 0, None), None).is_err(), "a model in memory has no folder");
}

#[test]
fn one_file_read_a_thousand_times_is_too_much() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::File::create(folder.path().join("w.data")).expect("made").set_len(16 << 20).expect("long");
    let reads = (0..1000).flat_map(|i| {
        let sum = with(
            node("ReduceMax", &format!("v{i}"), &format!("m{i}")),
            "keepdims",
            Attribute::Int(0),
        );
        vec![sum, node("Mul", &format!("d{i} m{i}"), &format!("d{}", i + 1))]
    });
    let mut nodes = vec![node("Conv", "x w", "d0")];
    nodes.extend(reads);
    nodes.extend([node("GlobalAveragePool", "d1000", "p"), node("Flatten", "p", "y")]);
    let mut net = Net::new(nodes);
    for i in 0..1000 {
        let location = "w.data".to_owned();
        let payload = Payload::External { location, offset: 0, length: None };
        net = net.constant(&format!("v{i}"), &[1 << 22], ElementType::F32, payload);
    }
    let error = imported(&net, Some(folder.path())).expect_err("16 GB").to_string();
    assert!(error.contains("refused"), "{error}");
}
