use burn::tensor::{DType, Device, Float, FloatDType, Tensor};

/// A value of a run: numbers, and their shape with the axis of images in front.
#[derive(Debug, Clone)]
pub struct Dense {
    numbers: Tensor<1>,
    shape: Vec<usize>,
}

impl Dense {
    /// A tensor as a value; its first axis counts images.
    pub fn new<const D: usize>(tensor: Tensor<D>) -> Self {
        let shape = tensor.dims().to_vec();
        Self { numbers: flat(tensor), shape }
    }

    /// Numbers, row by row, under a shape `[images, …]` of any length; none where it holds another number of them.
    pub fn from_numbers(numbers: Tensor<1>, shape: &[usize]) -> Option<Self> {
        let fits = !shape.is_empty() && numbers.dims() == [shape.iter().product::<usize>()];
        fits.then(|| Self { numbers, shape: shape.to_vec() })
    }

    /// Its shape, `[images, …]`.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its numbers, row by row.
    pub fn numbers(self) -> Tensor<1> {
        self.numbers
    }

    /// The tensor, if it has as many axes.
    pub fn tensor<const D: usize>(self) -> Option<Tensor<D>> {
        let sides: [usize; D] = self.shape.as_slice().try_into().ok()?;
        Some(self.numbers.reshape(sides))
    }

    /// Whether operations on it are recorded.
    pub fn is_autodiff(&self) -> bool {
        self.numbers.is_autodiff()
    }

    /// Where it lies.
    pub(crate) fn device(&self) -> Device {
        self.numbers.device()
    }

    /// How many images, 1 where all share it.
    pub fn images(&self) -> usize {
        self.shape[0]
    }

    /// Its shape for one image.
    pub(super) fn of_one(&self) -> &[usize] {
        &self.shape[1..]
    }

    /// What all images share.
    pub(super) fn shared(numbers: Tensor<1>, shape: &[usize]) -> Self {
        Self::of_images(numbers, 1, shape)
    }

    /// A value from a tensor that holds its numbers in order.
    pub(super) fn of_images<const D: usize>(
        tensor: Tensor<D>,
        images: usize,
        shape: &[usize],
    ) -> Self {
        Self { numbers: flat(tensor), shape: [&[images], shape].concat() }
    }

    /// Its numbers at another rank.
    pub(super) fn at<const D: usize>(self, sides: [usize; D]) -> Tensor<D> {
        self.numbers.reshape(sides)
    }

    /// Every number changed.
    pub(super) fn map(self, change: impl FnOnce(Tensor<1>) -> Tensor<1>) -> Self {
        Self { numbers: change(self.numbers), shape: self.shape }
    }
}

fn flat<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    let length = tensor.dims().iter().product::<usize>();
    tensor.reshape([length])
}

/// What sums many numbers does so in f32: in f16 a mean of squares overflows at 256, and a sum of a thousand ones
/// stops growing in bf16 at 256.
pub(super) fn in_f32<const D: usize>(
    x: Tensor<D>,
    compute: impl FnOnce(Tensor<D>) -> Tensor<D>,
) -> Tensor<D> {
    let precision: DType = x.dtype();
    let y: Tensor<D, Float> = compute(x.cast(FloatDType::F32));
    y.cast(FloatDType::from(precision))
}
