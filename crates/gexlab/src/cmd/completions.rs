//! `gex completions` and `gex man`: what a shell and `man` know of the command line.

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::console::Console;
use crate::exit::Failure;

/// Prints the completions of a shell.
///
/// # Errors
///
/// A failure to write.
pub fn completions(args: &CompletionsArgs, console: Console) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "gex", &mut script);
    console.result(&String::from_utf8_lossy(&script))?;
    Ok(())
}

/// Writes one manual page a verb.
///
/// # Errors
///
/// A failure to write.
pub fn man(args: &ManArgs, console: Console) -> Result<(), Failure> {
    std::fs::create_dir_all(&args.out)?;
    clap_mangen::generate_to(Cli::command(), &args.out)?;
    console.result(&format!("{}\n", args.out.display()))?;
    Ok(())
}
