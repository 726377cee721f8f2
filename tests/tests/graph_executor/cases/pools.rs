use cam_graph::{Border, Operation, Padding, Window};

use crate::case::Case;

pub fn cases() -> Vec<Case> {
    let plain =
        Window { stride: [2, 2], padding: Padding::Fixed(Border::all(1)), ..Window::new([3, 3]) };
    let asymmetric = Window {
        stride: [2, 2],
        padding: Padding::Fixed(Border { top: 0, left: 1, bottom: 1, right: 0 }),
        ..Window::new([3, 2])
    };
    let ceil = Window { stride: [2, 2], ceil: true, ..Window::new([2, 3]) };
    let same =
        Window { stride: [2, 2], padding: Padding::Same { lower: false }, ..Window::new([3, 3]) };
    let dilated =
        Window { dilation: [2, 3], padding: Padding::Fixed(Border::all(1)), ..Window::new([2, 2]) };
    let ceil_across = Window { stride: [2, 3], ceil: true, ..plain };
    let dropped = Window { stride: [4, 4], ceil: true, ..Window::new([1, 1]) };
    vec![
        max("max pool", plain),
        max("max pool asymmetric", asymmetric),
        max("max pool ceil", ceil),
        max("max pool same", same),
        max("max pool dilated", dilated),
        max("max pool ceil and border", ceil_across),
        max("max pool ceil dropped", dropped),
        average("average pool", plain, false),
        average("average pool asymmetric", asymmetric, false),
        average("average pool ceil", ceil, false),
        average("average pool same", same, false),
        average("average pool dilated", dilated, false),
        average("average pool with border", plain, true),
        average("average pool asymmetric with border", asymmetric, true),
        average("average pool ceil with border", Window { ceil: true, ..plain }, true),
        average("average pool ceil and border", Window { ceil: true, ..plain }, false),
    ]
}

fn max(name: &str, window: Window) -> Case {
    Case::new(name, Operation::MaxPool(window)).value(&[2, 7, 6])
}

fn average(name: &str, window: Window, include_border: bool) -> Case {
    Case::new(name, Operation::AveragePool { window, include_border }).value(&[2, 7, 6])
}
