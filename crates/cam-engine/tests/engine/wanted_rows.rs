//! Rows that are wanted have the bits that they have among all.

use std::ops::Range;

use cam_engine::{
    Activation, Attention, Convolution, Engine, Graph, LayerNorm, Operation, Options, Pixels, Step,
    Wanted,
};

use crate::support::*;

const CHANNELS: usize = 48;

fn linear(inputs: usize, outputs: usize, seed: u64) -> Convolution {
    Convolution { activation: Activation::Identity, ..convolution(inputs, outputs, 1, seed) }
}

fn norm() -> Operation {
    let (scale, shift) = (numbers(3, CHANNELS), numbers(4, CHANNELS));
    Operation::LayerNorm(LayerNorm { scale, shift, epsilon: 1e-6 })
}

/// Two blocks of a transformer, a norm behind them, and a sum with what a gate makes of it.
fn transformer() -> Graph {
    let mut steps = Vec::new();
    let mut push = |input, operation| {
        steps.push(Step { input, operation });
        steps.len()
    };
    let mut x = 0;
    for seed in [10, 20] {
        let read = push(x, norm());
        let all = push(read, Operation::Convolution(linear(CHANNELS, 3 * CHANNELS, seed)));
        let attention = Attention {
            heads: 3,
            width: 16,
            scale: 0.25,
            queries: 0,
            keys: (all, CHANNELS),
            values: (all, 2 * CHANNELS),
        };
        let taken = push(all, Operation::Attention(attention));
        let written = Convolution { residual: Some(x), ..linear(CHANNELS, CHANNELS, seed + 1) };
        let y = push(taken, Operation::Convolution(written));
        let read = push(y, norm());
        let wide = Convolution { activation: Activation::Gelu, ..linear(CHANNELS, 96, seed + 2) };
        let wide = push(read, Operation::Convolution(wide));
        let written = Convolution { residual: Some(y), ..linear(96, CHANNELS, seed + 3) };
        x = push(wide, Operation::Convolution(written));
    }
    let read = push(x, norm());
    let gate = push(read, Operation::Activation(Activation::Sigmoid));
    let gated = push(read, Operation::Multiply { other: gate });
    let joined = push(gated, Operation::Concat { others: vec![read] });
    let some = push(joined, Operation::Slice { start: 7, length: CHANNELS });
    push(some, Operation::Add { other: x });
    Graph { steps }
}

/// Some rows of a value.
fn rows(whole: &Pixels, rows: Range<usize>) -> Pixels {
    let [n, height, width, channels] = whole.shape;
    let row = width * channels;
    let of_image = |image: usize| {
        let start = image * height * row;
        &whole.values[start + rows.start * row..start + rows.end * row]
    };
    let values = (0..n).flat_map(|image| of_image(image).iter().copied()).collect();
    Pixels { values, shape: [n, rows.len(), width, channels] }
}

#[test]
fn rows_that_are_wanted_have_the_bits_that_they_have_among_all() {
    for (shape, wanted) in [
        ([1, CHANNELS, 37, 1], vec![0..1, 5..6, 36..37, 3..20, 0..37]),
        ([2, CHANNELS, 260, 1], vec![0..1, 64..65, 100..259]),
        ([1, CHANNELS, 6, 5], vec![0..1, 2..4, 5..6]),
    ] {
        let input = numbers(9, shape.iter().product());
        let end = transformer().steps.len();
        for options in available().flat_map(|set| [exact(set, 1), exact(set, 3)]) {
            let engine = Engine::new(transformer(), options).unwrap();
            for value in [end, end - 5, end - 6, end - 8] {
                let whole = engine.values(0, &[Wanted::whole(value)], &input, shape).unwrap();
                for range in &wanted {
                    let some = [Wanted::rows(value, range.clone())];
                    let found = engine.values(0, &some, &input, shape).unwrap();
                    let same = found[0] == rows(&whole[0], range.clone());
                    assert!(same, "{options:?}: rows {range:?} of value {value} on {shape:?}");
                }
            }
        }
    }
}

#[test]
fn several_values_are_wanted_in_rows_of_their_own() {
    let shape = [2, CHANNELS, 50, 1];
    let input = numbers(9, shape.iter().product());
    let engine = Engine::new(transformer(), Options::default()).unwrap();
    let end = transformer().steps.len();
    let wanted = [
        Wanted::rows(end, 3..5),
        Wanted::rows(11, 0..1),
        Wanted::whole(7),
        Wanted::rows(end, 40..41),
        Wanted::rows(14, 20..30),
    ];
    let found = engine.values(0, &wanted, &input, shape).unwrap();
    for (wanted, found) in wanted.iter().zip(&found) {
        let whole = engine.values(0, &[Wanted::whole(wanted.value)], &input, shape).unwrap();
        let expected = wanted.rows.clone().map_or(whole[0].clone(), |some| rows(&whole[0], some));
        assert!(*found == expected, "{wanted:?}");
    }
}

#[test]
fn windows_see_the_rows_around_those_that_are_wanted() {
    let narrow = Convolution { residual: None, ..convolution(24, 24, 1, 4) };
    let whole = graph([
        Operation::Convolution(convolution(8, 24, 3, 1)),
        Operation::Convolution(narrow),
        Operation::Convolution(convolution(24, 16, 3, 2)),
        Operation::Convolution(convolution(16, 40, 1, 3)),
    ]);
    let shape = [2, 8, 9, 7];
    let input = numbers(5, shape.iter().product());
    for options in available().map(|set| exact(set, 2)) {
        let engine = Engine::new(whole.clone(), options).unwrap();
        for value in 1..=4 {
            let all = engine.values(0, &[Wanted::whole(value)], &input, shape).unwrap();
            for range in [0..1, 4..6, 8..9] {
                let some = [Wanted::rows(value, range.clone())];
                let found = engine.values(0, &some, &input, shape).unwrap();
                assert!(found[0] == rows(&all[0], range.clone()), "{range:?} of value {value}");
            }
        }
    }
}
