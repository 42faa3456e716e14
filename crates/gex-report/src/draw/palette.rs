//! Colours by role. A drawing names roles only; the page's style sheet gives them their colours.

use plotters_backend::BackendColor;

/// What a mark means. Sign is never shown by colour alone: position, dash or label says it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// The paper.
    Paper,
    /// Text and the main line.
    Ink,
    /// Secondary text.
    Muted,
    /// Grid lines.
    Grid,
    /// Axes and zero lines.
    Axis,
    /// Positive gamma, calls, supported.
    Positive,
    /// Negative gamma, puts.
    Negative,
    /// The flip.
    Flip,
    /// Spot markers and realized volatility.
    Accent,
    /// Alternate rows.
    Stripe,
}

impl Role {
    /// Every role, in the order of its number.
    pub(crate) const ALL: [Self; 10] = [
        Self::Paper,
        Self::Ink,
        Self::Muted,
        Self::Grid,
        Self::Axis,
        Self::Positive,
        Self::Negative,
        Self::Flip,
        Self::Accent,
        Self::Stripe,
    ];

    /// Number in class names: `f5` fills and `s5` strokes with role 5.
    pub(crate) fn number(self) -> u8 {
        self as u8
    }

    /// The role as plotters' colour, which the SVG backend turns back into a class.
    pub(crate) fn color(self, alpha: f64) -> BackendColor {
        BackendColor {
            alpha,
            rgb: (ROLE_MARK, 0, self.number()),
        }
    }

    /// Colour on white paper, as `#rrggbb`.
    pub(crate) fn light(self) -> &'static str {
        match self {
            Self::Paper => "#ffffff",
            Self::Ink => "#181e2a",
            Self::Muted => "#586273",
            Self::Grid => "#e6e9ee",
            Self::Axis => "#8d96a5",
            Self::Positive => "#0068b2",
            Self::Negative => "#b84a00",
            Self::Flip => "#962896",
            Self::Accent => "#007a62",
            Self::Stripe => "#f4f6f9",
        }
    }

    /// Colour on dark paper, as `#rrggbb`.
    pub(crate) fn dark(self) -> &'static str {
        match self {
            Self::Paper => "#0f131a",
            Self::Ink => "#e8ecf2",
            Self::Muted => "#9ba6b8",
            Self::Grid => "#252c38",
            Self::Axis => "#66728a",
            Self::Positive => "#56acf6",
            Self::Negative => "#fa9242",
            Self::Flip => "#e082e2",
            Self::Accent => "#50cdaa",
            Self::Stripe => "#171d27",
        }
    }
}

/// Red channel that marks a colour as a role.
pub(crate) const ROLE_MARK: u8 = 1;

/// Writes something for each role, in the order of their numbers.
fn for_each_role(write: impl Fn(Role) -> String) -> String {
    let mut out = String::new();
    for role in Role::ALL {
        out.push_str(&write(role));
    }
    out
}

/// Style sheet of a drawing that stands alone: every role in its light colour.
pub(crate) fn standalone_css() -> String {
    for_each_role(|role| {
        let (number, color) = (role.number(), role.light());
        format!(".f{number}{{fill:{color}}}.s{number}{{stroke:{color}}}")
    })
}

/// Custom properties of one theme: `--c0:#ffffff;--c1:…`.
pub(crate) fn custom_properties(color: impl Fn(Role) -> &'static str) -> String {
    for_each_role(|role| format!("--c{}:{};", role.number(), color(role)))
}

/// Classes that read the custom properties.
pub(crate) fn themed_css() -> String {
    for_each_role(|role| {
        let number = role.number();
        format!(".f{number}{{fill:var(--c{number})}}.s{number}{{stroke:var(--c{number})}}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance of WCAG 2.2.
    fn luminance(hex: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn contrast_of_black_on_white_is_21_as_wcag_says() {
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
    }

    #[test]
    fn text_roles_reach_4_5_on_paper_and_stripe_in_both_themes() {
        use Role::{Accent, Flip, Ink, Muted, Negative, Positive};
        for role in [Ink, Muted, Positive, Negative, Flip, Accent] {
            for ground in [Role::Paper, Role::Stripe] {
                let light = contrast(role.light(), ground.light());
                let dark = contrast(role.dark(), ground.dark());
                assert!(light >= 4.5, "{role:?} on light {ground:?}: {light}");
                assert!(dark >= 4.5, "{role:?} on dark {ground:?}: {dark}");
            }
        }
    }

    #[test]
    fn numbers_are_positions_in_all() {
        for (index, role) in Role::ALL.iter().enumerate() {
            assert_eq!(usize::from(role.number()), index);
        }
    }
}
