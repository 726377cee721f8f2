//! Pages: everything is there as HTML, and works without a script; view.js makes it live.

mod compare;
mod explain;
mod export;
mod form;
mod gallery;
mod quality;
mod search;
mod strip;

use maud::{DOCTYPE, Markup, html};

use crate::address::Address;
use crate::command::{Command, Setup};
use crate::library::{Library, stem};
use crate::offer::Offer;
use crate::pictures;
use crate::shelf::Shelf;

pub use compare::main as compare;
pub use explain::main as explain;
pub use export::page as export;
pub use gallery::all as images;
pub use quality::main as quality;
pub use search::main as search;
pub use strip::{layers, methods};

/// What pages are made of.
pub struct Context<'a> {
    /// What is asked and shown.
    pub address: &'a Address,
    /// What the network offers.
    pub offer: &'a Offer,
    /// The images.
    pub library: &'a Library,
    /// What all images are called.
    pub names: &'a [String],
    /// The index.
    pub shelf: Option<&'a Shelf>,
    /// What a command line says of network and images.
    pub setup: &'a Setup,
}

/// What can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// What an image answers.
    Explain,
    /// The same at every layer.
    Layers,
    /// The same by every quick method.
    Methods,
    /// Two images, place by place.
    Compare,
    /// What is similar, in an index.
    Search,
    /// How good a map is.
    Quality,
    /// All images.
    Images,
}

impl View {
    const ALL: [(Self, &'static str, &'static str); 7] = [
        (Self::Explain, "explain", "Explain"),
        (Self::Layers, "layers", "Layers"),
        (Self::Methods, "methods", "Methods"),
        (Self::Compare, "compare", "Compare"),
        (Self::Search, "search", "Search"),
        (Self::Quality, "quality", "Quality"),
        (Self::Images, "images", "Images"),
    ];

    /// The one that an address names.
    ///
    /// # Errors
    /// A sentence, where there is none of that name.
    pub fn of(address: &Address) -> Result<Self, String> {
        let name = address.get("view").unwrap_or("explain");
        let found = Self::ALL.iter().find(|(_, known, _)| *known == name);
        found.map(|(view, ..)| *view).ok_or_else(|| format!("there is no view `{name}`"))
    }

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(view, ..)| *view == self).map_or("explain", |(_, name, _)| name)
    }
}

/// A whole page around what it shows.
pub fn page(context: &Context<'_>, view: View, main: &Markup) -> Markup {
    let address = context.address;
    let image = address.get("image").map(stem);
    let title = match &image {
        Some(image) => format!("{image} · {} · cam", view.name()),
        None => "cam".to_owned(),
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="view.css";
                script type="module" src="view.js" {}
            }
            body {
                a.skip href="#main" { "Skip to what is shown" }
                header {
                    h1 { a href="." { "cam" } }
                    nav aria-label="Views" {
                        ul {
                            @for (other, name, label) in View::ALL {
                                li {
                                    a href=(link(&address.with("view", name)))
                                        aria-current=[(other == view).then_some("page")] { (label) }
                                }
                            }
                        }
                    }
                    p.network { "Network: " (context.offer.name) }
                }
                div.sides {
                    div.ask { (form::form(context, view)) }
                    main #main tabindex="-1" { (main) }
                    div.shelf { (gallery::strip(context)) }
                }
                p #live.unseen role="status" aria-live="polite" {}
            }
        }
    }
}

/// What went wrong, in a sentence.
pub fn error(sentence: &str) -> Markup {
    html! {
        h2 { "That did not work" }
        p.error role="alert" { (sentence) }
    }
}

/// What to do where nothing is chosen yet, and what there is to choose.
pub fn welcome(context: &Context<'_>) -> Markup {
    html! {
        h2 { "What in this image is similar to that one?" }
        ol {
            li { "Choose an image below, or drop one here." }
            li { "Choose a concept: another image of what you look for, a part of one, or a class by its name." }
            li { "Move over the maps, or use the arrow keys on them: the value under the cursor is shown below." }
        }
        @if context.address.question() != Address::default() {
            p.error role="alert" { "Choose an image to look at first." }
        }
        (gallery::all(context))
    }
}

/// What to do where one image is there to be compared.
pub fn choose_other() -> Markup {
    html! {
        h2 { "Compare with which image?" }
        p { "Choose a second one, or drop one on the form." }
    }
}

/// The images before and after the one that is looked at.
fn turn(context: &Context<'_>) -> Markup {
    let address = context.address;
    let at = context.names.iter().position(|name| Some(name.as_str()) == address.get("image"));
    let neighbour = |at: Option<usize>| at.and_then(|at| context.names.get(at));
    let (before, after) = (at.and_then(|at| at.checked_sub(1)), at.map(|at| at + 1));
    html! {
        nav.turn aria-label="Neighbouring images" {
            @for (name, rel, label) in [(neighbour(before), "prev", "Previous image"), (neighbour(after), "next", "Next image")] {
                @if let Some(name) = name {
                    a rel=(rel) href=(link(&address.without("rank").with("image", name))) { (label) }
                }
            }
        }
    }
}

/// A link to another state of the page.
fn link(address: &Address) -> String {
    format!("?{address}")
}

/// A link to a file that an address makes.
fn file(name: &str, address: &Address) -> String {
    format!("{name}?{address}")
}

/// An image of a longest side: its address changes with its file, so that a browser asks for each state once.
fn picture(library: &Library, image: &str, size: u32) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("image", image).append_pair("size", &size.to_string());
    if let Ok(source) = library.image(image) {
        query.append_pair("edition", &pictures::edition(&source));
    }
    format!("picture?{}", query.finish())
}

/// The command line that makes what is shown.
fn command(command: Option<Command>) -> Markup {
    let Some(Command { line, unsaved }) = command else { return html! {} };
    html! {
        section.command aria-label="On the command line" {
            h3 { "The same on the command line" }
            pre tabindex="0" { code #command { (line) } }
            button.live type="button" data-copy="command" { "Copy" }
            @if !unsaved.is_empty() {
                p { "Save " (unsaved.join(" and ")) " first: only this page has it." }
            }
        }
    }
}
