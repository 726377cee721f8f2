//! Changes of sound input that are the same every time.

use cam_random::Random;

/// Numbers at which parsers are wrong.
const EDGES: [u64; 10] =
    [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];

/// One of the seeds after one to four changes, one of which may join it to another seed.
pub fn mutated(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(4) {
        change(&mut bytes, seeds, random);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    match random.below(8) {
        0 => bytes.truncate(at),
        1 => {
            let end = (at + 1 + random.below(64)).min(bytes.len());
            bytes.drain(at.min(end)..end);
        }
        2 => {
            let end = (at + 1 + random.below(64)).min(bytes.len());
            let again = bytes[at.min(end)..end].to_vec();
            bytes.splice(at..at, again);
        }
        3 => {
            let other = &seeds[random.below(seeds.len())];
            let from = random.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend(&other[from..]);
        }
        4 => number(bytes, at, random),
        5 => bytes.insert(at, random.next_u64() as u8),
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
    }
}

/// A number of 1, 2, 4 or 8 bytes becomes one of the edges, in either order of bytes.
fn number(bytes: &mut [u8], at: usize, random: &mut Random) {
    let value = EDGES[random.below(EDGES.len())];
    let width = 1 << random.below(4);
    let is_little = random.below(2) == 0;
    let value = if is_little { value.to_le_bytes() } else { value.to_be_bytes() };
    let value = if is_little { &value[..width] } else { &value[8 - width..] };
    if let Some(place) = bytes.get_mut(at..at + width) {
        place.copy_from_slice(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_changes_and_another_one_others() {
        let seeds = [b"one sound file".to_vec(), b"and another".to_vec()];
        let many = |seed| {
            let mut random = Random::new(seed);
            (0..50).map(|_| mutated(&seeds, &mut random)).collect::<Vec<_>>()
        };
        assert_eq!(many(1), many(1));
        assert_ne!(many(1), many(2));
        assert!(many(1).iter().filter(|bytes| !seeds.contains(bytes)).count() > 40);
    }

    #[test]
    fn empty_input_can_be_changed() {
        let mut random = Random::new(3);
        assert!((0..200).any(|_| !mutated(&[Vec::new()], &mut random).is_empty()));
    }
}
