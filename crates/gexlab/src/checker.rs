//! Collects every fault of a study file, each at its place, instead of stopping at the first.

use serde_spanned::Spanned;

use crate::diagnostic::{Diagnostic, nearest};

/// The faults found so far.
#[derive(Debug, Default)]
pub struct Checker {
    faults: Vec<Diagnostic>,
}

impl Checker {
    /// Adds a fault.
    pub fn fault(&mut self, fault: Diagnostic) {
        self.faults.push(fault);
    }

    /// Picks the choice that `typed` names; a fault with the nearest word where it names none.
    pub fn choose<T: Clone>(
        &mut self,
        what: &str,
        typed: &Spanned<String>,
        known: &[(&str, T)],
    ) -> Option<T> {
        let word = typed.get_ref().as_str();
        if let Some((_, choice)) = known.iter().find(|(name, _)| *name == word) {
            return Some(choice.clone());
        }
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let help = match nearest(word, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known here: {}", names.join(", ")),
        };
        let message = format!("unknown {what} `{word}`");
        self.fault(Diagnostic::new(message, typed.span(), format!("no {what}")).with_help(help));
        None
    }

    /// Keeps a value that `read` can make sense of; its error becomes the fault otherwise.
    pub fn read<T, V, E: ToString>(
        &mut self,
        what: &str,
        typed: &Spanned<V>,
        read: impl FnOnce(&V) -> Result<T, E>,
    ) -> Option<T> {
        match read(typed.get_ref()) {
            Ok(value) => Some(value),
            Err(error) => {
                let fault =
                    Diagnostic::new(error.to_string(), typed.span(), format!("not a {what}"));
                self.fault(fault);
                None
            }
        }
    }

    /// A fault unless `typed` lies in the range.
    pub fn within(&mut self, what: &str, typed: &Spanned<f64>, range: (f64, f64)) -> Option<f64> {
        let (low, high) = range;
        let value = *typed.get_ref();
        if (low..=high).contains(&value) {
            return Some(value);
        }
        let message = format!("{what} must lie between {low} and {high}, got {value}");
        self.fault(Diagnostic::new(message, typed.span(), "out of range"));
        None
    }

    /// The value where no fault was found, the faults otherwise.
    ///
    /// # Errors
    ///
    /// Every fault found, in the file's order.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<Diagnostic>> {
        self.faults.sort_by_key(|fault| fault.span.start);
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(self.faults),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_collected_in_the_order_of_the_file() {
        let mut checker = Checker::default();
        let late = Spanned::new(40..44, 2.0);
        let early = Spanned::new(3..9, "parrity".to_owned());
        checker.within("dead-band", &late, (0.0, 1.0));
        checker.choose("forward", &early, &[("parity", 1), ("carry", 2)]);
        let faults = checker.finish(Some(())).unwrap_err();
        assert_eq!(faults.len(), 2);
        assert_eq!(faults[0].help.as_deref(), Some("did you mean `parity`?"));
        assert_eq!(
            faults[1].message,
            "dead-band must lie between 0 and 1, got 2"
        );
    }
}
