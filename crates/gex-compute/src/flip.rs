//! Where the repriced book changes sign.

use crate::book::Book;
use crate::grid_sum::Profile;
use crate::moneyness::MoneynessCurve;
use crate::profile::{GammaCurve, LogGrid};
use crate::series::FlipStatus;

/// Spots that bracket the crossings.
const BRACKET_POINTS: usize = 401;
/// Spots of the common linear grid.
const LINEAR_POINTS: usize = 60;
/// Width of a refined bracket, as a share of spot.
const TOLERANCE: f64 = 1e-10;
/// A last step of Newton's shorter than this share of spot has arrived: the next one would be
/// shorter than [`TOLERANCE`].
const LAST_STEP: f64 = 1e-8;
/// Below this share of the book's height the grid's own rounding may decide a sign, so it is
/// computed anew.
const ROUNDING: f64 = 1e-10;

/// How the book is repriced and its crossings located.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlipMethod {
    /// Each strike keeps its volatility; 401 spots at equal log steps, crossings refined.
    RepriceStickyStrike,
    /// Each moneyness keeps its volatility; the same spots and refinement.
    RepriceStickyMoneyness,
    /// Each strike keeps its volatility; 60 equidistant spots with linear interpolation, as in
    /// Perfiliev (2022). Its error is that of the interpolation.
    LinearGrid60,
}

impl FlipMethod {
    /// Every method.
    pub const ALL: [Self; 3] = [
        Self::RepriceStickyStrike,
        Self::RepriceStickyMoneyness,
        Self::LinearGrid60,
    ];

    /// The name in metadata and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::RepriceStickyStrike => "reprice-sticky-strike",
            Self::RepriceStickyMoneyness => "reprice-sticky-moneyness",
            Self::LinearGrid60 => "linear-grid-60",
        }
    }
}

/// Lowest and highest spot of a search, as shares of today's spot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpotRange {
    /// The lowest.
    pub low: f64,
    /// The highest.
    pub high: f64,
}

/// A method and the spots on which it searches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlipRule {
    /// How.
    pub method: FlipMethod,
    /// Where.
    pub range: SpotRange,
}

impl FlipRule {
    /// By sticky strikes from 0.8 to 1.2 of spot.
    pub const DEFAULT: Self = Self {
        method: FlipMethod::RepriceStickyStrike,
        range: SpotRange {
            low: 0.8,
            high: 1.2,
        },
    };

    /// Finds the flips of several positioning models over one book, whose curve is `curve`.
    ///
    /// `models` holds the weights of each model, row by row.
    pub fn find(self, book: &Book, curve: &GammaCurve, models: &[Vec<f64>]) -> Vec<Flip> {
        let (spot, range) = (book.spot.get(), self.range);
        match self.method {
            FlipMethod::RepriceStickyStrike => sticky_strike_on(curve, models, range),
            FlipMethod::RepriceStickyMoneyness => {
                let curve = MoneynessCurve::new(book);
                let flip = |weights: &Vec<f64>| sticky_moneyness_on(&curve, spot, weights, range);
                models.iter().map(flip).collect()
            }
            FlipMethod::LinearGrid60 => {
                let flip = |weights: &Vec<f64>| linear_grid_60(curve, weights, range);
                models.iter().map(flip).collect()
            }
        }
    }
}

/// One zero of the repriced book.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossing {
    /// Spot at which net gamma is zero, in quote currency.
    pub level: f64,
    /// Slope of net gamma there: currency per 1 % move, per point of spot.
    pub slope: f64,
}

/// What the search for the flip found.
#[derive(Debug, Clone, PartialEq)]
pub struct Flip {
    /// How many crossings there are, or why none.
    pub status: FlipStatus,
    /// How they were found.
    pub method: FlipMethod,
    /// Every crossing in the range of the search, ascending.
    pub crossings: Vec<Crossing>,
    /// The crossing nearest to spot, the lower of two equally near.
    pub nearest: Option<f64>,
}

impl Flip {
    /// Where no flip was asked for.
    pub(crate) fn unsought(method: FlipMethod) -> Self {
        Self {
            status: FlipStatus::Degenerate,
            method,
            crossings: Vec::new(),
            nearest: None,
        }
    }
}

/// Finds the flips of several positioning models over one book by sticky strikes.
///
/// `models` holds the weights of each model, row by row. Net gamma is evaluated at 401 spots from
/// 0.8 to 1.2 of today's at equal log steps; between neighbours of opposite sign the zero is
/// refined to 1e-10 of spot with its bracket kept (Chandrupatla 1997).
pub fn sticky_strike(curve: &GammaCurve, spot: f64, models: &[Vec<f64>]) -> Vec<Flip> {
    debug_assert!(spot.total_cmp(&curve.spot()).is_eq());
    sticky_strike_on(curve, models, FlipRule::DEFAULT.range)
}

fn sticky_strike_on(curve: &GammaCurve, models: &[Vec<f64>], range: SpotRange) -> Vec<Flip> {
    let method = FlipMethod::RepriceStickyStrike;
    let grid = LogGrid::between(range.low, range.high, BRACKET_POINTS);
    let search = |weights: &Vec<f64>| match one_sign(weights) {
        Some(sign) => flip(method, Vec::new(), &[sign], curve.spot()),
        None => refined(curve, weights, &grid),
    };
    models.iter().map(search).collect()
}

/// The sign of a book whose weights share one: it changes nowhere. Zero for a book without weight.
fn one_sign(weights: &[f64]) -> Option<f64> {
    let long = weights.iter().any(|weight| 0.0 < *weight);
    let short = weights.iter().any(|weight| *weight < 0.0);
    match (long, short) {
        (true, true) => None,
        (long, short) => Some(f64::from(u8::from(long)) - f64::from(u8::from(short))),
    }
}

fn refined(curve: &GammaCurve, weights: &[f64], grid: &LogGrid) -> Flip {
    let spot = curve.spot();
    let profile = Profile::new(curve, weights, grid);
    let levels: Vec<f64> = grid.moves().iter().map(|share| share * spot).collect();
    let rounding = ROUNDING * profile.height;
    let exact = |(sum, level): (f64, &f64)| {
        if sum.abs() <= rounding {
            curve.sign(weights, *level)
        } else {
            sum
        }
    };
    let signs: Vec<f64> = profile
        .on_grid()
        .into_iter()
        .zip(&levels)
        .map(exact)
        .collect();
    let root = |(a, b): (usize, usize)| {
        let near = root_near(&profile, [grid.ln_move(a), grid.ln_move(b)]);
        let near = spot * crate::math::exp(near);
        let inside =
            |crossing: &Crossing| levels[a] <= crossing.level && crossing.level <= levels[b];
        let polished = polished(curve, weights, near).filter(inside);
        polished.unwrap_or_else(|| bracketed(curve, weights, [levels[a], levels[b]]))
    };
    let crossings = sign_changes(&signs).map(root).collect();
    flip(FlipMethod::RepriceStickyStrike, crossings, &signs, spot)
}

/// The logarithmic move at which the interpolated profile is zero.
fn root_near(profile: &Profile<'_>, ends: [f64; 2]) -> f64 {
    let at = |ln_move: f64| profile.at(ln_move);
    Bracket::of(ends, at).zero(TOLERANCE, at)
}

/// One step of Newton's with every row; `None` where it leads away.
fn polished(curve: &GammaCurve, weights: &[f64], near: f64) -> Option<Crossing> {
    let point = curve.point(weights, near);
    let step = point.net / point.slope;
    (step.abs() <= LAST_STEP * curve.spot()).then_some(Crossing {
        level: near - step,
        slope: point.slope,
    })
}

/// The zero between two spots by every row, step by step.
fn bracketed(curve: &GammaCurve, weights: &[f64], ends: [f64; 2]) -> Crossing {
    let sign = |level: f64| curve.sign(weights, level);
    let level = Bracket::of(ends, sign).zero(TOLERANCE * curve.spot(), sign);
    let slope = curve.point(weights, level).slope;
    Crossing { level, slope }
}

/// Finds the flip of one model with volatility held by moneyness instead of strike, from 0.8 to 1.2
/// of spot.
pub fn sticky_moneyness(curve: &MoneynessCurve<'_>, spot: f64, weights: &[f64]) -> Flip {
    sticky_moneyness_on(curve, spot, weights, FlipRule::DEFAULT.range)
}

fn sticky_moneyness_on(
    curve: &MoneynessCurve<'_>,
    spot: f64,
    weights: &[f64],
    range: SpotRange,
) -> Flip {
    let grid = LogGrid::between(range.low, range.high, BRACKET_POINTS);
    let levels: Vec<f64> = grid.moves().iter().map(|share| share * spot).collect();
    let net = |level: f64| curve.net(weights, level);
    let nets: Vec<f64> = levels.iter().map(|&level| net(level)).collect();
    let refine = |(a, b): (usize, usize)| {
        let level = Bracket::of([levels[a], levels[b]], net).zero(TOLERANCE * spot, net);
        let step = 1e-6 * level;
        let slope = (net(level + step) - net(level - step)) / (2.0 * step);
        Crossing { level, slope }
    };
    let crossings = sign_changes(&nets).map(refine).collect();
    flip(FlipMethod::RepriceStickyMoneyness, crossings, &nets, spot)
}

/// Finds the flip of one model on the common grid of 60 equidistant spots.
///
/// Its error is that of the linear interpolation between two of them. Perfiliev (2022) searches
/// from 0.8 to 1.2 of spot, others from 0.85 to 1.15.
pub fn linear_grid_60(curve: &GammaCurve, weights: &[f64], range: SpotRange) -> Flip {
    let spot = curve.spot();
    let grid = LogGrid::between(range.low, range.high, BRACKET_POINTS / 2);
    let profile = Profile::new(curve, weights, &grid);
    let rounding = ROUNDING * profile.height;
    let net = |share: f64| {
        let sum = profile.at(crate::math::ln(share));
        if sum.abs() <= rounding {
            curve.net(weights, spot * share)
        } else {
            share * sum
        }
    };
    let step = (range.high - range.low) / (LINEAR_POINTS - 1) as f64;
    let shares: Vec<f64> = (0..LINEAR_POINTS)
        .map(|j| range.low + step * j as f64)
        .collect();
    let nets: Vec<f64> = shares.iter().map(|&share| net(share)).collect();
    let crossings = sign_changes(&nets)
        .map(|(a, b)| {
            let (low, high) = (spot * shares[a], spot * shares[b]);
            let slope = (nets[b] - nets[a]) / (high - low);
            Crossing {
                level: low - nets[a] / slope,
                slope,
            }
        })
        .collect();
    flip(FlipMethod::LinearGrid60, crossings, &nets, spot)
}

fn flip(method: FlipMethod, crossings: Vec<Crossing>, nets: &[f64], spot: f64) -> Flip {
    let distance = |crossing: &&Crossing| (crossing.level - spot).abs();
    // Of equals `min_by` keeps the first, which is the lower.
    let nearest = crossings
        .iter()
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
        .map(|crossing| crossing.level);
    let status = match crossings.len() {
        0 if nets.iter().any(|&net| 0.0 < net) => FlipStatus::AlwaysPositive,
        0 if nets.iter().any(|&net| net < 0.0) => FlipStatus::AlwaysNegative,
        0 => FlipStatus::Degenerate,
        1 => FlipStatus::Unique,
        _ => FlipStatus::Multiple,
    };
    Flip {
        status,
        method,
        crossings,
        nearest,
    }
}

/// Pairs of points of opposite sign with nothing but zeros between them.
fn sign_changes(nets: &[f64]) -> impl Iterator<Item = (usize, usize)> {
    let mut last: Option<usize> = None;
    let signed = (0..nets.len()).filter(|&j| nets[j] != 0.0);
    signed.filter_map(move |j| {
        let before = last.replace(j)?;
        (nets[before].signum() != nets[j].signum()).then_some((before, j))
    })
}

/// Two points, each with its value, whose values have opposite signs.
struct Bracket {
    low: (f64, f64),
    high: (f64, f64),
}

impl Bracket {
    fn of([low, high]: [f64; 2], value: impl Fn(f64) -> f64) -> Self {
        Self {
            low: (low, value(low)),
            high: (high, value(high)),
        }
    }

    /// Closes in on the zero until the bracket is `tolerance` wide.
    ///
    /// Inverse quadratic interpolation where the three last points allow it, bisection elsewhere.
    /// Source: Chandrupatla (1997), Advances in Engineering Software 28(3).
    fn zero(self, tolerance: f64, value: impl Fn(f64) -> f64) -> f64 {
        let (mut a, mut b) = (self.high, self.low);
        let mut share = 0.5;
        loop {
            let x = a.0 + share * (b.0 - a.0);
            let new = (x, value(x));
            let c = if (new.1 < 0.0) == (a.1 < 0.0) {
                std::mem::replace(&mut a, new)
            } else {
                let c = std::mem::replace(&mut b, a);
                a = new;
                c
            };
            let best = if a.1.abs() < b.1.abs() { a } else { b };
            let width = (b.0 - a.0).abs();
            if best.1 == 0.0 || width <= tolerance || width.is_nan() {
                return best.0;
            }
            let edge = 0.5 * tolerance / width;
            share = next_share(a, b, c).clamp(edge, 1.0 - edge);
        }
    }
}

/// Where between `a` and `b` to look next, as a share of the way from `a`.
fn next_share(a: (f64, f64), b: (f64, f64), c: (f64, f64)) -> f64 {
    let xi = (a.0 - b.0) / (c.0 - b.0);
    let phi = (a.1 - b.1) / (c.1 - b.1);
    if phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi {
        let through_b = a.1 / (b.1 - a.1) * (c.1 / (b.1 - c.1));
        let through_c = (c.0 - a.0) / (b.0 - a.0) * (a.1 / (c.1 - a.1)) * (b.1 / (c.1 - b.1));
        through_b + through_c
    } else {
        0.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crossings(levels: &[f64]) -> Vec<Crossing> {
        let at = |&level: &f64| Crossing { level, slope: 1.0 };
        levels.iter().map(at).collect()
    }

    #[test]
    fn of_two_crossings_equally_near_the_lower_is_the_flip() {
        let method = FlipMethod::RepriceStickyStrike;
        let found = flip(method, crossings(&[90.0, 110.0, 130.0]), &[], 100.0);
        assert_eq!(found.nearest, Some(90.0));
        assert_eq!(found.status, FlipStatus::Multiple);
    }

    #[test]
    fn a_profile_without_crossings_says_which_way_it_lies() {
        let status = |nets: &[f64]| {
            let found = flip(FlipMethod::LinearGrid60, Vec::new(), nets, 100.0);
            (found.status, found.nearest)
        };
        assert_eq!(status(&[0.0, 1.0]), (FlipStatus::AlwaysPositive, None));
        assert_eq!(status(&[-1.0, 0.0]), (FlipStatus::AlwaysNegative, None));
        assert_eq!(status(&[0.0, -0.0]), (FlipStatus::Degenerate, None));
    }

    #[test]
    fn zeros_belong_to_the_change_of_sign_around_them() {
        let nets = [0.0, 1.0, 0.0, 0.0, -1.0, -2.0, 0.0, -1.0, 3.0];
        let found: Vec<_> = sign_changes(&nets).collect();
        assert_eq!(found, [(1, 4), (7, 8)]);
    }

    /// Roots known in closed form, one of them flat and one all but a step.
    #[test]
    fn a_bracket_closes_in_on_its_root() {
        let root = |value: fn(f64) -> f64, low: f64, high: f64| {
            Bracket::of([low, high], value).zero(1e-12, value)
        };
        let cases = [
            (root(|x| x * x * x - 2.0, 1.0, 2.0), 2.0_f64.cbrt()),
            (root(|x| (x - 0.3).powi(9), 0.0, 1.0), 0.3),
            (root(|x| ((x - 0.7) * 1e6).tanh(), 0.0, 1.0), 0.7),
        ];
        for (found, expected) in cases {
            assert!((found - expected).abs() < 1e-11, "{found} {expected}");
        }
    }
}
