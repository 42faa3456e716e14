//! The series and the panel as tables: the columns of `series.parquet` and `panel.parquet`.

use gex_analysis::panel::{HypothesisPanel, Panel, PanelRow};
use gex_compute::series::{GexPoint, Measure};
use gex_ingest::table::{Column, Table};

/// The columns of `series.parquet`, one row a snapshot and positioning model.
pub fn series_table(points: &[GexPoint]) -> Table {
    let text = |read: fn(&GexPoint) -> String| {
        Column::Text(points.iter().map(|point| Some(read(point))).collect())
    };
    let mut table = Table::new()
        .with("ts", instants(points, |point| point.ts.timestamp_micros()))
        .with(
            "known_at",
            instants(points, |point| point.known_at.timestamp_micros()),
        )
        .with("underlying", text(|point| point.underlying.clone()))
        .with("positioning", text(|point| point.positioning.clone()))
        .with("spot", numbers(points, |point| Some(point.spot.get())))
        .with("contracts", counts(points, |point| point.contracts));
    for &measure in Measure::ALL {
        if measure == Measure::Flip {
            table = table
                .with("currency", text(|point| point.currency.to_string()))
                .with(
                    "session",
                    Column::Date(points.iter().map(|p| Some(p.session)).collect()),
                );
        }
        table = table.with(
            measure.column(),
            numbers(points, |point| point.measures.get(measure)),
        );
        if measure == Measure::Flip {
            table = table
                .with(
                    "flip_status",
                    text(|point| point.flip_status.word().to_owned()),
                )
                .with("flip_count", counts(points, |point| point.flip_count));
        }
    }
    table
}

fn instants<T>(rows: &[T], read: impl Fn(&T) -> i64) -> Column {
    Column::Instant(rows.iter().map(|row| Some(read(row))).collect())
}

fn numbers<T>(rows: &[T], read: impl Fn(&T) -> Option<f64>) -> Column {
    Column::F64(rows.iter().map(read).collect())
}

fn counts<T>(rows: &[T], read: impl Fn(&T) -> usize) -> Column {
    Column::I64(
        rows.iter()
            .map(|row| i64::try_from(read(row)).ok())
            .collect(),
    )
}

/// A row of the panel beside the hypothesis that it belongs to.
type Row<'a> = (&'a HypothesisPanel, &'a PanelRow);

/// The columns of `panel.parquet`, one row a hypothesis and decision.
///
/// Controls stand in columns of their own names, null where a hypothesis does not use them.
pub fn panel_table(panel: &Panel) -> Table {
    let rows: Vec<Row<'_>> = panel
        .hypotheses
        .iter()
        .flat_map(|hypothesis| hypothesis.rows.iter().map(move |row| (hypothesis, row)))
        .collect();
    let regime = |(hypothesis, row): &Row<'_>| {
        row.regime
            .and_then(|place| hypothesis.regimes.get(place))
            .map(|name| (*name).to_owned())
    };
    let window = |read: fn(&gex_analysis::outcome::WindowOutcome) -> i64| {
        Column::Instant(
            rows.iter()
                .map(|(_, row)| row.outcome.as_ref().map(read))
                .collect(),
        )
    };
    let outcome = |read: fn(&gex_analysis::outcome::WindowOutcome) -> f64| {
        numbers(&rows, |(_, row)| row.outcome.as_ref().map(read))
    };
    let mut table = Table::new()
        .with(
            "hypothesis",
            Column::Text(rows.iter().map(|(h, _)| Some(h.id.clone())).collect()),
        )
        .with("ts", instants(&rows, |(_, row)| row.ts.timestamp_micros()))
        .with(
            "known_at",
            instants(&rows, |(_, row)| row.known_at.timestamp_micros()),
        )
        .with(
            "session",
            Column::Date(rows.iter().map(|(_, row)| Some(row.session)).collect()),
        )
        .with("raw", numbers(&rows, |(_, row)| row.raw))
        .with("signal", numbers(&rows, |(_, row)| row.signal))
        .with("signal_lagged", numbers(&rows, |(_, row)| row.lagged))
        .with("regime", Column::Text(rows.iter().map(regime).collect()));
    for name in control_names(panel) {
        table = table.with(
            &name.replace('-', "_"),
            numbers(&rows, |row| control(row, &name)),
        );
    }
    table
        .with("outcome", outcome(|window| window.value))
        .with("outcome_variance", outcome(|window| window.variance))
        .with("outcome_return", outcome(|window| window.log_return))
        .with(
            "window_start",
            window(|window| window.start.timestamp_micros()),
        )
        .with("window_end", window(|window| window.end.timestamp_micros()))
        .with(
            "excluded",
            Column::Text(
                rows.iter()
                    .map(|(_, row)| row.excluded.map(|why| why.words().to_owned()))
                    .collect(),
            ),
        )
}

/// The names of all controls, in the order in which hypotheses bring them.
fn control_names(panel: &Panel) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in panel
        .hypotheses
        .iter()
        .flat_map(|hypothesis| &hypothesis.control_names)
    {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn control((hypothesis, row): &Row<'_>, name: &str) -> Option<f64> {
    let place = hypothesis
        .control_names
        .iter()
        .position(|known| known == name)?;
    row.controls.get(place).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_has_the_columns_of_the_contract() {
        let contract = "ts known_at underlying positioning spot contracts coverage net_gex \
            gross_gex call_gex put_gex balance net_dex net_vex net_chex net_vega net_theta net_rho \
            currency session flip flip_status flip_count flip_distance call_wall put_wall max_pain \
            hhi_strike hhi_expiry gex_0dte gex_7d gex_30d gex_90d gex_far atm_iv_30d skew_25d \
            term_slope vol_index_30d iv_given iv_solved iv_missing vendor_gamma_ratio";
        let table = series_table(&[]);
        let names: Vec<&str> = table
            .columns()
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(
            names.join(" "),
            contract.split_whitespace().collect::<Vec<_>>().join(" ")
        );
    }
}
