use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cam_explain::Error;
use image::RgbImage;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::command::Command;
use crate::explained::Explained;
use crate::pictures::png;
use crate::words::strongest;

/// The style of a page that stands alone.
const STYLE: &str = include_str!("../../assets/export.css");

/// What is seen, in one file that needs neither `cam` nor a network.
///
/// # Errors
/// Where a picture cannot be encoded.
pub fn page(
    explained: &Explained,
    network: &str,
    (photograph, overlays): (&RgbImage, &[RgbImage]),
    command: Option<&Command>,
) -> Result<Markup, Error> {
    let photo = data(photograph)?;
    let overlays = overlays.iter().map(data).collect::<Result<Vec<_>, _>>()?;
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (explained.name) " · cam" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (explained.name) }
                    div.maps {
                        figure { img src=(photo) alt=(format!("The image {}", explained.name)); figcaption { "The image" } }
                        @for (answer, overlay) in explained.answers.iter().zip(&overlays) {
                            figure {
                                label.flip {
                                    input type="checkbox" aria-label=(format!("Hide the map: {}", answer.question));
                                    img.photo src=(photo) alt="";
                                    img.over src=(overlay) alt=(format!("{} {}", answer.question, strongest(&answer.map)));
                                }
                                figcaption {
                                    strong { (answer.question) } br; (answer.number) br; (strongest(&answer.map))
                                    @if explained.several_methods() { br; "by " (answer.method) }
                                }
                            }
                        }
                    }
                    p { "Tick a map to hide it. Each map has a scale of its own, from blue for none to red for most, unless its \
                         colours say otherwise. Made by " (network) ", " (explained.made_by()) "." }
                    @if let Some(Command { line, .. }) = command { pre { code { (line) } } }
                }
            }
        }
    })
}

fn data(picture: &RgbImage) -> Result<String, Error> {
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(png(picture)?)))
}
