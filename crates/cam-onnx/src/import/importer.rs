//! The network so far, while its nodes are imported one by one.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::rc::Rc;

use cam_graph::{Graph, Name, Operation, Shape, Value};

use super::budget::Budget;
use super::error::Listed;
use super::known::{Dynamic, Known, shape_of};
use super::{ImportError, names};
use crate::array::{Array, Data};
use crate::proto::{self, Node, Tensor};
use crate::{Source, numbers};

/// Why a node is not imported.
pub(crate) enum Refusal {
    /// It cannot be run: listed with all others.
    Unsupported(String),
    /// It contradicts itself.
    Invalid(String),
    /// It costs more than a sound file needs: nothing more is imported.
    TooMuch(String),
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self::Invalid(reason)
    }
}

impl From<&str> for Refusal {
    fn from(reason: &str) -> Self {
        Self::Invalid(reason.to_owned())
    }
}

/// Says that an operation is supported, but not with this.
pub(crate) fn without(what: impl Into<String>) -> Refusal {
    Refusal::Unsupported(what.into())
}

pub(crate) type Outcome<T> = Result<T, Refusal>;

/// The most steps. The largest networks of images have some ten thousand; each takes about a kilobyte.
const STEPS: usize = 1 << 17;

/// The most sides of a constant whose numbers are none: loops over them would never end.
const EMPTY: usize = 1 << 24;

/// The network so far.
pub(crate) struct Importer<'m> {
    pub(crate) graph: Graph,
    pub(crate) parameters: BTreeMap<String, Rc<Array>>,
    pub(crate) values: HashMap<String, Known<'m>>,
    pub(crate) unsupported: Listed,
    pub(crate) budget: Budget,
    /// Why nothing more is imported.
    pub(crate) refused: Option<String>,
    /// Under how many names of a kind parameters are known already.
    named: HashMap<String, usize>,
    shapes: Vec<Shape>,
    opsets: HashMap<String, i64>,
    source: &'m Source,
    folder: Option<&'m Path>,
    /// The names of the node that is being imported.
    name: Name,
}

impl<'m> Importer<'m> {
    pub(crate) fn new(
        input: &[usize],
        opsets: &[(String, i64)],
        (source, folder): (&'m Source, Option<&'m Path>),
    ) -> Self {
        Self {
            graph: Graph::new(input),
            parameters: BTreeMap::new(),
            values: HashMap::new(),
            unsupported: Listed::default(),
            budget: Budget::of(source.len()),
            refused: None,
            named: HashMap::new(),
            shapes: vec![input.to_vec()],
            opsets: opsets.iter().cloned().collect(),
            source,
            folder,
            name: Name::default(),
        }
    }

    /// The version of a node's operator set.
    pub(crate) fn opset(&self, node: &Node) -> i64 {
        let version = |domain: &str| self.opsets.get(domain).copied();
        match node.domain.as_str() {
            "" | "ai.onnx" => version("").or_else(|| version("ai.onnx")).unwrap_or(13),
            domain => version(domain).unwrap_or(1),
        }
    }

    /// From here on steps belong to this node.
    pub(crate) fn begin(&mut self, node: &Node) {
        self.name = names::name(node);
    }

    /// Reads a constant's numbers.
    pub(crate) fn read(&mut self, tensor: &Tensor) -> Outcome<Array> {
        let array = self.peek(tensor)?;
        self.budget.external(tensor, array.data.len())?;
        self.budget.work(array.data.len())?;
        Ok(array)
    }

    /// Reads a constant's numbers without counting them.
    pub(crate) fn peek(&self, tensor: &Tensor) -> Result<Array, String> {
        let sides = tensor.dims.iter().try_fold(1_usize, |all, &side| all.checked_mul(side.max(1)));
        if tensor.dims.contains(&0) && sides.is_none_or(|sides| sides > EMPTY) {
            return Err(format!("constant {:?} is empty, but has long sides", tensor.name));
        }
        numbers(tensor, self.source, self.folder).map_err(|error| error.to_string())
    }

    /// A node's input, as it is known; none where it is left out.
    pub(crate) fn known(&self, node: &Node, index: usize) -> Option<&Known<'m>> {
        let name = node.inputs.get(index).filter(|name| !name.is_empty())?;
        self.values.get(name)
    }

    /// A node's input as a constant; none where it is left out.
    pub(crate) fn constant(&mut self, node: &Node, index: usize) -> Outcome<Option<Rc<Array>>> {
        let Some(name) = node.inputs.get(index).filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        match self.values.get(name) {
            Some(Known::Constant(array)) => {
                self.budget.work(array.data.len())?;
                Ok(Some(Rc::clone(array)))
            }
            Some(&Known::Stored(tensor)) => {
                let array = Rc::new(self.read(tensor)?);
                self.set(name, Known::Constant(Rc::clone(&array)))?;
                Ok(Some(array))
            }
            _ => Err(without(format!("with an input {index} that depends on the image"))),
        }
    }

    /// A node's input as a constant that must be there.
    pub(crate) fn needed(&mut self, node: &Node, index: usize) -> Outcome<Rc<Array>> {
        self.constant(node, index)?.ok_or_else(|| format!("input {index} is missing").into())
    }

    /// Integers of a constant input, or of the attribute that it was in older operator sets.
    pub(crate) fn integers(
        &mut self,
        node: &Node,
        index: usize,
        attribute: &str,
    ) -> Outcome<Option<Vec<i64>>> {
        if let Some(array) = self.constant(node, index)? {
            return Ok(Some(integers(&array)?));
        }
        Ok(node.ints(attribute).map(<[i64]>::to_vec))
    }

    /// A node's input as a value of the graph; constants become steps.
    pub(crate) fn dynamic(&mut self, node: &Node, index: usize) -> Outcome<Dynamic> {
        match self.known(node, index) {
            Some(Known::Dynamic(dynamic)) => Ok(dynamic.clone()),
            Some(Known::Constant(_) | Known::Stored(_)) => {
                let array = self.needed(node, index)?;
                let name = node.inputs[index].clone();
                self.constant_step(&name, array)
            }
            _ => Err(format!("input {index} is missing").into()),
        }
    }

    /// A constant as a step.
    pub(crate) fn constant_step(&mut self, name: &str, array: Rc<Array>) -> Outcome<Dynamic> {
        let dims = array.dims.clone();
        let parameter = self.parameter_of_shape(name, array, shape_of(&dims).to_vec())?;
        let value = self.push(&[], Operation::Constant { parameter })?;
        Ok(Dynamic { value, dims })
    }

    /// One number as a step.
    pub(crate) fn number(&mut self, name: &str, number: f32) -> Outcome<Dynamic> {
        let array = Array { dims: Vec::new(), data: Data::F32(vec![number]) };
        self.constant_step(name, array.into())
    }

    /// Gives the graph a parameter. The name is made one of its own if other numbers have it.
    pub(crate) fn parameter(&mut self, name: &str, array: Rc<Array>) -> Outcome<String> {
        let shape = array.dims.clone();
        self.parameter_of_shape(name, array, shape)
    }

    /// The same for numbers that the graph sees under another shape.
    pub(crate) fn parameter_of_shape(
        &mut self,
        name: &str,
        array: Rc<Array>,
        shape: Shape,
    ) -> Outcome<String> {
        if array.data.is_empty() {
            return Err("a constant that it reads has no numbers".into());
        }
        let array = match &array.data {
            Data::F32(_) => array,
            _ => Rc::new(Array { dims: array.dims.clone(), data: Data::F32(floats(&array)) }),
        };
        let name = names::short(name);
        // The same numbers under the first name or the last one; to look at all between would take too long.
        let last = self.named.get(&name).map(|count| format!("{name}#{count}"));
        for known in std::iter::once(name.clone()).chain(last) {
            if self.is_parameter(&known, &array, &shape)? {
                return Ok(known);
            }
        }
        let mut unique = name.clone();
        while self.parameters.contains_key(&unique) {
            let count = self.named.entry(name.clone()).or_insert(1);
            *count += 1;
            unique = format!("{name}#{count}");
        }
        self.budget.parameter(array.data.len())?;
        self.graph.parameters.insert(unique.clone(), shape);
        self.parameters.insert(unique.clone(), array);
        Ok(unique)
    }

    /// Whether a parameter of that name has these numbers.
    fn is_parameter(&mut self, name: &str, array: &Rc<Array>, shape: &Shape) -> Outcome<bool> {
        let Some(known) = self.parameters.get(name) else { return Ok(false) };
        if self.graph.parameters.get(name) != Some(shape) || known.dims != array.dims {
            return Ok(false);
        }
        if Rc::ptr_eq(known, array) {
            return Ok(true);
        }
        self.budget.work(array.data.len())?;
        Ok(**known == **array)
    }

    /// Adds a step.
    pub(crate) fn push(&mut self, inputs: &[Value], operation: Operation) -> Outcome<Value> {
        if self.graph.steps.len() >= STEPS {
            return Err(Refusal::TooMuch(format!("more than {STEPS} steps")));
        }
        let shapes: Vec<&[usize]> =
            inputs.iter().map(|value| self.shapes[value.index()].as_slice()).collect();
        let shape = operation.shape(&shapes, &self.graph.parameters)?;
        // A slice may give nothing, to be joined to something; no executor computes with nothing.
        if shapes.iter().any(|shape| shape.contains(&0)) {
            return Err(without("of a value without numbers"));
        }
        self.shapes.push(shape);
        Ok(self.graph.push(inputs, operation, self.name.clone()))
    }

    /// A value's shape in the graph.
    pub(crate) fn shape(&self, value: Value) -> &[usize] {
        &self.shapes[value.index()]
    }

    /// A step that neither adds nor removes axes and leaves the images' alone.
    pub(crate) fn like(&mut self, x: &Dynamic, operation: Operation) -> Outcome<Dynamic> {
        let value = self.push(&[x.value], operation)?;
        Ok(self.led(value, x.is_led()))
    }

    /// A value of the graph whose first axis in ONNX is the images', or not.
    pub(crate) fn led(&self, value: Value, is_led: bool) -> Dynamic {
        let shape = self.shape(value);
        let dims = if is_led { [&[1], shape].concat() } else { shape.to_vec() };
        Dynamic { value, dims }
    }

    /// The value with all axes that ONNX sees, that of the images too.
    pub(crate) fn unfolded(&mut self, x: &Dynamic) -> Outcome<Value> {
        match x.is_led() {
            true => self.push(&[x.value], Operation::Reshape { shape: x.dims.clone() }),
            false => Ok(x.value),
        }
    }

    /// A value with all axes that ONNX sees: a first one of length 1 becomes the images'.
    pub(crate) fn folded(&mut self, value: Value) -> Outcome<Dynamic> {
        let dims = self.shape(value).to_vec();
        let value = match dims.as_slice() {
            [1, rest @ ..] => self.push(&[value], Operation::Reshape { shape: rest.to_vec() })?,
            _ => value,
        };
        Ok(Dynamic { value, dims })
    }

    /// The same numbers with other sides.
    pub(crate) fn reshaped(&mut self, x: &Dynamic, dims: &[usize]) -> Outcome<Dynamic> {
        let shape = shape_of(dims);
        let value = match self.shape(x.value) == shape {
            true => x.value,
            false => self.push(&[x.value], Operation::Reshape { shape: shape.to_vec() })?,
        };
        Ok(Dynamic { value, dims: dims.to_vec() })
    }

    /// A step along axes of ONNX's counting, given to `make` in the graph's.
    pub(crate) fn along(
        &mut self,
        x: &Dynamic,
        axes: &[usize],
        make: impl FnOnce(Vec<usize>) -> Operation,
    ) -> Outcome<Dynamic> {
        if x.is_led() && !axes.contains(&0) {
            let operation = make(axes.iter().map(|axis| axis - 1).collect());
            let value = self.push(&[x.value], operation)?;
            return Ok(self.led(value, true));
        }
        let unfolded = self.unfolded(x)?;
        let value = self.push(&[unfolded], make(axes.to_vec()))?;
        self.folded(value)
    }

    /// Notes what a node gives.
    pub(crate) fn give(&mut self, node: &Node, index: usize, known: Known<'m>) {
        if let Some(name) = node.outputs.get(index).filter(|name| !name.is_empty())
            && let Err(Refusal::TooMuch(reason)) = self.set(name, known)
        {
            self.refused = Some(reason);
        }
    }

    /// Notes what is known of a value.
    pub(crate) fn set(&mut self, name: &str, known: Known<'m>) -> Outcome<()> {
        if let Known::Constant(array) = &known {
            self.budget.keep(array.data.len())?;
        }
        if let Some(Known::Constant(array)) = self.values.insert(name.to_owned(), known) {
            self.budget.let_go(array.data.len());
        }
        Ok(())
    }

    /// Lets go of a constant that nothing reads any more.
    pub(crate) fn let_go(&mut self, name: &str) {
        if let Some(Known::Constant(_)) = self.values.get(name)
            && let Some(Known::Constant(array)) = self.values.remove(name)
        {
            self.budget.let_go(array.data.len());
        }
    }

    /// Everything that follows: the graph, its numbers and what the values are called.
    pub(crate) fn finish(mut self) -> Result<Finished<'m>, ImportError> {
        self.unsupported.check()?;
        Ok((self.graph, self.parameters, self.values))
    }
}

pub(crate) type Finished<'m> = (Graph, BTreeMap<String, Rc<Array>>, HashMap<String, Known<'m>>);

/// The one producer's name of a list of constants.
pub(crate) fn initializers(graph: &proto::Graph) -> impl Iterator<Item = (String, Known<'_>)> {
    let named = graph.initializers.iter().filter(|tensor| !tensor.name.is_empty());
    named.map(|tensor| (tensor.name.clone(), Known::Stored(tensor)))
}

/// A constant's integers.
pub(crate) fn integers(array: &Array) -> Result<Vec<i64>, String> {
    match &array.data {
        Data::I64(values) => Ok(values.clone()),
        Data::I8(values) => Ok(values.iter().map(|&value| value.into()).collect()),
        Data::U8(values) => Ok(values.iter().map(|&value| value.into()).collect()),
        Data::F32(_) | Data::Bool(_) => Err("a constant of integers is none".to_owned()),
    }
}

/// A constant's numbers as f32.
pub(crate) fn floats(array: &Array) -> Vec<f32> {
    match &array.data {
        Data::F32(values) => values.clone(),
        Data::I64(values) => values.iter().map(|&value| value as f32).collect(),
        Data::I8(values) => values.iter().map(|&value| value.into()).collect(),
        Data::U8(values) => values.iter().map(|&value| value.into()).collect(),
        Data::Bool(values) => values.iter().map(|&value| f32::from(u8::from(value))).collect(),
    }
}

/// The axis that an integer names; negative ones count from behind.
pub(crate) fn axis(axis: i64, rank: usize) -> Result<usize, String> {
    let counted = if axis < 0 { axis + rank as i64 } else { axis };
    usize::try_from(counted)
        .ok()
        .filter(|&axis| axis < rank)
        .ok_or_else(|| format!("there is no axis {axis} among {rank}"))
}

/// Axes, ascending.
pub(crate) fn axes(list: &[i64], rank: usize) -> Result<Vec<usize>, String> {
    let mut axes = list.iter().map(|&i| axis(i, rank)).collect::<Result<Vec<_>, _>>()?;
    axes.sort_unstable();
    axes.dedup();
    Ok(axes)
}
