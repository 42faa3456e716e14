//! The findings as tidy tables: one row an estimate, for other tools.

use gex_analysis::findings::{Estimate, Findings, HypothesisFinding};
use gex_ingest::table::{Column, Table};

/// Tables by name.
pub fn tables(findings: &Findings) -> Vec<(&'static str, Table)> {
    vec![
        ("verdicts", verdicts(&findings.hypotheses)),
        ("estimates", estimates(&findings.hypotheses)),
        ("regimes", regimes(&findings.hypotheses)),
        ("quality", quality(findings)),
    ]
}

fn text<T>(rows: &[T], read: impl Fn(&T) -> String) -> Column {
    Column::Text(rows.iter().map(|row| Some(read(row))).collect())
}

fn number<T>(rows: &[T], read: impl Fn(&T) -> Option<f64>) -> Column {
    Column::F64(rows.iter().map(read).collect())
}

fn count<T>(rows: &[T], read: impl Fn(&T) -> usize) -> Column {
    Column::I64(
        rows.iter()
            .map(|row| i64::try_from(read(row)).ok())
            .collect(),
    )
}

fn verdicts(found: &[HypothesisFinding]) -> Table {
    Table::new()
        .with("hypothesis", text(found, |f| f.id.clone()))
        .with(
            "verdict",
            text(found, |f| f.verdict.word.words().to_owned()),
        )
        .with("holm_p", number(found, |f| f.verdict.holm_p))
        .with("shift_p", number(found, |f| f.verdict.shift_p))
        .with("mde80", number(found, |f| f.verdict.mde80))
        .with(
            "smallest_effect",
            number(found, |f| Some(f.verdict.smallest_effect)),
        )
        .with("reasons", text(found, |f| f.verdict.reasons.join(" ")))
}

/// One estimate of one rung of one hypothesis.
struct Row<'a> {
    hypothesis: &'a str,
    rung: &'a str,
    form: &'static str,
    estimate: &'a Estimate,
}

fn estimates(found: &[HypothesisFinding]) -> Table {
    let rows: Vec<Row<'_>> = found
        .iter()
        .flat_map(|finding| finding.ladder.iter().map(move |rung| (finding, rung)))
        .flat_map(|(finding, rung)| {
            let row = |form, estimate| Row {
                hypothesis: &finding.id,
                rung: &rung.name,
                form,
                estimate,
            };
            [row("level", &rung.level), row("regime", &rung.regime)]
        })
        .collect();
    let first_p = |row: &Row<'_>| row.estimate.p_values.first().and_then(|p| p.value);
    Table::new()
        .with("hypothesis", text(&rows, |r| r.hypothesis.to_owned()))
        .with("rung", text(&rows, |r| r.rung.to_owned()))
        .with("form", text(&rows, |r| r.form.to_owned()))
        .with("estimate", number(&rows, |r| r.estimate.value))
        .with("unit", text(&rows, |r| r.estimate.unit.clone()))
        .with("se", number(&rows, |r| r.estimate.std_error))
        .with(
            "lo",
            number(&rows, |r| r.estimate.interval.map(|(low, _)| low)),
        )
        .with(
            "hi",
            number(&rows, |r| r.estimate.interval.map(|(_, high)| high)),
        )
        .with("level", number(&rows, |r| Some(r.estimate.level)))
        .with("n", count(&rows, |r| r.estimate.n))
        .with("n_eff", number(&rows, |r| r.estimate.n_effective))
        .with("p", number(&rows, first_p))
        .with("mde80", number(&rows, |r| r.estimate.mde80))
        .with("method", text(&rows, |r| r.estimate.method.clone()))
        .with(
            "undefined",
            text(&rows, |r| r.estimate.undefined.clone().unwrap_or_default()),
        )
}

fn regimes(found: &[HypothesisFinding]) -> Table {
    let rows: Vec<_> = found
        .iter()
        .flat_map(|finding| finding.conditional.iter().map(move |row| (finding, row)))
        .collect();
    Table::new()
        .with("hypothesis", text(&rows, |(f, _)| f.id.clone()))
        .with("regime", text(&rows, |(_, r)| r.regime.clone()))
        .with("n", count(&rows, |(_, r)| r.n))
        .with("spells", count(&rows, |(_, r)| r.spells))
        .with("n_eff", number(&rows, |(_, r)| r.n_effective))
        .with("mean", number(&rows, |(_, r)| r.moments.mean))
        .with("median", number(&rows, |(_, r)| r.moments.median))
        .with("sd", number(&rows, |(_, r)| r.moments.sd))
        .with("skew", number(&rows, |(_, r)| r.moments.skew))
        .with(
            "excess_kurtosis",
            number(&rows, |(_, r)| r.moments.excess_kurtosis),
        )
        .with(
            "volatility_pct",
            number(&rows, |(_, r)| r.volatility.as_ref().and_then(|v| v.value)),
        )
        .with("mean_return_bp", number(&rows, |(_, r)| r.mean_return_bp))
        .with("hit", number(&rows, |(_, r)| r.hit))
        .with(
            "gate",
            text(&rows, |(_, r)| r.gate.clone().unwrap_or_default()),
        )
}

fn quality(findings: &Findings) -> Table {
    let rules = &findings.quality.rules;
    Table::new()
        .with("rule", text(rules, |r| r.rule.clone()))
        .with("action", text(rules, |r| r.action.clone()))
        .with(
            "count",
            Column::I64(rules.iter().map(|r| i64::try_from(r.count).ok()).collect()),
        )
        .with("text", text(rules, |r| r.text.clone()))
}
