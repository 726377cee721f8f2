//! A desk: one thread that does one piece of work after another, and a queue before it of a bounded length.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cam_explain::{Cancel, Error};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long one piece of work may take, its wait included.
const PATIENCE: Duration = Duration::from_secs(300);

/// The side of the desk where work `J` is handed in.
pub struct Desk<J>(Arc<Line<J>>);

/// The side of the desk where it is done.
pub struct Clerk<J>(Arc<Line<J>>);

struct Line<J> {
    length: usize,
    state: Mutex<State<J>>,
    /// Something was handed in, or the desk was closed.
    called: Condvar,
    /// Ends the work that is being done.
    cancel: Cancel,
}

struct State<J> {
    queue: VecDeque<Ticket<J>>,
    /// The ticket that is being served.
    served: Option<usize>,
    issued: usize,
    is_closed: bool,
}

struct Ticket<J> {
    number: usize,
    work: J,
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
    let state = State { queue: VecDeque::new(), served: None, issued: 0, is_closed: false };
    let line = Line { length, state: Mutex::new(state), called: Condvar::new(), cancel };
    let line = Arc::new(line);
    (Desk(Arc::clone(&line)), Clerk(line))
}

impl<J> Desk<J> {
    /// How many wait or are being served.
    pub fn waiting(&self) -> usize {
        let state = self.0.locked();
        state.queue.len() + usize::from(state.served.is_some())
    }

    /// Waits for a result of work that `make` packs together with the place where the result goes. Whoever stops waiting
    /// takes their work along, or ends it.
    ///
    /// # Errors
    /// A [`Refusal`].
    pub async fn ask<T>(&self, make: impl FnOnce(Answer<T>) -> J) -> Result<T, Refusal> {
        let (sender, receiver) = oneshot::channel();
        let Some(presence) = self.0.join(make(Answer(sender))) else {
            return Err(Refusal::Busy(self.0.length));
        };
        let answer = timeout(PATIENCE, receiver).await;
        drop(presence);
        match answer {
            Ok(Ok(answer)) => answer.map_err(Refusal::Failed),
            Ok(Err(_)) => Err(Refusal::BrokeOff),
            Err(_) => Err(Refusal::TooLong(PATIENCE)),
        }
    }
}

/// Nobody waits any more: whoever did held the desk.
impl<J> Drop for Desk<J> {
    fn drop(&mut self) {
        self.0.locked().is_closed = true;
        self.0.called.notify_all();
    }
}

impl<J> Clerk<J> {
    /// Does what is handed in, until nobody can hand in anything any more.
    pub fn serve(self, mut work: impl FnMut(J)) {
        while let Some(job) = self.0.next() {
            // A panic ends one piece of work, whose owner finds the place of the answer abandoned.
            let done = catch_unwind(AssertUnwindSafe(|| work(job)));
            let mut state = self.0.locked();
            state.served = None;
            self.0.cancel.forget();
            drop(state);
            if done.is_err() {
                log::warn!("the work broke off; what was asked is answered with an error");
            }
        }
    }
}

impl<J> Line<J> {
    /// Puts work at the end; nothing where so many wait already.
    fn join(&self, work: J) -> Option<Presence<'_, J>> {
        let mut state = self.locked();
        if state.is_closed || state.queue.len() >= self.length {
            return None;
        }
        let number = state.issued;
        state.issued += 1;
        state.queue.push_back(Ticket { number, work });
        self.called.notify_one();
        Some(Presence { line: self, number })
    }

    /// The work at the front, once there is some.
    fn next(&self) -> Option<J> {
        let is_idle = |state: &mut State<J>| state.queue.is_empty() && !state.is_closed;
        let state = self.called.wait_while(self.locked(), is_idle);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        let Ticket { number, work } = state.queue.pop_front()?;
        state.served = Some(number);
        Some(work)
    }

    fn locked(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
struct Presence<'l, J> {
    line: &'l Line<J>,
    number: usize,
}

impl<J> Drop for Presence<'_, J> {
    fn drop(&mut self) {
        let mut state = self.line.locked();
        if state.served == Some(self.number) {
            self.line.cancel.cancel();
        }
        // Their place is free, and what they sent is held no longer.
        let place = state.queue.iter().position(|ticket| ticket.number == self.number);
        let ticket = place.and_then(|place| state.queue.remove(place));
        drop(state);
        drop(ticket);
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
    fn more_than_the_queue_holds_is_refused_until_somebody_leaves() {
        let (desk, clerk) = open::<Job>(1, Cancel::default());
        run(async {
            let ask = || desk.ask(|answer| -> Job { Box::new(move || answer.of(|| Ok(()))) });
            let moment = Duration::from_millis(10);
            let mut first = Box::pin(ask());
            assert!(timeout(moment, first.as_mut()).await.is_err());
            assert!(matches!(ask().await, Err(Refusal::Busy(1))));
            drop(first);
            assert_eq!(desk.waiting(), 0);
            assert!(timeout(moment, ask()).await.is_err(), "there is a place to wait at");
        });
        drop((desk, clerk));
    }
}
