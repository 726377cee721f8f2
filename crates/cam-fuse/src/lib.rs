//! Steps that are one, made one: norms into convolutions, spelt-out functions into their names.
//!
//! Every pass leaves what the network computes as it is, to rounding. A pass turns a later step into the fused one and
//! has it read what the earlier steps read; those then have no reader and are left out at the end.

mod affine;
mod convolution;
mod erf;
mod function;
mod layer_norm;
mod movement;
mod normalize;

use std::collections::{BTreeMap, BTreeSet};

use cam_graph::{Graph, Operation, Shape, Value};

pub use erf::erf;

/// The numbers of every parameter.
pub type Numbers = BTreeMap<String, Vec<f32>>;

/// Runs all passes. Parameters that are read elsewhere, such as a classifier's, are kept as they are.
///
/// # Examples
/// ```
/// use std::collections::BTreeMap;
///
/// use cam_graph::{BatchNorm, Convolution, Function, Graph, Name, Operation, Value};
///
/// let mut graph = Graph::new(&[1, 2, 2]);
/// graph.parameters.insert("conv.weight".into(), vec![1, 1, 1, 1]);
/// let convolution = Operation::Convolution(Convolution::new("conv.weight", None));
/// let x = graph.push(&[Value::INPUT], convolution, Name::default());
/// let norm = BatchNorm::named("bn", 0.0);
/// norm.parameters().iter().for_each(|name| drop(graph.parameters.insert(name.to_string(), vec![1])));
/// let x = graph.push(&[x], Operation::BatchNorm(norm), Name::default());
/// graph.output = graph.push(&[x], Operation::Map(Function::Relu), Name::default());
///
/// let numbers = [("conv.weight", 3.0), ("bn.weight", 2.0), ("bn.bias", 1.0), ("bn.running_mean", 0.5), ("bn.running_var", 4.0)];
/// let mut numbers: BTreeMap<_, _> =
///     numbers.into_iter().map(|(name, number)| (name.to_owned(), vec![number])).collect();
/// cam_fuse::fuse(&mut graph, &mut numbers, &[]);
///
/// // 2·(3·x − 0.5)/√4 + 1 = 3·x + 0.5
/// let [step] = &graph.steps[..] else { panic!("one step is left") };
/// let Operation::Convolution(fused) = &step.operation else { panic!("it is the convolution") };
/// assert_eq!(numbers[&fused.weight], [3.0]);
/// assert_eq!(numbers[fused.bias.as_ref().expect("the norm has a shift")], [0.5]);
/// assert_eq!(fused.activation, Some(Function::Relu));
/// ```
pub fn fuse(graph: &mut Graph, numbers: &mut Numbers, read_elsewhere: &[&str]) {
    graph.prune();
    let passes: [fn(&mut Work<'_>); 6] = [
        movement::merge,
        function::recognise,
        layer_norm::recognise,
        normalize::recognise,
        affine::fold,
        convolution::fuse,
    ];
    for pass in passes {
        let Ok(shapes) = graph.shapes(&graph.input) else { return };
        let readers = graph.readers();
        let users = users(graph, read_elsewhere);
        let (graph, numbers) = (&mut *graph, &mut *numbers);
        let room = FREE + numbers.values().map(Vec::len).sum::<usize>();
        let named = BTreeMap::new();
        pass(&mut Work { graph, numbers, shapes, readers, users, named, room });
        graph.prune();
        // At once, so that what was folded and what it became are not both there longer than they must.
        let kept = users_by_name(graph, read_elsewhere);
        numbers.retain(|name, _| kept.contains(name.as_str()));
    }
}

/// Numbers of copies that are made in any case.
const FREE: usize = 4 << 20;

/// How many steps read each parameter; one that is read elsewhere is read once more.
fn users(graph: &Graph, read_elsewhere: &[&str]) -> BTreeMap<String, usize> {
    let mut users = BTreeMap::new();
    for name in read(graph, read_elsewhere) {
        *users.entry(name.to_owned()).or_default() += 1;
    }
    users
}

fn users_by_name<'a>(graph: &'a Graph, read_elsewhere: &'a [&str]) -> BTreeSet<&'a str> {
    read(graph, read_elsewhere).collect()
}

/// The parameters that are read.
fn read<'a>(graph: &'a Graph, read_elsewhere: &'a [&str]) -> impl Iterator<Item = &'a str> {
    let of_steps = graph.steps.iter().flat_map(|step| step.operation.parameters());
    of_steps.chain(read_elsewhere.iter().copied())
}

/// A graph while a pass works on it.
struct Work<'a> {
    graph: &'a mut Graph,
    numbers: &'a mut Numbers,
    /// Of every value.
    shapes: Vec<Shape>,
    /// How many steps read each value.
    readers: Vec<usize>,
    /// How many steps read each parameter; one that is read elsewhere is read once more.
    users: BTreeMap<String, usize>,
    /// Under how many names of a kind parameters were made.
    named: BTreeMap<String, usize>,
    /// Numbers that parameters may have that are made beside those that are still read.
    room: usize,
}

impl Work<'_> {
    fn operation(&self, value: Value) -> Option<&Operation> {
        self.graph.giver(value).map(|step| &step.operation)
    }

    fn inputs(&self, value: Value) -> &[Value] {
        self.graph.giver(value).map_or(&[], |step| &step.inputs)
    }

    fn shape(&self, value: Value) -> &[usize] {
        &self.shapes[value.index()]
    }

    /// Whether one step alone reads a value.
    fn is_read_once(&self, value: Value) -> bool {
        self.readers[value.index()] == 1
    }

    /// The numbers of a constant.
    fn constant(&self, value: Value) -> Option<&[f32]> {
        match self.operation(value)? {
            Operation::Constant { parameter } => self.numbers.get(parameter).map(Vec::as_slice),
            _ => None,
        }
    }

    /// A constant that is one number.
    fn scalar(&self, value: Value) -> Option<f32> {
        match self.constant(value)? {
            &[number] => Some(number),
            _ => None,
        }
    }

    /// The two things that a step combines.
    fn pair(&self, value: Value) -> Option<(Value, Value)> {
        match self.inputs(value) {
            &[a, b] => Some((a, b)),
            _ => None,
        }
    }

    /// Turns a step into another.
    fn replace(&mut self, value: Value, inputs: &[Value], operation: Operation) {
        let Some(index) = value.step() else { return };
        for read in std::mem::take(&mut self.graph.steps[index].inputs) {
            self.readers[read.index()] -= 1;
        }
        for read in inputs {
            self.readers[read.index()] += 1;
        }
        let step = &mut self.graph.steps[index];
        step.inputs = inputs.to_vec();
        step.operation = operation;
    }

    /// Has a step read other values.
    fn read(&mut self, value: Value, inputs: &[Value]) {
        if self.inputs(value) != inputs
            && let Some(operation) = self.operation(value).cloned()
        {
            self.replace(value, inputs, operation);
        }
    }

    /// A parameter's numbers, to be changed: themselves where one step alone reads them, or a copy. None where copies
    /// would be too many: steps that share their weights would each get some of their own.
    fn take(&mut self, name: &str) -> Option<Vec<f32>> {
        if self.users.get(name).is_none_or(|&users| users <= 1) {
            return self.numbers.remove(name);
        }
        self.room = self.room.checked_sub(self.numbers.get(name)?.len())?;
        self.numbers.get(name).cloned()
    }

    /// A new parameter; the name is made one of its own.
    fn parameter(&mut self, name: &str, shape: Shape, values: Vec<f32>) -> String {
        // Of `w~2` the next is `w~3`, so that names do not grow with every fold.
        let name = match name.rsplit_once('~') {
            Some((stem, count)) if count.bytes().all(|byte| byte.is_ascii_digit()) => stem,
            _ => name,
        };
        let mut unique = name.to_owned();
        while self.graph.parameters.contains_key(&unique) || self.numbers.contains_key(&unique) {
            let count = self.named.entry(name.to_owned()).or_insert(1);
            *count += 1;
            unique = format!("{name}~{count}");
        }
        self.graph.parameters.insert(unique.clone(), shape);
        self.numbers.insert(unique.clone(), values);
        unique
    }

    /// Values in order.
    fn values(&self) -> impl Iterator<Item = Value> + use<> {
        (0..self.graph.steps.len()).map(Value::of_step)
    }
}
