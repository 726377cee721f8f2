//! Writes a network down as PyTorch's modules compute it, one step for each.

use cam_graph::{
    BatchNorm, Binary, Border, Convolution, Function, Graph, LayerNorm, Linear, Name, Operation,
    Padding, Reduction, Value, Window,
};

/// A graph while it is written. Steps are named after the modules that compute them.
pub(crate) struct Builder {
    graph: Graph,
    /// Other names of values.
    aliases: Vec<(Value, String)>,
}

/// What a convolution does besides its weight's shape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moves {
    pub(crate) stride: usize,
    pub(crate) groups: usize,
    pub(crate) padding: Padding,
}

impl Moves {
    /// By one pixel, with a border that keeps the size.
    pub(crate) fn keeping(kernel: usize) -> Self {
        Self { stride: 1, groups: 1, padding: all(kernel / 2) }
    }

    pub(crate) fn by(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    pub(crate) fn in_groups(self, groups: usize) -> Self {
        Self { groups, ..self }
    }
}

/// A border of as many pixels on every side.
pub(crate) fn all(pixels: usize) -> Padding {
    Padding::Fixed(Border::all(pixels))
}

impl Builder {
    /// For images of that width and height.
    pub(crate) fn new((width, height): (usize, usize)) -> Self {
        Self { graph: Graph::new(&[3, height, width]), aliases: Vec::new() }
    }

    /// A step that the module of that name computes.
    pub(crate) fn step(&mut self, module: &str, inputs: &[Value], operation: Operation) -> Value {
        let name = Name { module: module.to_owned(), node: module.to_owned(), ..Name::default() };
        self.graph.push(inputs, operation, name)
    }

    /// A parameter of that shape.
    pub(crate) fn parameter(&mut self, name: String, shape: &[usize]) -> String {
        self.graph.parameters.insert(name.clone(), shape.to_vec());
        name
    }

    /// A convolution without bias: the weight is called `key.weight`.
    pub(crate) fn convolution(
        &mut self,
        (module, key): (&str, &str),
        x: Value,
        [outputs, inputs, kernel]: [usize; 3],
        moves: Moves,
    ) -> Value {
        let shape = [outputs, inputs / moves.groups.max(1), kernel, kernel];
        let weight = self.parameter(format!("{key}.weight"), &shape);
        let convolution = Convolution {
            stride: [moves.stride; 2],
            groups: moves.groups,
            padding: moves.padding,
            ..Convolution::new(weight, None)
        };
        self.step(module, &[x], Operation::Convolution(convolution))
    }

    /// The same with a bias; it is called as its module is.
    pub(crate) fn biased(
        &mut self,
        module: &str,
        x: Value,
        sides: [usize; 3],
        moves: Moves,
    ) -> Value {
        let y = self.convolution((module, module), x, sides, moves);
        let bias = self.parameter(format!("{module}.bias"), &sides[..1]);
        let step = y.step().and_then(|step| self.graph.steps.get_mut(step));
        if let Some(Operation::Convolution(convolution)) = step.map(|step| &mut step.operation) {
            convolution.bias = Some(bias);
        }
        y
    }

    /// W·x + b over the last axis.
    pub(crate) fn linear(&mut self, module: &str, x: Value, sides: [usize; 2]) -> Value {
        let weight = self.parameter(format!("{module}.weight"), &sides);
        let bias = Some(self.parameter(format!("{module}.bias"), &sides[..1]));
        self.step(module, &[x], Operation::Linear(Linear { weight, bias }))
    }

    /// Over the channels, which lie on an axis.
    pub(crate) fn layer_norm(
        &mut self,
        module: &str,
        x: Value,
        (axis, channels): (usize, usize),
        epsilon: f32,
    ) -> Value {
        let [scale, shift] = ["weight", "bias"]
            .map(|part| Some(self.parameter(format!("{module}.{part}"), &[channels])));
        let norm = LayerNorm { axes: vec![axis], epsilon, scale, shift };
        self.step(module, &[x], Operation::LayerNorm(norm))
    }

    pub(crate) fn batch_norm(
        &mut self,
        (module, key): (&str, &str),
        x: Value,
        channels: usize,
        epsilon: f64,
    ) -> Value {
        let norm = BatchNorm::named(key, epsilon);
        for name in norm.parameters() {
            self.graph.parameters.insert(name.to_owned(), vec![channels]);
        }
        self.step(module, &[x], Operation::BatchNorm(norm))
    }

    pub(crate) fn map(&mut self, module: &str, x: Value, function: Function) -> Value {
        self.step(module, &[x], Operation::Map(function))
    }

    pub(crate) fn add(&mut self, module: &str, a: Value, b: Value) -> Value {
        self.step(module, &[a, b], Operation::Combine(Binary::Add))
    }

    pub(crate) fn multiply(&mut self, module: &str, a: Value, b: Value) -> Value {
        self.step(module, &[a, b], Operation::Combine(Binary::Multiply))
    }

    /// The mean of the positions, which are one then.
    pub(crate) fn squeeze(&mut self, module: &str, x: Value) -> Value {
        let mean = Operation::Reduce { reduction: Reduction::Mean, axes: vec![1, 2], keep: true };
        self.step(module, &[x], mean)
    }

    pub(crate) fn max_pool(
        &mut self,
        module: &str,
        x: Value,
        [kernel, stride, padding]: [usize; 3],
    ) -> Value {
        let window =
            Window { stride: [stride; 2], padding: all(padding), ..Window::new([kernel; 2]) };
        self.step(module, &[x], Operation::MaxPool(window))
    }

    /// A value goes by one more name, besides those of the modules that it is the last of.
    pub(crate) fn alias(&mut self, value: Value, name: String) {
        self.aliases.push((value, name));
    }

    /// The mean of the positions is the embedding.
    pub(crate) fn averaged(mut self, x: Value) -> Graph {
        let mean = self.pooled(x);
        self.ending(mean)
    }

    /// The mean of the positions, `[c]`.
    pub(crate) fn pooled(&mut self, x: Value) -> Value {
        let mean = Operation::Reduce { reduction: Reduction::Mean, axes: vec![1, 2], keep: false };
        self.step("avgpool", &[x], mean)
    }

    /// A value is the embedding.
    pub(crate) fn ending(mut self, x: Value) -> Graph {
        self.graph.name_modules();
        for (value, name) in std::mem::take(&mut self.aliases) {
            if let Some(step) = value.step().and_then(|step| self.graph.steps.get_mut(step)) {
                step.name.ends.push(name);
            }
        }
        self.graph.output = x;
        self.graph
    }
}
