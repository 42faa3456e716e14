//! `--set KEY=VALUE`: settings typed on the command line take the place of those in the study file.
//!
//! The text is edited, not the parsed study, so that every later check sees one file and the run's
//! folder keeps what was really run.

use toml_edit::{DocumentMut, Item, Value, value};

/// Applies settings such as `pricing.rate=0.03` to the text of a study, in order.
///
/// A key is a path of names between dots; a table of a list is named by its `id`
/// (`hypothesis.my-claim.smallest-effect=0.1`). A value is TOML; what is none is taken as text.
///
/// ```
/// let study = "[pricing]\nrate = 0.0\n";
/// let text = gexlab::overrides::apply(study, &["pricing.rate=0.03".to_owned()]);
/// assert_eq!(text.as_deref(), Ok("[pricing]\nrate = 0.03\n"));
/// ```
///
/// # Errors
///
/// A sentence that names the setting that can't be applied.
pub fn apply(text: &str, settings: &[String]) -> Result<String, String> {
    if settings.is_empty() {
        return Ok(text.to_owned());
    }
    let mut document: DocumentMut = match text.parse() {
        Ok(document) => document,
        // The fault is shown at its place when the file is read as a study.
        Err(_) => return Ok(text.to_owned()),
    };
    for setting in settings {
        let (key, typed) = setting
            .split_once('=')
            .ok_or_else(|| format!("--set takes KEY=VALUE, got `{setting}`"))?;
        let path: Vec<&str> = key.split('.').map(str::trim).collect();
        set(document.as_item_mut(), &path, read(typed))
            .map_err(|part| format!("--set {setting}: `{part}` names no table of the study"))?;
    }
    Ok(document.to_string())
}

fn read(typed: &str) -> Value {
    let typed = typed.trim();
    typed.parse().unwrap_or_else(|_| Value::from(typed))
}

/// Walks down and sets the last key; the part of the path that leads nowhere otherwise.
fn set(item: &mut Item, path: &[&str], new: Value) -> Result<(), String> {
    let Some((first, rest)) = path.split_first() else {
        return Ok(());
    };
    let lost = || (*first).to_owned();
    if let Some(tables) = item.as_array_of_tables_mut() {
        let named =
            |table: &&mut toml_edit::Table| table.get("id").and_then(Item::as_str) == Some(*first);
        let table = tables.iter_mut().find(named).ok_or_else(lost)?;
        let mut inner = Item::Table(std::mem::take(table));
        let done = set(&mut inner, rest, new);
        *table = inner.into_table().map_err(|_| lost())?;
        return done;
    }
    let table = item.as_table_like_mut().ok_or_else(lost)?;
    if rest.is_empty() {
        let decor = table
            .get(first)
            .and_then(Item::as_value)
            .map(|old| old.decor().clone());
        let mut new = value(new);
        if let (Some(decor), Some(new)) = (decor, new.as_value_mut()) {
            *new.decor_mut() = decor;
        }
        table.insert(first, new);
        return Ok(());
    }
    let inner = table
        .entry(first)
        .or_insert_with(|| Item::Table(toml_edit::Table::new()));
    set(inner, rest, new)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUDY: &str = "[study]\nname = \"x\" # a name\n\n[[hypothesis]]\nid = \"a\"\nsignal = { scale = \"usd\" }\n\n[[hypothesis]]\nid = \"b\"\n";

    fn changed(settings: &[&str]) -> Result<String, String> {
        let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
        apply(STUDY, &settings)
    }

    #[test]
    fn a_value_changes_in_its_place_and_comments_stay() {
        let text = changed(&["study.name=y", "hypothesis.a.signal.scale=per-adv"]).unwrap();
        assert!(text.contains("name = \"y\" # a name"), "{text}");
        assert!(text.contains("{ scale = \"per-adv\" }"), "{text}");
    }

    #[test]
    fn a_new_key_goes_into_its_table() {
        let text = changed(&["hypothesis.b.smallest-effect=0.1", "pricing.rate=0.02"]).unwrap();
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(
            table["hypothesis"][1]["smallest-effect"].as_float(),
            Some(0.1)
        );
        assert_eq!(table["pricing"]["rate"].as_float(), Some(0.02));
    }

    #[test]
    fn what_leads_nowhere_is_named() {
        assert!(
            changed(&["hypothesis.c.expect=negative"])
                .unwrap_err()
                .contains("`c`")
        );
        assert!(
            changed(&["study.name.first=1"])
                .unwrap_err()
                .contains("`first`")
        );
        assert!(changed(&["rate"]).unwrap_err().contains("KEY=VALUE"));
    }
}
