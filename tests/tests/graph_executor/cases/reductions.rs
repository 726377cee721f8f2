use cam_graph::{Operation, Reduction};

use crate::case::Case;

pub fn cases() -> Vec<Case> {
    let reductions = [
        ("mean", Reduction::Mean),
        ("sum", Reduction::Sum),
        ("maximum", Reduction::Maximum),
        ("minimum", Reduction::Minimum),
        ("L2", Reduction::L2),
        ("L1", Reduction::L1),
        ("sum of squares", Reduction::SumSquare),
        ("product", Reduction::Product),
    ];
    let both = reductions.into_iter().flat_map(|(name, reduction)| {
        [(vec![1, 2], false), (vec![0, 3], true)].map(|(axes, keep)| {
            let name = format!("reduce {name} {}", axes[0]);
            Case::new(name, Operation::Reduce { reduction, axes, keep }).value(&[2, 3, 4, 2])
        })
    });
    both.collect()
}
