//! What stands in files: length, doc headers, where SQL may be, both languages.

use crate::{files_below, root, shown};
use std::collections::BTreeSet;

/// Most lines in a source file.
const LINES_MAX: usize = 600;

#[test]
fn no_source_file_is_longer_than_a_person_reads() {
    let long: Vec<String> = files_below(&root(), &[".rs", ".mjs"])
        .into_iter()
        .filter_map(|path| {
            let lines = std::fs::read_to_string(&path).ok()?.lines().count();
            (lines > LINES_MAX).then(|| format!("{}: {lines} lines", shown(&path)))
        })
        .collect();
    assert!(long.is_empty(), "longer than {LINES_MAX} lines: {long:#?}");
}

#[test]
fn every_crate_opens_with_its_purpose() {
    for floor in ["platform", "engines", "slices"] {
        for path in files_below(&root().join(floor), &["src/lib.rs", "lib.rs"]) {
            let text = std::fs::read_to_string(&path).expect("a readable file");
            assert!(text.starts_with("//!"), "{} does not open with its purpose", shown(&path));
        }
    }
}

#[test]
fn sql_stands_only_in_stores() {
    let signs = ["EntityTrait", "DeriveEntityModel", "query_all", "query_one", "execute_unprepared", "sea_query"];
    let mut wrong = Vec::new();
    for path in files_below(&root().join("slices"), &[".rs"]) {
        let name = shown(&path);
        let in_store = name.contains("/store") || name.contains("/tests/");
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let code = text.split("#[cfg(test)]").next().unwrap_or("");
        if !in_store && signs.iter().any(|sign| code.contains(sign)) {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "SQL outside a store: {wrong:#?}");
}

#[test]
fn no_test_is_ignored_and_none_sleeps() {
    let sleep = ["thread::", "sleep("].concat();
    let ignore = ["#[", "ignore"].concat();
    for path in files_below(&root(), &[".rs"]) {
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let tests = text.split("#[cfg(test)]").nth(1).unwrap_or("");
        assert!(!text.contains(&ignore), "{} ignores a test", shown(&path));
        assert!(!tests.contains(&sleep), "{} sleeps in a test", shown(&path));
    }
}

#[test]
fn both_languages_say_the_same_things() {
    for path in files_below(&root(), &["zh-CN.ftl"]) {
        let other = path.with_file_name("en.ftl");
        let keys = |path: &std::path::Path| -> BTreeSet<String> {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            text.lines()
                .filter(|line| line.chars().next().is_some_and(|first| first.is_ascii_alphabetic()))
                .filter_map(|line| line.split_once('=').map(|(key, _)| key.trim().to_owned()))
                .collect()
        };
        let (zh, en) = (keys(&path), keys(&other));
        assert!(!zh.is_empty(), "{} is empty", shown(&path));
        let apart: Vec<_> = zh.symmetric_difference(&en).collect();
        assert!(apart.is_empty(), "{} and its English differ in {apart:?}", shown(&path));
    }
}

#[test]
fn the_catalogs_of_the_whole_product_join_and_name_every_error() {
    let catalogs = ui::Catalogs::new(&touchstone::catalogs()).expect("the catalogs join without a duplicate");
    let mut missing = Vec::new();
    let mut codes = BTreeSet::new();
    for code in touchstone::error_codes() {
        assert!(codes.insert(code.code), "the error code {} is declared twice", code.code);
        if !catalogs.has(&code.message_id()) {
            missing.push(code.message_id());
        }
    }
    assert!(missing.is_empty(), "error codes without a text: {missing:#?}");
}

#[test]
fn every_kind_of_act_has_a_name_a_person_can_read() {
    let act = regex::Regex::new(r#"Act::new\(\s*"([a-z_]+\.[a-z_]+)""#).expect("a pattern");
    let catalogs = ui::Catalogs::new(&touchstone::catalogs()).expect("the catalogs join");
    let mut nameless = BTreeSet::new();
    for floor in ["slices", "platform/ledger", "platform/web", "app/src"] {
        for path in files_below(&root().join(floor), &[".rs"]) {
            let text = std::fs::read_to_string(&path).expect("a readable file");
            for found in act.captures_iter(text.split("#[cfg(test)]").next().unwrap_or("")) {
                let id = format!("proofs-kind-{}", found[1].replace(['.', '_'], "-"));
                if !catalogs.has(&id) && !shown(&path).contains("/tests") {
                    nameless.insert(format!("{} in {}", &found[1], shown(&path)));
                }
            }
        }
    }
    assert!(nameless.is_empty(), "acts without a name: {nameless:#?}");
}

/// A parameter nobody reads would promise something that does not happen.
#[test]
fn every_working_parameter_is_read_somewhere() {
    let pack = std::fs::read_to_string(root().join("policies/cn/parameters.yaml")).expect("the parameters");
    let sources: Vec<String> = ["slices", "platform", "engines", "app"]
        .iter()
        .flat_map(|floor| files_below(&root().join(floor), &[".rs"]))
        .map(|path| std::fs::read_to_string(path).expect("a readable file"))
        .collect();
    let is_read = |id: &str| {
        let short = id.split_once('.').map_or(id, |(_, rest)| rest);
        let [whole, rest] = [format!("\"{id}\""), format!("\"{short}\"")];
        sources.iter().any(|text| text.contains(&whole) || text.contains(&rest))
    };
    let ids = pack.lines().filter_map(|line| line.strip_prefix("  - id: "));
    let unread: Vec<&str> = ids.map(str::trim).filter(|id| !is_read(id)).collect();
    assert!(unread.is_empty(), "parameters that nothing reads: {unread:#?}");
}
