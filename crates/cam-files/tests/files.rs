//! Written files are whole or untouched.

use std::fs;
use std::path::Path;

use cam_files::{WriteError, write_atomically};
use proptest::prelude::*;

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_new_file_has_its_bytes_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().unwrap();
    write_atomically(&folder.path().join("a.png"), b"bytes").unwrap();
    assert_eq!(fs::read(folder.path().join("a.png")).unwrap(), b"bytes");
    assert_eq!(names(folder.path()), ["a.png"]);
}

#[test]
fn a_missing_directory_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = write_atomically(&folder.path().join("no/a.png"), b"").unwrap_err();
    assert!(matches!(&error, WriteError::NoParent { parent, .. } if parent.ends_with("no")));
    assert!(error.to_string().contains("create it first"));
}

#[test]
fn a_file_as_directory_is_a_missing_directory() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), b"kept").unwrap();
    let error = write_atomically(&folder.path().join("file/a.png"), b"").unwrap_err();
    assert!(matches!(error, WriteError::NoParent { .. }), "{error}");
    assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"kept");
}

#[test]
fn a_directory_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join(".."), "/".into(), "".into()] {
        let error = write_atomically(&path, b"").unwrap_err();
        assert!(matches!(error, WriteError::IsDirectory { .. }), "{error}");
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_read_only_file_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    fs::write(&path, b"before").unwrap();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    assert!(matches!(write_atomically(&path, b"after"), Err(WriteError::ReadOnly { .. })));
    assert_eq!(fs::read(&path).unwrap(), b"before");
    assert_eq!(names(folder.path()), ["a.png"]);
}

#[test]
fn a_name_that_is_too_long_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let error = write_atomically(&folder.path().join("x".repeat(300)), b"bytes").unwrap_err();
    assert!(matches!(error, WriteError::Io { .. }), "{error}");
    assert!(names(folder.path()).is_empty());
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_new_file_has_the_permissions_of_any_new_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("plain"), b"").unwrap();
        write_atomically(&folder.path().join("ours"), b"").unwrap();
        let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().mode();
        assert_eq!(mode("ours"), mode("plain"));
    }

    #[test]
    fn an_existing_file_keeps_its_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        for mode in [0o600, 0o640, 0o666] {
            fs::write(&path, b"before").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            write_atomically(&path, b"after").unwrap();
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, mode);
        }
    }

    #[test]
    fn a_link_stays_and_its_target_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        fs::write(other.path().join("target"), b"before").unwrap();
        symlink(other.path().join("target"), folder.path().join("hop")).unwrap();
        symlink("hop", folder.path().join("link")).unwrap();
        write_atomically(&folder.path().join("link"), b"after").unwrap();
        assert_eq!(fs::read(other.path().join("target")).unwrap(), b"after");
        assert!(folder.path().join("link").is_symlink() && folder.path().join("hop").is_symlink());
        assert_eq!(names(folder.path()), ["hop", "link"]);
    }

    #[test]
    fn a_link_to_nothing_creates_its_target() {
        let folder = tempfile::tempdir().unwrap();
        symlink("target", folder.path().join("link")).unwrap();
        write_atomically(&folder.path().join("link"), b"bytes").unwrap();
        assert_eq!(fs::read(folder.path().join("target")).unwrap(), b"bytes");
        assert!(folder.path().join("link").is_symlink());
    }

    #[test]
    fn links_in_a_circle_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        symlink("b", folder.path().join("a")).unwrap();
        symlink("a", folder.path().join("b")).unwrap();
        let error = write_atomically(&folder.path().join("a"), b"").unwrap_err();
        assert!(matches!(error, WriteError::LinkLoop { .. }), "{error}");
    }

    #[test]
    fn a_device_is_written_to_and_stays() {
        write_atomically(Path::new("/dev/null"), b"bytes").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_full_disk_says_so() {
        if !Path::new("/dev/full").exists() {
            return;
        }
        let error = write_atomically(Path::new("/dev/full"), b"bytes").unwrap_err();
        assert!(matches!(error, WriteError::DiskFull { .. }), "{error}");
    }

    #[test]
    fn names_with_line_breaks_and_without_utf8_are_written() {
        let folder = tempfile::tempdir().unwrap();
        for name in [&b"a\nb.png"[..], b"\xff\xfe.png"] {
            let path = folder.path().join(OsStr::from_bytes(name));
            write_atomically(&path, b"bytes").unwrap();
            assert_eq!(fs::read(path).unwrap(), b"bytes");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_written_is_read_back_over_whatever_was_there(before in any::<Option<Vec<u8>>>(), after in any::<Vec<u8>>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        if let Some(before) = before {
            fs::write(&path, before).unwrap();
        }
        write_atomically(&path, &after).unwrap();
        prop_assert_eq!(fs::read(&path).unwrap(), after);
        prop_assert_eq!(names(folder.path()), ["file"]);
    }
}
