use serde::{Deserialize, Serialize};

use crate::Error;

/// What made the embeddings: numbers of another network, of other weights, or of images that were
/// brought to the network in another way, are not comparable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The network's name.
    pub model: String,
    /// SHA-256 of its weights, in hexadecimal digits.
    pub weights_sha256: String,
    /// How images are brought to it, in words.
    pub preprocessing: String,
    /// How wide its embeddings are.
    pub width: usize,
}

impl Fingerprint {
    /// That these numbers can be compared with those of `used`.
    ///
    /// # Errors
    /// [`Error::OtherModel`], which says what differs.
    pub fn check(&self, used: &Self) -> Result<(), Error> {
        let differs = |what: &'static str, kept: &str, used: &str| Error::OtherModel {
            what,
            kept: kept.to_owned(),
            used: used.to_owned(),
        };
        if self.model != used.model {
            return Err(differs("network", &self.model, &used.model));
        }
        if self.weights_sha256 != used.weights_sha256 {
            let short = |digest: &str| digest.chars().take(12).collect::<String>();
            return Err(differs(
                "weights",
                &short(&self.weights_sha256),
                &short(&used.weights_sha256),
            ));
        }
        if self.preprocessing != used.preprocessing {
            return Err(differs("input", &self.preprocessing, &used.preprocessing));
        }
        if self.width != used.width {
            return Err(differs("width", &self.width.to_string(), &used.width.to_string()));
        }
        Ok(())
    }
}
