//! The command line that makes what a page shows.

use std::fmt::Write as _;

use crate::address::Address;
use crate::library::Library;

/// What `cam view` was told of the network and of images, as other commands take it too.
#[derive(Debug, Clone, Default)]
pub struct Setup(pub Vec<String>);

/// A command and what has to be done before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// To be pasted into a shell.
    pub line: String,
    /// Images that are no files yet.
    pub unsaved: Vec<String>,
}

/// A command being written.
struct Words<'a> {
    library: &'a Library,
    line: String,
    unsaved: Vec<String>,
}

impl Command {
    /// What explains an image as an address says.
    pub fn explain(address: &Address, library: &Library, setup: &Setup) -> Option<Self> {
        let mut words = Words::new("cam explain", library);
        words.image(address.get("image")?);
        for (name, option) in [("concept", "-c"), ("negative", "--negative")] {
            for image in address.all(name) {
                words.word(option);
                words.image(image);
            }
        }
        for vector in address.all("vector") {
            words.option("--vector", &library.vector_word(vector));
        }
        for class in address.all("class") {
            words.option("--class", class);
        }
        if address.is_set("difference") {
            words.word("--difference");
        }
        let names = [
            ("top", "--top"),
            ("target", "--target"),
            ("method", "--method"),
            ("layer", "--layer"),
        ];
        for (name, option) in names {
            // It is for images of which nothing else is asked.
            let is_moot = name == "top"
                && ["concept", "vector", "class"].iter().any(|other| address.is_set(other));
            if let Some(value) = address.get(name).filter(|_| !is_moot) {
                words.option(option, value);
            }
        }
        if let Some(colormap) = address.get("colormap") {
            words.option("--colormap", colormap);
        }
        Some(words.with(setup))
    }

    /// What compares two images.
    pub fn compare(address: &Address, library: &Library, setup: &Setup) -> Option<Self> {
        let mut words = Words::new("cam compare", library);
        for name in ["image", "other"] {
            words.image(address.get(name)?);
        }
        words.option("--lines", "12");
        Some(words.with(setup))
    }

    /// What searches an index.
    pub fn search(
        address: &Address,
        library: &Library,
        index: &str,
        setup: &Setup,
    ) -> Option<Self> {
        let mut words = Words::new("cam search", library);
        words.image(address.get("image")?);
        words.option("--index", index);
        words.option("--top", &crate::found::TOP.to_string());
        let why: Vec<&str> = address.all("why").collect();
        if let [above, below] = why.as_slice() {
            words.option("--why", above);
            words.quoted(below);
        }
        Some(words.with(setup))
    }
}

impl<'a> Words<'a> {
    fn new(command: &str, library: &'a Library) -> Self {
        Self { library, line: command.to_owned(), unsaved: Vec::new() }
    }

    fn image(&mut self, name: &str) {
        let (word, is_file) = self.library.word(name);
        if !is_file && !self.unsaved.contains(&word) {
            self.unsaved.push(word.clone());
        }
        self.quoted(&word);
    }

    fn option(&mut self, option: &str, value: &str) {
        match value.starts_with('-') {
            true => self.quoted(&format!("{option}={value}")),
            false => {
                self.word(option);
                self.quoted(value);
            }
        }
    }

    fn word(&mut self, word: &str) {
        // To a String nothing fails.
        let _ = write!(self.line, " {word}");
    }

    fn quoted(&mut self, word: &str) {
        self.word(&quoted(word));
    }

    fn with(mut self, setup: &Setup) -> Command {
        setup.0.iter().for_each(|word| self.quoted(word));
        Command { line: self.line, unsaved: self.unsaved }
    }
}

/// A word as a POSIX shell reads it back.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,%+@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_every_word() {
        for word in
            ["a", "a b", "it's", "$(rm -rf)", "", "a\nb", "`x`", "a#xywh=1,2,3,4", "*.png", "~"]
        {
            let echo = std::process::Command::new("sh")
                .arg("-c")
                .arg(format!("printf %s {}", quoted(word)))
                .output()
                .expect("there is a shell");
            assert_eq!(String::from_utf8_lossy(&echo.stdout), word);
        }
    }

    #[test]
    fn a_command_names_everything_that_is_asked() {
        let address = "image=dropped:my cat.png%23xywh=1,2,3,4&concept=example:coffee&class=-1&top=3&method=cam";
        let address = Address::read(address).expect("it is known");
        let setup = Setup(vec!["--model".to_owned(), "resnet50".to_owned()]);
        let command = Command::explain(&address, &Library::default(), &setup).expect("an image");
        assert_eq!(
            command.line,
            "cam explain 'my cat.png#xywh=1,2,3,4' -c coffee.png --class=-1 --method cam --model resnet50"
        );
        assert_eq!(command.unsaved, ["my cat.png#xywh=1,2,3,4", "coffee.png"]);
    }
}
