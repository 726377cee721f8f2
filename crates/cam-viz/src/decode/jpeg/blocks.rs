//! Going through the coded coefficients of blocks, T.81, F.2.2 and G.2, without transforming any.

use super::bits::Bits;
use super::huffman::{Huffman, LAST};
use super::{Fault, frame::Scan};

/// A block with all its coefficients.
#[inline]
pub(super) fn whole(reader: &mut Bits<'_>, dc: &Huffman, ac: &Huffman) -> Result<(), Fault> {
    let mut bits = *reader;
    difference(&mut bits, dc)?;
    let mut at = 1;
    while at < 64 {
        let (taken, step) = ac.coefficient(bits.peek()).ok_or(Fault::NoSuchCode)?;
        bits.skip(taken)?;
        at += step;
    }
    *reader = bits;
    // No further coefficient, or all of them.
    if at >= LAST || at == 64 { Ok(()) } else { Err(Fault::NoSuchCoefficient) }
}

/// The coded difference between two DC coefficients.
#[inline]
fn difference(bits: &mut Bits<'_>, dc: &Huffman) -> Result<(), Fault> {
    let (len, size) = dc.look_up(bits.peek()).ok_or(Fault::NoSuchCode)?;
    let size = u32::from(size);
    if size > 15 {
        return Err(Fault::NoSuchCoefficient);
    }
    bits.skip(len + size)
}

/// A block's part in a scan of a progressive file.
pub(super) fn part(
    bits: &mut Bits<'_>,
    scan: &Scan,
    tables: (Option<&Huffman>, Option<&Huffman>),
    skipped: &mut u32,
    nonzero: &mut u64,
) -> Result<(), Fault> {
    match (scan.band.0, scan.bits.0) {
        (0, 0) => difference(bits, tables.0.ok_or(Fault::NoTable)?),
        (0, _) => {
            bits.peek();
            bits.skip(1)
        }
        (_, high) => {
            let step = if high == 0 { first } else { refined };
            step(bits, scan.band, tables.1.ok_or(Fault::NoTable)?, skipped, nonzero)
        }
    }
}

/// A band of AC coefficients for the first time, T.81, G.1.2.2.
fn first(
    reader: &mut Bits<'_>,
    (mut at, last): (u32, u32),
    ac: &Huffman,
    skipped: &mut u32,
    nonzero: &mut u64,
) -> Result<(), Fault> {
    if *skipped > 0 {
        *skipped -= 1;
        return Ok(());
    }
    let mut bits = *reader;
    while at <= last {
        let (len, symbol) = ac.look_up(bits.peek()).ok_or(Fault::NoSuchCode)?;
        let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        bits.skip(len + size)?;
        match (size, zeros) {
            (0, 15) => at += 16,
            (0, zeros) => {
                *skipped = run(&mut bits, zeros)? - 1;
                break;
            }
            _ => {
                at += zeros;
                if at > last {
                    return Err(Fault::NoSuchCoefficient);
                }
                *nonzero |= 1 << at;
                at += 1;
            }
        }
    }
    *reader = bits;
    Ok(())
}

/// One more bit for a band of AC coefficients, T.81, G.1.2.3.
fn refined(
    bits: &mut Bits<'_>,
    (mut at, last): (u32, u32),
    ac: &Huffman,
    skipped: &mut u32,
    nonzero: &mut u64,
) -> Result<(), Fault> {
    while at <= last && *skipped == 0 {
        let (len, symbol) = ac.look_up(bits.peek()).ok_or(Fault::NoSuchCode)?;
        let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        bits.skip(len)?;
        match (size, zeros) {
            (0, 15) | (1, _) => {
                // The new coefficient's sign.
                bits.skip(size)?;
                at = corrected(bits, (at, last), zeros, *nonzero)?;
                if size == 1 {
                    if at > last {
                        return Err(Fault::NoSuchCoefficient);
                    }
                    *nonzero |= 1 << at;
                }
                at += 1;
            }
            (0, zeros) => *skipped = run(bits, zeros)?,
            _ => return Err(Fault::NoSuchCoefficient),
        }
    }
    if *skipped > 0 {
        *skipped -= 1;
        corrected(bits, (at, last), 64, *nonzero)?;
    }
    Ok(())
}

/// Passes so many coefficients that are zero, and the corrections of those that are not; where the next
/// zero stands.
fn corrected(
    bits: &mut Bits<'_>,
    (at, last): (u32, u32),
    zeros: u32,
    nonzero: u64,
) -> Result<u32, Fault> {
    let behind = u64::MAX.unbounded_shl(at) & !u64::MAX.unbounded_shl(last + 1);
    let zero = (0..zeros).fold(!nonzero & behind, |left, _| left & left.wrapping_sub(1));
    let next = zero.trailing_zeros().min(last + 1);
    let corrections = (nonzero & behind & !u64::MAX.unbounded_shl(next)).count_ones();
    bits.peek();
    bits.skip(corrections.min(32))?;
    bits.peek();
    bits.skip(corrections.saturating_sub(32))?;
    Ok(next)
}

/// The length of a run of blocks that have no further coefficient.
fn run(bits: &mut Bits<'_>, size: u32) -> Result<u32, Fault> {
    Ok((1 << size) + bits.take(size)?)
}
