//! The inner loops: one source per kernel, compiled once per instruction set.
//!
//! A kernel works on a tile: some output pixels by some output channels, whose sums stay in
//! registers. It finds each pixel by an offset from a table, so that strides, borders and batches
//! cost it nothing, and it never asks where an image epilogue: borders of zeros are physically there.

pub(crate) mod curves;
pub(crate) mod depthwise;
mod functions;
pub(crate) mod grouped;
mod lanes;
pub(crate) mod layer_norm;
pub(crate) mod panel;
pub(crate) mod pointwise;
pub(crate) mod product;
pub(crate) mod reduce;
pub(crate) mod softmax;
pub(crate) mod sum;
pub(crate) mod window;
pub(crate) mod winograd;

use crate::InstructionSet;
use depthwise::DepthwiseTile;
use grouped::GroupedTile;
use layer_norm::NormTile;
use panel::PanelTile;
use pointwise::PointwiseTile;
use product::Product;
use reduce::ReduceTile;
use softmax::SoftmaxTile;
use sum::SumRow;
use window::Window;
use winograd::{F2, F4, Patch, Unpatch};

/// The kernels of one instruction set.
///
/// # Safety
/// They may be called only on a machine that has the instructions, with tiles whose pointers are
/// valid for what the tile's documentation says.
pub(crate) struct Kernels {
    /// Output pixels of a tile, at most.
    pub(crate) rows: usize,
    /// Floats of a vector.
    pub(crate) lanes: usize,
    /// A dense convolution's tile of that many pixels.
    pub(crate) panel: unsafe fn(usize, &PanelTile),
    /// A grouped convolution's.
    pub(crate) grouped: unsafe fn(usize, &GroupedTile),
    /// A depthwise convolution's.
    pub(crate) depthwise: unsafe fn(usize, &DepthwiseTile),
    /// One pixel's maximum over a window.
    pub(crate) maximum: unsafe fn(&Window),
    /// A sum of rows.
    pub(crate) sum: unsafe fn(&SumRow<'_>),
    /// A function of some pixels' numbers.
    pub(crate) pointwise: unsafe fn(&PointwiseTile),
    /// One pixel's sum over a window.
    pub(crate) reduce: unsafe fn(&ReduceTile),
    /// One pixel's layer norm.
    pub(crate) norm: unsafe fn(&NormTile),
    /// A product of two activations, of that many rows.
    pub(crate) product: unsafe fn(usize, &Product),
    /// Weights of scores.
    pub(crate) softmax: unsafe fn(&SoftmaxTile),
    /// So many numbers divided by another.
    pub(crate) divide: unsafe fn(*mut f32, usize, f32),
    /// Winograd's transform of a patch, by [`Size`](crate::winograd::Size).
    pub(crate) transform: [unsafe fn(&Patch); 2],
    /// The transform back.
    pub(crate) restore: [unsafe fn(&Unpatch); 2],
}

impl Kernels {
    /// The kernels of a set, which the machine must have.
    pub(crate) fn of(instructions: InstructionSet) -> &'static Self {
        match instructions {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => &avx512::KERNELS,
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => &avx2::KERNELS,
            _ => &portable::KERNELS,
        }
    }
}

/// Where a tile's sums come from besides its products, and where they go.
///
/// # Safety
/// For every pixel of the tile: from `output` at the pixel's offset, the tile's channels may be
/// written; from `start` and `residual`, where they are not null, as many may be read. `output`
/// may be the same memory as either, with the same offsets.
#[derive(Clone, Copy)]
pub(crate) struct KernelEpilogue {
    /// Added before everything else, one per channel.
    pub(crate) bias: *const f32,
    /// Added to the bias, or null.
    pub(crate) start: Pixels<*const f32>,
    /// Added behind the products, or null.
    pub(crate) residual: Pixels<*const f32>,
    /// What the sums are clamped to.
    pub(crate) bounds: (f32, f32),
    pub(crate) output: Pixels<*mut f32>,
}

/// A place in memory and, for every pixel of a tile, the offset from there.
#[derive(Clone, Copy)]
pub(crate) struct Pixels<P> {
    pub(crate) origin: P,
    pub(crate) offsets: *const u32,
}

impl Pixels<*const f32> {
    pub(crate) const NONE: Self = Self { origin: std::ptr::null(), offsets: std::ptr::null() };
}

/// Compiles all kernels for one vector type.
macro_rules! kernels {
    (
        $module:ident, $vector:ty, $(#[$feature:meta])?
        panel rows: [$($panel:literal)*] of $panels:literal in tiles of $tile:literal,
        other rows: [$($other:literal)*] of $others:literal, shares inputs: $shares:literal
    ) => {
        mod $module {
            use super::*;
            use crate::vector::Vector;

            pub(super) static KERNELS: Kernels = Kernels {
                rows: $tile,
                lanes: <$vector>::LANES,
                panel,
                grouped,
                depthwise,
                maximum,
                sum,
                pointwise,
                reduce,
                norm,
                product,
                softmax,
                divide,
                transform: [transform_two, transform_four],
                restore: [restore_two, restore_four],
            };

            unsafe fn panel(rows: usize, tile: &PanelTile) {
                let mut column = 0;
                while column < tile.width {
                    let two = tile.width - column >= 2 * <$vector>::LANES;
                    // The weights of some columns stay near while rows pass over them.
                    for part in crate::partition::parts(0..rows, $panels) {
                        let asks = part.start == 0 && column == 0;
                        // SAFETY: rows and columns lie within the tile; the rest is the caller's
                        // promise.
                        unsafe {
                            match (part.len(), two, asks) {
                                $(
                                    ($panel, true, true) => panel_rows::<$panel, 2, true>(tile, part.start, column),
                                    ($panel, true, false) => panel_rows::<$panel, 2, false>(tile, part.start, column),
                                    ($panel, false, true) => panel_rows::<$panel, 1, true>(tile, part.start, column),
                                    ($panel, false, false) => panel_rows::<$panel, 1, false>(tile, part.start, column),
                                )*
                                _ => unreachable!("parts have at most {} rows", $panels),
                            }
                        }
                    }
                    column += if two { 2 } else { 1 } * <$vector>::LANES;
                }
            }

            $(#[$feature])?
            unsafe fn panel_rows<const ROWS: usize, const VECTORS: usize, const ASKS: bool>(
                tile: &PanelTile,
                row: usize,
                column: usize,
            ) {
                // SAFETY: the caller's promise, and the instructions are enabled.
                unsafe { panel::tile::<$vector, ROWS, VECTORS, ASKS>(tile, row, column) }
            }

            unsafe fn grouped(rows: usize, tile: &GroupedTile) {
                for part in crate::partition::parts(0..rows, $others) {
                    // SAFETY: the rows lie within the tile; the rest is the caller's promise.
                    unsafe {
                        match part.len() {
                            $($other => grouped_rows::<$other>(tile, part.start),)*
                            _ => unreachable!("parts have at most {} rows", $others),
                        }
                    }
                }
            }

            $(#[$feature])?
            unsafe fn grouped_rows<const ROWS: usize>(tile: &GroupedTile, row: usize) {
                // SAFETY: the caller's promise, and the instructions are enabled.
                unsafe {
                    if tile.adjacent {
                        grouped::tile::<$vector, ROWS, true>(tile, row)
                    } else {
                        grouped::tile::<$vector, ROWS, false>(tile, row)
                    }
                }
            }

            unsafe fn depthwise(rows: usize, tile: &DepthwiseTile) {
                let mut first = 0;
                // With few registers, reading less costs more than it saves.
                if let Some(beside) = tile.beside.filter(|_| $shares) {
                    while first + depthwise::BESIDE <= rows {
                        // SAFETY: the rows lie within the tile; the rest is the caller's promise.
                        unsafe {
                            match (beside.columns, beside.stride) {
                                (3, 1) => depthwise_beside::<3, 1>(tile, beside.pixel, first),
                                (3, 2) => depthwise_beside::<3, 2>(tile, beside.pixel, first),
                                (5, 1) => depthwise_beside::<5, 1>(tile, beside.pixel, first),
                                (5, 2) => depthwise_beside::<5, 2>(tile, beside.pixel, first),
                                (7, 1) => depthwise_beside::<7, 1>(tile, beside.pixel, first),
                                _ => break,
                            }
                        }
                        first += depthwise::BESIDE;
                    }
                }
                for part in crate::partition::parts(first..rows, $others) {
                    // SAFETY: the rows lie within the tile; the rest is the caller's promise.
                    unsafe {
                        match part.len() {
                            $($other => depthwise_rows::<$other>(tile, part.start),)*
                            _ => unreachable!("parts have at most {} rows", $others),
                        }
                    }
                }
            }

            $(#[$feature])?
            unsafe fn depthwise_beside<const COLUMNS: usize, const STRIDE: usize>(
                tile: &DepthwiseTile,
                pixel: usize,
                row: usize,
            ) {
                // SAFETY: the caller's promise, and the instructions are enabled.
                unsafe { depthwise::beside::<$vector, COLUMNS, STRIDE>(tile, pixel, row) }
            }

            $(#[$feature])?
            unsafe fn depthwise_rows<const ROWS: usize>(tile: &DepthwiseTile, row: usize) {
                // SAFETY: the caller's promise, and the instructions are enabled.
                unsafe { depthwise::tile::<$vector, ROWS>(tile, row) }
            }

            $(#[$feature])?
            unsafe fn maximum(window: &Window) {
                // SAFETY: the caller's promise, and the instructions are enabled.
                unsafe { window::maximum::<$vector>(window) }
            }

            $(#[$feature])?
            unsafe fn sum(row: &SumRow<'_>) {
                // SAFETY: the caller's promise, and the instructions are enabled.
                unsafe { sum::sum::<$vector>(row) }
            }

            $(#[$feature])?
            unsafe fn pointwise(tile: &PointwiseTile) {
                // SAFETY: the caller's promise, and the instructions are enabled.
                unsafe { pointwise::pointwise::<$vector>(tile) }
            }

            $(#[$feature])?
            unsafe fn reduce(tile: &ReduceTile) {
                // SAFETY: the caller's promise, and the instructions are enabled.
                unsafe { reduce::reduce::<$vector>(tile) }
            }

            $(#[$feature])?
            unsafe fn norm(tile: &NormTile) {
                // SAFETY: the caller's promise, and the instructions are enabled.
                unsafe { layer_norm::norm::<$vector>(tile) }
            }

            unsafe fn product(rows: usize, tile: &Product) {
                let beside = tile.left_row == 1;
                let mut column = 0;
                while column < tile.columns {
                    let two = tile.columns - column >= 2 * <$vector>::LANES;
                    // What a strip of columns is multiplied with stays near while rows pass over it.
                    for part in crate::partition::parts(0..rows, $panels) {
                        // SAFETY: rows and columns lie within the product; the rest is the caller's
                        // promise.
                        unsafe {
                            match (part.len(), two, beside) {
                                $(
                                    ($panel, true, true) => product_rows::<$panel, 2, true>(tile, part.start, column),
                                    ($panel, true, false) => product_rows::<$panel, 2, false>(tile, part.start, column),
                                    ($panel, false, true) => product_rows::<$panel, 1, true>(tile, part.start, column),
                                    ($panel, false, false) => product_rows::<$panel, 1, false>(tile, part.start, column),
                                )*
                                _ => unreachable!("parts have at most {} rows", $panels),
                            }
                        }
                    }
                    column += if two { 2 } else { 1 } * <$vector>::LANES;
                }
            }

            $(#[$feature])?
            unsafe fn product_rows<const ROWS: usize, const VECTORS: usize, const BESIDE: bool>(
                tile: &Product,
                row: usize,
                column: usize,
            ) {
                // SAFETY: the caller's promise, and the instructions are enabled.
                unsafe { product::product::<$vector, ROWS, VECTORS, BESIDE>(tile, row, column) }
            }

            $(#[$feature])?
            unsafe fn softmax(tile: &SoftmaxTile) {
                // SAFETY: the caller's promise, and the instructions are enabled.
                unsafe { softmax::softmax::<$vector>(tile) }
            }

            $(#[$feature])?
            unsafe fn divide(numbers: *mut f32, len: usize, by: f32) {
                // SAFETY: the caller's promise, and the instructions are enabled.
                unsafe { softmax::divide::<$vector>(numbers, len, by) }
            }

            $(#[$feature])?
            unsafe fn transform_two(patch: &Patch) {
                // SAFETY: the caller's promise, and the instructions are enabled.
                unsafe { winograd::transform::<$vector, F2, 4, 2>(patch) }
            }

            $(#[$feature])?
            unsafe fn transform_four(patch: &Patch) {
                // SAFETY: the caller's promise, and the instructions are enabled.
                unsafe { winograd::transform::<$vector, F4, 6, 4>(patch) }
            }

            $(#[$feature])?
            unsafe fn restore_two(unpatch: &Unpatch) {
                // SAFETY: the caller's promise, and the instructions are enabled.
                unsafe { winograd::restore::<$vector, F2, 4, 2>(unpatch) }
            }

            $(#[$feature])?
            unsafe fn restore_four(unpatch: &Unpatch) {
                // SAFETY: the caller's promise, and the instructions are enabled.
                unsafe { winograd::restore::<$vector, F4, 6, 4>(unpatch) }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
kernels! {
    avx512, std::arch::x86_64::__m512, #[target_feature(enable = "avx512f,avx2,fma")]
    panel rows: [1 2 3 4 5 6 7 8 9 10 11 12 13 14] of 14 in tiles of 14,
    other rows: [1 2 3 4 5 6] of 6, shares inputs: true
}

#[cfg(target_arch = "x86_64")]
kernels! {
    avx2, std::arch::x86_64::__m256, #[target_feature(enable = "avx2,fma")]
    panel rows: [1 2 3 4 5 6] of 6 in tiles of 12,
    other rows: [1 2 3 4 5 6] of 6, shares inputs: false
}

kernels! {
    portable, crate::vector::Portable,
    panel rows: [1 2 3 4] of 4 in tiles of 12,
    other rows: [1 2 3 4] of 4, shares inputs: false
}
