//! Kernels that were chosen by timing them, and compiled, are kept for the next process.

use std::sync::Once;

use burn::cubecl::config::cache::CacheConfig;
use burn::cubecl::config::{CubeClRuntimeConfig, RuntimeConfig as _};

/// Has them kept beside fetched weights, in the user's cache directory, before a card is opened.
///
/// By itself CubeCL keeps them in `target/` of whatever Rust project the working directory happens to
/// belong to. Who has a configuration of their own (`cubecl.toml`) keeps its place.
pub fn keep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let mut config = CubeClRuntimeConfig::from_current_dir().override_from_env();
        if let (CacheConfig::Target, Ok(cache)) =
            (&config.environment.path, cam_fetch::cache_directory())
        {
            config.environment.path = CacheConfig::Directory(cache.join("kernels"));
        }
        // Somebody else's is kept: a program may have been there before.
        CubeClRuntimeConfig::try_set(config);
    });
}
