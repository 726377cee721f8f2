//! A file of settings: JSON with typed fields, each within bounds that no network exceeds.

use std::path::{Path, PathBuf};

use cam_graph::Function;
use serde_json::{Map, Value};

use super::error::FolderError;
use super::text;

/// Widths, and sides of images in pixels.
const LARGEST: usize = 1 << 16;

/// Blocks, heads and tokens beside the patches.
const MANY: usize = 1 << 10;

/// An object of a file of settings.
#[derive(Debug, Clone)]
pub(super) struct Config {
    pub path: PathBuf,
    object: Map<String, Value>,
}

impl Config {
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let path = path.to_owned();
        let text = text::read(&path)?;
        match serde_json::from_str(&text) {
            Ok(Value::Object(object)) => Ok(Self { path, object }),
            Ok(_) => {
                Err(FolderError::Config { path, reason: "it holds no JSON object".to_owned() })
            }
            Err(error) => {
                Err(FolderError::Config { path, reason: format!("it is no JSON: {error}") })
            }
        }
    }

    pub fn error(&self, reason: impl Into<String>) -> FolderError {
        FolderError::Config { path: self.path.clone(), reason: reason.into() }
    }

    /// Other settings, whose errors name the same file.
    pub fn instead<const N: usize>(&self, fields: [(&str, Value); N]) -> Self {
        let fields = fields.map(|(name, value)| (name.to_owned(), value));
        Self { path: self.path.clone(), object: fields.into_iter().collect() }
    }

    fn wrong(&self, name: &str, takes: &str) -> FolderError {
        let found: String = self.object[name].to_string().chars().take(60).collect();
        self.error(format!("the field `{name}` is {found}, and takes {takes}"))
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// An object in the object; an empty one where it lacks.
    pub fn inner(&self, name: &str) -> Result<Self, FolderError> {
        let object = match self.get(name) {
            None => Map::new(),
            Some(Value::Object(object)) => object.clone(),
            Some(_) => return Err(self.wrong(name, "an object")),
        };
        Ok(Self { path: self.path.clone(), object })
    }

    /// The names of the fields.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.object.keys().map(String::as_str)
    }

    pub fn is_list(&self, name: &str) -> bool {
        self.get(name).is_some_and(Value::is_array)
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub fn text(&self, name: &str) -> Result<Option<&str>, FolderError> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or_else(|| self.wrong(name, "a text")),
        }
    }

    pub fn flag(&self, name: &str, default: bool) -> Result<bool, FolderError> {
        match self.get(name) {
            None => Ok(default),
            Some(value) => value.as_bool().ok_or_else(|| self.wrong(name, "true or false")),
        }
    }

    /// A number that divides, is divided by or is added to a variance: finite and above 0.
    pub fn number(&self, name: &str, default: f64) -> Result<f64, FolderError> {
        let Some(value) = self.get(name) else { return Ok(default) };
        let number = value.as_f64().filter(|number| number.is_finite() && *number > 0.0);
        number.ok_or_else(|| self.wrong(name, "a number above 0"))
    }

    /// A width.
    pub fn width(&self, name: &str, default: usize) -> Result<usize, FolderError> {
        Ok(self.within(name, 1, LARGEST)?.unwrap_or(default))
    }

    /// A multiple of a width, rounded down.
    pub fn multiple(&self, name: &str, default: f64, of: usize) -> Result<usize, FolderError> {
        let multiple = of as f64 * self.number(name, default)?;
        match (1.0..=LARGEST as f64).contains(&multiple) {
            true => Ok(multiple as usize),
            false => {
                Err(self.error(format!("`{name}` times {of} is {multiple}, not 1 to {LARGEST}")))
            }
        }
    }

    /// A width that the weights tell.
    pub fn told(&self, what: &str, found: usize) -> Result<usize, FolderError> {
        match (1..=LARGEST).contains(&found) {
            true => Ok(found),
            false => {
                Err(self.error(format!("the weights say {what} of {found}, not 1 to {LARGEST}")))
            }
        }
    }

    /// How many of something there are.
    pub fn count(&self, name: &str, default: usize) -> Result<usize, FolderError> {
        Ok(self.within(name, 1, MANY)?.unwrap_or(default))
    }

    /// The same, of what there may be none.
    pub fn count_or_none(&self, name: &str, default: usize) -> Result<usize, FolderError> {
        Ok(self.within(name, 0, MANY)?.unwrap_or(default))
    }

    fn within(&self, name: &str, low: usize, high: usize) -> Result<Option<usize>, FolderError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        let number = number.filter(|number| (low..=high).contains(number));
        let takes = || format!("a whole number from {low} to {high}");
        number.map(Some).ok_or_else(|| self.wrong(name, &takes()))
    }

    /// Whole numbers in a list.
    pub fn list(&self, name: &str, default: &[usize]) -> Result<Vec<usize>, FolderError> {
        let Some(value) = self.get(name) else { return Ok(default.to_vec()) };
        let side = |value: &Value| usize::try_from(value.as_u64()?).ok();
        let numbers = value.as_array().filter(|list| list.len() <= 16).and_then(|list| {
            list.iter().map(|value| side(value).filter(|n| (1..=LARGEST).contains(n))).collect()
        });
        numbers.ok_or_else(|| {
            self.wrong(name, &format!("a list of whole numbers from 1 to {LARGEST}"))
        })
    }

    /// Height and width in pixels: one number, or a list of two.
    pub fn sides(&self, name: &str, default: usize) -> Result<[usize; 2], FolderError> {
        match self.get(name) {
            Some(Value::Array(_)) => match self.list(name, &[])?[..] {
                [height, width] => Ok([height, width]),
                _ => Err(self.wrong(name, "a number or [height, width]")),
            },
            _ => self.width(name, default).map(|side| [side; 2]),
        }
    }

    /// The function between the two layers of an MLP.
    pub fn activation(&self, name: &str, default: &str) -> Result<Function, FolderError> {
        Ok(match self.text(name)?.unwrap_or(default) {
            "gelu" | "gelu_python" => Function::Gelu,
            "gelu_pytorch_tanh" | "gelu_new" | "gelu_fast" | "gelu_tanh" => Function::GeluTanh,
            "quick_gelu" => Function::Swish { beta: 1.702 },
            "silu" | "swish" => Function::Swish { beta: 1.0 },
            "relu" => Function::Relu,
            _ => {
                let known = "gelu, gelu_pytorch_tanh, quick_gelu, silu or relu";
                return Err(self.wrong(name, known));
            }
        })
    }

    /// What classes are called, in order: `id2label`, unless it holds placeholders (`LABEL_0`).
    pub fn labels(&self) -> Option<Vec<String>> {
        let labels = self.object.get("id2label")?.as_object()?;
        let name = |index: usize| Some(labels.get(&index.to_string())?.as_str()?.to_owned());
        let names: Vec<String> = (0..labels.len()).map(name).collect::<Option<_>>()?;
        names.first().is_some_and(|first| first != "LABEL_0").then_some(names)
    }

    /// Heads that share a width equally.
    pub fn check_heads(&self, width: usize, heads: usize) -> Result<(), FolderError> {
        match heads > 0 && width.is_multiple_of(heads) {
            true => Ok(()),
            false => Err(self.error(format!("{heads} heads cannot share a width of {width}"))),
        }
    }
}
