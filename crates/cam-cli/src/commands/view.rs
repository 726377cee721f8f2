use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use cam_explain::index::Index;
use cam_explain::{Decoding, Environment, Source};
use cam_view::{Library, Setup as Words, View};
use clap::ValueEnum as _;

use crate::arguments::{Setup, View as Arguments};
use crate::failure::Failure;
use crate::print;

/// Images that are decoded before the page is shown.
const MOST_LOOKED_AT: usize = 16;

pub fn run(arguments: &Arguments, environment: &Environment) -> Result<(), Failure> {
    // What was mistyped is found before a network is loaded.
    let (library, index) = looked_at(arguments, environment)?;
    let model = arguments.setup.load(environment)?;
    let view = View {
        library,
        index,
        setup: Words(words(&arguments.setup)),
        listen: SocketAddr::new(arguments.listen, arguments.port),
    };
    let mut printed = Ok(());
    view.serve(&model, |url| {
        printed = print::line(url);
        print::remark("Ctrl-C ends it");
        if !arguments.no_open
            && let Err(error) = open::that_detached(url)
        {
            print::remark(format_args!(
                "no browser could be opened ({error}): open the address yourself"
            ));
        }
    })?;
    printed
}

/// The images that may be read, and the index.
fn looked_at(
    arguments: &Arguments,
    environment: &Environment,
) -> Result<(Library, Option<PathBuf>), Failure> {
    let given = arguments.index.clone();
    match arguments.what.as_slice() {
        [folder] if folder.is_dir() => match Index::open(folder) {
            Ok(_) if given.is_some() => Err(Failure::usage(format!(
                "{} is an index already: leave out --index",
                folder.display()
            ))),
            Ok(index) => {
                let images = PathBuf::from(&index.gallery().header().root);
                Ok((Library::of_folder(&images)?, Some(folder.clone())))
            }
            Err(_) => {
                let library = Library::of_folder(folder)?;
                if library.names()?.is_empty() {
                    return Err(Failure::usage(format!("{} contains no images", folder.display())));
                }
                let index = given.map_or_else(|| in_the_cache(folder, &arguments.setup), Ok)?;
                Ok((library, Some(index)))
            }
        },
        images => {
            if let Some(folder) = images.iter().find(|image| image.is_dir()) {
                return Err(Failure::usage(format!(
                    "{} is a folder: look at one folder, or at images",
                    folder.display()
                )));
            }
            if given.is_some() {
                return Err(Failure::usage("--index is of a folder of images: name the folder"));
            }
            if let Some(missing) = images.iter().find(|image| !image.exists()) {
                return Err(Failure::usage(format!(
                    "{}: there is no such file or folder",
                    missing.display()
                )));
            }
            // What is no image is said now, and not as a picture that is missing; of many, a few.
            for image in images.iter().take(MOST_LOOKED_AT) {
                Source::from(image).picture(Decoding::default(), environment)?;
            }
            Ok((Library::of_files(images), None))
        }
    }
}

/// A folder of the cache, one for each folder, network and way of reading.
fn in_the_cache(folder: &Path, setup: &Setup) -> Result<PathBuf, Failure> {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let of = format!("{}\n{}", folder.display(), words(setup).join("\n"));
    let name: String = cam_files::Sha256::of(of.as_bytes()).to_string().chars().take(16).collect();
    let cache = cam_fetch::cache_directory().map_err(anyhow::Error::from)?;
    Ok(cache.join("indexes").join(name))
}

/// What was said of network and images, as every command takes it.
fn words(setup: &Setup) -> Vec<String> {
    let (model, images) = (&setup.model, &setup.reading);
    let mut words = Vec::new();
    let text = |value: &OsStr| value.to_string_lossy().into_owned();
    let valued = [
        ("--model", model.model.clone()),
        ("--weights", model.weights.as_deref().map(text)),
        ("--embedding", model.embedding.clone()),
        ("--prefix", model.prefix.clone()),
        ("--device", model.device.clone()),
        ("--precision", model.precision.map(|precision| precision.to_string())),
        ("--batch", (model.batch != 0).then(|| model.batch.to_string())),
        ("--threads", (model.threads != 0).then(|| model.threads.to_string())),
        ("--preprocess", model.preprocess.as_deref().map(text)),
        ("--size", images.size.clone()),
        ("--fit", images.fit.map(|fit| fit.to_string())),
        (
            "--compat",
            images
                .compat
                .and_then(|compat| Some(compat.to_possible_value()?.get_name().to_owned())),
        ),
    ];
    for (option, value) in valued {
        // An empty environment variable counts as unset.
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            words.extend([option.to_owned(), value]);
        }
    }
    let flags = [
        ("--allow-partial", model.allow_partial),
        ("--exact", model.exact),
        ("--strict", images.strict),
        ("--stretch", images.stretch),
    ];
    words.extend(flags.into_iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| flag.to_owned()));
    words
}
