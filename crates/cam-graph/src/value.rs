use serde::{Deserialize, Serialize};

/// The result of a step, or the network's input.
///
/// [`Value::INPUT`] is the image; step i gives `Value::of_step(i)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Value(usize);

impl Value {
    /// The image, `[3, h, w]` as a rule.
    pub const INPUT: Self = Self(0);

    /// What a step gives.
    pub fn of_step(step: usize) -> Self {
        Self(step + 1)
    }

    /// The step that gives it; none for the input.
    pub fn step(self) -> Option<usize> {
        self.0.checked_sub(1)
    }

    /// How many steps must have run for it to exist.
    pub fn index(self) -> usize {
        self.0
    }
}
