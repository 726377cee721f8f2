//! Whether a file's coded data are all there, found by going through them without making pixels.
//!
//! Decoders fill what is missing with grey and call it a success, and their warnings do not reach their
//! callers. Here every block is passed as a decoder would pass it: where the data end before the blocks
//! that the header announces, are left over behind them, or hold codes that no table has, the pixels are
//! not those that were written.

use super::frame::{Frame, Scan};
use super::huffman::Huffman;
use super::{Loss, scan};

/// Files with more scans are made to take long.
const MOST_SCANS: usize = 1_000;
/// Stands for the bits of a coefficient of which no scan has given any.
const ALL: u8 = 255;

/// What scans refer to, and what they leave.
pub(super) struct Walk<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) dc: [Option<Huffman>; 4],
    pub(super) ac: [Option<Huffman>; 4],
    /// Units between two restart markers; 0 where there are none.
    pub(super) interval: u32,
    /// Of each component and block of a progressive file which coefficients are not zero so far, the first
    /// one lowest.
    pub(super) nonzero: Vec<Vec<u64>>,
    /// Of each component and coefficient, how many low bits are still to come.
    missing: Vec<[u8; 64]>,
}

/// What of a file's coded data is missing or wrong, in a line; none where nothing is.
pub(in crate::decode) fn loss(bytes: &[u8]) -> Option<String> {
    let mut walk = Walk {
        bytes,
        dc: Default::default(),
        ac: Default::default(),
        interval: 0,
        nonzero: Vec::new(),
        missing: Vec::new(),
    };
    walk.file().err().map(|loss| loss.to_string())
}

impl<'b> Walk<'b> {
    fn file(&mut self) -> Result<(), Loss> {
        let mut frame: Option<Frame> = None;
        let (mut at, mut scans) = (2, 0);
        loop {
            let end = if scans == 0 { Loss::NoData } else { Loss::NoEnd };
            let (marker, segment, behind) = self.segment(at).ok_or(end)?;
            at = behind;
            match (marker, &frame) {
                (0xd9, Some(_)) if scans > 0 => return self.complete(),
                (0xd9, _) => return Err(Loss::NoData),
                (0xc0..=0xc2, None) => {
                    let read = Frame::read(marker, segment).ok_or(Loss::Header { marker })?;
                    self.start(&read);
                    frame = Some(read);
                }
                (0xc4, _) => self.huffman_tables(segment).ok_or(Loss::Header { marker })?,
                (0xdd, _) => {
                    let interval = segment.first_chunk().ok_or(Loss::Header { marker })?;
                    self.interval = u16::from_be_bytes(*interval).into();
                }
                (0xda, Some(frame)) if scans < MOST_SCANS => {
                    scans += 1;
                    let scan = frame.scan(segment).ok_or(Loss::Header { marker })?;
                    self.note(&scan)?;
                    at = scan::walk(self, frame, &scan, at)?;
                }
                (0xda, _) => return Err(Loss::Header { marker }),
                _ => {}
            }
        }
    }

    /// The next marker, the segment that belongs to it, and where what follows begins.
    fn segment(&self, mut at: usize) -> Option<(u8, &'b [u8], usize)> {
        // Fill bytes, and whatever else stands before a marker, are passed over.
        while self.bytes.get(at..at + 2)?[0] != 0xff || matches!(self.bytes[at + 1], 0 | 0xff) {
            at += 1;
        }
        let marker = self.bytes[at + 1];
        if matches!(marker, 0x01 | 0xd0..=0xd9) {
            return Some((marker, &[], at + 2));
        }
        let len = u16::from_be_bytes(*self.bytes.get(at + 2..)?.first_chunk()?);
        let behind = at + 2 + usize::from(len);
        Some((marker, self.bytes.get(at + 4..behind)?, behind))
    }

    fn start(&mut self, frame: &Frame) {
        self.missing = vec![[ALL; 64]; frame.components.len()];
        if frame.is_progressive {
            let blocks = frame.components.iter().map(|component| {
                vec![0; component.padded.0 as usize * component.padded.1 as usize]
            });
            self.nonzero = blocks.collect();
        }
    }

    fn huffman_tables(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&class_and_place, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let len = counts.iter().map(|&count| usize::from(count)).sum();
            let (symbols, rest) = rest.split_at_checked(len)?;
            let tables = if class_and_place >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(class_and_place & 15))? =
                Some(Huffman::new(counts, symbols)?);
            segment = rest;
        }
        Some(())
    }

    /// Keeps account of which bits a scan gives; they come from high to low, none twice.
    fn note(&mut self, scan: &Scan) -> Result<(), Loss> {
        let (high, low) = scan.bits;
        for &(component, ..) in &scan.components {
            for missing in &mut self.missing[component][scan.band.0 as usize..=scan.band.1 as usize]
            {
                let expected = if high == 0 { ALL } else { high };
                if *missing != expected {
                    return Err(Loss::Order);
                }
                *missing = low;
            }
        }
        Ok(())
    }

    /// At the end marker nothing may be missing.
    fn complete(&self) -> Result<(), Loss> {
        let is_complete = self.missing.as_flattened().iter().all(|&bits| bits == 0);
        if is_complete { Ok(()) } else { Err(Loss::Scans) }
    }
}
