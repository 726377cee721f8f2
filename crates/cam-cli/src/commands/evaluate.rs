use cam_explain::Environment;
use cam_explain::evaluate::{Places, Settings, Summary, evaluate};

use crate::arguments::Evaluate;
use crate::failure::Failure;
use crate::print;

pub fn run(arguments: &Evaluate, environment: &Environment) -> Result<(), Failure> {
    let settings = Settings {
        methods: arguments.methods.clone(),
        options: arguments.options.meant(),
        places: if arguments.objects {
            Places::Objects
        } else {
            Places::Collages {
                count: arguments.collages as usize,
                grid: grid(&arguments.grid)?,
                cell: arguments.cell,
                fit: arguments.fit,
            }
        },
        negatives: arguments.negatives,
        measures: arguments.measures.clone(),
        layer: arguments.layer.clone(),
        out: arguments.out.clone(),
    };
    settings.check()?;
    let model = arguments.model.load(environment)?;
    let summary = evaluate(&model, &arguments.folder, &settings)?;
    if arguments.json {
        print::json(&summary)?
    } else {
        print(&summary)?
    }
    let (failed, of) = summary.failed;
    Failure::of_images(failed, of, "read")
}

fn grid(text: &str) -> Result<[usize; 2], Failure> {
    let sides = text.split_once(['x', 'X', '×']).and_then(|(rows, columns)| {
        Some([rows.trim().parse().ok()?, columns.trim().parse().ok()?])
    });
    match sides {
        Some([rows, columns])
            if (1..=8).contains(&rows) && (1..=8).contains(&columns) && rows * columns > 1 =>
        {
            Ok([rows, columns])
        }
        _ => Err(Failure::usage(format!(
            "`--grid {text}`: write rows and columns, as in 2x2; at least two cells, at most 8x8"
        ))),
    }
}

/// Prints the table: means, and how far the ends of their intervals are.
fn print(summary: &Summary) -> Result<(), Failure> {
    let names = summary.methods.first().map_or(&[][..], |row| &row.means);
    let heads: String = names.iter().map(|(name, _)| format!("{name:>14}")).collect();
    print::line(format_args!("{:<24}{:>6}{heads}", "method", "maps"))?;
    for row in &summary.methods {
        let numbers = row.means.iter().zip(&row.intervals);
        let numbers = numbers.map(|((_, mean), (_, interval))| cell(*mean, *interval));
        let numbers: String = numbers.map(|number| format!("{number:>14}")).collect();
        print::line(format_args!("{:<24}{:>6}{numbers}", row.method, row.maps))?;
    }
    for row in summary.methods.iter().filter(|row| row.degenerate > 0) {
        print::line(format_args!(
            "{} of {}'s maps say nothing and are left out of its means",
            row.degenerate, row.method
        ))?;
    }
    Ok(())
}

/// A mean, and the farther end of its interval.
fn cell(mean: Option<f32>, interval: Option<[f32; 2]>) -> String {
    match (mean, interval) {
        (None, _) => "–".to_owned(),
        (Some(mean), None) => format!("{mean:.3}"),
        (Some(mean), Some([low, high])) => {
            format!("{mean:.3} ±{:.3}", (mean - low).max(high - mean))
        }
    }
}
