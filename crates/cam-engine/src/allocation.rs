//! Zeroed memory for many numbers.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;

/// Bytes of a cache line, and of the widest vector.
pub(crate) const ALIGNMENT: usize = 64;

/// Bytes of a huge page.
const HUGE: usize = 2 << 20;

/// What the allocator is asked to align to: what it gives anyway. Asked for more, it writes the zeros itself
/// instead of taking pages that are zero, and touches all of them for that.
const GIVEN: usize = 16;

/// Zeroed bytes from a cache line on; where there are many, on huge pages if the system has them.
///
/// A fresh page costs the system a fault, 25,000 of them for 100 MB in small pages.
pub(crate) struct Allocation {
    base: NonNull<u8>,
    layout: Layout,
    start: NonNull<u8>,
}

// SAFETY: an allocation owns its memory and has no state besides; what lies in it is its user's affair.
unsafe impl Send for Allocation {}
// SAFETY: as above.
unsafe impl Sync for Allocation {}

impl Allocation {
    /// So many zeros; none where that is more than an address can count.
    pub(crate) fn zeroed(bytes: usize) -> Option<Self> {
        let alignment = if bytes >= 2 * HUGE { HUGE } else { ALIGNMENT };
        let layout = Layout::from_size_align(bytes.checked_add(alignment)?, GIVEN).ok()?;
        // SAFETY: the layout is not of size zero, for the alignment is added.
        let base = unsafe { alloc_zeroed(layout) };
        let Some(base) = NonNull::new(base) else { handle_alloc_error(layout) };
        let ahead = base.addr().get().next_multiple_of(alignment) - base.addr().get();
        // SAFETY: less than the alignment, by which the allocation is longer than what follows.
        let start = unsafe { base.add(ahead) };
        if alignment == HUGE {
            advise_huge_pages(start, bytes);
        }
        Some(Self { base, layout, start })
    }

    /// Where its bytes start.
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }
}

impl Drop for Allocation {
    fn drop(&mut self) {
        // SAFETY: `zeroed` allocated it with this very layout.
        unsafe { dealloc(self.base.as_ptr(), self.layout) }
    }
}

/// Advice only: a system that does not take it gives small pages.
#[cfg(all(target_os = "linux", not(miri)))]
fn advise_huge_pages(start: NonNull<u8>, bytes: usize) {
    // SAFETY: the range starts at a page and lies in an allocation of ours. The advice changes by what pages it is
    // backed, not what lies in it.
    unsafe { libc::madvise(start.as_ptr().cast(), bytes, libc::MADV_HUGEPAGE) };
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn advise_huge_pages(_start: NonNull<u8>, _bytes: usize) {}

/// Gives back to the system what was freed: glibc keeps memory that lies between memory in use, and weights that were
/// packed would stay there beside the packed ones.
#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
pub(crate) fn give_back() {
    // SAFETY: it takes pages from what is free alone, and may be called at any time by any thread.
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators give back what is large by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu", not(miri))))]
pub(crate) fn give_back() {}

/// Bytes above which glibc asks the system for each allocation by itself: the most that it takes.
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64", not(miri)))]
const MAPPED: libc::c_int = 32 << 20;

/// Has the process keep what it frees, up to 32 MiB a piece, for what it asks for next.
///
/// glibc gives memory of a few hundred KiB back to the system as soon as it is free, and takes it anew, page by page,
/// for the next map, tensor or picture. It is for a program to decide, once, before it starts threads: what it held at
/// its peak it then holds to its end. Of other systems' allocators nothing is asked.
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64", not(miri)))]
pub fn keep_freed_memory() {
    // SAFETY: these are settings of the allocator, which takes them at any time.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED);
        libc::mallopt(libc::M_TRIM_THRESHOLD, libc::c_int::MAX);
    }
}

/// Nothing: what other systems' allocators keep is their affair.
#[cfg(not(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64", not(miri))))]
pub fn keep_freed_memory() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_allocations_start_at_a_cache_line_and_are_zero_to_their_ends() {
        for bytes in [0, 1, 4096, 2 * HUGE - 1, 2 * HUGE, 3 * HUGE + 17] {
            let allocation = Allocation::zeroed(bytes).unwrap();
            assert!(allocation.start().addr().get().is_multiple_of(ALIGNMENT), "{bytes}");
            // SAFETY: so many bytes were asked for.
            let all = unsafe { std::slice::from_raw_parts(allocation.start().as_ptr(), bytes) };
            assert!(all.iter().all(|&byte| byte == 0), "{bytes}");
        }
    }

    #[test]
    fn what_no_address_can_count_is_not_asked_for() {
        assert!(Allocation::zeroed(usize::MAX - 5).is_none());
        assert!(Allocation::zeroed(isize::MAX as usize).is_none());
    }
}
