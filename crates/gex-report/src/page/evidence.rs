//! What a referee asks of the headlines: comparisons of regimes, scrutiny, forecasts, families, underlyings.

use gex_analysis::findings::{
    Comparison, Estimate, Family, Findings, ForecastFinding, HypothesisFinding, PooledFinding,
    Role, Scrutiny,
};

use super::table::{Cell, Table};
use super::verdicts::estimate_cells;
use crate::format::{finite, interval, number, p_value, percent};
use crate::readable;

/// Tests of the lowest regime against the highest, of the primaries.
pub(super) fn comparisons(findings: &Findings) -> Vec<Table> {
    let rows: Vec<(&HypothesisFinding, &Comparison)> = primaries(findings)
        .flat_map(|found| found.comparisons.iter().map(move |row| (found, row)))
        .collect();
    if rows.is_empty() {
        Vec::new()
    } else {
        vec![comparison(&rows)]
    }
}

fn primaries(findings: &Findings) -> impl Iterator<Item = &HypothesisFinding> {
    findings
        .hypotheses
        .iter()
        .filter(|found| found.role == Role::Primary)
}

fn comparison(rows: &[(&HypothesisFinding, &Comparison)]) -> Table {
    let headings = [
        "hypothesis",
        "statistic",
        "#value",
        "#p, shift",
        "#p, bootstrap",
        "#(p, i.i.d.)",
    ];
    let mut table = Table::new("Lowest regime against highest, four ways.", &headings);
    let p = |value, method: &str| {
        let cell = Cell::written(value, method, p_value);
        if cell.title.is_empty() {
            cell.titled(method)
        } else {
            cell
        }
    };
    table.rows = rows
        .iter()
        .map(|(found, row)| {
            let mut naive = p(row.independent.value, &row.independent.method);
            naive.text = format!("({})", naive.text);
            vec![
                Cell::text(readable::name(found)),
                Cell::text(&row.name).titled(&row.unit),
                Cell::number(row.statistic, 3, "not computed"),
                p(row.shift.value, &row.shift.method),
                p(row.bootstrap.value, &row.bootstrap.method),
                naive.class("muted"),
            ]
        })
        .collect();
    table.notes.push(
        "Mean: difference of means. Rank: chance that a row of the lowest exceeds one of the \
         highest, less one half. Spread: difference of mean deviations from the median. \
         Distribution: largest distance between distribution functions. Grey and in brackets: \
         Welch, Mann-Whitney, Brown-Forsythe and Kolmogorov-Smirnov, which take rows as \
         independent and reject a true null in two samples of three; never to be quoted."
            .to_owned(),
    );
    table
}

/// Variants and diagnostics, one pair of tables a hypothesis.
pub(super) fn scrutinies(findings: &Findings) -> Vec<Table> {
    primaries(findings)
        .filter_map(|found| Some((found, found.scrutiny.as_ref()?)))
        .flat_map(|(found, scrutiny)| {
            let dynamics = (!scrutiny.dynamics.is_empty()).then(|| dynamics(found, scrutiny));
            let tables = [
                Some(variants(found, scrutiny)),
                Some(diagnostics(found, scrutiny)),
                dynamics,
            ];
            tables.into_iter().flatten()
        })
        .collect()
}

fn variants(found: &HypothesisFinding, scrutiny: &Scrutiny) -> Table {
    let caption = format!(
        "{}: the headline with one thing changed.",
        readable::name(found)
    );
    let mut table = Table::new(
        &caption,
        &[
            "changed",
            "to",
            "#effect",
            "#interval",
            "#n\u{a0}(effective)",
            "#p, EWC",
        ],
    );
    table.rows = scrutiny
        .variants
        .iter()
        .map(|variant| {
            let mut cells = vec![
                Cell::text(variant.group.replace('-', " ")),
                Cell::text(&variant.name),
            ];
            cells.extend(estimate_cells(&variant.estimate));
            cells.push(first_p(&variant.estimate));
            cells
        })
        .collect();
    table
}

fn first_p(estimate: &Estimate) -> Cell {
    let first = estimate.p_values.first();
    let reason = estimate.undefined.as_deref().unwrap_or("not computed");
    let cell = Cell::written(first.and_then(|p| p.value), reason, p_value);
    match first {
        Some(p) if cell.title.is_empty() => cell.titled(&p.method),
        _ => cell,
    }
}

fn diagnostics(found: &HypothesisFinding, scrutiny: &Scrutiny) -> Table {
    let caption = format!("{}: may the regression be believed?", readable::name(found));
    let mut table = Table::new(&caption, &["diagnostic", "#value", "#p", "what it says"]);
    table.rows = scrutiny
        .diagnostics
        .iter()
        .map(|row| {
            vec![
                Cell::text(row.name.replace('-', " ")),
                Cell::number(row.value, 3, &row.text),
                Cell::written(row.p_value, "not a test", p_value),
                Cell::text(&row.text),
            ]
        })
        .collect();
    table
}

fn dynamics(found: &HypothesisFinding, scrutiny: &Scrutiny) -> Table {
    let caption = format!(
        "{}: returns after returns, by regime. Dealers who hedge against a move leave reversal \
         (negative), dealers who chase it leave momentum.",
        readable::name(found)
    );
    let mut table = Table::new(
        &caption,
        &[
            "what",
            "#value",
            "#interval",
            "#n\u{a0}(effective)",
            "#p, EWC",
        ],
    );
    table.rows = scrutiny
        .dynamics
        .iter()
        .map(|row| {
            let mut cells = vec![Cell::text(row.name.replace('-', " ")).titled(&row.estimate.unit)];
            cells.extend(estimate_cells(&row.estimate));
            cells.push(first_p(&row.estimate));
            cells
        })
        .collect();
    table
}

/// Forecasts out of sample, one table a hypothesis.
pub(super) fn forecasts(findings: &Findings) -> Vec<Table> {
    primaries(findings)
        .filter_map(|found| Some(forecast(found, found.forecast.as_ref()?)))
        .collect()
}

fn forecast(found: &HypothesisFinding, forecast: &ForecastFinding) -> Table {
    let caption = format!(
        "{}: {} forecasts out of sample from {} on.",
        readable::name(found),
        forecast.n,
        forecast.first_session
    );
    let headings = [
        "model",
        "#QLIKE",
        "#squared error of logs",
        "#p, confidence set",
        "#filtered",
    ];
    let mut table = Table::new(&caption, &headings);
    table.rows = forecast
        .models
        .iter()
        .map(|model| {
            vec![
                Cell::text(&model.name),
                Cell::number(model.qlike, 4, "not computed"),
                Cell::number(model.mse_log, 4, "not computed"),
                Cell::written(model.mcs_p, "not computed", p_value),
                Cell::count(model.filtered),
            ]
        })
        .collect();
    table
        .notes
        .push(format!("Training: {}.", forecast.training));
    if let Some(contest) = &forecast.contest {
        let known = |value: Option<f64>, write: &dyn Fn(f64) -> String| {
            finite(value).map_or_else(|| "undefined".to_owned(), write)
        };
        table.notes.push(format!(
            "{} against {}: R² out of sample {} (rolling 750 rows: {}); Clark-West p {}, \
             Diebold-Mariano p on QLIKE {}.",
            contest.model,
            contest.benchmark,
            known(contest.r2_out_of_sample, &|v| percent(v, 1)),
            known(contest.r2_rolling, &|v| percent(v, 1)),
            known(contest.clark_west_p, &p_value),
            known(contest.diebold_mariano_p, &p_value),
        ));
        if let Some([a, b, r2, p]) = contest.mincer_zarnowitz {
            table.notes.push(format!(
                "Mincer-Zarnowitz: outcome = {} + {} forecast, R² {}; p of an unbiased forecast {}.",
                number(a, 2),
                number(b, 2),
                number(r2, 2),
                p_value(p)
            ));
        }
    }
    table.notes.push(
        "QLIKE: a/f − ln(a/f) − 1. Filtered: forecasts outside their training range, replaced by \
         its mean. A model is in the confidence set at 10 % if its p is above 0.1."
            .to_owned(),
    );
    table.notes.extend(forecast.undefined.clone());
    table
}

/// Families, one table each.
pub(super) fn families(findings: &Findings) -> Vec<Table> {
    findings.families.iter().map(family).collect()
}

fn family(family: &Family) -> Table {
    let caption = format!(
        "The {} family on {} common rows: effects of one standard deviation, and p-values by what \
         they are adjusted for.",
        family.name, family.common_rows
    );
    let headings = [
        "hypothesis",
        "#effect",
        "#interval",
        "#p",
        "#Holm",
        "#BH",
        "#BY",
        "#Romano-Wolf",
        "#joint shift",
        "#p, confidence set",
    ];
    let mut table = Table::new(&caption, &headings);
    table.rows = family
        .members
        .iter()
        .map(|member| {
            let p = |value| Cell::written(value, "not computed", p_value);
            let bounds = match member.interval {
                Some(bounds) => Cell {
                    text: interval((100.0 * bounds.0, 100.0 * bounds.1), 1),
                    sort: Some(bounds.0),
                    ..Cell::default()
                },
                None => Cell::undefined("not estimated on the common rows"),
            };
            vec![
                Cell::text(&member.id),
                Cell::written(member.effect, "not estimated", |v| percent(v, 1)),
                bounds,
                p(member.p),
                p(member.holm),
                p(member.benjamini_hochberg),
                p(member.benjamini_yekutieli),
                p(member.romano_wolf),
                p(member.westfall_young),
                p(member.mcs_p),
            ]
        })
        .collect();
    table.notes = family_notes(family);
    table
}

fn family_notes(family: &Family) -> Vec<String> {
    let mut notes = vec![format!(
        "p: on each hypothesis's own rows. Holm holds the family-wise error, BH and BY the share of \
         false discoveries (BY under any dependence). Romano-Wolf and the confidence set compare \
         QLIKE out of sample ({} rows) with the controls alone, {} draws. Joint shift \
         (Westfall-Young): liberal, shown and not relied on.",
        family.forecast_rows, family.draws
    )];
    if let Some(p) = finite(family.superior_ability_p) {
        notes.push(format!(
            "Superior predictive ability (Hansen 2005, studentised): p {} that no member beats its \
             controls.",
            p_value(p)
        ));
    }
    if let Some(share) = finite(family.same_sign) {
        notes.push(format!(
            "{} of the effects have the sign of their median.",
            percent(share, 0)
        ));
    }
    notes.extend(family.undefined.clone());
    notes
}

/// Hypotheses on several underlyings.
pub(super) fn pooled(findings: &Findings) -> Vec<Table> {
    findings.pooled.iter().map(underlyings).collect()
}

fn underlyings(found: &PooledFinding) -> Table {
    let caption = format!("{}: underlyings side by side.", found.id);
    let headings = [
        "data",
        "underlying",
        "calendar",
        "sessions",
        "#effect",
        "#interval",
        "#n\u{a0}(effective)",
        "#p",
        "#detectable",
    ];
    let mut table = Table::new(&caption, &headings);
    let detectable = |estimate: &Estimate| Cell::number(estimate.mde80, 1, "not estimated");
    table.rows = found
        .underlyings
        .iter()
        .map(|row| {
            let span = row.sessions.as_ref();
            let span = span.map_or_else(String::new, |(from, to)| format!("{from} to {to}"));
            let mut cells = vec![
                Cell::text(&row.id),
                Cell::text(&row.underlying),
                Cell::text(&row.calendar),
                Cell::text(span),
            ];
            cells.extend(estimate_cells(&row.estimate));
            cells.extend([first_p(&row.estimate), detectable(&row.estimate)]);
            cells
        })
        .collect();
    if let Some(panel) = &found.panel {
        let mut cells = vec![Cell::text("panel").class("strong")];
        cells.extend((0..3).map(|_| Cell::text("")));
        cells.extend(estimate_cells(panel));
        cells.extend([first_p(panel), detectable(panel)]);
        table.rows.push(cells);
        table.notes.push(format!("Panel: {}.", panel.method));
    }
    table
}
