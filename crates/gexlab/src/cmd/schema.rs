//! `gex schema`: the published shapes of a study, of findings and of a manifest.

use crate::args::{SchemaArgs, SchemaOf};
use crate::console::Console;
use crate::exit::Failure;
use crate::schema::{Document, reference, schema};

/// Prints a JSON Schema, or the study reference.
///
/// # Errors
///
/// A failure to write.
pub fn print(args: &SchemaArgs, console: Console) -> Result<(), Failure> {
    let text = match args.of {
        SchemaOf::Study => schema(Document::Study),
        SchemaOf::Findings => schema(Document::Findings),
        SchemaOf::Manifest => schema(Document::Manifest),
        SchemaOf::Reference => reference(),
    };
    console.result(&text)?;
    Ok(())
}
