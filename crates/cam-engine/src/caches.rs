//! How large the machine's caches are, which says how much a layer works on at a time. Results do not depend on it.

use std::sync::OnceLock;

/// Bytes of a second-level cache where the machine does not say.
const USUAL: usize = 512 << 10;

/// Bytes that are believed: a virtual machine may say anything.
const BELIEVED: (usize, usize) = (256 << 10, 2 << 20);

/// Bytes of a core's second-level cache.
pub(crate) fn second_level() -> usize {
    static BYTES: OnceLock<usize> = OnceLock::new();
    *BYTES.get_or_init(|| told().unwrap_or(USUAL).clamp(BELIEVED.0, BELIEVED.1))
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
fn told() -> Option<usize> {
    use std::arch::x86_64::{__cpuid, __cpuid_count};

    // Intel's and AMD's tables of caches have one form.
    let tables = [(0, 4), (0x8000_0000, 0x8000_001D)];
    let known = tables.into_iter().filter(|&(first, table)| __cpuid(first).eax >= table);
    let caches = known.flat_map(|(_, table)| (0..8).map(move |index| __cpuid_count(table, index)));
    let mut second = caches.filter(|cache| {
        let (kind, level) = (cache.eax & 0x1F, cache.eax >> 5 & 0x7);
        // Of data, or of data and instructions.
        (2..=3).contains(&kind) && level == 2
    });
    let cache = second.next()?;
    let (ways, partitions, line) = (cache.ebx >> 22, cache.ebx >> 12 & 0x3FF, cache.ebx & 0xFFF);
    let factors = [ways, partitions, line, cache.ecx].map(|less_one| less_one as usize + 1);
    factors.into_iter().try_fold(1, usize::checked_mul)
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
fn told() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_machine_says_what_its_system_says() {
        let read = std::fs::read_to_string("/sys/devices/system/cpu/cpu0/cache/index2/size");
        let Some(kib) =
            read.ok().and_then(|size| size.trim().strip_suffix('K')?.parse::<usize>().ok())
        else {
            return;
        };
        if let Some(bytes) = told() {
            assert_eq!(bytes, kib << 10);
        }
    }
}
