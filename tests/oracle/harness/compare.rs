//! Whether a result matches what was expected.

use serde_json::Value;

use super::case::{Failure, Tolerance};

/// Returns the largest share of its tolerance that a number used.
///
/// Numbers within the tolerance; null, words, truth values, lengths and keys exactly.
pub(crate) fn compare(expected: &Value, got: &Value, tolerance: Tolerance) -> Result<f64, Failure> {
    at("", expected, got, tolerance)
}

fn at(path: &str, expected: &Value, got: &Value, tolerance: Tolerance) -> Result<f64, Failure> {
    match (expected, got) {
        (Value::Object(wanted), Value::Object(found)) => {
            if let Some(extra) = found.keys().find(|key| !wanted.contains_key(*key)) {
                return Err(format!("{path}.{extra} was not expected").into());
            }
            worst(wanted.iter().map(|(key, value)| {
                let path = format!("{path}.{key}");
                let found = found.get(key).ok_or_else(|| format!("{path} is missing"))?;
                at(&path, value, found, tolerance)
            }))
        }
        (Value::Array(wanted), Value::Array(found)) => {
            if wanted.len() != found.len() {
                let (wanted, found) = (wanted.len(), found.len());
                return Err(format!("{path} has {found} entries, {wanted} expected").into());
            }
            let pairs = wanted.iter().zip(found).enumerate();
            worst(
                pairs.map(|(i, (value, found))| {
                    at(&format!("{path}[{i}]"), value, found, tolerance)
                }),
            )
        }
        (Value::Number(_), Value::Number(_)) => number(path, expected, got, tolerance),
        _ if expected == got => Ok(0.0),
        _ => Err(format!("{path} is {got}, {expected} expected").into()),
    }
}

fn number(path: &str, expected: &Value, got: &Value, tolerance: Tolerance) -> Result<f64, Failure> {
    let (wanted, found) = (
        expected.as_f64().unwrap_or(f64::NAN),
        got.as_f64().unwrap_or(f64::NAN),
    );
    let gap = (found - wanted).abs();
    let allowed = tolerance.absolute + tolerance.relative * wanted.abs();
    if gap == 0.0 {
        Ok(0.0)
    } else if gap <= allowed {
        Ok(gap / allowed)
    } else {
        Err(format!("{path} is {found:e}, {wanted:e} expected within {allowed:.1e}").into())
    }
}

fn worst(shares: impl Iterator<Item = Result<f64, Failure>>) -> Result<f64, Failure> {
    shares
        .into_iter()
        .try_fold(0.0, |worst: f64, share| Ok(worst.max(share?)))
}
