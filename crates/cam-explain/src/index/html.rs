use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cam_viz::{FigureStyle, JPEG_QUALITY, Panel, jpeg_bytes};

use super::search::{Searched, panels};
use super::why::Why;
use crate::compare::Compared;
use crate::error::{Context as _, Error};

const STYLE: &str = "\
body{font:16px/1.4 system-ui,sans-serif;margin:2rem auto;max-width:84rem;padding:0 1rem;color:#1c1e22}\
figure{display:inline-block;margin:0 1rem 1rem 0;max-width:100%;vertical-align:top}\
img{max-width:100%;border:1px solid #d6d9de}figcaption{color:#6c7078}figcaption b{color:#1c1e22}\
@media(prefers-color-scheme:dark){body{background:#16181c;color:#e8eaee}figcaption b{color:#e8eaee}}";

/// A page that needs nothing but itself.
pub fn page(search: &Searched<'_>, drawn: &[Compared], why: Option<&Why>) -> Result<String, Error> {
    let style = FigureStyle::default();
    let title = format!("{} among {} images", search.name, search.gallery.entries().len());
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style></head>\n<body><h1>{title}</h1>\n",
        title = escaped(&title)
    );
    let fingerprint = &search.gallery.header().fingerprint;
    page += &format!("<p>{}, cosine similarity.</p>\n", escaped(&fingerprint.model));
    if let Some(why) = why {
        page += &format!("<h2>{}</h2>\n", escaped(&why.line()));
        for panel in why.row(&style) {
            page += &figure(&panel)?;
        }
    }
    for (rank, compared) in drawn.iter().enumerate() {
        let (name, cosine) = (escaped(&compared.names[1]), compared.pair.cosine());
        page += &format!("<h2>{}. {name} <small>{cosine:.3}</small></h2>\n", rank + 1);
        for panel in panels(rank, compared, &style)? {
            page += &figure(&panel)?;
        }
    }
    page += "</body></html>\n";
    Ok(page)
}

fn figure(panel: &Panel) -> Result<String, Error> {
    let bytes = jpeg_bytes(&panel.image, JPEG_QUALITY).context("writing a picture")?;
    let mut lines = panel.caption.iter().map(|line| escaped(line));
    let first = lines.next().unwrap_or_default();
    let rest: String = lines.map(|line| format!("<br>{line}")).collect();
    Ok(format!(
        "<figure><img alt=\"{first}\" src=\"data:image/jpeg;base64,{}\">\
         <figcaption><b>{first}</b>{rest}</figcaption></figure>\n",
        STANDARD.encode(bytes)
    ))
}

/// Names of files may hold anything.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, c| {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            c if c.is_control() => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
        shown
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_become_a_part_of_the_page() {
        assert_eq!(
            escaped("<img src=x onerror=\"a\">&\n"),
            "&lt;img src=x onerror=&quot;a&quot;&gt;&amp;\\n"
        );
    }
}
