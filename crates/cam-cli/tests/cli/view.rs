//! `cam view`: what it is given, what it prints, and how it ends. What its page shows is tested in a browser.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::support::{Place, TINY};

/// The program while it serves, and its address.
struct Serving {
    program: Child,
    port: u16,
    secret: String,
}

impl Serving {
    fn start(place: &Place, words: &str) -> Self {
        let words = format!("view --no-open {words}");
        let mut command = place.command(words.split_whitespace().chain(TINY));
        let mut program = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let out = program.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("http://127.0.0.1:").expect("an address");
        let (port, secret) = address.trim_end_matches('/').split_once('/').expect("a secret");
        Self { program, port: port.parse().expect("a port"), secret: secret.to_owned() }
    }

    /// The status and the body of what stands behind the secret.
    fn get(&self, place: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let (port, secret) = (self.port, &self.secret);
        write!(
            stream,
            "GET /{secret}/{place} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n"
        )
        .expect("a request");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (head[9..12].parse().expect("a status"), body.to_owned())
    }

    fn end(mut self, signal: &str) -> Option<i32> {
        Command::new("kill").args([signal, &self.program.id().to_string()]).status().expect("kill");
        self.program.wait().expect("it ends").code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It has ended already, or a test failed.
        let _ = self.program.kill();
    }
}

#[test]
fn its_numbers_are_those_of_the_command_that_it_names() {
    let place = Place::new();
    let serving = Serving::start(&place, "cat.png coffee.png");
    let question = "image=cat.png&concept=coffee.png&difference=1&class=1";
    let (status, answers) = serving.get(&format!("answers.json?{question}"));
    assert_eq!(status, 200, "{answers}");
    let page = serving.get(&format!("?{question}")).1;
    let command = page.split("<code id=\"command\">").nth(1).expect("a command");
    let command = command.split("</code>").next().expect("its end");
    let words = command.strip_prefix("cam ").expect("it is cam").split_whitespace();
    let run = place.cam(words.chain(["--json"]));
    let [own, named]: [serde_json::Value; 2] =
        [serde_json::from_str(&answers).expect("JSON"), run.done().json()];
    let questions = &own["queries"][0]["questions"];
    assert_eq!(questions.as_array().map(Vec::len), Some(3));
    assert_eq!(*questions, named["queries"][0]["questions"]);
}

#[test]
fn it_ends_by_ctrl_c_and_by_the_systems_request_without_an_error() {
    let place = Place::new();
    for signal in ["-INT", "-TERM"] {
        let serving = Serving::start(&place, "");
        assert_eq!(serving.get("status").0, 200);
        assert_eq!(serving.end(signal), Some(0), "{signal}");
    }
}

#[test]
fn what_it_cannot_look_at_is_refused_before_a_network_is_loaded() {
    let place = Place::new();
    place.write("folder/a.png", b"");
    place.write("notes/a.txt", b"");
    let refused = [
        ("missing.png", "missing.png: there is no such file or folder"),
        ("notes", "notes contains no images"),
        ("folder cat.png", "folder is a folder"),
        ("cat.png --index shelf", "--index is of a folder"),
    ];
    for (words, reason) in refused {
        let words = format!("view --no-open --weights none.safetensors {words}");
        let run = place.cam(words.split_whitespace());
        assert_eq!(run.code, 2, "{}", run.seen());
        assert!(run.err.contains(reason), "{}", run.err);
    }
}

#[test]
fn a_file_that_is_no_image_is_refused_at_once() {
    let place = Place::new();
    place.write("note.png", b"not a picture");
    let run = place.cam("view --no-open cat.png note.png".split_whitespace().chain(TINY));
    assert_eq!(run.code, 1, "{}", run.seen());
    assert!(run.err.contains("note.png"), "{}", run.err);
}

#[test]
fn a_port_that_is_taken_is_an_error_that_says_so() {
    let place = Place::new();
    let serving = Serving::start(&place, "");
    let words = format!("view --no-open --port {}", serving.port);
    let run = place.cam(words.split_whitespace().chain(TINY));
    assert_eq!(run.code, 1, "{}", run.seen());
    let said = format!("port {} is in use", serving.port);
    assert!(run.err.contains(&said), "{}", run.err);
}

#[test]
fn an_index_is_looked_at_with_the_folder_that_it_is_of() {
    let place = Place::new();
    place.write("folder/cat.png", place.read("cat.png"));
    place.write("folder/coffee.png", place.read("coffee.png"));
    place.cam("index folder --index shelf".split_whitespace().chain(TINY)).done();
    let serving = Serving::start(&place, "shelf");
    let (status, found) = serving.get("search.jsonl?view=search&image=cat.png");
    assert_eq!(status, 200, "{found}");
    let search = "search folder/cat.png --index shelf --json --top 12".split_whitespace();
    let printed = place.cam(search.chain(TINY));
    let hits = |text: &str| -> Vec<(String, f64)> {
        let lines =
            text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
        lines
            .map(|hit| (hit["path"].to_string(), hit["cosine"].as_f64().expect("a number")))
            .collect()
    };
    let printed = String::from_utf8_lossy(&printed.done().out).into_owned();
    assert_eq!(hits(&found), hits(&printed));
}
