//! A law over commands and options: an accepted option changes the output, or it is refused.
//!
//! Options are those that the program itself lists. One that is new fails here until a row says with what it is
//! tried, or that it cannot change anything, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use image::RgbImage;
use serde_json::{Value, json};

use crate::support::{Place, Run, fixture, is_engine, photograph, png, truncated_jpeg, wide_cat};

/// Options that can change no output of any command.
const WITHOUT_EFFECT: [(&str, &str); 5] = [
    ("--help", "prints the help"),
    ("--threads", "bits do not depend on it"),
    ("--batch", "images of a card, whose numbers do not depend on what they share a batch with"),
    ("--quiet", "is about standard error"),
    ("--verbose", "is about standard error"),
];

/// Options of single commands whose effect cannot be seen, and why.
const UNSEEN: [(&str, &str, &str); 1] = [(
    "demo",
    "--exact",
    "what it draws and says has too few digits to show the last one of a number",
)];

/// Commands that are not tried, and why.
const LEFT_OUT: [(&str, &str); 4] = [
    ("bench", "prints times, which differ from run to run"),
    ("completions", "has no option"),
    ("man", "has no option"),
    ("help", "has no option"),
];

/// A command with the words and the network that its runs have.
struct Row {
    command: &'static str,
    words: &'static str,
    network: &'static str,
    options: &'static [Tried],
}

/// An option, the words that give it, and to what they are added.
type Tried = (&'static str, &'static str, Base);

/// What an option is added to.
#[derive(Clone, Copy)]
enum Base {
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
use Base::{Network, On, Row as AsIs, Whole, With, Words};

const TINY: &str = "--weights net.safetensors --size 96x64";

/// Of commands that run a network.
const MODEL: &[Tried] = &[
    ("--model", "--model resnet50", AsIs),
    ("--weights", "--weights tiny_wide.safetensors", Network("--size 96x64")),
    (
        "--allow-partial",
        "--allow-partial",
        Network("--weights unexpected.safetensors --size 96x64"),
    ),
    ("--device", "--device flex,cpu", AsIs),
    ("--precision", "--precision f16", AsIs),
    ("--exact", "--exact", AsIs),
];

/// Of commands that read images.
const IMAGES: &[Tried] = &[
    ("--size", "--size 64x64", Network("--weights net.safetensors")),
    ("--fit", "--fit pad", AsIs),
    ("--strict", "--strict", On("half")),
    ("--stretch", "--stretch", On("dull")),
    ("--compat", "--compat pytorch-grad-cam", AsIs),
];

/// Of commands that make maps.
const METHODS: &[Tried] = &[
    ("--eigen-smooth", "--eigen-smooth", With("--method grad-cam")),
    ("--top-channels", "--top-channels 2", With("--method score-cam")),
    ("--samples", "--samples 2", With("--method is-cam")),
    ("--seed", "--seed 1", With("--method random-cam")),
];

const ROWS: &[Row] = &[
    Row {
        command: "explain",
        words: "explain IMAGE --raw r.npy --map m.npy --concept coffee.png",
        network: TINY,
        options: &[
            ("--concept", "--concept rocket.png", AsIs),
            ("--negative", "--negative rocket.png", AsIs),
            ("--concepts", "--concepts set.safetensors", AsIs),
            ("--as", "--as centroid", AsIs),
            ("--difference", "--difference", AsIs),
            ("--class", "--class 1", AsIs),
            ("--layer", "--layer layer3.0", AsIs),
            ("--target", "--target dot", AsIs),
            ("--method", "--method fem", AsIs),
            ("--aug-smooth", "--aug-smooth", AsIs),
            ("--colormap", "--colormap jet", AsIs),
            ("--out", "--out f.png", AsIs),
            ("--overlay", "--overlay o.png", AsIs),
            ("--raw", "--raw r2.npy", Words("explain IMAGE --map m.npy --concept coffee.png")),
            ("--map", "--map m2.npy", Words("explain IMAGE --raw r.npy --concept coffee.png")),
            ("--json", "--json", AsIs),
        ],
    },
    Row {
        command: "explain --concepts",
        words: "explain IMAGE --concepts set.safetensors --out f.png --raw r.npy",
        network: TINY,
        options: &[
            ("--concept", "--concept rocket.png", AsIs),
            ("--negative", "--negative rocket.png", AsIs),
            (
                "--concepts",
                "--concepts one.safetensors --as centroid",
                Words("explain IMAGE --out f.png"),
            ),
            (
                "--weights",
                "--weights net.safetensors",
                Whole("explain IMAGE --concepts set.safetensors --out f.png --size 96x64"),
            ),
            ("--as", "--as centroid", AsIs),
            ("--difference", "--difference", AsIs),
            ("--class", "--class 1", AsIs),
            ("--layer", "--layer layer3.0", AsIs),
            ("--target", "--target cosine", AsIs),
            ("--method", "--method fem", AsIs),
            ("--aug-smooth", "--aug-smooth", AsIs),
            ("--colormap", "--colormap jet", AsIs),
            (
                "--out",
                "--out f2.png",
                Words("explain IMAGE --concepts set.safetensors --raw r.npy"),
            ),
            ("--overlay", "--overlay o.png", AsIs),
            (
                "--raw",
                "--raw r2.npy",
                Words("explain IMAGE --concepts set.safetensors --out f.png"),
            ),
            ("--map", "--map m.npy", AsIs),
            ("--json", "--json", AsIs),
        ],
    },
    Row {
        command: "compare",
        words: "compare IMAGE coffee.png --raw r.npy",
        network: TINY,
        options: &[
            ("--lines", "--lines 2", AsIs),
            ("--point", "--point 9,9", With("--out f.png")),
            ("--out", "--out f.png", AsIs),
            ("--raw", "--raw r2.npy", Words("compare IMAGE coffee.png")),
            ("--json", "--json", AsIs),
        ],
    },
    Row {
        command: "concept add",
        words: "concept add new.safetensors cat IMAGE",
        network: TINY,
        options: &[("--negative", "--negative rocket.png", AsIs)],
    },
    Row {
        command: "concept list",
        words: "concept list set.safetensors",
        network: "",
        options: &[("--json", "--json", AsIs)],
    },
    Row {
        command: "concept show",
        words: "concept show set.safetensors cat",
        network: "",
        options: &[("--json", "--json", AsIs)],
    },
    Row {
        command: "concept remove",
        words: "concept remove set.safetensors cat",
        network: "",
        options: &[],
    },
    Row {
        command: "parts",
        words: "parts IMAGE coffee.png --raw r.npy --steps 5",
        network: TINY,
        options: &[
            ("--parts", "--parts 2", AsIs),
            ("--steps", "--steps 6", Words("parts IMAGE coffee.png --raw r.npy")),
            ("--seed", "--seed 1", AsIs),
            ("--concepts", "--concepts set.safetensors", AsIs),
            ("--layer", "--layer layer3.0", AsIs),
            ("--out", "--out f.png", AsIs),
            ("--raw", "--raw r2.npy", Words("parts IMAGE coffee.png --steps 5")),
            ("--json", "--json", AsIs),
        ],
    },
    Row {
        command: "embed",
        words: "embed IMAGE --out e.npy",
        network: TINY,
        options: &[("--out", "--out e2.npy", Words("embed IMAGE")), ("--json", "--json", AsIs)],
    },
    Row {
        command: "batch",
        words: "batch shelf --concepts set.safetensors --out o",
        network: TINY,
        options: &[
            (
                "--concepts",
                "--concepts one.safetensors",
                Words("batch shelf --out o --as centroid"),
            ),
            ("--out", "--out o2", Words("batch shelf --concepts set.safetensors")),
            ("--as", "--as centroid", AsIs),
            ("--method", "--method fem", Words("batch shelf --concepts set.safetensors --out o")),
            ("--layer", "--layer layer3.0", AsIs),
            (
                "--weights",
                "--weights net.safetensors",
                Whole("batch shelf --concepts set.safetensors --out o --size 96x64"),
            ),
            ("--shard", "--shard 1/2", AsIs),
            ("--parquet", "--parquet", AsIs),
            ("--pictures", "--pictures", AsIs),
            ("--scale", "--scale 1e9", With("--pictures")),
            ("--frames", "--frames 8x8", AsIs),
            ("--smooth", "--smooth 0.5", AsIs),
            ("--most-frames", "--most-frames 1", AsIs),
            ("--json", "--json", AsIs),
        ],
    },
    Row {
        command: "index",
        words: "index shelf --index i",
        network: TINY,
        options: &[
            ("--index", "--index i2", Words("index shelf")),
            ("--no-maps", "--no-maps", AsIs),
            ("--moved", "--moved", Words("index strange --index kept")),
            ("--verify", "--verify", AsIs),
            ("--compact", "--compact", With("--json")),
            ("--approximate", "--approximate", AsIs),
            ("--json", "--json", AsIs),
        ],
    },
    Row {
        command: "search",
        words: "search IMAGE --index kept --json --explain",
        network: TINY,
        options: &[
            ("--index", "--index kept", Words("search IMAGE --json")),
            ("--top", "--top 1", AsIs),
            ("--approximate", "--approximate", AsIs),
            ("--explain", "--explain", Words("search IMAGE --index kept --json")),
            ("--why", "--why 1 2", Words("search IMAGE --index kept")),
            ("--weights", "--weights net.safetensors", Whole("search IMAGE --index kept --json")),
            ("--out", "--out f.png", AsIs),
            ("--html", "--html f.html", AsIs),
            ("--json", "--json", Words("search IMAGE --index kept")),
        ],
    },
    Row {
        command: "evaluate",
        words: "evaluate images --cell 48 --collages 1 --grid 1x2 --methods grad-cam --out s",
        network: "--weights net.safetensors",
        options: &[
            (
                "--out",
                "--out s2",
                Words("evaluate images --cell 48 --collages 1 --grid 1x2 --methods grad-cam"),
            ),
            (
                "--methods",
                "--methods hires-cam",
                Words("evaluate images --cell 48 --collages 1 --grid 1x2 --out s"),
            ),
            (
                "--collages",
                "--collages 2",
                Words("evaluate images --cell 48 --grid 1x2 --methods grad-cam --out s"),
            ),
            (
                "--grid",
                "--grid 2x1",
                Words("evaluate images --cell 48 --collages 1 --methods grad-cam --out s"),
            ),
            (
                "--cell",
                "--cell 32",
                Words("evaluate images --collages 1 --grid 1x2 --methods grad-cam --out s"),
            ),
            ("--layer", "--layer layer3.0", AsIs),
            ("--weights", "--weights tiny_wide.safetensors", Network("")),
            ("--allow-partial", "--allow-partial", Network("--weights unexpected.safetensors")),
            ("--json", "--json", AsIs),
            ("--eigen-smooth", "--eigen-smooth", AsIs),
            (
                "--top-channels",
                "--top-channels 2",
                Words(
                    "evaluate images --cell 48 --collages 1 --grid 1x2 --methods score-cam --out s",
                ),
            ),
            ("--samples", "--samples 2", AsIs),
            ("--seed", "--seed 1", AsIs),
        ],
    },
    Row {
        command: "demo",
        words: "demo",
        network: "--weights net.safetensors",
        options: &[
            ("--out", "--out other.png", AsIs),
            ("--weights", "--weights tiny_wide.safetensors", Network("")),
            ("--allow-partial", "--allow-partial", Network("--weights unexpected.safetensors")),
        ],
    },
    Row { command: "models", words: "models", network: "", options: &[("--json", "--json", AsIs)] },
    Row {
        command: "devices",
        words: "devices",
        network: "",
        options: &[("--json", "--json", AsIs)],
    },
    Row {
        command: "methods",
        words: "methods",
        network: "",
        options: &[
            ("--model", "--model resnet50", AsIs),
            ("--layer", "--layer block10", AsIs),
            ("--target", "--target dot", AsIs),
            ("--json", "--json", AsIs),
        ],
    },
    Row {
        command: "layers",
        words: "layers",
        network: "",
        options: &[
            ("--weights", "--weights tiny_basic.safetensors", AsIs),
            ("--json", "--json", AsIs),
        ],
    },
    Row {
        command: "inspect",
        words: "inspect tiny_basic.safetensors",
        network: "",
        options: &[("--tensors", "--tensors", AsIs), ("--json", "--json", AsIs)],
    },
    Row {
        command: "fetch",
        words: "fetch resnet18",
        network: "",
        options: &[("--mirror", "--mirror ftp://nowhere", With("--mirror http://localhost:1"))],
    },
];

/// What a row's command is called by, without a mode.
fn name(row: &Row) -> &str {
    row.command.split(" --").next().unwrap_or(row.command)
}

/// The options that a command's help lists.
pub fn listed(place: &Place, command: &str) -> BTreeSet<String> {
    let help = place.say(&format!("{command} --help")).done().text();
    let options = help.lines().filter_map(|line| {
        // Names stand at the left; what is said of them does not.
        let line =
            line.strip_prefix("  ").filter(|line| !line.starts_with("        "))?.trim_start();
        let name = line.strip_prefix("--").or_else(|| line.get(4..)?.strip_prefix("--"));
        let is_named =
            line.starts_with("--") || line.starts_with('-') && line.get(2..4) == Some(", ");
        let name = name.filter(|_| is_named)?.split([' ', '.', '=']).next()?;
        Some(format!("--{name}"))
    });
    options.collect()
}

/// The commands that the help lists, those of `concept` apart.
fn commands(place: &Place) -> BTreeSet<String> {
    let of = |command: &str| -> Vec<String> {
        let help = place.say(&format!("{command} --help")).done().text();
        let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let names = lines.take_while(|line| line.starts_with("  "));
        let names = names.filter_map(|line| line.split_whitespace().next());
        names.map(str::to_owned).collect()
    };
    let concept = of("concept").into_iter().filter(|name| name != "help");
    let concept = concept.map(|name| format!("concept {name}"));
    of("").into_iter().filter(|name| name != "concept").chain(concept).collect()
}

/// The smallest network of the fixtures, with as many channels as Winograd's algorithm begins to pay off for:
/// with fewer `--exact` would be without effect.
fn wider() -> Vec<u8> {
    let file = fixture("tiny_basic.safetensors");
    let length = u64::from_le_bytes(file[..8].try_into().expect("eight bytes")) as usize;
    let header: BTreeMap<String, Value> =
        serde_json::from_slice(&file[8..8 + length]).expect("a header");
    let (mut wider, mut data) = (BTreeMap::new(), Vec::new());
    for (name, tensor) in header.into_iter().filter(|(_, tensor)| tensor["dtype"] == "F32") {
        let shape = tensor["shape"].as_array().expect("a shape").iter();
        let shape: Vec<u64> = shape.map(|side| widened(side.as_u64().expect("a side"))).collect();
        let begin = data.len();
        let fan_in = shape.iter().skip(1).product::<u64>() as f32;
        for index in 0..shape.iter().product::<u64>() {
            let value = match shape.len() {
                // Of a batch norm that does nothing.
                1 if name.ends_with("running_var") || name.ends_with("weight") => 1.0,
                1 => 0.0,
                _ => ((index * 7919 % 1009) as f32 / 504.0 - 1.0) * (6.0 / fan_in).sqrt(),
            };
            data.extend(f32::to_le_bytes(value));
        }
        let offsets = [begin, data.len()];
        wider.insert(name, json!({ "dtype": "F32", "shape": shape, "data_offsets": offsets }));
    }
    let header = serde_json::to_vec(&wider).expect("JSON");
    [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat()
}

/// More channels than the fixture's.
fn widened(side: u64) -> u64 {
    match side {
        6 => 32,
        8 => 40,
        10 => 48,
        12 => 56,
        other => other,
    }
}

/// The cat on a foggy day.
fn dull() -> RgbImage {
    let mut image = wide_cat(60, 50);
    image.pixels_mut().for_each(|pixel| pixel.0 = pixel.0.map(|value| 100 + value / 5));
    image
}

/// Everything that the rows read.
fn prepared() -> Place {
    let place = Place::new();
    place.write("rocket.png", photograph("rocket"));
    place.write("net.safetensors", wider());
    place.weights("unexpected.safetensors");
    place.weights("tiny_wide.safetensors");
    for folder in ["shelf", "images", "half", "dull"] {
        place.write(format!("{folder}/a.png"), png(&wide_cat(40, 30)));
        place.write(format!("{folder}/b.png"), photograph("coffee"));
    }
    place.write("strange/a.png", photograph("rocket"));
    place.write("strange/b.png", photograph("astronaut"));
    place.write("half/image.jpg", truncated_jpeg());
    place.write("dull/image.jpg", png(&dull()));
    for words in [
        "concept add set.safetensors cat cat.png",
        "concept add set.safetensors coffee coffee.png",
        "concept add one.safetensors cat cat.png",
        "index shelf --index kept",
    ] {
        place.say(&format!("{words} {TINY}")).done();
    }
    place
}

/// What a run comes to.
struct Outcome {
    code: i32,
    err: String,
    /// What it printed and the files that it left, without times.
    out: Vec<u8>,
    files: BTreeMap<String, Vec<u8>>,
}

impl Outcome {
    fn results(&self) -> (i32, &[u8], &BTreeMap<String, Vec<u8>>) {
        (self.code, &self.out, &self.files)
    }
}

/// Runs a command in a copy of a folder.
fn outcome(place: &Place, words: &str) -> Outcome {
    let copy = Place::new();
    copied(place.folder(), copy.folder());
    let Run { code, out, err } = copy.say(words);
    let mut files = BTreeMap::new();
    collect(copy.folder(), copy.folder(), &mut files);
    Outcome { code, err, out: timeless(&out), files }
}

fn copied(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            fs::create_dir_all(&target).expect("a folder");
            copied(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
            let modified = fs::metadata(&path).and_then(|m| m.modified()).expect("a time");
            let file = fs::File::options().append(true).open(&target).expect("a file");
            file.set_modified(modified).expect("set");
        }
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.strip_prefix(root).expect("inside").display().to_string();
        match path.is_dir() {
            true => collect(root, &path, files),
            // Drawn from times among others.
            false if name.ends_with("summary.png") || name.ends_with("summary.csv") => {}
            false => drop(files.insert(name, timeless(&fs::read(&path).expect("a file")))),
        }
    }
}

/// Text without the numbers that differ from run to run.
fn timeless(bytes: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else { return bytes.to_vec() };
    if let Ok(document) = serde_json::from_str::<Value>(text) {
        return without_times(document).to_string().into_bytes();
    }
    let line = |line: &str| match serde_json::from_str::<Value>(line) {
        Ok(document) => without_times(document).to_string(),
        Err(_) => {
            let words: Vec<&str> = line.split_whitespace().collect();
            // The times stand at the end, or before their unit.
            let is_number = |word: &&str| word.parse::<f64>().is_ok();
            let times = |at: usize| ["ms", "images/s", "images/s)"].contains(&words[at]);
            let kept = words.iter().enumerate().filter(|(at, word)| {
                !is_number(word) || !(*at + 1 == words.len() || times(at + 1))
            });
            kept.map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n").into_bytes()
}

fn without_times(document: Value) -> Value {
    match document {
        Value::Object(entries) => entries
            .into_iter()
            .filter(|(key, _)| !["milliseconds", "ms", "images_per_second"].contains(&key.as_str()))
            .map(|(key, value)| (key, without_times(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(without_times).collect(),
        value => value,
    }
}

/// The words that an option is added to.
fn base(row: &Row, base: Base) -> String {
    let words = match base {
        AsIs => format!("{} {}", row.words, row.network),
        With(more) => format!("{} {more} {}", row.words, row.network),
        Words(others) => format!("{others} {}", row.network),
        Network(other) => format!("{} {other}", row.words),
        Whole(others) => others.to_owned(),
        On(folder) => {
            let image = format!("{folder}/image.jpg");
            let words = row.words.replace("shelf", folder).replace("IMAGE", &image);
            format!("{words} {}", row.network)
        }
    };
    words.replace("IMAGE", "cat.png")
}

/// How each option of a row's command is tried: by the row, or by its groups.
fn tried(row: &Row, options: &BTreeSet<String>) -> Vec<Tried> {
    let mut tried: Vec<Tried> = Vec::new();
    for &one in [row.options, MODEL, IMAGES, METHODS].into_iter().flatten() {
        if options.contains(one.0) && tried.iter().all(|known| known.0 != one.0) {
            tried.push(one);
        }
    }
    tried
}

#[test]
fn every_command_and_every_option_is_in_the_table() {
    let place = Place::new();
    let mut known: BTreeSet<String> = ROWS.iter().map(|row| name(row).to_owned()).collect();
    known.extend(LEFT_OUT.map(|(name, _)| name.to_owned()));
    assert_eq!(commands(&place), known);
    for row in ROWS {
        let options = listed(&place, name(row));
        assert!(options.contains("--help"), "{}: {options:?}", row.command);
        let tried = tried(row, &options);
        for option in &options {
            let has_row = tried.iter().any(|(known, ..)| known == option);
            let is_exempt = WITHOUT_EFFECT.iter().any(|(known, _)| known == option);
            assert!(has_row || is_exempt, "{} {option}: say with what it is tried", row.command);
        }
        for (option, ..) in row.options {
            assert!(options.contains(*option), "{} has no {option}", row.command);
        }
    }
}

/// Tries the options of some commands.
fn hold(commands: &[&str]) {
    // What is refused and what is the same to the bit is the engine's.
    if !is_engine() {
        return;
    }
    let place = prepared();
    let mut idle = Vec::new();
    for row in ROWS.iter().filter(|row| commands.contains(&row.command)) {
        let mut before: BTreeMap<String, Outcome> = BTreeMap::new();
        for (option, with, added_to) in tried(row, &listed(&place, name(row))) {
            if UNSEEN.iter().any(|(command, known, _)| (*command, *known) == (row.command, option))
            {
                continue;
            }
            let base = base(row, added_to);
            let plain = before.entry(base.clone()).or_insert_with(|| outcome(&place, &base));
            let words = format!("{base} {with}");
            let changed = outcome(&place, &words);
            assert!((0..=4).contains(&changed.code), "cam {words}: exit code {}", changed.code);
            // Without it the command must do something, or be refused for want of it or of what it allows.
            let is_needed = matches!(added_to, Words(_) | Whole(_)) || option == "--allow-partial";
            assert!([0, 3].contains(&plain.code) || is_needed, "cam {base}: {}", plain.err);
            if changed.code != 2 && changed.results() == plain.results() {
                idle.push(format!("cam {words}"));
            }
        }
    }
    assert!(idle.is_empty(), "accepted and without effect:\n{}", idle.join("\n"));
}

#[test]
fn an_accepted_option_of_explain_changes_the_output() {
    hold(&["explain"]);
}

#[test]
fn an_accepted_option_of_explain_with_a_file_of_concepts_changes_the_output() {
    hold(&["explain --concepts"]);
}

#[test]
fn an_accepted_option_of_batch_and_embed_changes_the_output() {
    hold(&["batch", "embed"]);
}

#[test]
fn an_accepted_option_of_galleries_changes_the_output() {
    hold(&["index", "search"]);
}

#[test]
fn an_accepted_option_of_evaluate_and_demo_changes_the_output() {
    hold(&["evaluate", "demo"]);
}

#[test]
fn an_accepted_option_of_the_other_commands_changes_the_output() {
    let others = ["compare", "parts", "concept add", "concept list", "concept show"];
    hold(&others);
    hold(&["models", "devices", "methods", "layers", "inspect"]);
}

#[test]
fn a_setting_changes_the_maps_of_a_method_or_is_refused() {
    if !is_engine() {
        return;
    }
    let place = Place::new();
    let methods = place.say("methods --json").done().json();
    let names = methods["methods"].as_array().expect("a list").iter();
    let names = names.map(|method| method["name"].as_str().expect("a name"));
    for name in names.filter(|name| !["refine-cam", "finer-cam"].contains(name)) {
        let words = format!(
            "explain cat.png --concept coffee.png --weights tiny_basic.safetensors --size 48x32 \
             --method {name} --raw r.npy"
        );
        // So that those of a thousand passes take no longer.
        let few = match place.say(&format!("{words} --samples 3")).code {
            0 => " --samples 3",
            _ => "",
        };
        place.say(&format!("{words}{few}")).done();
        let plain = place.read("r.npy");
        for (with, few) in [("--seed 5", few), ("--samples 2", ""), ("--top-channels 3", few)] {
            let run = place.say(&format!("{words}{few} {with}"));
            match run.code {
                2 => assert!(run.err.contains("has no effect on"), "{name} {with}: {}", run.err),
                _ => {
                    run.done();
                    assert_ne!(place.read("r.npy"), plain, "{name} {with}");
                }
            }
        }
    }
}
