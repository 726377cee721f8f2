//! A graph while it is made, and where the numbers of its parameters come from.

use cam_graph::{
    Binary, Function, Graph, LayerNorm, Linear, Name, Operation, Reduction, Shape, Value,
};

/// Makes a parameter of the values of tensors.
type Make = Box<dyn FnOnce(Vec<Vec<f32>>) -> Vec<f32>>;

/// A parameter of the graph, and what of the file it is made of.
pub(super) struct Source {
    /// The parameter.
    pub parameter: String,
    /// Tensors by name with their shapes in the file.
    pub tensors: Vec<(String, Shape)>,
    /// How.
    pub make: Make,
}

/// A tensor, or some of its rows.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub tensor: String,
    /// The first row.
    pub start: usize,
    /// How many the tensor has; none where all are taken.
    pub of: Option<usize>,
}

impl Part {
    pub fn whole(tensor: String) -> Self {
        Self { tensor, start: 0, of: None }
    }

    /// Its shape in the file, where so many rows of a shape are taken.
    fn stored(&self, taken: &[usize]) -> Shape {
        let rows = self.of.unwrap_or(taken[0]);
        [&[rows], &taken[1..]].concat()
    }
}

/// A linear layer: rows of a matrix, and perhaps of a bias.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub weight: Part,
    pub bias: Option<Part>,
}

impl Rows {
    /// A layer by itself.
    pub fn all(module: &str, has_bias: bool) -> Self {
        let bias = has_bias.then(|| Part::whole(format!("{module}.bias")));
        Self { weight: Part::whole(format!("{module}.weight")), bias }
    }

    /// Some rows of a layer that has `of`.
    pub fn some(self, start: usize, of: usize) -> Self {
        let some = |part: Part| Part { start, of: Some(of), ..part };
        Self { weight: some(self.weight), bias: self.bias.map(some) }
    }

    /// Its weight `[outputs, inputs]` and its bias: the shapes that are taken, and where they are.
    pub fn parts(&self, [outputs, inputs]: [usize; 2]) -> Vec<(&Part, Shape)> {
        let bias = self.bias.iter().map(|bias| (bias, vec![outputs]));
        std::iter::once((&self.weight, vec![outputs, inputs])).chain(bias).collect()
    }

    /// The tensors in the file, with their shapes there.
    pub fn tensors(&self, sides: [usize; 2]) -> Vec<(String, Shape)> {
        let parts = self.parts(sides).into_iter();
        parts.map(|(part, taken)| (part.tensor.clone(), part.stored(&taken))).collect()
    }
}

/// A graph, and the sources of its parameters.
pub(super) struct Builder {
    pub graph: Graph,
    pub sources: Vec<Source>,
    root: String,
}

impl Builder {
    /// For images of `[3, h, w]`; modules are called as below `root`.
    pub fn new([height, width]: [usize; 2], root: &str) -> Self {
        Self { graph: Graph::new(&[3, height, width]), sources: Vec::new(), root: root.to_owned() }
    }

    /// From here on modules are called as if the root did not end so.
    pub fn leave(&mut self, end: &str) {
        if let Some(outer) = self.root.strip_suffix(end) {
            self.root = outer.to_owned();
        }
    }

    /// A step of a module; `part` says which of its steps, where it has several.
    pub fn step(
        &mut self,
        reads: &[Value],
        operation: Operation,
        module: &str,
        part: &str,
    ) -> Value {
        let module = format!("{}{module}", self.root).trim_end_matches('.').to_owned();
        let node = match (module.as_str(), part) {
            (_, "") => module.clone(),
            ("", part) => part.to_owned(),
            (module, part) => format!("{module}.{part}"),
        };
        let name = Name { module, node, ..Name::default() };
        self.graph.push(reads, operation, name)
    }

    /// A parameter that is a tensor of the file as it is.
    pub fn tensor(&mut self, name: &str, shape: Shape) -> String {
        self.made(name, shape.clone(), vec![(name.to_owned(), shape)], |mut values| {
            values.pop().unwrap_or_default()
        })
    }

    /// A parameter that is made of tensors of the file.
    pub fn made(
        &mut self,
        parameter: &str,
        shape: Shape,
        tensors: Vec<(String, Shape)>,
        make: impl FnOnce(Vec<Vec<f32>>) -> Vec<f32> + 'static,
    ) -> String {
        let parameter = parameter.to_owned();
        self.graph.parameters.insert(parameter.clone(), shape);
        self.sources.push(Source { parameter: parameter.clone(), tensors, make: Box::new(make) });
        parameter
    }

    /// A parameter as a value, the same for every image.
    pub fn constant(&mut self, parameter: String, module: &str, part: &str) -> Value {
        self.step(&[], Operation::Constant { parameter }, module, part)
    }

    /// W·x + b, of a module of that name.
    pub fn linear(&mut self, x: Value, module: &str, sides: [usize; 2], has_bias: bool) -> Value {
        self.rows(x, &Rows::all(module, has_bias), sides, (module, ""))
    }

    /// W·x + b with rows of a layer, `[outputs, inputs]`.
    pub fn rows(
        &mut self,
        x: Value,
        rows: &Rows,
        sides: [usize; 2],
        (module, part): (&str, &str),
    ) -> Value {
        let end = if part.is_empty() { String::new() } else { format!("#{part}") };
        let mut names = rows.parts(sides).into_iter().map(|(part, taken)| {
            let first = part.start * taken[1..].iter().product::<usize>();
            let length = taken.iter().product::<usize>();
            let name = format!("{}{end}", part.tensor);
            let tensors = vec![(part.tensor.clone(), part.stored(&taken))];
            self.made(&name, taken, tensors, move |mut values| {
                let whole = values.pop().unwrap_or_default();
                match whole.len() == length {
                    true => whole,
                    false => whole.get(first..first + length).unwrap_or_default().to_vec(),
                }
            })
        });
        let weight = names.next().unwrap_or_default();
        let bias = names.next();
        drop(names);
        self.step(&[x], Operation::Linear(Linear { weight, bias }), module, part)
    }

    /// A layer norm over the axis of channels, of which there are `width`.
    pub fn layer_norm(
        &mut self,
        x: Value,
        module: &str,
        (axis, width): (usize, usize),
        epsilon: f32,
    ) -> Value {
        let scale = Some(self.tensor(&format!("{module}.weight"), vec![width]));
        let shift = Some(self.tensor(&format!("{module}.bias"), vec![width]));
        let norm = LayerNorm { axes: vec![axis], epsilon, scale, shift };
        self.step(&[x], Operation::LayerNorm(norm), module, "")
    }

    /// A number for each channel of the last of two axes, multiplied.
    pub fn scale(&mut self, x: Value, tensor: &str, axis: usize, width: usize) -> Value {
        let scale = self.tensor(tensor, vec![width]);
        let shift = format!("{tensor}#shift");
        let shift = self.made(&shift, vec![width], Vec::new(), move |_| vec![0.0; width]);
        // `encoder.layer.0.layer_scale1.lambda1` is a module's, `stages.0.blocks.1.gamma` a block's own.
        let (module, part) = tensor.rsplit_once('.').unwrap_or(("", tensor));
        self.step(&[x], Operation::ScaleShift { axis, scale, shift }, module, part)
    }

    /// A function of every number.
    pub fn map(&mut self, x: Value, function: Function, module: &str, part: &str) -> Value {
        self.step(&[x], Operation::Map(function), module, part)
    }

    /// A function of two values.
    pub fn combine(
        &mut self,
        (binary, a, b): (Binary, Value, Value),
        module: &str,
        part: &str,
    ) -> Value {
        self.step(&[a, b], Operation::Combine(binary), module, part)
    }

    pub fn reshape(&mut self, x: Value, shape: &[usize], module: &str, part: &str) -> Value {
        self.step(&[x], Operation::Reshape { shape: shape.to_vec() }, module, part)
    }

    pub fn transpose(&mut self, x: Value, order: &[usize], module: &str, part: &str) -> Value {
        self.step(&[x], Operation::Transpose { order: order.to_vec() }, module, part)
    }

    /// The mean over axes, which go.
    pub fn mean(&mut self, x: Value, axes: &[usize], module: &str, part: &str) -> Value {
        let reduction = Reduction::Mean;
        let mean = Operation::Reduce { reduction, axes: axes.to_vec(), keep: false };
        self.step(&[x], mean, module, part)
    }
}
