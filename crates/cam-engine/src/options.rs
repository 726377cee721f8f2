use std::fmt;

use crate::Error;

/// The most threads that an engine can be asked for: more than any machine has use for, and few enough that a
/// program has memory mappings left for their stacks.
pub const MOST_THREADS: usize = 1024;

/// How an engine computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Threads that work on one run, the caller's included; 0 for as many as the machine has.
    /// The results are the same, bit for bit, for every number, of which [`MOST_THREADS`] is the
    /// largest. Without the feature `threads` it is always the caller's alone.
    pub threads: usize,
    /// Instructions to use; `None` for [the machine's or the user's](InstructionSet::chosen).
    pub instructions: Option<InstructionSet>,
    /// Direct convolutions only. Otherwise 3×3 convolutions of stride 1 may take Winograd's
    /// algorithm, which is faster, exact to about 1e-5 of the maximum instead of 1e-6, and
    /// spreads a NaN or an infinity over the 2×2 or 4×4 pixels computed together.
    pub exact: bool,
}

/// Instructions a kernel is made of.
///
/// AVX-512 and AVX2 give the same bits. So does the portable code where the target has a fused
/// multiply-add (aarch64); elsewhere it rounds twice per term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InstructionSet {
    /// AVX-512F: vectors of 16.
    Avx512,
    /// AVX2 and FMA: vectors of 8.
    Avx2,
    /// Plain Rust that the compiler vectorises, on every target.
    Portable,
}

impl InstructionSet {
    /// Every set, best first.
    pub const ALL: [Self; 3] = [Self::Avx512, Self::Avx2, Self::Portable];

    /// Whether this machine has them.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => is_x86_feature_detected!("avx512f") && Self::Avx2.is_available(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx512 | Self::Avx2 => false,
            Self::Portable => true,
        }
    }

    /// The best this machine has.
    pub fn best() -> Self {
        Self::ALL.into_iter().find(|set| set.is_available()).unwrap_or(Self::Portable)
    }

    /// What the variable [`VARIABLE`](Self::VARIABLE) names (`avx512`, `avx2` or `portable`); where it is not
    /// set, the best this machine has.
    ///
    /// # Errors
    /// If it names nothing, or what this machine does not have.
    pub fn chosen() -> Result<Self, Error> {
        let Some(named) = std::env::var_os(Self::VARIABLE).filter(|named| !named.is_empty()) else {
            return Ok(Self::best());
        };
        let named = named.to_string_lossy();
        let is_named = |set: &Self| format!("{set:?}").eq_ignore_ascii_case(&named);
        match Self::ALL.into_iter().find(is_named) {
            Some(instructions) if instructions.is_available() => Ok(instructions),
            Some(instructions) => Err(Error::Unavailable { instructions }),
            None => Err(Error::NoInstructions { named: named.into_owned() }),
        }
    }

    /// The variable of the environment that holds an engine to fewer instructions than the machine has, to
    /// compare them.
    pub const VARIABLE: &str = "CAM_INSTRUCTIONS";
}

impl fmt::Display for InstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Avx512 => "AVX-512",
            Self::Avx2 => "AVX2",
            Self::Portable => "portable instructions",
        })
    }
}
