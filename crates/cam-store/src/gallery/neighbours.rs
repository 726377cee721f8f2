//! An index of neighbours: graphs that lead to what is near a query without comparing it with all.
//!
//! ```text
//! neighbours/plan.json         how many rows belong to a block
//! neighbours/00000.usearch     the graph of the first block's rows, and the rows rounded to i8
//! neighbours/00000.rows        which rows these were, and checksums: safetensors
//! ```
//!
//! Rows are taken in blocks, each with a graph (HNSW) of its own. So blocks are made side by side, each
//! by one thread and therefore always to the same bytes; none is touched again once it is made; and a
//! gallery that grows gets new blocks for its new rows alone. What is left over for no whole block is
//! compared exactly, which takes less time than a look into the graphs.
//!
//! All of it follows from the gallery and can be made again from it. It is trusted no further than its
//! checksums reach: that of every row says whether a graph is of these rows, and that of the graph is
//! compared whenever it is opened, for a damaged one could lead anywhere. So could one that somebody made up, whose
//! checksums fit: every neighbour in it must be a node of its level. The rounded rows are most of the
//! file, are not read as a whole but by [`Neighbours::verify`], and decide only which candidates are
//! compared: every cosine comes from `vectors.f32`.

mod block;
mod build;
mod made;
mod plan;
mod search;
mod sound;

pub use plan::Plan;
pub use search::Neighbours;

/// A vector at the scale of i8, the largest number at ±127: cosines do not depend on scale, and the
/// rounding is least where all of the range is used.
fn rounded(vector: &[f32]) -> Vec<i8> {
    let largest = vector.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    vector.iter().map(|value| (value * 127.0 / largest).round() as i8).collect()
}
