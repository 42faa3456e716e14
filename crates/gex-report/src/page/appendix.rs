//! Events, levels and strategies.

use gex_analysis::findings::{Earned, EventFinding, Findings, LevelFinding, StrategyFinding};

use super::table::{Cell, Table};
use super::verdicts::estimate_cells;
use crate::format::{interval, number, p_value, percent};

/// Events and levels.
pub(super) fn events(findings: &Findings) -> Vec<Table> {
    let mut tables = Vec::new();
    if !findings.events.is_empty() {
        tables.push(paths(&findings.events));
    }
    tables.extend(findings.levels.iter().map(level));
    tables
}

fn paths(events: &[EventFinding]) -> Table {
    let mut table = Table::new(
        "What followed events, against as many sessions without one that looked alike before.",
        &[
            "event",
            "outcome",
            "#events found",
            "#difference",
            "#interval",
            "#n\u{a0}(effective)",
            "#p",
            "#beyond its forecast",
            "#p",
        ],
    );
    table.rows = events.iter().map(path).collect();
    table.notes.push(
        "Difference: mean over the sessions after, events less sessions matched on past variance \
         and five-session return. Beyond its forecast: the same of log variance less its forecast \
         from past variance, losses and implied variance, made out of sample."
            .to_owned(),
    );
    let reasons = events.iter().filter_map(|event| {
        let reason = event.undefined.as_ref()?;
        Some(format!("{}: {reason}.", event.id))
    });
    table.notes.extend(reasons);
    table
}

fn path(event: &EventFinding) -> Vec<Cell> {
    let first_p = |estimate: &gex_analysis::findings::Estimate| {
        let p = estimate.p_values.first();
        let reason = p.map_or("not computed", |p| p.method.as_str());
        Cell::written(p.and_then(|p| p.value), reason, p_value)
    };
    let mut cells = vec![
        Cell::text(&event.id).titled(&format!("{}; {}", event.claim, event.event)),
        Cell::text(&event.outcome),
        Cell::count(event.candidates),
    ];
    cells.extend(estimate_cells(&event.difference));
    cells.push(first_p(&event.difference));
    match &event.abnormal_difference {
        Some(estimate) => cells.extend([Cell::value(estimate), first_p(estimate)]),
        None => cells.extend((0..2).map(|_| Cell::undefined("of log variance alone"))),
    }
    cells
}

fn level(found: &LevelFinding) -> Table {
    let caption = format!(
        "{}: {}, {} sessions.",
        found.id, found.level, found.sessions
    );
    let mut table = Table::new(
        &caption,
        &[
            "statistic",
            "#n",
            "#value",
            "#placebo",
            "#placebo, 95 %",
            "#p",
        ],
    );
    table.rows = found
        .rows
        .iter()
        .map(|row| {
            let reason = found.undefined.as_deref().unwrap_or("not computed");
            let band = match row.placebo_band {
                Some(bounds) => Cell {
                    text: interval(bounds, 3),
                    sort: Some(bounds.0),
                    ..Cell::default()
                },
                None => Cell::undefined("no placebo"),
            };
            vec![
                Cell::text(&row.name),
                Cell::count(row.n),
                Cell::number(row.value, 3, reason),
                Cell::number(row.placebo, 3, reason),
                band,
                Cell::written(row.p_value, reason, p_value),
            ]
        })
        .collect();
    table
        .notes
        .push(format!("{}.", found.claim.trim_end_matches('.')));
    table.notes.extend(found.undefined.clone());
    table
}

/// Strategies, an appendix.
pub(super) fn strategies(findings: &Findings) -> Vec<Table> {
    if findings.strategies.is_empty() {
        return Vec::new();
    }
    vec![earned(findings), luck(findings)]
}

fn earned(findings: &Findings) -> Table {
    let mut table = Table::new(
        "What was earned after costs, and by holding one unit all the time.",
        &[
            "strategy",
            "#Sharpe",
            "#95 %",
            "#growth a year",
            "#largest fall",
            "#95 %",
            "#turnover a year",
            "#costs",
            "#mean weight",
        ],
    );
    for found in &findings.strategies {
        table
            .rows
            .push(row(&found.id, &found.rule, &found.strategy));
        table
            .rows
            .push(row("holding", "one unit all the time", &found.hold));
    }
    table.notes = findings
        .strategies
        .iter()
        .map(|found| match &found.undefined {
            Some(reason) => format!("{}: undefined, {reason}.", found.id),
            None => format!("{}: {}.", found.id, found.rule),
        })
        .collect();
    table
}

fn row(name: &str, rule: &str, earned: &Earned) -> Vec<Cell> {
    let reason = "not computed";
    let share = |value, decimals| Cell::written(value, reason, |v| percent(v, decimals));
    let bounds = |value: Option<(f64, f64)>, scale: f64, decimals| match value {
        Some((low, high)) => Cell {
            text: interval((scale * low, scale * high), decimals),
            sort: Some(low),
            ..Cell::default()
        },
        None => Cell::undefined(reason),
    };
    vec![
        Cell::text(name).titled(rule),
        Cell::number(earned.sharpe, 2, reason),
        bounds(earned.sharpe_interval, 1.0, 2),
        share(earned.growth, 1),
        share(earned.max_drawdown, 1),
        bounds(earned.max_drawdown_interval, 100.0, 0),
        Cell::number(earned.turnover, 1, reason),
        share(earned.cost, 2),
        Cell::number(earned.exposure, 2, reason),
    ]
}

fn luck(findings: &Findings) -> Table {
    let mut table = Table::new(
        "What luck would have earned.",
        &[
            "strategy",
            "#Sharpe less holding",
            "#95 %",
            "#p",
            "#p, random timing",
            "#P(Sharpe > 0)",
            "#deflated",
            "#trials",
            "#rows needed",
            "#break-even cost, bp",
        ],
    );
    table.rows = findings.strategies.iter().map(chance).collect();
    table.notes.push(
        "Random timing: share of circular shifts of the same weights with as high a Sharpe ratio. \
         Deflated: probability that the true ratio exceeds the best of as many trials as the \
         ledger counts (Bailey and López de Prado 2014). Rows needed: to tell the ratio from zero \
         at 95 %."
            .to_owned(),
    );
    if let Some(probability) = findings.overfitting_probability {
        table.notes.push(format!(
            "Probability that the best strategy of one half of the time lies below the median in \
             the other: {} (combinatorially symmetric cross-validation, 10 blocks).",
            percent(probability, 0)
        ));
    }
    table
}

fn chance(found: &StrategyFinding) -> Vec<Cell> {
    let reason = found.undefined.as_deref().unwrap_or("not computed");
    let bounds = match found.sharpe_difference_interval {
        Some(bounds) => Cell {
            text: interval(bounds, 2),
            sort: Some(bounds.0),
            ..Cell::default()
        },
        None => Cell::undefined(reason),
    };
    let share = |value| Cell::written(value, reason, |v| percent(v, 0));
    vec![
        Cell::text(&found.id),
        Cell::number(found.sharpe_difference, 2, reason),
        bounds,
        Cell::written(found.sharpe_difference_p, reason, p_value),
        Cell::written(found.random_timing_p, reason, p_value),
        share(found.probabilistic_sharpe),
        share(found.deflated_sharpe),
        Cell::count(usize::try_from(found.trials).unwrap_or(usize::MAX)),
        Cell::written(found.minimum_track_record, reason, |v| number(v, 0)),
        Cell::number(found.break_even_cost_bp, 1, reason),
    ]
}
