//! The command line end to end: the built binary, its files, lines and exit codes.
//!
//! Messages are kept as transcripts beside the tests, in `snapshots/`. The system's own words in them are those of
//! Unix.
#![cfg(unix)]

#[expect(dead_code, reason = "the server is shared with tests that need its other faults")]
#[path = "../../../../tests/src/loopback.rs"]
mod loopback;

mod batch;
mod bench;
mod boxes;
mod cached;
mod classify;
mod compare;
mod compat;
mod concept;
mod crafted;
mod damage;
mod devices;
mod embed;
mod errors;
mod evaluate;
mod explain;
mod fetch;
mod fit;
mod fitted;
mod gallery;
mod hub;
mod images;
mod images_changed;
mod killing;
mod methods;
mod models;
mod moved;
mod names;
mod numbers;
mod onnx;
mod options;
mod outliers;
mod outputs;
mod parts;
mod preprocess;
mod redirects;
mod regions;
mod results_folder;
mod resuming;
mod streams;
mod support;
mod threads;
mod token_gallery;
mod unreadable;
mod upkeep;
mod upsampling;
mod vectors;
#[cfg(feature = "view")]
mod view;
mod weights;
mod writers;
