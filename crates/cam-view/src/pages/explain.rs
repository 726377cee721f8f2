use cam_explain::{Answer, unseen};
use maud::{Markup, html};

use super::{Context, View, command, file, link, picture};
use crate::address::Address;
use crate::command::Command;
use crate::explained::Explained;
use crate::library::stem;
use crate::pictures::LARGEST;
use crate::words::strongest;

/// An image, and its map for every question.
pub fn main(context: &Context<'_>, explained: &Explained) -> Markup {
    let address = context.address;
    html! {
        h2 { (explained.name) }
        (super::turn(context))
        (looks(address, explained.answers.len() > 1))
        div.maps data-maps=(file("maps", &address.question())) {
            (plain(context, explained))
            @for (rank, answer) in explained.answers.iter().enumerate() {
                (map(context, explained, rank, answer))
            }
        }
        (remarks(explained))
        (leave(address, &explained.name))
        (command(Command::explain(&address.question_with_colours(), context.library, context.setup)))
    }
}

/// How maps are shown, where a script draws them; several questions about one image can share a scale.
pub fn looks(address: &Address, can_share: bool) -> Markup {
    html! {
        fieldset.looks.live {
            legend { "How it is shown" }
            label { "Opacity "
                input #opacity type="range" min="0" max="100" value=(address.get("opacity").unwrap_or("60"));
            }
            button #blink type="button" aria-pressed="false" { "Hide the maps (space)" }
            @if can_share {
                label { input #common type="checkbox" checked[address.get("scale") == Some("common")];
                    " same scale for all maps" }
            }
            label { input #signed type="checkbox" checked[address.get("colormap") == Some("diverging")];
                " signed: show what speaks against it too" }
            p.scale { span #low {} canvas #bar width="256" height="1" aria-hidden="true" {} span #high {} }
        }
    }
}

fn plain(context: &Context<'_>, explained: &Explained) -> Markup {
    let image = context.address.get("image").unwrap_or_default();
    html! {
        figure.plain {
            div.stage tabindex="0" role="group" aria-roledescription="image"
                aria-label="The image. Arrow keys read values of the maps." { img.photo src=(picture(context.library, image, LARGEST)) alt=(format!("The image {}", explained.name)); }
            figcaption {
                h3 { "The image" }
                p { (explained.size.0) "×" (explained.size.1) " pixels" }
                p.live { a href=(link(&context.address.with("view", "search"))) { "Search for images like it" } }
            }
        }
    }
}

/// A map over its image.
pub fn map(context: &Context<'_>, explained: &Explained, rank: usize, answer: &Answer) -> Markup {
    let address = context.address;
    let image = address.get("image").unwrap_or_default();
    let numbered = address.with("rank", rank);
    let words = in_words(answer);
    html! {
        figure.map data-rank=(rank) {
            div.stage tabindex="0" role="group" aria-roledescription="map"
                aria-label=(format!("{} {words}. Arrow keys read values.", answer.question)) {
                img.photo src=(picture(context.library, image, LARGEST)) alt=(format!("{} in {}: {words}", answer.question, explained.name));
                noscript {
                    img.over src=(file("overlay.png", &numbered)) alt="";
                }
            }
            figcaption {
                h3 { (answer.question) }
                p.number { (answer.number) }
                @if address.is_set("negative") && answer.cosine.is_some() {
                    p { "held against " (address.all("negative").map(stem).collect::<Vec<_>>().join(", ")) }
                }
                p.words { (words) }
                @if !answer.shares.is_empty() {
                    p { (shares(answer)) }
                }
                @if explained.several_methods() { p { "by " (answer.method) } }
                @if !answer.is_explanation {
                    p { "It shows where something like it is; it does not explain the score." }
                }
                @if let Some(text) = unseen(&answer.window()) { p { (text) } }
                p.readout aria-hidden="true" {}
                p.links {
                    a href=(file("overlay.png", &numbered)) download=(format!("{}.{}.overlay.png", explained.name, answer.name)) { "Overlay (PNG)" }
                    @if View::of(address) != Ok(View::Quality) {
                        " · "
                        a href=(link(&numbered.with("view", "quality"))) { "How good is this map?" }
                    }
                }
            }
        }
    }
}

fn in_words(answer: &Answer) -> String {
    let mass = answer.mass().map_or_else(String::new, |mass| format!("; mass {}", mass.words()));
    format!("{}{mass}", strongest(&answer.map))
}

fn shares(answer: &Answer) -> String {
    let parts = answer.shares.iter().map(|(name, value)| format!("{name} {value:.3}"));
    format!("of which {}", parts.collect::<Vec<_>>().join(", "))
}

fn remarks(explained: &Explained) -> Markup {
    html! {
        p {
            "Made by " (explained.made_by()) "."
            @for group in explained.coinciding() {
                " " (group.join(" and ")) " make one map here."
            }
        }
        @for remark in &explained.condition.remarks { p.remark { (remark) } }
    }
}

/// What can be downloaded.
fn leave(address: &Address, name: &str) -> Markup {
    let question = address.question_with_colours();
    let named = |what: &str| format!("{name}.{what}");
    html! {
        section.leave aria-label="Download" {
            h3 { "Download" }
            ul {
                li { a href=(file("figure.png", &question)) download=(named("figure.png")) { "Figure (PNG)" } }
                li { a href=(file("figure.svg", &question)) download=(named("figure.svg")) { "Figure (SVG)" } }
                li { a href=(file("raw.npy", &question)) download=(named("raw.npy")) { "Raw maps (.npy)" } }
                li { a href=(file("map.npy", &question)) download=(named("map.npy")) { "Scaled maps, 0 to 1 (.npy)" } }
                li { a href=(file("answers.json", &question)) download=(named("json")) { "Numbers (JSON)" } }
                li { a href=(file("export.html", address)) download=(named("html")) { "Stand-alone page (HTML)" } }
            }
            p { "In pictures each map has a scale of its own." }
        }
    }
}
