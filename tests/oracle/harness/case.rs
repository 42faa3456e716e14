//! A reference case and the tables that it reads.

use std::error::Error;
use std::path::{Path, PathBuf};

use gex_analysis::stats::bootstrap::Draw;
use serde_json::{Map, Value};

/// Why a case could not be run or did not match.
pub(crate) type Failure = Box<dyn Error>;

/// What a reference function returns: an object of the shape of `expected`.
pub(crate) type Outcome = Result<Value, Failure>;

/// How far a number may lie from the expected one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tolerance {
    /// Absolute part.
    pub(crate) absolute: f64,
    /// Part relative to the expected number.
    pub(crate) relative: f64,
}

/// One line of `cases.jsonl`.
pub(crate) struct Case {
    /// Name of the case.
    pub(crate) id: String,
    /// Name of the function.
    pub(crate) function: String,
    /// Which reading of the function, where there are several.
    pub(crate) variant: String,
    /// The numbers to match.
    pub(crate) expected: Value,
    /// How closely.
    pub(crate) tolerance: Tolerance,
    inputs: Vec<PathBuf>,
    params: Value,
}

impl Case {
    /// Reads a line; input files are relative to the folder.
    pub(crate) fn parse(line: &str, folder: &Path) -> Result<Self, Failure> {
        let value: Value = serde_json::from_str(line)?;
        let word = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let tolerance = |key: &str| value["tol"][key].as_f64().ok_or("a case without tolerance");
        let files = value["inputs"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        Ok(Self {
            id: word("id"),
            function: word("function"),
            variant: word("variant"),
            expected: value["expected"].clone(),
            tolerance: Tolerance {
                absolute: tolerance("abs")?,
                relative: tolerance("rel")?,
            },
            inputs: files.map(|file| folder.join(file)).collect(),
            params: value["params"].clone(),
        })
    }

    /// A parameter, null where it is absent.
    pub(crate) fn param(&self, key: &str) -> &Value {
        &self.params[key]
    }

    /// A parameter that is a number.
    pub(crate) fn number(&self, key: &str) -> Result<f64, Failure> {
        self.param(key)
            .as_f64()
            .ok_or_else(|| format!("params.{key} is not a number").into())
    }

    /// A parameter that is a count.
    pub(crate) fn count(&self, key: &str) -> Result<usize, Failure> {
        as_count(self.param(key)).ok_or_else(|| format!("params.{key} is not a count").into())
    }

    /// A parameter that is a count or a list of counts.
    pub(crate) fn counts(&self, key: &str) -> Result<Vec<usize>, Failure> {
        let listed = self.param(key).as_array().cloned();
        let items = listed.unwrap_or_else(|| vec![self.param(key).clone()]);
        items
            .iter()
            .map(|item| {
                as_count(item).ok_or_else(|| format!("params.{key} is no list of counts").into())
            })
            .collect()
    }

    /// A parameter that is a word.
    pub(crate) fn word(&self, key: &str) -> Result<&str, Failure> {
        self.param(key)
            .as_str()
            .ok_or_else(|| format!("params.{key} is not a string").into())
    }

    /// A parameter that is a word, or a default where it is absent.
    pub(crate) fn word_or<'a>(&'a self, key: &str, default: &'a str) -> &'a str {
        self.param(key).as_str().unwrap_or(default)
    }

    /// A parameter that is a list of words.
    pub(crate) fn words(&self, key: &str) -> Result<Vec<&str>, Failure> {
        let items = self
            .param(key)
            .as_array()
            .ok_or_else(|| format!("params.{key} is no list"))?;
        Ok(items.iter().filter_map(Value::as_str).collect())
    }

    /// A list of numbers.
    pub(crate) fn numbers(&self, key: &str) -> Result<Vec<f64>, Failure> {
        numbers(self.param(key)).ok_or_else(|| format!("params.{key} is no list of numbers").into())
    }

    /// The table of the input at a position.
    pub(crate) fn table(&self, position: usize) -> Result<Table, Failure> {
        Table::read(self.input(position)?)
    }

    /// The name of the input at a position: its file without folder, ending, or data-set prefix.
    pub(crate) fn input_name(&self, position: usize) -> Result<String, Failure> {
        let stem = self
            .input(position)?
            .file_stem()
            .and_then(|stem| stem.to_str());
        let stem = stem.ok_or("an input without a name")?;
        // Data sets differ in a prefix of one letter: `b_panel.csv` is another `panel.csv`.
        let bare = match stem.split_once('_') {
            Some((prefix, rest)) if prefix.len() == 1 => rest,
            _ => stem,
        };
        Ok(bare.to_owned())
    }

    /// How many inputs there are.
    pub(crate) fn input_count(&self) -> usize {
        self.inputs.len()
    }

    /// The matrix of positions in the input at a position: no header, one resample a row.
    pub(crate) fn resamples(&self, position: usize) -> Result<Vec<Vec<usize>>, Failure> {
        let text = read(self.input(position)?)?;
        let row = |line: &str| line.split(',').map(|cell| cell.trim().parse()).collect();
        Ok(text
            .lines()
            .map(row)
            .collect::<Result<_, std::num::ParseIntError>>()?)
    }

    /// The same as draws of `rows` rows.
    pub(crate) fn draws(&self, position: usize, rows: usize) -> Result<Vec<Draw>, Failure> {
        let resamples = self.resamples(position)?;
        let draws = resamples
            .iter()
            .map(|draw| Draw::from_positions(draw, rows));
        Ok(draws.collect::<Result<_, _>>()?)
    }

    fn input(&self, position: usize) -> Result<&PathBuf, Failure> {
        self.inputs
            .get(position)
            .ok_or_else(|| format!("no input at {position}").into())
    }
}

/// Reads a list of numbers.
pub(crate) fn numbers(value: &Value) -> Option<Vec<f64>> {
    value.as_array()?.iter().map(Value::as_f64).collect()
}

fn as_count(value: &Value) -> Option<usize> {
    usize::try_from(value.as_u64()?).ok()
}

/// Reads a file, naming it where that fails.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// A table with a header, its cells as text.
pub(crate) struct Table {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads a CSV file; a cell in quotes may hold commas.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = read(path)?;
        let mut lines = text.lines().map(cells);
        let names = lines
            .next()
            .ok_or_else(|| format!("{}: empty", path.display()))?;
        Ok(Self {
            names,
            rows: lines.collect(),
        })
    }

    /// Names of the columns.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// A column as text.
    pub(crate) fn text(&self, name: &str) -> Result<Vec<&str>, Failure> {
        let position = self.names.iter().position(|known| known == name);
        let position = position.ok_or_else(|| format!("no column {name}"))?;
        Ok(self
            .rows
            .iter()
            .map(|row| row.get(position).map_or("", String::as_str))
            .collect())
    }

    /// A column of numbers.
    pub(crate) fn column(&self, name: &str) -> Result<Vec<f64>, Failure> {
        self.optional(name)?
            .into_iter()
            .map(|value| value.ok_or_else(|| format!("column {name} has an empty cell").into()))
            .collect()
    }

    /// A column of numbers, none where the cell is empty or `nan`.
    pub(crate) fn optional(&self, name: &str) -> Result<Vec<Option<f64>>, Failure> {
        self.text(name)?
            .into_iter()
            .map(|cell| match cell.trim() {
                "" | "nan" | "NaN" | "NA" => Ok(None),
                number => Ok(Some(number.parse::<f64>()?)),
            })
            .collect()
    }

    /// Values of a column in the rows of a group.
    pub(crate) fn group(&self, name: &str) -> Result<Vec<f64>, Failure> {
        let (labels, values) = (self.text("group")?, self.column("value")?);
        let inside = labels
            .into_iter()
            .zip(values)
            .filter(|(label, _)| *label == name);
        Ok(inside.map(|(_, value)| value).collect())
    }
}

fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for letter in line.trim_end_matches('\r').chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => {
                if let Some(cell) = cells.last_mut() {
                    cell.push(other);
                }
            }
        }
    }
    cells
}

/// An object from keys and values.
pub(crate) fn object(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
    Value::Object(entries.into_iter().collect::<Map<String, Value>>())
}

/// A number, or null where it is undefined.
pub(crate) fn or_null<E>(value: Result<f64, E>) -> Value {
    value.map_or(Value::Null, Value::from)
}

/// Shortens slices of vectors for the engine's calls.
pub(crate) fn slices(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}
