use cam_graph::{Coordinates, Interpolation, Operation, Rounding};

use crate::case::Case;

pub fn cases() -> Vec<Case> {
    let coordinates = [
        ("half_pixel", Coordinates::HalfPixel),
        ("pytorch_half_pixel", Coordinates::PyTorchHalfPixel),
        ("align_corners", Coordinates::AlignCorners),
        ("asymmetric", Coordinates::Asymmetric),
    ];
    let mut cases = Vec::new();
    for (name, coordinates) in coordinates {
        for (word, scale) in [("up", [2.0, 1.5]), ("down", [0.5, 0.75]), ("to one", [0.25, 0.25])] {
            cases.push(case(
                format!("linear {name} {word}"),
                scale,
                Interpolation::Linear,
                coordinates,
            ));
            cases.push(case(format!("cubic {name} {word}"), scale, CUBIC, coordinates));
        }
        for (word, rounding) in ROUNDINGS {
            let nearest = Interpolation::Nearest(rounding);
            cases.push(case(format!("nearest {word} {name}"), [2.0, 0.75], nearest, coordinates));
        }
    }
    let half_pixel = Coordinates::HalfPixel;
    cases.push(case("like PyTorch's bicubic".into(), [2.0, 1.5], CUBIC, half_pixel));
    let to_size = [3.0 / 5.0, 7.0 / 4.0];
    let linear = Interpolation::Linear;
    cases.push(case("like PyTorch's bilinear".into(), to_size, linear, half_pixel));
    cases
}

const CUBIC: Interpolation = Interpolation::Cubic { a: -0.75 };

const ROUNDINGS: [(&str, Rounding); 4] = [
    ("floor", Rounding::Floor),
    ("ceil", Rounding::Ceil),
    ("round_prefer_floor", Rounding::HalfDown),
    ("round_prefer_ceil", Rounding::HalfUp),
];

fn case(
    name: String,
    scale: [f64; 2],
    interpolation: Interpolation,
    coordinates: Coordinates,
) -> Case {
    let operation = Operation::Resize { scale, interpolation, coordinates };
    Case::new(format!("resize {name}"), operation).value(&[2, 5, 4])
}
