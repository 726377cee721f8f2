//! Where networks can be cut, and which layer is looked at.

use cam_graph::{
    Binary, Border, Convolution, Cut, Function, Graph, LayerNorm, Linear, Name, Operation, Padding,
    Positions, Reduction, Value,
};

/// Adds steps with module names.
struct Builder(Graph);

impl Builder {
    fn new(side: usize) -> Self {
        Self(Graph::new(&[3, side, side]))
    }

    fn parameter(&mut self, name: &str, shape: &[usize]) -> String {
        self.0.parameters.insert(name.to_owned(), shape.to_vec());
        name.to_owned()
    }

    fn step(&mut self, module: &str, inputs: &[Value], operation: Operation) -> Value {
        let name =
            Name { module: module.to_owned(), node: format!("/{module}"), ..Name::default() };
        self.0.push(inputs, operation, name)
    }

    /// Of 3×3 pixels.
    fn convolution(&mut self, module: &str, x: Value, shape: [usize; 2], stride: usize) -> Value {
        let weight = self.parameter(&format!("{module}.weight"), &[shape[1], shape[0], 3, 3]);
        let convolution = Convolution {
            stride: [stride, stride],
            padding: Padding::Fixed(Border::all(1)),
            ..Convolution::new(weight, None)
        };
        self.step(module, &[x], Operation::Convolution(convolution))
    }

    fn linear(&mut self, module: &str, x: Value, shape: [usize; 2]) -> Value {
        let weight = self.parameter(&format!("{module}.weight"), &[shape[1], shape[0]]);
        self.step(module, &[x], Operation::Linear(Linear { weight, bias: None }))
    }

    fn finish(mut self, output: Value) -> Graph {
        self.0.output = output;
        self.0.name_modules();
        self.0
    }
}

/// stem, one residual block, mean.
fn residual() -> Graph {
    let mut b = Builder::new(32);
    let stem = b.convolution("stem", Value::INPUT, [3, 8], 2);
    let first = b.convolution("layer1.0.conv1", stem, [8, 8], 1);
    let first = b.step("layer1.0.relu", &[first], Operation::Map(Function::Relu));
    let second = b.convolution("layer1.0.conv2", first, [8, 8], 1);
    let sum = b.step("layer1.0", &[second, stem], Operation::Combine(Binary::Add));
    let out = b.step("layer1.0.relu_1", &[sum], Operation::Map(Function::Relu));
    let mean = Operation::Reduce { reduction: Reduction::Mean, axes: vec![1, 2], keep: false };
    let mean = b.step("pool", &[out], mean);
    b.finish(mean)
}

/// Patches, a class token, two blocks of attention, and the class token.
fn transformer(pools: bool) -> Graph {
    let (side, patch, width) = (16, 4, 6);
    let mut b = Builder::new(side);
    let weight = b.parameter("patch.weight", &[width, 3, patch, patch]);
    let patches = Convolution { stride: [patch, patch], ..Convolution::new(weight, None) };
    let x = b.step("patch_embed", &[Value::INPUT], Operation::Convolution(patches));
    let x = b.step("patch_embed", &[x], Operation::Reshape { shape: vec![width, 16] });
    let x = b.step("patch_embed", &[x], Operation::Transpose { order: vec![1, 0] });
    let token = b.parameter("cls", &[1, width]);
    let token = b.step("", &[], Operation::Constant { parameter: token });
    let mut x = b.step("", &[token, x], Operation::Concat { axis: 0 });
    for block in 0..2 {
        let module = format!("blocks.{block}");
        let norm = LayerNorm { axes: vec![1], epsilon: 1e-6, scale: None, shift: None };
        let y = b.step(&format!("{module}.norm1"), &[x], Operation::LayerNorm(norm));
        let [q, k, v] = ["q", "k", "v"]
            .map(|name| b.linear(&format!("{module}.attn.{name}"), y, [width, width]));
        let attention = format!("{module}.attn");
        let k = b.step(&attention, &[k], Operation::Transpose { order: vec![1, 0] });
        let scores = b.step(&attention, &[q, k], Operation::MatMul);
        let weights = b.step(&attention, &[scores], Operation::Softmax { axis: 1 });
        let y = b.step(&attention, &[weights, v], Operation::MatMul);
        x = b.step(&module, &[x, y], Operation::Combine(Binary::Add));
    }
    let out = match pools {
        true => {
            let mean = Operation::Reduce { reduction: Reduction::Mean, axes: vec![0], keep: false };
            b.step("pool", &[x], mean)
        }
        false => {
            let first = b.step("", &[x], Operation::Slice { axis: 0, start: 0, length: 1 });
            b.step("", &[first], Operation::Reshape { shape: vec![width] })
        }
    };
    b.finish(out)
}

fn clean(graph: &Graph) -> Vec<Cut> {
    let cuts = graph.cuts(&graph.input).expect("the graph is sound");
    cuts.into_iter().filter(Cut::is_clean).collect()
}

fn automatic(graph: &Graph) -> String {
    let shapes = graph.shapes(&graph.input).expect("the graph is sound");
    let cuts = graph.cuts(&graph.input).expect("the graph is sound");
    cuts[graph.automatic(&cuts, &shapes).expect("there is a layer")].name().to_owned()
}

#[test]
fn a_residual_that_passes_beside_a_layer_is_held() {
    let graph = residual();
    let cuts = graph.cuts(&graph.input).unwrap();
    let inside = cuts.iter().find(|cut| cut.name() == "layer1.0.conv1").unwrap();
    assert_eq!(inside.held, [Value::of_step(0)]);
    let names: Vec<String> = clean(&graph).iter().map(|cut| cut.name().to_owned()).collect();
    assert_eq!(names, ["stem", "/layer1.0", "layer1.0"]);
}

#[test]
fn a_layer_is_named_after_the_block_whose_last_value_it_is_and_goes_by_its_stage_too() {
    let cuts = clean(&residual());
    assert_eq!(cuts[2].names, ["layer1.0", "layer1", "layer1.0.relu_1", "/layer1.0.relu_1"]);
}

#[test]
fn the_layer_before_the_mean_is_looked_at() {
    assert_eq!(automatic(&residual()), "layer1.0");
}

#[test]
fn a_class_token_makes_the_block_before_the_last_the_one_to_look_at() {
    // Behind the last attention only the class token is read: the gradient at every patch is zero.
    let graph = transformer(false);
    assert_eq!(automatic(&graph), "blocks.0");
    let last = clean(&graph).into_iter().find(|cut| cut.name() == "blocks.1").unwrap();
    assert!(!last.reaches_output);
}

#[test]
fn a_mean_over_tokens_makes_the_last_block_the_one_to_look_at() {
    assert_eq!(automatic(&transformer(true)), "blocks.1");
}

#[test]
fn tokens_beside_the_grid_are_counted() {
    let cuts = clean(&transformer(false));
    let block = cuts.iter().find(|cut| cut.name() == "blocks.0").unwrap();
    assert_eq!(block.layout.grid, [4, 4]);
    assert_eq!(block.layout.positions, Positions::Tokens { axis: 0, before: 1, behind: 0 });
}

#[test]
fn what_is_read_behind_a_cut_is_there_or_computed_behind_it() {
    for graph in [residual(), transformer(true), transformer(false)] {
        for cut in graph.cuts(&graph.input).unwrap() {
            let known = |value: Value| value == cut.value || cut.held.contains(&value);
            let needed = graph.needed(known, &[graph.output]);
            for (index, step) in graph.steps.iter().enumerate().filter(|(index, _)| needed[*index])
            {
                let is_constant = matches!(step.operation, Operation::Constant { .. });
                assert!(is_constant || index >= cut.value.index(), "{}: step {index}", cut.name());
            }
        }
    }
}

#[test]
fn shares_of_the_work_grow_from_layer_to_layer() {
    for graph in [residual(), transformer(true)] {
        let shapes = graph.shapes(&graph.input).unwrap();
        let cuts = graph.cuts(&graph.input).unwrap();
        let shares: Vec<f64> =
            cuts.iter().map(|cut| graph.share_before(cut.value, &shapes)).collect();
        assert!(shares.is_sorted() && shares.iter().all(|share| (0.0..=1.0).contains(share)));
    }
}

#[test]
fn pruning_leaves_what_the_output_needs_and_changes_no_shape() {
    let mut graph = residual();
    let shapes = graph.shapes(&graph.input).unwrap();
    let expected = shapes[graph.output.index()].clone();
    let unused = graph.push(&[Value::INPUT], Operation::Map(Function::Relu), Name::default());
    assert_ne!(unused, graph.output);
    graph.prune();
    assert_eq!(graph.steps.len(), 7);
    assert_eq!(graph.shapes(&graph.input).unwrap()[graph.output.index()], expected);
}
