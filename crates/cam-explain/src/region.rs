//! A rectangle of an image: `street.jpg#xywh=10,20,100,80`.

use std::path::Path;

use cam_viz::Pixels;

use crate::error::{Error, failed};
use crate::picture::Picture;

/// What stands between an image and the rectangle: a media fragment (W3C, *Media Fragments URI 1.0*, section 4.2.2).
const FRAGMENT: &str = "#xywh=";

/// The image and the rectangle that a text names; none where a file is called so, or no rectangle is meant.
pub(crate) fn split(text: &str) -> Option<(&str, Pixels)> {
    let (image, rectangle) = text.rsplit_once(FRAGMENT)?;
    if image.is_empty() || Path::new(text).exists() {
        return None;
    }
    let rectangle = rectangle.strip_prefix("pixel:").unwrap_or(rectangle);
    let numbers: Vec<u32> = rectangle.split(',').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [x, y, width, height] = numbers.try_into().ok()?;
    Some((image, Pixels { x, y, width, height }))
}

/// Whether what stands before an equals sign is an image and the beginning of a fragment, and no name.
pub(crate) fn is_begun_in(text: &str) -> bool {
    text.ends_with(FRAGMENT.trim_end_matches('='))
}

/// What stands behind an image's name.
pub(crate) fn fragment(Pixels { x, y, width, height }: Pixels) -> String {
    format!("{FRAGMENT}{x},{y},{width},{height}")
}

/// That part of a picture alone.
///
/// # Errors
/// Where it is empty, or does not lie on the picture.
pub(crate) fn cut(picture: Picture, region: Pixels) -> Result<Picture, Error> {
    let (width, height) = picture.pixels.dimensions();
    let fits = |begin: u32, length: u32, side: u32| {
        length > 0 && begin.checked_add(length).is_some_and(|end| end <= side)
    };
    if !fits(region.x, region.width, width) || !fits(region.y, region.height, height) {
        return Err(failed!(
            "has {width}×{height} pixels, on which the rectangle {} does not lie: it is x,y,width,height from the upper \
             left corner",
            fragment(region).trim_start_matches(FRAGMENT)
        ));
    }
    let view =
        image::imageops::crop_imm(&picture.pixels, region.x, region.y, region.width, region.height);
    Ok(Picture { pixels: view.to_image(), ..picture })
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    const REGION: Pixels = Pixels { x: 1, y: 2, width: 3, height: 4 };

    #[test]
    fn a_region_reads_as_it_is_written() {
        assert_eq!(split(&format!("a#1.jpg{}", fragment(REGION))), Some(("a#1.jpg", REGION)));
        assert_eq!(split("a.jpg#xywh=pixel:1,2,3,4"), Some(("a.jpg", REGION)));
        for other in
            ["a.jpg", "a.jpg#xywh=", "a.jpg#xywh=1,2,3", "a.jpg#xywh=1,2,3,-4", "#xywh=1,2,3,4"]
        {
            assert_eq!(split(other), None, "{other}");
        }
    }

    #[test]
    fn a_region_is_the_pixels_below_it() {
        let whole = RgbImage::from_fn(8, 8, |x, y| Rgb([x as u8, y as u8, 0]));
        let part = cut(Picture::of_pixels(whole), REGION).expect("it lies on the picture").pixels;
        assert_eq!(part.dimensions(), (3, 4));
        assert_eq!((part[(0, 0)], part[(2, 3)]), (Rgb([1, 2, 0]), Rgb([3, 5, 0])));
    }

    #[test]
    fn what_does_not_lie_on_the_picture_is_refused() {
        let outside = [[0, 0, 9, 1], [8, 0, 1, 1], [0, 0, 0, 1], [1, 0, u32::MAX, 1]];
        for [x, y, width, height] in outside {
            let picture = Picture::of_pixels(RgbImage::new(8, 8));
            let error = cut(picture, Pixels { x, y, width, height }).expect_err("it is outside");
            assert!(error.to_string().contains("8×8"), "{error}");
        }
    }
}
