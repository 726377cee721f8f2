//! What training keeps beside a network, and no inference uses.

/// Entries of a training script's file, beside the state dict: the first part of a path.
const ENTRIES: [&str; 23] = [
    "amp",
    "amp_scaler",
    "callbacks",
    "fp16_scaler",
    "grad_scaler",
    "loops",
    "lr_scheduler",
    "lr_schedulers",
    "message_hub",
    "metrics",
    "opt",
    "optim",
    "optim_state_dict",
    "optimizer",
    "optimizer_state",
    "optimizer_state_dict",
    "optimizer_states",
    "optimizers",
    "param_schedulers",
    "random_state",
    "rng_state",
    "scaler",
    "scheduler",
];

/// Settings of a training, which may hold the network that it began with.
const SETTINGS: [&str; 6] =
    ["args", "config", "hparams", "hyper_parameters", "hyperparameters", "meta"];

/// Losses, wherever they stand.
const LOSSES: [&str; 8] =
    ["criterion", "dino_loss", "loss", "loss_fn", "loss_func", "losses", "prototypes", "proxies"];

/// What MoCo trains against.
const QUEUES: [&str; 2] = ["queue", "queue_ptr"];

/// Single numbers at the top of a file, beside the state dict.
const COUNTERS: [&str; 12] = [
    "epoch",
    "step",
    "steps",
    "iter",
    "iteration",
    "iterations",
    "acc",
    "acc1",
    "prec1",
    "loss",
    "lr",
    "averaged",
];

/// Whether what stands under a prefix is no network, though it may look like one: the initial one
/// among the settings of a training.
pub(crate) fn is_left_out(prefix: &str) -> bool {
    what(prefix.trim_end_matches('.'), &[0]).is_some()
}

/// What a tensor is that no inference uses, and the start of its path that says so; none where it
/// may be part of the network.
pub(crate) fn what<'a>(path: &'a str, shape: &[usize]) -> Option<(&'a str, &'static str)> {
    let first = path.split('.').next().unwrap_or(path);
    if ENTRIES.contains(&first) || first.starts_with("scheduler_") {
        return Some((first, "state of the training"));
    }
    if SETTINGS.contains(&first) {
        return Some((first, "settings of the training"));
    }
    if let Some(start) = up_to(path, &LOSSES) {
        return Some((start, "part of a loss"));
    }
    if let Some(start) = up_to(path, &QUEUES) {
        return Some((start, "a queue of embeddings to train against"));
    }
    let is_counter = shape.iter().product::<usize>() == 1
        && !path.contains('.')
        && path.split('_').any(|word| COUNTERS.contains(&word));
    is_counter.then_some((path, "a counter of the training"))
}

/// A path up to and with the first of its parts that is one of those.
fn up_to<'a>(path: &'a str, words: &[&str]) -> Option<&'a str> {
    let mut end = 0;
    for part in path.split('.') {
        end += part.len();
        if words.contains(&part) {
            return Some(&path[..end]);
        }
        end += 1;
    }
    None
}
