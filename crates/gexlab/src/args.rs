//! What was typed on the command line.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Backtest gamma-exposure hypotheses on historical option chains.
#[derive(Debug, Parser)]
#[command(
    name = "gex",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "Start with `gex demo`: it simulates a market, runs a study on it and prints where the page is."
)]
pub struct Cli {
    /// The verb.
    #[command(subcommand)]
    pub command: Command,
    /// What every verb takes.
    #[command(flatten)]
    pub global: Global,
}

/// What every verb takes.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches as typed; main turns each into a choice at once"
)]
pub struct Global {
    /// Say errors only
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub quiet: bool,
    /// Print the result, or the error, as one JSON document
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,
    /// Worker threads [default: all cores]; results are the same for any number
    #[arg(
        short = 'j',
        long,
        global = true,
        env = "GEXLAB_THREADS",
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=1024),
        help_heading = "Global options"
    )]
    pub threads: Option<u16>,
}

/// One verb, one file under `cmd/`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Simulate a market, run a study on it, and print where the report is
    Demo(DemoArgs),
    /// Write a commented study to begin with
    Init(InitArgs),
    /// Check a study and everything that it reads, without running it
    Check(CheckArgs),
    /// Turn vendor files into an archive, or prices into bars and control series
    Import(ImportArgs),
    /// Show what an archive holds: coverage, quality, rows set aside by reason
    Inspect(InspectArgs),
    /// Compute the GEX series of a study's data, alone
    Series(SeriesArgs),
    /// Draw one chain: everything known about one instant, on one page
    Snapshot(SnapshotArgs),
    /// Run a study: series, panel, estimates, verdicts, figures and the page
    Run(RunArgs),
    /// Prove that a study does not look ahead, with planted leaks that must be caught
    Audit(AuditArgs),
    /// Say how often a study's test rejects placebos, or size and power over simulated worlds
    Calibrate(CalibrateArgs),
    /// Write a market with a known truth as vendor files, with a study of it
    Simulate(SimulateArgs),
    /// List the runs that stand, and count everything ever tried
    Runs(RunsArgs),
    /// Set runs side by side: what differs in settings, data and findings
    Compare(CompareArgs),
    /// Write an archive's rows as CSV
    Export(ExportArgs),
    /// Print the JSON Schema of a study, of findings or of a manifest
    Schema(SchemaArgs),
    /// Say what this installation is and whether its self-test passes
    Doctor(DoctorArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Write the manual pages
    #[command(hide = true)]
    Man(ManArgs),
}

/// `gex demo`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gex demo --out my-demo")]
pub struct DemoArgs {
    /// Folder for data, study and report
    #[arg(long, value_name = "DIR", default_value = "reports/demo")]
    pub out: PathBuf,
}

/// The study that a verb works on.
#[derive(Debug, Args)]
pub struct StudyArg {
    /// Study file
    #[arg(default_value = "study.toml")]
    pub study: PathBuf,
    /// Another value for a setting of the study, such as pricing.rate=0.03; may repeat
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
}

/// `gex init`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gex init study.toml")]
pub struct InitArgs {
    /// The file to write
    #[arg(default_value = "study.toml")]
    pub study: PathBuf,
}

/// `gex check`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gex check study.toml")]
pub struct CheckArgs {
    /// The study
    #[command(flatten)]
    pub study: StudyArg,
}

/// `gex import`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gex import chains/*.parquet --out archive
  gex import mine.csv --map mine.toml --out archive
  gex import prices.csv --bars SPX --adjusted none --out bars.parquet
  gex import vix.csv --control vix --out vix.parquet")]
pub struct ImportArgs {
    /// Files or folders
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The archive's folder; a file for --bars and --control
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
    /// Vendor format [default: recognised from the columns]
    #[arg(long, value_name = "NAME", conflicts_with = "map")]
    pub format: Option<String>,
    /// Column mapping for any other table
    #[arg(long, value_name = "FILE")]
    pub map: Option<PathBuf>,
    /// When open interest was public: start-of-day, end-of-day, live or delay:DURATION
    #[arg(long, value_name = "CLOCK")]
    pub open_interest: Option<String>,
    /// What to do about a session that the archive already holds
    #[arg(long, value_enum, default_value = "refuse", value_name = "ACTION")]
    pub on_conflict: OnConflict,
    /// Import price bars of this underlying instead of chains
    #[arg(long, value_name = "UNDERLYING", conflicts_with_all = ["control", "format", "map"])]
    pub bars: Option<String>,
    /// How the bars' prices were adjusted
    #[arg(long, value_name = "HOW", value_parser = ["none", "splits", "total"], requires = "bars")]
    pub adjusted: Option<String>,
    /// Import a control series of this name instead of chains
    #[arg(long, value_name = "NAME", conflicts_with_all = ["format", "map"])]
    pub control: Option<String>,
    /// Calendar of bars and control series
    #[arg(long, value_name = "NAME", value_parser = ["xnys", "xnse", "deribit"], default_value = "xnys")]
    pub calendar: String,
    /// Column that holds the value of a control series [default: value, or close]
    #[arg(long, value_name = "NAME", requires = "control")]
    pub column: Option<String>,
}

/// What to do about a session that the archive already holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnConflict {
    /// Stop and change nothing
    Refuse,
    /// Replace the session
    Replace,
    /// Keep both, the new one under the next free instant
    KeepBoth,
}

/// `gex inspect`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gex inspect archive")]
pub struct InspectArgs {
    /// Folder of an archive
    pub archive: PathBuf,
}

/// `gex series`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gex series study.toml --out series.parquet")]
pub struct SeriesArgs {
    /// The study
    #[command(flatten)]
    pub study: StudyArg,
    /// Where the series goes
    #[arg(long, value_name = "FILE", default_value = "series.parquet")]
    pub out: PathBuf,
}

/// `gex run`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  gex run study.toml --out reports\n  gex run study.toml --set pricing.rate=0.03 --dry-run\n  gex run study.toml --sweep pricing.rate=0,0.03 --sweep data.at=last,15:45"
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches as typed; the verb turns each into a choice at once"
)]
pub struct RunArgs {
    /// The study
    #[command(flatten)]
    pub study: StudyArg,
    /// Folder of all runs
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub out: PathBuf,
    /// Compute again even where a finished run of the same inputs stands
    #[arg(long)]
    pub fresh: bool,
    /// Take finished runs of the same inputs as they stand, and run what is missing (the default)
    #[arg(long, conflicts_with = "fresh")]
    pub resume: bool,
    /// Say what would be run and where it would stand, and run nothing
    #[arg(long, conflicts_with = "fresh")]
    pub dry_run: bool,
    /// Run once for each value of a setting; several make every combination
    #[arg(long, value_name = "KEY=V1,V2", conflicts_with = "dry_run")]
    pub sweep: Vec<String>,
    /// Trials that a sweep may have
    #[arg(long, value_name = "N", default_value_t = crate::sweep::MAX_TRIALS)]
    pub max_trials: usize,
}

/// `gex audit`
#[derive(Debug, Args)]
#[command(
    after_help = "Exits with 4 where a check fails.\n\nExample:\n  gex audit study.toml --out reports"
)]
pub struct AuditArgs {
    /// The study
    #[command(flatten)]
    pub study: StudyArg,
    /// Folder of all runs
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub out: PathBuf,
}

/// `gex calibrate`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gex calibrate study.toml --out reports
  gex calibrate calibration.toml --out calibration")]
pub struct CalibrateArgs {
    /// A study, or a file of worlds, which has a table named calibrate
    pub file: PathBuf,
    /// Another value for a setting of the study; may repeat
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// Folder of all runs, or of the calibration of worlds
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub out: PathBuf,
    /// Placebos of each hypothesis
    #[arg(long, value_name = "N", default_value_t = gex_analysis::placebo::PLACEBOS)]
    pub placebos: usize,
}

/// `gex simulate`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gex simulate world.toml --out market
  gex simulate world.toml --set seed=7 --out market")]
pub struct SimulateArgs {
    /// The world: a TOML file
    pub world: PathBuf,
    /// Folder to make
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Another value for a setting of the world, such as seed=7; may repeat
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
}

/// `gex runs`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gex runs --out reports")]
pub struct RunsArgs {
    /// Folder of all runs
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub out: PathBuf,
}

/// `gex compare`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gex compare latest 3f2a --out reports")]
pub struct CompareArgs {
    /// Runs: a folder, the beginning of an identifier, or `latest`
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    pub runs: Vec<String>,
    /// Folder of all runs
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub out: PathBuf,
}

/// `gex export`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gex export archive --underlying SPX --from 2024-01-02 --out chains.csv
  gex export archive | head")]
pub struct ExportArgs {
    /// Folder of an archive
    pub archive: PathBuf,
    /// What the rows are written as
    #[arg(long = "to", value_enum, default_value = "csv", value_name = "FORM")]
    pub form: ExportForm,
    /// Underlying [default: the archive's only one]
    #[arg(long, value_name = "NAME")]
    pub underlying: Option<String>,
    /// First session, as 2024-01-02
    #[arg(long, value_name = "DATE")]
    pub from: Option<NaiveDate>,
    /// Last session
    #[arg(long, value_name = "DATE")]
    pub until: Option<NaiveDate>,
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What an archive's rows are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportForm {
    /// Text with a header, one row a contract
    Csv,
}

/// `gex snapshot`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gex snapshot archive\n  gex snapshot archive --at 2026-07-15 --study study.toml --out page"
)]
pub struct SnapshotArgs {
    /// Folder of an archive
    pub archive: PathBuf,
    /// The last snapshot at or before this instant or date [default: the archive's last]
    #[arg(long, value_name = "INSTANT")]
    pub at: Option<String>,
    /// Underlying [default: the archive's only one]
    #[arg(long, value_name = "NAME")]
    pub underlying: Option<String>,
    /// A study whose pricing, positions and flip are used [default: parity, carry at 0, two models]
    #[arg(long, value_name = "STUDY")]
    pub study: Option<PathBuf>,
    /// Folder for the page, its figures and its tables [default: snapshots/UNDERLYING-INSTANT]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `gex schema`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gex schema findings > findings.schema.json\n  gex schema reference | less"
)]
pub struct SchemaArgs {
    /// Of what
    #[arg(value_enum, default_value = "study")]
    pub of: SchemaOf,
}

/// What a schema is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The study file; TOML of the same shape
    Study,
    /// findings.json
    Findings,
    /// manifest.json
    Manifest,
    /// Every key of the study file, as Markdown
    Reference,
}

/// `gex doctor`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gex doctor")]
pub struct DoctorArgs {
    /// Folder that runs would be written to
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub out: PathBuf,
}

/// `gex completions`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  gex completions bash > ~/.local/share/bash-completion/completions/gex"
)]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `gex man`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gex man --out man1")]
pub struct ManArgs {
    /// Folder for the pages
    #[arg(long, value_name = "DIR", default_value = "man1")]
    pub out: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
