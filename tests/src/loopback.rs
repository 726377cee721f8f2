//! An HTTP/1.1 server on this machine that misbehaves on request.
//!
//! It knows just enough of HTTP to serve one file as a good server would ([`serve`]), and to break each of the
//! promises that a client relies on: cut the connection, fall silent, lie about the length, name no end. It stands
//! on the standard library alone, because this one file is also compiled into the tests of crates that must not
//! depend on this package.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Longer than any client under test is willing to wait.
const SILENCE: Duration = Duration::from_secs(4);

/// The head of a request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET` or `HEAD`.
    pub method: String,
    /// The path with its query.
    pub path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// The value of a header, its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// The `N` of `Range: bytes=N-`.
    pub fn range_start(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// How the end of a body is announced.
#[derive(Clone, Copy, Debug)]
pub enum Framing {
    /// By `Content-Length`.
    Length,
    /// By a `Content-Length` that may be a lie.
    Claims(usize),
    /// By a last, empty chunk.
    Chunked,
    /// Not at all: the connection closes.
    Close,
}

/// What happens after some bytes of a body.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// The connection closes.
    CutAfter(usize),
    /// Nothing more comes for a while, then the connection closes.
    StallAfter(usize),
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    framing: Framing,
    fault: Option<Fault>,
}

impl Reply {
    /// An answer with a body of announced length.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            framing: Framing::Length,
            fault: None,
        }
    }

    /// The same with one more header.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same with another announcement of its end.
    pub fn framed(self, framing: Framing) -> Self {
        Self { framing, ..self }
    }

    /// The same, going wrong in the middle.
    pub fn failing(self, fault: Fault) -> Self {
        Self { fault: Some(fault), ..self }
    }

    /// The answer to `HEAD`: the length is that of the body which does not come.
    fn send_head(&self, mut to: impl Write) -> io::Result<()> {
        to.write_all(self.head().as_bytes())?;
        to.flush()
    }

    fn send(&self, mut to: impl Write) -> io::Result<()> {
        to.write_all(self.head().as_bytes())?;
        let (shown, waits) = match self.fault {
            None => (self.body.as_slice(), false),
            Some(Fault::CutAfter(n)) => (self.body.get(..n).unwrap_or(&self.body), false),
            Some(Fault::StallAfter(n)) => (self.body.get(..n).unwrap_or(&self.body), true),
        };
        match self.framing {
            Framing::Chunked => send_chunks(&mut to, shown, self.fault.is_none())?,
            _ => to.write_all(shown)?,
        }
        to.flush()?;
        if waits {
            thread::sleep(SILENCE);
        }
        Ok(())
    }

    fn head(&self) -> String {
        let mut head = format!("HTTP/1.1 {} Status\r\nConnection: close\r\n", self.status);
        match self.framing {
            Framing::Length => head += &format!("Content-Length: {}\r\n", self.body.len()),
            Framing::Claims(length) => head += &format!("Content-Length: {length}\r\n"),
            Framing::Chunked => head += "Transfer-Encoding: chunked\r\n",
            Framing::Close => {}
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head + "\r\n"
    }
}

fn send_chunks(mut to: impl Write, body: &[u8], is_whole: bool) -> io::Result<()> {
    for chunk in body.chunks(1000) {
        write!(to, "{:x}\r\n", chunk.len())?;
        to.write_all(chunk)?;
        to.write_all(b"\r\n")?;
    }
    if is_whole { to.write_all(b"0\r\n\r\n") } else { Ok(()) }
}

/// The answer of a good server that has this file under this tag: whole, in part, or beyond its end.
pub fn serve(request: &Request, content: &[u8], etag: &str) -> Reply {
    let is_same = request.header("if-range").is_none_or(|tag| tag == etag);
    let total = content.len();
    let reply = match request.range_start().filter(|_| is_same) {
        None => Reply::new(200, content),
        Some(start) => match content.get(start..).filter(|rest| !rest.is_empty()) {
            None => Reply::new(416, []).with("Content-Range", format!("bytes */{total}")),
            Some(rest) => Reply::new(206, rest)
                .with("Content-Range", format!("bytes {start}-{}/{total}", total - 1)),
        },
    };
    reply.with("ETag", etag).with("Accept-Ranges", "bytes")
}

/// A running server. It stops when dropped.
pub struct Loopback {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stopped: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Loopback {
    /// Starts a server on a free port; every connection has its own thread and carries one request.
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on this machine");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (requests, stopped) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<AtomicBool>::default());
        let (log, stop, answer) = (Arc::clone(&requests), Arc::clone(&stopped), Arc::new(answer));
        let listening = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                // A client that hangs up in the middle is part of the test, so errors are not reported.
                thread::spawn(move || converse(&stream, &log, |request| answer(request)).ok());
            }
        });
        Self { address, requests, stopped, listening: Some(listening) }
    }

    /// The address of a path on this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// All requests so far, in the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is to stop.
        drop(TcpStream::connect(self.address));
        if let Some(listening) = self.listening.take() {
            listening.join().ok();
        }
    }
}

fn converse(
    stream: &TcpStream,
    log: &Mutex<Vec<Request>>,
    answer: impl Fn(&Request) -> Reply,
) -> io::Result<()> {
    let request = read_request(BufReader::new(stream))?;
    log.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
    let reply = answer(&request);
    match request.method.as_str() {
        "HEAD" => reply.send_head(stream),
        _ => reply.send(stream),
    }
}

fn read_request(reader: impl BufRead) -> io::Result<Request> {
    let mut lines = reader.lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut headers = Vec::new();
    for line in lines {
        match line?.split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None => break,
        }
    }
    let mut words = first.split(' ').map(str::to_owned);
    let method = words.next().unwrap_or_default();
    let path = words.next().unwrap_or_default();
    Ok(Request { method, path, headers })
}
