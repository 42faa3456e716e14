//! The page as a reader gets it.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture or a page that fails is a failed test, and its numbers are made up"
)]

mod fixture;

use gex_analysis::findings::Findings;
use gex_report::input::{ExposureUnit, ReportInput, Reproduction, SeriesFigure};
use gex_report::{Pages, render};

/// Ten years of daily data.
const TEN_YEARS: usize = 2520;

fn full(sessions: usize) -> Pages {
    let findings = fixture::findings(sessions);
    render(&fixture::input(&findings, sessions)).unwrap()
}

/// A study in which nothing could be read.
fn bare(findings: &Findings) -> ReportInput<'_> {
    ReportInput {
        findings,
        series: SeriesFigure {
            underlying: String::new(),
            positioning: String::new(),
            unit: ExposureUnit::AsGiven("index points".to_owned()),
            regime_rule: String::new(),
            realized_vol_name: String::new(),
            rows: Vec::new(),
        },
        profile: None,
        strikes: None,
        reproduction: Reproduction::default(),
    }
}

/// Built with `GEX_REPORT_OUT` set, it also writes the page and its figures there, for eyes.
#[test]
fn ten_years_of_daily_data_fit_into_a_megabyte_without_a_request() {
    let pages = full(TEN_YEARS);
    if let Some(folder) = option_env!("GEX_REPORT_OUT") {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(format!("{folder}/index.html"), &pages.html).unwrap();
        for figure in &pages.figures {
            std::fs::write(format!("{folder}/{}.png", figure.name), &figure.png).unwrap();
            std::fs::write(format!("{folder}/{}.svg", figure.name), &figure.svg).unwrap();
        }
    }
    assert!(pages.html.len() < 1_000_000, "{} bytes", pages.html.len());
    let outside = pages.html.replace("http://www.w3.org/2000/svg", "");
    assert!(!outside.contains("http://") && !outside.contains("https://"));
    assert!(!outside.contains(" src=") && !outside.contains("<link"));
    assert!(outside.contains("default-src 'none'"));
}

#[test]
fn every_figure_comes_as_svg_png_and_csv_with_words() {
    let pages = full(400);
    let names: Vec<&str> = pages.figures.iter().map(|figure| figure.name).collect();
    assert_eq!(
        names,
        [
            "hypotheses",
            "ladder",
            "curve",
            "events",
            "gex",
            "volatility",
            "distribution",
            "stability",
            "gain",
            "profile",
            "strikes",
            "coverage"
        ]
    );
    for figure in &pages.figures {
        assert!(figure.png.starts_with(b"\x89PNG\r\n"), "{}", figure.name);
        let width = u32::from_be_bytes(figure.png[16..20].try_into().unwrap());
        assert_eq!(width, 2400);
        assert!(figure.csv.lines().count() > 1, "{}", figure.name);
        assert!(!figure.alt.is_empty() && !figure.title.is_empty());
        assert!(!figure.svg.contains("NaN") && !figure.svg.contains("inf "));
        assert!(
            pages
                .html
                .contains(&format!("<figure id=\"{}\">", figure.name))
        );
    }
}

/// A picture drawn at the wrong scale leaves most of its sheet white.
#[test]
fn pictures_fill_their_sheet() {
    for figure in full(400).figures {
        let pixels = resvg::tiny_skia::Pixmap::decode_png(&figure.png).unwrap();
        let white = |pixel: &&resvg::tiny_skia::PremultipliedColorU8| {
            (pixel.red(), pixel.green(), pixel.blue()) == (255, 255, 255)
        };
        let rows = pixels.pixels().chunks_exact(2400);
        let right = rows.filter(|row| !row[2000..].iter().all(|pixel| white(&pixel)));
        assert!(right.count() > 10, "{}", figure.name);
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(full(300), full(300));
}

#[test]
fn text_from_data_is_never_markup() {
    let attack = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u{0}";
    let mut findings = fixture::findings(50);
    findings.study.name = attack.to_owned();
    findings.study.assumptions = vec![attack.to_owned()];
    findings.checks[0].text = attack.to_owned();
    findings.quality.sources[0].file = attack.to_owned();
    findings.quality.rules[0].rule = format!("\" onmouseover=\"alert(1){attack}");
    let hypothesis = &mut findings.hypotheses[0];
    hypothesis.id = attack.to_owned();
    hypothesis.claim = attack.to_owned();
    hypothesis.outcome = attack.to_owned();
    hypothesis.conditional[0].regime = attack.to_owned();
    hypothesis.ladder[0].level.unit = attack.to_owned();
    let mut input = fixture::input(&findings, 50);
    input.series.underlying = attack.to_owned();
    input.series.rows[3].regime = Some(attack.to_owned());
    input.reproduction.study = attack.to_owned();
    let pages = render(&input).unwrap();
    assert!(!pages.html.contains("<script>alert"));
    assert!(!pages.html.contains("<img"));
    assert!(!pages.html.contains("\" onmouseover"));
    for figure in &pages.figures {
        assert!(!figure.svg.contains("<script"), "{}", figure.name);
    }
}

#[test]
fn a_page_without_data_is_still_a_page() {
    let mut findings = fixture::findings(0);
    findings.hypotheses.clear();
    findings.quality = gex_analysis::findings::QualityFacts::default();
    findings.families.clear();
    findings.events.clear();
    let pages = render(&bare(&findings)).unwrap();
    assert!(pages.figures.is_empty());
    assert!(pages.html.contains("0 of 0"));
    assert!(pages.html.contains("it shows no profile and no strikes"));
}

#[test]
fn infinities_gaps_and_single_rows_draw_without_harm() {
    let findings = fixture::findings(3);
    for sessions in [1, 2, 3] {
        let mut input = fixture::input(&findings, sessions);
        for row in &mut input.series.rows {
            row.net_gex = Some(f64::INFINITY);
            row.gross_gex = Some(f64::NAN);
            row.coverage = Some(-7.0);
        }
        input.series.rows[0].spot = Some(f64::NEG_INFINITY);
        let pages = render(&input).unwrap();
        assert!(
            pages
                .figures
                .iter()
                .all(|figure| !figure.svg.contains("NaN"))
        );
    }
}

#[test]
fn synthetic_data_carries_its_banner_and_real_data_does_not() {
    let banner = "Synthetic data: these numbers say nothing about markets.";
    let mut findings = fixture::findings(20);
    let page = |findings: &Findings| render(&fixture::input(findings, 20)).unwrap().html;
    assert!(page(&findings).contains(banner));
    let stamped = |findings: &Findings| {
        let pages = render(&fixture::input(findings, 20)).unwrap();
        let with = |svg: &str| svg.matches(">Synthetic data</text>").count();
        pages.figures.iter().all(|figure| with(&figure.svg) == 1)
    };
    assert!(stamped(&findings));
    findings.study.synthetic = false;
    assert!(!page(&findings).contains(banner));
    assert!(!stamped(&findings));
}

#[test]
fn undefined_is_said_with_its_reason() {
    let html = full(60).html;
    assert!(html.contains("Not estimated: fewer than 30 rows"));
    assert!(html.contains("undefined: too few rows or no data"));
    assert!(!html.contains(">NaN<") && !html.contains(">None<") && !html.contains(">inf<"));
}

#[test]
fn shares_are_percentages_and_brackets_are_results() {
    let html = full(60).html;
    assert!(html.contains("−6.2 % of volatility per s.d. of the signal"));
    assert!(html.contains("95 % interval −9.0 to −3.4"));
    assert!(!html.contains("share of volatility"));
    assert!(html.contains(">0.02 to 0.05</td>"));
    assert!(html.contains("fixed-b: Newey-West, Bartlett, S = 66, fixed-b"));
}

#[test]
fn cells_of_the_grid_are_told_in_words() {
    let html = full(60).html;
    let words = "net GEX, calls long puts short, unscaled · 1 session";
    assert!(html.contains(words));
}

#[test]
fn a_study_that_cannot_answer_says_so_instead_of_drawing_nothing() {
    let mut findings = fixture::findings(21);
    findings.hypotheses = vec![findings.hypotheses[2].clone()];
    let pages = render(&fixture::input(&findings, 21)).unwrap();
    let drawn = |name: &str| pages.figures.iter().any(|figure| figure.name == name);
    assert!(!drawn("hypotheses") && !drawn("ladder") && drawn("gex"));
    assert!(pages.html.contains("Hypotheses without an estimate."));
    assert!(pages.html.contains("No primary hypothesis has an estimate"));
    assert!(pages.html.contains(">not testable<"));
}

#[test]
fn a_series_of_somebody_else_is_not_called_ours() {
    let mut findings = fixture::findings(60);
    findings.study.source = gex_analysis::findings::SignalSource::VendorSeries;
    findings.quality.mean_coverage = None;
    findings.quality.missing_sessions.clear();
    for found in &mut findings.hypotheses {
        found.positioning = "vendor".to_owned();
        found.measure = "value".to_owned();
    }
    let mut input = fixture::input(&findings, 60);
    input.series.unit = ExposureUnit::AsGiven("as its author gives it".to_owned());
    for row in &mut input.series.rows {
        (row.gross_gex, row.flip, row.coverage) = (None, None, None);
    }
    (input.profile, input.strikes) = (None, None);
    let pages = render(&input).unwrap();
    assert!(!pages.html.contains("Net GEX") && !pages.html.contains("Gross GEX"));
    assert!(!pages.html.contains("Positioning models"));
    assert!(pages.html.contains("GEX as given was "));
    assert!(pages.html.contains("GEX as its author gives it, in bn"));
    assert!(pages.figures.iter().all(|figure| figure.name != "coverage"));
}

#[test]
fn checks_come_with_the_gravest_first() {
    let html = full(60).html;
    let place = |text: &str| html.find(text).unwrap();
    assert!(place("<b>warning</b>") < place("<b>note</b>"));
    assert!(place("<b>note</b>") < place("<b>pass</b>"));
    assert!(place("Read before quoting numbers") < place("id=\"verdicts\""));
}

/// Hourly data over years would make the page too long to send: pictures stay, values go to files.
#[test]
fn long_series_keep_their_values_in_the_file() {
    let pages = full(30_000);
    assert!(pages.html.len() < 1_000_000, "{} bytes", pages.html.len());
    assert!(pages.html.contains("the run's folder, gex.csv"));
    let gex = pages
        .figures
        .iter()
        .find(|figure| figure.name == "gex")
        .unwrap();
    assert_eq!(gex.csv.lines().count(), 30_001);
}
