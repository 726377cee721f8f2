//! A law over commands and options: an accepted option changes the output, or it is refused.
//!
//! Options are those that the program itself lists. One that is new fails here until a row says with what it is
//! tried, or that it cannot change anything, and why.

mod outcome;
mod prepared;
mod rows;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Place, is_engine};
use outcome::{Outcome, outcome};
use prepared::prepared;
use rows::ROWS;
use table::{
    AsIs, Base, IMAGES, LEFT_OUT, METHODS, MODEL, Network, On, Row, Tried, UNSEEN, WITHOUT_EFFECT,
    Whole, With, Words,
};

/// Options without which the files that they are tried with are refused.
const NEEDED: [&str; 2] = ["--allow-partial", "--prefix"];

/// The options that a command's help lists.
pub fn listed(place: &Place, command: &str) -> BTreeSet<String> {
    let help = place.say(&format!("{command} --help")).done().text();
    let options = help.lines().filter_map(|line| {
        // Names stand at the left; what is said of them does not.
        let line =
            line.strip_prefix("  ").filter(|line| !line.starts_with("        "))?.trim_start();
        let name = line.strip_prefix("--").or_else(|| line.get(4..)?.strip_prefix("--"));
        let is_named =
            line.starts_with("--") || line.starts_with('-') && line.get(2..4) == Some(", ");
        let name = name.filter(|_| is_named)?.split([' ', '.', '=']).next()?;
        Some(format!("--{name}"))
    });
    options.collect()
}

/// Commands that have commands, and whether they are nothing else.
const GROUPS: [(&str, bool); 3] = [("concept", true), ("list", true), ("index", false)];

/// The commands that the help lists.
fn commands(place: &Place) -> BTreeSet<String> {
    let of = |command: &str| -> Vec<String> {
        let help = place.say(&format!("{command} --help")).done().text();
        let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let names = lines.take_while(|line| line.starts_with("  "));
        let names = names.filter_map(|line| line.split_whitespace().next());
        names.map(str::to_owned).collect()
    };
    let below = GROUPS.iter().flat_map(|(group, _)| {
        let names = of(group).into_iter().filter(|name| name != "help");
        names.map(move |name| format!("{group} {name}"))
    });
    let is_group = |name: &String| GROUPS.iter().any(|(group, is_only)| name == group && *is_only);
    of("").into_iter().filter(|name| !is_group(name)).chain(below).collect()
}

/// The words that an option is added to.
fn base(row: &Row, base: Base) -> String {
    let words = match base {
        AsIs => format!("{} {}", row.words, row.network),
        With(more) => format!("{} {more} {}", row.words, row.network),
        Words(others) => format!("{others} {}", row.network),
        Network(other) => format!("{} {other}", row.words),
        Whole(others) => others.to_owned(),
        On(folder) => {
            let image = format!("{folder}/image.jpg");
            let words = row.words.replace("shelf", folder).replace("IMAGE", &image);
            format!("{words} {}", row.network)
        }
    };
    words.replace("IMAGE", "cat.png")
}

/// How each option of a row's command is tried: by the row, or by its groups.
fn tried(row: &Row, options: &BTreeSet<String>) -> Vec<Tried> {
    let mut tried: Vec<Tried> = Vec::new();
    for &one in [row.options, MODEL, IMAGES, METHODS].into_iter().flatten() {
        if options.contains(one.0) && tried.iter().all(|known| known.0 != one.0) {
            tried.push(one);
        }
    }
    tried
}

#[test]
fn every_command_and_every_option_is_in_the_table() {
    let place = Place::new();
    let mut known: BTreeSet<String> = ROWS.iter().map(|row| row.command.to_owned()).collect();
    known.extend(LEFT_OUT.map(|(name, _)| name.to_owned()));
    assert_eq!(commands(&place), known);
    for row in ROWS {
        let options = listed(&place, row.command);
        assert!(options.contains("--help"), "{}: {options:?}", row.command);
        let tried = tried(row, &options);
        for option in &options {
            let has_row = tried.iter().any(|(known, ..)| known == option);
            let is_exempt = WITHOUT_EFFECT.iter().any(|(known, _)| known == option);
            assert!(has_row || is_exempt, "{} {option}: say with what it is tried", row.command);
        }
        for (option, ..) in row.options {
            assert!(options.contains(*option), "{} has no {option}", row.command);
        }
    }
}

/// Tries the options of some commands.
fn hold(commands: &[&str]) {
    // What is refused and what is the same to the bit is the engine's.
    if !is_engine() {
        return;
    }
    let place = prepared();
    let mut idle = Vec::new();
    for row in ROWS.iter().filter(|row| commands.contains(&row.command)) {
        let mut before: BTreeMap<String, Outcome> = BTreeMap::new();
        for (option, with, added_to) in tried(row, &listed(&place, row.command)) {
            if UNSEEN.iter().any(|(command, known, _)| (*command, *known) == (row.command, option))
            {
                continue;
            }
            let base = base(row, added_to);
            let plain = before.entry(base.clone()).or_insert_with(|| outcome(&place, &base));
            let words = format!("{base} {with}");
            let changed = outcome(&place, &words);
            assert!((0..=4).contains(&changed.code), "cam {words}: exit code {}", changed.code);
            // Without it the command must do something, or be refused for want of it or of what it allows.
            let is_needed = matches!(added_to, Words(_) | Whole(_)) || NEEDED.contains(&option);
            assert!([0, 3].contains(&plain.code) || is_needed, "cam {base}: {}", plain.err);
            if changed.code != 2 && changed.results() == plain.results() {
                idle.push(format!("cam {words}"));
            }
        }
    }
    assert!(idle.is_empty(), "accepted and without effect:\n{}", idle.join("\n"));
}

#[test]
fn an_accepted_option_of_explain_changes_the_output() {
    hold(&["explain"]);
}

#[test]
fn an_accepted_option_of_segment_changes_the_output() {
    hold(&["segment"]);
}

#[test]
fn an_accepted_option_of_batch_embed_and_classify_changes_the_output() {
    hold(&["batch", "embed", "classify"]);
}

#[test]
fn an_accepted_option_of_galleries_changes_the_output() {
    hold(&["index", "index verify", "index compact", "index export", "search"]);
}

#[test]
fn an_accepted_option_of_evaluate_and_demo_changes_the_output() {
    hold(&["evaluate", "demo"]);
}

#[test]
fn an_accepted_option_of_the_other_commands_changes_the_output() {
    let others = ["compare", "factorize", "concept add", "concept list", "concept show"];
    hold(&others);
    hold(&["list models", "list devices", "list methods", "list layers", "inspect"]);
}

#[test]
fn a_setting_changes_the_maps_of_a_method_or_is_refused() {
    if !is_engine() {
        return;
    }
    let place = Place::new();
    let methods = place.say("list methods --json").done().json();
    let names = methods["methods"].as_array().expect("a list").iter();
    let names = names.filter(|method| method["needs"] != serde_json::json!(["a transformer"]));
    let names = names.map(|method| method["name"].as_str().expect("a name"));
    for name in names.filter(|name| !["refine-cam", "finer-cam"].contains(name)) {
        let words = format!(
            "explain cat.png --concept coffee.png --weights tiny_basic.safetensors --size 48x32 \
             --method {name} --raw r.npy"
        );
        // So that those of a thousand passes take no longer.
        let few = match place.say(&format!("{words} --samples 3")).code {
            0 => " --samples 3",
            _ => "",
        };
        place.say(&format!("{words}{few}")).done();
        let plain = place.read("r.npy");
        for (with, few) in [("--seed 5", few), ("--samples 2", ""), ("--top-channels 3", few)] {
            let run = place.say(&format!("{words}{few} {with}"));
            match run.code {
                2 => assert!(run.err.contains("has no effect on"), "{name} {with}: {}", run.err),
                _ => {
                    run.done();
                    assert_ne!(place.read("r.npy"), plain, "{name} {with}");
                }
            }
        }
    }
}
