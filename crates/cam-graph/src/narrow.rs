//! The tokens that the output reads, and a graph that computes no others.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::layout::{Axes, Axis};
use crate::{Graph, Name, Operation, Shape, Step, Value};

impl Graph {
    /// The same network from given values on, without the tokens that its output does not read: of a class token's
    /// network the last block then costs little more than its keys and values. Values keep their numbers, and steps for
    /// some tokens are added behind the others; what nobody reads any more is still there. None where nothing is spared.
    pub fn narrowed(&self, given: &[Value], shapes: &[Shape]) -> Option<Self> {
        let axes = self.axes(shapes);
        let tokens = Tokens { graph: self, shapes, axes: &axes };
        let needed = self.needed(|value| given.contains(&value), &[self.output]);
        let steps: Vec<usize> = (0..self.steps.len()).filter(|&index| needed[index]).collect();
        let read = tokens.read(&steps);
        let mut narrowed = Narrowed { tokens, read, graph: self.clone(), made: BTreeMap::new() };
        steps.into_iter().for_each(|index| narrowed.step(index));
        let (output, _) = narrowed.made.get(&self.output)?;
        Some(Self { output: *output, ..narrowed.graph })
    }
}

/// What a step needs of something it reads, to give some tokens.
enum Need {
    /// The same tokens, along that axis.
    Same(usize),
    /// All of it, however few tokens are wanted.
    Whole,
}

/// Where values have their tokens.
struct Tokens<'a> {
    graph: &'a Graph,
    shapes: &'a [Shape],
    axes: &'a [Axes],
}

/// The graph that is made.
struct Narrowed<'a> {
    tokens: Tokens<'a>,
    /// Of every value the tokens that are read.
    read: Vec<Range<usize>>,
    graph: Graph,
    /// Of values that were made anew, what they are now, and which tokens they have if those are not all.
    made: BTreeMap<Value, (Value, Option<Range<usize>>)>,
}

impl Tokens<'_> {
    /// The axis of tokens and how many there are; of attention weights those that take.
    fn of(&self, value: Value) -> Option<(usize, usize)> {
        let axes = self.axes[value.index()].as_ref()?;
        let axis = axes.iter().position(|axis| matches!(axis, Axis::Positions { .. }))?;
        Some((axis, self.shape(value)[axis]))
    }

    fn shape(&self, value: Value) -> &[usize] {
        &self.shapes[value.index()]
    }

    fn all(&self, value: Value) -> Range<usize> {
        0..self.of(value).map_or(1, |(_, count)| count)
    }

    /// The tokens of every value that somebody reads, of steps in order.
    fn read(&self, steps: &[usize]) -> Vec<Range<usize>> {
        let mut read = vec![0..0; self.shapes.len()];
        let add = |known: &mut Range<usize>, more: Range<usize>| {
            *known = match known.start == known.end {
                true => more,
                false => known.start.min(more.start)..known.end.max(more.end),
            }
        };
        add(&mut read[self.graph.output.index()], self.all(self.graph.output));
        for &index in steps.iter().rev() {
            let (step, value) = (&self.graph.steps[index], Value::of_step(index));
            let needs = self.needs(index);
            if needs.is_none() {
                read[value.index()] = self.all(value);
            }
            let behind = read[value.index()].clone();
            for (place, &input) in step.inputs.iter().enumerate() {
                let of_input = match (self.picked(index), needs.as_ref().map(|needs| &needs[place]))
                {
                    (Some((start, length)), _) => start..start + length,
                    (None, Some(Need::Same(_))) => behind.clone(),
                    _ => self.all(input),
                };
                add(&mut read[input.index()], of_input);
            }
        }
        read
    }

    /// The tokens that a step picks out of what it reads, where that is what it does.
    fn picked(&self, index: usize) -> Option<(usize, usize)> {
        let step = &self.graph.steps[index];
        let (along, _) = self.of(*step.inputs.first()?)?;
        match step.operation {
            Operation::Slice { axis, start, length } if axis == along => Some((start, length)),
            Operation::Gather { axis, ref indices } if axis == along => {
                let (first, last) = (indices.iter().min()?, indices.iter().max()?);
                Some((*first, last + 1 - first))
            }
            _ => None,
        }
    }

    /// What a step needs to give some of its tokens; none where it can only give all, or has none.
    fn needs(&self, index: usize) -> Option<Vec<Need>> {
        let (axis, count) = self.of(Value::of_step(index))?;
        let inputs = &self.graph.steps[index].inputs;
        (0..inputs.len()).map(|place| self.need(index, place, (axis, count))).collect()
    }

    fn need(&self, index: usize, place: usize, (axis, count): (usize, usize)) -> Option<Need> {
        let step = &self.graph.steps[index];
        let (input, result) = (step.inputs[place], self.shape(Value::of_step(index)));
        let shape = self.shape(input);
        let same = |is_apart: bool| {
            let (own, found) = self.of(input)?;
            (is_apart && found == count).then_some(Need::Same(own))
        };
        let along = self.of(input).map(|(axis, _)| axis);
        match &step.operation {
            // Smaller values are repeated.
            Operation::Combine(_) | Operation::Select => {
                match (axis + shape.len()).checked_sub(result.len()) {
                    Some(own) if shape[own] == count => Some(Need::Same(own)),
                    Some(own) if shape[own] != 1 => None,
                    _ => Some(Need::Whole),
                }
            }
            Operation::Gather { axis: other, .. } => same(*other != axis),
            Operation::Transpose { order } => same(along == Some(order[axis])),
            Operation::Reshape { .. } => {
                let in_front =
                    |shape: &[usize], axis: usize| shape[..axis].iter().product::<usize>();
                let own = along?;
                same(in_front(shape, own) == in_front(result, axis))
            }
            // A row of the product needs a row of the left, but all of the right.
            Operation::MatMul if place == 0 => {
                let row = |shape: &[usize]| shape.len().checked_sub(2);
                same(row(result) == Some(axis) && row(shape) == along)
            }
            Operation::MatMul => Some(Need::Whole),
            operation => same(operation.keeps_apart(axis, result.len())),
        }
    }
}

impl Narrowed<'_> {
    /// Makes a step anew, if it is to give fewer tokens or reads what was made anew.
    fn step(&mut self, index: usize) {
        let (step, value) = (self.tokens.graph.steps[index].clone(), Value::of_step(index));
        let read = self.read[value.index()].clone();
        let some =
            Some(read).filter(|read| *read != self.tokens.all(value) && read.start < read.end);
        let changes =
            some.is_some() || step.inputs.iter().any(|input| self.made.contains_key(input));
        if !changes || matches!(step.operation, Operation::Constant { .. }) {
            return;
        }
        let needs = self.tokens.needs(index);
        let Step { mut inputs, mut operation, name } = step;
        for (place, input) in inputs.iter_mut().enumerate() {
            let is_same = |needs: &Vec<Need>| match needs[place] {
                Need::Same(axis) => Some(axis),
                Need::Whole => None,
            };
            let along = needs.as_ref().and_then(is_same);
            *input = match (&some, along, self.made.get(input)) {
                (Some(rows), Some(axis), _) => self.rows_of(*input, axis, rows, &name),
                (_, _, Some((made, _))) => *made,
                _ => *input,
            };
        }
        let first = |made: Option<&(Value, Option<Range<usize>>)>| {
            made.and_then(|(_, rows)| rows.as_ref()).map_or(0, |rows| rows.start)
        };
        let old = &self.tokens.graph.steps[index].inputs;
        match &mut operation {
            Operation::Reshape { shape } => {
                if let (Some(rows), Some((axis, _))) = (&some, self.tokens.of(value)) {
                    shape[axis] = rows.len();
                }
            }
            Operation::Slice { start, .. } if self.tokens.picked(index).is_some() => {
                *start -= first(self.made.get(&old[0]));
            }
            Operation::Gather { indices, .. } if self.tokens.picked(index).is_some() => {
                let first = first(self.made.get(&old[0]));
                indices.iter_mut().for_each(|index| *index -= first);
            }
            _ => {}
        }
        let made = self.graph.push(&inputs, operation, name);
        self.made.insert(value, (made, some));
    }

    /// Some tokens of a value.
    fn rows_of(&mut self, value: Value, axis: usize, rows: &Range<usize>, name: &Name) -> Value {
        let (made, has) = self.made.get(&value).cloned().unwrap_or((value, None));
        if has.as_ref() == Some(rows) {
            return made;
        }
        let start = rows.start - has.map_or(0, |has| has.start);
        let operation = Operation::Slice { axis, start, length: rows.len() };
        self.graph.push(&[made], operation, name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Binary, Convolution, LayerNorm, Linear};

    /// A class token and 2 × 3 patches of width 4: one block of two heads, and a norm of the class token.
    fn network() -> (Graph, Value) {
        let mut graph = Graph::new(&[3, 4, 6]);
        let parameters: [(&str, &[usize]); 4] = [
            ("patch", &[4, 3, 2, 2]),
            ("square", &[4, 4]),
            ("class", &[1, 4]),
            ("places", &[7, 4]),
        ];
        let named = parameters.map(|(name, shape)| (name.to_owned(), shape.to_vec()));
        graph.parameters.extend(named);
        let push = |graph: &mut Graph, inputs: &[Value], operation: Operation| {
            graph.push(inputs, operation, Name::default())
        };
        let constant = |name: &str| Operation::Constant { parameter: name.into() };
        let linear = || Operation::Linear(Linear { weight: "square".into(), bias: None });
        let norm = || {
            let plain = LayerNorm { axes: vec![1], epsilon: 1e-6, scale: None, shift: None };
            Operation::LayerNorm(plain)
        };
        let order = |order: &[usize]| Operation::Transpose { order: order.to_vec() };
        let shape = |shape: &[usize]| Operation::Reshape { shape: shape.to_vec() };
        let g = &mut graph;
        let stride = Convolution { stride: [2, 2], ..Convolution::new("patch", None) };
        let x = push(g, &[Value::INPUT], Operation::Convolution(stride));
        let x = push(g, &[x], shape(&[4, 6]));
        let x = push(g, &[x], order(&[1, 0]));
        let class = push(g, &[], constant("class"));
        let x = push(g, &[class, x], Operation::Concat { axis: 0 });
        let places = push(g, &[], constant("places"));
        let start = push(g, &[x, places], Operation::Combine(Binary::Add));
        let read = push(g, &[start], norm());
        let [q, k, v] = [(); 3].map(|()| {
            let x = push(g, &[read], linear());
            let x = push(g, &[x], shape(&[7, 2, 2]));
            push(g, &[x], order(&[1, 0, 2]))
        });
        let k = push(g, &[k], order(&[0, 2, 1]));
        let scores = push(g, &[q, k], Operation::MatMul);
        let weights = push(g, &[scores], Operation::Softmax { axis: 2 });
        let taken = push(g, &[weights, v], Operation::MatMul);
        let joined = push(g, &[taken], order(&[1, 0, 2]));
        let joined = push(g, &[joined], shape(&[7, 4]));
        let written = push(g, &[joined], linear());
        let y = push(g, &[start, written], Operation::Combine(Binary::Add));
        let more = push(g, &[y], linear());
        let more = push(g, &[more], Operation::Map(crate::Function::Relu));
        let end = push(g, &[y, more], Operation::Combine(Binary::Add));
        let end = push(g, &[end], norm());
        let class = push(g, &[end], Operation::Slice { axis: 0, start: 0, length: 1 });
        let output = push(g, &[class], shape(&[4]));
        graph.output = output;
        (graph, start)
    }

    /// Shapes of what is computed from a value on, those of slices and constants left out.
    fn computed(graph: &Graph, from: Value) -> Vec<Shape> {
        let shapes = graph.shapes(&graph.input).expect("its steps fit each other");
        let needed = graph.needed(|value| value == from, &[graph.output]);
        let steps = graph.steps.iter().enumerate().filter(|(index, _)| needed[*index]);
        let steps = steps.filter(|(_, step)| {
            !matches!(step.operation, Operation::Slice { .. } | Operation::Constant { .. })
        });
        steps.map(|(index, _)| shapes[Value::of_step(index).index()].clone()).collect()
    }

    #[test]
    fn of_a_class_token_s_network_keys_and_values_alone_are_of_all_tokens() {
        let (graph, start) = network();
        let shapes = graph.shapes(&graph.input).unwrap();
        let narrowed = graph.narrowed(&[start], &shapes).expect("one token of seven is read");
        let all: Vec<Shape> = computed(&narrowed, start);
        let many = all.iter().filter(|shape| shape.contains(&7)).count();
        // The norm; k and v, each with its shape and order, and k once more transposed; scores and weights of one row.
        assert_eq!(many, 1 + 3 + 3 + 1 + 2, "{all:?}");
        let rows: Vec<_> = all.iter().filter(|shape| shape.len() == 3 && shape[1] == 1).collect();
        assert_eq!(rows, [&[2, 1, 2][..], &[2, 1, 7], &[2, 1, 7], &[2, 1, 2]]);
        assert_eq!(narrowed.shapes(&graph.input).unwrap()[narrowed.output.index()], [4]);
        // Values keep their numbers.
        assert_eq!(narrowed.steps[..graph.steps.len()], graph.steps);
    }

    #[test]
    fn where_all_tokens_are_read_nothing_is_spared() {
        let (mut graph, start) = network();
        let last = graph.steps.len() - 3;
        graph.steps.truncate(last + 1);
        graph.output = Value::of_step(last);
        let shapes = graph.shapes(&graph.input).unwrap();
        assert_eq!(graph.narrowed(&[start], &shapes), None);
    }
}
