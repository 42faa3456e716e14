//! Simulated markets as the files that a vendor would send: what is imported knows no truth.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use chrono::Datelike as _;
use gex_compute::market::bar::{Bar, ControlPoint};
use gex_compute::market::calendar::Calendar;
use gex_compute::market::snapshot::{ChainRow, ChainSnapshot};
use gex_ingest::table::{Column, Table, write_parquet};
use gex_sim::{PlantedSession, SeriesMarket, Simulation, World};

use crate::exit::Failure;

/// The calendar of every simulated market.
const CALENDAR: Calendar = Calendar::Xnys;
/// The study of a market of chains, but for the name of its underlying.
const CHAIN_STUDY: &str = include_str!("demo_study.toml");
/// The study of a market of one signal.
const SERIES_STUDY: &str = include_str!("series_study.toml");
/// How the chains are to be read.
const MAPPING: &str = include_str!("simulated_mapping.toml");

/// Writes chains by year, bars, controls, the truth, a mapping and a study; the sessions written.
///
/// # Errors
///
/// A failure to simulate or to write.
pub(crate) fn write_chains(world: &World, out: &Path) -> Result<usize, Failure> {
    fs::create_dir_all(out.join("chains"))?;
    let underlying = &world.spec().underlying;
    let (mut year, mut chains) = (None, Chains::default());
    let mut texts = Texts::new();
    let mut sessions = 0;
    for session in Simulation::new(world).map_err(Failure::failed)? {
        let session = session.map_err(Failure::failed)?;
        let of = session.snapshot.head().session.year();
        if let Some(before) = year.replace(of).filter(|before| *before != of) {
            chains.write(&out.join(format!("chains/{underlying}-{before}.parquet")))?;
        }
        chains.add(&session.snapshot);
        texts.add_bar(&session.bar);
        texts.vix.push_str(&dated(&session.vix));
        texts.adv.push_str(&dated(&session.dollar_volume));
        texts.add_truth(&session.planted);
        sessions += 1;
    }
    if let Some(year) = year {
        chains.write(&out.join(format!("chains/{underlying}-{year}.parquet")))?;
    }
    fs::write(out.join("bars.csv"), texts.bars)?;
    fs::write(out.join("vix.csv"), texts.vix)?;
    fs::write(out.join("adv.csv"), texts.adv)?;
    fs::write(out.join("truth.csv"), texts.truth)?;
    fs::write(
        out.join("mapping.toml"),
        MAPPING.replace("UNDERLYING", underlying),
    )?;
    let study = CHAIN_STUDY.replace("\"SIM\"", &format!("{underlying:?}"));
    fs::write(
        out.join("study.toml"),
        study.replace("\"demo\"", "\"simulated\""),
    )?;
    Ok(sessions)
}

/// Writes signal, bars, implied volatility and a study.
///
/// # Errors
///
/// A failure to write.
pub(crate) fn write_series(market: &SeriesMarket, out: &Path) -> Result<(), Failure> {
    fs::create_dir_all(out)?;
    let mut texts = Texts::new();
    let mut signal = String::from("date,value\n");
    for (session, value) in market.sessions.iter().zip(&market.signal) {
        let _ = writeln!(signal, "{},{value:?}", session.date);
    }
    for bar in &market.bars.bars {
        texts.add_bar(bar);
    }
    for point in &market.vix.points {
        texts.vix.push_str(&dated(point));
    }
    fs::write(out.join("signal.csv"), signal)?;
    fs::write(out.join("bars.csv"), texts.bars)?;
    fs::write(out.join("vix.csv"), texts.vix)?;
    fs::write(out.join("study.toml"), SERIES_STUDY)?;
    Ok(())
}

/// Daily files as text.
struct Texts {
    bars: String,
    vix: String,
    adv: String,
    truth: String,
}

impl Texts {
    fn new() -> Self {
        Self {
            bars: "date,open,high,low,close,volume\n".to_owned(),
            vix: "date,value\n".to_owned(),
            adv: "date,value\n".to_owned(),
            truth: "date,dealer_gex,adv,log_variance,volatility_factor\n".to_owned(),
        }
    }

    fn add_bar(&mut self, bar: &Bar) {
        let date = bar.start.with_timezone(&CALENDAR.time_zone()).date_naive();
        let volume = bar
            .volume
            .map(|volume| volume.to_string())
            .unwrap_or_default();
        let Bar {
            open,
            high,
            low,
            close,
            ..
        } = bar;
        let _ = writeln!(
            self.bars,
            "{date},{open:?},{high:?},{low:?},{close:?},{volume}"
        );
    }

    fn add_truth(&mut self, planted: &PlantedSession) {
        let _ = writeln!(
            self.truth,
            "{},{:?},{:?},{:?},{:?}",
            planted.session,
            planted.dealer_gex,
            planted.adv,
            planted.log_variance,
            planted.volatility_factor
        );
    }
}

fn dated(point: &ControlPoint) -> String {
    let date = point.ts.with_timezone(&CALENDAR.time_zone()).date_naive();
    format!("{date},{:?}\n", point.value)
}

/// The rows of one file of chains.
#[derive(Default)]
struct Chains {
    ts: Vec<Option<String>>,
    expiry: Vec<Option<String>>,
    spot: Vec<Option<f64>>,
    rows: Vec<ChainRow>,
}

impl Chains {
    fn add(&mut self, chain: &ChainSnapshot) {
        let (head, zone) = (chain.head(), CALENDAR.time_zone());
        let ts = head
            .ts
            .with_timezone(&zone)
            .format("%Y-%m-%d %H:%M:%S")
            .to_string();
        for row in chain.rows() {
            let expiry = row.expiry.with_timezone(&zone).date_naive();
            self.ts.push(Some(ts.clone()));
            self.expiry.push(Some(expiry.to_string()));
            self.spot.push(Some(head.spot.get()));
            self.rows.push(row);
        }
    }

    /// Writes what was gathered and begins anew.
    fn write(&mut self, path: &Path) -> Result<(), Failure> {
        let Self {
            ts,
            expiry,
            spot,
            rows,
        } = std::mem::take(self);
        let number =
            |read: fn(&ChainRow) -> Option<f64>| Column::F64(rows.iter().map(read).collect());
        let roots = rows.iter().map(|row| Some(row.root.clone())).collect();
        let rights = rows
            .iter()
            .map(|row| Some(row.right.letter().to_owned()))
            .collect();
        let table = Table::new()
            .with("quote_time", Column::Text(ts))
            .with("root", Column::Text(roots))
            .with("expiration", Column::Text(expiry))
            .with("strike", number(|row| Some(row.strike)))
            .with("right", Column::Text(rights))
            .with("bid", number(|row| row.bid))
            .with("ask", number(|row| row.ask))
            .with("iv", number(|row| row.iv))
            .with("open_interest", number(|row| row.open_interest))
            .with("volume", number(|row| row.volume))
            .with("underlying_price", Column::F64(spot));
        write_parquet(path, &table, &[]).map_err(Failure::failed)
    }
}
