//! The page as a reader gets it.
#![expect(clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "made-up data")]

mod fixture;

use gex_report::render;

/// Ten years of daily data.
const TEN_YEARS: usize = 2520;

/// Writes the page and its figures where `GEX_REPORT_OUT` says, for eyes and browsers.
#[test]
fn ten_years_of_daily_data_fit_into_a_megabyte_without_a_request() {
    let findings = fixture::findings(TEN_YEARS);
    let pages = render(&fixture::input(&findings, TEN_YEARS)).unwrap();
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
    assert!(!outside.contains("src=\"") && !outside.contains("<link"));
}
