//! An index belongs to paths inside of a folder, and not to the place of the folder: one that was moved, or is
//! mounted elsewhere, is the same.

use cam_store::index::Writer;

use super::same::Same;
use crate::error::{Error, Setting, failed};
use crate::notice;

/// Lets the index follow its folder; says where the folder was, if it was elsewhere.
///
/// Half of its images must be there under their names, or a slip of the hand would replace one folder's images by
/// those of another, unless it was said that the folder is the same.
pub fn follow(
    writer: &mut Writer,
    root: &str,
    same: &Same,
    is_said: bool,
) -> Result<Option<String>, Error> {
    let (was, count) = (writer.header().root.clone(), writer.len());
    if was == root {
        return Ok(None);
    }
    if !is_said && same.count * 2 < count {
        return Err(failed!(
            "it was made of another folder of images: {was}, and not {root}, which holds {} of its {count} \
             images; keep an index of each, or say that it was moved if it is the same folder",
            same.count
        ).see(Setting::Moved));
    }
    writer.set_root(root)?;
    notice::remark(format_args!(
        "the images were in {was} and are in {root} now: {} of {count} are as they were",
        same.count
    ));
    Ok(Some(was))
}
