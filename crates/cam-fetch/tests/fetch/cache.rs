//! Where fetched files belong on this machine.

use std::path::PathBuf;

use cam_fetch::cache_directory;
use cam_files::Sha256;

#[test]
fn the_cache_directory_follows_the_environment() {
    let chosen =
        std::env::var_os("CAM_CACHE_DIR").filter(|value| !value.is_empty()).map(PathBuf::from);
    match (cache_directory(), chosen) {
        (Ok(found), Some(chosen)) => assert_eq!(found, chosen),
        (Ok(found), None) => assert!(found.ends_with("cam"), "{}", found.display()),
        (Err(error), _) => assert!(error.to_string().contains("CAM_CACHE_DIR"), "{error}"),
    }
}

#[test]
fn the_digest_of_a_file_that_is_not_there_names_it() {
    let error = Sha256::of_file("no/such/file".as_ref()).expect_err("no such file");
    assert!(error.to_string().starts_with("cannot read `no/such/file`: "), "{error}");
}
