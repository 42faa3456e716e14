//! The one set of elementary and normal functions.
//!
//! Every formula of the workspace takes exp, ln and erfc from here. They come from `libm`, which is
//! Rust alone, so that the same input gives the same bytes on every x86-64 machine, whatever its C
//! library.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// `1 / √(2π)`, the normal density at zero.
const INV_SQRT_TWO_PI: f64 = 0.398_942_280_401_432_7;

/// From here on the Mills ratio is taken from its continued fraction; below it, the product of
/// exp and erfc loses less than two digits.
const MILLS_FRACTION_FROM: f64 = 5.0;

/// Terms of the fraction: at 5, where it converges slowest, the rest is 1e-19 of it.
const MILLS_FRACTION_TERMS: u32 = 32;

/// Returns `e^x`.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// Returns the natural logarithm of `x`.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// Returns `√x`, correctly rounded.
pub fn sqrt(x: f64) -> f64 {
    x.sqrt()
}

/// Returns the complementary error function, with full relative accuracy in its tail.
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// Returns `ln(a / b)` for positive `a` and `b`, accurate where the two are close.
///
/// The logarithm of a rounded quotient near one keeps its absolute accuracy only; a difference of
/// neighbours is exact (Sterbenz), so that `ln(1 + (a − b)/b)` keeps the relative one.
///
/// ```
/// use gex_compute::math::ln_ratio;
///
/// assert_eq!(ln_ratio(1.0 + 2.0_f64.powi(-40), 1.0), 2.0_f64.powi(-40) - 2.0_f64.powi(-81));
/// ```
pub fn ln_ratio(a: f64, b: f64) -> f64 {
    if 0.5 * b < a && a < 2.0 * b {
        libm::log1p((a - b) / b)
    } else {
        ln(a / b)
    }
}

/// Returns the standard normal density `φ(x) = e^(−x²/2) / √(2π)`.
///
/// ```
/// assert!((gex_compute::math::norm_pdf(1.0) - 0.241_970_724_519_143_35).abs() < 1e-16);
/// ```
pub fn norm_pdf(x: f64) -> f64 {
    INV_SQRT_TWO_PI * exp(-0.5 * x * x)
}

/// Returns the standard normal distribution `N(x) = erfc(−x/√2) / 2`, accurate to the last
/// positive number of the left tail.
///
/// ```
/// assert!((gex_compute::math::norm_cdf(1.0) - 0.841_344_746_068_542_9).abs() < 2e-16);
/// ```
pub fn norm_cdf(x: f64) -> f64 {
    0.5 * erfc(-x * FRAC_1_SQRT_2)
}

/// Returns the Mills ratio of the left tail, `N(x) / φ(x)`.
///
/// It tells two tail probabilities apart long after both have lost the digits in which they differ.
/// For `x ≤ −5` it is the continued fraction of Laplace, `1/(z + 1/(z + 2/(z + 3/(z + …))))` with
/// `z = −x`; above, the quotient itself. It exceeds the largest double from `x = 38` on.
pub fn mills(x: f64) -> f64 {
    if -MILLS_FRACTION_FROM < x {
        return norm_cdf(x) / norm_pdf(x);
    }
    let z = -x;
    let denominator = (1..=MILLS_FRACTION_TERMS)
        .rev()
        .fold(z, |tail, n| z + f64::from(n) / tail);
    denominator.recip()
}

/// Returns the `x` at which `N(x) = p`; `None` unless `0 < p < 1`.
///
/// Halley's steps on `ln N` from the rational start of Hastings (Abramowitz and Stegun 1964,
/// 26.2.23), whose error of 4.5e-4 they cube twice. The right tail mirrors the left, so that its
/// accuracy is that of `1 − p`.
///
/// ```
/// let z = gex_compute::math::norm_quantile(0.975).unwrap_or_default();
/// assert!((z - 1.959_963_984_540_054).abs() < 1e-14);
/// ```
pub fn norm_quantile(p: f64) -> Option<f64> {
    if !(0.0 < p && p < 1.0) {
        return None;
    }
    if 0.5 < p {
        return Some(-left_quantile(1.0 - p));
    }
    Some(left_quantile(p))
}

fn left_quantile(p: f64) -> f64 {
    let t = sqrt(-2.0 * ln(p));
    let numerator = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let denominator = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let start = numerator / denominator - t;
    (0..3).fold(start, |x, _| {
        // With f = ln(N/p) and m = N/φ: f' = 1/m and f''/f' = −x − 1/m.
        let m = mills(x);
        let newton = m * (ln_ratio(norm_cdf(x), p));
        x - newton / (1.0 - 0.5 * newton * (-x - m.recip()))
    })
}

/// Returns `√(2π)`.
pub(crate) fn sqrt_two_pi() -> f64 {
    sqrt(2.0 * PI)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `x`, `N(x)`, `φ(x)` and `N(x)/φ(x)` by mpmath 1.4.1 at 60 digits.
    const NORMAL: [(f64, f64, f64, f64); 6] = [
        (
            -37.0,
            5.725_571_222_524_577e-300,
            2.120_006_551_524_605_6e-298,
            0.027_007_327_965_128_336,
        ),
        (
            -10.0,
            7.619_853_024_160_526e-24,
            7.694_598_626_706_42e-23,
            0.099_028_596_471_731_92,
        ),
        (
            -5.0,
            2.866_515_718_791_939e-7,
            1.486_719_514_734_297_7e-6,
            0.192_808_104_715_315_76,
        ),
        (
            -1.5,
            0.066_807_201_268_858_07,
            0.129_517_595_665_891_73,
            0.515_815_638_217_963_4,
        ),
        (0.0, 0.5, 0.398_942_280_401_432_7, 1.253_314_137_315_500_3),
        (
            2.0,
            0.977_249_868_051_820_8,
            0.053_990_966_513_188_05,
            18.100_247_711_126_15,
        ),
    ];

    fn relative_gap(got: f64, want: f64) -> f64 {
        ((got - want) / want).abs()
    }

    #[test]
    fn the_normal_functions_match_mpmath_deep_into_the_tail() {
        for (x, cdf, pdf, ratio) in NORMAL {
            let rounding = 2e-16 * (2.0 + x * x);
            assert!(relative_gap(norm_cdf(x), cdf) < rounding, "cdf({x})");
            assert!(relative_gap(norm_pdf(x), pdf) < rounding, "pdf({x})");
            assert!(relative_gap(mills(x), ratio) < 4e-15, "mills({x})");
        }
    }

    /// Quantiles of the doubles given, by mpmath 1.4.1 at 60 digits.
    #[test]
    fn the_quantile_matches_mpmath() {
        for (p, want) in [
            (1e-300, -37.047_096_299_361_2),
            (1e-10, -6.361_340_902_404_056),
            (0.025, -1.959_963_984_540_054_2),
            (0.3, -0.524_400_512_708_040_8),
        ] {
            let got = norm_quantile(p).unwrap();
            assert!(relative_gap(got, want) < 1e-15, "{p}: {got}");
        }
        assert!(norm_quantile(0.5).unwrap().abs() < 1e-16);
        for outside in [0.0, 1.0, -0.1, f64::NAN] {
            assert_eq!(norm_quantile(outside), None);
        }
    }

    #[test]
    fn the_two_branches_of_the_mills_ratio_meet() {
        let below = mills(-MILLS_FRACTION_FROM);
        let above = mills(-MILLS_FRACTION_FROM + 1e-14);
        assert!(relative_gap(below, above) < 5e-15);
    }
}
