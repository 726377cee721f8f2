use cam_core::Linear;

use crate::{ClassLogit, Combination, Error, negation};

/// The answer of a classifier with one output z: s = z for the class, −z against it.
///
/// # Errors
/// [`Error::NotBinary`] where the classifier has more outputs or none.
pub fn binary(classifier: Linear, is_the_class: bool) -> Result<Combination, Error> {
    let [outputs, _] = classifier.weight.dims();
    if outputs != 1 {
        return Err(Error::NotBinary { outputs });
    }
    let logit = ClassLogit::of(classifier, vec![0])?;
    match is_the_class {
        true => Combination::new(0.0, vec![(1.0, Box::new(logit))]),
        false => Ok(negation(logit)),
    }
}
