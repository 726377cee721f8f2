use maud::{Markup, html};

use super::{Context, View, link, picture};
use crate::library::stem;
use crate::wish::TARGETS;

/// Colours of maps by name.
const COLORMAPS: [&str; 5] = ["turbo", "jet", "viridis", "inferno", "diverging"];

/// What is asked: every field is a part of the address.
pub fn form(context: &Context<'_>, view: View) -> Markup {
    let address = context.address;
    let (asks, compares) =
        (!matches!(view, View::Compare | View::Search | View::Images), view == View::Compare);
    html! {
        form #ask method="get" action="." aria-label="What is asked" {
            input type="hidden" name="view" value=(view.name());
            @for name in ["opacity", "scale", "rank"] {
                @if let Some(value) = address.get(name) {
                    input type="hidden" name=(name) value=(value);
                }
            }
            fieldset {
                legend { "Image" }
                (one_image(context, "image", "Image to look at"))
                @if compares { (one_image(context, "other", "Image to compare it with")) }
            }
            @if asks {
                fieldset {
                    legend { "Concepts" }
                    (chips(context, "concept"))
                    label for="concept" { "Add an image of what to look for" }
                    input #concept name="concept" list="images" autocomplete="off" spellcheck="false"
                        placeholder="name, or name#xywh=…";
                    label { input type="checkbox" name="difference" value="1"
                        checked[address.is_set("difference")]; " show where each is absent, too" }
                }
                @if context.offer.has_classifier {
                    fieldset {
                        legend { "Classes" }
                        (words(context, "class"))
                        label for="class" { "Add a class, by its name or number" }
                        input #class name="class" list="classes" autocomplete="off" spellcheck="false";
                        datalist #classes {}
                        label for="top" { "Number of top classes, if nothing else is chosen" }
                        input #top name="top" type="number" min="1" max="50" value=[address.get("top")]
                            placeholder="1";
                    }
                }
                details open[["negative", "vector", "method", "layer", "target", "colormap"]
                    .iter().any(|name| address.is_set(name))] {
                    summary { "More" }
                    fieldset {
                        legend { "What not to look for" }
                        (chips(context, "negative"))
                        label for="negative" { "Add an image that each concept is held against" }
                        input #negative name="negative" list="images" autocomplete="off" spellcheck="false";
                    }
                    @if context.library.folder().is_some() {
                        fieldset {
                            legend { "Vectors" }
                            (words(context, "vector"))
                            label for="vector" { "Add a row of a file in the folder" }
                            input #vector name="vector" autocomplete="off" spellcheck="false"
                                placeholder="texts.parquet:a photo of a car";
                        }
                    }
                    fieldset {
                        legend { "How" }
                        label for="method" { "Method" }
                        select #method name="method" {
                            option value="" { "Default" }
                            @for (name, cost) in &context.offer.methods {
                                option value=(name) selected[address.get("method") == Some(name)] {
                                    (name) " (" (cost) ")"
                                }
                            }
                        }
                        label for="layer" { "Layer" }
                        select #layer name="layer" {
                            option value="" { "Default (the last)" }
                            @for name in context.offer.layers.iter().rev() {
                                option value=(name) selected[address.get("layer") == Some(name)] { (name) }
                            }
                        }
                        label for="target" { "Score" }
                        select #target name="target" {
                            option value="" { "Default (cosine; logit of a class)" }
                            @for name in TARGETS {
                                option value=(name) selected[address.get("target") == Some(name)] { (name) }
                            }
                        }
                        label for="colormap" { "Colours" }
                        select #colormap name="colormap" {
                            option value="" { "Default (turbo)" }
                            @for name in &COLORMAPS[1..] {
                                option value=(name) selected[address.get("colormap") == Some(name)] { (name) }
                            }
                        }
                    }
                }
            }
            datalist #images {
                @for name in context.names.iter().take(MOST_NAMES) { option value=(name) {} }
            }
            button type="submit" { "Show" }
        }
    }
}

/// Names that a browser is told, to complete what is typed.
const MOST_NAMES: usize = 1000;

fn one_image(context: &Context<'_>, name: &'static str, label: &str) -> Markup {
    let value = context.address.get(name);
    html! {
        label for=(name) { (label) }
        div.choice {
            @if let Some(value) = value {
                img src=(picture(context.library, value, 96)) alt="" width="48" height="48";
            }
            input #(name) name=(name) value=[value] list="images" autocomplete="off" spellcheck="false";
        }
    }
}

/// The images of a name, each with a way to remove it.
fn chips(context: &Context<'_>, name: &'static str) -> Markup {
    let shown = |value: &str| {
        html! {
            img src=(picture(context.library, value, 96)) alt="" width="32" height="32";
            span title=(value) { (stem(value)) }
        }
    };
    removable(context, name, |value| (stem(value), shown(value)))
}

/// The same of what has no picture.
fn words(context: &Context<'_>, name: &'static str) -> Markup {
    removable(context, name, |value| (value.to_owned(), html! { span { (value) } }))
}

/// The values of a name, by what `shown` calls each and how it shows it.
fn removable(
    context: &Context<'_>,
    name: &'static str,
    shown: impl Fn(&str) -> (String, Markup),
) -> Markup {
    html! {
        ul.chips {
            @for value in context.address.all(name) {
                @let (called, shown) = shown(value);
                li {
                    input type="hidden" name=(name) value=(value);
                    (shown)
                    a href=(link(&context.address.less(name, value)))
                        aria-label=(format!("Remove {called}")) { "×" }
                }
            }
        }
    }
}
