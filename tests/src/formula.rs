//! The closed formula for weights and inputs that the goldens were made with: a port of
//! `unit`, `formula` and `image` in `tests/golden/make_golden.py`, f32 for f32.

use std::f64::consts::TAU;

use cam_random::Random;

/// The salt all goldens here were made with.
pub const SALT: u64 = 1;

fn fnv1a64(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
    })
}

/// n values in 0..1, each a multiple of 2⁻²⁴.
pub fn unit(key: &str, n: usize) -> Vec<f32> {
    let salt = SALT.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut random = Random::new(fnv1a64(key).wrapping_add(salt));
    (0..n).map(|_| random.unit()).collect()
}

/// The values of one tensor of a state dict.
pub fn tensor(key: &str, shape: &[usize]) -> Vec<f32> {
    let signed = unit(key, shape.iter().product()).into_iter().map(|u| 2.0 * u - 1.0);
    let root = |fan: f64| fan.sqrt() as f32;
    match shape {
        [_, inputs, height, width] => {
            let bound = root(6.0 / (inputs * height * width) as f64);
            signed.map(|s| s * bound).collect()
        }
        [_, inputs] => {
            let bound = root(1.0 / *inputs as f64);
            signed.map(|s| s * bound).collect()
        }
        _ if key.ends_with("running_mean") => signed.map(|s| s * 0.1).collect(),
        _ if key.ends_with("running_var") => signed.map(|s| 1.0 + s * 0.5).collect(),
        _ if key.ends_with(".weight") => {
            let scale: f32 = if key.ends_with("bn3.weight") { 0.25 } else { 0.7 };
            signed.map(|s| scale * (1.0 + s * 0.25)).collect()
        }
        _ => signed.map(|s| s * 0.1).collect(),
    }
}

/// A network input `[3, height, width]`: a smooth pattern plus noise.
pub fn image(name: &str, height: usize, width: usize) -> Vec<f32> {
    let channel = |channel: usize| {
        let wave: Vec<f64> =
            unit(&format!("{name}.wave{channel}"), 4).into_iter().map(f64::from).collect();
        let noise = unit(&format!("{name}.noise{channel}"), height * width);
        (0..height * width)
            .map(move |i| {
                let (y, x) =
                    ((i / width) as f64 / height as f64, (i % width) as f64 / width as f64);
                let phase = (1.0 + 3.0 * wave[0]) * x + (1.0 + 3.0 * wave[1]) * y + wave[2];
                (1.2 * (TAU * phase).sin() + 0.8 * (2.0 * f64::from(noise[i]) - 1.0)) as f32
            })
            .collect::<Vec<_>>()
    };
    (0..3).flat_map(channel).collect()
}
