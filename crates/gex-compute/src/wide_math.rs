//! Elementary and normal functions without branches, for the bodies of wide kernels.
//!
//! The scalar twins stand in [`crate::math`]. These trade their last bit for a form that the
//! compiler vectorises: series to the last digit, summed by Horner's rule with fused products.

/// Adding it to a number below 2⁵¹ leaves the nearest whole number in the low bits.
const ROUND_TO_WHOLE: f64 = 6_755_399_441_055_744.0;
/// ln 2, its high bits exact in products with any exponent, and the rest of it.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
const INV_SQRT_TWO_PI: f64 = 0.398_942_280_401_432_7;
/// Below it `e^x` is taken to be zero: the least normal double is near.
const LEAST_EXPONENT: f64 = -708.0;
const MOST_EXPONENT: f64 = 709.0;

/// `1/n!`: the exponential series, 4e-18 short at ln 2/2.
const EXP: [f64; 14] = [
    1.0,
    1.0,
    1.0 / 2.0,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5_040.0,
    1.0 / 40_320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
    1.0 / 479_001_600.0,
    1.0 / 6_227_020_800.0,
];

/// `1/(2n + 3)`: the series of `artanh s` after its first term, 1e-17 short where it ends.
const ARTANH: [f64; 10] = [
    1.0 / 3.0,
    1.0 / 5.0,
    1.0 / 7.0,
    1.0 / 9.0,
    1.0 / 11.0,
    1.0 / 13.0,
    1.0 / 15.0,
    1.0 / 17.0,
    1.0 / 19.0,
    1.0 / 21.0,
];

/// `(1 + z)·N(−z)/φ(z)` for `z ≥ 0` as a polynomial of `(z − 5)/(z + 5)`: its Chebyshev series, cut
/// off at 1e-16, from mpmath 1.4 at 50 digits.
const MILLS: [f64; 23] = [
    1.156_848_628_291_894_8,
    -0.229_487_538_252_118_4,
    0.077_781_598_868_737_69,
    0.025_072_179_302_100_36,
    -0.066_177_600_779_096_1,
    0.061_505_045_828_185_945,
    -0.038_026_592_185_841_39,
    0.016_348_231_425_036_042,
    -0.004_201_290_329_187_307,
    1.952_967_832_637_177_3e-5,
    0.000_457_043_923_579_536_55,
    -0.000_134_370_368_558_025_17,
    -2.480_583_845_192_319e-5,
    2.269_938_655_777_584_4e-5,
    -1.763_323_926_573_674_6e-7,
    -3.259_757_087_845_712_4e-6,
    3.205_431_665_258_957_4e-7,
    4.724_032_706_831_338e-7,
    -6.588_974_491_108_954e-8,
    -6.383_575_502_421_413e-8,
    9.092_476_134_019_147e-9,
    5.532_292_214_114_62e-9,
    -7.073_898_575_561_589e-10,
];

/// The polynomial with these coefficients, the constant first.
#[inline(always)]
fn polynomial<const N: usize>(x: f64, coefficients: &[f64; N]) -> f64 {
    let mut sum = coefficients[N - 1];
    for coefficient in coefficients[..N - 1].iter().rev() {
        sum = sum.mul_add(x, *coefficient);
    }
    sum
}

#[inline(always)]
pub(crate) fn at_least(x: f64, least: f64) -> f64 {
    if x < least { least } else { x }
}

#[inline(always)]
pub(crate) fn at_most(x: f64, most: f64) -> f64 {
    if most < x { most } else { x }
}

/// `e^x`: zero below −708, `e^709` above it.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    let within = at_most(at_least(x, LEAST_EXPONENT), MOST_EXPONENT);
    let rounded = within.mul_add(std::f64::consts::LOG2_E, ROUND_TO_WHOLE);
    let twos = rounded - ROUND_TO_WHOLE;
    let rest = twos.mul_add(-LN_2_LOW, twos.mul_add(-LN_2_HIGH, within));
    let scale = f64::from_bits((rounded.to_bits() << 52).wrapping_add(1_023 << 52));
    let value = polynomial(rest, &EXP) * scale;
    if x < LEAST_EXPONENT { 0.0 } else { value }
}

/// The natural logarithm of a positive normal number.
#[inline(always)]
pub(crate) fn ln(x: f64) -> f64 {
    /// The bits of √½: mantissas are taken from there to √2.
    const SQRT_HALF: u64 = 0x3FE6_A09E_667F_3BCD;
    /// 2⁵², whose low bits count in ones.
    const COUNT: u64 = 0x4330_0000_0000_0000;
    let bits = x.to_bits();
    let biased = bits
        .wrapping_sub(SQRT_HALF)
        .wrapping_add(1_024 << 52)
        .wrapping_shr(52);
    let twos = f64::from_bits(biased | COUNT) - (4_503_599_627_370_496.0 + 1_024.0);
    let mantissa = f64::from_bits(bits.wrapping_sub(biased.wrapping_sub(1_024) << 52));
    let over = mantissa - 1.0;
    let s = over / (over + 2.0);
    let z = s * s;
    // ln m = 2·artanh s, and 2s = over − s·over.
    let tail = 2.0 * z * polynomial(z, &ARTANH);
    let low = s.mul_add(tail - over, over);
    twos.mul_add(LN_2_HIGH, twos.mul_add(LN_2_LOW, low))
}

/// The standard normal density.
#[inline(always)]
pub(crate) fn norm_pdf(x: f64) -> f64 {
    INV_SQRT_TWO_PI * exp(-0.5 * x * x)
}

/// `N(−z)/φ(z)` for `z ≥ 0`.
#[inline(always)]
pub(crate) fn mills(z: f64) -> f64 {
    let t = (z - 5.0) / (z + 5.0);
    polynomial(t, &MILLS) / (z + 1.0)
}

/// The standard normal distribution, given the density at `x`.
#[inline(always)]
pub(crate) fn norm_cdf(x: f64, pdf: f64) -> f64 {
    let tail = pdf * mills(x.abs());
    if x < 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math;

    fn gap(got: f64, want: f64) -> f64 {
        ((got - want) / want).abs()
    }

    #[test]
    fn every_function_agrees_with_its_scalar_twin() {
        for i in -7_000..=7_000 {
            let x = f64::from(i) * 0.1;
            assert!(gap(exp(x), math::exp(x)) < 4e-16, "exp({x})");
            let positive = math::exp(0.01 * x) * (1.0 + 1e-9 * x);
            let error = (ln(positive) - math::ln(positive)).abs();
            assert!(
                error <= 3e-16 * math::ln(positive).abs().max(0.5),
                "ln({positive})"
            );
        }
        for i in -3_700..=3_700 {
            let x = f64::from(i) * 0.01;
            let rounding = 4e-16 * (2.0 + x * x);
            assert!(gap(norm_pdf(x), math::norm_pdf(x)) < rounding, "pdf({x})");
            assert!(
                gap(norm_cdf(x, norm_pdf(x)), math::norm_cdf(x)) < rounding,
                "cdf({x})"
            );
            assert!(
                gap(mills(x.abs()), math::mills(-x.abs())) < rounding.max(4e-15),
                "mills({x})"
            );
        }
    }

    #[test]
    fn what_is_too_small_or_too_large_stays_a_number() {
        assert_eq!(exp(-708.1).to_bits(), 0);
        assert_eq!(exp(-1e300).to_bits(), 0);
        assert!(exp(1e300).is_finite());
        assert!(exp(f64::NAN).is_nan());
        assert_eq!(
            (
                norm_cdf(-50.0, norm_pdf(-50.0)),
                norm_cdf(50.0, norm_pdf(50.0))
            ),
            (0.0, 1.0)
        );
    }
}
