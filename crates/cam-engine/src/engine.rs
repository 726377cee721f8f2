#[cfg(feature = "clock")]
mod timing;

use std::io::{self, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::backward::AdjointRun;
use crate::kernels::Kernels;
use crate::layers::transfer::Order;
use crate::packed_weights;
use crate::plan::Plan;
use crate::pool::Pool;
use crate::prepared_graph::PreparedGraph;
use crate::program::{Program, Settings};
use crate::recording::Recording;
use crate::schedule::RunInput;
use crate::workspace::Workspace;
use crate::{Convolution, Error, Graph, InstructionSet, Options, ReadAt, Wanted};

/// Programs saved for the next run on the same shape, each with the memory it runs in.
const PROGRAMS: usize = 8;

/// Bytes of memory that these programs may hold together, the newest not counted.
const PROGRAM_BYTES: usize = 512 << 20;

/// A network ready to run.
///
/// It may be shared between threads. Runs take turns: each uses all of the engine's threads.
pub struct Engine {
    network: Arc<PreparedGraph>,
    kernels: &'static Kernels,
    instructions: InstructionSet,
    exact: bool,
    pool: Pool,
    /// Least recently used first.
    programs: Mutex<Vec<(Key, Arc<Program>)>>,
}

/// Segment, what is wanted of it, shape of its input, and whether the run is recorded.
type Key = (Range<usize>, (Vec<Wanted>, Order), [usize; 4], bool);

/// What a run gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// `[n, c, h, w]`, row-major.
    pub values: Vec<f32>,
    /// `[n, c, h, w]`.
    pub shape: [usize; 4],
}

/// A value of a run with its channels last, as the engine keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pixels {
    /// `[n, h, w, c]`, row-major.
    pub values: Vec<f32>,
    /// `[n, h, w, c]`.
    pub shape: [usize; 4],
}

impl Engine {
    /// Checks a graph, packs its weights and starts the threads.
    ///
    /// # Errors
    /// If the graph contradicts itself, if the machine lacks the instructions asked for, or if so
    /// many threads are too many or cannot be started.
    pub fn new(graph: Graph, options: Options) -> Result<Self, Error> {
        Self::around(options, |kernels, pool| PreparedGraph::new(graph, kernels, pool))
    }

    fn around(
        options: Options,
        network: impl FnOnce(&Kernels, &Pool) -> Result<PreparedGraph, Error>,
    ) -> Result<Self, Error> {
        let instructions = options.instructions.map_or_else(InstructionSet::chosen, Ok)?;
        if !instructions.is_available() {
            return Err(Error::Unavailable { instructions });
        }
        let kernels = Kernels::of(instructions);
        let pool = Pool::new(options.threads)?;
        Ok(Self {
            network: Arc::new(network(kernels, &pool)?),
            kernels,
            instructions,
            exact: options.exact,
            pool,
            programs: Mutex::default(),
        })
    }

    /// An engine around packed weights, as [`write_packed`](Self::write_packed) gives them: they are
    /// read into memory by all threads, and nothing is packed.
    ///
    /// The graph is the one that they were packed for, with empty weights. So much memory is asked
    /// for as [`packed_bytes`](Self::packed_bytes) says: whoever has them from a file looks at its
    /// length before.
    ///
    /// # Errors
    /// As for [`new`](Self::new), and what `read` gives.
    pub fn open_packed(graph: Graph, read: &ReadAt<'_>, options: Options) -> Result<Self, Error> {
        Self::around(options, |kernels, pool| packed_weights::open(graph, read, (kernels, pool)))
    }

    /// Another engine with the same weights, which are shared, on its caller's thread alone: several
    /// run side by side, where one engine's runs take turns.
    pub fn lane(&self) -> Self {
        Self {
            network: Arc::clone(&self.network),
            pool: Pool::of_caller(),
            programs: Mutex::default(),
            ..*self
        }
    }

    /// Bytes that [`write_packed`](Self::write_packed) writes for a graph, whose own weights are
    /// empty.
    ///
    /// # Errors
    /// If the graph contradicts itself.
    pub fn packed_bytes(graph: &Graph) -> Result<usize, Error> {
        packed_weights::bytes(graph)
    }

    /// Writes the packed weights as [`open_packed`](Self::open_packed) wants them. They suit every
    /// instruction set.
    ///
    /// # Errors
    /// What writing gives.
    pub fn write_packed(&self, to: &mut dyn Write) -> io::Result<()> {
        packed_weights::write(&self.network, to)
    }

    /// Runs the steps of a segment: reads the value that exists when `segment.start` steps have
    /// run, and gives the value of its last step. An empty segment gives what it was given.
    ///
    /// # Shapes
    /// `input` is `[n, c, h, w]`, row-major, as `shape` says.
    ///
    /// # Errors
    /// If the segment does not lie in the graph or needs a value from before its start, or if the
    /// input does not suit it.
    ///
    /// # Panics
    /// If a kernel does, which is a bug. The engine stays usable.
    pub fn run(
        &self,
        segment: Range<usize>,
        input: &[f32],
        shape: [usize; 4],
    ) -> Result<Output, Error> {
        check_input(input, shape)?;
        let Some(program) = self.program_to_end(segment, shape, false)? else {
            return Ok(Output { values: input.to_vec(), shape });
        };
        let mut outputs = program.schedule().run(self.given(input), &|_| {});
        let values = outputs.pop().expect("every run has an output");
        Ok(Output { values, shape: program.outputs()[0] })
    }

    /// Runs the steps from `start` on, on the value that exists when `start` steps have run, and gives any of
    /// the values behind it, in the order in which they are wanted.
    ///
    /// # Shapes
    /// `input` is `[n, c, h, w]`, row-major, as `shape` says.
    ///
    /// # Errors
    /// As for [`run`](Self::run), and if a value is not given by a step behind the start or has not the rows that are
    /// wanted.
    pub fn values(
        &self,
        start: usize,
        wanted: &[Wanted],
        input: &[f32],
        shape: [usize; 4],
    ) -> Result<Vec<Pixels>, Error> {
        check_input(input, shape)?;
        let end = wanted.iter().map(|wanted| wanted.value).max().unwrap_or(start);
        if let Some(&Wanted { value, .. }) = wanted.iter().find(|wanted| wanted.value <= start) {
            return Err(Error::Value { value, start });
        }
        let wanted = (wanted, Order::ChannelsLast);
        let Some(program) = self.program(start..end, wanted, shape, false)? else {
            return Ok(Vec::new());
        };
        let outputs = program.schedule().run(self.given(input), &|_| {}).into_iter();
        let pixels = |(values, &[n, c, h, w]): (Vec<f32>, &[usize; 4])| Pixels {
            values,
            shape: [n, h, w, c],
        };
        Ok(outputs.zip(program.outputs()).map(pixels).collect())
    }

    /// Runs a segment as [`run`](Self::run) does and keeps its activations, so that gradients can
    /// be pulled back through it.
    ///
    /// # Errors
    /// As for [`run`](Self::run), and where the segment [cannot be recorded](Self::can_record).
    pub fn record(
        &self,
        segment: Range<usize>,
        input: &[f32],
        shape: [usize; 4],
    ) -> Result<Recording<'_>, Error> {
        check_input(input, shape)?;
        let one_way = |step: &usize| self.network.steps[*step].step.operation.one_way();
        if segment.end <= self.steps()
            && let Some(step) = segment.clone().find(|step| one_way(step).is_some())
        {
            let operation = one_way(&step).unwrap_or_default();
            return Err(Error::OneWay { step, operation });
        }
        let Some(program) = self.program_to_end(segment, shape, true)? else {
            let output = Output { values: input.to_vec(), shape };
            return Ok(Recording::new(self, None, output));
        };
        let (mut outputs, workspace) = program.schedule().record(self.given(input));
        let values = outputs.pop().expect("every run has an output");
        let output = Output { values, shape: program.outputs()[0] };
        Ok(Recording::new(self, Some((program, workspace)), output))
    }

    /// Whether gradients can be pulled back through all steps of a segment: layer norms, attention and
    /// tokens only run forwards.
    pub fn can_record(&self, segment: Range<usize>) -> bool {
        let steps = self.network.steps.get(segment);
        steps.is_some_and(|steps| steps.iter().all(|step| step.step.operation.one_way().is_none()))
    }

    /// Pulls gradients back through a recorded run.
    pub(crate) fn pull_back(
        &self,
        program: &Program,
        saved: &Workspace,
        gradients: &[f32],
        pull: AdjointRun,
    ) -> Result<Output, Error> {
        let machine = (&self.pool, self.kernels);
        let way = program.adjoint(&self.network, self.exact, pull, machine)?;
        let values = way.run(machine, gradients, saved);
        Ok(Output { values, shape: way.output_shape() })
    }

    /// How a segment would be run.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub fn plan(&self, segment: Range<usize>, shape: [usize; 4]) -> Result<Plan, Error> {
        checked_len(shape)?;
        let nothing = || Plan { steps: Vec::new(), buffers: 0, peak_bytes: 0 };
        let program = self.program_to_end(segment, shape, false)?;
        Ok(program.map_or_else(nothing, |program| program.plan().clone()))
    }

    /// How many steps the graph has.
    pub fn steps(&self) -> usize {
        self.network.steps.len()
    }

    /// A convolution of the graph with its weights, taken out of their packed order; none where the
    /// step is no convolution.
    pub fn convolution(&self, step: usize) -> Option<Convolution> {
        let (convolution, packed, _) = self.network.steps.get(step)?.convolution()?;
        Some(Convolution { weight: packed.unpack(convolution), ..convolution.clone() })
    }

    /// Threads that work on a run.
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// The instructions in use.
    pub fn instructions(&self) -> InstructionSet {
        self.instructions
    }

    fn given<'a>(&'a self, input: &'a [f32]) -> RunInput<'a> {
        RunInput { pool: &self.pool, kernels: self.kernels, input, saved: None }
    }

    /// The program that gives a segment's last value as the caller of a run wants it.
    fn program_to_end(
        &self,
        segment: Range<usize>,
        shape: [usize; 4],
        keep: bool,
    ) -> Result<Option<Arc<Program>>, Error> {
        let wanted = [Wanted::whole(segment.end)];
        self.program(segment, (&wanted, Order::ChannelsFirst), shape, keep)
    }

    /// The program for a segment and shape; none for an empty segment.
    fn program(
        &self,
        segment: Range<usize>,
        (wanted, order): (&[Wanted], Order),
        shape: [usize; 4],
        keep: bool,
    ) -> Result<Option<Arc<Program>>, Error> {
        let Range { start, end } = segment;
        if start > end || end > self.steps() {
            return Err(Error::Segment { start, end, steps: self.steps() });
        }
        if segment.is_empty() {
            return Ok(None);
        }
        // Held while a program is made, so that two runs on a new shape do not both make it.
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (segment, (wanted.to_vec(), order), shape, keep);
        let known = programs.iter().position(|(known, _)| *known == key);
        let program = match known {
            Some(index) => programs.remove(index).1,
            None => {
                let settings = Settings { pool: &self.pool, exact: self.exact, keep, order };
                Arc::new(Program::new(&self.network, (key.0.clone(), wanted), shape, settings)?)
            }
        };
        let bytes = |programs: &[(Key, Arc<Program>)]| -> usize {
            programs.iter().map(|(_, program)| program.bytes()).sum()
        };
        while programs.len() >= PROGRAMS || bytes(&programs) > PROGRAM_BYTES {
            programs.remove(0);
        }
        programs.push((key, Arc::clone(&program)));
        Ok(Some(program))
    }
}

pub(crate) fn check_input(input: &[f32], shape: [usize; 4]) -> Result<(), Error> {
    match checked_len(shape)? {
        expected if expected == input.len() => Ok(()),
        expected => Err(Error::InputLength { expected, found: input.len() }),
    }
}

/// Numbers in a shape, none of whose sides may be zero.
fn checked_len(shape: [usize; 4]) -> Result<usize, Error> {
    let len = shape.into_iter().try_fold(1usize, usize::checked_mul);
    match len.ok_or(Error::TooLarge { shape })? {
        0 => Err(Error::Empty { shape }),
        len => Ok(len),
    }
}
