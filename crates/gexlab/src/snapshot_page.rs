//! What the page of one instant shows.

use gex_compute::market::Instant;
use gex_compute::market::snapshot::ChainSnapshot;
use gex_compute::points::snapshot_figure;
use gex_compute::series::{GexPoint, Measure, MeasureUnit};
use gex_ingest::archive::Document;
use gex_ingest::table::{Column, Table};
use gex_report::input::{
    ExposureUnit, FlowPoint, HedgeFlowFigure, PlainCell, PlainTable, SnapshotInput, SnapshotSection,
};

use crate::output_kind::OutputKind;
use crate::page::{profile, strikes};
use crate::series_table::series_table;
use crate::snapshot_tables::SnapshotTables;
use crate::study_plan::Plan;

/// One instant with all that was computed of it.
pub(crate) struct Scene<'a> {
    /// Pricing, positions, flip.
    pub(crate) plan: &'a Plan,
    /// The chain.
    pub(crate) chain: &'a ChainSnapshot,
    /// One point a positioning model.
    pub(crate) points: &'a [GexPoint],
    /// What is computed on request.
    pub(crate) tables: &'a SnapshotTables,
    /// End of the first session in which the point can be traded.
    pub(crate) end: Instant,
    /// The archive's description.
    pub(crate) document: &'a Document,
    /// The command that makes the page again.
    pub(crate) command: &'a str,
}

impl Scene<'_> {
    /// Every table as it is written beside the page.
    pub(crate) fn csvs(&self) -> Vec<(&'static str, Table)> {
        let kinds = OutputKind::of_one_snapshot();
        let mut all: Vec<(&str, Table)> = kinds
            .map(|kind| (kind.name(), self.tables.one(kind)))
            .collect();
        all.push(("series", series_table(self.points)));
        all
    }
}

/// Lays out the page.
pub(crate) fn input(scene: &Scene<'_>) -> SnapshotInput {
    let head = scene.chain.head();
    let unit = ExposureUnit::CurrencyPerPct(head.currency.to_string());
    let shown = scene.points.first().and_then(|point| {
        let model = scene.plan.model(&point.positioning)?;
        let rule = (model, scene.plan.flip);
        let figure = snapshot_figure(scene.chain, &scene.plan.pricing, rule, scene.end);
        Some((point, model, figure))
    });
    let figure = shown.as_ref();
    SnapshotInput {
        title: format!(
            "{}, {} UTC",
            head.underlying,
            head.ts.format("%Y-%m-%d %H:%M")
        ),
        subtitle: format!(
            "session of {} · known at {} UTC · {} contracts",
            head.session,
            head.known_at.format("%Y-%m-%d %H:%M"),
            scene.chain.len()
        ),
        synthetic: scene.document.synthetic,
        facts: facts(scene),
        assumptions: assumptions(scene),
        profile: figure
            .map(|(point, _, figure)| profile(figure, (&point.positioning, unit.clone()), head)),
        strikes: figure
            .map(|(point, model, figure)| strikes(figure, (point, *model), unit.clone())),
        hedge_flow: hedge_flow(scene),
        sections: sections(scene),
        command: scene.command.to_owned(),
    }
}

/// The flows of the first model, out of the table of all of them.
fn hedge_flow(scene: &Scene<'_>) -> Option<HedgeFlowFigure> {
    let model = &scene.points.first()?.positioning;
    let table = scene.tables.one(OutputKind::HedgeFlow);
    let numbers = |name: &str| match table.column(name) {
        Some(Column::F64(values)) => values.clone(),
        _ => Vec::new(),
    };
    let Some(Column::Text(models)) = table.column("positioning") else {
        return None;
    };
    let (moves, days) = (numbers("spot_move"), numbers("days"));
    let (vols, flows) = (numbers("vol_move"), numbers("flow"));
    let at = |values: &[Option<f64>], i: usize| values.get(i).copied().flatten();
    let ours = |i: &usize| {
        let own = models
            .get(*i)
            .is_some_and(|name| name.as_ref() == Some(model));
        own && at(&vols, *i).is_some_and(|vol| vol.abs() < 1e-12)
    };
    let rows: Vec<usize> = (0..models.len()).filter(ours).collect();
    let flow_of = |spot: f64, after: f64| {
        let same = |i: &&usize| at(&moves, **i) == Some(spot) && at(&days, **i) == Some(after);
        rows.iter().find(same).and_then(|i| at(&flows, *i))
    };
    let mut spots: Vec<f64> = rows.iter().filter_map(|i| at(&moves, *i)).collect();
    spots.sort_by(f64::total_cmp);
    spots.dedup();
    let point = |spot: f64| FlowPoint {
        spot_move: spot,
        at_once: flow_of(spot, 0.0),
        in_a_day: flow_of(spot, 1.0),
    };
    Some(HedgeFlowFigure {
        positioning: model.clone(),
        currency: scene.chain.head().currency.to_string(),
        points: spots.into_iter().map(point).collect(),
    })
}

fn facts(scene: &Scene<'_>) -> Vec<(String, String)> {
    let head = scene.chain.head();
    let mut facts = vec![("Spot".to_owned(), format!("{:.2}", head.spot.get()))];
    if let Some(point) = scene.points.first() {
        let value = |measure| point.measures.get(measure);
        let mut add = |name: &str, text: Option<String>| {
            facts.extend(text.map(|text| (name.to_owned(), text)));
        };
        add("Book", Some(point.positioning.clone()));
        add(
            "Flip",
            value(Measure::Flip).map(|flip| format!("{flip:.2}")),
        );
        add("Flip, status", Some(point.flip_status.word().to_owned()));
        add(
            "Call wall",
            value(Measure::CallWall).map(|wall| wall.to_string()),
        );
        add(
            "Put wall",
            value(Measure::PutWall).map(|wall| wall.to_string()),
        );
        add(
            "Coverage of open interest",
            value(Measure::Coverage).map(|c| format!("{:.1} %", 100.0 * c)),
        );
    }
    facts
}

fn assumptions(scene: &Scene<'_>) -> Vec<String> {
    let pricing = &scene.plan.pricing;
    let models = scene.plan.models.iter();
    let mut sentences: Vec<String> = models
        .map(|model| format!("{model}: {}", model.assumption()))
        .collect();
    sentences.push(format!(
        "Forward of each expiry: {}, else {}; rate {}, dividend {}. Volatility: {}.",
        pricing.forward.word(),
        pricing.fallback.word(),
        pricing.rate.get(),
        pricing.dividend.get(),
        pricing.iv.word()
    ));
    sentences.push(format!(
        "Clock of open interest: {}.",
        scene.document.open_interest
    ));
    sentences
}

fn sections(scene: &Scene<'_>) -> Vec<SnapshotSection> {
    let section =
        |title: &str, figures: &[&'static str], tables: Vec<PlainTable>| SnapshotSection {
            title: title.to_owned(),
            figures: figures.to_vec(),
            tables,
        };
    let of = |kind, caption: &str| plain(&scene.tables.one(kind), caption);
    vec![
        section("Exposures", &[], vec![exposures(scene), buckets(scene)]),
        section(
            "Gamma over spot",
            &["profile"],
            vec![
                of(
                    OutputKind::Crossings,
                    "Where the book changes sign, and where the running sum over strikes does, which is another thing.",
                ),
                of(
                    OutputKind::FlipBand,
                    "The flip at the volatilities of bids and of offers.",
                ),
                of(
                    OutputKind::Sensitivity,
                    "Net gamma over every pair of shares that dealers may hold of calls and puts.",
                ),
            ],
        ),
        section("Gamma by strike", &["strikes"], Vec::new()),
        section(
            "What dealers must trade",
            &["hedge-flow"],
            vec![of(
                OutputKind::HedgeFlow,
                "Currency of underlying bought (negative: sold) in a move of spot, time and volatility, by full repricing.",
            )],
        ),
        section(
            "Surface",
            &[],
            vec![
                of(
                    OutputKind::Surface,
                    "Volatility at fixed tenors and deltas, annual.",
                ),
                of(
                    OutputKind::Forwards,
                    "The forward and the discount of every expiry, and the spread of parity around it.",
                ),
            ],
        ),
    ]
}

/// The measures of one kind, a row a measure, a column a model.
fn measures(scene: &Scene<'_>, caption: &str, keep: impl Fn(Measure) -> bool) -> PlainTable {
    let names = scene.points.iter().map(|point| point.positioning.clone());
    let columns = ["measure".to_owned(), "unit".to_owned()]
        .into_iter()
        .chain(names)
        .collect();
    let currency = scene.chain.head().currency.to_string();
    let row = |measure: Measure| {
        let texts = [
            measure.name().to_owned(),
            unit_words(measure.unit(), &currency),
        ];
        let values = scene
            .points
            .iter()
            .map(|point| PlainCell::Alone(point.measures.get(measure)));
        texts
            .into_iter()
            .map(PlainCell::Text)
            .chain(values)
            .collect()
    };
    PlainTable {
        caption: caption.to_owned(),
        columns,
        rows: Measure::ALL
            .iter()
            .copied()
            .filter(|m| keep(*m))
            .map(row)
            .collect(),
        notes: Vec::new(),
    }
}

fn exposures(scene: &Scene<'_>) -> PlainTable {
    measures(
        scene,
        "Exposures under each assumption about who holds what.",
        |measure| {
            !matches!(
                measure.unit(),
                MeasureUnit::Level | MeasureUnit::Ratio | MeasureUnit::Vol
            )
        },
    )
}

fn buckets(scene: &Scene<'_>) -> PlainTable {
    measures(scene, "Levels, ratios and volatilities.", |measure| {
        matches!(
            measure.unit(),
            MeasureUnit::Level | MeasureUnit::Ratio | MeasureUnit::Vol
        )
    })
}

fn unit_words(unit: MeasureUnit, currency: &str) -> String {
    match unit {
        MeasureUnit::CurrencyPerPct => format!("{currency} per 1 %"),
        MeasureUnit::CurrencyDelta => format!("{currency} of underlying"),
        MeasureUnit::CurrencyPerVolPoint => format!("{currency} per vol point"),
        MeasureUnit::CurrencyPerDay => format!("{currency} per day"),
        MeasureUnit::CurrencyValuePerVolPoint => format!("{currency} of value per vol point"),
        MeasureUnit::CurrencyValuePerDay => format!("{currency} of value per day"),
        MeasureUnit::CurrencyValuePerRatePoint => format!("{currency} of value per rate point"),
        MeasureUnit::Level => "price".to_owned(),
        MeasureUnit::Ratio => "number".to_owned(),
        MeasureUnit::Vol => "annual".to_owned(),
    }
}

/// Columns that every row of one snapshot repeats.
const REPEATED: [&str; 6] = [
    "ts",
    "known_at",
    "session",
    "underlying",
    "currency",
    "spot",
];

fn plain(table: &Table, caption: &str) -> PlainTable {
    let named = table
        .columns()
        .iter()
        .map(|(name, column)| (name.as_str(), column));
    let kept: Vec<(&str, &Column)> = named
        .filter(|(name, column)| !REPEATED.contains(name) && !is_null(column))
        .collect();
    let row = |i: usize| kept.iter().map(|(_, column)| cell(column, i)).collect();
    PlainTable {
        caption: caption.to_owned(),
        columns: kept
            .iter()
            .map(|(name, _)| name.replace('_', " "))
            .collect(),
        rows: (0..table.rows()).map(row).collect(),
        notes: Vec::new(),
    }
}

/// Whether no row has a number: what needs volumes, or what came after, is not known of one chain.
fn is_null(column: &Column) -> bool {
    matches!(column, Column::F64(values) if values.iter().all(Option::is_none))
}

fn cell(column: &Column, i: usize) -> PlainCell {
    let text = |text: Option<String>| PlainCell::Text(text.unwrap_or_else(|| "–".to_owned()));
    match column {
        Column::F64(values) => PlainCell::Number(values.get(i).copied().flatten()),
        Column::I64(values) => {
            PlainCell::Number(values.get(i).copied().flatten().map(|value| value as f64))
        }
        Column::Text(values) => text(values.get(i).cloned().flatten()),
        Column::Instant(values) => {
            let at = values.get(i).copied().flatten();
            let at = at.and_then(chrono::DateTime::from_timestamp_micros);
            text(at.map(|at| at.format("%Y-%m-%d %H:%M").to_string()))
        }
        Column::Date(values) => text(
            values
                .get(i)
                .copied()
                .flatten()
                .map(|date| date.to_string()),
        ),
    }
}
