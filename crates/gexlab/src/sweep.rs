//! Sweeps: every combination of settings, each a run of its own.

/// Trials of a sweep where the command line does not say: each one enters the ledger.
pub const MAX_TRIALS: usize = 64;

/// Every combination of what `KEY=VALUE,VALUE,…` lists, as settings for `--set`.
///
/// Commas inside brackets, braces and quotes belong to their value.
///
/// ```
/// use gexlab::sweep::trials;
/// let swept = ["pricing.rate=0,0.03".to_owned(), "data.at=last,15:45".to_owned()];
/// let found = trials(&swept, 64).unwrap();
/// assert_eq!(found.len(), 4);
/// assert_eq!(found[1], ["pricing.rate=0", "data.at=15:45"]);
/// ```
///
/// # Errors
///
/// A sentence that names a sweep without values, or the number of trials beyond `cap`.
pub fn trials(sweeps: &[String], cap: usize) -> Result<Vec<Vec<String>>, String> {
    let mut found: Vec<Vec<String>> = vec![Vec::new()];
    for sweep in sweeps {
        let (key, list) = sweep
            .split_once('=')
            .ok_or_else(|| format!("--sweep takes KEY=VALUE,VALUE, got `{sweep}`"))?;
        let values = parts(list);
        if values.iter().any(|value| value.trim().is_empty()) {
            return Err(format!("--sweep {sweep}: a value is empty"));
        }
        found = found
            .iter()
            .flat_map(|trial| {
                let with = |value: &&str| {
                    let setting = format!("{}={}", key.trim(), value.trim());
                    [trial.as_slice(), &[setting]].concat()
                };
                values.iter().map(with).collect::<Vec<_>>()
            })
            .collect();
    }
    if cap < found.len() {
        let count = found.len();
        return Err(format!(
            "the sweep has {count} trials, more than {cap}: every one is a look at the data and enters the \
             ledger; leave values out, or allow it with --max-trials {count}"
        ));
    }
    Ok(found)
}

/// Splits a list at its outer commas.
fn parts(list: &str) -> Vec<&str> {
    let (mut depth, mut quote, mut from) = (0_usize, None, 0);
    let mut found = Vec::new();
    for (i, c) in list.char_indices() {
        match (quote, c) {
            (Some(open), _) => quote = Some(open).filter(|open| *open != c),
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                found.extend(list.get(from..i));
                from = i + 1;
            }
            (None, _) => {}
        }
    }
    found.extend(list.get(from..));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_keeps_what_belongs_together() {
        assert_eq!(
            parts("[1, 2],\"a,b\",{ x = 1, y = 2 }"),
            ["[1, 2]", "\"a,b\"", "{ x = 1, y = 2 }"]
        );
    }

    #[test]
    fn too_many_trials_and_no_value_are_refused() {
        let swept = |text: &str| trials(&[text.to_owned()], 2).unwrap_err();
        assert!(swept("a=1,2,3").contains("--max-trials 3"));
        assert!(swept("a=1,").contains("empty"));
        assert!(swept("a").contains("KEY=VALUE,VALUE"));
    }
}
