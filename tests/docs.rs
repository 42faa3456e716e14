//! The book in `docs/`: every page is in its table of contents, every link leads somewhere, and
//! every command in it is one that the command line takes.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use gexlab::args::Cli;

use crate::support::root;

fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(pages(&path));
        } else if path.extension().is_some_and(|e| e == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Targets of the Markdown links of a text, without anchors.
fn links(text: &str) -> Vec<&str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .filter_map(|(target, _)| target.split('#').next())
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .collect()
}

#[test]
fn every_page_is_in_the_table_of_contents_and_every_link_leads_somewhere() {
    let docs = root().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let listed: Vec<PathBuf> = links(&summary).into_iter().map(|l| docs.join(l)).collect();
    for page in pages(&docs) {
        if !page.ends_with("SUMMARY.md") {
            assert!(
                listed.contains(&page),
                "{} is not in SUMMARY.md",
                page.display()
            );
        }
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            let target = page.parent().unwrap().join(link);
            assert!(target.exists(), "{}: {link}", page.display());
        }
    }
}

/// The lines that begin with `gex` in the shell blocks of a page.
fn commands(text: &str) -> Vec<&str> {
    let blocks = text.split("```sh\n").skip(1);
    blocks
        .filter_map(|block| block.split("```").next())
        .flat_map(str::lines)
        .filter(|line| line.starts_with("gex "))
        .collect()
}

#[test]
fn every_command_of_the_book_and_the_readme_is_taken() {
    let mut files = pages(&root().join("docs"));
    files.push(root().join("README.md"));
    let mut seen = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for line in commands(&text) {
            let plain = line.split(" #").next().unwrap_or(line);
            let words: Vec<&str> = plain.split_whitespace().take_while(|w| *w != "|").collect();
            let parsed = Cli::try_parse_from(&words);
            assert!(
                parsed.is_ok(),
                "{}: {line}\n{}",
                file.display(),
                parsed.unwrap_err()
            );
            seen += 1;
        }
    }
    assert!(10 < seen, "{seen} commands found");
}
