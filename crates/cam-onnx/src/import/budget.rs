//! What an import may cost, so that a file of a few bytes cannot fill the memory or take hours.
//!
//! Every number that folding reads or makes is counted. A sound file folds each of its constants a few times; one made to
//! harm folds small ones to large ones, or a large one again and again.

use std::collections::HashMap;

use super::importer::Refusal;
use crate::proto::{Payload, Tensor};

/// Numbers that may be made of nothing: masks and tables of positions.
const FREE: u64 = 4 << 20;

/// Numbers that may be read and made, for each byte of the file.
const WORK: u64 = 8;

/// Numbers in parameters, for each byte of the file: a byte becomes an f32, and a transposed copy is another.
const PARAMETERS: u64 = 2;

/// How often a file beside the model may be read: tied weights lie at one place and are read once for each.
const AGAIN: u64 = 4;

/// Multiplications that cost as much as a number that is made.
const PRODUCTS: u64 = 16;

/// What was used so far.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    /// Bytes of the model.
    model: u64,
    /// Where the furthest constant of each file beside the model ends.
    beside: HashMap<String, u64>,
    beside_total: u64,
    /// Numbers read from files beside the model.
    read: u64,
    /// Numbers read and made.
    work: u64,
    /// Numbers of constants that somebody still reads.
    alive: u64,
    /// Numbers of parameters.
    parameters: u64,
    /// Indices that steps hold.
    indices: u64,
}

impl Budget {
    pub(crate) fn of(model: u64) -> Self {
        Self { model, ..Self::default() }
    }

    fn bytes(&self) -> u64 {
        self.model.saturating_add(self.beside_total)
    }

    /// Numbers are read or made.
    pub(crate) fn work(&mut self, numbers: usize) -> Result<(), Refusal> {
        let limit = self.bytes().saturating_mul(WORK).saturating_add(FREE);
        add(&mut self.work, numbers, limit, "numbers that are computed from constants")
    }

    /// So many multiplications.
    pub(crate) fn products(&mut self, count: u64) -> Result<(), Refusal> {
        self.work(usize::try_from(count / PRODUCTS).unwrap_or(usize::MAX))
    }

    /// A constant comes to be.
    pub(crate) fn keep(&mut self, numbers: usize) -> Result<(), Refusal> {
        let limit = self.bytes().saturating_add(FREE);
        add(&mut self.alive, numbers, limit, "numbers in constants at once")
    }

    /// A constant is let go of.
    pub(crate) fn let_go(&mut self, numbers: usize) {
        self.alive = self.alive.saturating_sub(numbers as u64);
    }

    /// How many numbers the next constant may have.
    pub(crate) fn left(&self) -> usize {
        let work = self.bytes().saturating_mul(WORK).saturating_add(FREE).saturating_sub(self.work);
        let alive = self.bytes().saturating_add(FREE).saturating_sub(self.alive);
        usize::try_from(work.min(alive)).unwrap_or(usize::MAX)
    }

    /// The network gets a parameter.
    pub(crate) fn parameter(&mut self, numbers: usize) -> Result<(), Refusal> {
        let limit = self.bytes().saturating_mul(PARAMETERS).saturating_add(FREE);
        add(&mut self.parameters, numbers, limit, "numbers in parameters")
    }

    /// A step gets a list of indices.
    pub(crate) fn indices(&mut self, count: usize) -> Result<(), Refusal> {
        let limit = self.bytes().saturating_add(FREE);
        add(&mut self.indices, count, limit, "indices")
    }

    /// A constant of so many numbers was read, perhaps from a file beside the model. Each has a byte or more, so that a
    /// sound file is never over the limit.
    pub(crate) fn external(&mut self, tensor: &Tensor, numbers: usize) -> Result<(), Refusal> {
        let Payload::External { location, offset, .. } = &tensor.payload else { return Ok(()) };
        let end = offset.saturating_add(numbers as u64);
        let furthest = self.beside.entry(location.clone()).or_default();
        self.beside_total = self.beside_total.saturating_add(end.saturating_sub(*furthest));
        *furthest = end.max(*furthest);
        let limit = self.beside_total.saturating_mul(AGAIN).saturating_add(FREE);
        add(&mut self.read, numbers, limit, "numbers read again from files beside it")
    }
}

fn add(used: &mut u64, more: usize, limit: u64, what: &str) -> Result<(), Refusal> {
    *used = used.saturating_add(more as u64);
    match *used <= limit {
        true => Ok(()),
        false => Err(Refusal::TooMuch(format!(
            "more than {limit} {what}, which no network of its size needs"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_read_again_and_again_is_too_much_in_the_end() {
        let mut budget = Budget::of(1000);
        let reads = (0..).take_while(|_| budget.work(1 << 20).is_ok()).count();
        assert_eq!(reads, 4);
    }

    #[test]
    fn what_is_let_go_of_leaves_room() {
        let mut budget = Budget::of(0);
        for _ in 0..100 {
            assert!(budget.keep(3 << 20).is_ok());
            budget.let_go(3 << 20);
        }
        assert!(budget.keep(3 << 20).is_ok() && budget.keep(3 << 20).is_err());
    }

    #[test]
    fn tied_weights_are_read_a_few_times_and_not_a_thousand() {
        let payload =
            Payload::External { location: "w.data".into(), offset: 1 << 30, length: None };
        let tensor = Tensor { payload, ..Tensor::default() };
        let mut budget = Budget::of(0);
        let reads = (0..1000).take_while(|_| budget.external(&tensor, 1 << 30).is_ok()).count();
        assert_eq!(reads, 8, "four times the 2 GiB that the file must have");
    }
}
