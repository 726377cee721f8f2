//! Decoding: pictures of every format, files that lack something, and every kind of TIFF.

mod damage;
mod pictures;
mod support;
mod tiffs;
