//! Graphs that nobody thought of.

use cam_engine::{
    Border, Convolution, Engine, Graph, Operation, Options, Padding, ScaleShift, Step, Window,
};
use proptest::prelude::*;

use crate::activations::every_activation;
use crate::assert_agrees;
use crate::support::{grouped, numbers};

/// Numbers that decide, one after another.
struct Choices(Vec<u32>);

impl Choices {
    fn below(&mut self, bound: usize) -> usize {
        self.0.pop().unwrap_or(0) as usize % bound
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// `[c, h, w]`.
type Shape = [usize; 3];

/// A graph whose steps fit to each other and to an input of the first shape.
fn graph(mut choices: Choices, input: Shape, steps: usize) -> Graph {
    let mut shapes = vec![input];
    let mut graph = Graph::default();
    while graph.steps.len() < steps {
        // Late values more often than early ones, so that graphs are deep.
        let back = choices.below(3).min(shapes.len() - 1);
        let input = shapes.len() - 1 - back;
        let (operation, shape) = operation(&mut choices, &shapes, input);
        if shape.iter().product::<usize>() < 4000 {
            graph.steps.push(Step { input, operation });
            shapes.push(shape);
        }
    }
    graph
}

fn operation(choices: &mut Choices, shapes: &[Shape], input: usize) -> (Operation, Shape) {
    let [c, h, w] = shapes[input];
    let alike = |shape: Shape| {
        (0..shapes.len()).filter(|&value| shapes[value] == shape).collect::<Vec<_>>()
    };
    match choices.below(12) {
        0..3 => convolution(choices, shapes, input),
        3 => {
            let all = every_activation(c);
            let chosen = choices.below(all.len());
            (Operation::Activation(all[chosen].clone()), [c, h, w])
        }
        4 => (Operation::Add { other: choices.of(&alike([c, h, w])) }, [c, h, w]),
        5 => {
            let mut others = alike([c, h, w]);
            others.extend(alike([c, 1, 1]));
            (Operation::Multiply { other: choices.of(&others) }, [c, h, w])
        }
        6 => {
            let (scale, shift) = (numbers(c as u64, c), numbers(h as u64, c));
            (Operation::ScaleShift(ScaleShift { scale, shift }), [c, h, w])
        }
        7 => pool(choices, [c, h, w]),
        8 if choices.below(2) == 0 => (Operation::GlobalAverage, [c, 1, 1]),
        8 => (Operation::GlobalMaximum, [c, 1, 1]),
        9 => {
            let fits: Vec<usize> =
                (0..shapes.len()).filter(|&value| shapes[value][1..] == [h, w]).collect();
            let others: Vec<usize> = (0..choices.below(3)).map(|_| choices.of(&fits)).collect();
            let channels = c + others.iter().map(|&value| shapes[value][0]).sum::<usize>();
            (Operation::Concat { others }, [channels, h, w])
        }
        10 => {
            let start = choices.below(c);
            let length = 1 + choices.below(c - start);
            (Operation::Slice { start, length }, [length, h, w])
        }
        _ => {
            let divisors: Vec<usize> = (1..=c).filter(|groups| c % groups == 0).collect();
            match choices.below(2) {
                0 => (Operation::Shuffle { groups: choices.of(&divisors) }, [c, h, w]),
                _ => {
                    let factors = [1 + choices.below(2), 1 + choices.below(3)];
                    (Operation::Upsample { factors }, [c, h * factors[0], w * factors[1]])
                }
            }
        }
    }
}

fn convolution(choices: &mut Choices, shapes: &[Shape], input: usize) -> (Operation, Shape) {
    let [c, h, w] = shapes[input];
    let (outputs, groups) = choices.of(&[(16, 1), (7, 1), (40, 1), (c, c), (2 * c, c)]);
    let kernel = choices.of(&[1, 3]);
    let stride = [choices.of(&[1, 1, 2]), choices.of(&[1, 1, 2])];
    let shape = [outputs, h.div_ceil(stride[0]), w.div_ceil(stride[1])];
    let alike: Vec<usize> = (0..shapes.len()).filter(|&value| shapes[value] == shape).collect();
    let residual = choices.of(&[None, Some(())]);
    let residual = residual.filter(|()| !alike.is_empty()).map(|()| choices.of(&alike));
    let all = every_activation(outputs);
    let activation = all[choices.below(all.len())].clone();
    let seed = choices.below(100) as u64;
    let step = grouped(c, outputs, kernel, groups, seed);
    let padding = Padding::Same;
    let step = Convolution { stride, padding, residual, activation, ..step };
    (Operation::Convolution(step), shape)
}

fn pool(choices: &mut Choices, [c, h, w]: Shape) -> (Operation, Shape) {
    let kernel = [1 + choices.below(3), 1 + choices.below(3)];
    let stride = [1 + choices.below(3), 1 + choices.below(3)];
    let window = Window { stride, padding: Padding::Same, ..Window::new(kernel) };
    let operation = match choices.below(3) {
        0 => Operation::MaxPool(window),
        1 => Operation::AveragePool { window, include_border: true },
        _ => Operation::AveragePool { window, include_border: false },
    };
    (operation, [c, h.div_ceil(stride[0]), w.div_ceil(stride[1])])
}

/// Whatever a file could say, sense or none.
fn nonsense(choices: &mut Choices, steps: usize) -> Graph {
    let sizes = [0, 1, 2, 3, 4, 16, 1 << 20, 1 << 33, usize::MAX / 2, usize::MAX];
    let steps = (0..steps).map(|index| {
        let [a, b, d, e, f, g] = std::array::from_fn(|_| {
            let any = choices.of(&sizes);
            choices.of(&[1, 2, 2, 4, any])
        });
        let padding = match a % 4 {
            0 => Padding::Each(b),
            1 => Padding::Fixed(Border { top: b, left: d, bottom: e, right: f }),
            2 => Padding::Same,
            _ => Padding::SameLower,
        };
        let window = Window { kernel: [b, d], stride: [e, f], padding, ceil: g % 2 == 0 };
        let other = d.min(index + choices.below(2));
        let operation = match choices.below(11) {
            0 => Operation::Convolution(Convolution {
                inputs: a,
                outputs: b,
                kernel: [1, 2],
                stride: [d, e],
                dilation: [f, g],
                padding,
                groups: 1,
                weight: vec![1.0; if a < 5 && b < 5 { 2 * a * b } else { 3 }],
                bias: vec![0.0; if b < 5 { b } else { 1 }],
                residual: (g % 3 == 0).then_some(other),
                activation: every_activation(2)[g % 16].clone(),
            }),
            1 => Operation::Activation(every_activation(a.min(4))[g % 16].clone()),
            2 => Operation::Add { other },
            3 => Operation::Multiply { other },
            4 => Operation::MaxPool(window),
            5 => Operation::AveragePool { window, include_border: e % 2 == 0 },
            6 => Operation::Concat { others: vec![other, index] },
            7 => Operation::Slice { start: a, length: b },
            8 => Operation::Shuffle { groups: a },
            9 => Operation::Upsample { factors: [a, b] },
            _ => Operation::GlobalAverage,
        };
        Step { input: index - choices.below(2).min(index), operation }
    });
    Graph { steps: steps.collect() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn any_graph_agrees_with_its_definition(
        choices in proptest::collection::vec(any::<u32>(), 120),
        shape in (1usize..3, 1usize..20, 3usize..9, 3usize..9),
        steps in 1usize..9,
    ) {
        let (images, channels, height, width) = shape;
        let graph = graph(Choices(choices), [channels, height, width], steps);
        assert_agrees(&graph, [images, channels, height, width]);
    }

    #[test]
    fn graphs_without_sense_are_errors_and_no_panics(
        choices in proptest::collection::vec(any::<u32>(), 200),
        steps in 1usize..9,
    ) {
        let graph = nonsense(&mut Choices(choices), steps);
        if let Ok(engine) = Engine::new(graph, Options { threads: 1, ..Options::default() }) {
            let shape = [1, 2, 4, 4];
            if let Ok(recording) = engine.record(0..steps, &[0.5; 32], shape) {
                let gradients = recording.output().values.clone();
                recording.pull_back(&gradients, 1).unwrap();
            }
        }
    }
}
