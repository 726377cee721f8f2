//! A folder to work in, and the binary run in it.

use std::ffi::{OsStr, OsString};
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage, Rgba, RgbaImage};
use npyz::NpyFile;
use serde_json::Value;
use tempfile::TempDir;

/// A small network and an input that it takes milliseconds for, where the answer does not matter.
pub const TINY: [&str; 4] = ["--weights", "tiny_basic.safetensors", "--size", "96x64"];

/// Runs the binary with that network and words that hold no spaces.
pub fn tiny(place: &Place, words: &str) -> Run {
    place.cam(words.split_whitespace().chain(TINY))
}

/// A temporary folder with two photographs, a small weight file and an empty cache.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        let place = Self { folder: TempDir::with_prefix("cam-").expect("a temporary folder") };
        place.write("cat.png", photograph("cat"));
        place.write("coffee.png", photograph("coffee"));
        place.weights("tiny_basic.safetensors");
        place
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder().join(name)
    }

    /// Writes a file, and the folder it lies in.
    pub fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        fs::write(path, bytes).expect("a file can be written");
    }

    pub fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        let name = name.as_ref();
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{}: {error}", name.display()))
    }

    pub fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Names of the files in a folder, sorted; none where there is no folder.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).into_iter().flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Copies a weight file of the fixtures here, under its own name.
    pub fn weights(&self, name: &str) {
        self.write(name, fixture(name));
    }

    /// Writes a checkpoint of two copies of the small network, the second with its first convolution
    /// turned around.
    pub fn two_copies(&self, file: &str, [first, second]: [&str; 2]) {
        let bytes = fixture("tiny_basic.safetensors");
        let (length, rest) = bytes.split_first_chunk::<8>().expect("a header");
        let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
        let header: Value = serde_json::from_slice(header).expect("JSON");
        let mut entries = serde_json::Map::new();
        let mut all = data.to_vec();
        for (name, entry) in header.as_object().expect("an object") {
            if name == "__metadata__" {
                continue;
            }
            entries.insert(format!("{first}{name}"), entry.clone());
            let mut entry = entry.clone();
            let [begin, end] =
                [0, 1].map(|i| entry["data_offsets"][i].as_u64().expect("an offset") as usize);
            let at = all.len();
            all.extend_from_slice(&data[begin..end]);
            if name == "conv1.weight" {
                all[at..].iter_mut().skip(3).step_by(4).for_each(|byte| *byte ^= 0x80);
            }
            entry["data_offsets"] = serde_json::json!([at, all.len()]);
            entries.insert(format!("{second}{name}"), entry);
        }
        let header = Value::Object(entries).to_string();
        let length = (header.len() as u64).to_le_bytes();
        self.write(file, [&length[..], header.as_bytes(), &all].concat());
    }

    /// Size of a picture, as `(width, height)`.
    pub fn size(&self, name: &str) -> (u32, u32) {
        let picture = image::load_from_memory(&self.read(name));
        let picture = picture.unwrap_or_else(|error| panic!("{name}: {error}"));
        (picture.width(), picture.height())
    }

    /// Shape and values of an array.
    pub fn array(&self, name: &str) -> (Vec<u64>, Vec<f32>) {
        array(&self.read(name))
    }

    /// The binary, in this folder and with nothing in its environment that a test did not put there.
    pub fn command<I: IntoIterator<Item: AsRef<OsStr>>>(&self, arguments: I) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cam"));
        command.args(arguments).current_dir(self.folder()).env_clear();
        command.env("CAM_CACHE_DIR", self.path("cache")).envs(device_variables());
        command.stdin(Stdio::null());
        command
    }

    /// Runs the binary to its end.
    pub fn cam<I: IntoIterator<Item: AsRef<OsStr>>>(&self, arguments: I) -> Run {
        Run::of(self.command(arguments).output().expect("the binary runs"))
    }

    /// Runs it with words that hold no spaces.
    pub fn say(&self, words: &str) -> Run {
        self.cam(words.split_whitespace())
    }

    /// Runs it with something on its standard input.
    pub fn cam_reading(&self, input: &[u8], words: &str) -> Run {
        let mut command = self.command(words.split_whitespace());
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = command.spawn().expect("the binary runs");
        let mut stdin = running.stdin.take().expect("a pipe");
        // Refused arguments end the run before the pipe is read.
        stdin.write_all(input).ok();
        drop(stdin);
        Run::of(running.wait_with_output().expect("the binary ends"))
    }

    /// What a user would see who typed these lines, less what differs from run to run.
    pub fn transcript(&self, lines: &[&str]) -> String {
        let runs = lines.iter().map(|line| format!("$ cam {line}\n{}", self.say(line).seen()));
        without_device(&without_times(&runs.collect::<String>()))
            .replace(&self.folder().display().to_string(), "[folder]")
    }
}

/// The device that `cargo xtask test --backend` chose; none where the binary is to choose.
pub fn under_test() -> Option<String> {
    env::var("CAM_TEST_DEVICE").ok().filter(|name| !name.is_empty())
}

/// Whether it is the engine, which alone packs networks, and goes back by guided backpropagation.
pub fn is_engine() -> bool {
    cfg!(feature = "flex") && under_test().is_none_or(|device| device == "cpu")
}

/// What a process needs around it to run on the device under test.
pub fn device_variables() -> impl Iterator<Item = (OsString, OsString)> {
    let chosen = under_test().map(|device| ("CAM_DEVICE".into(), device.into()));
    env::vars_os().filter(|(name, _)| is_about_devices(name)).chain(chosen)
}

/// What is printed where no device is chosen by the environment.
fn without_device(text: &str) -> String {
    let Some(device) = under_test() else { return text.to_owned() };
    text.replace(&format!("[env: CAM_DEVICE={device}]"), "[env: CAM_DEVICE=]")
        .replace(" --device <D[,D]> <IMAGE>", " <IMAGE>")
}

/// What drivers are told, without which a card or what stands for one is not found.
fn is_about_devices(variable: &OsStr) -> bool {
    let variable = variable.to_string_lossy();
    variable == "XDG_RUNTIME_DIR" || variable.starts_with("VK_") || variable.starts_with("CUBECL_")
}

/// How a run went.
pub struct Run {
    pub code: i32,
    pub out: Vec<u8>,
    pub err: String,
}

impl Run {
    /// What a command gave that was set up by hand.
    pub fn of(output: Output) -> Self {
        let code = output.status.code().expect("it ended by itself");
        Self {
            code,
            out: output.stdout,
            err: String::from_utf8(output.stderr).expect("errors are text"),
        }
    }

    /// The same run, which must have gone well.
    #[track_caller]
    pub fn done(self) -> Self {
        self.ends_with(0)
    }

    /// The same run, which must have had this exit code.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.seen());
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// The one JSON document on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.seen()))
    }

    /// Standard output, standard error and the exit code.
    pub fn seen(&self) -> String {
        format!("{}{}[{}]\n\n", self.text(), self.err, self.code)
    }
}

/// A text without the time that each line took.
fn without_times(text: &str) -> String {
    let lines = text.lines().map(|line| match line.strip_suffix(" ms") {
        Some(line) => format!("{}[time] ms", line.trim_end_matches(|c: char| c.is_ascii_digit())),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A photograph of 224×224 pixels, as the repository has it.
pub fn photograph(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cam-explain/photographs").join(name);
    fs::read(path.with_extension("png")).expect("a photograph")
}

/// A weight file of the fixtures.
pub fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/weights");
    fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A small network from an ONNX file.
pub fn onnx(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/onnx");
    fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A picture of the fixtures.
pub fn picture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/pictures");
    fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Part of the cat, to have an image that is no square.
pub fn wide_cat(width: u32, height: u32) -> RgbImage {
    let cat = image::load_from_memory(&photograph("cat")).expect("a PNG").to_rgb8();
    image::imageops::crop_imm(&cat, 0, 0, width, height).to_image()
}

/// An image as a PNG.
pub fn png(image: &RgbImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).expect("a PNG");
    bytes.into_inner()
}

/// A PNG that is half transparent, which is worth a remark.
pub fn transparent_png() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let image = RgbaImage::from_fn(64, 48, |x, y| Rgba([x as u8 * 4, y as u8 * 5, 90, 128]));
    image.write_to(&mut bytes, ImageFormat::Png).expect("a PNG");
    bytes.into_inner()
}

/// A JPEG that ends in the middle.
pub fn truncated_jpeg() -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
    wide_cat(224, 224).write_with_encoder(encoder).expect("a JPEG");
    bytes.truncate(bytes.len() / 2);
    bytes
}

/// Shape and values of an array file, which must hold 32-bit floats.
pub fn array(bytes: &[u8]) -> (Vec<u64>, Vec<f32>) {
    let file = NpyFile::new(bytes).expect("an array file");
    let shape = file.shape().to_vec();
    (shape, file.into_vec().expect("32-bit floats"))
}
