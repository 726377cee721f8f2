use cam_core::methods::info;
use cam_explain::Answer;
use maud::{Markup, html};

use super::{Context, explain::looks, file, link, picture, turn};
use crate::address::Address;
use crate::explained::{Layers, Piece, alike, are_equal};
use crate::words::strongest;

/// The same question at every layer: each is computed once its map is asked for.
pub fn layers(context: &Context<'_>, layers: &Layers) -> Markup {
    let answers = &layers.explained.answers;
    html! {
        h2 { "At every layer" }
        p { "From the last layer to the first. The remaining layers are in the form, under More." }
        (turn(context))
        (looks(context.address, false))
        div.maps.small {
            @for (name, address) in layers.layers.iter().rev() {
                @for (rank, answer) in answers.iter().enumerate() {
                    (piece(context, (name, address), (rank, answer), None))
                }
            }
        }
    }
}

/// The same question by every quick method.
pub fn methods(context: &Context<'_>, pieces: &[Piece]) -> Markup {
    html! {
        h2 { "By every quick method" }
        p { "Methods that cost at most a gradient or one more pass. Slower ones are in the form, under More." }
        @for sentence in coinciding(pieces) { p.remark { (sentence) } }
        (turn(context))
        (looks(context.address, false))
        div.maps.small {
            @for Piece { method, address, explained } in pieces {
                @for (rank, answer) in explained.answers.iter().enumerate() {
                    (piece(context, (method, address), (rank, answer), Some(strongest(&answer.map))))
                }
            }
        }
    }
}

/// A small map, whose words the script adds where they are not known yet.
fn piece(
    context: &Context<'_>,
    (label, address): (&str, &Address),
    (rank, answer): (usize, &Answer),
    words: Option<String>,
) -> Markup {
    let image = context.address.get("image").unwrap_or_default();
    let numbered = address.with("rank", rank);
    let words = words.map_or_else(String::new, |words| format!(": {words}"));
    let told = format!("{} {label}{words}", answer.question);
    html! {
        figure.map data-rank=(rank) data-maps=(file("maps", &address.question())) {
            div.stage tabindex="0" role="group" aria-roledescription="map"
                aria-label=(format!("{told}. Arrow keys read values.")) {
                img.photo src=(picture(context.library, image, 448)) alt=(told);
                noscript { img.over src=(file("overlay.png", &numbered)) alt=""; }
            }
            figcaption {
                h3 { a href=(link(&address.with("view", "explain"))) { (label) } }
                @if let Some(info) = info(label) { p { (info.summary) } }
                p { (answer.question) " " span.number { (answer.number) } }
                p.readout aria-hidden="true" {}
            }
        }
    }
}

/// Which pieces show one and the same map, in sentences.
fn coinciding(pieces: &[Piece]) -> Vec<String> {
    let says_something =
        |piece: &&Piece| piece.explained.answers.iter().all(|answer| !answer.degenerate);
    let are_alike = |a: &Piece, b: &Piece| {
        let (own, others) = (&a.explained.answers, &b.explained.answers);
        own.len() == others.len() && own.iter().zip(others).all(|(a, b)| are_equal(&a.map, &b.map))
    };
    let groups = alike(pieces.iter().filter(says_something), are_alike);
    let sentence = |group: Vec<&Piece>| {
        let labels: Vec<&str> = group.iter().map(|piece| piece.method).collect();
        format!("{} make the same map of this image.", labels.join(", "))
    };
    groups.into_iter().map(sentence).collect()
}
