//! `gex calibrate`: how often the test rejects what is not there, and finds what is.

use std::fs;

use gex_analysis::placebo::{PlaceboRate, placebo_rates};
use gex_ingest::table::{Column, Table};
use serde_json::json;

use crate::args::CalibrateArgs;
use crate::calibrate_file::{is_about_worlds, parse};
use crate::calibration::{CellResult, HorizonResult, Share, calibrate as over_worlds, in_order};
use crate::console::Console;
use crate::diagnostic::Style;
use crate::exit::Failure;
use crate::open_study::open_study_with;
use crate::proofs::{Placebos, Proof};
use crate::run::prepare;
use crate::text_table::{Side, lay_out};

/// Calibrates a study on its own data, or the tests over worlds.
///
/// # Errors
///
/// A usage failure for the file, a data failure for a study's inputs.
pub fn calibrate(args: &CalibrateArgs, console: Console) -> Result<(), Failure> {
    let text = fs::read_to_string(&args.file).map_err(|error| {
        let shown = args.file.display();
        Failure::usage(anyhow::anyhow!("cannot read {shown}: {error}"))
    })?;
    if is_about_worlds(&text) {
        return of_worlds(args, &text, console);
    }
    of_study(args, console)
}

fn of_study(args: &CalibrateArgs, console: Console) -> Result<(), Failure> {
    let study = open_study_with(&args.file, &args.settings)?;
    let prepared = prepare(&study, &args.out, console)?;
    let found = placebo_rates(&study.plan.study, &prepared.inputs(), args.placebos);
    let found = found.map_err(Failure::data)?;
    console.stage("Calibrated", &format!("{} hypotheses", found.len()));
    let mut proofs = prepared.proofs();
    proofs.calibration = Some(Proof {
        schema: "gexlab/calibration/1".to_owned(),
        signature: prepared.signature(),
        found: Placebos {
            placebos: found.clone(),
        },
        text: None,
    });
    let finished = prepared.finish(&proofs, console)?;
    let place = finished.folder.join("calibration.json");
    let text = format!("{}calibration  {}\n", told(&found), place.display());
    let value = json!({ "file": place, "placebos": found });
    console.answer(&text, "gexlab/calibrated/1", value)?;
    Ok(())
}

fn told(found: &[PlaceboRate]) -> String {
    let header = [
        ("placebos", Side::Right),
        ("rejected", Side::Right),
        ("error", Side::Right),
        ("hypothesis", Side::Left),
    ];
    let percent =
        |share: Option<f64>| share.map_or("–".to_owned(), |s| format!("{:.1} %", 100.0 * s));
    let row = |rate: &PlaceboRate| {
        let why = rate.undefined.as_ref().map(|why| format!(": {why}"));
        vec![
            rate.placebos.to_string(),
            percent(rate.rate),
            percent(rate.error),
            format!("{}{}", rate.hypothesis, why.unwrap_or_default()),
        ]
    };
    let rows: Vec<_> = found.iter().map(row).collect();
    let mut text = lay_out(&header, &rows);
    text.push_str("placebos of the study's own signal that a 5 % test rejects\n");
    text
}

fn of_worlds(args: &CalibrateArgs, text: &str, console: Console) -> Result<(), Failure> {
    let style = Style::of_stderr();
    let shown = args.file.display().to_string();
    let plan = parse(text).map_err(|faults| Failure::shown(&faults, text, &shown, style))?;
    let results = over_worlds(&plan, &args.out.join("cells"), console)?;
    let place = args.out.join("calibration.csv");
    fs::write(&place, csv(&results))?;
    let text = format!(
        "{}calibration  {}\n",
        worlds_told(&results),
        place.display()
    );
    let value = json!({ "file": place, "worlds": results });
    console.answer(&text, "gexlab/worlds/1", value)?;
    Ok(())
}

fn worlds_told(results: &[CellResult]) -> String {
    let header = [
        ("world", Side::Left),
        ("T", Side::Right),
        ("horizon", Side::Left),
        ("alone", Side::Right),
        ("+ past", Side::Right),
        ("+ implied", Side::Right),
        ("shift", Side::Right),
        ("supported", Side::Right),
    ];
    let percent = |share: Share| format!("{:.1}±{:.1}", 100.0 * share.share, 100.0 * share.error);
    let mut rows = Vec::new();
    for cell in results {
        let world = name(cell);
        for result in &cell.horizons {
            rows.push(vec![
                world.clone(),
                cell.sessions.to_string(),
                result.horizon.clone(),
                percent(result.alone),
                result.beyond_past.map_or("–".to_owned(), percent),
                percent(result.ewc),
                percent(result.shift),
                percent(result.verdicts[0]),
            ]);
        }
    }
    let mut text = lay_out(&header, &rows);
    for cell in results {
        let told = format!(
            "family of {} in {} at T = {}: {} %\n",
            cell.horizons.len(),
            name(cell),
            cell.sessions,
            percent(cell.family)
        );
        text.push_str(&told);
    }
    for pair in results.windows(2) {
        let (weaker, stronger) = (&pair[0], &pair[1]);
        let comparable = weaker.world == stronger.world
            && weaker.sessions == stronger.sessions
            && weaker.effect < stronger.effect;
        if let (true, Some(a), Some(b)) = (
            comparable,
            weaker.horizons.first(),
            stronger.horizons.first(),
        ) {
            let share = percent(in_order(a, b));
            let told = format!(
                "stronger in {} than in {}: {share} %\n",
                name(stronger),
                name(weaker)
            );
            text.push_str(&told);
        }
    }
    text.push_str(
        "% of simulations in which a 5 % test rejects: size in n0, n0r, n1, power elsewhere\n",
    );
    text
}

fn name(cell: &CellResult) -> String {
    if 0.0 < cell.effect {
        format!("{}({})", cell.world, cell.effect)
    } else {
        cell.world.clone()
    }
}

/// A row a world and horizon.
fn csv(results: &[CellResult]) -> String {
    let rows: Vec<(&CellResult, &HorizonResult)> = { results.iter() }
        .flat_map(|cell| cell.horizons.iter().map(move |result| (cell, result)))
        .collect();
    let text = |read: fn(&CellResult, &HorizonResult) -> String| {
        Column::Text(
            rows.iter()
                .map(|(cell, result)| Some(read(cell, result)))
                .collect(),
        )
    };
    let number_if_any = |read: fn(&CellResult, &HorizonResult) -> Option<f64>| {
        Column::F64(
            rows.iter()
                .map(|(cell, result)| read(cell, result))
                .collect(),
        )
    };
    let number = |read: fn(&CellResult, &HorizonResult) -> f64| {
        Column::F64(
            rows.iter()
                .map(|(cell, result)| Some(read(cell, result)))
                .collect(),
        )
    };
    Table::new()
        .with("world", text(|cell, _| cell.world.clone()))
        .with("effect", number(|cell, _| cell.effect))
        .with("sessions", number(|cell, _| f64::from(cell.sessions)))
        .with("horizon", text(|_, result| result.horizon.clone()))
        .with("simulations", number(|cell, _| f64::from(cell.simulations)))
        .with("alone", number(|_, result| result.alone.share))
        .with("alone_error", number(|_, result| result.alone.error))
        .with(
            "beyond_past",
            number_if_any(|_, r| Some(r.beyond_past?.share)),
        )
        .with(
            "beyond_past_error",
            number_if_any(|_, r| Some(r.beyond_past?.error)),
        )
        .with("beyond_implied", number(|_, result| result.ewc.share))
        .with("beyond_implied_error", number(|_, result| result.ewc.error))
        .with("shift", number(|_, result| result.shift.share))
        .with("shift_error", number(|_, result| result.shift.error))
        .with("mean_effect", number(|_, result| result.effect))
        .with("declared_sign", number(|_, result| result.sign.share))
        .with("supported", number(|_, result| result.verdicts[0].share))
        .with(
            "not_supported",
            number(|_, result| result.verdicts[1].share),
        )
        .with("underpowered", number(|_, result| result.verdicts[2].share))
        .with("not_testable", number(|_, result| result.verdicts[3].share))
        .with("family", number(|cell, _| cell.family.share))
        .with("family_error", number(|cell, _| cell.family.error))
        .to_csv()
}
