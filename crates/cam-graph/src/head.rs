//! What makes a vector of the last values on a grid, where that is simple enough for a closed form.

use crate::{Graph, Layout, Operation, Positions, Reduction, Shape, Value};

/// Everything between a value on a grid and the output.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// The value on the grid.
    pub value: Value,
    /// How its positions become one vector.
    pub pooling: Pooling,
    /// What follows, in order.
    pub steps: Vec<HeadStep>,
}

/// How positions become one vector.
#[derive(Debug, Clone, PartialEq)]
pub enum Pooling {
    /// Their mean.
    Average,
    /// Their maximum.
    Maximum,
    /// All of them one behind another, channel by channel.
    Flatten,
    /// Σ_p w_{cp}·x_{cp} of each channel: a depthwise convolution whose kernel covers the grid (Chen et al., MobileFaceNets,
    /// arXiv 1804.07573).
    Weighted {
        /// The name of w, `[c, 1, h, w]`.
        weight: String,
        /// What is added, `[c]`.
        bias: Option<String>,
    },
    /// Their generalised mean.
    GeneralizedMean {
        /// The name of the exponent, `[1]`.
        exponent: String,
        /// Smaller numbers count as this.
        epsilon: f32,
    },
}

/// A step behind the pooling, by the names of its parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum HeadStep {
    /// W·x + b.
    Linear {
        /// `[out, in]`.
        weight: String,
        /// `[out]`.
        bias: Option<String>,
    },
    /// A convolution whose kernel covers the whole grid, of flattened positions: one output per channel.
    Window {
        /// `[out, in / groups, h, w]`.
        weight: String,
        /// `[out]`.
        bias: Option<String>,
        /// Groups of channels that do not see each other.
        groups: usize,
    },
    /// scale·x + shift.
    ScaleShift {
        /// `[d]`.
        scale: String,
        /// `[d]`.
        shift: String,
    },
    /// x/max(‖x‖, ε).
    L2Normalize {
        /// ε.
        epsilon: f32,
    },
}

impl Graph {
    /// The head of the network, where everything behind a pooling is linear up to a division by the length.
    pub fn head(&self, shapes: &[Shape]) -> Option<Head> {
        let axes = self.axes(shapes);
        let layout = |value: Value| Layout::of(&axes[value.index()], &shapes[value.index()]);
        let mut steps = Vec::new();
        let mut value = self.output;
        loop {
            let step = self.giver(value)?;
            let read = *step.inputs.first()?;
            let (before, behind) = (&shapes[read.index()], &shapes[value.index()]);
            let pooling = match &step.operation {
                Operation::Linear(linear) if is_vector(before) => {
                    let (weight, bias) = (linear.weight.clone(), linear.bias.clone());
                    steps.push(HeadStep::Linear { weight, bias });
                    None
                }
                Operation::ScaleShift { scale, shift, axis } if spans(behind, *axis) => {
                    let (scale, shift) = (scale.clone(), shift.clone());
                    steps.push(HeadStep::ScaleShift { scale, shift });
                    None
                }
                Operation::L2Normalize { axis, epsilon } if spans(behind, *axis) => {
                    steps.push(HeadStep::L2Normalize { epsilon: *epsilon });
                    None
                }
                // Where one pixel is left, a convolution is a linear layer; where its kernel covers the grid, it joins
                // the positions.
                Operation::Convolution(convolution)
                    if convolution.activation.is_none()
                        && step.inputs.len() == 1
                        && behind.ends_with(&[1, 1]) =>
                {
                    let kernel = self.parameters.get(&convolution.weight)?;
                    let (weight, bias) = (convolution.weight.clone(), convolution.bias.clone());
                    let groups = convolution.groups;
                    let covers = before.ends_with(&kernel[2..]) && before.len() == 3;
                    match covers {
                        true if is_vector(before) && groups == 1 => {
                            steps.push(HeadStep::Linear { weight, bias });
                            None
                        }
                        true if !is_vector(before) && kernel[..2] == [groups, 1] => {
                            layout(read)?;
                            Some(Pooling::Weighted { weight, bias })
                        }
                        true if !is_vector(before) => {
                            layout(read)?;
                            steps.push(HeadStep::Window { weight, bias, groups });
                            Some(Pooling::Flatten)
                        }
                        _ => return None,
                    }
                }
                Operation::Reshape { .. } if is_vector(before) => None,
                Operation::Reshape { .. } => {
                    let layout = layout(read)?;
                    let is_grid = matches!(layout.positions, Positions::Grid { rows, columns } if rows < columns);
                    let flattens = is_grid && layout.channels == 0 && before.len() == 3;
                    Some(flattens.then_some(Pooling::Flatten)?)
                }
                Operation::Reduce { reduction, axes: over, .. } => {
                    let whole = match layout(read)?.positions {
                        Positions::Grid { rows, columns } => {
                            over.contains(&rows) && over.contains(&columns) && over.len() == 2
                        }
                        Positions::Tokens { axis, before: 0, behind: 0 } => over[..] == [axis],
                        Positions::Tokens { .. } => false,
                    };
                    let pooling = match reduction {
                        Reduction::Mean if whole => Pooling::Average,
                        Reduction::Maximum if whole => Pooling::Maximum,
                        _ => return None,
                    };
                    Some(pooling)
                }
                Operation::GeneralizedMean { exponent, epsilon } => {
                    layout(read)?;
                    Some(Pooling::GeneralizedMean { exponent: exponent.clone(), epsilon: *epsilon })
                }
                Operation::AveragePool { window, .. } => {
                    let layout = layout(read)?;
                    let whole = window.kernel == layout.grid && behind.ends_with(&[1, 1]);
                    Some(whole.then_some(Pooling::Average)?)
                }
                _ => return None,
            };
            if let Some(pooling) = pooling {
                steps.reverse();
                return Some(Head { value: read, pooling, steps });
            }
            value = read;
        }
    }
}

/// Whether all numbers lie along one axis.
fn is_vector(shape: &[usize]) -> bool {
    shape.iter().filter(|&&side| side != 1).count() <= 1
}

fn spans(shape: &[usize], axis: usize) -> bool {
    is_vector(shape) && shape.iter().product::<usize>() == shape[axis]
}
