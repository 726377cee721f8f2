use std::path::Path;

use image::RgbImage;
use image::imageops;
use serde::Deserialize;

use super::scene::{Outline, Thing};
use crate::error::{Context as _, Error, failed};

/// What begins with this is no object: labelme's own `__ignore__` and `_background_`.
const RESERVED: char = '_';
/// Corners of the polygon that stands for a circle.
const CORNERS: usize = 64;

/// A file of labelme, the program in which people outline objects.
#[derive(Deserialize)]
struct File {
    shapes: Vec<Shape>,
    #[serde(rename = "imageWidth")]
    width: Option<f64>,
    #[serde(rename = "imageHeight")]
    height: Option<f64>,
}

#[derive(Deserialize)]
struct Shape {
    label: String,
    /// Columns and rows in pixels.
    points: Vec<[f64; 2]>,
    #[serde(default)]
    group_id: Option<i64>,
    #[serde(default = "polygon")]
    shape_type: String,
}

fn polygon() -> String {
    "polygon".to_owned()
}

/// Objects that are outlined in a file: a shape each, or all shapes of a label that carry the same group's number.
pub struct Objects {
    /// Labels and outlines, in the order of the file; columns and rows in pixels.
    objects: Vec<Object>,
    /// Width and height of the image that they were drawn on, where the file says so.
    size: Option<[f64; 2]>,
    /// How many shapes were left out, as they enclose nothing that can be read here: points, lines, masks.
    pub left_out: usize,
}

struct Object {
    label: String,
    group: Option<i64>,
    polygons: Vec<Vec<[f64; 2]>>,
}

impl Objects {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        let file: File = serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is no file of labelme", path.display()))?;
        let mut found = Self {
            objects: Vec::new(),
            size: file.width.zip(file.height).map(Into::into),
            left_out: 0,
        };
        for shape in file.shapes.into_iter().filter(|shape| !shape.label.starts_with(RESERVED)) {
            match outline(&shape) {
                Some(outline) => found.add(shape, outline),
                None => found.left_out += 1,
            }
        }
        Ok(found)
    }

    fn add(&mut self, shape: Shape, outline: Vec<[f64; 2]>) {
        let (label, group) = (shape.label, shape.group_id);
        let same = |object: &&mut Object| {
            group.is_some() && (&object.label, object.group) == (&label, group)
        };
        match self.objects.iter_mut().find(same) {
            Some(object) => object.polygons.push(outline),
            None => self.objects.push(Object { label, group, polygons: vec![outline] }),
        }
    }

    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.objects.len()
    }

    /// What is asked about in the picture that they were drawn on: each object, cut out by its bounding box.
    pub fn things(self, picture: &RgbImage, path: &Path) -> Result<Vec<Thing>, Error> {
        let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
        if self.size.is_some_and(|size| size != [width, height]) {
            let [w, h] = self.size.unwrap_or_default();
            return Err(failed!(
                "{}: outlines of an image of {w}×{h} do not fit one of {width}×{height}: draw them on the image that lies \
                 beside them",
                path.display()
            ));
        }
        let thing = |object: Object| {
            let [left, top, right, bottom] =
                bounds(&object.polygons, [width, height]).ok_or_else(|| {
                    failed!("{}: {} lies outside the image", path.display(), object.label)
                })?;
            let pixels =
                imageops::crop_imm(picture, left, top, right - left, bottom - top).to_image();
            let part = |[x, y]: [f64; 2]| [x / width, y / height];
            let polygons = object.polygons.into_iter();
            let polygons =
                polygons.map(|polygon| polygon.into_iter().map(part).collect()).collect();
            Ok(Thing { name: object.label, pixels, outline: Outline::Polygons(polygons) })
        };
        self.objects.into_iter().map(thing).collect()
    }
}

/// The pixels that some polygons touch: left, top, right, bottom, half open. Nothing where there are none in the image.
fn bounds(polygons: &[Vec<[f64; 2]>], size: [f64; 2]) -> Option<[u32; 4]> {
    let along = |axis: usize| {
        let values = polygons.iter().flatten().map(|point| point[axis]);
        let low = values.clone().fold(f64::INFINITY, f64::min).floor().max(0.0);
        let high = values.fold(f64::NEG_INFINITY, f64::max).ceil().min(size[axis]);
        (low < high).then_some([low as u32, high as u32])
    };
    let ([left, right], [top, bottom]) = (along(0)?, along(1)?);
    Some([left, top, right, bottom])
}

/// What a shape encloses.
fn outline(shape: &Shape) -> Option<Vec<[f64; 2]>> {
    if !shape.points.iter().flatten().all(|value| value.is_finite()) {
        return None;
    }
    match (&*shape.shape_type, &shape.points[..]) {
        ("polygon", points) if points.len() >= 3 => Some(points.to_vec()),
        ("rectangle", &[[ax, ay], [bx, by]]) => Some(vec![[ax, ay], [bx, ay], [bx, by], [ax, by]]),
        ("circle", &[[x, y], [ex, ey]]) => {
            let radius = (ex - x).hypot(ey - y);
            let corner = |i: usize| (i as f64 / CORNERS as f64 * std::f64::consts::TAU).sin_cos();
            let corners = (0..CORNERS).map(corner);
            Some(corners.map(|(sin, cos)| [x + radius * cos, y + radius * sin]).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Objects, Error> {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("a.json");
        std::fs::write(&path, json).expect("a file can be written");
        Objects::read(&path)
    }

    fn things(json: &str) -> Vec<Thing> {
        let picture = RgbImage::from_fn(20, 10, |x, y| image::Rgb([x as u8, y as u8, 0]));
        read(json).expect("read").things(&picture, Path::new("a.json")).expect("they fit")
    }

    #[test]
    fn an_object_is_cut_out_by_the_box_around_its_outline() {
        let found = things(
            r#"{"imageWidth": 20, "imageHeight": 10, "shapes": [
                {"label": "cup", "points": [[4, 2], [8, 2], [6, 5.5]], "shape_type": "polygon"}]}"#,
        );
        assert_eq!((found[0].name.as_str(), found[0].pixels.dimensions()), ("cup", (4, 4)));
        assert_eq!(found[0].pixels.get_pixel(0, 0).0, [4, 2, 0]);
    }

    #[test]
    fn shapes_of_one_group_and_label_are_one_object() {
        let shape = |label: &str, x: f64, group: &str| {
            let points = format!("[[{x}, 0], [{}, 10]]", x + 5.0);
            format!(
                r#"{{"label": "{label}", "points": {points}, "shape_type": "rectangle", "group_id": {group}}}"#
            )
        };
        let shapes = [
            shape("a", 0.0, "1"),
            shape("a", 10.0, "1"),
            shape("a", 5.0, "null"),
            shape("b", 5.0, "1"),
        ];
        let found = things(&format!(r#"{{"shapes": [{}]}}"#, shapes.join(",")));
        let shares: Vec<f32> =
            found.iter().map(|thing| thing.outline.region([10, 20]).share()).collect();
        assert_eq!(shares, [0.5, 0.25, 0.25]);
    }

    #[test]
    fn a_circle_has_the_area_of_a_circle() {
        let found = things(
            r#"{"shapes": [{"label": "ball", "points": [[10, 5], [14, 5]], "shape_type": "circle"}]}"#,
        );
        let share = found[0].outline.region([1000, 2000]).share();
        assert!((share * 200.0 / (16.0 * std::f32::consts::PI) - 1.0).abs() < 5e-3, "{share}");
    }

    #[test]
    fn what_encloses_nothing_is_counted_and_what_is_reserved_is_no_object() {
        let found = read(
            r#"{"shapes": [
                {"label": "line", "points": [[0, 0], [1, 1]], "shape_type": "line"},
                {"label": "_background_", "points": [[0, 0], [1, 1], [0, 1]]},
                {"label": "cup", "points": [[0, 0], [1, 1], [0, 1]]}]}"#,
        )
        .expect("read");
        assert_eq!((found.count(), found.left_out), (1, 1));
    }

    #[test]
    fn outlines_of_another_image_and_outside_the_image_are_refused() {
        let picture = RgbImage::new(20, 10);
        for (json, says) in [
            (r#"{"imageWidth": 21, "imageHeight": 10, "shapes": []}"#, "do not fit one of 20×10"),
            (
                r#"{"shapes": [{"label": "cup", "points": [[30, 0], [40, 1], [30, 1]]}]}"#,
                "cup lies outside",
            ),
        ] {
            let refused = read(json).expect("read").things(&picture, Path::new("a.json")).err();
            let said = refused.expect("refused").to_string();
            assert!(said.contains(says), "{said}");
        }
        assert!(read("[1]").err().expect("refused").to_string().contains("no file of labelme"));
    }
}
