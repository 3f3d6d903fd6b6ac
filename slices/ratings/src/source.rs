//! Where a day's rows come from: the day rows that `signals` wrote into the history when the day was closed.

use crate::compute::Rows;
use crate::model::{Day, DayInput, ProductDay, date_of};
use crate::store;
use crate::tables::{Exposure, policy_at};
use ground::Problem;
use kernel::{Kernel, Result};
use std::iter::Peekable;
use stream::{DayCounts, DayRow, KeyKind, Reached};

/// Closings read together at most: days that closed since the day computed last.
const CLOSINGS_MAX: i32 = 60;

/// The rows of products of all closings after the newest computed day, up to this one, in the order of their keys.
///
/// # Errors
/// What `signals` says; while the rows are read, what the history says.
pub(crate) async fn rows(kernel: &Kernel, day: Day) -> Result<Rows> {
    let newest = store::days::newest(kernel.db().read()).await?;
    let first = newest.map_or(day, |newest| newest.day + 1).max(day - CLOSINGS_MAX + 1);
    let packs = kernel.packs();
    let exposure = policy_at(packs.home(), date_of(day))?.rules.exposure;
    let history = signals::lake(kernel)?;
    let mut closings: Vec<Peekable<Rows>> = Vec::new();
    for closing in first..=day {
        let rows = history.days(closing..=closing).map_err(|error| Problem::internal(error.to_string()))?;
        let products = rows.filter_map(move |row| match row {
            Err(error) => Some(Err(Problem::internal(error.to_string()))),
            Ok(row) if row.key.kind != KeyKind::Product => None,
            Ok(row) => Some(Ok(product_day(row, day, exposure))),
        });
        let products: Rows = Box::new(products);
        closings.push(products.peekable());
    }
    Ok(Box::new(Merged { closings }))
}

fn product_day(row: DayRow, day: Day, exposure: Exposure) -> ProductDay {
    let counts: &DayCounts = &row.counts;
    let purchases = counts.reached(match exposure {
        Exposure::Delivered => Reached::Deliveries,
        Exposure::Shipped => Reached::Shipments,
        Exposure::Ordered => Reached::Orders,
    });
    let input = DayInput {
        age_days: (day - row.day).max(0),
        purchases: i64::from(purchases),
        complaints: i64::from(counts.complaints),
        severe_complaints: i64::from(counts.severe_complaints),
        returns: i64::from(counts.returns),
        reviews: whole(counts.rated_reviews()),
        bad_reviews: whole(counts.bad_reviews()),
        ..DayInput::default()
    };
    ProductDay { key: row.key.id, input }
}

fn whole(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

/// Several closings in one order.
struct Merged {
    closings: Vec<Peekable<Rows>>,
}

impl Iterator for Merged {
    type Item = Result<ProductDay>;

    fn next(&mut self) -> Option<Result<ProductDay>> {
        let mut least: Option<(usize, String)> = None;
        for (index, rows) in self.closings.iter_mut().enumerate() {
            match rows.peek() {
                None => {}
                Some(Err(_)) => return rows.next(),
                Some(Ok(row)) if least.as_ref().is_none_or(|(_, key)| row.key < *key) => {
                    least = Some((index, row.key.clone()));
                }
                Some(Ok(_)) => {}
            }
        }
        self.closings[least?.0].next()
    }
}
