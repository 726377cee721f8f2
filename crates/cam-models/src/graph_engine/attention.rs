//! softmax(scale · q·kᵀ)·v as one step.

use cam_engine as engine;
use cam_graph::{Binary, Operation, Step, Value};

use super::translation::{Scores, Symbol, Translation};
use super::view::View;

/// Where the heads of queries, keys or values lie.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Heads {
    heads: usize,
    width: usize,
    /// The first channel.
    first: usize,
}

impl Translation<'_> {
    /// The parts of an attention, none of which but the last is a value of the engine.
    pub(super) fn attended(&mut self, value: Value, step: &Step) -> Option<Symbol> {
        let read = |index: usize| self.symbols.get(step.inputs.get(index)?).cloned();
        match &step.operation {
            Operation::Combine(Binary::Multiply) => {
                let number = |index: usize| self.number(*step.inputs.get(index)?);
                match (number(0), number(1)) {
                    (_, Some(factor)) => read(0)?.scaled(factor),
                    (Some(factor), None) => read(1)?.scaled(factor),
                    _ => None,
                }
            }
            Operation::Combine(Binary::Divide) => {
                read(0)?.scaled(self.number(*step.inputs.get(1)?)?.recip())
            }
            Operation::MatMul => match (read(0)?, read(1)?) {
                (Symbol::View(_), Symbol::View(_)) => {
                    let view = |index: usize| self.view(step.inputs[index]).cloned();
                    let (queries, keys) = (view(0)?, view(1)?);
                    Some(Symbol::Scores(Scores { queries, keys, scale: 1.0 }))
                }
                (Symbol::Weights(scores), Symbol::View(_)) => {
                    let values = self.view(step.inputs[1])?.clone();
                    self.attention(value, &scores, &values).map(Symbol::View)
                }
                _ => None,
            },
            Operation::Softmax { axis } => match read(0)? {
                Symbol::Scores(scores) if axis + 1 == self.shapes[value.index()].len() => {
                    Some(Symbol::Weights(scores))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn attention(&mut self, value: Value, scores: &Scores, values: &View) -> Option<View> {
        let Scores { queries, keys, scale } = scores;
        let mut laid = keys.clone();
        let rank = laid.axes.len();
        laid.axes.swap(rank.checked_sub(2)?, rank - 1);
        let found = [queries, &laid, values].map(|view| self.heads(view));
        let [Some(q), Some(k), Some(v)] = found else { return None };
        let alike = |other: Heads| (other.heads, other.width) == (q.heads, q.width);
        let [_, h, w] = self.dims[queries.place];
        let same_size = [keys, values].iter().all(|view| self.dims[view.place][1..] == [h, w]);
        if !alike(k) || !alike(v) || !same_size || values.factor != 1.0 {
            return None;
        }
        let Heads { heads, width, first } = q;
        let channels = heads * width;
        let shape = &self.shapes[value.index()];
        let front = shape.split_last_chunk::<2>()?.0;
        let axes = front.iter().map(|&side| if side == 1 { (1, 0) } else { (side, width) });
        let axes = axes.chain([(h * w, channels), (width, 1)]).collect();
        let attention = engine::Attention {
            heads,
            width,
            scale: scale * queries.factor * keys.factor,
            queries: first,
            keys: (keys.place, k.first),
            values: (values.place, v.first),
        };
        let operation = engine::Operation::Attention(attention);
        let place = self.push(value, queries.place, operation, [channels, h, w]);
        let view = View::whole(place, axes);
        view.is_whole(channels * h * w).then(|| self.given(value, view))
    }

    /// `[…, heads, tokens, width]`, all tokens of a value and some of its channels, head by head.
    fn heads(&self, view: &View) -> Option<Heads> {
        let [channels, h, w] = self.dims[view.place];
        let (front, &[(tokens, pixel), (width, channel)]) = view.axes.split_last_chunk::<2>()?;
        let mut wide = front.iter().filter(|(length, _)| *length != 1);
        let (heads, head) = wide.next().copied().unwrap_or((1, width));
        let fits = wide.next().is_none()
            && tokens == h * w
            && (pixel == channels || tokens == 1)
            && (channel == 1 || width == 1)
            && head == width
            && view.offset + heads * width <= channels;
        fits.then_some(Heads { heads, width, first: view.offset })
    }
}

impl Symbol {
    /// The same times a number.
    fn scaled(self, factor: f32) -> Option<Self> {
        match self {
            Self::View(view) => {
                Some(Self::View(View { factor: view.factor * factor, is_sole: false, ..view }))
            }
            Self::Scores(scores) => {
                Some(Self::Scores(Scores { scale: scores.scale * factor, ..scores }))
            }
            Self::Weights(_) => None,
        }
    }
}
