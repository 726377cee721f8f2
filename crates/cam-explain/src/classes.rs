//! Classes of a network's classifier: what they are called, and which of them an image is of.

use std::path::Path;
use std::sync::OnceLock;

use cam_core::{Linear, nearest};
use cam_models::checkpoint::class_names;
use cam_models::folder_class_names;
use cam_models::{ConvNet, EMBEDDED, EMBEDDED_WEIGHTS, Published, imagenet_classes, published};
use serde::Serialize;

use crate::error::{Error, failed};
use crate::model::Model;
use crate::notice;
use crate::weights::{digests, is_published};

/// Names that a mistyped one is answered with, at most.
const SUGGESTIONS: usize = 5;

/// A class, and how likely the classifier holds an image to be of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Class {
    /// Its number, from 0.
    #[serde(rename = "class")]
    pub index: usize,
    /// What it is called.
    pub name: String,
    /// What the classifier gives it.
    pub logit: f32,
    /// The softmax of the logits, in 0..=1.
    pub probability: f32,
}

/// What the classes of a model are called, once somebody asked.
#[derive(Default)]
pub(crate) struct ClassNames(OnceLock<Option<Vec<String>>>);

impl Model {
    /// What the classes of the classifier are called, in order; none where nothing says so.
    ///
    /// Names are those that the weight file itself holds (safetensors metadata `classes` or `id2label`), or those of
    /// ImageNet-1k for the embedded weights and for files whose digest is that of published ones. A thousand classes alone
    /// do not make a classifier ImageNet's.
    pub fn class_names(&self) -> Option<&[String]> {
        self.class_names.0.get_or_init(|| found(self)).as_deref()
    }

    /// What a class of the classifier is called: `class 7` where it has no name.
    pub fn class_name(&self, class: usize) -> String {
        let name = self.class_names().and_then(|names| names.get(class));
        name.cloned().unwrap_or_else(|| format!("class {class}"))
    }

    /// How many classes the classifier tells apart.
    ///
    /// # Errors
    /// Where the network has no classifier.
    pub fn class_count(&self) -> Result<usize, Error> {
        let [classes, _] = classifier(self.network())?.weight.dims();
        Ok(classes)
    }

    /// A class by its number, counted from 0, or by its name. Where no name is spelled so, capitals do not matter.
    ///
    /// # Errors
    /// Where the network has no classifier or no such class, with names that are similar; where several classes are
    /// called so, with their numbers.
    pub fn class_named(&self, text: &str) -> Result<usize, Error> {
        let classes = self.class_count()?;
        if let Ok(class) = text.parse() {
            return match class < classes {
                true => Ok(class),
                false => Err(Error::usage_by(cam_targets::Error::UnknownClass { class, classes })),
            };
        }
        let names = self.class_names().ok_or_else(|| {
            Error::usage(format_args!(
                "no class is called `{text}`: the classes of these weights have numbers only, from 0 to {}",
                classes.saturating_sub(1)
            ))
        })?;
        match called(text, names).as_slice() {
            [class] => Ok(*class),
            [] => Err(Error::usage(match similar(text, names).as_slice() {
                [] => format!(
                    "no class is called `{text}`: give another name, or a number from 0 to {}",
                    classes.saturating_sub(1)
                ),
                similar => {
                    format!("no class is called `{text}`; did you mean {}?", similar.join(", "))
                }
            })),
            several => {
                let numbers: Vec<String> = several.iter().map(usize::to_string).collect();
                let numbers = numbers.join(" and ");
                Err(Error::usage(format_args!(
                    "several classes are called `{text}`: give the number, {numbers}"
                )))
            }
        }
    }

    /// The classes with the highest of an image's logits, the highest first, at most `k`; of equal ones the first.
    ///
    /// # Errors
    /// Where a logit is not finite.
    pub fn top_classes(&self, logits: &[f32], k: usize) -> Result<Vec<Class>, Error> {
        if let Some((class, logit)) = logits.iter().enumerate().find(|(_, z)| !z.is_finite()) {
            return Err(failed!("the network's logit of class {class} is {logit}"));
        }
        let mut order: Vec<usize> = (0..logits.len()).collect();
        order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
        let highest = order.first().map_or(0.0, |&class| f64::from(logits[class]));
        let exp = |logit: f32| (f64::from(logit) - highest).exp();
        let sum: f64 = logits.iter().map(|&logit| exp(logit)).sum();
        let class = |index: usize| Class {
            index,
            name: self.class_name(index),
            logit: logits[index],
            probability: (exp(logits[index]) / sum) as f32,
        };
        Ok(order.into_iter().take(k).map(class).collect())
    }
}

/// The classifier of a network.
pub(crate) fn classifier(network: &ConvNet) -> Result<&Linear, Error> {
    network.classifier().ok_or_else(|| {
        Error::usage("classes need a classifier, and these weights hold none (no `fc`)")
    })
}

/// The names of a model's classes, wherever they are found.
fn found(model: &Model) -> Option<Vec<String>> {
    let classes = model.class_count().ok()?;
    let Some(file) = &model.file else { return Some(owned(imagenet_classes())) };
    if let Some(names) = class_names(file).or_else(|| folder_class_names(file)) {
        if names.len() == classes {
            return Some(names);
        }
        notice::remark(format_args!(
            "{} names {} classes, but its classifier has {classes}: the names are left out",
            file.display(),
            names.len()
        ));
    }
    let imagenet = imagenet_classes();
    let is_imagenets = classes == imagenet.len() && has_known_digest(file, model);
    is_imagenets.then(|| owned(imagenet))
}

/// Whether a file is one of the published ones, or the embedded one, all of which are ImageNet-1k's.
fn has_known_digest(file: &Path, model: &Model) -> bool {
    let architecture = model.network().name();
    let of_it = published().iter().filter(|published| published.architecture == architecture);
    let of_it: Vec<&Published> = of_it.collect();
    // The digest of a large file takes a while: it is asked for where it can tell something.
    if of_it.is_empty() && architecture != EMBEDDED {
        return false;
    }
    let Ok(digest) = digests::of(file) else { return false };
    of_it.into_iter().any(|published| is_published(published, &digest))
        || architecture == EMBEDDED && digest == cam_files::Sha256::of(EMBEDDED_WEIGHTS).to_string()
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// The classes that are called so; where none is spelled so, those that are with other capitals.
fn called(text: &str, names: &[String]) -> Vec<usize> {
    let those = |is_meant: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let meant = names.iter().enumerate().filter(|(_, name)| is_meant(name));
        meant.map(|(class, _)| class).collect()
    };
    let exactly = those(&|name| name == text);
    let lower = text.to_lowercase();
    if exactly.is_empty() { those(&|name| name.to_lowercase() == lower) } else { exactly }
}

/// Names of which a text is one word, or else those most similar to it.
fn similar(text: &str, names: &[String]) -> Vec<String> {
    let lower = text.to_lowercase();
    let has_word = |name: &&String| name.to_lowercase().split(' ').any(|word| word == lower);
    let with_word: Vec<String> = names.iter().filter(has_word).take(SUGGESTIONS).cloned().collect();
    match with_word.is_empty() {
        true => nearest(text, names.iter().map(String::as_str)),
        false => with_word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        owned(names)
    }

    #[test]
    fn capitals_matter_only_where_two_names_differ_by_them() {
        let names = names(&["Cardigan", "tabby", "cardigan", "maillot", "maillot"]);
        assert_eq!(called("cardigan", &names), [2]);
        assert_eq!(called("CARDIGAN", &names), [0, 2]);
        assert_eq!(called("Tabby", &names), [1]);
        assert_eq!(called("maillot", &names), [3, 4]);
    }

    #[test]
    fn a_word_of_names_is_answered_with_them_and_a_slip_with_the_nearest() {
        let imagenet = owned(imagenet_classes());
        assert_eq!(
            similar("Cat", &imagenet),
            ["tiger cat", "Persian cat", "Siamese cat", "Egyptian cat", "Madagascar cat"]
        );
        assert_eq!(similar("sport car", &imagenet)[0], "sports car");
        assert!(similar("", &imagenet).is_empty());
    }
}
