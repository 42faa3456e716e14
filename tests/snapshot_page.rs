//! `gex snapshot`: one chain, one page.

use std::fs;

use gex_ingest::table::{Column, read_parquet};

use crate::support::{gex, gex_ok, run_folder, stderr};

#[test]
fn one_instant_is_one_page_with_the_numbers_of_the_series() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    gex_ok(at, &["demo", "--out", "demo"]);
    let said = gex_ok(
        at,
        &[
            "snapshot",
            "demo/archive",
            "--study",
            "demo/study.toml",
            "--out",
            "page",
        ],
    );
    assert_eq!(said.trim(), "page/index.html");
    let page = fs::read_to_string(at.join("page/index.html")).unwrap();
    assert!(page.contains("default-src 'none'") && page.contains("Synthetic data"));
    // The name of the SVG namespace is no address.
    let bare = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!bare.contains("http://") && !bare.contains("https://"));
    for figure in ["profile", "strikes", "hedge-flow"] {
        assert!(
            page.contains(&format!("<figure id=\"{figure}\">")),
            "{figure}"
        );
        let png = fs::read(at.join(format!("page/figures/{figure}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG"));
    }
    // The same chain in the run's series: the same number to the digit.
    let run = run_folder(&at.join("demo"), "demo");
    let (series, _) = read_parquet(&run.join("series.parquet")).unwrap();
    let Some(Column::F64(nets)) = series.column("net_gex") else {
        panic!("no net_gex");
    };
    let Some(Column::Text(models)) = series.column("positioning") else {
        panic!("no positioning");
    };
    let last = models
        .iter()
        .rposition(|m| m.as_deref() == Some("calls-long-puts-short"))
        .unwrap();
    let csv = fs::read_to_string(at.join("page/tables/series.csv")).unwrap();
    assert!(csv.contains(&nets[last].unwrap().to_string()), "{csv}");
    for table in [
        "crossings",
        "flip-band",
        "forwards",
        "hedge-flow",
        "sensitivity",
        "strikes",
        "surface",
    ] {
        let text = fs::read_to_string(at.join(format!("page/tables/{table}.csv"))).unwrap();
        assert!(1 < text.lines().count(), "{table}");
    }
}

#[test]
fn an_instant_without_a_chain_and_one_that_is_none_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    gex_ok(folder.path(), &["demo", "--out", "demo"]);
    let archive = "demo/archive";
    let none = gex(folder.path(), &["snapshot", archive, "--at", "1999-01-04"]);
    assert_eq!(none.status.code(), Some(3), "{}", stderr(&none));
    assert!(stderr(&none).contains("no snapshot"), "{}", stderr(&none));
    let typed = gex(folder.path(), &["snapshot", archive, "--at", "yesterday"]);
    assert_eq!(typed.status.code(), Some(2));
    assert!(
        stderr(&typed).contains("2026-07-15T20:15:00Z"),
        "{}",
        stderr(&typed)
    );
}
