//! Values of a graph as views of the engine's: the same numbers, their axes in another order, split, joined or in part.
//!
//! The engine keeps channels last, pixel by pixel. Transposes, reshapes and slices then move nothing: queries, keys and
//! values are channels of what one linear layer gave, and a stream of tokens is an image in one column.

use std::ops::Range;

/// Numbers of one of the engine's values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct View {
    /// The engine's value.
    pub(super) place: usize,
    /// The first of its numbers.
    pub(super) offset: usize,
    /// Length of every axis, and numbers from one index to the next.
    pub(super) axes: Vec<(usize, usize)>,
    /// What all are multiplied with.
    pub(super) factor: f32,
    /// Whether nothing but this view reads what it is a view of.
    pub(super) is_sole: bool,
}

impl View {
    /// The engine's value `[c, h, w]` as it is.
    pub(super) fn grid(place: usize, [c, h, w]: [usize; 3]) -> Self {
        Self::whole(place, vec![(c, 1), (h, w * c), (w, c)])
    }

    /// The engine's value with such axes.
    pub(super) fn whole(place: usize, axes: Vec<(usize, usize)>) -> Self {
        Self { place, offset: 0, axes, factor: 1.0, is_sole: false }
    }

    /// The engine's value under a shape, row by row.
    pub(super) fn rows(place: usize, shape: &[usize]) -> Self {
        let mut stride = 1;
        let axes = shape.iter().rev().map(|&length| {
            stride *= length;
            (length, stride / length.max(1))
        });
        let mut axes: Vec<_> = axes.collect();
        axes.reverse();
        Self::whole(place, axes)
    }

    /// The rows of its value, of so many numbers each, in which its numbers lie.
    pub(super) fn touched(&self, row: usize) -> Range<usize> {
        let last: usize = self.axes.iter().map(|&(length, stride)| (length - 1) * stride).sum();
        self.offset / row..(self.offset + last) / row + 1
    }

    /// The same of another of the engine's values.
    pub(super) fn at(&self, place: usize) -> Self {
        Self { place, ..self.clone() }
    }

    /// Whether all numbers are there, as they are, of a value that has so many.
    pub(super) fn is_whole(&self, numbers: usize) -> bool {
        let own: usize = self.axes.iter().map(|(length, _)| length).product();
        self.offset == 0 && self.factor == 1.0 && own == numbers
    }

    /// Whether both have the same numbers in the same order.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let plain = |view: &Self| -> Vec<(usize, usize)> {
            let axes = view.axes.iter();
            axes.map(|&(length, stride)| (length, if length == 1 { 0 } else { stride })).collect()
        };
        self.place == other.place && self.offset == other.offset && plain(self) == plain(other)
    }

    /// Whether the numbers lie in a row.
    pub(super) fn is_in_order(&self) -> bool {
        matches!(self.joined()[..], [] | [(_, 1)])
    }

    /// Whether an axis has all channels of a value that has so many.
    pub(super) fn has_channels(&self, axis: usize, channels: usize) -> bool {
        self.axes
            .get(axis)
            .is_some_and(|&(length, stride)| length == channels && (stride == 1 || length == 1))
    }

    /// With other channels on the axis of all channels.
    pub(super) fn with_channels(&self, axis: usize, channels: usize) -> Option<Self> {
        let (before, _) = *self.axes.get(axis)?;
        let mut view = self.clone();
        for (index, (length, stride)) in view.axes.iter_mut().enumerate() {
            match index == axis {
                true => (*length, *stride) = (channels, 1),
                false => *stride = stride.checked_div(before)?.checked_mul(channels)?,
            }
        }
        Some(view)
    }

    pub(super) fn transposed(&self, order: &[usize]) -> Option<Self> {
        let axes = order.iter().map(|&axis| self.axes.get(axis).copied()).collect::<Option<_>>()?;
        Some(Self { axes, ..self.clone() })
    }

    /// Indices in a row along an axis.
    pub(super) fn sliced(&self, axis: usize, start: usize, length: usize) -> Option<Self> {
        let mut view = self.clone();
        let (own, stride) = view.axes.get_mut(axis)?;
        (start.checked_add(length)? <= *own).then_some(())?;
        *own = length;
        view.offset += start * *stride;
        Some(view)
    }

    /// Under another shape; none where that would tear apart what lies together.
    pub(super) fn reshaped(&self, shape: &[usize]) -> Option<Self> {
        let mut joined = self.joined().into_iter();
        let mut rest = (1, 1);
        let axes = shape.iter().map(|&side| {
            if side == 1 {
                return Some((1, 0));
            }
            if rest.0 == 1 {
                rest = joined.next()?;
            }
            let (length, stride) = rest;
            (side > 0 && length % side == 0).then_some(())?;
            rest = (length / side, stride);
            Some((side, stride * (length / side)))
        });
        let axes: Vec<_> = axes.collect::<Option<_>>()?;
        (rest.0 == 1 && joined.next().is_none()).then(|| Self { axes, ..self.clone() })
    }

    /// The axes, but those of length 1, and neighbours that are one.
    fn joined(&self) -> Vec<(usize, usize)> {
        let mut joined: Vec<(usize, usize)> = Vec::new();
        for &(length, stride) in self.axes.iter().filter(|(length, _)| *length != 1) {
            match joined.last_mut() {
                Some(last) if last.1 == length * stride => *last = (last.0 * length, stride),
                _ => joined.push((length, stride)),
            }
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers' places, in order.
    fn places(view: &View) -> Vec<usize> {
        let step = |places: Vec<usize>, &(length, stride): &(usize, usize)| {
            places.iter().flat_map(|place| (0..length).map(move |i| place + i * stride)).collect()
        };
        view.axes.iter().fold(vec![view.offset], step)
    }

    #[test]
    fn heads_of_queries_are_found_in_what_one_layer_gave() {
        // 5 tokens of 3 · 2 heads of 4 channels.
        let whole = View::rows(1, &[5, 24]);
        let heads = whole.reshaped(&[5, 3, 2, 4]).unwrap().transposed(&[1, 2, 0, 3]).unwrap();
        let keys = heads.sliced(0, 1, 1).unwrap().reshaped(&[2, 5, 4]).unwrap();
        let expected = (0..40).map(|i| i / 4 % 5 * 24 + 8 + i / 20 * 4 + i % 4);
        assert_eq!(places(&keys), expected.collect::<Vec<_>>());
        assert!(whole.is_whole(120) && !keys.is_whole(120));
    }

    #[test]
    fn an_image_is_a_column_of_pixels_once_it_is_transposed() {
        let column =
            View::grid(3, [8, 2, 3]).reshaped(&[8, 6]).unwrap().transposed(&[1, 0]).unwrap();
        assert_eq!(places(&column), (0..48).collect::<Vec<_>>());
        assert!(column.is_in_order() && column.has_channels(1, 8));
    }

    #[test]
    fn what_a_transpose_tore_apart_is_no_view_under_another_shape() {
        let turned = View::rows(1, &[4, 6]).transposed(&[1, 0]).unwrap();
        assert_eq!(turned.reshaped(&[24]), None);
        assert_eq!(turned.reshaped(&[2, 3, 4]).map(|view| view.axes.len()), Some(3));
        // As channels are shuffled.
        let shuffled = View::grid(1, [6, 1, 2]).reshaped(&[2, 3, 1, 2]).unwrap();
        assert_eq!(shuffled.transposed(&[1, 0, 2, 3]).unwrap().reshaped(&[6, 1, 2]), None);
    }
}
