//! `cam bench`, from arguments to numbers.

mod engine;
mod machine;
mod photograph;
mod report;
mod samples;
mod subject;
mod way;

use cam_explain::Environment;

use crate::arguments::BenchExplain;
use crate::failure::Failure;
use crate::print;

use photograph::Photograph;
use report::Document;
use samples::Samples;
use subject::Subject;
use way::Way;

/// What came of timing an explanation.
pub struct Measured {
    /// The steps between pixels and finished maps.
    pub steps: Samples,
    /// All of them without a stop.
    pub total: Samples,
    /// Steps before the pixels.
    pub before: Samples,
}

/// Times an explanation and prints what came of it.
pub fn explain(arguments: &BenchExplain, environment: &Environment) -> Result<(), Failure> {
    let subject = Subject::load(arguments, environment)?;
    let photograph = Photograph::new()?;
    let way = Way::new(&subject, &photograph, arguments.concepts as usize)?;
    let measured = measure(&way, &photograph, &subject, arguments.repeat)?;
    let rounds = if arguments.layers { arguments.repeat } else { 0 };
    let plans = engine::plans(&subject, &way, rounds)?;
    let document = Document::new(arguments, &subject, &measured, plans);
    match arguments.json {
        true => print::json(&document),
        false => print::line(document),
    }
}

/// Everything in turn, round after round, so that a slow moment of the machine is nobody's own.
fn measure(
    way: &Way<'_>,
    photograph: &Photograph,
    subject: &Subject,
    rounds: u32,
) -> Result<Measured, Failure> {
    let mut measured = Measured {
        steps: Samples::of(&way::STEPS),
        total: Samples::of(&["total"]),
        before: Samples::of(&photograph::STEPS),
    };
    let round =
        || Ok::<_, Failure>((way.stepwise()?, way.at_once()?, photograph.stepwise(subject)?));
    // The first one makes programs, buffers and threads.
    round()?;
    for _ in 0..rounds {
        subject.cancel.check("nothing was reported")?;
        let (steps, total, before) = round()?;
        measured.steps.add(&steps);
        measured.total.add(&total);
        measured.before.add(&before);
    }
    Ok(measured)
}
