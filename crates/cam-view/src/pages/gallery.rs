use maud::{Markup, html};

use super::{Context, View, link, picture};
use crate::address::Address;
use crate::library::stem;

/// Images beside what is shown.
const FEW: usize = 12;

/// Images on a page of their own.
const MANY: usize = 60;

/// The first images, and where an image of one's own is dropped.
pub fn strip(context: &Context<'_>) -> Markup {
    html! {
        section.gallery aria-labelledby="gallery" {
            h2 #gallery { "Images" }
            form.drop method="post" action="drop" enctype="multipart/form-data" {
                label for="file" { "Drop an image anywhere, or choose a file" }
                input #file type="file" name="file" accept="image/*" required;
                input type="hidden" name="address" value=(context.address.to_string());
                button type="submit" name="as" value="image" { "Use as image" }
                button type="submit" name="as" value="concept" { "Use as concept" }
            }
            @if !is_main(context) { (tiles(context, context.names.iter().take(FEW))) }
            @if context.names.len() > FEW {
                p { a href=(link(&context.address.with("view", "images"))) {
                    "All " (context.names.len()) " images"
                } }
            }
        }
    }
}

/// Whether all images are what a page shows.
fn is_main(context: &Context<'_>) -> bool {
    match View::of(context.address) {
        Ok(View::Images) => true,
        Ok(View::Search) => false,
        _ => !context.address.is_set("image"),
    }
}

/// All images, so many on a page.
pub fn all(context: &Context<'_>) -> Markup {
    let address = context.address;
    let find = address.get("find").unwrap_or_default().to_lowercase();
    let found: Vec<&String> =
        context.names.iter().filter(|name| name.to_lowercase().contains(&find)).collect();
    let pages = found.len().div_ceil(MANY).max(1);
    let page = address
        .get("page")
        .and_then(|page| page.parse::<usize>().ok())
        .unwrap_or(1)
        .clamp(1, pages);
    html! {
        h2 { "Images" }
        form.find method="get" action="." role="search" {
            @for (name, value) in address.pairs().filter(|(name, _)| !matches!(*name, "find" | "page")) {
                input type="hidden" name=(name) value=(value);
            }
            label for="find" { "Names that contain" }
            input #find name="find" value=(address.get("find").unwrap_or_default());
            button type="submit" { "Find" }
        }
        p { (found.len()) " of " (context.names.len()) " images" }
        (tiles(context, found.into_iter().skip((page - 1) * MANY).take(MANY)))
        @if pages > 1 {
            nav.pages aria-label="Pages" {
                @if page > 1 { a href=(link(&address.with("page", page - 1))) rel="prev" { "Previous" } }
                span { "page " (page) " of " (pages) }
                @if page < pages { a href=(link(&address.with("page", page + 1))) rel="next" { "Next" } }
            }
        }
    }
}

fn tiles<'a>(context: &Context<'_>, names: impl Iterator<Item = &'a String>) -> Markup {
    let address = context.address.without("page").without("find").without("rank").without("why");
    let address = match View::of(&address) {
        Ok(View::Images) => address.without("view"),
        _ => address,
    };
    html! {
        ul.tiles {
            @for name in names { (tile(context, &address, name)) }
        }
    }
}

fn tile(context: &Context<'_>, address: &Address, name: &str) -> Markup {
    let compares = View::of(address) == Ok(View::Compare);
    let (second, label) = if compares { ("other", "compare") } else { ("concept", "as concept") };
    // The second image is missing: it is what is chosen next.
    let is_second = compares && address.is_set("image") && !address.is_set("other");
    let first = if is_second { "other" } else { "image" };
    let chosen = match second {
        "other" => address.with("other", name),
        _ => address.and("concept", name),
    };
    html! {
        li {
            a href=(link(&address.with(first, name))) data-image=(name) title=(name) {
                img src=(picture(context.library, name, 128)) alt="" loading="lazy" width="96" height="96";
                span { (stem(name)) }
            }
            a.second href=(link(&chosen)) aria-label=(format!("{label}: {}", stem(name))) { (label) }
        }
    }
}
