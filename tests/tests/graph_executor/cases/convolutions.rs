use cam_graph::{Border, Convolution, Function, Operation, Padding};

use crate::case::Case;

pub fn cases() -> Vec<Case> {
    let bias = || Some("bias".to_owned());
    let case = |name: &str, convolution| Case::new(name, Operation::Convolution(convolution));
    let same = |lower| Convolution {
        stride: [2, 2],
        padding: Padding::Same { lower },
        ..Convolution::new("weight", bias())
    };
    let grouped = Convolution {
        stride: [2, 1],
        dilation: [1, 2],
        groups: 2,
        padding: Padding::Fixed(Border { top: 1, left: 2, bottom: 0, right: 1 }),
        ..Convolution::new("weight", bias())
    };
    let residual = Convolution {
        padding: Padding::Fixed(Border::all(1)),
        activation: Some(Function::Swish { beta: 1.0 }),
        ..Convolution::new("weight", None)
    };
    let depthwise = Convolution {
        groups: 3,
        padding: Padding::Fixed(Border::all(1)),
        ..Convolution::new("weight", None)
    };
    vec![
        case("convolution grouped", grouped)
            .value(&[4, 6, 5])
            .parameter("weight", &[6, 2, 3, 2])
            .parameter("bias", &[6]),
        case("convolution with residual", residual)
            .value(&[2, 4, 4])
            .value(&[3, 4, 4])
            .parameter("weight", &[3, 2, 3, 3]),
        case("convolution same upper", same(false))
            .value(&[2, 5, 6])
            .parameter("weight", &[3, 2, 3, 2])
            .parameter("bias", &[3]),
        case("convolution same lower", same(true))
            .value(&[2, 5, 6])
            .parameter("weight", &[3, 2, 3, 2])
            .parameter("bias", &[3]),
        case("convolution depthwise", depthwise)
            .value(&[3, 5, 5])
            .parameter("weight", &[3, 1, 3, 3]),
    ]
}
