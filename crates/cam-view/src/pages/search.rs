use maud::{Markup, html};

use super::{Context, command, error, file, link, picture};
use crate::command::Command;
use crate::found::Found;
use crate::shelf::{Shelf, State};

/// What is similar in the folder, and why.
pub fn main(context: &Context<'_>, now: &State, found: Option<Result<&Found, String>>) -> Markup {
    let Some(shelf) = context.shelf else {
        return html! {
            h2 { "Search" }
            p { "Searching needs a folder or an index: start with " code { "cam view FOLDER" } "." }
        };
    };
    html! {
        h2 { "Search" }
        (state(context, shelf, now))
        @match found {
            None if *now == State::Missing => {}
            None if *now == State::Building => p { "Results appear when it is done." },
            None => p { "Choose an image, or a part of one: what is like it is shown here." },
            Some(Err(sentence)) => (error(&sentence)),
            Some(Ok(found)) => (results(context, shelf, found)),
        }
    }
}

fn state(context: &Context<'_>, shelf: &Shelf, state: &State) -> Markup {
    let (done, total) = shelf.progress();
    html! {
        section.index aria-label="The index" data-building=[(*state == State::Building).then_some("1")] {
            @match state {
                State::Missing => p { "The folder is not indexed yet. It takes about as long as looking at each image once." },
                State::Building => {
                    p { label for="building" { "Indexing: " } progress #building max=(total.max(1)) value=(done) {}
                        " " span.count { (done) " of " (total) " images" } }
                },
                State::Ready(words) => p { "The index holds " (words) "." },
                State::Failed(sentence) => p.error role="alert" { (sentence) },
            }
            @if shelf.images().is_some() {
                form method="post" action="index" {
                    input type="hidden" name="address" value=(context.address.to_string());
                    @match state {
                        State::Building => button type="submit" name="do" value="stop" { "Stop (keeps what is done)" },
                        State::Ready(_) => button type="submit" name="do" value="build" { "Look for new images" },
                        _ => button type="submit" name="do" value="build" { "Index the folder" },
                    }
                }
            }
        }
    }
}

fn results(context: &Context<'_>, shelf: &Shelf, found: &Found) -> Markup {
    let address = context.address;
    html! {
        p { "The " (found.hits.len()) " most similar of " (found.among) " images." }
        @if !matches!(address.all("why").count(), 0 | 2) {
            p.error role="alert" { "Choose two results to see why one ranks above the other." }
        }
        @if let Some(why) = &found.why {
            section.why aria-label="Why one stands above the other" {
                h3 { (why.line) }
                img.figure src=(file("why.png", address)) alt=(format!("The query: {}", why.colours));
                p { (why.colours) }
                p { a href=(link(&address.without("why"))) { "Back to all" } }
            }
        }
        form method="get" action="." {
            @for (name, value) in address.pairs().filter(|(name, _)| *name != "why") {
                input type="hidden" name=(name) value=(value);
            }
            ol.hits {
                @for (rank, hit) in found.hits.iter().enumerate() {
                    li {
                        h3 { (rank + 1) ". " (hit.path) }
                        p.number { "cosine " (format!("{:.3}", hit.cosine)) @if hit.damaged { " (damaged file)" } @if address.get("image") == Some(hit.path.as_str()) { " (the image itself)" } }
                        @if let Some(panels) = &hit.panels {
                            @for (part, panel) in panels.iter().enumerate() {
                                img.figure loading="lazy" src=(file("hit.png", &address.without("why").with("rank", 2 * rank + part)))
                                    alt=(panel.caption.join(", "));
                                p { (panel.caption.iter().skip(usize::from(part == 0)).cloned().collect::<Vec<_>>().join("; ")) }
                            }
                        } @else {
                            img.figure loading="lazy" src=(picture(context.library, &hit.path, 256)) alt=(hit.path);
                        }
                        p.links {
                            a href=(link(&address.without("why").without("rank").with("other", &hit.path).with("view", "compare"))) { "Compare" }
                            " · "
                            a href=(link(&address.without("why").without("rank").with("concept", &hit.path).with("view", "explain"))) { "Explain by it" }
                            " · "
                            a href=(link(&address.without("why").without("rank").with("image", &hit.path))) { "Search by it" }
                        }
                        label { input type="checkbox" name="why" value=(hit.path)
                            checked[address.all("why").any(|path| path == hit.path)]; " compare with another result" }
                    }
                }
            }
            button type="submit" { "Why does one rank above the other? (choose two)" }
        }
        section.leave aria-label="Download" {
            h3 { "Download" }
            ul { li { a href=(file("search.jsonl", &address.without("rank"))) download="search.jsonl" { "Numbers (JSON lines)" } } }
        }
        (command(Command::search(address, context.library, &shelf.folder().display().to_string(), context.setup)))
    }
}
