//! Where a network can be cut: found by liveness, named after modules.

use std::collections::{BTreeMap, BTreeSet};

use crate::layout::{Axes, Axis};
use crate::{Graph, Layout, Name, Operation, Shape, ShapeError, Step, Value, mixing};

/// The most values that may live on beside a cut. Within a block of a DenseNet some sixty do; a place beside which half
/// of the network lives on is none to cut at, and to list what does at each of them would take the square of the steps.
const MOST_HELD: usize = 128;

/// The most modules that a step is listed under.
const DEEPEST: usize = 16;

/// A value at which the network falls into two parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// What lies there.
    pub value: Value,
    /// What else later steps read: a residual that lives on beside it.
    pub held: Vec<Value>,
    /// What it goes by: the module whose last value it is first, then other modules, its node and itself.
    pub names: Vec<String>,
    /// The grid of the image there.
    pub layout: Layout,
    /// Whether what follows reads positions of the grid, and not only the tokens beside it. Where it does not, the
    /// gradient at every position is zero.
    pub reaches_output: bool,
}

impl Cut {
    /// The first of its names.
    pub fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// Whether nothing lives on beside it.
    pub fn is_clean(&self) -> bool {
        self.held.is_empty()
    }

    /// Channels of the value there.
    pub fn channels(&self, shapes: &[Shape]) -> usize {
        shapes[self.value.index()][self.layout.channels]
    }

    /// Input pixels per position, along one side.
    pub fn stride(&self, shapes: &[Shape]) -> usize {
        let across = shapes[0].last().copied().unwrap_or(1);
        across.div_ceil(self.layout.grid[1].max(1))
    }
}

impl Graph {
    /// Every value of the output's past that has channels at the positions of a grid, in order: those beside which
    /// nothing lives on, and those beside which a few others do.
    ///
    /// # Errors
    /// [`ShapeError`] where the network does not fit such an input.
    pub fn cuts(&self, input: &[usize]) -> Result<Vec<Cut>, ShapeError> {
        let shapes = self.shapes(input)?;
        let axes = self.axes(&shapes);
        let needed = self.needed(|_| false, &[self.output]);
        let reads_positions = mixing::reads_positions(self, &axes);
        let mut alive = Alive::new(self, &needed);
        let cuts = (0..self.steps.len()).filter_map(|step| {
            let value = Value::of_step(step);
            alive.run(self, step);
            // A border that was laid around a value moves its grid.
            let is_plain = !matches!(self.steps[step].operation, Operation::Pad { .. });
            if !needed[step] || !is_plain || value == self.output {
                return None;
            }
            let layout = Layout::of(&axes[value.index()], &shapes[value.index()])?;
            Some(Cut {
                value,
                held: alive.beside(value)?,
                names: self.steps[step].name.all(),
                layout,
                reaches_output: reads_positions[value.index()],
            })
        });
        Ok(cuts.collect())
    }

    /// The place to look at unless told otherwise: the last at which nothing lives on and whose positions the output
    /// depends on. What lies within the module that joins the positions, such as the keys of an attention pooling, is
    /// part of the joining.
    pub fn automatic(&self, cuts: &[Cut], shapes: &[Shape]) -> Option<usize> {
        let Some(last) = cuts.iter().rposition(|cut| cut.is_clean() && cut.reaches_output) else {
            // A network of parallel branches: the last of them.
            return cuts.iter().rposition(|cut| cut.reaches_output);
        };
        let joining = self.joining(cuts[last].value, shapes);
        let module = joining.map_or("", |step| step.name.module.as_str());
        let is_outside = |cut: &Cut| {
            let own = self.giver(cut.value).map_or("", |step| step.name.module.as_str());
            let inside = own
                .strip_prefix(module)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            module.is_empty() || !inside
        };
        // The same numbers in another order are not another layer.
        let computes = |cut: &Cut| {
            let giver = self.giver(cut.value).map(|step| &step.operation);
            let moves = matches!(
                giver,
                Some(
                    Operation::Reshape { .. }
                        | Operation::Transpose { .. }
                        | Operation::Slice { .. }
                )
            );
            !moves
        };
        let is_wanted = |cut: &Cut| cut.is_clean() && cut.reaches_output && computes(cut);
        let outside = cuts.iter().rposition(|cut| is_wanted(cut) && is_outside(cut));
        outside.or_else(|| cuts.iter().rposition(is_wanted)).or(Some(last))
    }

    /// The first step behind a value that joins positions of the grid: a mean, an attention, a flattening.
    pub fn joining(&self, value: Value, shapes: &[Shape]) -> Option<&Step> {
        let axes = self.axes(shapes);
        let joins = |step: usize| {
            let reads = self.steps[step].inputs.iter().any(|value| has_grid(&axes[value.index()]));
            let is_product = matches!(self.steps[step].operation, Operation::MatMul);
            reads && (is_product || !has_grid(&axes[step + 1]))
        };
        (value.index()..self.steps.len()).find(|&step| joins(step)).map(|step| &self.steps[step])
    }

    /// Tells every step of which modules it gives the last value.
    ///
    /// It is for whoever makes a graph, before steps are fused: a module whose last value is fused away then goes by no
    /// name, rather than by that of another value.
    pub fn name_modules(&mut self) {
        let mut last_of_module = BTreeMap::new();
        for (index, step) in self.steps.iter().enumerate() {
            for module in enclosing(&step.name.module) {
                last_of_module.insert(module, index);
            }
        }
        let ends = self.steps.iter().enumerate().map(|(index, step)| {
            let ended = enclosing(&step.name.module)
                .filter(|&module| last_of_module.get(module) == Some(&index));
            ended.map(str::to_owned).collect()
        });
        let ends: Vec<Vec<String>> = ends.collect();
        for (step, ends) in self.steps.iter_mut().zip(ends) {
            step.name.ends = ends;
        }
    }
}

/// The values that later steps read, while the steps run one by one.
struct Alive {
    /// The last step that reads each value, the output being read behind all.
    last_reader: Vec<Option<usize>>,
    values: BTreeSet<Value>,
}

impl Alive {
    fn new(graph: &Graph, needed: &[bool]) -> Self {
        let mut last_reader = vec![None; graph.steps.len() + 1];
        for (index, step) in graph.steps.iter().enumerate().filter(|(index, _)| needed[*index]) {
            step.inputs.iter().for_each(|read| last_reader[read.index()] = Some(index));
        }
        last_reader[graph.output.index()] = Some(usize::MAX);
        let input = last_reader[0].is_some().then_some(Value::INPUT);
        Self { last_reader, values: input.into_iter().collect() }
    }

    /// A step has run.
    fn run(&mut self, graph: &Graph, step: usize) {
        for read in &graph.steps[step].inputs {
            if self.last_reader[read.index()].is_none_or(|last| last <= step) {
                self.values.remove(read);
            }
        }
        let value = Value::of_step(step);
        if self.last_reader[value.index()].is_some() && !graph.is_constant(value) {
            self.values.insert(value);
        }
    }

    /// What lives on beside the last value; none where that is too much.
    fn beside(&self, value: Value) -> Option<Vec<Value>> {
        let held = self.values.iter().copied().filter(|&held| held != value);
        (self.values.len() <= MOST_HELD).then(|| held.collect())
    }
}

impl Name {
    /// What a value goes by.
    fn all(&self) -> Vec<String> {
        // `layer4.2` rather than `layer4`, which goes by it too, and than `layer4.2.relu`.
        let block = self.ends.iter().position(|module| is_numbered(module)).unwrap_or(0);
        let others = self.ends.iter().enumerate().filter(|(i, _)| *i != block).map(|(_, m)| m);
        let modules = self.ends.get(block).into_iter().chain(others);
        let mut distinct: Vec<String> = Vec::new();
        for name in modules.chain([&self.node, &self.value]).filter(|name| !name.is_empty()) {
            if !distinct.contains(name) {
                distinct.push(name.clone());
            }
        }
        distinct
    }
}

fn has_grid(axes: &Axes) -> bool {
    axes.as_ref().is_some_and(|axes| axes.iter().any(|axis| *axis != Axis::Other))
}

/// A module and those that it is part of, the outermost first.
fn enclosing(module: &str) -> impl Iterator<Item = &str> {
    let ends = module.match_indices('.').map(|(place, _)| place);
    let whole = (!module.is_empty()).then_some(module.len());
    ends.chain(whole).take(DEEPEST).map(|end| &module[..end])
}

/// Whether a module is one of a list: `2` of `layer4.2`, or `encoder_layer_11`.
fn is_numbered(module: &str) -> bool {
    let last = module.rsplit(['.', '_']).next().unwrap_or_default();
    !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())
}
