//! From arguments as typed to options as meant.

use std::num::NonZero;

use cam_core::Arithmetic;
use cam_explain::batch::Settings;
use cam_explain::{Decoding, Environment, ModelOptions, Reading, Size};
use cam_models::Fit;

use super::{Compat, Images, MethodOptions, Model, Series, Setup};
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
            embedding: self.embedding.clone(),
            size: None,
            preprocessing: self.preprocess.clone(),
        }
    }

    /// Loads it.
    pub fn load(&self, environment: &Environment) -> Result<cam_explain::Model, Failure> {
        self.load_with(self.options(), environment)
    }

    fn load_with(
        &self,
        options: ModelOptions,
        environment: &Environment,
    ) -> Result<cam_explain::Model, Failure> {
        if self.prefix.is_some() && self.weights.as_deref().is_none_or(|weights| weights.is_empty())
        {
            return Err(Failure::usage(
                "--prefix chooses a network of a weight file: give --weights",
            ));
        }
        Ok(cam_explain::Model::load(&options, environment)?)
    }

    /// Loads it, to read images in that way.
    pub fn load_for(
        &self,
        images: &Images,
        environment: &Environment,
    ) -> Result<cam_explain::Model, Failure> {
        let reading = images.reading()?;
        let size = match reading.size {
            Size::Fixed(width, height) => Some((width, height)),
            Size::Model | Size::Native => None,
        };
        let model = self.load_with(ModelOptions { size, ..self.options() }, environment)?;
        Ok(model.following(images.arithmetic()).with_images(reading))
    }
}

impl Setup {
    /// Loads the network, to read images in that way.
    pub fn load(&self, environment: &Environment) -> Result<cam_explain::Model, Failure> {
        self.model.load_for(&self.reading, environment)
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
        let Self { eigen, top_channels, samples, blocks, seed } = self;
        cam_explain::MethodOptions {
            eigen_smooth: *eigen,
            top_channels: top_channels.map(|count| count as usize),
            samples: samples.map(|count| count as usize),
            blocks: *blocks,
            seed: *seed,
        }
    }
}

impl Series {
    /// What is made of the whole series, without tables and pictures.
    pub fn meant(&self) -> Settings {
        let Self { concepts, out, concepts_as, method, options, layer } = self;
        Settings {
            concepts: concepts.clone(),
            concepts_as: *concepts_as,
            method: method.clone(),
            options: options.meant(),
            layer: layer.clone(),
            out: out.clone(),
            shard: None,
            parquet: false,
            pictures: None,
        }
    }
}
