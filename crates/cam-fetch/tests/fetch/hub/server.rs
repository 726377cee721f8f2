//! A server that speaks as the hub does, and another one for its large files, as the hub has.

use std::fmt::Write as _;

use cam_files::Sha256;
use sha1::{Digest as _, Sha1};

use crate::loopback::{Loopback, Reply, Request, serve};

/// The commit of `main` and of `refs/pr/1`.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A file of the repository `org/model`. Large ones lie on the other server.
#[derive(Clone)]
pub struct File {
    pub name: String,
    pub content: Vec<u8>,
    pub is_large: bool,
}

pub fn small(name: &str, content: &str) -> File {
    File { name: name.to_owned(), content: content.into(), is_large: false }
}

pub fn large(name: &str, content: Vec<u8>) -> File {
    File { name: name.to_owned(), content, is_large: true }
}

/// What a request is answered instead, if anything.
pub type Instead = Box<dyn Fn(&Request) -> Option<Reply> + Send + Sync>;

pub struct Hub {
    pub site: Loopback,
    pub store: Loopback,
}

impl Hub {
    pub fn with(files: Vec<File>) -> Self {
        Self::that(files, Box::new(|_| None), Box::new(|_| None))
    }

    /// A hub with its faults: those of the site and those of the store of large files.
    pub fn that(files: Vec<File>, of_site: Instead, of_store: Instead) -> Self {
        let stored = files.clone();
        let store = Loopback::start(move |request| {
            of_store(request).unwrap_or_else(|| store_answers(request, &stored))
        });
        let at = store.url("");
        let site = Loopback::start(move |request| {
            of_site(request).unwrap_or_else(|| site_answers(request, &files, &at))
        });
        Self { site, store }
    }

    /// All requests to the site so far: method and path.
    pub fn asked(&self) -> Vec<String> {
        let line = |request: &Request| format!("{} {}", request.method, request.path);
        self.site.requests().iter().map(line).collect()
    }
}

/// Whether the request is for this file of the repository.
pub fn is_for(request: &Request, name: &str) -> bool {
    request.path.ends_with(&format!("/{name}"))
}

pub fn git_sha1(content: &[u8]) -> String {
    let mut hasher = Sha1::new_with_prefix(format!("blob {}\0", content.len()));
    hasher.update(content);
    hasher.finalize().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string");
        text
    })
}

pub fn refusal(status: u16, code: &str) -> Reply {
    Reply::new(status, "<html>no</html>").with("X-Error-Code", code)
}

fn site_answers(request: &Request, files: &[File], store: &str) -> Reply {
    let path = request.path.replace("%2F", "/");
    if let Some(revision) = path.strip_prefix("/api/models/org/model/revision/") {
        return match is_known(revision) {
            true => listing(files),
            false => refusal(404, "RevisionNotFound"),
        };
    }
    let Some(rest) = path.strip_prefix("/org/model/resolve/") else {
        return match path.contains("gated/model") {
            true if request.header("authorization").is_some() => refusal(403, "GatedRepo"),
            true => refusal(401, "GatedRepo"),
            false => refusal(401, "RepoNotFound"),
        };
    };
    let known = ["main/", "refs/pr/1/", &format!("{COMMIT}/")];
    let Some(name) = known.iter().find_map(|revision| rest.strip_prefix(revision)) else {
        return refusal(404, "RevisionNotFound");
    };
    let reply = match files.iter().find(|file| file.name == name) {
        None => refusal(404, "EntryNotFound"),
        Some(file) if file.is_large => Reply::new(302, "Found")
            .with("Location", format!("{store}/blobs/{name}?signature=x"))
            .with("X-Linked-Etag", format!("\"{}\"", Sha256::of(&file.content)))
            .with("X-Linked-Size", file.content.len().to_string())
            .with("ETag", "\"of the redirect\""),
        Some(file) => serve(request, &file.content, &format!("\"{}\"", git_sha1(&file.content))),
    };
    reply.with("X-Repo-Commit", COMMIT)
}

fn store_answers(request: &Request, files: &[File]) -> Reply {
    let name = request.path.trim_start_matches("/blobs/").trim_end_matches("?signature=x");
    match files.iter().find(|file| file.name == name) {
        Some(file) => serve(request, &file.content, "\"stored\""),
        None => Reply::new(404, []),
    }
}

fn is_known(revision: &str) -> bool {
    ["main", "refs/pr/1", COMMIT].contains(&revision)
}

fn listing(files: &[File]) -> Reply {
    let names = files.iter().map(|file| format!(r#"{{"rfilename": "{}"}}"#, file.name));
    let names: Vec<String> = names.collect();
    let text = format!(r#"{{"sha": "{COMMIT}", "siblings": [{}], "tags": []}}"#, names.join(", "));
    Reply::new(200, text)
}
