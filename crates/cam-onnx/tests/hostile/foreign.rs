//! Other files under a model's name.

use cam_onnx::{Error, Looks};

use crate::support::read_bytes;

#[test]
fn other_formats_are_named() {
    let cases: [(&[u8], Looks); 13] = [
        (b"", Looks::Empty),
        (b"<!DOCTYPE html><html></html>", Looks::HtmlPage),
        (b"\n  <html>", Looks::HtmlPage),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", Looks::LfsPointer),
        (b"PK\x03\x04\x00\x00\x08\x08\x00\x00", Looks::Zip),
        (b"\x1f\x8b\x08\x00", Looks::Gzip),
        (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", Looks::Pickle),
        (b"\x08\x01\x00\x00\x00\x00\x00\x00{\"a\"", Looks::Safetensors),
        (b"\x89HDF\r\n\x1a\n", Looks::Hdf5),
        (b"{\"a\": 1}", Looks::Json),
        (b"\x1c\x00\x00\x00TFL3", Looks::TensorFlowLite),
        (b"\x1c\x00\x00\x00ORTM", Looks::Ort),
        (b"\x08\x08", Looks::NoGraph),
    ];
    for (bytes, expected) in cases {
        match read_bytes(bytes).expect_err("no model") {
            Error::NotOnnx { found } => assert_eq!(found, expected),
            error => panic!("{expected:?}: {error}"),
        }
    }
}

#[test]
fn an_error_says_what_it_is_and_what_to_do() {
    let error = read_bytes(b"<html>").expect_err("no model").to_string();
    assert_eq!(
        error,
        "this is a web page, not an ONNX model: the download gave a web page, perhaps a login or error page; fetch the \
         file itself"
    );
    let error = read_bytes(&[0x08, 0x08, 0x3a, 0x7f, 0x00]).expect_err("cut").to_string();
    assert_eq!(
        error,
        "the ONNX file is broken at byte 4: 127 bytes are announced where 1 are left; fetch or export it again"
    );
}
