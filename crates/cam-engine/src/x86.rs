//! AVX-512 and AVX2 vectors.

use std::arch::x86_64::*;

use crate::vector::Vector;

impl Vector for __m512 {
    const LANES: usize = 16;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: the caller has AVX-512F.
        unsafe { _mm512_set1_ps(x) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller has AVX-512F and lets 16 floats be read.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller has AVX-512F and lets 16 floats be written.
        unsafe { _mm512_storeu_ps(to, self) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: the caller has AVX-512F.
        unsafe { _mm512_add_ps(self, other) }
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: the caller has AVX-512F.
        unsafe { _mm512_sub_ps(self, other) }
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: the caller has AVX-512F.
        unsafe { _mm512_mul_ps(self, other) }
    }

    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        // SAFETY: the caller has AVX-512F.
        unsafe { _mm512_div_ps(self, other) }
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: the caller has AVX-512F.
        unsafe { _mm512_fmadd_ps(self, factor, addend) }
    }

    #[inline(always)]
    unsafe fn clamp(self, low: Self, high: Self) -> Self {
        // SAFETY: the caller has AVX-512F. Both give their second operand where one is a NaN.
        unsafe { _mm512_min_ps(high, _mm512_max_ps(low, self)) }
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // SAFETY: the caller has AVX-512F. The maximum is `other` where one is a NaN; what is
        // left to keep is a NaN in `self`.
        unsafe {
            let is_nan = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(self, self);
            _mm512_mask_mov_ps(_mm512_max_ps(self, other), is_nan, self)
        }
    }

    #[inline(always)]
    unsafe fn raised_to(self, other: Self) -> Self {
        // SAFETY: the caller has AVX-512F. The maximum is its second operand where one is a NaN.
        unsafe { _mm512_max_ps(other, self) }
    }

    #[inline(always)]
    unsafe fn where_between(self, x: Self, low: Self, high: Self) -> Self {
        // SAFETY: the caller has AVX-512F. Ordered comparisons are false for a NaN.
        unsafe {
            let above = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(low, x);
            let between = _mm512_mask_cmp_ps_mask::<_CMP_LT_OQ>(above, x, high);
            _mm512_maskz_mov_ps(between, self)
        }
    }

    #[inline(always)]
    unsafe fn where_above(self, other: Self, yes: Self, no: Self) -> Self {
        // SAFETY: the caller has AVX-512F. Ordered comparisons are false for a NaN.
        unsafe { _mm512_mask_mov_ps(no, _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self, other), yes) }
    }

    #[inline(always)]
    unsafe fn power_of_two(self) -> Self {
        // SAFETY: the caller has AVX-512F. The low bits become the exponent.
        unsafe {
            let exponent = _mm512_slli_epi32::<23>(_mm512_castps_si512(self));
            let one = _mm512_castps_si512(_mm512_set1_ps(1.0));
            _mm512_castsi512_ps(_mm512_add_epi32(exponent, one))
        }
    }

    #[inline(always)]
    unsafe fn permuted(from: *const f32, lanes: *const i32, shift: i32) -> Self {
        // SAFETY: the caller has AVX-512F and lets 16 floats and 16 indices be read.
        unsafe {
            let lanes = _mm512_loadu_si512(lanes.cast());
            let lanes = _mm512_add_epi32(lanes, _mm512_set1_epi32(shift));
            _mm512_permutexvar_ps(lanes, _mm512_loadu_ps(from))
        }
    }

    #[inline(always)]
    unsafe fn gathered(from: *const f32, lanes: *const i32, shift: i32) -> Self {
        // SAFETY: the caller has AVX-512F, lets 16 indices be read, and what they point to.
        unsafe {
            let lanes = _mm512_loadu_si512(lanes.cast());
            let lanes = _mm512_add_epi32(lanes, _mm512_set1_epi32(shift));
            _mm512_i32gather_ps::<4>(lanes, from)
        }
    }

    #[inline(always)]
    fn prefetch(address: *const f32) {
        // SAFETY: a prefetch is a hint that never faults; SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast()) }
    }
}

impl Vector for __m256 {
    const LANES: usize = 8;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: the caller has AVX2.
        unsafe { _mm256_set1_ps(x) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller has AVX2 and lets 8 floats be read.
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller has AVX2 and lets 8 floats be written.
        unsafe { _mm256_storeu_ps(to, self) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: the caller has AVX2.
        unsafe { _mm256_add_ps(self, other) }
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: the caller has AVX2.
        unsafe { _mm256_sub_ps(self, other) }
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: the caller has AVX2.
        unsafe { _mm256_mul_ps(self, other) }
    }

    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        // SAFETY: the caller has AVX2.
        unsafe { _mm256_div_ps(self, other) }
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: the caller has FMA.
        unsafe { _mm256_fmadd_ps(self, factor, addend) }
    }

    #[inline(always)]
    unsafe fn clamp(self, low: Self, high: Self) -> Self {
        // SAFETY: the caller has AVX2. Both give their second operand where one is a NaN.
        unsafe { _mm256_min_ps(high, _mm256_max_ps(low, self)) }
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // SAFETY: the caller has AVX2. The maximum is `other` where one is a NaN; what is left
        // to keep is a NaN in `self`.
        unsafe {
            let is_nan = _mm256_cmp_ps::<_CMP_UNORD_Q>(self, self);
            _mm256_blendv_ps(_mm256_max_ps(self, other), self, is_nan)
        }
    }

    #[inline(always)]
    unsafe fn raised_to(self, other: Self) -> Self {
        // SAFETY: the caller has AVX2. The maximum is its second operand where one is a NaN.
        unsafe { _mm256_max_ps(other, self) }
    }

    #[inline(always)]
    unsafe fn where_between(self, x: Self, low: Self, high: Self) -> Self {
        // SAFETY: the caller has AVX2. Ordered comparisons are false for a NaN.
        unsafe {
            let above = _mm256_cmp_ps::<_CMP_LT_OQ>(low, x);
            let below = _mm256_cmp_ps::<_CMP_LT_OQ>(x, high);
            _mm256_and_ps(self, _mm256_and_ps(above, below))
        }
    }

    #[inline(always)]
    unsafe fn where_above(self, other: Self, yes: Self, no: Self) -> Self {
        // SAFETY: the caller has AVX2. Ordered comparisons are false for a NaN.
        unsafe { _mm256_blendv_ps(no, yes, _mm256_cmp_ps::<_CMP_GT_OQ>(self, other)) }
    }

    #[inline(always)]
    unsafe fn power_of_two(self) -> Self {
        // SAFETY: the caller has AVX2. The low bits become the exponent.
        unsafe {
            let exponent = _mm256_slli_epi32::<23>(_mm256_castps_si256(self));
            let one = _mm256_castps_si256(_mm256_set1_ps(1.0));
            _mm256_castsi256_ps(_mm256_add_epi32(exponent, one))
        }
    }

    #[inline(always)]
    unsafe fn permuted(from: *const f32, lanes: *const i32, shift: i32) -> Self {
        // SAFETY: the caller has AVX2 and lets 8 floats and 8 indices be read.
        unsafe {
            let lanes = _mm256_loadu_si256(lanes.cast());
            let lanes = _mm256_add_epi32(lanes, _mm256_set1_epi32(shift));
            _mm256_permutevar8x32_ps(_mm256_loadu_ps(from), lanes)
        }
    }

    #[inline(always)]
    unsafe fn gathered(from: *const f32, lanes: *const i32, shift: i32) -> Self {
        // SAFETY: the caller has AVX2, lets 8 indices be read, and what they point to.
        unsafe {
            let lanes = _mm256_loadu_si256(lanes.cast());
            let lanes = _mm256_add_epi32(lanes, _mm256_set1_epi32(shift));
            _mm256_i32gather_ps::<4>(from, lanes)
        }
    }

    #[inline(always)]
    fn prefetch(address: *const f32) {
        // SAFETY: a prefetch is a hint that never faults; SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast()) }
    }
}
