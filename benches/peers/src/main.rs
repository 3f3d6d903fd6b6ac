//! `make bench-peers`: rescreening after a change of policy alone, beside zen-engine, over the same facts in one run.
//!
//! Both decide which of the generated titles one row of the cn pack marks, from facts that were made before. The product
//! goes through its index of facts; zen-engine evaluates a decision table of that one row for every title, its inputs
//! parsed beforehand. The two must mark the same titles.

use anyhow::{Context, Result, anyhow, ensure};
use jiff::civil::Date;
use screening::claims::{self, Scratch};
use screening::index::FactsIndex;
use screening::{Input, Rules};
use serde_json::json;
use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;
use zen_engine::DecisionEngine;
use zen_engine::model::DecisionContent;

const DAY: Date = Date::constant(2026, 11, 1);
const TITLES: u32 = 100_000;
/// Titles zen-engine is timed over.
const PEER_TITLES: usize = 20_000;

fn input(listing: market::demonstration::Listing) -> Input {
    Input {
        id: listing.external_id,
        market: "cn".to_owned(),
        title: listing.title,
        category: listing.category,
        brand: listing.brand,
        ..Input::default()
    }
}

/// A decision table of one row: marks a title when one of its found terms is among the row's.
fn table(terms: &BTreeSet<String>) -> Result<DecisionContent> {
    let list = terms.iter().map(|term| format!("'{}'", term.replace('\'', ""))).collect::<Vec<_>>().join(", ");
    let content = json!({
        "nodes": [
            {"id": "in", "name": "request", "type": "inputNode", "position": {"x": 0, "y": 0}},
            {"id": "table", "name": "table", "type": "decisionTableNode", "position": {"x": 1, "y": 0}, "content": {
                "hitPolicy": "first",
                "inputs": [{"id": "found", "name": "found", "field": ""}],
                "outputs": [{"id": "severity", "name": "severity", "field": "severity"}],
                "rules": [{"_id": "row", "found": format!("some(terms, # in [{list}])"), "severity": "'major'"}]
            }},
            {"id": "out", "name": "response", "type": "outputNode", "position": {"x": 2, "y": 0}}
        ],
        "edges": [
            {"id": "a", "sourceId": "in", "targetId": "table", "type": "edge"},
            {"id": "b", "sourceId": "table", "targetId": "out", "type": "edge"}
        ]
    });
    serde_json::from_value(content).context("the decision table")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let packs = policy::shipped();
    let pack = packs.market("cn").map_err(|error| anyhow!("{error:?}"))?;
    let rules = Rules::compile(pack, DAY).map_err(|faults| anyhow!("{faults}"))?;
    let titles: Vec<Input> = market::catalogue::stream(2, u64::from(TITLES)).map(input).collect();
    let mut scratch = Scratch::default();
    let mut index = FactsIndex::default();
    let mut kept = Vec::with_capacity(titles.len());
    for (number, listing) in (0_u32..).zip(&titles) {
        let facts = claims::facts(listing, &rules.claims, &mut scratch);
        index.insert(number, &facts);
        kept.push(facts);
    }
    let plans = rules.claims.rules().iter().map(|rule| (index.candidates(rule).len(), rule));
    let (_, widest) = plans.max_by_key(|(count, _)| *count).context("the shipped packs have claims")?;

    let mut terms = BTreeSet::new();
    let mut found: Vec<Vec<String>> = Vec::with_capacity(titles.len());
    for (facts, listing) in kept.iter().zip(&titles) {
        let findings = claims::findings(facts, &rules.claims, &listing.id).findings;
        terms.extend(findings.iter().filter(|one| one.rule == widest.ruling.id).map(|one| one.text.clone()));
        found.push(findings.into_iter().map(|one| one.text).collect());
    }

    let start = Instant::now();
    let mut ours = BTreeSet::new();
    for number in index.candidates(widest) {
        let at = number as usize;
        let findings = claims::findings(&kept[at], &rules.claims, &titles[at].id).findings;
        if findings.iter().any(|one| one.rule == widest.ruling.id) {
            ours.insert(number);
        }
    }
    let own = f64::from(TITLES) / start.elapsed().as_secs_f64();

    let engine = DecisionEngine::default();
    let decision = engine.create_decision(table(&terms)?.into()).map_err(|error| anyhow!("{error:?}"))?;
    let asked: Vec<_> = found.iter().take(PEER_TITLES).map(|terms| json!({ "terms": terms })).collect();
    let start = Instant::now();
    let mut theirs = BTreeSet::new();
    for (number, context) in (0_u32..).zip(asked) {
        let answer = decision.evaluate(context.into()).await.map_err(|error| anyhow!("{error:?}"))?;
        let answer = black_box(answer.result.to_value());
        if answer["severity"] == "major" {
            theirs.insert(number);
        }
    }
    let peer = PEER_TITLES as f64 / start.elapsed().as_secs_f64();
    let same: BTreeSet<u32> = ours.range(..PEER_TITLES as u32).copied().collect();
    ensure!(!same.is_empty(), "the row marks nothing");
    ensure!(same == theirs, "the two mark other titles: {} and {}", same.len(), theirs.len());
    println!("| rescreening by policy alone, one core: row {} | titles/s |\n|---|---|", widest.ruling.id);
    println!("| touchstone | {own:.0} |\n| zen-engine | {peer:.0} |\n| ratio | {:.0} |", own / peer);
    Ok(())
}
