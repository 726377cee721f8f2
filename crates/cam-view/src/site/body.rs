use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::StatusCode;
use hyper::body::{Body as _, Incoming};
use multer::Multipart;
use tokio::time::timeout;

/// The largest body: an image.
const MOST_BYTES: usize = 64 << 20;

/// The largest body of a form without a file: an address, as long as one in a request's head, with each byte as `%xx`.
const MOST_TEXT: usize = 256 << 10;

/// Fields of a form at most; the page's own have three.
const MOST_FIELDS: usize = 16;

/// Letters of a file's name at most.
const MOST_LETTERS: usize = 100;

/// A file that was sent by a form, and its other fields.
#[derive(Debug, Default)]
pub struct Form {
    /// The file's name and content.
    pub file: Option<(String, Bytes)>,
    /// Name and value of each other field.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Reads a form of either kind, as long as it arrives in time.
    ///
    /// # Errors
    /// The status to answer with, and a sentence.
    pub async fn read(
        kind: &str,
        body: Incoming,
        patience: Duration,
    ) -> Result<Self, (StatusCode, String)> {
        let too_many = || {
            let sentence = format!("more than {MOST_FIELDS} fields are not taken");
            (StatusCode::BAD_REQUEST, sentence)
        };
        let Ok(boundary) = multer::parse_boundary(kind) else {
            let bytes = collected(body, MOST_TEXT, patience).await?;
            let fields = form_urlencoded::parse(&bytes).into_owned();
            let fields: Vec<_> = fields.take(MOST_FIELDS + 1).collect();
            return match fields.len() > MOST_FIELDS {
                true => Err(too_many()),
                false => Ok(Self { file: None, fields }),
            };
        };
        let bytes = collected(body, MOST_BYTES, patience).await?;
        let wrong = |why: multer::Error| {
            (StatusCode::BAD_REQUEST, format!("the form cannot be read: {why}"))
        };
        let mut parts = Multipart::with_reader(&*bytes, boundary);
        let (mut form, mut count) = (Self::default(), 0);
        while let Some(part) = parts.next_field().await.map_err(wrong)? {
            count += 1;
            if count > MOST_FIELDS {
                return Err(too_many());
            }
            // A name may fill the whole body, and is told in whatever goes wrong.
            let cut = |name: &str| name.chars().take(MOST_LETTERS).collect::<String>();
            let (name, file) = (part.name().map(cut), part.file_name().map(cut));
            let content = part.bytes().await.map_err(wrong)?;
            match (name, file) {
                (_, Some(file)) if form.file.is_none() => form.file = Some((file, content)),
                (Some(name), None) => {
                    form.fields.push((name, String::from_utf8_lossy(&content).into_owned()));
                }
                _ => {}
            }
        }
        Ok(form)
    }
}

/// All bytes of a body.
async fn collected(
    body: Incoming,
    most: usize,
    patience: Duration,
) -> Result<Bytes, (StatusCode, String)> {
    let too_large = || {
        let sentence = match most >> 20 {
            0 => format!("more than {} KiB are not taken", most >> 10),
            mib => format!("more than {mib} MiB are not taken"),
        };
        (StatusCode::PAYLOAD_TOO_LARGE, sentence)
    };
    // What says that it is too large is not read at all.
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    match timeout(patience, Limited::new(body, most).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => {
            Err((StatusCode::BAD_REQUEST, format!("the request ended early: {error}")))
        }
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "the request took too long".to_owned())),
    }
}
