use cam_graph::{Fill, Operation};

use crate::case::Case;

pub fn cases() -> Vec<Case> {
    let mut cases = transposes();
    let case = |name: &str, operation| Case::new(name, operation).value(&[2, 3, 4]);
    let pad = |name: &str, fill| {
        case(name, Operation::Pad { before: vec![1, 0, 2], behind: vec![0, 2, 1], fill })
    };
    cases.extend([
        case("reshape", Operation::Reshape { shape: vec![4, 6] }),
        Case::new("expand", Operation::Expand { shape: vec![2, 2, 4, 3] }).value(&[2, 1, 3]),
        case("concatenate", Operation::Concat { axis: 1 }).value(&[2, 1, 4]),
        Case::new("concatenate with a constant", Operation::Concat { axis: 0 })
            .constant(&[1, 3, 4])
            .value(&[2, 3, 4]),
        case("slice", Operation::Slice { axis: 1, start: 1, length: 2 }),
        case("slice last", Operation::Slice { axis: 2, start: 2, length: 1 }),
        case("gather", Operation::Gather { axis: 1, indices: vec![2, 0, 0, 1] }),
        pad("pad", Fill::Constant(0.5)),
        pad("pad edge", Fill::Edge),
        pad("pad reflect", Fill::Reflect),
    ]);
    cases
}

fn transposes() -> Vec<Case> {
    let case = |name: &str, order: &[usize], shape: &[usize]| {
        let operation = Operation::Transpose { order: order.to_vec() };
        Case::new(format!("transpose{name}"), operation).value(shape)
    };
    vec![
        case("", &[2, 0, 1], &[2, 3, 4]),
        case(" to the last", &[1, 2, 0], &[2, 3, 4]),
        case(" of windows", &[0, 2, 1, 4, 3], &[2, 2, 3, 2, 2]),
        case(" of many axes", &[6, 5, 4, 3, 2, 1, 0], &[2; 7]),
        case(" of many axes in pairs", &[1, 0, 3, 2, 5, 4, 6], &[2; 7]),
    ]
}
