//! Commands and options, and with what each is tried.

/// Options that can change no output of any command.
pub const WITHOUT_EFFECT: [(&str, &str); 5] = [
    ("--help", "prints the help"),
    ("--threads", "bits do not depend on it"),
    ("--batch", "images of a card, whose numbers do not depend on what they share a batch with"),
    ("--quiet", "is about standard error"),
    ("--verbose", "is about standard error"),
];

/// Options of single commands whose effect cannot be seen, and why.
pub const UNSEEN: [(&str, &str, &str); 1] = [(
    "demo",
    "--exact",
    "what it draws and says has too few digits to show the last one of a number",
)];

/// Commands that are not tried, and why.
pub const LEFT_OUT: [(&str, &str); 3] = [
    ("bench", "prints times, which differ from run to run"),
    ("help", "has no option"),
    ("view", "serves a page until it is told to end, and has tests of its own"),
];

/// A command with the words and the network that its runs have.
pub struct Row {
    pub command: &'static str,
    pub words: &'static str,
    pub network: &'static str,
    pub options: &'static [Tried],
}

/// An option, the words that give it, and to what they are added.
pub type Tried = (&'static str, &'static str, Base);

/// What an option is added to.
#[derive(Clone, Copy)]
pub enum Base {
    /// The row's words.
    Row,
    /// These too, without which it has no meaning.
    With(&'static str),
    /// Other words, which do without it.
    Words(&'static str),
    /// The row's words with other ones for the network.
    Network(&'static str),
    /// Other words, those for the network too.
    Whole(&'static str),
    /// The row's words, about the images of this folder.
    On(&'static str),
}
pub use Base::{Network, On, Row as AsIs, Whole, With, Words};

pub const TINY: &str = "--weights net.safetensors --size 96x64";

/// Of commands that run a network.
pub const MODEL: &[Tried] = &[
    ("--model", "--model resnet50", AsIs),
    ("--weights", "--weights tiny_wide.safetensors", Network("--size 96x64")),
    ("--prefix", "--prefix left", Network("--weights two.safetensors --size 96x64")),
    (
        "--allow-partial",
        "--allow-partial",
        Network("--weights unexpected.safetensors --size 96x64"),
    ),
    ("--device", "--device flex,cpu", AsIs),
    ("--precision", "--precision f16", AsIs),
    ("--preprocess", "--preprocess half", AsIs),
    ("--embedding", "--embedding features", AsIs),
    ("--exact", "--exact", AsIs),
];

/// Of commands that read images.
pub const IMAGES: &[Tried] = &[
    ("--size", "--size 64x64", Network("--weights net.safetensors")),
    ("--fit", "--fit pad", AsIs),
    ("--strict", "--strict", On("half")),
    ("--stretch", "--stretch", On("dull")),
    ("--compat", "--compat pytorch-grad-cam", AsIs),
    ("--max-pixels", "--max-pixels 10", AsIs),
    ("--memory", "--memory 1K", AsIs),
];

/// Of commands that make maps.
pub const METHODS: &[Tried] = &[
    ("--eigen", "--eigen", With("--method grad-cam")),
    ("--top-channels", "--top-channels 2", With("--method score-cam")),
    ("--samples", "--samples 2", With("--method is-cam")),
    // No network of these rows is a transformer: `onnx.rs` sees its effect.
    ("--blocks", "--blocks 2", AsIs),
    ("--seed", "--seed 1", With("--method random-cam")),
];
