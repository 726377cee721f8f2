use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::StatusCode;
use hyper::body::{Body as _, Incoming};
use multer::Multipart;
use tokio::time::timeout;

/// The largest body: an image.
const MOST_BYTES: usize = 64 << 20;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

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

    /// Reads a form of either kind.
    ///
    /// # Errors
    /// The status to answer with, and a sentence.
    pub async fn read(kind: &str, body: Incoming) -> Result<Self, (StatusCode, String)> {
        let bytes = collected(body).await?;
        let Ok(boundary) = multer::parse_boundary(kind) else {
            let fields = form_urlencoded::parse(&bytes).into_owned().collect();
            return Ok(Self { file: None, fields });
        };
        let wrong = |why: multer::Error| {
            (StatusCode::BAD_REQUEST, format!("the form cannot be read: {why}"))
        };
        let mut parts = Multipart::with_reader(&*bytes, boundary);
        let mut form = Self::default();
        while let Some(part) = parts.next_field().await.map_err(wrong)? {
            let (name, file) =
                (part.name().map(str::to_owned), part.file_name().map(str::to_owned));
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

async fn collected(body: Incoming) -> Result<Bytes, (StatusCode, String)> {
    let too_large = || {
        let sentence = format!("more than {} MiB are not taken", MOST_BYTES >> 20);
        (StatusCode::PAYLOAD_TOO_LARGE, sentence)
    };
    // What says that it is too large is not read at all.
    if body.size_hint().lower() > MOST_BYTES as u64 {
        return Err(too_large());
    }
    match timeout(PATIENCE, Limited::new(body, MOST_BYTES).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => {
            Err((StatusCode::BAD_REQUEST, format!("the request ended early: {error}")))
        }
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "the request took too long".to_owned())),
    }
}
