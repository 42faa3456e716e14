//! The formulas in which cases name their series: `log(rv*1e4)`, `100*ret_{t+1}`,
//! `sqrt(252*mean rv over t-9..t)`, `gex_t<0`.
//!
//! ```text
//! sum     = product (('+' | '-') product)*
//! product = power (('*' | '/') power)*
//! power   = factor ('^' factor)?
//! factor  = number | '(' sum ')' | name '(' sum (',' sum)* ')' | 'log' factor
//!         | 'mean' power 'over' offset '..' offset | name subscript?
//! ```

use std::collections::BTreeMap;

use super::case::{Case, Failure, Table};

/// A series with holes where a row reaches beyond the data.
pub(crate) type Series = Vec<Option<f64>>;

type Relation = fn(f64, f64) -> bool;

/// The names that formulas may use.
pub(crate) struct Names<'a> {
    table: &'a Table,
    series: BTreeMap<String, Series>,
    counts: BTreeMap<String, i64>,
}

impl<'a> Names<'a> {
    /// Every column of a table.
    pub(crate) fn of(table: &'a Table) -> Self {
        Self {
            table,
            series: BTreeMap::new(),
            counts: BTreeMap::new(),
        }
    }

    /// Adds a count that offsets may name, such as the horizon.
    pub(crate) fn with_count(mut self, name: &str, count: usize) -> Self {
        self.counts
            .insert(name.to_owned(), i64::try_from(count).unwrap_or(i64::MAX));
        self
    }

    /// Adds a series by a formula that the case holds.
    pub(crate) fn with_param(mut self, case: &Case, name: &str) -> Result<Self, Failure> {
        let series = self.evaluate(case.word(name)?)?;
        self.series.insert(name.to_owned(), series);
        Ok(self)
    }

    /// Evaluates a formula on every row.
    pub(crate) fn evaluate(&self, formula: &str) -> Result<Series, Failure> {
        let mut parser = Parser {
            names: self,
            rest: formula,
        };
        let series = parser.sum()?;
        if parser.rest.trim().is_empty() {
            return Ok(series);
        }
        Err(format!("cannot read \"{}\" in \"{formula}\"", parser.rest).into())
    }

    /// Evaluates a formula that is defined on every row.
    pub(crate) fn whole(&self, formula: &str) -> Result<Vec<f64>, Failure> {
        let series = self.evaluate(formula)?;
        let whole: Option<Vec<f64>> = series.into_iter().collect();
        whole.ok_or_else(|| format!("\"{formula}\" is undefined on a row").into())
    }

    /// Evaluates a comparison such as `gex_t<0`; words after ` / ` describe the complement.
    pub(crate) fn condition(&self, formula: &str) -> Result<Vec<Option<bool>>, Failure> {
        let first = formula.split(" / ").next().unwrap_or_default();
        let signs: [(&str, Relation); 4] = [
            ("<=", |a, b| a <= b),
            (">=", |a, b| a >= b),
            ("<", |a, b| a < b),
            (">", |a, b| a > b),
        ];
        let found = signs
            .iter()
            .find_map(|(sign, holds)| Some((first.split_once(sign)?, holds)));
        let ((left, right), holds) = found.ok_or_else(|| format!("no comparison in {formula}"))?;
        let (left, right) = (self.evaluate(left)?, self.evaluate(right)?);
        Ok(left
            .iter()
            .zip(&right)
            .map(|(a, b)| Some(holds((*a)?, (*b)?)))
            .collect())
    }

    fn named(&self, name: &str) -> Result<Series, Failure> {
        match self.series.get(name) {
            Some(series) => Ok(series.clone()),
            None => self.table.optional(name),
        }
    }
}

struct Parser<'a> {
    names: &'a Names<'a>,
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn eat(&mut self, word: &str) -> bool {
        let trimmed = self.rest.trim_start();
        let Some(rest) = trimmed.strip_prefix(word) else {
            return false;
        };
        let is_word = word.chars().all(char::is_alphabetic);
        if is_word && rest.starts_with(|next: char| next.is_alphanumeric() || next == '_') {
            return false;
        }
        self.rest = rest;
        true
    }

    fn expect(&mut self, word: &str) -> Result<(), Failure> {
        if self.eat(word) {
            Ok(())
        } else {
            Err(format!("{word} expected at {}", self.rest).into())
        }
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let trimmed = self.rest.trim_start();
        let end = trimmed
            .find(|letter| !belongs(letter))
            .unwrap_or(trimmed.len());
        let (taken, rest) = trimmed.split_at(end);
        self.rest = rest;
        taken
    }

    fn sum(&mut self) -> Result<Series, Failure> {
        let mut total = self.product()?;
        loop {
            if self.eat("+") {
                total = zip(&total, &self.product()?, |a, b| a + b);
            } else if self.eat("-") {
                total = zip(&total, &self.product()?, |a, b| a - b);
            } else {
                return Ok(total);
            }
        }
    }

    fn product(&mut self) -> Result<Series, Failure> {
        let mut total = self.power()?;
        loop {
            if self.eat("*") {
                total = zip(&total, &self.power()?, |a, b| a * b);
            } else if self.eat("/") {
                total = zip(&total, &self.power()?, |a, b| a / b);
            } else {
                return Ok(total);
            }
        }
    }

    fn power(&mut self) -> Result<Series, Failure> {
        let base = self.factor()?;
        if self.eat("^") {
            Ok(zip(&base, &self.factor()?, f64::powf))
        } else {
            Ok(base)
        }
    }

    fn factor(&mut self) -> Result<Series, Failure> {
        if self.eat("(") {
            let inside = self.sum()?;
            self.expect(")")?;
            return Ok(inside);
        }
        if self
            .rest
            .trim_start()
            .starts_with(|letter: char| letter.is_ascii_digit())
        {
            return self.number();
        }
        if self.eat("mean") {
            return self.mean();
        }
        for (name, function) in FUNCTIONS {
            if self.eat(name) {
                return Ok(self
                    .factor()?
                    .into_iter()
                    .map(|value| value.map(function))
                    .collect());
            }
        }
        if self.eat("min") {
            return self.pair(f64::min);
        }
        if self.eat("max") {
            return self.pair(f64::max);
        }
        self.subscripted()
    }

    fn number(&mut self) -> Result<Series, Failure> {
        let digits = self.take(|letter| letter.is_ascii_digit() || letter == '.' || letter == 'e');
        Ok(vec![Some(digits.parse()?); self.names.table.rows()])
    }

    fn pair(&mut self, function: impl Fn(f64, f64) -> f64) -> Result<Series, Failure> {
        self.expect("(")?;
        let first = self.sum()?;
        self.expect(",")?;
        let second = self.sum()?;
        self.expect(")")?;
        Ok(zip(&first, &second, function))
    }

    fn mean(&mut self) -> Result<Series, Failure> {
        let values = self.power()?;
        self.expect("over")?;
        let from = self.offset()?;
        self.expect("..")?;
        let to = self.offset()?;
        let mean = |row: usize| -> Option<f64> {
            let window: Option<Vec<f64>> = (from..=to)
                .map(|offset| *values.get(row.checked_add_signed(offset)?)?)
                .collect();
            let window = window?;
            Some(window.iter().sum::<f64>() / window.len() as f64)
        };
        Ok((0..values.len()).map(mean).collect())
    }

    /// `t`, `t+1`, `t-21` or `t+h`.
    fn offset(&mut self) -> Result<isize, Failure> {
        self.expect("t")?;
        let sign = if self.eat("+") {
            1
        } else if self.eat("-") {
            -1
        } else {
            return Ok(0);
        };
        let word = self.take(char::is_alphanumeric);
        let count = match self.names.counts.get(word) {
            Some(count) => *count,
            None => word.parse()?,
        };
        Ok(sign * isize::try_from(count)?)
    }

    fn subscripted(&mut self) -> Result<Series, Failure> {
        let name = self.take(|letter| letter.is_alphanumeric() || letter == '_');
        let (name, shift) = match name.strip_suffix('_') {
            Some(bare) if self.eat("{") => {
                let shift = self.offset()?;
                self.expect("}")?;
                (bare, shift)
            }
            _ => (name, 0),
        };
        let known = self.names.named(name);
        let series = known.or_else(|_| self.names.named(name.trim_end_matches("_t")))?;
        let shifted = |row: usize| *series.get(row.checked_add_signed(shift)?)?;
        Ok((0..series.len()).map(shifted).collect())
    }
}

type Elementary = fn(f64) -> f64;

const FUNCTIONS: [(&str, Elementary); 4] = [
    ("log", f64::ln),
    ("sqrt", f64::sqrt),
    ("abs", f64::abs),
    ("exp", f64::exp),
];

fn zip(left: &Series, right: &Series, function: impl Fn(f64, f64) -> f64) -> Series {
    left.iter()
        .zip(right)
        .map(|(a, b)| Some(function((*a)?, (*b)?)))
        .collect()
}

/// Rows on which every series is defined.
pub(crate) fn complete(columns: &[Series]) -> Vec<Vec<f64>> {
    let rows = columns.first().map_or(0, Vec::len);
    let mut kept = vec![Vec::new(); columns.len()];
    for row in 0..rows {
        let values: Option<Vec<f64>> = columns
            .iter()
            .map(|c| c.get(row).copied().flatten())
            .collect();
        for (column, value) in kept.iter_mut().zip(values.unwrap_or_default()) {
            column.push(value);
        }
    }
    kept
}
