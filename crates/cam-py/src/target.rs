//! A target of one's own: a function of the embedding.

use std::sync::{Mutex, PoisonError};

use burn::tensor::{Tensor, TensorData};
use cam_core::Target;
use numpy::{IntoPyArray as _, PyUntypedArray, PyUntypedArrayMethods as _};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::error::{Error, usage};
use crate::images::contiguous;

/// A function of Python's that takes an embedding `[d]` and gives its score and the score's gradient `[d]`.
pub struct Callable {
    function: Py<PyAny>,
    width: usize,
    /// What the function raised first: a target cannot report a failure.
    raised: Mutex<Option<PyErr>>,
}

impl Callable {
    /// Of embeddings that are so wide.
    pub fn new(function: Py<PyAny>, width: usize) -> Self {
        Self { function, width, raised: Mutex::default() }
    }

    /// Raises what the function raised.
    pub fn check(&self) -> PyResult<()> {
        let raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner).take();
        raised.map_or(Ok(()), Err)
    }

    /// The score of every embedding and its gradient; no numbers where the function raises.
    fn asked(&self, embeddings: &Tensor<2>) -> (Vec<f32>, Vec<f32>) {
        let values = embeddings.clone().try_into_vec_as::<f32>();
        let rows = values.map_err(|error| Error::new_err(error.to_string()));
        let made = rows.and_then(|values| {
            Python::attach(|py| {
                let each = values.chunks(self.width).map(|row| self.call(py, row));
                each.collect::<PyResult<Vec<_>>>()
            })
        });
        match made {
            Ok(made) => {
                let (scores, gradients): (Vec<f32>, Vec<Vec<f32>>) = made.into_iter().unzip();
                (scores, gradients.concat())
            }
            Err(error) => {
                let mut raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
                raised.get_or_insert(error);
                let [count, width] = embeddings.dims();
                (vec![0.0; count], vec![0.0; count * width])
            }
        }
    }

    fn call(&self, py: Python<'_>, embedding: &[f32]) -> PyResult<(f32, Vec<f32>)> {
        let given = self.function.bind(py).call1((embedding.to_vec().into_pyarray(py),))?;
        let pair: (f64, Bound<'_, PyAny>) = given.extract().map_err(|_| {
            PyTypeError::new_err(
                "a target is a function of the embedding that gives its score, a number, and the score's gradient, an array \
                 as long as the embedding",
            )
        })?;
        let (score, gradient) = pair;
        let numpy = py.import("numpy")?;
        let gradient = numpy.call_method1("asarray", (gradient, "float32"))?;
        let gradient = gradient.cast_into::<PyUntypedArray>()?;
        if gradient.shape() != [self.width] {
            return Err(usage(format_args!(
                "the target's gradient has shape {:?}, and the embedding [{}]",
                gradient.shape(),
                self.width
            )));
        }
        let gradient: Vec<f32> = contiguous(&gradient)?;
        if !score.is_finite() || gradient.iter().any(|value| !value.is_finite()) {
            return Err(usage(format_args!(
                "the target's score is {score}, and its gradient must be of finite numbers too"
            )));
        }
        Ok((score as f32, gradient))
    }
}

impl Target for Callable {
    fn width(&self) -> usize {
        self.width
    }

    fn questions(&self) -> usize {
        1
    }

    fn scores(&self, embeddings: Tensor<2>) -> Tensor<2> {
        let (scores, _) = self.asked(&embeddings);
        let shape = [scores.len(), 1];
        Tensor::from_data(TensorData::new(scores, shape), &embeddings.device())
    }

    fn gradients(&self, embeddings: Tensor<2>) -> Option<Tensor<3>> {
        let (scores, gradients) = self.asked(&embeddings);
        let shape = [scores.len(), 1, self.width];
        Some(Tensor::from_data(TensorData::new(gradients, shape), &embeddings.device()))
    }
}
