//! Whether a file's coded data are all there, found by going through them without making pixels.
//!
//! Decoders fill what is missing with grey and call it a success, and their warnings do not reach their
//! callers. Here every block is passed as a decoder would pass it: where the data end before the blocks
//! that the header announces, are left over behind them, or hold codes that no table has, the pixels are
//! not those that were written.

use super::blocks::Plane;
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
    /// What DC coefficients are multiples of, by table.
    pub(super) steps: [u16; 4],
    /// Units between two restart markers; 0 where there are none.
    pub(super) interval: u32,
    pub(super) planes: Vec<Plane>,
    /// Of each component and coefficient, how many low bits are still to come.
    missing: Vec<[u8; 64]>,
    keeps_dc: bool,
}

/// Goes through a file. What the scans leave is of use where DC coefficients were to be kept.
pub(super) fn walk(bytes: &[u8], keeps_dc: bool) -> (Walk<'_>, Option<Frame>, Result<(), Loss>) {
    let mut walk = Walk {
        bytes,
        dc: Default::default(),
        ac: Default::default(),
        steps: [0; 4],
        interval: 0,
        planes: Vec::new(),
        missing: Vec::new(),
        keeps_dc,
    };
    let mut frame = None;
    let result = walk.file(&mut frame);
    (walk, frame, result)
}

impl<'b> Walk<'b> {
    fn file(&mut self, frame: &mut Option<Frame>) -> Result<(), Loss> {
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
                    self.make_planes(&read);
                    *frame = Some(read);
                }
                (0xc4, _) => self.huffman_tables(segment).ok_or(Loss::Header { marker })?,
                (0xdb, _) => self.quantisation_tables(segment).ok_or(Loss::Header { marker })?,
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

    fn make_planes(&mut self, frame: &Frame) {
        self.missing = vec![[ALL; 64]; frame.components.len()];
        self.planes.extend(frame.components.iter().map(|component| {
            let blocks = component.padded.0 as usize * component.padded.1 as usize;
            Plane {
                dc: vec![0; if self.keeps_dc { blocks } else { 0 }],
                nonzero: vec![0; if frame.is_progressive { blocks } else { 0 }],
            }
        }));
    }

    fn huffman_tables(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&class_and_place, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let len = counts.iter().map(|&count| usize::from(count)).sum();
            let (symbols, rest) = rest.split_at_checked(len)?;
            let tables = if class_and_place >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(class_and_place & 15))? = Some(Huffman::new(counts, symbols)?);
            segment = rest;
        }
        Some(())
    }

    fn quantisation_tables(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&precision_and_place, rest)) = segment.split_first() {
            let wide = usize::from(precision_and_place >> 4 != 0);
            let (table, rest) = rest.split_at_checked(64 << wide)?;
            let step = table.iter().take(1 + wide).fold(0, |step, &byte| step << 8 | u16::from(byte));
            *self.steps.get_mut(usize::from(precision_and_place & 15))? = step;
            segment = rest;
        }
        Some(())
    }

    /// Keeps account of which bits a scan gives; they come from high to low, none twice.
    fn note(&mut self, scan: &Scan) -> Result<(), Loss> {
        let (high, low) = scan.bits;
        for &(component, ..) in &scan.components {
            for missing in &mut self.missing[component][scan.band.0 as usize..=scan.band.1 as usize] {
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
