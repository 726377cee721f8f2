//! Going through the units of a scan.

use super::bits::Bits;
use super::blocks::{part, whole};
use super::frame::{Frame, Scan};
use super::walk::Walk;
use super::{Fault, Loss};

/// Goes through a scan's data, which begin at `at`; where the marker behind them stands.
pub(super) fn walk(
    walk: &mut Walk<'_>,
    frame: &Frame,
    scan: &Scan,
    at: usize,
) -> Result<usize, Loss> {
    let (columns, rows) = frame.units(scan);
    let mut bits = Bits::new(walk.bytes, at);
    // How many blocks to come have no further coefficient in this band.
    let mut skipped = 0;
    let mut left = walk.interval;
    for row in 0..rows {
        let place = |fault| Loss::Data { fault, row: row * frame.height / rows, of: frame.height };
        for column in 0..columns {
            if walk.interval > 0 && left == 0 {
                let number = (row * columns + column) / walk.interval - 1;
                bits = restarted(&bits, walk.bytes, number).map_err(place)?;
                skipped = 0;
                left = walk.interval;
            }
            left = left.wrapping_sub(1);
            unit(&mut bits, walk, (frame, scan), &mut skipped, (column, row)).map_err(place)?;
        }
    }
    match bits.end() {
        (marker, 0) => Ok(marker),
        (_, bytes) => Err(Loss::LeftOver { bytes }),
    }
}

/// The bits behind a restart marker, which are numbered from 0 to 7 in turn.
fn restarted<'b>(bits: &Bits<'_>, bytes: &'b [u8], number: u32) -> Result<Bits<'b>, Fault> {
    let (mut marker, unread) = bits.end();
    while bytes.get(marker + 1) == Some(&0xff) {
        marker += 1;
    }
    let expected = 0xd0 + (number % 8) as u8;
    match bytes.get(marker + 1) {
        Some(&found) if found == expected && unread == 0 => Ok(Bits::new(bytes, marker + 2)),
        _ => Err(Fault::Restart),
    }
}

/// A unit: a block where the scan is of one component, and otherwise some of each.
#[inline]
fn unit(
    bits: &mut Bits<'_>,
    walk: &mut Walk<'_>,
    (frame, scan): (&Frame, &Scan),
    skipped: &mut u32,
    (column, row): (u32, u32),
) -> Result<(), Fault> {
    let is_single = scan.components.len() == 1;
    for &(component, dc, ac) in &scan.components {
        let tables = (table(&walk.dc, dc), table(&walk.ac, ac));
        let of = &frame.components[component];
        let (across, down) = if is_single { (1, 1) } else { of.per_unit };
        for block_row in row * down..(row + 1) * down {
            for block in column * across..(column + 1) * across {
                let block = (block_row * of.padded.0 + block) as usize;
                if frame.is_progressive {
                    part(bits, scan, tables, skipped, &mut walk.nonzero[component][block])?;
                } else {
                    let (dc, ac) = tables.0.zip(tables.1).ok_or(Fault::NoTable)?;
                    whole(bits, dc, ac)?;
                }
            }
        }
    }
    Ok(())
}

fn table<T>(tables: &[Option<T>; 4], place: u8) -> Option<&T> {
    tables.get(usize::from(place))?.as_ref()
}
