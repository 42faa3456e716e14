//! A whole run: study in, folder of results out.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use gex_analysis::findings::{CheckLevel, Findings, LedgerFacts, PooledFinding};
use gex_analysis::inputs::Inputs;
use gex_analysis::pooled::{Underlying, pooled};
use gex_analysis::{Outcome, run as analyse};
use gex_compute::series::GexPoint;
use gex_ingest::table::write_parquet;
use gex_report::input::{ReportInput, Reproduction};
use gex_report::{Pages, render};
use serde_json::{Value, json};

use crate::console::Console;
use crate::exit::Failure;
use crate::inputs::{SignalData, StudyData};
use crate::ledger::{Claim, Entry, enter};
use crate::load::input_hashes;
use crate::open_study::OpenStudy;
use crate::page::{series_figure, snapshot_figures};
use crate::proofs::{Proofs, Signature};
use crate::replay::Replay;
use crate::run_folder::{Manifest, RESULT_SCHEMA, RunFolder, hash, intact};
use crate::series_table::{panel_table, series_table};
use crate::study_plan::Plan;
use crate::understood::{hypothesis_hashes, understood};

/// Where a run's results are, and what it found.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The run's folder.
    pub folder: PathBuf,
    /// What it found.
    pub findings: Findings,
    /// Whether a finished run of the same inputs stood there already.
    pub reused: bool,
}

/// Whether a finished run of the same inputs is good enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// Its files are checked against their hashes and taken as they stand.
    Allowed,
    /// Everything is computed again.
    Never,
}

/// The name under which a run can be found again.
struct Identity {
    id: String,
    study: Value,
    study_hash: String,
    inputs: std::collections::BTreeMap<String, String>,
    data_hash: String,
}

/// The folder that a run of the study would have.
///
/// # Errors
///
/// A data failure for an input that can't be read.
pub fn place(study: &OpenStudy, out: &Path) -> Result<PathBuf, Failure> {
    Ok(folder_of(study, out, &identity(study)?))
}

fn folder_of(study: &OpenStudy, out: &Path, identity: &Identity) -> PathBuf {
    out.join(study.plan.study.name()).join(&identity.id)
}

/// Runs a study into `out/<study>/<run-id>/`.
///
/// The identifier hashes the study as understood, its inputs and the result schema: the same
/// inputs give the same folder and, but for `run.log.json`, the same bytes.
///
/// # Errors
///
/// A data failure for inputs, any other for what can't be written.
pub fn run(
    study: &OpenStudy,
    out: &Path,
    reuse: Reuse,
    console: Console,
) -> Result<Finished, Failure> {
    let started = now();
    let identity = identity(study)?;
    let place = folder_of(study, out, &identity);
    if reuse == Reuse::Allowed
        && let Some(findings) = finished_before(&place, &identity)
    {
        console.stage(
            "Reused",
            "a finished run of the same study and data; --fresh computes again",
        );
        return Ok(Finished {
            folder: place,
            findings,
            reused: true,
        });
    }
    let proofs = Proofs::beside(&place, &identity.study_hash, &identity.data_hash);
    let data = StudyData::gather(&study.plan, console)?;
    let others = gather_others(study, console)?;
    let gathered = now();
    let prepared = Prepared {
        study,
        out,
        identity,
        data,
        others,
        gather: (started, gathered),
    };
    prepared.finish(&proofs, console)
}

/// A study whose data are read, on its way to a run's folder.
pub struct Prepared<'a> {
    study: &'a OpenStudy,
    out: &'a Path,
    identity: Identity,
    /// What the study reads.
    pub data: StudyData,
    /// What it reads of further underlyings, by name.
    others: Vec<(String, StudyData, Plan)>,
    gather: (DateTime<Utc>, DateTime<Utc>),
}

/// Reads everything that a study reads.
///
/// # Errors
///
/// A data failure for inputs.
pub fn prepare<'a>(
    study: &'a OpenStudy,
    out: &'a Path,
    console: Console,
) -> Result<Prepared<'a>, Failure> {
    let started = now();
    let identity = identity(study)?;
    let data = StudyData::gather(&study.plan, console)?;
    let others = gather_others(study, console)?;
    Ok(Prepared {
        study,
        out,
        identity,
        data,
        others,
        gather: (started, now()),
    })
}

impl Prepared<'_> {
    /// The inputs of the analysis; no estimate depends on the ledger.
    pub fn inputs(&self) -> Inputs<'_> {
        inputs(self.study, &self.data)
    }

    /// The proofs that stand beside a run of this study and data.
    pub fn proofs(&self) -> Proofs {
        let place = folder_of(self.study, self.out, &self.identity);
        Proofs::beside(&place, &self.identity.study_hash, &self.identity.data_hash)
    }

    /// What a proof of this study and data is signed with.
    pub fn signature(&self) -> Signature {
        Signature {
            run: self.identity.id.clone(),
            study_hash: self.identity.study_hash.clone(),
            data_hash: self.identity.data_hash.clone(),
        }
    }

    /// Estimates, renders and writes the run's folder, proofs included.
    ///
    /// # Errors
    ///
    /// A data failure for inputs, any other for what can't be written.
    pub fn finish(self, proofs: &Proofs, console: Console) -> Result<Finished, Failure> {
        let Self {
            study,
            out,
            identity,
            data,
            others,
            gather: (started, gathered),
        } = self;
        let place = folder_of(study, out, &identity);
        std::fs::create_dir_all(out)?;
        let entry = claim(study, &identity, out)?;
        let began = now();
        let mut outcome = estimate(study, &data, &entry)?;
        outcome.findings.pooled = pool(study, &data, &others)?;
        let estimated = now();
        let what = outcome.findings.hypotheses.len();
        console.stage("Tested", &format!("{what} hypotheses"));
        let results = Results {
            study,
            data: &data,
            others: &others,
            outcome: &outcome,
            identity: &identity,
            proofs,
        };
        let pages = results.pages()?;
        let rendered = now();
        let stages = [
            ("gather", started, gathered),
            ("estimate", began, estimated),
            ("render", estimated, rendered),
        ];
        results.write(&place, &pages, &log(&stages))?;
        console.stage("Reported", &format!("{} figures", pages.figures.len()));
        Ok(Finished {
            folder: place,
            findings: outcome.findings,
            reused: false,
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "timings go to run.log.json, and nowhere else"
)]
fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

fn log(stages: &[(&str, DateTime<Utc>, DateTime<Utc>)]) -> Value {
    let started = stages.first().map(|(_, from, _)| from.to_rfc3339());
    let stages: Vec<Value> = stages
        .iter()
        .map(|(name, from, to)| {
            json!({ "stage": name, "milliseconds": (*to - *from).num_milliseconds() })
        })
        .collect();
    json!({
        "started": started,
        "stages": stages,
        "threads": crate::parallel::threads(),
        "tool": env!("CARGO_PKG_VERSION"),
    })
}

fn identity(study: &OpenStudy) -> Result<Identity, Failure> {
    let understood = understood(&study.plan);
    let study_hash = hash(understood.to_string().as_bytes());
    let mut inputs = input_hashes(&study.plan.data)?;
    for (id, data) in &study.plan.others.data {
        let named = input_hashes(data)?.into_iter();
        inputs.extend(named.map(|(name, hash)| (format!("{id}.{name}"), hash)));
    }
    let data_hash = hash(json!(inputs).to_string().as_bytes());
    let whole = format!("{RESULT_SCHEMA}\n{study_hash}\n{data_hash}\n");
    let id = hash(whole.as_bytes()).chars().take(12).collect();
    Ok(Identity {
        id,
        study: understood,
        study_hash,
        inputs,
        data_hash,
    })
}

fn finished_before(place: &Path, identity: &Identity) -> Option<Findings> {
    let manifest = intact(place)?;
    let same = manifest.study_hash == identity.study_hash
        && manifest.inputs == identity.inputs
        && manifest.tool == env!("CARGO_PKG_VERSION");
    let text = std::fs::read_to_string(place.join("findings.json")).ok()?;
    same.then(|| serde_json::from_str(&text).ok()).flatten()
}

fn claim(study: &OpenStudy, identity: &Identity, out: &Path) -> Result<Entry, Failure> {
    let claim = Claim {
        run: identity.id.clone(),
        study: study.plan.study.name().to_owned(),
        data: identity.data_hash.clone(),
        hypotheses: hypothesis_hashes(&study.plan)
            .into_iter()
            .collect::<BTreeSet<_>>(),
    };
    enter(&out.join("ledger.jsonl"), &claim).map_err(Failure::failed)
}

fn estimate(study: &OpenStudy, data: &StudyData, entry: &Entry) -> Result<Outcome, Failure> {
    let mut inputs = inputs(study, data);
    inputs.facts.ledger = LedgerFacts {
        hypotheses: entry.count,
        head: Some(entry.hash.clone()),
    };
    analyse(&study.plan.study, &inputs).map_err(Failure::data)
}

fn inputs<'a>(study: &OpenStudy, data: &'a StudyData) -> Inputs<'a> {
    data.inputs(&study.plan)
}

/// Reads the further underlyings of a study, each under the study's own assumptions.
fn gather_others(
    study: &OpenStudy,
    console: Console,
) -> Result<Vec<(String, StudyData, Plan)>, Failure> {
    let others = study.plan.others.data.iter();
    let gathered = others.map(|(id, data)| {
        let plan = Plan {
            data: data.clone(),
            ..study.plan.clone()
        };
        let data = StudyData::gather(&plan, console)?;
        Ok((id.clone(), data, plan))
    });
    gathered.collect()
}

fn pool(
    study: &OpenStudy,
    own: &StudyData,
    others: &[(String, StudyData, Plan)],
) -> Result<Vec<PooledFinding>, Failure> {
    if others.is_empty() {
        return Ok(Vec::new());
    }
    let plan = &study.plan;
    let first = Underlying {
        id: &plan.others.own_id,
        inputs: own.inputs(plan),
    };
    let rest = others.iter().map(|(id, data, plan)| Underlying {
        id,
        inputs: data.inputs(plan),
    });
    let underlyings: Vec<Underlying<'_>> = std::iter::once(first).chain(rest).collect();
    for underlying in &underlyings {
        underlying.inputs.check().map_err(Failure::data)?;
    }
    pooled(&plan.study, &underlyings, plan.others.pooling).map_err(Failure::data)
}

/// Everything that a run writes.
struct Results<'a> {
    study: &'a OpenStudy,
    data: &'a StudyData,
    others: &'a [(String, StudyData, Plan)],
    outcome: &'a Outcome,
    identity: &'a Identity,
    proofs: &'a Proofs,
}

impl Results<'_> {
    fn pages(&self) -> Result<Pages, Failure> {
        let (profile, strikes) = snapshot_figures(&self.study.plan, self.data);
        // Proofs are made after the findings and stand on the page alone.
        let mut findings = self.outcome.findings.clone();
        findings.checks.extend(self.proofs.checks());
        findings.checks.sort_by_key(|check| check.level);
        let input = ReportInput {
            findings: &findings,
            series: series_figure(&self.study.plan, self.data, &self.outcome.panel),
            profile,
            strikes,
            reproduction: self.reproduction(),
        };
        render(&input).map_err(Failure::failed)
    }

    fn reproduction(&self) -> Reproduction {
        let short = |text: &str| text.chars().take(16).collect::<String>();
        let ledger = self
            .outcome
            .findings
            .ledger
            .head
            .clone()
            .unwrap_or_default();
        Reproduction {
            run_id: self.identity.id.clone(),
            commands: vec!["gex run study.toml".to_owned()],
            study: self.study.text.clone(),
            hashes: vec![
                ("study".to_owned(), short(&self.identity.study_hash)),
                ("data".to_owned(), short(&self.identity.data_hash)),
                ("ledger".to_owned(), short(&ledger)),
            ],
            versions: vec![
                ("gexlab".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
                ("result schema".to_owned(), RESULT_SCHEMA.to_owned()),
            ],
        }
    }

    fn write(&self, place: &Path, pages: &Pages, log: &Value) -> Result<(), Failure> {
        let mut folder = RunFolder::stage(place)?;
        if let SignalData::Chains(replay) = &self.data.signals {
            let table = series_table(&self.points(replay));
            write_parquet(&folder.path("series.parquet")?, &table, &[]).map_err(Failure::failed)?;
            folder.adopt("series.parquet")?;
            let tables = { &replay.tables }.tables(&self.study.plan, &replay.points, self.data);
            for (name, table) in tables {
                write_parquet(&folder.path(&name)?, &table, &[]).map_err(Failure::failed)?;
                folder.adopt(&name)?;
            }
        }
        let panel = panel_table(&self.outcome.panel);
        write_parquet(&folder.path("panel.parquet")?, &panel, &[]).map_err(Failure::failed)?;
        folder.adopt("panel.parquet")?;
        let findings = &self.outcome.findings;
        let mut text = serde_json::to_string_pretty(findings).map_err(Failure::failed)?;
        text.push('\n');
        folder.write("findings.json", text.as_bytes())?;
        folder.write("study.toml", self.study.text.as_bytes())?;
        for (name, csv) in crate::tables::tables(findings) {
            folder.write(&format!("tables/{name}.csv"), csv.to_csv().as_bytes())?;
        }
        for (name, document) in self.proofs.documents()? {
            folder.write(name, document.as_bytes())?;
        }
        write_pages(&mut folder, pages)?;
        Ok(folder.finish(self.manifest(), log)?)
    }

    /// The points of every underlying, the study's own first.
    fn points<'r>(&'r self, own: &'r Replay) -> Cow<'r, [GexPoint]> {
        let others: Vec<&Replay> = { self.others.iter() }
            .filter_map(|(_, data, _)| match &data.signals {
                SignalData::Chains(replay) => Some(replay.as_ref()),
                SignalData::Vendor { .. } => None,
            })
            .collect();
        if others.is_empty() {
            return Cow::Borrowed(&own.points);
        }
        let all = std::iter::once(own).chain(others);
        Cow::Owned(
            all.flat_map(|replay| replay.points.iter().cloned())
                .collect(),
        )
    }

    fn manifest(&self) -> Manifest {
        let checks = self.outcome.findings.checks.iter();
        let grave = checks.filter(|c| matches!(c.level, CheckLevel::Fail | CheckLevel::Warning));
        Manifest {
            schema: RESULT_SCHEMA.to_owned(),
            run: self.identity.id.clone(),
            study: self.identity.study.clone(),
            study_hash: self.identity.study_hash.clone(),
            inputs: self.identity.inputs.clone(),
            seed: self.study.plan.study.seed(),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            warnings: grave.map(|check| check.text.clone()).collect(),
            outputs: std::collections::BTreeMap::new(),
        }
    }
}

fn write_pages(folder: &mut RunFolder, pages: &Pages) -> Result<(), Failure> {
    folder.write("index.html", pages.html.as_bytes())?;
    for figure in &pages.figures {
        folder.write(
            &format!("figures/{}.svg", figure.name),
            figure.svg.as_bytes(),
        )?;
        folder.write(&format!("figures/{}.png", figure.name), &figure.png)?;
        folder.write(
            &format!("figures/{}.csv", figure.name),
            figure.csv.as_bytes(),
        )?;
    }
    Ok(())
}
