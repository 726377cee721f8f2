//! A page that is served to this test alone, and a client that sends bytes as they are.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Once, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use cam_explain::{Cancel, Environment, Error, Model, ModelOptions};
use cam_view::{Library, Limits, Setup, View};
use tempfile::TempDir;

use crate::images;

/// Longer than any answer takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Panics of the page's threads: a connection that a panic ends tells nobody why.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// A page, its images, and what ends it.
pub struct Server {
    pub address: SocketAddr,
    pub secret: String,
    pub folder: TempDir,
    end: Cancel,
    serving: Option<JoinHandle<Result<(), Error>>>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Server {
    /// Of a folder with two images.
    pub fn start() -> Self {
        Self::within(Limits::default())
    }

    /// The same, within other limits.
    pub fn within(limits: Limits) -> Self {
        let folder = images::folder();
        let library = Library::of_folder(folder.path()).expect("a folder");
        Self::serving(folder, library, limits)
    }

    /// Of anything. The index is in the folder of images, hidden.
    pub fn serving(folder: TempDir, library: Library, limits: Limits) -> Self {
        count_panics();
        let environment = Environment::default();
        let end = environment.cancel.clone();
        let view = View {
            library,
            index: Some(folder.path().join(".index")),
            setup: Setup::default(),
            listen: ([127, 0, 0, 1], 0).into(),
        };
        let (tell, told) = mpsc::channel();
        let serve = move || {
            let model = Model::load(&ModelOptions::default(), &environment)?;
            view.serve_within(limits, &model, |url| tell.send(url.to_owned()).expect("it is heard"))
        };
        let serving = thread::Builder::new().name("served".to_owned()).spawn(serve);
        let url = told.recv().expect("it is served");
        let rest = url.strip_prefix("http://").expect("a URL");
        let (address, secret) = rest.split_once('/').expect("a path");
        Self {
            address: address.parse().expect("an address"),
            secret: secret.trim_end_matches('/').to_owned(),
            folder,
            end,
            serving: Some(serving.expect("a thread")),
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        stream.set_write_timeout(Some(PATIENCE)).expect("a time");
        stream
    }

    /// The head of a request as a browser sends it, without the empty line.
    pub fn head(&self, method: &str, place: &str) -> String {
        let Self { address, secret, .. } = self;
        let origin =
            if method == "POST" { format!("Origin: http://{address}\r\n") } else { String::new() };
        format!(
            "{method} /{secret}/{place} HTTP/1.1\r\nHost: {address}\r\n{origin}Connection: close\r\n"
        )
    }

    /// What bytes are answered with; none where the connection is closed without a word.
    pub fn send(&self, bytes: &[u8]) -> Option<Reply> {
        let mut stream = self.connect();
        // It may answer, and close, before it has read everything.
        let _ = stream.write_all(bytes);
        Reply::read(&mut stream)
    }

    pub fn get(&self, place: &str) -> Reply {
        let request = self.head("GET", place) + "\r\n";
        self.send(request.as_bytes()).unwrap_or_else(|| panic!("no answer to {place}"))
    }

    pub fn post(&self, place: &str, kind: &str, body: &[u8]) -> Reply {
        let length = body.len();
        let head = self.head("POST", place)
            + &format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
        self.send(&[head.as_bytes(), body].concat())
            .unwrap_or_else(|| panic!("no answer to {place}"))
    }

    /// Sends a file as the page's form does.
    pub fn drop_image(&self, name: &str, bytes: &[u8]) -> Reply {
        let (kind, body) = images::form(name, bytes);
        self.post("drop", &kind, &body)
    }

    /// That it lives, and answers everything as it should.
    pub fn assert_well(&self) {
        assert_eq!(self.get("?image=a.png&concept=b.png").status, 200);
        assert_eq!(self.get("picture?image=a.png&size=64").status, 200);
        assert_eq!(PANICS.load(Ordering::SeqCst), 0, "a thread of the page panicked");
    }

    /// Pieces of work that wait for the network.
    pub fn waiting(&self) -> u64 {
        let status = self.get("status").body;
        let status: serde_json::Value = serde_json::from_slice(&status).expect("JSON");
        status["waiting"].as_u64().expect("a number")
    }

    /// Asks for the end, and says how long it took.
    pub fn end(mut self) -> Duration {
        let since = Instant::now();
        self.end.cancel();
        let served = self.serving.take().expect("it is served once").join();
        served.expect("it does not panic").expect("it ends in order");
        since.elapsed()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end.cancel();
        if let Some(serving) = self.serving.take() {
            let served = serving.join();
            assert!(thread::panicking() || served.is_ok_and(|served| served.is_ok()));
        }
    }
}

impl Reply {
    /// Everything until the connection is closed.
    pub fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        // What came before a reset is kept.
        let _ = stream.read_to_end(&mut bytes);
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8(bytes[..end].to_vec()).expect("a head is ASCII");
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Self { status, head, body: bytes[end + 4..].to_vec() })
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// That it was refused for a reason that the asker can mend, in a sentence.
    pub fn assert_refused(&self, what: &str) {
        assert!((400..500).contains(&self.status), "{what}: {} {}", self.status, self.text());
        assert!(!self.body.is_empty(), "{what}: no sentence");
    }
}

/// Waits until something holds.
pub fn until(what: &str, patience: Duration, mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < patience, "not within {patience:?}: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Counts the panics of threads that belong to a page; those of tests are told by the tests.
fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let thread = thread::current();
            if thread
                .name()
                .is_some_and(|name| ["served", "network", "pictures", "index"].contains(&name))
            {
                PANICS.fetch_add(1, Ordering::SeqCst);
            }
            before(panic);
        }));
    });
}
