//! A model's preprocessing: asked for, and replaced.

use cam_models::Preprocessing;
use serde_json::Value;

use super::{PreprocessingOrigin, Used, json};
use crate::model::Model;

impl Model {
    /// The same network with images prepared in another way: for a network whose file does not say what its weights
    /// were trained with.
    ///
    /// ```
    /// use cam_explain::{Model, PreprocessingOrigin};
    /// use cam_models::Preprocessing;
    ///
    /// let model = Model::open("efficientnet-lite0")?.with_preprocessing(Preprocessing::half());
    /// assert_eq!(*model.preprocessing_origin(), PreprocessingOrigin::Given);
    /// # Ok::<(), cam_explain::Error>(())
    /// ```
    #[must_use]
    pub fn with_preprocessing(self, preprocessing: Preprocessing) -> Self {
        self.prepared_by(preprocessing, PreprocessingOrigin::Given)
    }

    pub(crate) fn prepared_by(
        mut self,
        preprocessing: Preprocessing,
        origin: PreprocessingOrigin,
    ) -> Self {
        let own = self.preprocessing.instead_of;
        let own = own.unwrap_or_else(|| self.network.preprocessing().clone());
        self.network = self.network.with_preprocessing(preprocessing.clone());
        let copies = self.copies.into_iter();
        self.copies = copies.map(|copy| copy.with_preprocessing(preprocessing.clone())).collect();
        self.preprocessing = Used { origin, instead_of: Some(own) };
        self
    }

    /// How images are prepared.
    pub fn preprocessing(&self) -> &Preprocessing {
        self.network.preprocessing()
    }

    /// What that follows from.
    pub fn preprocessing_origin(&self) -> &PreprocessingOrigin {
        &self.preprocessing.origin
    }

    /// How images are prepared as JSON, and what that follows from: `origin`, and as `source` the preset's name or the
    /// file.
    pub fn preprocessing_report(&self) -> Value {
        let mut report = json(self.preprocessing());
        let origin = &self.preprocessing.origin;
        let source = match origin {
            PreprocessingOrigin::Preset(_) | PreprocessingOrigin::File(_) => {
                Some(origin.to_string())
            }
            _ => None,
        };
        report["origin"] = origin.name().into();
        report["source"] = source.into();
        report
    }
}
