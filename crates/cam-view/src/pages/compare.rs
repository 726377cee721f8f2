use maud::{Markup, html};

use super::{Context, command, file, picture};
use crate::command::Command;
use crate::comparison::Comparison;
use crate::pictures::LARGEST;

/// Two images, whose places answer to each other.
pub fn main(context: &Context<'_>, comparison: &Comparison) -> Markup {
    let address = context.address;
    let compared = &comparison.compared;
    let names = &compared.names;
    let images = ["image", "other"].map(|name| address.get(name).unwrap_or_default());
    let question = address.question();
    let columns = compared.pair.sizes().map(|[_, columns]| columns);
    html! {
        h2 { (names[0]) " and " (names[1]) }
        p.number { "cosine " (format!("{:.3}", compared.pair.cosine())) }
        p.live { "Move over an image, or use the arrow keys on it: what belongs to that place lights up in the other. Draw \
                  a rectangle (with the keyboard: Shift and the arrow keys) for the sum of its share." }
        div.pair data-pair=(file("pairs", &question)) {
            @for side in 0..2 {
                figure data-side=(side) {
                    div.stage tabindex="0" role="group" aria-roledescription="map"
                        aria-label=(format!("{}: arrow keys choose a place.", names[side])) {
                        img.photo src=(picture(context.library, images[side], LARGEST)) alt=(names[side]);
                    }
                    figcaption { h3 { (names[side]) } p.readout aria-hidden="true" {} p.links {} }
                }
            }
            svg.threads.live aria-hidden="true" focusable="false" {}
        }
        fieldset.looks.live {
            legend { "How it is shown" }
            button #blink type="button" aria-pressed="false" { "Hide the maps (space)" }
            label { input #threads type="checkbox" checked; " lines between the strongest pairs" }
            label { "Opacity " input #opacity type="range" min="0" max="100" value=(address.get("opacity").unwrap_or("60")); }
        }
        noscript { img.figure src=(file("compare.png", &question)) alt="Both images with what belongs together"; }
        table {
            caption {
                @let found = compared.correspondences();
                @let share: f32 = found.iter().map(|both| both.contribution).sum();
                "The strongest pairs, each place used once; together " (format!("{share:.3}")) " of "
                (format!("{:.3}", compared.pair.cosine()))
            }
            thead { tr {
                th scope="col" { (names[0]) ": row, column" }
                th scope="col" { (names[1]) ": row, column" }
                th scope="col" { "adds" }
            } }
            tbody {
                @for both in compared.correspondences() {
                    tr {
                        @let [a, b] = both.positions;
                        td { (a / columns[0] + 1) ", " (a % columns[0] + 1) }
                        td { (b / columns[1] + 1) ", " (b % columns[1] + 1) }
                        td { (format!("{:.5}", both.contribution)) }
                    }
                }
            }
        }
        section.leave aria-label="Download" {
            h3 { "Download" }
            ul {
                li { a href=(file("compare.png", &question)) download=(format!("{}.compare.png", names.join("+"))) { "Figure (PNG)" } }
                li { a href=(file("compare.svg", &question)) download=(format!("{}.compare.svg", names.join("+"))) { "Figure (SVG)" } }
                li { a href=(file("pairs.npy", &question)) download=(format!("{}.pairs.npy", names.join("+"))) { "Parts of the cosine (.npy)" } }
                li { a href=(file("compare.json", &question)) download=(format!("{}.compare.json", names.join("+"))) { "Numbers (JSON)" } }
            }
        }
        (command(Command::compare(address, context.library, context.setup)))
    }
}
