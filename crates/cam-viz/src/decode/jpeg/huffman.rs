//! Huffman tables, T.81, annex C.

/// Codes up to this length are found by one look.
const FAST: u32 = 11;

/// Farther than any coefficient is from the next.
pub(super) const LAST: u32 = 128;

/// A table of codes of at most 16 bits.
pub(super) struct Huffman {
    /// By the next bits: a code's length and its symbol; a length of 0 where the code is longer.
    fast: [(u8, u8); 1 << FAST],
    /// By the next bits: how many of them a coefficient's code and value take, and how far the next
    /// coefficient lies behind the last; 0 where the code is longer.
    coefficients: [(u8, u8); 1 << FAST],
    /// By length: the code behind the last one, its highest bit at bit 15.
    limit: [u32; 17],
    /// By length: where its first symbol is, less its first code.
    offset: [i32; 17],
    symbols: Vec<u8>,
}

impl Huffman {
    /// From how many codes there are of each length, and their symbols; none where there are more codes
    /// than a length has, or fewer symbols.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Huffman> {
        let mut table = Huffman {
            fast: [(0, 0); 1 << FAST],
            coefficients: [(0, 0); 1 << FAST],
            limit: [0; 17],
            offset: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut used) = (0u32, 0usize);
        for (len, &count) in (1u32..).zip(counts) {
            if code + u32::from(count) > 1 << len {
                return None;
            }
            table.offset[len as usize] = used as i32 - code as i32;
            let of_length = symbols.get(used..used + usize::from(count))?;
            if code + u32::from(count) > 1 << len {
                return None;
            }
            for (code, &symbol) in (code..).zip(of_length) {
                table.enter(code, len, symbol);
            }
            used += usize::from(count);
            code += u32::from(count);
            table.limit[len as usize] = code << (16 - len);
            code <<= 1;
        }
        Some(table)
    }

    fn enter(&mut self, code: u32, len: u32, symbol: u8) {
        if len <= FAST {
            let first = (code << (FAST - len)) as usize;
            let codes = first..first + (1 << (FAST - len));
            self.fast[codes.clone()].fill((len as u8, symbol));
            self.coefficients[codes].fill((len as u8 + (symbol & 15), step(symbol)));
        }
    }

    /// Length and symbol of the code that these bits begin with, the first one highest.
    #[inline]
    pub(super) fn look_up(&self, bits: u64) -> Option<(u32, u8)> {
        match self.fast[(bits >> (64 - FAST)) as usize] {
            (0, _) => self.search((bits >> 48) as u32),
            (len, symbol) => Some((len.into(), symbol)),
        }
    }

    /// How many bits the code that these begin with takes with its value, and how far the next coefficient
    /// lies behind the last: [`LAST`] where there is none.
    #[inline]
    pub(super) fn coefficient(&self, bits: u64) -> Option<(u32, u32)> {
        match self.coefficients[(bits >> (64 - FAST)) as usize] {
            (0, _) => {
                let (len, symbol) = self.search((bits >> 48) as u32)?;
                Some((len + u32::from(symbol & 15), step(symbol).into()))
            }
            (len, step) => Some((len.into(), step.into())),
        }
    }

    #[cold]
    fn search(&self, bits: u32) -> Option<(u32, u8)> {
        let len = (FAST + 1..=16).find(|&len| bits < self.limit[len as usize])?;
        let index = (bits >> (16 - len)) as i32 + self.offset[len as usize];
        Some((len, *self.symbols.get(usize::try_from(index).ok()?)?))
    }
}

/// Zeros before a coefficient, and itself; sixteen zeros; or no further one.
fn step(symbol: u8) -> u8 {
    match (symbol & 15, symbol >> 4) {
        (0, 15) => 16,
        (0, _) => LAST as u8,
        (_, zeros) => zeros + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_every_length_are_found() {
        // One code of each length: 0, 10, 110 and so on; sixteen ones are no code.
        let symbols: Vec<u8> = (1..=16).collect();
        let table = Huffman::new(&[1; 16], &symbols).unwrap();
        for len in 1..=16u32 {
            let code = !(u64::MAX >> (len - 1));
            assert_eq!(table.look_up(code), Some((len, len as u8)), "{len} bits");
        }
        assert_eq!(table.look_up(u64::MAX), None);
    }

    #[test]
    fn more_codes_than_bits_allow_are_no_table() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Huffman::new(&counts, &[1, 2, 3]).is_none());
        counts[0] = 2;
        assert!(Huffman::new(&counts, &[1]).is_none());
    }
}
