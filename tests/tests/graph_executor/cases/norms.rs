use cam_graph::{LayerNorm, Operation};

use crate::case::Case;

pub fn cases() -> Vec<Case> {
    let mut cases = affine();
    cases.extend(layer_norms());
    let group = |name: &str, groups| case(name, Operation::GroupNorm { groups, epsilon: 1e-5 });
    let l2 = |name: &str, axis, epsilon| case(name, Operation::L2Normalize { axis, epsilon });
    cases.extend([
        group("group norm", 2),
        group("instance norm", 4),
        l2("L2 norm", 0, 1e-12),
        l2("L2 norm last", 2, 2.5),
    ]);
    cases.extend((0..3).map(|axis| case(&format!("softmax {axis}"), Operation::Softmax { axis })));
    cases
}

fn case(name: &str, operation: Operation) -> Case {
    Case::new(name, operation).value(&[4, 3, 2])
}

fn affine() -> Vec<Case> {
    let scale_shift = |name: &str, axis, sides: &[usize]| {
        let operation =
            Operation::ScaleShift { axis, scale: "scale".into(), shift: "shift".into() };
        case(name, operation).parameter("scale", sides).parameter("shift", sides)
    };
    let prelu = |name: &str, slopes| {
        case(name, Operation::PRelu { axis: 0, slope: "slope".into() })
            .parameter("slope", &[slopes])
    };
    vec![
        scale_shift("scale and shift", 1, &[3]),
        scale_shift("scale and shift last", 2, &[2]),
        prelu("PReLU", 4),
        prelu("PReLU of one slope", 1),
    ]
}

fn layer_norms() -> Vec<Case> {
    let norm = |name: &str, axes: &[usize], epsilon, sides: &[usize]| {
        let (scale, shift) = (Some("scale".into()), Some("shift".into()));
        let norm = LayerNorm { axes: axes.to_vec(), epsilon, scale, shift };
        case(name, Operation::LayerNorm(norm)).parameter("scale", sides).parameter("shift", sides)
    };
    let bare = LayerNorm { axes: vec![0, 1, 2], epsilon: 1e-5, scale: None, shift: None };
    vec![
        norm("layer norm last two", &[1, 2], 1e-5, &[3, 2]),
        norm("layer norm last", &[2], 1e-3, &[2]),
        norm("layer norm first", &[0], 1e-6, &[4]),
        case("layer norm bare", Operation::LayerNorm(bare)),
    ]
}
