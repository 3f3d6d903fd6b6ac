//! EPCIS documents: events read and validated, hashed, and asked about, on one core.

use crate::table::{Table, quantile, shown};
use epcis::query::Query;
use epcis::{Event, Limits};
use serde_json::json;
use std::time::Instant;

/// Events of the measured document.
const EVENTS: usize = 20_000;
/// Times each figure is measured; the median is shown.
const ROUNDS: usize = 7;

/// Events a second for reading with validation, for reading with hash, for the hash alone and for one query.
///
/// # Errors
/// When the measured document is not accepted whole: a fault of the bench.
pub fn run() -> anyhow::Result<Vec<Table>> {
    let document = document();
    let events = read(&document)?;
    anyhow::ensure!(events.len() == EVENTS, "{} of {EVENTS} events were accepted", events.len());
    let title = format!(
        "EPCIS: {EVENTS} events of {} bytes on average, one core; median of {ROUNDS} rounds",
        document.len() / EVENTS
    );
    let mut table = Table::new(&title, &["work", "events/s"]);
    let mut row = |name: &str, work: &mut dyn FnMut() -> anyhow::Result<()>| -> anyhow::Result<()> {
        table.row(&[name.to_owned(), shown(per_second(work)?)]);
        Ok(())
    };
    row("read and validate", &mut || read_each(&document, |_| {}))?;
    row("read, validate and hash", &mut || {
        read_each(&document, |event| {
            std::hint::black_box(epcis::hash(event));
        })
    })?;
    row("hash alone", &mut || {
        events.iter().for_each(|event| {
            std::hint::black_box(epcis::hash(event));
        });
        Ok(())
    })?;
    let query = Query::from_params(&[
        ("GE_eventTime", "2024-05-01T00:00:00Z"),
        ("EQ_bizStep", "shipping"),
        ("MATCH_anyEPC", "urn:epc:idpat:sgtin:9506000.013435.*"),
    ])?;
    row("three parameters of a query", &mut || {
        let found = events.iter().filter(|event| query.matches(event)).count();
        anyhow::ensure!(found > 0, "the query finds nothing");
        Ok(())
    })?;
    Ok(vec![table])
}

fn per_second(work: &mut dyn FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let mut rates = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        work()?;
        rates.push(EVENTS as f64 / start.elapsed().as_secs_f64());
    }
    Ok(quantile(&mut rates, 0.5))
}

fn read_each(document: &str, mut each: impl FnMut(&Event)) -> anyhow::Result<()> {
    let mut refused = 0;
    epcis::read_each(document.as_bytes(), &Limits::default(), |_, event| match event {
        Ok(event) => each(&event),
        Err(_) => refused += 1,
    })?;
    anyhow::ensure!(refused == 0, "{refused} events were refused");
    Ok(())
}

fn read(document: &str) -> anyhow::Result<Vec<Event>> {
    let mut events = Vec::with_capacity(EVENTS);
    read_each(document, |event| events.push(event.clone()))?;
    Ok(events)
}

/// Shipping, receiving and packing of numbered units, as partners send them: some in URNs, some in links.
fn document() -> String {
    let events: Vec<_> = (0..EVENTS)
        .map(|n| {
            let minute = format!("2024-05-{:02}T{:02}:{:02}:00.000+08:00", n / 1440 % 28 + 1, n / 60 % 24, n % 60);
            let unit = |k: usize| format!("urn:epc:id:sgtin:9506000.013435.{}", n * 3 + k);
            let mut event = json!({"eventTime": minute, "eventTimeZoneOffset": "+08:00",
                "readPoint": {"id": "urn:epc:id:sgln:9506000.13430.dock1"},
                "bizTransactionList": [{"type": "po", "bizTransaction": format!("urn:example:po:{n}")}]});
            if n % 3 == 0 {
                event["type"] = json!("AggregationEvent");
                event["action"] = json!("ADD");
                event["bizStep"] = json!("packing");
                event["parentID"] = json!(format!("urn:epc:id:sscc:9506000.{n:010}"));
                event["childEPCs"] = json!([unit(0), unit(1), unit(2)]);
            } else {
                event["type"] = json!("ObjectEvent");
                event["action"] = json!("OBSERVE");
                event["bizStep"] = json!(if n % 3 == 1 { "shipping" } else { "receiving" });
                event["disposition"] = json!("in_transit");
                event["epcList"] =
                    json!([unit(0), format!("https://id.example.com/01/09506000134352/21/{}", n * 3 + 1)]);
                event["sourceList"] = json!([{"type": "possessing_party", "source": "urn:epc:id:pgln:9506000.13430"}]);
            }
            event
        })
        .collect();
    json!({"@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", "type": "EPCISDocument",
        "schemaVersion": "2.0", "creationDate": "2024-06-01T00:00:00Z", "epcisBody": {"eventList": events}})
    .to_string()
}
