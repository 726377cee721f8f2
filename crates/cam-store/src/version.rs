use crate::Error;

/// Reads the version of a header, and refuses any but the one that this crate reads and writes.
///
/// # Errors
/// [`Error::Damaged`] where there is none, [`Error::Version`].
pub(crate) fn check(header: &serde_json::Value, known: u32) -> Result<(), Error> {
    match header["version"].as_u64() {
        Some(found) if found == u64::from(known) => Ok(()),
        Some(found) => Err(Error::Version { found, known }),
        None => Err(Error::Damaged { reason: "its version is missing".to_owned() }),
    }
}
