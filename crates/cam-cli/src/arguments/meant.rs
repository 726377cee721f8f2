//! From arguments as typed to options as meant.

use std::num::NonZero;

use cam_core::Arithmetic;
use cam_explain::{Decoding, Environment, ModelOptions, Reading, Size};
use cam_models::Fit;

use super::{Compat, Images, MethodOptions, Model};
use crate::failure::Failure;

impl Model {
    /// Which network, and on what it runs.
    pub fn options(&self) -> ModelOptions {
        ModelOptions {
            name: self.model.clone(),
            weights: self.weights.clone(),
            prefix: self.prefix.clone(),
            allow_partial: self.allow_partial,
            device: self.device.clone(),
            precision: self.precision.unwrap_or_default(),
            batch: NonZero::new(self.batch as usize),
            threads: self.threads as usize,
            exact: self.exact,
            preprocessing: self.preprocess.clone(),
        }
    }

    /// Loads it.
    pub fn load(&self, environment: &Environment) -> Result<cam_explain::Model, Failure> {
        if self.prefix.is_some() && self.weights.as_deref().is_none_or(|weights| weights.is_empty())
        {
            return Err(Failure::usage(
                "--prefix chooses a network of a weight file: give --weights",
            ));
        }
        Ok(cam_explain::Model::load(&self.options(), environment)?)
    }

    /// Loads it, to read images in that way.
    pub fn load_for(
        &self,
        images: &Images,
        environment: &Environment,
    ) -> Result<cam_explain::Model, Failure> {
        let reading = images.reading()?;
        let model = self.load(environment)?;
        Ok(model.following(images.arithmetic()).with_images(reading))
    }
}

impl Images {
    /// How images are read.
    pub fn reading(&self) -> Result<Reading, Failure> {
        let size = self.size.as_deref().map_or(Ok(Size::Model), str::parse::<Size>)?;
        if let (Size::Native, Some(fit)) = (size, self.fit) {
            return Err(Failure::usage(format!(
                "--size native takes each image as it is, and leaves --fit {fit} nothing to do: leave \
                 out one of them"
            )));
        }
        let fit = self.fit.or(self.compat.map(|_| Fit::Squash));
        if let (Some(_), Some(fit)) = (self.compat, self.fit)
            && fit != Fit::Squash
        {
            return Err(Failure::usage(format!(
                "--compat follows a library that squashes images: leave out --fit {fit}, or --compat"
            )));
        }
        let decoding = Decoding { strict: self.strict, stretch: self.stretch };
        Ok(Reading { size, fit, decoding, ..Reading::default() })
    }

    /// Whose arithmetic is followed.
    pub fn arithmetic(&self) -> Arithmetic {
        match self.compat {
            Some(Compat::PytorchGradCam) => Arithmetic::PytorchGradCam,
            None => Arithmetic::Standard,
        }
    }
}

impl MethodOptions {
    /// What is set about methods.
    pub fn meant(&self) -> cam_explain::MethodOptions {
        let Self { eigen, top_channels, samples, seed } = self;
        cam_explain::MethodOptions {
            eigen_smooth: *eigen,
            top_channels: top_channels.map(|count| count as usize),
            samples: samples.map(|count| count as usize),
            seed: *seed,
        }
    }
}
