use maud::{Markup, html};

use super::{Context, explain::looks, file, link, picture};
use crate::explainer::{Along, Piece, are_equal};
use crate::words::strongest;

/// The same question at every layer, or by every quick method.
pub fn main(context: &Context<'_>, along: Along, pieces: &[Piece]) -> Markup {
    let image = context.address.get("image").unwrap_or_default();
    let (title, words) = match along {
        Along::Layers => (
            "At every layer",
            "From the last layer to the first; every other one is in the form, under More.",
        ),
        Along::Methods => (
            "By every quick method",
            "Methods that cost at most a gradient or one more pass. The others are in the form, under More.",
        ),
    };
    let shown: Vec<&Piece> = match along {
        Along::Layers => pieces.iter().rev().collect(),
        Along::Methods => pieces.iter().collect(),
    };
    html! {
        h2 { (title) }
        p { (words) }
        @for sentence in coinciding(pieces) { p.remark { (sentence) } }
        (super::turn(context))
        (looks(context.address))
        div.maps.small {
            @for piece in shown {
                @for (rank, answer) in piece.explained.answers.iter().enumerate() {
                    @let numbered = piece.address.with("rank", rank);
                    figure.map data-rank=(rank) data-maps=(file("maps", &piece.address.question())) {
                        div.stage tabindex="0" role="group" aria-roledescription="map"
                            aria-label=(format!("{} {}: {}. Arrow keys read values.", answer.question, piece.label, strongest(&answer.map))) {
                            img.photo src=(picture(image, 448))
                                alt=(format!("{} {}: {}", answer.question, piece.label, strongest(&answer.map)));
                            noscript { img.over src=(file("overlay.png", &numbered)) alt=""; }
                        }
                        figcaption {
                            h3 { a href=(link(&piece.address.with("view", "explain"))) { (piece.label) } }
                            p { (answer.question) " " span.number { (answer.number) } }
                            p.readout aria-hidden="true" {}
                        }
                    }
                }
            }
        }
    }
}

/// Which pieces show one and the same map, in sentences.
fn coinciding(pieces: &[Piece]) -> Vec<String> {
    let mut groups: Vec<Vec<&Piece>> = Vec::new();
    for piece in pieces {
        let is_same = |other: &Piece| {
            let (own, others) = (&piece.explained.answers, &other.explained.answers);
            own.len() == others.len()
                && own.iter().zip(others).all(|(a, b)| are_equal(&a.map, &b.map))
        };
        if piece.explained.answers.iter().any(|answer| answer.degenerate) {
            continue;
        }
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| is_same(first))) {
            Some(group) => group.push(piece),
            None => groups.push(vec![piece]),
        }
    }
    let several = groups.iter().filter(|group| group.len() > 1);
    let sentence = |group: &Vec<&Piece>| {
        let labels: Vec<&str> = group.iter().map(|piece| piece.label.as_str()).collect();
        format!("{} make the same map of this image.", labels.join(", "))
    };
    several.map(sentence).collect()
}
