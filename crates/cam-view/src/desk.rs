//! A desk: one thread that does one piece of work after another, and a queue before it of a bounded length.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cam_explain::{Cancel, Error};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long one piece of work may take, its wait included.
const PATIENCE: Duration = Duration::from_secs(300);

/// The side of the desk where work `J` is handed in. Clones stand before one queue.
pub struct Desk<J> {
    tickets: SyncSender<Ticket<J>>,
    line: Arc<Line>,
}

/// The side of the desk where it is done.
pub struct Clerk<J> {
    tickets: Receiver<Ticket<J>>,
    line: Arc<Line>,
}

struct Ticket<J> {
    number: usize,
    work: J,
}

struct Line {
    length: usize,
    waiting: AtomicUsize,
    issued: AtomicUsize,
    /// The ticket that is being served.
    served: Mutex<Option<usize>>,
    /// Ends the work that is being done.
    cancel: Cancel,
}

/// Why there is no result.
#[derive(Debug)]
pub enum Refusal {
    /// The work was done, and failed.
    Failed(Error),
    /// So many wait already.
    Busy(usize),
    /// It took longer than anybody waits.
    TooLong(Duration),
    /// The work broke off, or the desk is closed.
    BrokeOff,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// A desk before which at most `length` wait, whose work `cancel` ends.
pub fn open<J>(length: usize, cancel: Cancel) -> (Desk<J>, Clerk<J>) {
    let (sender, receiver) = sync_channel(length);
    let line = Arc::new(Line {
        length,
        waiting: AtomicUsize::new(0),
        issued: AtomicUsize::new(0),
        served: Mutex::default(),
        cancel,
    });
    (Desk { tickets: sender, line: Arc::clone(&line) }, Clerk { tickets: receiver, line })
}

impl<J> Clone for Desk<J> {
    fn clone(&self) -> Self {
        Self { tickets: self.tickets.clone(), line: Arc::clone(&self.line) }
    }
}

impl<J> Desk<J> {
    /// How many wait or are being served.
    pub fn waiting(&self) -> usize {
        self.line.waiting.load(Ordering::SeqCst)
    }

    /// Waits for a result of work that `make` packs together with the place where the result goes. Whoever stops waiting
    /// ends the work.
    ///
    /// # Errors
    /// A [`Refusal`].
    pub async fn ask<T>(&self, make: impl FnOnce(Answer<T>) -> J) -> Result<T, Refusal> {
        let (sender, receiver) = oneshot::channel();
        let number = self.line.issued.fetch_add(1, Ordering::SeqCst);
        let presence = Presence::new(&self.line, number);
        let ticket = Ticket { number, work: make(Answer(sender)) };
        if self.tickets.try_send(ticket).is_err() {
            return Err(Refusal::Busy(self.line.length));
        }
        let answer = timeout(PATIENCE, receiver).await;
        drop(presence);
        match answer {
            Ok(Ok(answer)) => answer.map_err(Refusal::Failed),
            Ok(Err(_)) => Err(Refusal::BrokeOff),
            Err(_) => Err(Refusal::TooLong(PATIENCE)),
        }
    }
}

impl<J> Clerk<J> {
    /// Does what is handed in, until nobody can hand in anything any more.
    pub fn serve(self, mut work: impl FnMut(J)) {
        for Ticket { number, work: job } in self.tickets {
            *self.line.served() = Some(number);
            // A panic ends one piece of work, whose owner finds the place of the answer abandoned.
            let done = catch_unwind(AssertUnwindSafe(|| work(job)));
            let mut served = self.line.served();
            *served = None;
            self.line.cancel.forget();
            drop(served);
            if done.is_err() {
                log::warn!("the work broke off; what was asked is answered with an error");
            }
        }
    }
}

impl Line {
    fn served(&self) -> MutexGuard<'_, Option<usize>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the result of a piece of work goes.
pub struct Answer<T>(oneshot::Sender<Result<T, Error>>);

impl<T> Answer<T> {
    /// Does the work, if somebody still waits for it.
    pub fn of(self, work: impl FnOnce() -> Result<T, Error>) {
        if !self.0.is_closed() {
            // That nobody waits any longer changes nothing.
            let _ = self.0.send(work());
        }
    }
}

/// Somebody who waits. Their leaving ends their work, and nobody else's.
struct Presence<'l> {
    line: &'l Line,
    number: usize,
}

impl<'l> Presence<'l> {
    fn new(line: &'l Line, number: usize) -> Self {
        line.waiting.fetch_add(1, Ordering::SeqCst);
        Self { line, number }
    }
}

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        self.line.waiting.fetch_sub(1, Ordering::SeqCst);
        let served = self.line.served();
        if *served == Some(self.number) {
            self.line.cancel.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    type Job = Box<dyn FnOnce() + Send>;

    fn run<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime").block_on(future)
    }

    #[test]
    fn whoever_leaves_ends_their_own_work_and_nobody_elses() {
        let cancel = Cancel::default();
        let (desk, clerk) = open::<Job>(4, cancel.clone());
        let seen = cancel.clone();
        let clerk = thread::spawn(move || clerk.serve(|job| job()));
        run(async {
            let endless = desk.ask(|answer: Answer<()>| -> Job {
                Box::new(move || {
                    answer.of(|| {
                        while !seen.is_cancelled() {
                            thread::sleep(Duration::from_millis(1));
                        }
                        Ok(())
                    })
                })
            });
            assert!(timeout(Duration::from_millis(50), endless).await.is_err());
            let next = desk.ask(|answer| -> Job { Box::new(move || answer.of(|| Ok(7))) }).await;
            assert_eq!(next.expect("it is done"), 7);
        });
        assert!(!cancel.is_cancelled());
        drop(desk);
        clerk.join().expect("the desk closes");
    }

    #[test]
    fn work_that_breaks_off_is_an_error_and_the_next_is_done() {
        let (desk, clerk) = open::<Job>(4, Cancel::default());
        let clerk = thread::spawn(move || clerk.serve(|job| job()));
        run(async {
            let broken = desk.ask(|answer: Answer<()>| -> Job {
                Box::new(move || answer.of(|| std::panic::resume_unwind(Box::new(()))))
            });
            assert!(matches!(broken.await, Err(Refusal::BrokeOff)));
            let next = desk.ask(|answer| -> Job { Box::new(move || answer.of(|| Ok(7))) }).await;
            assert_eq!(next.expect("it is done"), 7);
        });
        drop(desk);
        clerk.join().expect("the desk closes");
    }

    #[test]
    fn more_than_the_queue_holds_is_refused_at_once() {
        let (desk, clerk) = open::<Job>(1, Cancel::default());
        run(async {
            let ask = || desk.ask(|answer| -> Job { Box::new(move || answer.of(|| Ok(()))) });
            let first = ask();
            let waits = timeout(Duration::from_millis(10), first);
            let (first, second) = (waits.await, ask().await);
            assert!(first.is_err() && matches!(second, Err(Refusal::Busy(1))));
        });
        drop((desk, clerk));
    }
}
