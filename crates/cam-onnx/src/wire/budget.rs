use crate::error::Error;

/// What may be asked for in any case.
const FREE: u64 = 128 * 1024 * 1024;
/// And for each byte of the file: an integer that takes one byte there takes eight here.
const PER_BYTE: u64 = 8;
/// What an allocation costs beside its size.
const OVERHEAD: u64 = 16;

/// How much memory a file may still ask for.
///
/// An empty node takes two bytes in a file and about two hundred in memory. A file made to harm, of a few megabytes,
/// would otherwise take gigabytes. A list that moves while it grows is there twice for a moment, so what is in use at
/// once stays below one and a half times the limit.
pub(super) struct Budget {
    limit: u64,
    left: u64,
}

impl Budget {
    /// For a file of so many bytes.
    pub fn of(len: u64) -> Self {
        let limit = len.saturating_mul(PER_BYTE).saturating_add(FREE);
        Self { limit, left: limit }
    }

    /// Makes room in a list, which grows to twice its size so that many small steps stay cheap.
    pub fn make_room<T>(&mut self, list: &mut Vec<T>, more: u64, place: u64) -> Result<(), Error> {
        let (len, room) = (list.len() as u64, list.capacity() as u64);
        if more <= room - len {
            return Ok(());
        }
        let wanted = (len + more).max(2 * room);
        let too_much = Error::TooMuch { place, limit: self.limit };
        let bytes = (wanted - room).saturating_mul(size_of::<T>() as u64).saturating_add(OVERHEAD);
        let (Some(left), Ok(additional)) =
            (self.left.checked_sub(bytes), usize::try_from(wanted - len))
        else {
            return Err(too_much);
        };
        self.left = left;
        list.try_reserve_exact(additional).map_err(|_| too_much)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_the_limit_is_refused_before_it_is_allocated() {
        let mut budget = Budget::of(10);
        let mut list: Vec<u64> = Vec::new();
        for more in [1 << 31, u64::MAX / 8, u64::MAX - 1] {
            let error = budget.make_room(&mut list, more, 3).expect_err("over 128 MiB");
            assert!(matches!(error, Error::TooMuch { place: 3, .. }), "{error}");
        }
        assert_eq!(list.capacity(), 0);
        budget.make_room(&mut list, 1 << 20, 0).expect("8 MiB");
        assert!(list.capacity() >= 1 << 20);
    }

    #[test]
    fn room_that_is_there_costs_nothing() {
        let mut budget = Budget::of(0);
        let mut list: Vec<u8> = Vec::with_capacity(100);
        budget.make_room(&mut list, 100, 0).expect("there is room");
        assert_eq!(budget.left, FREE);
    }
}
