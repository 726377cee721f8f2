use crate::{Image, Map};

/// Gives a score for each of some images: what the explained network and target say of them.
pub type Score<'a, E> = &'a mut (dyn FnMut(&[Image]) -> Result<Vec<f32>, E> + 'a);

/// Gives a map for each of some images, by the method that is measured.
pub type Explain<'a, E> = &'a mut (dyn FnMut(&[Image]) -> Result<Vec<Map>, E> + 'a);
