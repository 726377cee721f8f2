//! The tables behind [`Colormap`](crate::Colormap), made at compile time.

/// 256 colours, RGB.
pub type Table = [[u8; 3]; 256];

/// OpenCV's `COLORMAP_JET`.
pub static JET: Table = jet();
/// Mikhailov's turbo, Apache-2.0.
pub static TURBO: Table = from_bytes(include_bytes!("../assets/turbo.rgb"));
/// Smith and van der Walt's viridis, CC0.
pub static VIRIDIS: Table = from_bytes(include_bytes!("../assets/viridis.rgb"));
/// Smith and van der Walt's inferno, CC0.
pub static INFERNO: Table = from_bytes(include_bytes!("../assets/inferno.rgb"));
/// Blue, white, red; symmetric about white at 127 and 128.
pub static DIVERGING: Table = diverging();

/// From the lowest value's blue to white.
const BLUES: [[u8; 3]; 3] = [[22, 60, 150], [112, 168, 222], [247, 247, 247]];
/// From the highest value's red to white.
const REDS: [[u8; 3]; 3] = [[158, 14, 38], [238, 142, 112], [247, 247, 247]];

const fn from_bytes(bytes: &[u8; 768]) -> Table {
    let mut table = [[0; 3]; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = [bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2]];
        i += 1;
    }
    table
}

/// Each channel is a trapezoid of slope 4 whose sides meet the entries at halves, in units of half a step.
const fn jet() -> Table {
    let mut table = [[0; 3]; 256];
    let mut i = 0;
    while i < 256 {
        let x = 8 * i as i32;
        table[i] = [
            half_to_even(min(x - 765, 2295 - x)),
            half_to_even(min(x - 255, 1785 - x)),
            half_to_even(min(x + 255, 1275 - x)),
        ];
        i += 1;
    }
    // OpenCV's table was made in floating point, where this one tie fell the other way.
    table[159][2] = 1;
    table
}

const fn min(a: i32, b: i32) -> i32 {
    if a < b { a } else { b }
}

/// Half of an odd number, ties to even, clamped to a byte.
const fn half_to_even(halves: i32) -> u8 {
    let floor = halves.div_euclid(2);
    let even = floor + floor.rem_euclid(2);
    if even < 0 {
        0
    } else if even > 255 {
        255
    } else {
        even as u8
    }
}

const fn diverging() -> Table {
    let mut table = [[0; 3]; 256];
    let mut i = 0;
    while i < 128 {
        table[i] = ramp(&BLUES, i as i32);
        table[255 - i] = ramp(&REDS, i as i32);
        i += 1;
    }
    table
}

/// Piecewise linear through three colours at steps 0, 63.5 and 127, rounded.
const fn ramp(stops: &[[u8; 3]; 3], step: i32) -> [u8; 3] {
    let (from, to, along) = if 2 * step <= 127 {
        (stops[0], stops[1], 2 * step)
    } else {
        (stops[1], stops[2], 2 * step - 127)
    };
    [between(from[0], to[0], along), between(from[1], to[1], along), between(from[2], to[2], along)]
}

const fn between(from: u8, to: u8, along: i32) -> u8 {
    ((2 * (from as i32 * (127 - along) + to as i32 * along) + 127) / 254) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_diverging_table_is_white_in_the_middle_and_saturated_at_the_ends() {
        assert_eq!(DIVERGING[127], [247; 3]);
        assert_eq!(DIVERGING[128], [247; 3]);
        assert_eq!(DIVERGING[0], BLUES[0]);
        assert_eq!(DIVERGING[255], REDS[0]);
    }

    #[test]
    fn the_diverging_table_has_no_jumps() {
        for pair in DIVERGING.windows(2) {
            for (a, b) in pair[0].iter().zip(pair[1]) {
                assert!(a.abs_diff(b) <= 3, "{pair:?}");
            }
        }
    }
}
