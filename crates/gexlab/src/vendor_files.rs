//! Simulated markets as the files that a vendor would send: what is imported knows no truth.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use chrono::{Datelike as _, NaiveDate};
use gex_compute::market::Instant;
use gex_compute::market::bar::{Adjustment, Bar, BarSeries, ControlPoint, ControlSeries};
use gex_compute::market::calendar::Calendar;
use gex_compute::market::snapshot::{ChainRow, ChainSnapshot};
use gex_ingest::prices::{write_bars, write_control_file};
use gex_ingest::table::{Column, Table, write_parquet};
use gex_sim::{MarketKind, PlantedSession, SeriesMarket, SimulatedSession, Simulation, World};

use crate::exit::Failure;

/// The study of a market of chains, but for the name of its underlying.
const CHAIN_STUDY: &str = include_str!("demo_study.toml");
/// The study of a market of one signal.
const SERIES_STUDY: &str = include_str!("series_study.toml");
/// How the chains of an index are to be read.
const MAPPING: &str = include_str!("simulated_mapping.toml");
/// How the chains of a coin are to be read.
const CRYPTO_MAPPING: &str = include_str!("simulated_crypto_mapping.toml");

/// Writes chains by year, bars, controls, the truth, a mapping and a study; the sessions written.
///
/// # Errors
///
/// A failure to simulate or to write.
pub(crate) fn write_chains(world: &World, out: &Path) -> Result<usize, Failure> {
    fs::create_dir_all(out.join("chains"))?;
    let (underlying, market) = (&world.spec().underlying, world.spec().market);
    let calendar = market.calendar();
    let (mut year, mut chains) = (None, Chains::default());
    let mut texts = Texts::new(calendar);
    let mut series = Series::new(underlying, market);
    let mut sessions = 0;
    for session in Simulation::new(world).map_err(Failure::failed)? {
        let session = session.map_err(Failure::failed)?;
        let of = session.snapshot.head().session.year();
        if let Some(before) = year.replace(of).filter(|before| *before != of) {
            chains.write(&out.join(format!("chains/{underlying}-{before}.parquet")))?;
        }
        chains.add(&session.snapshot, calendar);
        texts.add_bar(&session.bar);
        texts.vix.push_str(&texts.dated(&session.vix));
        texts.adv.push_str(&texts.dated(&session.dollar_volume));
        texts.add_truth(&session.planted);
        series.add(&session);
        sessions += 1;
    }
    if let Some(year) = year {
        chains.write(&out.join(format!("chains/{underlying}-{year}.parquet")))?;
    }
    match market {
        MarketKind::Equity => texts.write_daily(out)?,
        // No vendor's daily table has days that end at 08:00 UTC.
        MarketKind::Crypto => series.write(out)?,
    }
    fs::write(out.join("truth.csv"), texts.truth)?;
    let mapping = match market {
        MarketKind::Equity => MAPPING,
        MarketKind::Crypto => CRYPTO_MAPPING,
    };
    fs::write(
        out.join("mapping.toml"),
        mapping.replace("UNDERLYING", underlying),
    )?;
    let study = CHAIN_STUDY
        .replace("\"SIM\"", &format!("{underlying:?}"))
        .replace("\"demo\"", "\"simulated\"");
    let index = market.index_name();
    let study = study.replace(
        "controls.vix = \"vix.parquet\"",
        &format!("controls.{index} = \"{index}.parquet\""),
    );
    fs::write(out.join("study.toml"), study)?;
    Ok(sessions)
}

/// Writes signal, bars, implied volatility and a study.
///
/// # Errors
///
/// A failure to write.
pub(crate) fn write_series(market: &SeriesMarket, out: &Path) -> Result<(), Failure> {
    fs::create_dir_all(out)?;
    let mut texts = Texts::new(Calendar::Xnys);
    let mut signal = String::from("date,value\n");
    for (session, value) in market.sessions.iter().zip(&market.signal) {
        let _ = writeln!(signal, "{},{value:?}", session.date);
    }
    for bar in &market.bars.bars {
        texts.add_bar(bar);
    }
    for point in &market.vix.points {
        texts.vix.push_str(&texts.dated(point));
    }
    fs::write(out.join("signal.csv"), signal)?;
    fs::write(out.join("bars.csv"), texts.bars)?;
    fs::write(out.join("vix.csv"), texts.vix)?;
    fs::write(out.join("study.toml"), SERIES_STUDY)?;
    Ok(())
}

/// Daily files as text.
struct Texts {
    calendar: Calendar,
    bars: String,
    vix: String,
    adv: String,
    truth: String,
}

impl Texts {
    fn new(calendar: Calendar) -> Self {
        Self {
            calendar,
            bars: "date,open,high,low,close,volume\n".to_owned(),
            vix: "date,value\n".to_owned(),
            adv: "date,value\n".to_owned(),
            truth: "date,dealer_gex,adv,log_variance,volatility_factor\n".to_owned(),
        }
    }

    fn add_bar(&mut self, bar: &Bar) {
        let date = self.date(bar.start);
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

    fn date(&self, at: Instant) -> NaiveDate {
        at.with_timezone(&self.calendar.time_zone()).date_naive()
    }

    fn dated(&self, point: &ControlPoint) -> String {
        format!("{},{:?}\n", self.date(point.ts), point.value)
    }

    fn write_daily(&self, out: &Path) -> Result<(), Failure> {
        fs::write(out.join("bars.csv"), &self.bars)?;
        fs::write(out.join("vix.csv"), &self.vix)?;
        fs::write(out.join("adv.csv"), &self.adv)?;
        Ok(())
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

/// Bars and controls in the archive's own form.
struct Series {
    bars: BarSeries,
    index: ControlSeries,
    adv: ControlSeries,
}

impl Series {
    fn new(underlying: &str, market: MarketKind) -> Self {
        let control = |name: &str| ControlSeries {
            name: name.to_owned(),
            points: Vec::new(),
        };
        Self {
            bars: BarSeries {
                underlying: underlying.to_owned(),
                adjustment: Adjustment::None,
                bars: Vec::new(),
            },
            index: control(market.index_name()),
            adv: control("adv"),
        }
    }

    fn add(&mut self, session: &SimulatedSession) {
        self.bars.bars.push(session.bar);
        self.index.points.push(session.vix);
        self.adv.points.push(session.dollar_volume);
    }

    fn write(&self, out: &Path) -> Result<(), Failure> {
        write_bars(&out.join("bars.parquet"), &self.bars).map_err(Failure::failed)?;
        for control in [&self.index, &self.adv] {
            let path = out.join(format!("{}.parquet", control.name));
            write_control_file(&path, control).map_err(Failure::failed)?;
        }
        Ok(())
    }
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
    fn add(&mut self, chain: &ChainSnapshot, calendar: Calendar) {
        let (head, zone) = (chain.head(), calendar.time_zone());
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
