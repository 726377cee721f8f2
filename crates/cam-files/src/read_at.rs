//! Reading a file at a place. Many threads share one open file, which stays the same whatever its name
//! comes to stand for.

use std::fs::File;
use std::io;

/// Fills a buffer with the bytes of a file from a place on.
///
/// # Errors
/// What reading gives, and [`io::ErrorKind::UnexpectedEof`] where the file ends before.
pub fn read_exact_at(file: &File, mut bytes: &mut [u8], mut place: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match read_at(file, bytes, place) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                bytes = &mut bytes[read..];
                place += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads some bytes of a file from a place on, and says how many; none at its end.
///
/// # Errors
/// What reading gives.
#[cfg(unix)]
pub fn read_at(file: &File, bytes: &mut [u8], place: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, place)
}

/// Reads some bytes of a file from a place on, and says how many; none at its end.
///
/// # Errors
/// What reading gives.
#[cfg(windows)]
pub fn read_at(file: &File, bytes: &mut [u8], place: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, place)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_buffer_is_filled_from_its_place_or_the_file_ends_before() {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(b"0123456789").expect("written");
        let mut bytes = [0; 4];
        read_exact_at(&file, &mut bytes, 6).expect("as many are there");
        assert_eq!(&bytes, b"6789");
        let error = read_exact_at(&file, &mut bytes, 7).expect_err("three are left");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
