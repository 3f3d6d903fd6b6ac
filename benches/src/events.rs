//! Events: capture, validated and durable, and the time of queries at a size.
//!
//! `BENCH_EVENTS` says how many events the queries are measured over (default 300,000; the figure to show is at 10,000,000).

use crate::table::{Table, quantile, shown};
use ::events::{CaptureOptions, ErrorBehaviour};
use anyhow::Context;
use epcis::query::Query;
use kernel::testing::{Bench, owner, staff};
use kernel::{Actor, Role};
use serde_json::{Value, json};
use std::time::Instant;

/// Events of one document.
const DOCUMENT_EVENTS: usize = 5_000;
/// Documents whose capture is timed.
const TIMED_DOCUMENTS: usize = 20;
/// Times each query is asked.
const ASKED: usize = 60;
const GTIN: &str = "09506000134352";

fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(web::migrations());
    all.extend(merchants::migrations());
    all.extend(trace::migrations());
    all.extend(::events::migrations());
    all
}

fn unit(n: usize) -> String {
    format!("https://id.gs1.org/01/{GTIN}/21/{n:09}")
}

/// A document of events as a warehouse sends them: two units each, places among a thousand, five steps.
fn document(first: usize) -> Vec<u8> {
    const STEPS: [(&str, &str); 5] = [
        ("commissioning", "active"),
        ("shipping", "in_transit"),
        ("receiving", "in_progress"),
        ("storing", "in_progress"),
        ("retail_selling", "retail_sold"),
    ];
    let list: Vec<Value> = (first..first + DOCUMENT_EVENTS)
        .map(|n| {
            let (step, disposition) = STEPS[n % 5];
            let second = n % 86_400;
            json!({
                "eventID": format!("urn:uuid:00000000-0000-4000-8000-{n:012}"),
                "type": "ObjectEvent",
                "action": "OBSERVE",
                "bizStep": step,
                "disposition": disposition,
                "eventTime": format!("2026-02-{:02}T{:02}:{:02}:{:02}Z", 1 + n / 86_400 % 28, second / 3600, second / 60 % 60, second % 60),
                "eventTimeZoneOffset": "+08:00",
                "epcList": [unit(n / 5 * 2), unit(n / 5 * 2 + 1)],
                "bizLocation": { "id": format!("https://example.com/place/{}", n % 1_000) },
                "readPoint": { "id": format!("https://example.com/gate/{}", n % 1_000) },
            })
        })
        .collect();
    json!({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-01T00:00:00Z",
        "epcisBody": { "eventList": list },
    })
    .to_string()
    .into_bytes()
}

async fn fill(bench: &Bench, actor: &Actor, bytes: &[u8]) -> anyhow::Result<u64> {
    let options = CaptureOptions { on_error: ErrorBehaviour::Proceed, ..CaptureOptions::default() };
    let done = ::events::capture(&bench.kernel, actor, bytes, options).await?;
    anyhow::ensure!(done.success, "a document of the bench is refused");
    Ok(done.accepted)
}

/// Capture and queries.
///
/// # Errors
/// What the store says.
pub async fn run() -> anyhow::Result<Vec<Table>> {
    let size: usize = match std::env::var("BENCH_EVENTS") {
        Ok(text) => text.parse().context("BENCH_EVENTS is a number")?,
        Err(_) => 300_000,
    };
    let bench = Bench::sqlite(migrations).await;
    let merchant = owner("m1");
    let mut capture = Table::new(
        "Events: capture, every event validated, hashed, indexed, in an act, and on the disk before the answer (SQLite, fsync on)",
        &["events in the store", "events/s", "document p50 ms", "document p99 ms"],
    );
    let mut stored = 0;
    while stored < size {
        let timed = stored == 0 || stored + TIMED_DOCUMENTS * DOCUMENT_EVENTS >= size;
        let documents: Vec<Vec<u8>> = (0..TIMED_DOCUMENTS).map(|n| document(stored + n * DOCUMENT_EVENTS)).collect();
        let (mut waits_ms, begin) = (Vec::new(), Instant::now());
        for bytes in &documents {
            let one = Instant::now();
            fill(&bench, &merchant, bytes).await?;
            waits_ms.push(one.elapsed().as_secs_f64() * 1e3);
        }
        let seconds = begin.elapsed().as_secs_f64();
        if timed {
            capture.row(&[
                stored.to_string(),
                shown((TIMED_DOCUMENTS * DOCUMENT_EVENTS) as f64 / seconds),
                shown(quantile(&mut waits_ms, 0.5)),
                shown(quantile(&mut waits_ms, 0.99)),
            ]);
        }
        stored += TIMED_DOCUMENTS * DOCUMENT_EVENTS;
    }
    Ok(vec![capture, queries(&bench, stored).await?])
}

async fn queries(bench: &Bench, stored: usize) -> anyhow::Result<Table> {
    let title = format!("Events: one page of 30 over {stored} events");
    let mut table = Table::new(&title, &["query", "reader", "p50 ms", "p99 ms"]);
    let manager = staff(Role::Manager);
    let merchant = owner("m1");
    let wide: [(&str, Vec<(&str, String)>); 6] = [
        ("newest", vec![]),
        ("one unit", vec![("MATCH_epc", unit(stored / 7))]),
        ("one business step", vec![("EQ_bizStep", "receiving".into())]),
        (
            "a step at one place",
            vec![("EQ_bizStep", "receiving".into()), ("EQ_bizLocation", "https://example.com/place/502".into())],
        ),
        (
            "a day, in order",
            vec![
                ("GE_eventTime", "2026-02-02T00:00:00Z".into()),
                ("LT_eventTime", "2026-02-03T00:00:00Z".into()),
                ("orderBy", "eventTime".into()),
                ("orderDirection", "ASC".into()),
            ],
        ),
        ("by record time", vec![("orderBy", "recordTime".into()), ("EQ_action", "OBSERVE".into())]),
    ];
    for (name, pairs) in &wide {
        for (reader, actor) in [("staff", &manager), ("merchant", &merchant)] {
            let query = Query::from_params(pairs).map_err(|error| anyhow::anyhow!("{error}"))?;
            let mut waits_ms = Vec::with_capacity(ASKED);
            for _ in 0..ASKED {
                let one = Instant::now();
                let page = ::events::search(&bench.kernel, actor, &query).await?;
                anyhow::ensure!(!page.events.is_empty(), "{name} finds nothing");
                waits_ms.push(one.elapsed().as_secs_f64() * 1e3);
            }
            table.row(&[
                (*name).into(),
                reader.into(),
                shown(quantile(&mut waits_ms, 0.5)),
                shown(quantile(&mut waits_ms, 0.99)),
            ]);
        }
    }
    Ok(table)
}
