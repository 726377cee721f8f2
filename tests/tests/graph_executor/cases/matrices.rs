use cam_graph::{Linear, Operation};

use crate::case::Case;

pub fn cases() -> Vec<Case> {
    let linear = |name: &str, bias: Option<String>| {
        Case::new(name, Operation::Linear(Linear { weight: "weight".into(), bias }))
    };
    let product = |name: &str| Case::new(format!("matrix product{name}"), Operation::MatMul);
    vec![
        linear("linear", Some("bias".into()))
            .value(&[3, 4])
            .parameter("weight", &[5, 4])
            .parameter("bias", &[5]),
        linear("linear of a vector", None).value(&[4]).parameter("weight", &[5, 4]),
        product("").value(&[2, 3, 4]).value(&[2, 4, 5]),
        product(" repeated right").value(&[2, 3, 4]).value(&[4, 5]),
        product(" repeated left").value(&[3, 4]).value(&[2, 4, 5]),
        product(" with a constant").value(&[2, 3, 4]).constant(&[4, 5]),
        product(" with constants").value(&[2, 3, 4]).constant(&[2, 4, 5]),
        product(" of a constant").constant(&[5, 4]).value(&[4, 3]),
        product(" crosswise").value(&[1, 2, 3, 2]).value(&[3, 1, 2, 4]),
    ]
}
