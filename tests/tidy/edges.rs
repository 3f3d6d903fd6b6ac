//! Which crate may use which. The table is the one in ARCHITECTURE.md.

use crate::root;
use std::collections::BTreeMap;

/// Crates on the same floor that a crate may use besides everything allowed by floor.
const SAME_FLOOR: &[(&str, &[&str])] = &[
    // platform
    ("policy", &["ground"]),
    ("db", &["ground"]),
    ("blobs", &["ground"]),
    ("kernel", &["ground", "policy", "db", "blobs"]),
    ("ledger", &["ground", "db", "kernel"]),
    ("ui", &["ground"]),
    ("segments", &["ground"]),
    ("lake", &["ground"]),
    ("web", &["ground", "policy", "db", "blobs", "kernel", "ui"]),
    // engines
    ("screening", &["imaging"]),
    ("epcis", &["gs1"]),
    ("detectors", &["stream", "statistics", "series"]),
    // slices: downward in the order in which a product lives
    ("listings", &["merchants"]),
    ("review", &["listings", "merchants"]),
    ("policies", &["listings", "review", "ratings", "risk"]),
    ("trace", &["listings", "merchants"]),
    ("events", &["trace", "merchants"]),
    ("reports", &["trace", "merchants"]),
    ("recalls", &["events", "trace", "listings", "merchants"]),
    ("scans", &["ratings", "recalls", "reports", "events", "trace", "listings", "merchants"]),
    ("signals", &["listings", "merchants"]),
    ("alerts", &["signals", "trace", "listings", "merchants"]),
    ("risk", &["alerts", "signals", "listings", "merchants"]),
    ("ratings", &["signals", "listings", "merchants"]),
    ("insight", &["ratings", "alerts", "signals", "listings", "merchants"]),
];

/// Engines a platform crate may use.
const PLATFORM_TO_ENGINE: &[(&str, &[&str])] =
    &[("ledger", &["tlog"]), ("segments", &["stream"]), ("lake", &["stream"])];

/// Platform crates an engine may use: pure ones.
const ENGINE_TO_PLATFORM: &[&str] = &["ground", "policy"];

#[derive(PartialEq, Debug, Clone, Copy)]
enum Floor {
    Platform,
    Engines,
    Slices,
    App,
    Market,
    Tools,
}

fn crates() -> BTreeMap<String, (Floor, Vec<String>)> {
    let manifest = |path: &str| -> toml::Table {
        let text = std::fs::read_to_string(root().join(path).join("Cargo.toml")).expect(path);
        toml::from_str(&text).expect(path)
    };
    let workspace = manifest(".");
    let members = workspace["workspace"]["members"].as_array().expect("members");
    members
        .iter()
        .map(|member| {
            let path = member.as_str().expect("a path");
            let table = manifest(path);
            let floor = match path.split('/').next().unwrap_or("") {
                "platform" => Floor::Platform,
                "engines" => Floor::Engines,
                "slices" => Floor::Slices,
                "app" => Floor::App,
                "market" => Floor::Market,
                _ => Floor::Tools,
            };
            let dependencies = table
                .get("dependencies")
                .and_then(toml::Value::as_table)
                .map(|table| table.keys().cloned().collect())
                .unwrap_or_default();
            (table["package"]["name"].as_str().expect("a name").to_owned(), (floor, dependencies))
        })
        .collect()
}

fn allowed(from: &str, from_floor: Floor, to: &str, to_floor: Floor) -> bool {
    let listed = |table: &[(&str, &[&str])]| table.iter().any(|(name, uses)| *name == from && uses.contains(&to));
    match (from_floor, to_floor) {
        (Floor::Tools, _) => true,
        (Floor::App, other) => other != Floor::Tools,
        (Floor::Slices, Floor::Platform) => to != "ledger" || ["proofs", "scans", "ratings"].contains(&from),
        (Floor::Slices, Floor::Engines) => true,
        (Floor::Engines, Floor::Platform) => ENGINE_TO_PLATFORM.contains(&to),
        (Floor::Platform, Floor::Engines) => listed(PLATFORM_TO_ENGINE),
        (Floor::Market, Floor::Platform) => to == "ground",
        (one, other) if one == other => listed(SAME_FLOOR),
        _ => false,
    }
}

#[test]
fn crates_use_only_what_stands_below_them() {
    let crates = crates();
    let mut wrong = Vec::new();
    for (from, (floor, dependencies)) in &crates {
        for to in dependencies {
            if let Some((to_floor, _)) = crates.get(to)
                && !allowed(from, *floor, to, *to_floor)
            {
                wrong.push(format!("{from} ({floor:?}) -> {to} ({to_floor:?})"));
            }
        }
    }
    assert!(wrong.is_empty(), "edges that ARCHITECTURE.md does not allow: {wrong:#?}");
}

#[test]
fn engines_touch_no_store_and_no_network() {
    let forbidden = ["sea-orm", "sqlx", "axum", "reqwest", "hyper", "tokio", "object_store"];
    for (name, (floor, dependencies)) in crates() {
        if floor == Floor::Engines {
            let found: Vec<_> = dependencies.iter().filter(|to| forbidden.contains(&to.as_str())).collect();
            assert!(found.is_empty(), "{name} is an engine and uses {found:?}");
        }
    }
}

#[test]
fn only_the_lake_names_columns_and_their_queries() {
    for (name, (_, dependencies)) in crates() {
        let found: Vec<_> = dependencies
            .iter()
            .filter(|to| ["datafusion", "arrow", "parquet"].iter().any(|column| to.starts_with(column)))
            .collect();
        assert!(name == "lake" || found.is_empty(), "{name} uses {found:?}");
    }
}

#[test]
fn versions_stand_only_in_the_root() {
    for (name, _) in crates() {
        let path = crate::files_below(&root(), &["Cargo.toml"])
            .into_iter()
            .find(|path| std::fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("name = \"{name}\""))));
        let Some(path) = path else { continue };
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let own = text.split("[lib]").next().unwrap_or(&text).replace("version.workspace", "");
        assert!(
            !text.lines().any(|line| line.contains("version = \"") && !line.starts_with("rust-version")),
            "{} names a version: {own}",
            path.display()
        );
    }
}
