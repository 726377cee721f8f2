//! Which commit a reference means.

use crate::answer::meaning;
use crate::error::FetchError;
use crate::hub::HubError;
use crate::hub::caches::Caches;
use crate::hub::head::{self, Head};
use crate::hub::site::Site;
use crate::hub::snapshot::Snapshot;

/// Whether a commit's files on this machine are all that is needed.
pub(super) type IsEnough<'a> = dyn Fn(&Caches, &str) -> bool + 'a;

/// The snapshot that a reference means now.
///
/// 1. A commit is itself.
/// 2. What the user's cache holds whole is what the user works with: nobody is asked.
/// 3. Else the hub is asked, by the head of the first of `names`, or offline a cache.
/// 4. Where nobody answers, what our cache holds whole will do, and the folder says so.
pub(super) fn open<'a>(
    site: Site<'a>,
    names: &[&str],
    is_enough: &IsEnough<'_>,
) -> Result<Snapshot<'a>, HubError> {
    let caches = Caches::of(site);
    let revision = site.reference.revision();
    if let Some(commit) = site.reference.commit() {
        let is_settled = is_enough(&caches, &commit);
        return Ok(Snapshot::at(site, caches, commit, is_settled));
    }
    let users = caches.users.as_ref().and_then(|users| users.commit_of(revision));
    let own = caches.own.commit_of(revision);
    let known = [users.clone(), own].into_iter().flatten();
    let whole = known.clone().find(|commit| is_enough(&caches, commit));
    if let Some(commit) =
        whole.clone().filter(|it| site.options.offline || users.as_ref() == Some(it))
    {
        return Ok(Snapshot::at(site, caches, commit, true));
    }
    if site.options.offline {
        let commit = known.clone().next().ok_or_else(|| HubError::Offline {
            reference: site.reference.to_string(),
            missing: format!("revision `{revision}`"),
        })?;
        return Ok(Snapshot::at(site, caches, commit, false));
    }
    match (ask(site, names), whole) {
        (Ok((commit, heads)), _) => {
            let is_settled = is_enough(&caches, &commit);
            let mut snapshot = Snapshot::at(site, caches, commit, is_settled);
            snapshot.heads.extend(heads);
            Ok(snapshot)
        }
        (Err(error), Some(commit)) if error.is_silence() => {
            let mut snapshot = Snapshot::at(site, caches, commit, true);
            snapshot.unasked = Some(error);
            Ok(snapshot)
        }
        (Err(error), _) => Err(error),
    }
}

/// The commit, and what was heard of files meanwhile. The hub tells it of files that do not exist too; where a mirror
/// does not, the next file may tell.
fn ask(site: Site<'_>, names: &[&str]) -> Result<(String, Vec<(String, Head)>), HubError> {
    let revision = site.reference.revision();
    let mut heads = Vec::new();
    for name in names {
        super::name::check(name)?;
        let head = head::ask(site, revision, name)?;
        heads.push(((*name).to_owned(), head.clone()));
        match head {
            Head::There(content) => return Ok((content.commit, heads)),
            Head::Absent { commit: Some(commit), .. } => return Ok((commit, heads)),
            Head::Absent { commit: None, .. } => {}
        }
    }
    let url = site.shown(&site.file(revision, names.last().copied().unwrap_or_default()));
    Err(FetchError::Status { url, status: 404, meaning: meaning(404) }.into())
}
