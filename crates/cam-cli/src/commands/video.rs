use cam_explain::batch::{self, Film, Settings};
use cam_explain::{Environment, width_and_height};

use super::batch::finish;
use crate::arguments::Video;
use crate::failure::Failure;

pub fn run(arguments: &Video, environment: &Environment) -> Result<(), Failure> {
    if arguments.setup.reading.strict || arguments.setup.reading.stretch {
        return Err(Failure::usage(
            "--strict and --stretch are for files, not for frames, which are whole and of 8 bits",
        ));
    }
    let size = frame_size(&arguments.frame_size, environment)?;
    let settings = Settings { parquet: arguments.parquet, ..arguments.series.meant() };
    settings.check()?;
    let model = arguments.setup.load(environment)?;
    let frames = &mut std::io::stdin().lock();
    let film = Film { frames, size, smoothing: arguments.ema, most: arguments.max_frames };
    finish(&batch::frames(&model, film, &settings)?, arguments.json)
}

/// Width and height of frames.
fn frame_size(text: &str, environment: &Environment) -> Result<[usize; 2], Failure> {
    let Some((width, height)) = width_and_height(text) else {
        return Err(Failure::usage(format!(
            "`--frame-size {text}`: it takes width and height, as in 640x360"
        )));
    };
    let most = environment.limits.max_pixels;
    match (width as u64).checked_mul(height as u64) {
        Some(pixels) if pixels <= most => Ok([width, height]),
        _ => Err(Failure::usage(format!(
            "`--frame-size {text}`: a frame has at most {most} pixels, as any image"
        ))),
    }
}
