use cam_engine::InstructionSet;
use cam_explain::device::{self, Found};
use serde::Serialize;

use crate::arguments::Json;
use crate::failure::Failure;
use crate::print;

#[derive(Serialize)]
struct Listing {
    schema_version: u32,
    devices: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    name: &'static str,
    /// Whether this binary can use it here.
    usable: bool,
    /// Whether it is taken when none is named.
    default: bool,
    note: String,
    /// What each of its cards is called; the first is number 0.
    cards: Vec<String>,
}

/// Lists every device by name, whether this binary has it, and whether it answers here.
pub fn run(arguments: &Json) -> Result<(), Failure> {
    let default = device::DEFAULT;
    let devices: Vec<Entry> = device::NAMES
        .into_iter()
        .map(|name| {
            let (usable, note, cards) = match device::probe(name) {
                Found::Missing { feature } => {
                    (false, format!("needs `--features {feature}`"), vec![])
                }
                Found::Silent { reason } => {
                    (false, format!("in this binary, but: {reason}"), vec![])
                }
                Found::Works { cards } if name == "cpu" => (true, processor(), cards),
                Found::Works { cards } => (true, "works".to_owned(), cards),
            };
            Entry { name, usable, default: name == default, note, cards }
        })
        .collect();
    if arguments.json {
        return print::json(&Listing { schema_version: 1, devices });
    }
    for Entry { name, usable, default, note, cards } in devices {
        let mark = if default { "*" } else { " " };
        let can = if usable { "yes" } else { "no" };
        print::line(format_args!("{mark} {name:<8} {can:<4} {note}"))?;
        for (index, card) in cards.iter().enumerate() {
            print::line(format_args!("{:16}{name}:{index} is {card}", ""))?;
        }
    }
    print::line(
        "\n* is taken where --device names none; a card's number follows a colon, as in cuda:1",
    )
}

fn processor() -> String {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let instructions = InstructionSet::chosen();
    let instructions = instructions.map_or_else(|error| error.to_string(), |set| set.to_string());
    format!("the engine, {instructions} on {threads} threads")
}
