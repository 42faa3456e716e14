//! The command `gex`: what was typed becomes a verb, a failure becomes an exit code.

use std::process::ExitCode;

use clap::Parser;
use gexlab::args::{Cli, Command};
use gexlab::cmd;
use gexlab::console::{Console, Reader, Verbosity};
use gexlab::exit::{Failure, Words};
use gexlab::parallel::set_threads;

fn main() -> ExitCode {
    let cli = Cli::parse();
    gexlab::interrupt::install();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let console = console(&cli);
            // A reader that is gone hears no error either.
            drop(console.answer("", "gexlab/error/1", failure.json()));
            say(&failure);
            failure.exit_code()
        }
    }
}

/// Faults that are shown at their places say "error" themselves.
fn say(failure: &Failure) {
    let red = anstyle::AnsiColor::Red.on_default().bold();
    match &failure.words {
        Words::Chain(_) => anstream::eprintln!("{red}error:{red:#} {failure}"),
        Words::Shown { .. } => anstream::eprintln!("{failure}"),
    }
}

fn console(cli: &Cli) -> Console {
    let verbosity = if cli.global.quiet {
        Verbosity::Quiet
    } else {
        Verbosity::Normal
    };
    let reader = if cli.global.json {
        Reader::Program
    } else {
        Reader::Person
    };
    Console::new(verbosity, reader)
}

fn run(cli: &Cli) -> Result<(), Failure> {
    let console = console(cli);
    set_threads(cli.global.threads).map_err(Failure::failed)?;
    match &cli.command {
        Command::Demo(args) => cmd::demo::demo(args, console),
        Command::Init(args) => cmd::init::init(args, console),
        Command::Check(args) => cmd::check::check(args, console),
        Command::Import(args) => cmd::import::import(args, console),
        Command::Inspect(args) => cmd::inspect::inspect(args, console),
        Command::Series(args) => cmd::series::series(args, console),
        Command::Run(args) => cmd::run::run(args, console),
        Command::Audit(args) => cmd::audit::audit(args, console),
        Command::Calibrate(args) => cmd::calibrate::calibrate(args, console),
        Command::Simulate(args) => cmd::simulate::simulate(args, console),
        Command::Runs(args) => cmd::runs::runs(args, console),
        Command::Compare(args) => cmd::compare::compare(args, console),
        Command::Export(args) => cmd::export::export(args, console),
        Command::Snapshot(args) => cmd::snapshot::snapshot(args, console),
        Command::Schema(args) => cmd::schema::print(args, console),
        Command::Doctor(args) => cmd::doctor::doctor(args, console),
        Command::Completions(args) => cmd::completions::completions(args, console),
        Command::Man(args) => cmd::completions::man(args, console),
    }
}
