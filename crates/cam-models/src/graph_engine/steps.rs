//! Steps that compute.

use cam_engine as engine;
use cam_graph::{Binary, Function, Linear, Operation, Reduction, Step, Value};

use super::translation::Translation;
use super::view::View;
use super::words;

impl Translation<'_> {
    /// A step that computes something, on whatever view of its input suits it.
    pub(super) fn computed(&mut self, value: Value, step: &Step) -> Option<View> {
        let &first = step.inputs.first()?;
        match &step.operation {
            Operation::Linear(linear) => self.linear(value, first, linear),
            Operation::LayerNorm(norm) => {
                let &[axis] = norm.axes.as_slice() else { return None };
                let channels = self.dims[self.whole(first)?.place][0];
                let vector = |name: &Option<String>, number: f32| match name {
                    Some(name) => self.vector(name),
                    None => Some(vec![number; channels]),
                };
                let (scale, shift) = (vector(&norm.scale, 1.0)?, vector(&norm.shift, 0.0)?);
                let norm = engine::LayerNorm { scale, shift, epsilon: norm.epsilon };
                self.by_channel(value, first, axis, engine::Operation::LayerNorm(norm))
            }
            Operation::Map(function) => self.mapped(value, first, *function),
            Operation::PRelu { axis, slope } => {
                let mut slope = self.vector(slope)?;
                if let &[only] = slope.as_slice() {
                    slope = vec![only; self.dims[self.whole(first)?.place][0]];
                }
                let slope = engine::Activation::PRelu { slope };
                self.by_channel(value, first, *axis, engine::Operation::Activation(slope))
            }
            Operation::ScaleShift { axis, scale, shift } => {
                let (scale, shift) = (self.vector(scale)?, self.vector(shift)?);
                let line = engine::Operation::ScaleShift(engine::ScaleShift { scale, shift });
                self.by_channel(value, first, *axis, line)
            }
            Operation::Combine(Binary::Add) => self.added(value, step),
            Operation::Combine(Binary::Multiply) => self.multiplied(value, step),
            Operation::Concat { axis }
                if !step.inputs.iter().any(|&read| self.graph.is_constant(read)) =>
            {
                (*axis == 0).then_some(())?;
                self.on_grids(value, step)
            }
            Operation::Concat { axis } => self.prefixed(value, &step.inputs, *axis),
            _ => self.on_grids(value, step),
        }
    }

    /// A step on channels, whichever axis they lie on, that keeps their number.
    fn by_channel(
        &mut self,
        value: Value,
        read: Value,
        axis: usize,
        operation: engine::Operation,
    ) -> Option<View> {
        let view = self.whole(read)?.clone();
        let dims = self.dims[view.place];
        view.has_channels(axis, dims[0]).then_some(())?;
        let place = self.push(value, view.place, operation, dims);
        Some(self.given(value, view.at(place)))
    }

    /// W·x + b of every pixel: a convolution of 1 × 1.
    fn linear(&mut self, value: Value, read: Value, linear: &Linear) -> Option<View> {
        let view = self.whole(read)?.clone();
        let [inputs, h, w] = self.dims[view.place];
        let last = view.axes.len().checked_sub(1)?;
        let &[outputs, depth] = self.graph.parameters.get(&linear.weight)?.as_slice() else {
            return None;
        };
        (view.has_channels(last, inputs) && depth == inputs).then_some(())?;
        let bias = match &linear.bias {
            Some(bias) => self.vector(bias)?,
            None => vec![0.0; outputs],
        };
        let convolution = engine::Convolution {
            inputs,
            outputs,
            kernel: [1, 1],
            stride: [1, 1],
            dilation: [1, 1],
            padding: engine::Padding::Each(0),
            groups: 1,
            weight: Vec::new(),
            bias,
            residual: None,
            activation: engine::Activation::Identity,
        };
        self.weights.push((self.steps.len(), linear.weight.clone()));
        let operation = engine::Operation::Convolution(convolution);
        let place = self.push(value, view.place, operation, [outputs, h, w]);
        Some(self.given(value, view.with_channels(last, outputs)?.at(place)))
    }

    /// A linear layer that has given this view, and nothing else has been made of it.
    fn open_layer(&mut self, view: &View) -> Option<&mut engine::Convolution> {
        let index = view.place.checked_sub(1).filter(|_| view.is_sole)?;
        let engine::Operation::Convolution(layer) = &mut self.steps[index].operation else {
            return None;
        };
        let is_open = layer.residual.is_none() && layer.activation == engine::Activation::Identity;
        is_open.then_some(layer)
    }

    fn mapped(&mut self, value: Value, read: Value, function: Function) -> Option<View> {
        let view = self.whole(read)?.clone();
        let activation = words::activation(function)?;
        if let Some(layer) = self.open_layer(&view) {
            layer.activation = activation;
            self.since[view.place] = value;
            return Some(self.given(value, view));
        }
        let dims = self.dims[view.place];
        let activation = engine::Operation::Activation(activation);
        let place = self.push(value, view.place, activation, dims);
        Some(self.given(value, view.at(place)))
    }

    fn added(&mut self, value: Value, step: &Step) -> Option<View> {
        let &[a, b] = step.inputs.as_slice() else { return None };
        match (self.graph.is_constant(a), self.graph.is_constant(b)) {
            (false, true) => return self.positioned(value, a, b),
            (true, false) => return self.positioned(value, b, a),
            _ => {}
        }
        let views = self.alike(a, b)?;
        let [x, y] = views.clone();
        for [x, y] in [[y.clone(), x.clone()], [x, y]] {
            // A residual has to be there before the layer.
            if x.place < y.place
                && let Some(layer) = self.open_layer(&y)
            {
                layer.residual = Some(x.place);
                self.since[y.place] = value;
                return Some(self.given(value, y));
            }
        }
        let [x, y] = views;
        let add = engine::Operation::Add { other: y.place };
        let dims = self.dims[x.place];
        let place = self.push(value, x.place, add, dims);
        Some(self.given(value, x.at(place)))
    }

    /// Two values whose numbers lie alike.
    fn alike(&self, a: Value, b: Value) -> Option<[View; 2]> {
        let (x, y) = (self.whole(a)?.clone(), self.whole(b)?.clone());
        let fits = self.dims[x.place] == self.dims[y.place] && x.is_like(&y.at(x.place));
        fits.then_some([x, y])
    }

    /// A product of two values of one shape, or of a grid and a number per channel, on whichever side.
    fn multiplied(&mut self, value: Value, step: &Step) -> Option<View> {
        let &[a, b] = step.inputs.as_slice() else { return None };
        let (view, other) = match self.alike(a, b) {
            Some([x, y]) => (x, y.place),
            None => {
                let (x, y) = (self.grid(a)?, self.grid(b)?);
                let scales =
                    |gate: usize, grid: usize| self.dims[gate] == [self.dims[grid][0], 1, 1];
                let (x, y) = match () {
                    () if scales(y, x) => (x, y),
                    () if scales(x, y) => (y, x),
                    () => return None,
                };
                (View::grid(x, self.dims[x]), y)
            }
        };
        let dims = self.dims[view.place];
        let product = engine::Operation::Multiply { other };
        let place = self.push(value, view.place, product, dims);
        Some(self.given(value, view.at(place)))
    }

    /// Steps on channels, rows and columns.
    fn on_grids(&mut self, value: Value, step: &Step) -> Option<View> {
        let &[c, h, w] = self.shapes[value.index()].as_slice() else { return None };
        let places = step.inputs.iter().map(|&read| self.grid(read)).collect::<Option<Vec<_>>>()?;
        let (&input, others) = places.split_first()?;
        let operation = match &step.operation {
            Operation::Convolution(convolution) => {
                let &[outputs, per_group, height, width] =
                    self.graph.parameters.get(&convolution.weight)?.as_slice()
                else {
                    return None;
                };
                let bias = match &convolution.bias {
                    Some(bias) => self.vector(bias)?,
                    None => vec![0.0; outputs],
                };
                let activation = match convolution.activation {
                    Some(function) => words::activation(function)?,
                    None => engine::Activation::Identity,
                };
                self.weights.push((self.steps.len(), convolution.weight.clone()));
                engine::Operation::Convolution(engine::Convolution {
                    inputs: per_group * convolution.groups,
                    outputs,
                    kernel: [height, width],
                    stride: convolution.stride,
                    dilation: convolution.dilation,
                    padding: words::padding(convolution.padding),
                    groups: convolution.groups,
                    weight: Vec::new(),
                    bias,
                    residual: others.first().copied(),
                    activation,
                })
            }
            Operation::Concat { .. } => engine::Operation::Concat { others: others.to_vec() },
            Operation::Resize { .. } => {
                engine::Operation::Upsample { factors: words::factors(&step.operation)? }
            }
            Operation::MaxPool(window) => engine::Operation::MaxPool(words::windows(window)?),
            Operation::AveragePool { window, include_border } => engine::Operation::AveragePool {
                window: words::windows(window)?,
                include_border: *include_border,
            },
            Operation::Reduce { reduction, axes, keep: true } if axes[..] == [1, 2] => {
                match reduction {
                    Reduction::Mean => engine::Operation::GlobalAverage,
                    Reduction::Maximum => engine::Operation::GlobalMaximum,
                    _ => return None,
                }
            }
            _ => return None,
        };
        let place = self.push(value, input, operation, [c, h, w]);
        let mut view = self.given(value, View::grid(place, [c, h, w]));
        // What is fused to a convolution is in the graph already.
        view.is_sole = false;
        Some(view)
    }
}
