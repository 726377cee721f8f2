use cam_explain::model::find_published;
use cam_explain::{Environment, weights};
use cam_fetch::Origin;
use cam_models::EMBEDDED;

use crate::arguments::Fetch;
use crate::failure::Failure;
use crate::print;

pub fn run(arguments: &Fetch, environment: &Environment) -> Result<(), Failure> {
    // All names are looked up before anything is downloaded.
    let (embedded, names): (Vec<&String>, Vec<&String>) =
        arguments.models.iter().partition(|name| *name == EMBEDDED);
    let published =
        names.into_iter().map(|name| find_published(name)).collect::<Result<Vec<_>, _>>()?;
    if !embedded.is_empty() {
        print::remark(format_args!("{EMBEDDED} is part of this binary: nothing to fetch"));
    }
    for published in published {
        let fetched =
            weights::fetch(&url(published.url, arguments.mirror.as_deref()), environment)?;
        match fetched.origin {
            Origin::AlreadyThere => {
                print::remark(format_args!("{} was here already", published.name))
            }
            Origin::Resumed { from } => print::detail(format_args!("resumed behind {from} bytes")),
            Origin::Downloaded => {}
        }
        print::line(format_args!("{}  {}", fetched.sha256, fetched.path.display()))?;
    }
    Ok(())
}

/// The same file at a mirror, where one is given.
fn url(original: &str, mirror: Option<&str>) -> String {
    match (mirror, original.rsplit('/').next()) {
        (Some(mirror), Some(name)) => format!("{}/{name}", mirror.trim_end_matches('/')),
        _ => original.to_owned(),
    }
}
