//! The page: one file without a single request to anywhere.

mod appendix;
mod cards;
mod description;
mod evidence;
mod ladder;
mod p_values;
mod quality;
mod regimes;
pub(crate) mod snapshot;
mod table;
mod verdicts;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gex_analysis::findings::{Check, CheckLevel, Findings, Role, SignalSource, VerdictWord};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value};
use serde::Serialize;

use crate::draw::fonts::{FAMILY, REGULAR, SEMIBOLD};
use crate::draw::palette::{Role as Ink, custom_properties, themed_css};
use crate::error::RenderError;
use crate::figures::{Reading, Sketch};
use crate::format::{UNDEFINED, count, finite, percent};
use crate::headline;
use crate::input::{ReportInput, Reproduction};
use table::Table;

/// Dates of missing sessions written out; the coverage figure's data has them all.
const MOST_DATES: usize = 60;

/// Bytes of data that a figure may add to the page; longer data is in its file alone.
const MOST_DATA: usize = 400_000;

/// Everything that the template writes.
#[derive(Debug, Serialize)]
struct View<'a> {
    title: &'a str,
    subtitle: String,
    synthetic: bool,
    facts: Vec<(&'static str, String)>,
    alarms: Vec<CheckView<'a>>,
    passes: Vec<CheckView<'a>>,
    assumptions: &'a [String],
    cards: Vec<cards::Card>,
    tables: Tables,
    description: Option<description::DescriptionView<'a>>,
    missing: Missing<'a>,
    figures: Vec<FigureView<'a>>,
    reproduction: ReproductionView<'a>,
}

/// A check with its level as a word.
#[derive(Debug, Serialize)]
struct CheckView<'a> {
    level: &'static str,
    id: &'a str,
    text: &'a str,
}

/// Every table of the page.
#[derive(Debug, Serialize)]
struct Tables {
    verdicts: Vec<Table>,
    ladder: Vec<Table>,
    regimes: Table,
    differences: Table,
    moments: Vec<Table>,
    transitions: Option<Table>,
    comparisons: Vec<Table>,
    scrutinies: Vec<Table>,
    forecasts: Vec<Table>,
    families: Vec<Table>,
    pooled: Vec<Table>,
    events: Vec<Table>,
    strategies: Vec<Table>,
    sources: Table,
    rules: Table,
    forwards: Table,
    excluded: Table,
}

/// Sessions without a snapshot.
#[derive(Debug, Serialize)]
struct Missing<'a> {
    dates: &'a [String],
    more: usize,
    all: usize,
}

/// A figure as the template writes it.
#[derive(Debug, Serialize)]
struct FigureView<'a> {
    name: &'static str,
    title: &'a str,
    subtitle: &'a str,
    note: &'a str,
    svg: Value,
    data: Value,
    reads: &'static str,
}

/// What the page's script reads.
#[derive(Debug, Serialize)]
struct FigureData<'a> {
    csv: Option<&'a str>,
    reading: Option<&'a Reading>,
}

/// How to run it again.
#[derive(Debug, Serialize)]
struct ReproductionView<'a> {
    run_id: &'a str,
    commands: &'a [String],
    study: &'a str,
    hashes: &'a [(String, String)],
    versions: &'a [(String, String)],
}

/// Writes the page.
pub(crate) fn write(input: &ReportInput, sketches: &[Sketch]) -> Result<String, RenderError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let text = concat!(include_str!("macros.html"), include_str!("page.html"));
    environment.add_template("page", text)?;
    let view = View {
        title: &input.findings.study.name,
        subtitle: subtitle(input),
        synthetic: input.findings.study.synthetic,
        facts: facts(input),
        alarms: checks(input.findings, |level| level != CheckLevel::Pass),
        passes: checks(input.findings, |level| level == CheckLevel::Pass),
        assumptions: &input.findings.study.assumptions,
        cards: cards::cards(input.findings),
        tables: tables(input.findings),
        description: input.findings.description.as_ref().map(description::view),
        missing: missing(&input.findings.quality.missing_sessions),
        figures: sketches.iter().map(figure).collect::<Result<_, _>>()?,
        reproduction: reproduction(&input.reproduction),
    };
    let page = minijinja::context! {
        style => Value::from_safe_string(style()),
        script => Value::from_safe_string(squeezed(include_str!("page.js"))),
        ..Value::from(Serde(&view))
    };
    Ok(environment.get_template("page")?.render(page)?)
}

fn subtitle(input: &ReportInput) -> String {
    let findings = input.findings;
    let study = &findings.study;
    let known = |date: &Option<String>| date.clone().unwrap_or_else(|| UNDEFINED.to_owned());
    let run = match input.reproduction.run_id.as_str() {
        "" => String::new(),
        id => format!(" · run {id}"),
    };
    format!(
        "{} · {} to {} · {} of {} sessions with a signal · {}{run}",
        study.underlying,
        known(&study.first_session),
        known(&study.last_session),
        count(study.sessions_with_signal),
        count(study.sessions),
        headline::hypotheses(findings.hypotheses.len() as u64)
    )
}

fn facts(input: &ReportInput) -> Vec<(&'static str, String)> {
    let findings = input.findings;
    let study = &findings.study;
    let ever = findings.ledger.hypotheses.to_string();
    let mut facts = vec![
        ("Primaries supported", supported(findings)),
        ("Hypotheses ever tried on these data", ever),
    ];
    facts.extend(match study.source {
        SignalSource::Chains => vec![
            ("Signal", "recomputed from option chains".to_owned()),
            ("Positioning models", study.positioning.join(", ")),
            ("Currency of exposures", study.currency.clone()),
        ],
        SignalSource::VendorSeries => {
            vec![("Signal", "a series that somebody else computed".to_owned())]
        }
    });
    if let Some(share) = finite(findings.quality.mean_coverage) {
        facts.push(("Mean coverage of open interest", percent(share, 1)));
    }
    facts.push(("Calendar", study.calendar.clone()));
    facts.push(("Seed", study.seed.to_string()));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

fn supported(findings: &Findings) -> String {
    let primaries = || {
        let all = findings.hypotheses.iter();
        all.filter(|found| found.role == Role::Primary)
    };
    let held = primaries().filter(|found| found.verdict.word == VerdictWord::Supported);
    format!("{} of {}", held.count(), primaries().count())
}

fn checks(findings: &Findings, wanted: impl Fn(CheckLevel) -> bool) -> Vec<CheckView<'_>> {
    let mut checks: Vec<&Check> = findings.checks.iter().collect();
    checks.sort_by_key(|check| check.level);
    checks
        .into_iter()
        .filter(|check| wanted(check.level))
        .map(|check| CheckView {
            level: match check.level {
                CheckLevel::Fail => "fail",
                CheckLevel::Warning => "warning",
                CheckLevel::Note => "note",
                CheckLevel::Pass => "pass",
            },
            id: &check.id,
            text: &check.text,
        })
        .collect()
}

fn tables(findings: &Findings) -> Tables {
    Tables {
        verdicts: verdicts::tables(findings),
        ladder: ladder::tables(findings),
        regimes: regimes::table(&findings.hypotheses),
        differences: regimes::differences(&findings.hypotheses),
        moments: regimes::moments(&findings.hypotheses),
        transitions: regimes::transitions(&findings.hypotheses),
        comparisons: evidence::comparisons(findings),
        scrutinies: evidence::scrutinies(findings),
        forecasts: evidence::forecasts(findings),
        families: evidence::families(findings),
        pooled: evidence::pooled(findings),
        events: appendix::events(findings),
        strategies: appendix::strategies(findings),
        sources: quality::sources(&findings.quality),
        rules: quality::rules(&findings.quality),
        forwards: quality::forwards(&findings.quality),
        excluded: quality::excluded(findings),
    }
}

fn missing(dates: &[String]) -> Missing<'_> {
    let shown = dates.get(..MOST_DATES).unwrap_or(dates);
    Missing {
        dates: shown,
        more: dates.len() - shown.len(),
        all: dates.len(),
    }
}

fn figure(sketch: &Sketch) -> Result<FigureView<'_>, RenderError> {
    let carried = sketch.csv.len() <= MOST_DATA;
    let data = serde_json::to_string(&FigureData {
        csv: carried.then_some(sketch.csv.as_str()),
        reading: sketch.reading.as_ref().filter(|_| carried),
    })?;
    Ok(FigureView {
        name: sketch.name,
        title: &sketch.words.title,
        subtitle: &sketch.words.subtitle,
        note: &sketch.words.note,
        svg: Value::from_safe_string(sketch.inline()),
        data: Value::from_safe_string(embeddable(&data)),
        reads: match &sketch.reading {
            _ if !carried => "file",
            Some(reading) if reading.dates => "dates",
            Some(_) => "numbers",
            None => "nothing",
        },
    })
}

/// Makes JSON safe inside a script element: no `<` is left to end it or to open a comment.
fn embeddable(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

fn reproduction(reproduction: &Reproduction) -> ReproductionView<'_> {
    ReproductionView {
        run_id: &reproduction.run_id,
        commands: &reproduction.commands,
        study: &reproduction.study,
        hashes: &reproduction.hashes,
        versions: &reproduction.versions,
    }
}

/// Drops comments and the spaces around punctuation, outside quoted text, from a script that ends
/// every statement with a semicolon or a brace.
fn squeezed(script: &str) -> String {
    const TIGHT: &str = "=<>?:,+*/&|{}()[];\n";
    let mut out = String::with_capacity(script.len());
    let mut quote: Option<char> = None;
    let lines = script.lines().filter(|line| !line.starts_with("//"));
    let mut rest = lines
        .flat_map(|line| line.trim().chars().chain(['\n']))
        .peekable();
    while let Some(character) = rest.next() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(character),
            _ => {}
        }
        let blank = quote.is_none() && matches!(character, ' ' | '\n');
        let before = out
            .chars()
            .next_back()
            .is_none_or(|last| TIGHT.contains(last));
        let after = rest.peek().is_none_or(|&next| TIGHT.contains(next));
        let needed = character == '\n' && out.ends_with(['}', ')', ']']);
        if !blank || needed || !(before || after) {
            out.push(character);
        }
    }
    out
}

/// The style sheet: typeface, colours of both themes, classes of the drawings, layout.
fn style() -> String {
    let face = |weight: u16, bytes: &[u8]| {
        format!(
            "@font-face{{font-family:{FAMILY};font-weight:{weight};\
             src:url(data:font/otf;base64,{})format(\"opentype\")}}",
            STANDARD.encode(bytes)
        )
    };
    let light = custom_properties(Ink::light);
    let dark = custom_properties(Ink::dark);
    format!(
        "{}{}:root{{color-scheme:light;{light}}}\
         :root[data-theme=dark]{{color-scheme:dark;{dark}}}\
         @media(prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\
         {}{}@media print{{:root:root:root{{color-scheme:light;{light}}}}}",
        face(400, REGULAR),
        face(600, SEMIBOLD),
        themed_css(),
        include_str!("page.css"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_json_can_neither_close_its_element_nor_open_a_comment() {
        let json = serde_json::to_string("</script><!-- x").unwrap();
        let safe = embeddable(&json);
        assert!(!safe.contains('<'));
        let back: String = serde_json::from_str(&safe).unwrap();
        assert_eq!(back, "</script><!-- x");
    }

    #[test]
    fn the_script_stays_within_eight_kilobytes() {
        let script = squeezed(include_str!("page.js"));
        assert!(script.len() <= 8192, "{} bytes", script.len());
    }

    #[test]
    fn squeezing_leaves_quoted_text_alone() {
        let script = "// note\nconst a = \"x = y\",\n  b = `M${p} ${q}`;\n";
        assert_eq!(squeezed(script), "const a=\"x = y\",b=`M${p} ${q}`;");
    }
}
