use std::collections::BTreeMap;

use burn::tensor::{DType, Device, Tensor, TensorData};
use cam_graph::Shape;
use thiserror::Error;

use crate::precision::Precision;

/// A graph's parameters do not fit it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// One that it names is not there.
    #[error("there are no numbers for parameter `{name}` of shape {shape:?}")]
    Missing {
        /// Its name.
        name: String,
        /// The shape that the graph gives it.
        shape: Shape,
    },
    /// One has another size.
    #[error("parameter `{name}` of shape {shape:?} takes {} numbers, not {found}", .shape.iter().product::<usize>())]
    Size {
        /// Its name.
        name: String,
        /// The shape that the graph gives it.
        shape: Shape,
        /// How many numbers there are.
        found: usize,
    },
}

/// The parameters of a graph on a device.
pub(super) struct Parameters(BTreeMap<String, (Tensor<1>, Shape)>);

impl Parameters {
    pub(super) fn upload(
        shapes: &BTreeMap<String, Shape>,
        mut numbers: BTreeMap<String, Vec<f32>>,
        device: &Device,
        precision: Precision,
    ) -> Result<Self, ParameterError> {
        let options = || (device, DType::from(precision.dtype()));
        let uploaded = shapes.iter().map(|(name, shape)| {
            let found = numbers.remove(name);
            let missing = || ParameterError::Missing { name: name.clone(), shape: shape.clone() };
            let found = fitting(name, shape, found.ok_or_else(missing)?)?;
            let length = found.len();
            let tensor = Tensor::from_data(TensorData::new(found, [length]), options());
            Ok((name.clone(), (tensor, shape.clone())))
        });
        Ok(Self(uploaded.collect::<Result<_, _>>()?))
    }

    /// The numbers of one, row by row.
    pub(super) fn flat(&self, name: &str) -> Tensor<1> {
        self.find(name).0.clone()
    }

    /// The numbers of one that may be left out.
    pub(super) fn optional(&self, name: Option<&String>) -> Option<Tensor<1>> {
        name.map(|name| self.flat(name))
    }

    /// One at the rank that it has.
    pub(super) fn tensor<const D: usize>(&self, name: &str) -> Tensor<D> {
        let (numbers, shape) = self.find(name);
        let sides: [usize; D] = shape.as_slice().try_into().expect("shapes were worked out before");
        numbers.clone().reshape(sides)
    }

    fn find(&self, name: &str) -> &(Tensor<1>, Shape) {
        self.0.get(name).expect("shapes were worked out before, from the same parameters")
    }
}

fn fitting(name: &str, shape: &[usize], numbers: Vec<f32>) -> Result<Vec<f32>, ParameterError> {
    match numbers.len() {
        found if found == shape.iter().product::<usize>() => Ok(numbers),
        found => Err(ParameterError::Size { name: name.to_owned(), shape: shape.to_vec(), found }),
    }
}
