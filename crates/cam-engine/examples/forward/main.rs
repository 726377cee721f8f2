//! How long forward passes take, with made-up weights.
//!
//! `cargo run --release --example forward -- [resnet50|resnet18|resnext50|lite0|b0|densenet121|vit_b16|
//! dinov2_s14] [size] [threads]
//! [rounds] [batch=1] [exact] [avx2|portable] [plan] [steps] [bits]`

mod networks;
#[path = "../../tests/support/numbers.rs"]
mod numbers;

use std::time::Instant;

use cam_engine::{Engine, InstructionSet, Options};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse::<usize>().ok());
    let size = numbers.next().unwrap_or(224);
    let threads = numbers.next().unwrap_or(0);
    let rounds = numbers.next().unwrap_or(20).max(1);
    let name = arguments.iter().find_map(|argument| networks::named(argument, size));
    let (name, graph) = name.unwrap_or_else(|| ("resnet50", networks::resnet50()));
    let instructions = if has("avx2") {
        Some(InstructionSet::Avx2)
    } else if has("portable") {
        Some(InstructionSet::Portable)
    } else {
        None
    };
    let steps = graph.steps.len();
    let graph_of_work = graph.clone();
    let start = Instant::now();
    let engine =
        Engine::new(graph, Options { threads, instructions, exact: has("exact") }).unwrap();
    let packed = start.elapsed();
    let images = arguments.iter().find_map(|argument| argument.strip_prefix("batch="));
    let images = images.and_then(|images| images.parse().ok()).unwrap_or(1);
    let shape = [images, 3, size, size];
    let input = numbers::numbers(1, shape.iter().product());
    let start = Instant::now();
    let plan = engine.plan(0..steps, shape).unwrap();
    let planned = start.elapsed();
    let mut flops = vec![0.0; steps];
    let positions = |index| {
        let step = plan.steps.iter().find(|step| step.step == index);
        step.map_or(0, |step| step.shape[2] * step.shape[3])
    };
    let work = networks::work(&graph_of_work, positions);
    drop(graph_of_work);
    for step in &plan.steps {
        flops[step.step] = work[step.step] * (step.shape[2] * step.shape[3]) as f64;
    }
    let mut times = Vec::new();
    let mut first = None;
    for round in 0..rounds + 3 {
        let start = Instant::now();
        let output = engine.run(0..steps, &input, shape).unwrap();
        first.get_or_insert(start.elapsed());
        if round >= 3 {
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        std::hint::black_box(output);
    }
    times.sort_by(f64::total_cmp);
    let median = times[times.len() / 2];
    println!(
        "{name} {size} threads {} {}: median {median:.2} ms best {:.2} ms = {:.1} GFLOP/s",
        engine.threads(),
        engine.instructions(),
        times[0],
        images as f64 * flops.iter().sum::<f64>() / median / 1e6,
    );
    if has("plan") {
        println!("{plan}");
        println!(
            "packed in {packed:.1?}, planned in {planned:.1?}, first run {:.1?}",
            first.unwrap()
        );
    }
    if has("bits") {
        let output = engine.run(0..steps, &input, shape).unwrap();
        println!("bits of the output: {:016x}", digest(&output.values));
    }
    if has("steps") {
        print_steps(&engine, &input, shape, rounds, &flops, &plan);
    }
}

/// A number that two machines share if all of their results have the same bits (FNV-1a).
fn digest(values: &[f32]) -> u64 {
    values
        .iter()
        .flat_map(|value| value.to_bits().to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
            (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

/// How long every step takes within whole runs: the best of them, since a step is short against
/// what else a machine does.
fn print_steps(
    engine: &Engine,
    input: &[f32],
    shape: [usize; 4],
    rounds: usize,
    flops: &[f64],
    plan: &cam_engine::Plan,
) {
    let mut best = vec![f64::INFINITY; plan.steps.len()];
    for _ in 0..rounds {
        let times = engine.time_steps(0..engine.steps(), input, shape).unwrap();
        for (best, time) in best.iter_mut().zip(times) {
            *best = best.min(time.as_secs_f64() * 1e3);
        }
    }
    for (step, time) in plan.steps.iter().zip(&best) {
        println!(
            "{:4} {:20} {:>18} {time:8.3} ms {:7.1} GFLOP/s",
            step.step,
            step.kernel,
            format!("{:?}", &step.shape[1..]),
            step.shape[0] as f64 * flops[step.step] / time / 1e6
        );
    }
    println!("sum {:.3} ms", best.iter().sum::<f64>());
}
