//! Activations that are more than bounds, and their derivatives.

use super::functions::{EXPONENTS, gelu, normal, sigmoid, tanh, unless_far_below};
use crate::vector::Vector;

/// An activation.
///
/// # Safety
/// The vector's instructions must exist.
pub(crate) trait Curve: Copy {
    /// What it gives for x; `slope` is the channel's own, where there is one.
    unsafe fn value<V: Vector>(self, x: V, slope: V) -> V;
    /// Its derivative at what is saved: what it gave, where the derivative is known by that, else what
    /// it was given.
    unsafe fn derivative<V: Vector>(self, saved: V, slope: V) -> V;
}

/// min(max(x, low), high).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Clamp(pub(crate) f32, pub(crate) f32);

/// x where positive, else slope·x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rectifier;

/// 1/(1 + e⁻ˣ).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sigmoid;

/// x·σ(β·x).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Swish(pub(crate) f32);

/// x·min(max(x/6 + 1/2, 0), 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct HardSwish;

/// min(max(slope·x + offset, 0), 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct HardSigmoid(pub(crate) f32, pub(crate) f32);

/// The hyperbolic tangent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tanh;

/// x·Φ(x).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Gelu;

/// x·σ(2·u(x)), which is ½·x·(1 + tanh u(x)) with u(x) = √(2/π)·(x + 0.044715·x³).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct GeluTanh;

/// 2·√(2/π), and what the cube is multiplied with besides.
const GELU_TANH: (f32, f32) = (1.595_769_2, 0.044_715);

impl Curve for Clamp {
    #[inline(always)]
    unsafe fn value<V: Vector>(self, x: V, _: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe { x.clamp(V::splat(self.0), V::splat(self.1)) }
    }

    #[inline(always)]
    unsafe fn derivative<V: Vector>(self, saved: V, _: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe { V::splat(1.0).where_between(saved, V::splat(self.0), V::splat(self.1)) }
    }
}

impl Curve for Rectifier {
    #[inline(always)]
    unsafe fn value<V: Vector>(self, x: V, slope: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe { x.where_above(V::splat(0.0), x, x.mul(slope)) }
    }

    #[inline(always)]
    unsafe fn derivative<V: Vector>(self, saved: V, slope: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe { saved.where_above(V::splat(0.0), V::splat(1.0), slope) }
    }
}

impl Curve for Sigmoid {
    #[inline(always)]
    unsafe fn value<V: Vector>(self, x: V, _: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe { sigmoid(x) }
    }

    #[inline(always)]
    unsafe fn derivative<V: Vector>(self, saved: V, _: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe { saved.mul(V::splat(1.0).sub(saved)) }
    }
}

impl Curve for Swish {
    #[inline(always)]
    unsafe fn value<V: Vector>(self, x: V, _: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe {
            let scaled = x.mul(V::splat(self.0));
            // Below, σ would be given as at the bound, and not go to zero with x.
            let product = x.mul(sigmoid(scaled));
            V::splat(EXPONENTS.0).where_above(scaled, V::splat(0.0), product)
        }
    }

    #[inline(always)]
    unsafe fn derivative<V: Vector>(self, saved: V, _: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe {
            let scaled = saved.mul(V::splat(self.0));
            let scaled = scaled.clamp(V::splat(EXPONENTS.0), V::splat(EXPONENTS.1));
            let (one, sigma) = (V::splat(1.0), sigmoid(scaled));
            sigma.mul(scaled.mul_add(one.sub(sigma), one))
        }
    }
}

impl Curve for HardSwish {
    #[inline(always)]
    unsafe fn value<V: Vector>(self, x: V, _: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe {
            let gate = x.mul_add(V::splat(1.0 / 6.0), V::splat(0.5));
            let product = x.mul(gate.clamp(V::splat(0.0), V::splat(1.0)));
            V::splat(-3.0).where_above(x, V::splat(0.0), product)
        }
    }

    #[inline(always)]
    unsafe fn derivative<V: Vector>(self, saved: V, _: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe {
            let (low, high) = (V::splat(-3.0), V::splat(3.0));
            let middle = saved.mul_add(V::splat(1.0 / 3.0), V::splat(0.5));
            let below = low.where_above(saved, V::splat(0.0), middle);
            saved.where_above(high, V::splat(1.0), below)
        }
    }
}

impl Curve for HardSigmoid {
    #[inline(always)]
    unsafe fn value<V: Vector>(self, x: V, _: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe {
            let line = x.mul_add(V::splat(self.0), V::splat(self.1));
            line.clamp(V::splat(0.0), V::splat(1.0))
        }
    }

    #[inline(always)]
    unsafe fn derivative<V: Vector>(self, saved: V, _: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe { V::splat(self.0).where_between(saved, V::splat(0.0), V::splat(1.0)) }
    }
}

impl Curve for Tanh {
    #[inline(always)]
    unsafe fn value<V: Vector>(self, x: V, _: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe { tanh(x) }
    }

    #[inline(always)]
    unsafe fn derivative<V: Vector>(self, saved: V, _: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe { V::splat(1.0).sub(saved.mul(saved)) }
    }
}

impl Curve for Gelu {
    #[inline(always)]
    unsafe fn value<V: Vector>(self, x: V, _: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe { gelu(x) }
    }

    #[inline(always)]
    unsafe fn derivative<V: Vector>(self, saved: V, _: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe {
            let far = V::splat(EXPONENTS.1);
            let (whole, density) = normal(saved);
            saved.clamp(V::splat(0.0).sub(far), far).mul_add(density, whole)
        }
    }
}

impl Curve for GeluTanh {
    #[inline(always)]
    unsafe fn value<V: Vector>(self, x: V, _: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe {
            let near = x.mul(V::splat(GELU_TANH.0));
            let exponent = near.mul(x.mul(x).mul_add(V::splat(GELU_TANH.1), V::splat(1.0)));
            unless_far_below(x, V::splat(0.0), x.mul(sigmoid(exponent)))
        }
    }

    #[inline(always)]
    unsafe fn derivative<V: Vector>(self, saved: V, _: V) -> V {
        // SAFETY: the caller has the instructions.
        unsafe {
            let one = V::splat(1.0);
            // Far out it is 0 or 1, and the cube would be beyond all numbers.
            let x = saved.clamp(V::splat(-13.0), V::splat(13.0));
            let (square, near) = (x.mul(x), x.mul(V::splat(GELU_TANH.0)));
            let sigma = sigmoid(near.mul(square.mul_add(V::splat(GELU_TANH.1), one)));
            let rise = near.mul(square.mul_add(V::splat(3.0 * GELU_TANH.1), one));
            sigma.mul(rise.mul_add(one.sub(sigma), one))
        }
    }
}
