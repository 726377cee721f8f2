//! Numbers on their way to the browser: the length of a JSON document (u32, little-endian), the document, blanks to a
//! multiple of four, then f32 or f16, little-endian.

use cam_explain::{Answer, Error, Map};
use half::f16;
use serde::Serialize;

use crate::comparison::{Comparison, Places, edges};
use crate::explained::Explained;
use crate::words::strongest;

/// Parts of a cosine that are sent as f32; more are sent as f16.
const MOST_WHOLE: usize = 1 << 20;

#[derive(Serialize)]
struct Maps<'a> {
    /// Width and height of the image.
    picture: (u32, u32),
    /// What the numbers are of: for each answer its finished map, then its raw maps, layer by layer.
    answers: Vec<Of<'a>>,
}

#[derive(Serialize)]
struct Of<'a> {
    name: &'a str,
    method: &'a str,
    score: f32,
    degenerate: bool,
    /// Where the map is strong.
    words: String,
    /// Left, top, right and bottom of the maps, in shares of the picture's sides.
    window: [f64; 4],
    /// Rows and columns of the finished map.
    map: [usize; 2],
    /// The same of each raw map.
    raw: Vec<[usize; 2]>,
}

#[derive(Serialize)]
struct Pairs {
    #[serde(flatten)]
    places: Places,
    /// How the parts are written.
    numbers: &'static str,
}

impl<'a> Of<'a> {
    fn new(answer: &'a Answer) -> Self {
        let size = |map: &Map| [map.height(), map.width()];
        Self {
            name: &answer.name,
            method: &answer.method,
            score: answer.score,
            degenerate: answer.degenerate,
            words: strongest(&answer.map),
            window: edges(&answer.window()),
            map: size(&answer.map),
            raw: answer.raw.iter().map(size).collect(),
        }
    }
}

/// The maps of all answers.
///
/// # Errors
/// Where JSON cannot be written.
pub fn maps(explained: &Explained) -> Result<Vec<u8>, Error> {
    let document =
        Maps { picture: explained.size, answers: explained.answers.iter().map(Of::new).collect() };
    let values = explained.answers.iter().flat_map(|answer| {
        std::iter::once(&answer.map).chain(&answer.raw).flat_map(Map::values).copied()
    });
    let mut packed = begun(&document)?;
    packed.extend(values.flat_map(f32::to_le_bytes));
    Ok(packed)
}

/// What each pair of places adds to a cosine.
///
/// # Errors
/// Where JSON cannot be written.
pub fn pairs(comparison: &Comparison) -> Result<Vec<u8>, Error> {
    let parts = comparison.parts();
    let is_whole = parts.len() <= MOST_WHOLE;
    let document =
        Pairs { places: comparison.places(), numbers: if is_whole { "f32" } else { "f16" } };
    let mut packed = begun(&document)?;
    match is_whole {
        true => packed.extend(parts.iter().copied().flat_map(f32::to_le_bytes)),
        false => {
            packed.extend(parts.iter().map(|&part| f16::from_f32(part)).flat_map(f16::to_le_bytes))
        }
    }
    Ok(packed)
}

fn begun(document: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut json = serde_json::to_vec(document).map_err(Error::failed)?;
    // Numbers begin where they can be read in place.
    json.resize(json.len().next_multiple_of(4), b' ');
    let mut packed = (json.len() as u32).to_le_bytes().to_vec();
    packed.append(&mut json);
    Ok(packed)
}
