//! Numbers in JSON, which knows no infinity, and whose readers may round: as their bits.

/// f32.
pub(crate) mod single {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(number: &f32, to: S) -> Result<S::Ok, S::Error> {
        number.to_bits().serialize(to)
    }

    pub(crate) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<f32, D::Error> {
        u32::deserialize(from).map(f32::from_bits)
    }
}

/// Two f64.
pub(crate) mod pair {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(pair: &[f64; 2], to: S) -> Result<S::Ok, S::Error> {
        pair.map(f64::to_bits).serialize(to)
    }

    pub(crate) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<[f64; 2], D::Error> {
        <[u64; 2]>::deserialize(from).map(|pair| pair.map(f64::from_bits))
    }
}
