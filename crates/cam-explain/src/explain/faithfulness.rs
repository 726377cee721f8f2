use burn::tensor::{Tensor, TensorData};
use cam_metrics::{Curve, Image, Perturbation, baselines, deletion, insertion};
use cam_viz::Map;
use serde::Serialize;

use super::captured::Captured;
use super::question::{Prepared, Subject};
use crate::error::Error;
use crate::tensors::read;

/// Steps of deletion and insertion: an area changes by less than a hundredth with more of them.
pub(crate) const STEPS: usize = 25;

/// How the score changes as an image is deleted, or inserted, in a map's order.
#[derive(Debug, Clone)]
pub struct Curves {
    /// What made the map: `the map`, or a baseline.
    pub name: &'static str,
    /// The most relevant pixels become the mean colour first: the faster the score falls, the better the map.
    pub deletion: Curve,
    /// The most relevant pixels appear in a blurred copy first: the faster the score rises, the better the map.
    pub insertion: Curve,
}

/// The areas below curves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Areas {
    /// The mean score while the image is deleted.
    pub deletion: f32,
    /// The mean score while it is inserted.
    pub insertion: f32,
}

impl Curves {
    /// The area below each.
    pub fn areas(&self) -> Areas {
        Areas { deletion: self.deletion.area(), insertion: self.insertion.area() }
    }
}

impl Captured<'_> {
    /// Deletion and insertion (Petsiuk et al., *RISE*, arXiv 1806.07421, section 4.2) by a finished map of the input's
    /// size, then by baselines that do not look at the network: a random map, the centre, the image's edges. The score
    /// is that of the subject, one of the question's. Two hundred forward passes.
    ///
    /// # Errors
    /// Where the map has another size than the network's input, as that of a padded image has, the work is cancelled,
    /// or the device fails.
    pub fn curves(
        &self,
        question: &Prepared,
        subject: &Subject,
        map: &Map,
        seed: u64,
    ) -> Result<Vec<Curves>, Error> {
        let input = self.input();
        let size @ [height, width] = input.size();
        if (map.width(), map.height()) != (width, height) {
            return Err(Error::usage(format_args!(
                "the map has {}×{} positions and the network's input {width}×{height}: measure an image that is not padded",
                map.width(),
                map.height()
            )));
        }
        let image = Image::new(3, size, read(input.tensor.clone())?)?;
        let maps = [
            ("the map", map.clone()),
            ("a random map", baselines::random(size, seed)?),
            ("the centre", baselines::centre(size)?),
            ("the image's edges", baselines::edges(&image)?),
        ];
        let steps = Perturbation { steps: STEPS, seed };
        let mut score = |images: &[Image]| self.scores_of(images, question, subject);
        let curves = maps.into_iter().map(|(name, map)| {
            Ok(Curves {
                name,
                deletion: deletion(&image, &map, steps, &mut score)?,
                insertion: insertion(&image, &map, steps, &mut score)?,
            })
        });
        curves.collect()
    }

    /// What changed copies of the image score.
    fn scores_of(
        &self,
        images: &[Image],
        question: &Prepared,
        subject: &Subject,
    ) -> Result<Vec<f32>, Error> {
        let model = self.model();
        model.environment().cancel.check("nothing of the curves is kept")?;
        let [height, width] = self.input().size();
        let values: Vec<f32> = images.iter().flat_map(Image::values).copied().collect();
        let data = TensorData::new(values, [images.len(), 3, height, width]);
        let embeddings = model.network().embed(Tensor::from_data(data, model.network().device()));
        let mut first = 0;
        for target in &question.targets {
            let column = subject.position.checked_sub(first).filter(|&at| at < target.questions());
            if let Some(column) = column {
                return read(target.scores(embeddings).narrow(1, column, 1));
            }
            first += target.questions();
        }
        Err(Error::failed("the question has no such subject"))
    }
}
