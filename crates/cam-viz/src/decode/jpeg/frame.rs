//! What the headers of a frame and of a scan say, T.81, B.2.2 and B.2.3.

/// A frame's header.
pub(super) struct Frame {
    pub(super) is_progressive: bool,
    pub(super) height: u32,
    pub(super) components: Vec<Component>,
}

/// A component, and how many blocks of 8×8 samples it has.
pub(super) struct Component {
    id: u8,
    /// Blocks side by side, and one above the other, in a unit of several components.
    pub(super) per_unit: (u32, u32),
    /// Blocks that hold samples of the picture.
    pub(super) blocks: (u32, u32),
    /// Blocks in a row of whole units, and rows of them.
    pub(super) padded: (u32, u32),
}

/// A scan's header.
pub(super) struct Scan {
    /// The components in it, by their place in the frame, with their tables of DC and AC codes.
    pub(super) components: Vec<(usize, u8, u8)>,
    /// First and last coefficient.
    pub(super) band: (u32, u32),
    /// Bits that earlier scans have left, and that this one leaves.
    pub(super) bits: (u8, u8),
}

impl Frame {
    /// Reads a segment, less marker and length.
    pub(super) fn read(marker: u8, segment: &[u8]) -> Option<Frame> {
        let &[_, h1, h0, w1, w0, count, ref rest @ ..] = segment else { return None };
        let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
        let (width, height) = (u32::from(width), u32::from(height));
        let listed = rest.as_chunks::<3>().0.get(..usize::from(count))?;
        let factors =
            |&[_, factors, _]: &[u8; 3]| (u32::from(factors >> 4), u32::from(factors & 15));
        let is_valid = |(h, v)| (1..=4).contains(&h) && (1..=4).contains(&v);
        if listed.is_empty() || listed.len() > 4 || !listed.iter().map(factors).all(is_valid) {
            return None;
        }
        let most = listed.iter().map(factors).fold((1, 1), |a, b| (a.0.max(b.0), a.1.max(b.1)));
        let units = (width.div_ceil(8 * most.0), height.div_ceil(8 * most.1));
        let component = |entry: &[u8; 3]| {
            let (h, v) = factors(entry);
            Component {
                id: entry[0],
                per_unit: (h, v),
                blocks: ((width * h).div_ceil(8 * most.0), (height * v).div_ceil(8 * most.1)),
                padded: (units.0 * h, units.1 * v),
            }
        };
        let components = listed.iter().map(component).collect();
        Some(Frame { is_progressive: marker == 0xc2, height, components })
    }

    /// Reads the header of a scan of this frame, less marker and length.
    pub(super) fn scan(&self, segment: &[u8]) -> Option<Scan> {
        let (&count, rest) = segment.split_first()?;
        let listed = rest.as_chunks::<2>().0.get(..usize::from(count))?;
        let component = |&[id, tables]: &[u8; 2]| {
            let place = self.components.iter().position(|component| component.id == id)?;
            Some((place, tables >> 4, tables & 15))
        };
        let components: Vec<_> = listed.iter().map(component).collect::<Option<_>>()?;
        let &[first, last, bits] = rest.get(2 * listed.len()..)?.first_chunk::<3>()?;
        let (band, bits) = match self.is_progressive {
            true => ((first.into(), last.into()), (bits >> 4, bits & 15)),
            false => ((0, 63), (0, 0)),
        };
        let is_valid = band.0 <= band.1
            && band.1 < 64
            && bits.1 < 14
            && !components.is_empty()
            // DC and AC have scans of their own where they are refined, and AC one for each component.
            && (!self.is_progressive || (band.0 == 0) == (band.1 == 0))
            && (band.0 == 0 || components.len() == 1);
        is_valid.then_some(Scan { components, band, bits })
    }

    /// Blocks of all components together.
    pub(super) fn blocks(&self) -> u64 {
        let blocks =
            |component: &Component| u64::from(component.padded.0) * u64::from(component.padded.1);
        self.components.iter().map(blocks).sum()
    }

    /// How many units a scan has, side by side and one above the other: blocks where it is of one component.
    pub(super) fn units(&self, scan: &Scan) -> (u32, u32) {
        let (first, ..) = scan.components[0];
        let component = &self.components[first];
        match scan.components.len() {
            1 => component.blocks,
            _ => (
                component.padded.0 / component.per_unit.0,
                component.padded.1 / component.per_unit.1,
            ),
        }
    }
}
