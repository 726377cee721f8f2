//! The memory that decoding images may take, shared by all threads that do.

use std::cell::Cell;
use std::fs;
use std::sync::{Condvar, Mutex, PoisonError};

use cam_viz::{DecodeOptions, Limits, decode};

/// What is taken for the machine's memory where it does not tell.
const UNKNOWN: u64 = 4 << 30;

/// The part of the machine's memory that decoding may take.
const SHARE: u64 = 4;

/// Pixels at most unless more are asked for: twice what the largest cameras have.
const MOST_PIXELS: u64 = 500_000_000;

/// Bytes of a pixel in most decoders, RGB and one more: as many pixels fit into memory.
pub const BYTES_PER_PIXEL: u64 = 4;

thread_local! {
    /// What this thread holds of the budget; none where it shares it with nobody.
    static HELD: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Memory that several threads share.
#[derive(Debug, Default)]
pub struct Budget {
    used: Mutex<u64>,
    freed: Condvar,
}

/// The limits of one image, where so much is asked for; 0 for what the machine has.
pub fn limits(memory: u64, max_pixels: u64) -> Limits {
    let memory = if memory > 0 { memory } else { machine() / SHARE };
    let fitting = (memory / BYTES_PER_PIXEL).min(MOST_PIXELS);
    Limits { max_pixels: if max_pixels > 0 { max_pixels } else { fitting }, memory }
}

impl Budget {
    /// Does a piece of work, one of several at a time, that decodes images: they wait until there is memory for
    /// them, and give it back at the end of the work.
    pub fn shared<R>(&self, work: impl FnOnce() -> R) -> R {
        struct Held<'a>(&'a Budget);
        impl Drop for Held<'_> {
            fn drop(&mut self) {
                self.0.give_back(HELD.take().unwrap_or(0));
            }
        }
        HELD.set(Some(0));
        let _held = Held(self);
        work()
    }

    /// Waits, in shared work, until an image can be decoded.
    pub fn wait_for(&self, bytes: &[u8], options: &DecodeOptions) {
        /// Pixels as they were decoded, and as a network takes them.
        const BYTES_PER_PIXEL: u64 = 3 + 3;
        let Some(held) = HELD.get() else { return };
        // What is wrong with the image, decoding says.
        let Ok(header) = decode::header(bytes, options) else { return };
        let pixels = u64::from(header.width) * u64::from(header.height);
        let needed = header.memory.max(pixels.saturating_mul(BYTES_PER_PIXEL));
        self.take(needed, held, options.limits.memory);
        HELD.set(Some(held.saturating_add(needed)));
    }

    /// Takes memory once there is enough. Who holds some already does not wait, lest two wait for each
    /// other, nor who would be alone.
    fn take(&self, needed: u64, held: u64, all: u64) {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let is_short = |used: &mut u64| held == 0 && *used > 0 && used.saturating_add(needed) > all;
        let mut used =
            self.freed.wait_while(used, is_short).unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_add(needed);
    }

    fn give_back(&self, bytes: u64) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_sub(bytes);
        drop(used);
        self.freed.notify_all();
    }
}

/// Bytes of the machine, or of the part of it that this process was given.
fn machine() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text.lines().find_map(|line| {
        line.strip_prefix("MemTotal:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    });
    let group = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let group = group.iter().find_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
    total.map_or(UNKNOWN, |total| (total << 10).min(group.unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn threads_together_never_hold_more_than_all() {
        let budget = Budget::default();
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for needed in [30, 60, 10, 100] {
                        budget.take(needed, 0, 100);
                        let held = now.fetch_add(needed, Ordering::SeqCst) + needed;
                        most.fetch_max(held, Ordering::SeqCst);
                        thread::yield_now();
                        now.fetch_sub(needed, Ordering::SeqCst);
                        budget.give_back(needed);
                    }
                });
            }
        });
        assert_eq!(most.into_inner(), 100);
    }

    #[test]
    fn one_alone_and_one_that_holds_some_do_not_wait() {
        let budget = Budget::default();
        budget.take(150, 0, 100);
        budget.take(20, 150, 100);
        assert_eq!(*budget.used.lock().expect("nobody panics"), 170);
    }
}
