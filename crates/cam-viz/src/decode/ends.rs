//! Whether a file whose pixels were decoded is there to its end, from its structure alone.
//!
//! Decoders stop behind the first picture. A PNG is held against its end by its own module, and a JPEG too.

use super::{Format, Remark, gif, tiff};

/// What is to be said of a file that ends early.
pub(super) fn missing(bytes: &[u8], format: Format) -> Option<Remark> {
    let detail = match format {
        Format::Gif => (!gif::has_trailer(bytes)).then(|| "there is no trailer".to_owned()),
        Format::WebP => return webp(bytes),
        Format::Bmp => bmp(bytes),
        Format::Tiff => {
            tiff::lacks_a_page(bytes).then(|| "a further page lies behind the end".to_owned())
        }
        Format::Png | Format::Jpeg => None,
    };
    detail.map(|detail| Remark::Unsound { detail })
}

/// The container and its chunks say how long they are.
fn webp(bytes: &[u8]) -> Option<Remark> {
    let announced = little(bytes, 4, 4)?.saturating_add(8);
    let len = bytes.len();
    if announced <= len {
        return None;
    }
    let detail = format!("{len} of {announced} bytes are there");
    // Decoders of lossy pictures read zeros behind the end.
    Some(match first_picture(bytes) {
        Some(end) if end <= len => Remark::Unsound { detail },
        _ => Remark::Damaged { detail },
    })
}

/// Where the first chunk with pixels ends.
fn first_picture(bytes: &[u8]) -> Option<usize> {
    let mut at = 12usize;
    loop {
        let end = at.checked_add(8)?.checked_add(little(bytes, at + 4, 4)?)?;
        if matches!(bytes.get(at..at + 4)?, b"VP8 " | b"VP8L" | b"ANMF") {
            return Some(end);
        }
        at = end.checked_add(end & 1)?;
    }
}

/// Rows without compression are as long as the header says, filled to four bytes.
fn bmp(bytes: &[u8]) -> Option<String> {
    const PLAIN: [usize; 2] = [0, 3];
    let header = little(bytes, 14, 4)?;
    if header < 40 || !PLAIN.contains(&little(bytes, 30, 4)?) {
        return None;
    }
    let height = little(bytes, 22, 4)? as u32 as i32;
    let row = little(bytes, 18, 4)?.checked_mul(little(bytes, 28, 2)?)?.div_ceil(32) * 4;
    let pixels = row.checked_mul(height.unsigned_abs() as usize)?;
    let end = little(bytes, 10, 4)?.checked_add(pixels)?;
    (end > bytes.len()).then(|| format!("{} of {end} bytes are there", bytes.len()))
}

fn little(bytes: &[u8], at: usize, len: usize) -> Option<usize> {
    let field = bytes.get(at..at.checked_add(len)?)?;
    usize::try_from(field.iter().rev().fold(0, |value: u64, &byte| value << 8 | u64::from(byte)))
        .ok()
}
