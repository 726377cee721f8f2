//! Every operation, in every way that matters. `references.py` lists the same.

mod arrangements;
mod binaries;
mod convolutions;
mod functions;
mod matrices;
mod norms;
mod pools;
mod reductions;
mod resizes;

use crate::case::Case;

pub fn all() -> Vec<Case> {
    [
        convolutions::cases(),
        pools::cases(),
        norms::cases(),
        reductions::cases(),
        functions::cases(),
        binaries::cases(),
        matrices::cases(),
        arrangements::cases(),
        resizes::cases(),
    ]
    .concat()
}
