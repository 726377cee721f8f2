//! How the values of a layer's positions come to the pixels of a picture.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::resize::{Between, fitted, placed};
use crate::{Guide, Map, MapError, Window};

/// How a map of a layer's positions comes to the size of a picture.
///
/// No way adds anything that the network computed: it gave one value for each position.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Upsample {
    /// Each position is a flat rectangle: what was computed, and nothing between.
    Nearest,
    /// Linear from the middle of a position to the next, as [`Map::resize`]. Smooth, and finer than what was computed.
    #[default]
    Bilinear,
    /// Along the edges of the picture: joint bilateral upsampling (Kopf et al., "Joint Bilateral Upsampling",
    /// SIGGRAPH 2007). A pixel takes the values of near positions, and most of those whose middle has its colour. A
    /// display aid: edges in it are the photograph's and not the network's.
    Guided,
}

impl Upsample {
    /// Every way, in the order that help texts list them.
    pub const ALL: [Self; 3] = [Self::Nearest, Self::Bilinear, Self::Guided];

    /// The name, as [`FromStr`] reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nearest => "nearest",
            Self::Bilinear => "bilinear",
            Self::Guided => "guided",
        }
    }

    /// The same with what it needs: the guide, which is made where it is used.
    ///
    /// # Errors
    /// Those of `guide`.
    pub fn with<E>(self, guide: impl FnOnce() -> Result<Guide, E>) -> Result<Upsampling, E> {
        Ok(match self {
            Self::Nearest => Upsampling::Nearest,
            Self::Bilinear => Upsampling::Bilinear,
            Self::Guided => Upsampling::Guided(Arc::new(guide()?)),
        })
    }
}

impl fmt::Display for Upsample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Upsample {
    type Err = UnknownUpsample;

    /// Reads a lower-case name.
    ///
    /// # Errors
    /// [`UnknownUpsample`], which lists the names there are.
    fn from_str(name: &str) -> Result<Self, UnknownUpsample> {
        let found = Self::ALL.into_iter().find(|way| way.name() == name);
        found.ok_or_else(|| UnknownUpsample { name: name.to_owned() })
    }
}

/// A name that is no way to upsample.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no way to upsample a map: choose one of nearest, bilinear, guided")]
pub struct UnknownUpsample {
    /// The name that was asked for.
    pub name: String,
}

/// An [`Upsample`] with what it needs to be done.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Upsampling {
    /// See [`Upsample::Nearest`].
    Nearest,
    /// See [`Upsample::Bilinear`].
    #[default]
    Bilinear,
    /// See [`Upsample::Guided`]: to the guide's size, and bilinear from there.
    Guided(Arc<Guide>),
}

impl Upsampling {
    /// Which way it is.
    pub fn kind(&self) -> Upsample {
        match self {
            Self::Nearest => Upsample::Nearest,
            Self::Bilinear => Upsample::Bilinear,
            Self::Guided(_) => Upsample::Guided,
        }
    }

    /// How a map goes on that has come to the network's input already, by this way: guided it is as fine as its guide,
    /// and bilinear from there.
    #[must_use]
    pub fn onward(&self) -> Self {
        match self {
            Self::Nearest => Self::Nearest,
            Self::Bilinear | Self::Guided(_) => Self::Bilinear,
        }
    }

    /// The same for the mirrored picture.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        match self {
            Self::Guided(guide) => Self::Guided(Arc::new(guide.mirrored())),
            other => other.clone(),
        }
    }

    pub(crate) fn between(&self) -> Between {
        match self {
            Self::Nearest => Between::Steps,
            Self::Bilinear | Self::Guided(_) => Between::Lines,
        }
    }
}

impl Map {
    /// The map at another size.
    ///
    /// Values stay within the map's range whatever the way, and a constant map stays constant.
    ///
    /// # Errors
    /// As [`resize`](Map::resize).
    ///
    /// # Examples
    /// ```
    /// use cam_map::{Map, Upsampling};
    ///
    /// let map = Map::new(2, 1, vec![0.0, 1.0])?;
    /// assert_eq!(map.upsample(&Upsampling::Nearest, 4, 1)?.values(), [0.0, 0.0, 1.0, 1.0]);
    /// assert_eq!(map.upsample(&Upsampling::Bilinear, 4, 1)?.values(), [0.0, 0.25, 0.75, 1.0]);
    /// # Ok::<(), cam_map::MapError>(())
    /// ```
    pub fn upsample(&self, by: &Upsampling, width: usize, height: usize) -> Result<Map, MapError> {
        match by {
            Upsampling::Guided(guide) => guide.lead(self)?.resize(width, height),
            other => fitted(self, width, height, other.between()),
        }
    }

    /// The map as it lies on a picture of a width and height: as large as the pixels that its window covers. A guide
    /// is what the whole map lies on, borders around the picture included.
    ///
    /// # Errors
    /// As [`onto`](Map::onto).
    pub fn upsample_onto(
        &self,
        by: &Upsampling,
        window: &Window,
        width: usize,
        height: usize,
    ) -> Result<Map, MapError> {
        match by {
            Upsampling::Guided(guide) => guide.lead(self)?.onto(window, width, height),
            other => placed(self, window, (width, height), other.between()),
        }
    }
}
