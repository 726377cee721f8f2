use crate::{Image, Map};

/// Gives a score for each image: that of the explained network and target.
pub type Score<'a, E> = &'a mut (dyn FnMut(&[Image]) -> Result<Vec<f32>, E> + 'a);

/// Gives a map for each image, by the method that is measured.
pub type Explain<'a, E> = &'a mut (dyn FnMut(&[Image]) -> Result<Vec<Map>, E> + 'a);
