//! `make bench`: figures from runs, printed as tables. `bench [ledger] [codes] [epcis] [screening] [detectors] [false-discovery] [risk] [history] [import] [pages] [ratings] [signals]` runs a part.
//! These machines are noisy: medians and shares of one run, never a single time.

mod clock;
mod detectors;
mod epcis_events;
mod events;
mod false_discovery;
mod history;
mod import;
mod ledger;
mod lots;
mod pages;
mod ratings;
mod risk;
mod scan_pages;
mod screening;
mod signals;
mod table;
mod trace_codes;

use table::Table;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|part| part == name);
    println!("# Touchstone, figures of one run\n");
    println!("{} processors; build profile `fast`\n", std::thread::available_parallelism()?);
    if wanted("screening") {
        show(screening::run()?);
    }
    if wanted("codes") {
        show(trace_codes::run()?);
    }
    if wanted("epcis") {
        show(epcis_events::run()?);
    }
    if wanted("ledger") {
        show(ledger::run().await?);
    }
    if wanted("events") {
        show(events::run().await?);
    }
    if wanted("lots") {
        show(lots::run().await?);
    }
    if wanted("scans") {
        show(scan_pages::run().await?);
    }
    if wanted("detectors") {
        show(detectors::run().await?);
    }
    if wanted("false-discovery") {
        show(false_discovery::run()?);
    }
    if wanted("risk") {
        show(risk::run()?);
    }
    if wanted("history") {
        show(history::run().await?);
    }
    if wanted("signals") {
        show(signals::run()?);
    }
    if wanted("ratings") {
        show(ratings::run().await?);
    }
    if wanted("import") {
        show(import::run().await?);
    }
    if wanted("pages") {
        show(pages::run().await?);
    }
    Ok(())
}

fn show(tables: Vec<Table>) {
    for table in tables {
        println!("{table}");
    }
}
