//! A lot's codes and its way: a file of a million codes, label sheets, lists verified through the store, and the reach of a
//! recall of a lot of 100,000 units.

use crate::table::{Table, quantile, shown};
use ::events::{CaptureOptions, ErrorBehaviour};
use anyhow::Context;
use kernel::testing::{Bench, owner, staff};
use kernel::{Actor, Kernel, Role};
use serde_json::{Value, json};
use std::io::{BufWriter, Write};
use std::time::Instant;
use trace::{Batch, NewBatch, SheetRequest};

const GTIN: &str = "06901234567892";
const BASE: &str = "https://quality.example";
/// Codes of the file.
const FILE_CODES: u64 = 1_000_000;
/// Labels of a sheet.
const LABELS: u64 = 1_000;
/// Codes verified in one list, and lists.
const LISTED: u64 = 10_000;
const LISTS: u64 = 10;
/// Units of the traced lot, units of one shipment, and how often the reach is asked for.
const UNITS: u64 = 100_000;
const SHIPPED: usize = 50;
const TRACED: usize = 5;

fn migrations() -> db::Migrations {
    let mut all = listings::testing::migrations();
    all.extend(web::migrations());
    all.extend(trace::migrations());
    all.extend(::events::migrations());
    all.extend(reports::migrations());
    all.extend(recalls::migrations());
    all
}

/// The tables of this part.
///
/// # Errors
/// What the store says.
pub async fn run() -> anyhow::Result<Vec<Table>> {
    let bench = Bench::sqlite(migrations).await;
    let kernel = &bench.kernel;
    listings::testing::merchant(kernel, "m1", 1, &["daily/home"]).await;
    let content = listings::Content { gtin: GTIN.to_owned(), ..listings::testing::honest("保温杯") };
    listings::testing::offer(kernel, "m1", "x-1", content).await;
    let merchant = owner("m1");
    let batch = mint(kernel, &merchant, FILE_CODES, None).await?;
    let mut table = Table::new("A batch of codes: files, labels, verifying lists", &["work", "seconds", "a second"]);
    file(&bench, &merchant, &batch, &mut table).await?;
    labels(kernel, &merchant, &batch, &mut table).await?;
    verify(kernel, &merchant, &batch, &mut table).await?;
    Ok(vec![table, reach(&bench, &merchant).await?])
}

async fn mint(kernel: &Kernel, merchant: &Actor, count: u64, lot_id: Option<String>) -> anyhow::Result<Batch> {
    let new = NewBatch { merchant_id: "m1".into(), gtin: GTIN.into(), count, lot_id, covered: false };
    trace::mint(kernel, merchant, new).await.context("codes")
}

fn add(table: &mut Table, work: &str, seconds: f64, units: u64) {
    table.row(&[work.to_owned(), shown(seconds), shown(units as f64 / seconds)]);
}

async fn file(bench: &Bench, merchant: &Actor, batch: &Batch, table: &mut Table) -> anyhow::Result<()> {
    let path = bench.folder.path().join("codes.csv");
    let begun = Instant::now();
    let codes = trace::code_file(&bench.kernel, merchant, &batch.id, BASE).await.context("the file")?;
    let mut out = BufWriter::with_capacity(1 << 20, std::fs::File::create(&path)?);
    codes.write(&mut out)?;
    out.flush()?;
    out.get_ref().sync_all()?;
    let seconds = begun.elapsed().as_secs_f64();
    let bytes = std::fs::metadata(&path)?.len();
    let work =
        format!("file of {FILE_CODES} codes with link and element string, on the disk ({} MB)", bytes / 1_000_000);
    add(table, &work, seconds, FILE_CODES);
    Ok(std::fs::remove_file(&path)?)
}

async fn labels(kernel: &Kernel, merchant: &Actor, batch: &Batch, table: &mut Table) -> anyhow::Result<()> {
    for (symbol, name) in [("qr", "QR code"), ("datamatrix", "GS1 DataMatrix")] {
        let request = SheetRequest { symbol: symbol.into(), count: LABELS, ..SheetRequest::default() };
        let begun = Instant::now();
        let sheet = trace::labels_of(kernel, merchant, &batch.id, BASE, request).await.context("a sheet")?;
        let mut out = Vec::new();
        sheet.write(&mut out).context("a sheet")?;
        let work = format!("sheet of {LABELS} labels, {name}, PDF of {} kB", out.len() / 1_000);
        add(table, &work, begun.elapsed().as_secs_f64(), LABELS);
    }
    Ok(())
}

async fn verify(kernel: &Kernel, merchant: &Actor, batch: &Batch, table: &mut Table) -> anyhow::Result<()> {
    let file = trace::code_file(kernel, merchant, &batch.id, BASE).await.context("the codes")?;
    let link = |number: u64| Ok::<_, anyhow::Error>(file.code(1 + number * 97 % FILE_CODES)?.digital_link);
    let mut seconds = Vec::new();
    for list in 0..LISTS {
        let codes: Vec<String> = (0..LISTED).map(|n| link(list * LISTED + n)).collect::<Result<_, _>>()?;
        let begun = Instant::now();
        let found = trace::verify(kernel, merchant, &codes).await.context("a list")?;
        seconds.push(begun.elapsed().as_secs_f64());
        anyhow::ensure!(found.iter().all(Result::is_ok), "a code of the bench is refused");
    }
    let work = format!("verify a list of {LISTED} links, with batch, lot and sales of each");
    add(table, &work, quantile(&mut seconds, 0.5), LISTED);
    Ok(())
}

/// The lot's units leave in shipments under orders of their own; then a recall is looked at before it is sent.
async fn reach(bench: &Bench, merchant: &Actor) -> anyhow::Result<Table> {
    let kernel = &bench.kernel;
    let new = trace::NewLot {
        merchant_id: "m1".into(),
        gtin: GTIN.into(),
        number: "L-1".into(),
        product: "保温杯".into(),
        origin: "浙江".into(),
        ..trace::NewLot::default()
    };
    let lot = trace::create(kernel, merchant, new).await.context("a lot")?;
    mint(kernel, merchant, UNITS, Some(lot.id.clone())).await?;
    let serials = trace::unit_serials(kernel, &lot.id, UNITS).await.context("the units")?;
    let shipments: Vec<Value> = serials.chunks(SHIPPED).enumerate().map(|(n, units)| shipment(n, units)).collect();
    let orders = shipments.len();
    for events in shipments.chunks(500) {
        let document = json!({
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-03-01T00:00:00Z",
            "epcisBody": { "eventList": events },
        });
        let options = CaptureOptions { on_error: ErrorBehaviour::Proceed, ..CaptureOptions::default() };
        let done = ::events::capture(kernel, merchant, document.to_string().as_bytes(), options).await?;
        anyhow::ensure!(done.success, "a shipment of the bench is refused");
    }
    let manager = staff(Role::Manager);
    let new = recalls::New {
        origin: "lot".into(),
        origin_ref: lot.id,
        level: 1,
        informed_by: "own".into(),
        remedy: "refund".into(),
        reason_zh: "杯盖脱落".into(),
        reason_en: "The lid comes off".into(),
        advice_zh: "停止使用".into(),
        ..recalls::New::default()
    };
    let mut recall = recalls::open(kernel, &manager, new).await.context("a recall")?;
    let mut seconds = Vec::new();
    for _ in 0..TRACED {
        let begun = Instant::now();
        recall = recalls::preview(kernel, &manager, &recall.id, recall.version).await.context("its reach")?;
        seconds.push(begun.elapsed().as_secs_f64());
    }
    let found = (recall.counts.units, recall.counts.orders);
    anyhow::ensure!(found == (UNITS as i64, orders as i64), "the reach is {found:?}");
    let title = format!("Reach of a recall of a lot of {UNITS} units in {orders} orders, kept");
    let mut table = Table::new(&title, &["what", "seconds (median)"]);
    table.row(&[
        "forward and backward, merchants, listings, orders; rows kept".to_owned(),
        shown(quantile(&mut seconds, 0.5)),
    ]);
    Ok(table)
}

fn shipment(n: usize, units: &[String]) -> Value {
    let epcs: Vec<String> = units.iter().map(|serial| format!("https://id.gs1.org/01/{GTIN}/21/{serial}")).collect();
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit",
        "eventTime": format!("2026-02-{:02}T{:02}:{:02}:00Z", 1 + n / 1_440 % 28, n / 60 % 24, n % 60),
        "eventTimeZoneOffset": "+08:00",
        "epcList": epcs,
        "bizTransactionList": [{ "type": "po", "bizTransaction": format!("urn:example:po:{n}") }],
    })
}
