use cam_graph::{Binary, Operation};

use crate::case::Case;

pub fn cases() -> Vec<Case> {
    let case = |name: &str, binary| Case::new(name, Operation::Combine(binary));
    let pair = |name: &str, binary| case(name, binary).value(&[3, 4]).value(&[3, 4]);
    vec![
        pair("add", Binary::Add),
        pair("subtract", Binary::Subtract),
        pair("multiply", Binary::Multiply),
        pair("maximum", Binary::Maximum),
        pair("minimum", Binary::Minimum),
        pair("divide", Binary::Divide).positive(),
        pair("power", Binary::Power).positive(),
        case("multiply by channels", Binary::Multiply).value(&[4, 3, 2]).value(&[4, 1, 1]),
        subtract_from_channels(),
        case("add crosswise", Binary::Add).value(&[3, 1, 2]).value(&[4, 1]),
        case("maximum along many axes", Binary::Maximum)
            .value(&[1, 2, 1, 3, 1, 2, 1])
            .value(&[2, 1, 3, 1, 2, 1, 2]),
        case("add a constant", Binary::Add).value(&[3, 4]).constant(&[4]),
        case("subtract from a constant", Binary::Subtract).constant(&[4]).value(&[3, 4]),
        case("add a larger constant", Binary::Add).value(&[3, 4]).constant(&[2, 1, 4]),
    ]
}

/// The larger value is numbered first and read second.
fn subtract_from_channels() -> Case {
    let case = Case::new("subtract from channels", Operation::Combine(Binary::Subtract));
    case.value(&[4, 3, 2]).value(&[4, 1, 1]).in_reverse()
}
