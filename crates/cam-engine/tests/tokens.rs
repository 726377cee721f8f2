//! Layer norm, attention and tokens give what their definitions say, with the same bits for every number of
//! threads and for all instruction sets that fuse multiply-adds.

mod support;

use cam_engine::{
    Activation, Attention, Convolution, Engine, Error, Graph, InstructionSet, LayerNorm, Operation,
    Options, Padding, Step, Tokens,
};
use support::*;

/// Rounding of f32 in sums of up to a few thousand numbers, in units of the largest.
const TOLERANCE: f64 = 2e-6;

fn attention(heads: usize, width: usize) -> Attention {
    let channels = heads * width;
    let scale = (width as f32).sqrt().recip();
    Attention { heads, width, scale, queries: 0, keys: (0, channels), values: (0, 2 * channels) }
}

fn norm(channels: usize) -> LayerNorm {
    LayerNorm { scale: numbers(3, channels), shift: numbers(4, channels), epsilon: 1e-6 }
}

/// The bits of numbers, all NaNs alike.
fn bits_but_nan(values: &[f32]) -> Vec<u32> {
    values.iter().map(|x| if x.is_nan() { f32::NAN } else { *x }.to_bits()).collect()
}

/// Against the definition, by every instruction set.
fn assert_agrees(graph: &Graph, input: &[f32], shape: [usize; 4], tolerance: f64) {
    let expected = reference(graph, 0..graph.steps.len(), input, shape);
    let mut fused = None;
    for instructions in available() {
        let found = run(graph, exact(instructions, 1), input, shape);
        let nan = found.values.iter().zip(&expected.values).find(|(a, b)| a.is_nan() != b.is_nan());
        assert_eq!(nan, None, "{instructions} on {shape:?}");
        if !expected.values.iter().any(|x| x.is_nan()) {
            let error = difference(&found, &expected);
            assert!(error < tolerance, "{instructions}: {error:e} on {shape:?}");
        }
        for threads in [2, 3] {
            let more = run(graph, exact(instructions, threads), input, shape);
            let same = bits_but_nan(&found.values) == bits_but_nan(&more.values);
            assert!(same, "{instructions} rounds otherwise with {threads} threads on {shape:?}");
        }
        if instructions != InstructionSet::Portable {
            let first = fused.get_or_insert_with(|| bits_but_nan(&found.values));
            assert!(*first == bits_but_nan(&found.values), "{instructions} rounds otherwise");
        }
    }
}

#[test]
fn attention_agrees_with_its_definition_at_every_number_of_tokens_and_width_of_a_head() {
    for tokens in [1, 5, 50, 197, 256, 257, 600] {
        for (heads, width) in [(2, 32), (3, 64), (1, 80), (2, 20), (3, 1)] {
            for images in [1, 2] {
                let shape = [images, 3 * heads * width, tokens, 1];
                let graph = graph([Operation::Attention(attention(heads, width))]);
                let input: Vec<f32> =
                    numbers(9, shape.iter().product()).iter().map(|x| 3.0 * x).collect();
                assert_agrees(&graph, &input, shape, TOLERANCE);
            }
        }
    }
}

#[test]
fn attention_of_many_tokens_agrees_with_its_definition() {
    let graph = graph([Operation::Attention(attention(1, 64))]);
    let shape = [1, 192, 1370, 1];
    let input: Vec<f32> = numbers(9, shape.iter().product()).iter().map(|x| 5.0 * x).collect();
    assert_agrees(&graph, &input, shape, 2.0 * TOLERANCE);
}

#[test]
fn attention_reads_three_values_and_pixels_in_rows_and_columns() {
    // Queries are the input, keys and what is taken come out of others, from a channel on.
    let step = |input, operation| Step { input, operation };
    let linear = |seed| {
        let activation = Activation::Identity;
        Operation::Convolution(Convolution { activation, ..convolution(40, 50, 1, seed) })
    };
    let attention = Attention { queries: 3, keys: (1, 10), values: (2, 0), ..attention(2, 17) };
    let steps = vec![
        step(0, linear(1)),
        step(0, linear(2)),
        step(0, Operation::Attention(attention)),
        // A border around what attention reads and gives.
        step(3, Operation::Convolution(convolution(34, 34, 3, 5))),
    ];
    let shape = [2, 40, 5, 7];
    let input = numbers(9, shape.iter().product());
    assert_agrees(&Graph { steps }, &input, shape, 1e-5);
}

#[test]
fn large_scores_do_not_overflow_and_one_that_is_no_number_spoils_its_row_alone() {
    let graph = graph([Operation::Attention(attention(1, 32))]);
    let (tokens, shape) = (300, [1, 96, 300, 1]);
    let plain = numbers(9, 96 * tokens);
    let large: Vec<f32> = plain.iter().map(|x| 300.0 * x).collect();
    // Scores of some ten thousand: what is left of their own digits.
    assert_agrees(&graph, &large, shape, 2e-3);
    let huge: Vec<f32> = plain.iter().map(|x| 1e15 * x).collect();
    let found = run(&graph, exact(available().next().unwrap(), 1), &huge, shape);
    assert!(found.values.iter().all(|x| x.is_finite()));
    let mut spoilt = plain.clone();
    // A query.
    spoilt[7 * tokens + 20] = f32::NAN;
    let found = run(&graph, exact(available().next().unwrap(), 2), &spoilt, shape);
    for (i, x) in found.values.iter().enumerate() {
        assert_eq!(x.is_nan(), i % tokens == 20, "{i}");
    }
    assert_agrees(&graph, &spoilt, shape, TOLERANCE);
    // A key that every query sees.
    spoilt[40 * tokens + 299] = f32::NAN;
    let found = run(&graph, exact(available().next().unwrap(), 2), &spoilt, shape);
    assert!(found.values.iter().all(|x| x.is_nan()));
    let mut infinite = plain;
    infinite[3] = f32::INFINITY;
    let found = run(&graph, exact(available().next().unwrap(), 1), &infinite, shape);
    assert!(found.values.iter().step_by(tokens).skip(4).all(|x| x.is_finite()));
}

#[test]
fn layer_norm_agrees_with_its_definition() {
    for channels in [1, 2, 5, 16, 31, 32, 80, 384, 768, 1000] {
        for (images, size) in [(1, [1, 1]), (2, [5, 1]), (1, [3, 7])] {
            let shape = [images, channels, size[0], size[1]];
            let graph = graph([Operation::LayerNorm(norm(channels))]);
            let input = numbers(5, shape.iter().product());
            assert_agrees(&graph, &input, shape, TOLERANCE);
            // Far from zero, where a sum of squares would have lost the variance.
            let far: Vec<f32> = input.iter().map(|x| 100.0 + x).collect();
            assert_agrees(&graph, &far, shape, 1e-4);
        }
    }
}

#[test]
fn layer_norm_of_what_is_no_number_is_none_and_of_equal_numbers_is_the_shift() {
    let graph = graph([Operation::LayerNorm(norm(20))]);
    let mut input = vec![2.5; 20 * 3];
    input[7] = f32::NAN;
    let found = run(&graph, exact(available().next().unwrap(), 1), &input, [1, 20, 3, 1]);
    for (i, x) in found.values.iter().enumerate() {
        assert_eq!(x.is_nan(), i % 3 == 1, "{i}");
        assert!(x.is_nan() || *x == norm(20).shift[i / 3]);
    }
    assert_agrees(&graph, &input, [1, 20, 3, 1], TOLERANCE);
}

#[test]
fn tokens_are_pixels_row_by_row_behind_a_prefix_with_positions_added() {
    for (before, positions) in [(0, true), (1, true), (5, true), (2, false), (0, false)] {
        let (channels, count) = (20, before + 6);
        let tokens = Tokens {
            prefix: numbers(1, before * channels),
            positions: if positions { numbers(2, count * channels) } else { Vec::new() },
        };
        let graph = graph([Operation::Tokens(tokens)]);
        let shape = [2, channels, 2, 3];
        assert_agrees(&graph, &numbers(3, shape.iter().product()), shape, TOLERANCE);
    }
}

/// A block of a transformer: x + attention(norm(x)), then x + MLP(norm(x)).
fn block(start: usize, (heads, width): (usize, usize)) -> Vec<Step> {
    let channels = heads * width;
    let linear = |(inputs, outputs), activation, residual, seed| {
        let base = convolution(inputs, outputs, 1, seed);
        let padding = Padding::Each(0);
        Operation::Convolution(Convolution { activation, residual, padding, ..base })
    };
    let none = Activation::Identity;
    let attention = Attention {
        keys: (start + 2, channels),
        values: (start + 2, 2 * channels),
        ..attention(heads, width)
    };
    let operations = [
        Operation::LayerNorm(norm(channels)),
        linear((channels, 3 * channels), none.clone(), None, 11),
        Operation::Attention(attention),
        linear((channels, channels), none.clone(), Some(start), 12),
        Operation::LayerNorm(norm(channels)),
        linear((channels, 4 * channels), Activation::Gelu, None, 13),
        linear((4 * channels, channels), none, Some(start + 4), 14),
    ];
    let steps = operations.into_iter().enumerate();
    steps.map(|(i, operation)| Step { input: start + i, operation }).collect()
}

#[test]
fn a_transformer_agrees_with_its_definition_and_can_be_cut_between_blocks() {
    let patches = Convolution {
        stride: [4, 4],
        padding: Padding::Each(0),
        activation: Activation::Identity,
        ..convolution(3, 64, 4, 1)
    };
    let tokens = Tokens { prefix: numbers(1, 64), positions: numbers(2, 64 * 21) };
    let mut steps = vec![
        Step { input: 0, operation: Operation::Convolution(patches) },
        Step { input: 1, operation: Operation::Tokens(tokens) },
    ];
    steps.extend(block(2, (2, 32)));
    steps.extend(block(9, (2, 32)));
    let graph = Graph { steps };
    let shape = [2, 3, 16, 20];
    let input = numbers(5, shape.iter().product());
    assert_agrees(&graph, &input, shape, 1e-5);
    let engine = Engine::new(graph.clone(), Options::default()).unwrap();
    let whole = engine.run(0..16, &input, shape).unwrap();
    let half = engine.run(0..9, &input, shape).unwrap();
    let rest = engine.run(9..16, &half.values, half.shape).unwrap();
    assert_eq!(bits(&whole), bits(&rest));
}

#[test]
fn what_does_not_fit_is_an_error() {
    let refused = |operation: Operation, shape: [usize; 4]| {
        let input = vec![0.0; shape.iter().product()];
        let engine = Engine::new(graph([operation]), Options::default())?;
        engine.run(0..1, &input, shape).map(|_| ())
    };
    let found = refused(Operation::LayerNorm(norm(8)), [1, 9, 2, 1]);
    assert!(matches!(found, Err(Error::Channels { expected: 8, found: 9, .. })), "{found:?}");
    let uneven = LayerNorm { shift: vec![0.0; 7], ..norm(8) };
    let found = refused(Operation::LayerNorm(uneven), [1, 8, 2, 1]);
    assert!(matches!(found, Err(Error::Length { tensor: "shift", .. })), "{found:?}");
    let found = refused(Operation::Attention(attention(2, 8)), [1, 40, 2, 1]);
    assert!(matches!(found, Err(Error::Heads { expected: 48, found: 40, .. })), "{found:?}");
    let none = Attention { heads: 0, ..attention(2, 8) };
    let found = refused(Operation::Attention(none), [1, 48, 2, 1]);
    assert!(matches!(found, Err(Error::Zero { field: "heads", .. })), "{found:?}");
    let tokens = |prefix, positions| {
        Operation::Tokens(Tokens { prefix: vec![0.0; prefix], positions: vec![0.0; positions] })
    };
    // Positions of another size of images.
    let found = refused(tokens(4, 4 * 10), [1, 4, 2, 4]);
    assert!(matches!(found, Err(Error::Length { tensor: "positions", expected: 36, .. })));
    let found = refused(tokens(5, 0), [1, 4, 2, 4]);
    assert!(matches!(found, Err(Error::Length { tensor: "prefix", expected: 8, .. })));
}

#[test]
fn a_run_over_them_is_not_recorded_but_what_is_behind_them_is() {
    let steps = [Operation::LayerNorm(norm(8)), Operation::Convolution(convolution(8, 8, 1, 1))];
    let engine = Engine::new(graph(steps), Options::default()).unwrap();
    let (input, shape) = (numbers(1, 16), [1, 8, 2, 1]);
    let found = engine.record(0..2, &input, shape).map(|_| ());
    assert_eq!(found, Err(Error::OneWay { step: 0, operation: "a layer norm" }));
    assert!(!engine.can_record(0..2) && engine.can_record(1..2) && engine.can_record(0..0));
    assert!(engine.record(1..2, &input, shape).is_ok());
}
