//! The sweep of a closed day: every detector of the home pack over every product and merchant that was active.
//!
//! `BENCH_PRODUCTS` says how many products the marketplace has (default 1,000,000).

use crate::clock::processor_seconds;
use crate::table::{Table, shown};
use ::signals::testing;
use ::signals::{Settings, close_through, day_date, day_number};
use anyhow::{Context, Result};
use kernel::Role;
use kernel::testing::{Bench, staff};
use std::time::Instant;
use stream::{Kind, Signal};

const PRODUCTS: u64 = 1_000_000;
const MERCHANTS: u64 = 20_000;
/// Days before the one that is swept, that one included.
const DAYS: i32 = 6;
/// Signals handed in together.
const TOGETHER: usize = 50_000;
const DAY_MICROS: i64 = 86_400_000_000;
/// Noon in Shanghai, microseconds after midnight UTC.
const NOON_MICROS: i64 = 4 * 3_600_000_000;

fn migrations() -> db::Migrations {
    let mut all = testing::migrations();
    all.extend(web::migrations());
    all.extend(trace::migrations());
    all.extend(alerts::migrations());
    all
}

/// Runs it.
///
/// # Errors
/// What the duties say.
pub async fn run() -> Result<Vec<Table>> {
    let asked = std::env::var("BENCH_PRODUCTS").ok();
    let products: u64 = asked.map_or(Ok(PRODUCTS), |text| text.parse()).context("BENCH_PRODUCTS is a number")?;
    let bench = Bench::sqlite(migrations).await;
    let settings = Settings { hold_seconds_max: 0, ..Settings::in_data(bench.folder.path()) };
    ::signals::open(&bench.kernel, settings).await?;
    let last = day_number(bench.kernel.today()) - 1;
    let begun = Instant::now();
    for day in last - DAYS + 1..=last {
        send_day(&bench, day, products).await;
    }
    let actor = kernel::Actor::system("bench");
    close_through(&bench.kernel, &actor, day_date(last)).await?;
    testing::settle(&bench.kernel).await;
    let prepared = begun.elapsed().as_secs_f64();
    let detectors = alerts::watching::in_force(&bench.kernel, &staff(Role::Manager)).await?.len();
    let (begun, cpu) = (Instant::now(), processor_seconds()?);
    let sweep = alerts::sweep_day(&bench.kernel, last).await?;
    let (seconds, cpu) = (begun.elapsed().as_secs_f64(), processor_seconds()? - cpu);
    let title =
        format!("Detectors: the sweep of a day, {products} products in {MERCHANTS} shops, {detectors} detectors");
    let mut table = Table::new(&title, &["what", "figure"]);
    let mut row = |what: &str, value: String| table.row(&[what.to_owned(), value]);
    row("products, shops and lots looked at", sweep.keys.to_string());
    row("seconds", shown(seconds));
    row("keys a second", shown(sweep.keys as f64 / seconds));
    row("processor time a key, µs", shown(cpu * 1e6 / sweep.keys.max(1) as f64));
    row("found / raised", format!("{} / {}", sweep.found, sweep.raised));
    row("seconds to send and close six days before it", shown(prepared));
    Ok(vec![table])
}

/// A calm day: each product ships, a fiftieth is complained about, a tenth reviewed, a twentieth sent back.
async fn send_day(bench: &Bench, day: i32, products: u64) {
    let at_us = i64::from(day) * DAY_MICROS + NOON_MICROS;
    let names: Vec<(String, String)> =
        (0..products).map(|number| (format!("sku-{number}"), format!("m{:05}", number % MERCHANTS))).collect();
    let mut made: Vec<(String, Kind, usize)> = Vec::with_capacity(TOGETHER);
    let mut chunk = Vec::with_capacity(TOGETHER);
    for number in 0..names.len() {
        let place = number as u64 + day.unsigned_abs() as u64;
        let kinds = [(Kind::Shipment, 1), (Kind::Complaint, 50), (Kind::Review, 10), (Kind::Return, 20)];
        for (kind, every) in kinds {
            if place.is_multiple_of(every) {
                made.push((format!("{day}-{number}-{kind:?}"), kind, number));
            }
        }
        if made.len() >= TOGETHER || number + 1 == names.len() {
            chunk.extend(made.iter().map(|(id, kind, number)| {
                let mut signal = Signal::new(id, *kind, at_us, &names[*number].1, &names[*number].0);
                signal.attributes.rating = (*kind == Kind::Review).then_some(5);
                signal
            }));
            testing::send(&bench.kernel, &chunk).await;
            chunk = Vec::with_capacity(TOGETHER);
            made.clear();
        }
    }
}
