//! Bulk import: rows a second into the store, then screening of what came in.

use crate::table::{Table, shown};
use anyhow::{Context, Result};
use kernel::{Actor, job};
use listings::import::{self, NewImport, mapping};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;
use testkit::App;

/// Rows of the generated file.
const ROWS: u64 = 20_000;

/// Runs it.
///
/// # Errors
/// When the product does not take the file.
pub async fn run() -> Result<Vec<Table>> {
    let mut table = Table::new("Bulk import and screening (SQLite, durable)", &["what", "rows", "seconds", "rows/s"]);
    let app = App::start().await?;
    let merchant = merchant(&app).await?;
    let file = app.folder().join("catalogue.ndjson");
    write_catalogue(&file, ROWS)?;
    let seconds = load(&app, &merchant, &file, false).await?;
    row(&mut table, "import, new listings", ROWS, seconds);
    let seconds = load(&app, &merchant, &file, false).await?;
    row(&mut table, "import, the same file again", ROWS, seconds);

    let app = App::start().await?;
    let merchant = self::merchant(&app).await?;
    let few = app.folder().join("few.ndjson");
    write_catalogue(&few, ROWS / 10)?;
    load(&app, &merchant, &few, true).await?;
    let started = Instant::now();
    job::settle(app.kernel(), &app.product.jobs, 10_000).await.map_err(anyhow::Error::new)?;
    row(&mut table, "screening with acts, ledger and loops", ROWS / 10, started.elapsed().as_secs_f64());
    Ok(vec![table])
}

fn row(table: &mut Table, what: &str, rows: u64, seconds: f64) {
    table.row(&[what.to_owned(), rows.to_string(), format!("{seconds:.2}"), shown(rows as f64 / seconds)]);
}

/// A merchant to import for.
pub async fn merchant(app: &App) -> Result<String> {
    let change = merchants::Change { categories: Some(vec!["daily/home".to_owned()]), ..merchants::Change::default() };
    let made = merchants::create(app.kernel(), &Actor::system("bench"), "cn", change).await.context("merchant")?;
    Ok(made.id)
}

/// A generated catalogue as NDJSON.
pub fn write_catalogue(path: &Path, rows: u64) -> Result<()> {
    let mut out = BufWriter::new(std::fs::File::create(path)?);
    for listing in market::catalogue::stream(1, rows) {
        serde_json::to_writer(&mut out, &touchstone::commands::generate::line(&listing))?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

/// Imports a file; seconds.
pub async fn load(app: &App, merchant: &str, file: &Path, screen: bool) -> Result<f64> {
    let new = NewImport {
        merchant_id: merchant.to_owned(),
        file_name: "catalogue.ndjson".to_owned(),
        mapping_name: "touchstone".to_owned(),
        mapping: mapping::shipped("touchstone").context("the shipped mapping")?.to_owned(),
        screen,
    };
    let started = Instant::now();
    let begun = import::begin_at(app.kernel(), &Actor::system("bench"), new, file).await.map_err(anyhow::Error::new)?;
    let done = import::run_to_end(app.kernel(), &begun.id, file, |_| {}).await.map_err(anyhow::Error::new)?;
    anyhow::ensure!(done.refused == 0, "{} rows were refused", done.refused);
    Ok(started.elapsed().as_secs_f64())
}
