use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Setup;

/// What to do with a file of concepts.
#[derive(Debug, Subcommand)]
pub enum ConceptCommand {
    /// Add images to a concept, which is made if there is none of that name.
    Add(Box<AddConcept>),
    /// List the concepts of a file.
    List(ListConcepts),
    /// Show what a concept is made of.
    Show(ShowConcept),
    /// Remove a concept.
    Remove(RemoveConcept),
}

/// Arguments of `cam concept add`.
#[derive(Debug, Args)]
pub struct AddConcept {
    /// The file of concepts (.safetensors); it is made if it does not exist.
    pub file: PathBuf,

    /// The concept's name.
    pub name: String,

    /// Images of it.
    #[arg(value_name = "IMAGE")]
    pub images: Vec<OsString>,

    /// An image of what looks like it and is not; repeat it for more.
    #[arg(long = "negative", value_name = "IMAGE")]
    pub negatives: Vec<OsString>,

    /// Which network, and how images are read.
    #[command(flatten)]
    pub setup: Setup,
}

/// Arguments of `cam concept list`.
#[derive(Debug, Args)]
pub struct ListConcepts {
    /// The file of concepts.
    pub file: PathBuf,

    /// Print one JSON document.
    #[arg(short, long)]
    pub json: bool,
}

/// Arguments of `cam concept show`.
#[derive(Debug, Args)]
pub struct ShowConcept {
    /// The file of concepts.
    pub file: PathBuf,

    /// The concept's name.
    pub name: String,

    /// Print one JSON document.
    #[arg(short, long)]
    pub json: bool,
}

/// Arguments of `cam concept remove`.
#[derive(Debug, Args)]
pub struct RemoveConcept {
    /// The file of concepts.
    pub file: PathBuf,

    /// The concept's name.
    pub name: String,
}
