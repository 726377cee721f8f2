//! Networks written down in a line each.

use cam_onnx::proto::{
    Attribute, Dim, ElementType, Function, Graph, Model, Node, Payload, Tensor, ValueInfo,
};
use cam_onnx::{ImportError, Network, Source, Wish};

use super::law;

pub fn texts(list: &str) -> Vec<String> {
    list.split_whitespace().map(|text| if text == "-" { "" } else { text }.to_owned()).collect()
}

/// `Add x y` gives `z`; `-` is an input that is left out.
pub fn node(operation: &str, inputs: &str, outputs: &str) -> Node {
    Node {
        op_type: operation.to_owned(),
        inputs: texts(inputs),
        outputs: texts(outputs),
        ..Node::default()
    }
}

pub fn with(mut node: Node, name: &str, attribute: Attribute) -> Node {
    node.attributes.push((name.to_owned(), attribute));
    node
}

pub fn ints(list: &[i64]) -> Attribute {
    Attribute::Ints(list.to_vec())
}

pub fn text(text: &str) -> Attribute {
    Attribute::String(text.as_bytes().to_vec())
}

pub fn branch(nodes: Vec<Node>, output: &str) -> Attribute {
    Attribute::Graph(Box::new(Graph { nodes, outputs: vec![value(output)], ..Graph::default() }))
}

pub fn value(name: &str) -> ValueInfo {
    ValueInfo { name: name.to_owned(), ..ValueInfo::default() }
}

/// A network of an image `x` that gives `y`, with a convolution's weights `w` of `[4, 3, 1, 1]`, and `one`.
#[derive(Clone)]
pub struct Net(pub Model);

impl Net {
    pub fn new(nodes: Vec<Node>) -> Self {
        let dims = [1, 3, 8, 8].map(Dim::Fixed).to_vec();
        let graph = Graph {
            nodes,
            inputs: vec![ValueInfo { dims: Some(dims), ..value("x") }],
            outputs: vec![value("y")],
            ..Graph::default()
        };
        let model = Model { opsets: vec![(String::new(), 18)], graph, ..Model::default() };
        Self(model).floats("w", &[4, 3, 1, 1], &[0.5; 12]).floats("one", &[], &[1.0])
    }

    /// A constant.
    pub fn floats(self, name: &str, dims: &[usize], list: &[f32]) -> Self {
        self.constant(name, dims, ElementType::F32, Payload::Floats(list.to_vec()))
    }

    /// A constant list of integers.
    pub fn ints(self, name: &str, list: &[i64]) -> Self {
        self.constant(name, &[list.len()], ElementType::I64, Payload::Ints(list.to_vec()))
    }

    pub fn constant(
        mut self,
        name: &str,
        dims: &[usize],
        element: ElementType,
        payload: Payload,
    ) -> Self {
        let tensor = Tensor { name: name.to_owned(), dims: dims.to_vec(), element, payload };
        self.0.graph.initializers.push(tensor);
        self
    }

    pub fn function(mut self, name: &str, nodes: Vec<Node>) -> Self {
        let name = name.to_owned();
        let (inputs, outputs) = (texts("a"), texts("b"));
        self.0.functions.push(Function { name, inputs, outputs, nodes, ..Function::default() });
        self
    }

    pub fn outputs(mut self, names: &str) -> Self {
        self.0.graph.outputs = texts(names).iter().map(|name| value(name)).collect();
        self
    }

    /// Sides of the image: below zero where they are free.
    pub fn image(mut self, dims: &[i64]) -> Self {
        let dim = |&side: &i64| usize::try_from(side).map_or(Dim::Free(String::new()), Dim::Fixed);
        self.0.graph.inputs[0].dims = Some(dims.iter().map(dim).collect());
        self
    }

    pub fn import(&self) -> Result<Network, ImportError> {
        self.import_as(&Wish::default())
    }

    pub fn import_as(&self, wish: &Wish) -> Result<Network, ImportError> {
        law::hold(&self.0, &Source::from(&b""[..]), None, wish)
    }

    pub fn error(&self) -> String {
        match self.import() {
            Err(error) => error.to_string(),
            Ok(network) => panic!("{:?} should be refused", network.graph),
        }
    }
}

/// `x` through a convolution to `c`, then these nodes, which turn `d` to `e`, then a mean of `e`.
pub fn around(nodes: Vec<Node>) -> Net {
    let mut all = vec![node("Conv", "x w", "d")];
    all.extend(nodes);
    all.push(node("GlobalAveragePool", "e", "p"));
    all.push(node("Flatten", "p", "y"));
    Net::new(all)
}
