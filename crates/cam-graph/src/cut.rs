//! Where a network can be cut: found by liveness, named after modules.

use std::collections::BTreeMap;

use crate::layout::{Axes, Axis};
use crate::{Graph, Layout, Operation, Shape, ShapeError, Step, Value, mixing};

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
    /// nothing lives on, and those beside which something does.
    ///
    /// # Errors
    /// [`ShapeError`] where the network does not fit such an input.
    pub fn cuts(&self, input: &[usize]) -> Result<Vec<Cut>, ShapeError> {
        let shapes = self.shapes(input)?;
        let axes = self.axes(&shapes);
        let needed = self.needed(|_| false, &[self.output]);
        let reads_positions = mixing::reads_positions(self, &axes);
        let names = self.names();
        let cuts = (0..self.steps.len()).filter(|&step| needed[step]).filter_map(|step| {
            let value = Value::of_step(step);
            let layout = Layout::of(&axes[value.index()], &shapes[value.index()])?;
            Some(Cut {
                value,
                held: self.held(value, &needed),
                names: names[step].clone(),
                layout,
                reaches_output: reads_positions[value.index()],
            })
        });
        // A border that was laid around a value moves its grid.
        let is_plain = |cut: &Cut| {
            let giver = self.giver(cut.value).map(|step| &step.operation);
            !matches!(giver, Some(Operation::Pad { .. })) && cut.value != self.output
        };
        Ok(cuts.filter(is_plain).collect())
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

    /// What later steps read beside a value, once all steps up to it have run.
    fn held(&self, cut: Value, needed: &[bool]) -> Vec<Value> {
        let later =
            self.steps.iter().enumerate().skip(cut.index()).filter(|(step, _)| needed[*step]);
        let mut held: Vec<Value> = later
            .flat_map(|(_, step)| step.inputs.iter().copied())
            .chain([self.output])
            .filter(|&value| value < cut && !self.is_constant(value))
            .collect();
        held.sort_unstable();
        held.dedup();
        held
    }

    /// Tells every step of which modules it gives the last value.
    ///
    /// It is for whoever makes a graph, before steps are fused: a module whose last value is fused away then goes by no
    /// name, rather than by that of another value.
    pub fn name_modules(&mut self) {
        let mut last_of_module = BTreeMap::new();
        for (index, step) in self.steps.iter().enumerate() {
            for module in enclosing(&step.name.module) {
                last_of_module.insert(module.to_owned(), index);
            }
        }
        for (index, step) in self.steps.iter_mut().enumerate() {
            let name = &mut step.name;
            name.ends = enclosing(&name.module)
                .filter(|&module| last_of_module.get(module) == Some(&index))
                .map(str::to_owned)
                .collect();
        }
    }

    /// What the value of every step goes by.
    fn names(&self) -> Vec<Vec<String>> {
        let names = self.steps.iter().map(|step| {
            let modules: Vec<&str> = step.name.ends.iter().map(String::as_str).collect();
            let mut names = Vec::new();
            // `layer4.2` rather than `layer4`, which goes by it too, and than `layer4.2.relu`.
            let block = modules.iter().position(|module| is_numbered(module)).unwrap_or(0);
            names.extend(modules.get(block));
            names.extend(modules.iter().enumerate().filter(|(i, _)| *i != block).map(|(_, m)| m));
            names.extend([step.name.node.as_str(), step.name.value.as_str()]);
            let mut distinct: Vec<String> = Vec::new();
            for name in names.into_iter().filter(|name| !name.is_empty()) {
                if !distinct.iter().any(|known| known == name) {
                    distinct.push(name.to_owned());
                }
            }
            distinct
        });
        names.collect()
    }
}

fn has_grid(axes: &Axes) -> bool {
    axes.as_ref().is_some_and(|axes| axes.iter().any(|axis| *axis != Axis::Other))
}

/// A module and those that it is part of, the outermost first.
fn enclosing(module: &str) -> impl Iterator<Item = &str> {
    let ends = module.match_indices('.').map(|(place, _)| place);
    ends.chain((!module.is_empty()).then_some(module.len())).map(|end| &module[..end])
}

/// Whether a module is one of a list: `2` of `layer4.2`, or `encoder_layer_11`.
fn is_numbered(module: &str) -> bool {
    let last = module.rsplit(['.', '_']).next().unwrap_or_default();
    !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())
}
