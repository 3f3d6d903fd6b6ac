//! Rating a million products: a first day and the day after, computed from rows in order and published.

use crate::table::{Table, shown};
use ::ratings::{DayInput, ProductDay, day_of};
use anyhow::{Context, Result};
use db::Migrations;
use kernel::testing::Bench;
use std::time::Instant;

/// Products unless `TOUCHSTONE_BENCH_PRODUCTS` says otherwise.
const PRODUCTS: u64 = 1_000_000;

fn migrations() -> Migrations {
    let mut all = listings::testing::migrations();
    all.extend(ledger::migrations());
    all.extend(::ratings::migrations());
    all
}

/// What day `number` brings to each `every`th product, in the order of keys.
fn rows(products: u64, every: usize, number: u64) -> ::ratings::Rows {
    let one = move |product: u64| {
        let mixed = (product ^ number.rotate_left(17)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        let units = 1 + (mixed % 40) as i64;
        let input = DayInput {
            purchases: units,
            complaints: i64::from(mixed.is_multiple_of(23)),
            returns: i64::from(mixed.is_multiple_of(13)),
            reviews: units / 5,
            bad_reviews: i64::from(mixed.is_multiple_of(47) && units >= 5),
            ..DayInput::default()
        };
        Ok(ProductDay { key: format!("m{:05}/p{product:08}", product / 200), input })
    };
    Box::new((0..products).step_by(every).map(one))
}

/// Runs it.
///
/// # Errors
/// When a day cannot be rated.
pub async fn run() -> Result<Vec<Table>> {
    let asked = std::env::var("TOUCHSTONE_BENCH_PRODUCTS").ok();
    let products = asked.map_or(Ok(PRODUCTS), |text| text.parse()).context("TOUCHSTONE_BENCH_PRODUCTS")?;
    let bench = Bench::sqlite(migrations).await;
    let first = day_of(bench.kernel.today());
    let mut table = Table::new(
        &format!("Ratings: {} products in one market, a day computed and published", shown(products as f64)),
        &["day", "compute, s", "products/s", "publish, s", "file, MiB", "largest memory, MiB"],
    );
    for (number, (name, every)) in
        [("the first, all of them sell", 1), ("the next, a fifth of them sells", 5)].into_iter().enumerate()
    {
        let day = first + number as i32;
        let begun = now();
        let computed = ::ratings::compute::compute(&bench.kernel, day, rows(products, every, number as u64)).await;
        let computed = computed.map_err(anyhow::Error::new)?;
        let compute = begun.elapsed().as_secs_f64();
        let begun = now();
        ::ratings::publish::publish(&bench.kernel, &computed).await.map_err(anyhow::Error::new)?;
        let publish = begun.elapsed().as_secs_f64();
        table.row(&[
            name.to_owned(),
            format!("{compute:.1}"),
            shown(products as f64 / compute),
            format!("{publish:.1}"),
            format!("{:.0}", computed.bytes as f64 / 1_048_576.0),
            memory_largest_mib().map_or_else(|| "—".to_owned(), |mib| format!("{mib:.0}")),
        ]);
    }
    Ok(vec![table])
}

#[allow(clippy::disallowed_methods)] // a bench reads the clock
fn now() -> Instant {
    Instant::now()
}

/// The most memory this process has had, MiB (Linux).
fn memory_largest_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}
