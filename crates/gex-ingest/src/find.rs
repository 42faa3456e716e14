//! Finding vendor files: in folders, in zips, by what they hold.

use std::path::{Path, PathBuf};

use crate::content::{Content, HEAD, content_of};
use crate::packing::{Extent, Layer, members, members_of, unpack};
use crate::source::{Container, SourceError, SourceFile, file_name, printable, unreadable};

/// The files that were found, and those that were passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// Files to read, in the order of their names.
    pub files: Vec<SourceFile>,
    /// Names of files passed over: hidden, unfinished, or not a table.
    pub ignored: Vec<String>,
}

/// Finds the tables below `paths`: files as they are, folders and zips with everything in them.
///
/// What a file holds is told by its first bytes. In folders and zips its name says only whether it
/// could be a table at all (`.csv`, `.tsv`, `.json`, `.parquet`, `.dbn`, `.zst`, `.gz`, `.zip`); others,
/// and hidden files (`.x`, `_x`), are passed over and named. A folder with Parquet files is read for
/// those alone; text files beside them are passed over and named.
///
/// # Errors
///
/// [`SourceError`] for what can't be opened or unpacked, for links that lead out of their folder, and
/// for files that hold no table under a table's name.
pub fn find_sources(paths: &[PathBuf]) -> Result<Sources, SourceError> {
    let mut found = Sources::default();
    for path in paths {
        let kind = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if kind.is_dir() {
            let root = path
                .canonicalize()
                .map_err(|error| unreadable(path, &error))?;
            walk(path, "", &root, &mut found)?;
        } else {
            take(&Place::of(path, printable(&file_name(path))), &mut found)?;
        }
    }
    if found
        .files
        .iter()
        .any(|file| file.container == Container::Parquet)
    {
        pass_over_text_in(paths, &mut found);
    }
    found.ignored.sort();
    Ok(found)
}

/// Text files stand for themselves where they were named one by one, and are notes beside Parquet.
fn pass_over_text_in(named: &[PathBuf], found: &mut Sources) {
    let files = std::mem::take(&mut found.files);
    for file in files {
        let text = matches!(file.container, Container::Csv | Container::Json);
        if text && !named.contains(&file.path) {
            found.ignored.push(file.name);
        } else {
            found.files.push(file);
        }
    }
}

fn walk(folder: &Path, prefix: &str, root: &Path, found: &mut Sources) -> Result<(), SourceError> {
    let listing = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut entries: Vec<PathBuf> = listing
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(|error| unreadable(folder, &error))?;
    entries.sort();
    for path in entries {
        visit(&path, prefix, root, found)?;
    }
    Ok(())
}

fn visit(path: &Path, prefix: &str, root: &Path, found: &mut Sources) -> Result<(), SourceError> {
    let plain = file_name(path);
    let name = format!("{prefix}{}", printable(&plain));
    if is_hidden(&plain) {
        found.ignored.push(name);
        return Ok(());
    }
    let target = path
        .canonicalize()
        .map_err(|error| unreadable(path, &error))?;
    if !target.starts_with(root) {
        return Err(SourceError::Outside { file: name });
    }
    if target.is_dir() {
        // A link to a folder inside the folder would be read twice.
        if path.is_symlink() {
            found.ignored.push(name);
            return Ok(());
        }
        return walk(path, &format!("{name}/"), root, found);
    }
    if !could_be_a_table(&plain) {
        found.ignored.push(name);
        return Ok(());
    }
    take(&Place::of(path, name), found)
}

/// Hidden, unfinished, or left behind by a system.
pub(crate) fn is_hidden(name: &str) -> bool {
    name.starts_with(['.', '_']) && !is_index_of_cboe(name)
}

/// Cboe writes its indices with an underscore: `_SPX.json`, `_VIX_2026-08-21.csv.gz`.
fn is_index_of_cboe(name: &str) -> bool {
    let mut letters = name.strip_prefix('_').unwrap_or_default().chars();
    let capitals = letters.by_ref().take_while(char::is_ascii_uppercase);
    2 <= capitals.count()
}

fn could_be_a_table(name: &str) -> bool {
    const ENDINGS: [&str; 8] = ["parquet", "csv", "tsv", "json", "gz", "zip", "dbn", "zst"];
    let ending = name.rsplit('.').next().unwrap_or_default();
    ENDINGS
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
}

/// A file on disk, or one inside of another.
struct Place {
    path: PathBuf,
    name: String,
    packing: Vec<Layer>,
}

impl Place {
    fn of(path: &Path, name: String) -> Self {
        Self {
            path: path.to_owned(),
            name,
            packing: Vec::new(),
        }
    }

    fn inside(&self, layer: Layer, member: Option<&str>) -> Self {
        let name = match member {
            Some(member) => format!("{}/{member}", self.name),
            None => self.name.clone(),
        };
        let packing = self.packing.iter().cloned().chain([layer]).collect();
        Self {
            path: self.path.clone(),
            name,
            packing,
        }
    }

    fn bytes(&self, extent: Extent) -> Result<Vec<u8>, SourceError> {
        unpack(&self.path, &self.name, &self.packing, extent)
    }

    fn members(&self) -> Result<Vec<(usize, String)>, SourceError> {
        if self.packing.is_empty() {
            return members_of(&self.path, &self.name);
        }
        members(self.bytes(Extent::Whole)?, &self.name)
    }

    fn refused(&self, looks: &str, cure: &str) -> SourceError {
        SourceError::NotATable {
            file: self.name.clone(),
            looks: looks.to_owned(),
            cure: cure.to_owned(),
        }
    }
}

/// Takes a file in by what it holds; what is packed gives up its contents.
fn take(place: &Place, found: &mut Sources) -> Result<(), SourceError> {
    /// A zip in a zip under gzip is deep enough.
    const DEEPEST: usize = 3;
    let content = content_of(&place.bytes(Extent::Head(HEAD))?);
    // A name that promises Parquet is held to it: the message is about what is there instead.
    if place.packing.is_empty() && promises_parquet(&place.name) {
        found.files.push(source(place, Container::Parquet));
        return Ok(());
    }
    let container = match content {
        Content::Text => Container::Csv,
        Content::Json => Container::Json,
        Content::Parquet => Container::Parquet,
        Content::Dbn => Container::Dbn,
        Content::Foreign(foreign) => return Err(place.refused(foreign.looks, foreign.cure)),
        Content::Gzip | Content::Zip if DEEPEST <= place.packing.len() => {
            return Err(place.refused("is packed again and again", "unpack it"));
        }
        Content::Gzip => return take(&place.inside(Layer::Gzip, None), found),
        Content::Zip => return take_members(place, found),
    };
    found.files.push(source(place, container));
    Ok(())
}

fn take_members(place: &Place, found: &mut Sources) -> Result<(), SourceError> {
    let members = place.members()?;
    let only = members.len() == 1;
    if members
        .iter()
        .any(|(_, name)| name == "[Content_Types].xml")
    {
        return Err(place.refused("is a spreadsheet or document", "save the table as CSV"));
    }
    for (index, member) in members {
        let inner = place.inside(Layer::Zip { index }, Some(&member));
        if only || could_be_a_table(&member) {
            take(&inner, found)?;
        } else {
            found.ignored.push(inner.name);
        }
    }
    Ok(())
}

fn promises_parquet(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or_default();
    ending.eq_ignore_ascii_case("parquet")
}

fn source(place: &Place, container: Container) -> SourceFile {
    SourceFile {
        path: place.path.clone(),
        name: place.name.clone(),
        packing: place.packing.clone(),
        container,
    }
}
