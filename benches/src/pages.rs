//! Latency of pages and API with a large catalogue. `LISTINGS` sets its size (1,000,000 by default).

use crate::import::{load, merchant, write_catalogue};
use crate::table::{Table, quantile, shown};
use anyhow::Result;
use kernel::Role;
use std::time::Instant;
use testkit::{App, Client};

/// Requests of each kind.
const REQUESTS: usize = 300;

/// Runs it.
///
/// # Errors
/// When an answer is not a success.
pub async fn run() -> Result<Vec<Table>> {
    let listings: u64 = std::env::var("LISTINGS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let app = App::start().await?;
    let merchant = merchant(&app).await?;
    let file = app.folder().join("catalogue.ndjson");
    write_catalogue(&file, listings)?;
    let seconds = load(&app, &merchant, &file, false).await?;
    std::fs::remove_file(&file)?;
    let title =
        format!("Latency with {} listings (loaded in {seconds:.0} s; in process, no socket)", shown(listings as f64));
    let mut table = Table::new(&title, &["what", "p50 ms", "p99 ms"]);
    let manager = app.signed_in(Role::Manager, "manager").await?;
    for (what, path) in [
        ("page: listings", "/console/listings"),
        ("page: listings, one state", "/console/listings?state=draft&sort=-updated"),
        ("page: listings, page 100", "/console/listings?page=100"),
        ("page: desk", "/console"),
        ("page: acts", "/console/ledger"),
        ("API: listings", "/v1/listings?rows=50"),
        ("API: merchants", "/v1/merchants"),
        ("API: me", "/v1/me"),
    ] {
        let mut times = timed(&manager, path).await?;
        table.row(&[what.to_owned(), shown(quantile(&mut times, 0.5)), shown(quantile(&mut times, 0.99))]);
    }
    Ok(vec![table])
}

async fn timed(client: &Client, path: &str) -> Result<Vec<f64>> {
    let mut times = Vec::with_capacity(REQUESTS);
    for request in 0..REQUESTS + 10 {
        let started = Instant::now();
        let answer = client.get(path).await?;
        anyhow::ensure!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.text());
        if request >= 10 {
            times.push(started.elapsed().as_secs_f64() * 1000.0);
        }
    }
    Ok(times)
}
