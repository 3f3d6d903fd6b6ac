//! Day rows are read back as they were written, and the same closing again is the same file.

use super::{DAY, open};
use proptest::prelude::*;
use stream::{DayCounts, DayPrices, DayRow, Key, Shape};

fn row(closed_in: i32, merchant: &str, product: &str, orders: u32) -> DayRow {
    let mut shape = Shape::default();
    if orders % 2 == 1 {
        shape.see_buyer(u64::from(orders) * 77);
    }
    let mut prices = DayPrices::default();
    prices.see(5, i64::from(orders) * 3);
    DayRow {
        day: closed_in - 1,
        closed_in,
        key: Key::product(merchant, product),
        counts: DayCounts { orders, signals: orders, revenue_minor: -7, ..DayCounts::default() },
        prices,
        shape,
    }
}

#[test]
fn the_rows_of_closings_come_back_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(&folder);
    let mut all = Vec::new();
    for closing in [DAY, DAY + 1, DAY + 2] {
        let rows: Vec<DayRow> = (0..20_000).map(|n| row(closing, "m1", &format!("p{n:05}"), n)).collect();
        lake.write_days(closing, rows.iter().cloned()).unwrap();
        all.extend(rows);
    }
    let read: Result<Vec<DayRow>, _> = lake.days(DAY..=DAY + 2).unwrap().collect();
    assert_eq!(read.unwrap(), all);
    assert_eq!(lake.days(DAY + 1..=DAY + 1).unwrap().count(), 20_000);
}

#[test]
fn a_repeated_closing_is_the_same_file_and_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(&folder);
    let rows = || (0..100).map(|n| row(DAY, "m1", &format!("p{n}"), n));
    let first = lake.write_days(DAY, rows()).unwrap();
    let second = lake.write_days(DAY, rows()).unwrap();
    assert_eq!(first, second);
    assert!(first.sha256.is_some());
    assert_eq!(lake.days(i32::MIN..=i32::MAX).unwrap().count(), 100);
}

#[test]
fn a_damaged_file_is_named_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(&folder);
    lake.write_days(DAY, [row(DAY, "m1", "p", 1)]).unwrap();
    lake.write_days(DAY + 1, [row(DAY + 1, "m1", "p", 2)]).unwrap();
    std::fs::write(folder.path().join("days/closed=2026-11-24/rows.parquet"), b"not a file of rows").unwrap();
    let read: Vec<_> = lake.days(DAY..=DAY + 1).unwrap().collect();
    assert!(matches!(&read[0], Err(crate::Error::Damaged { .. })), "{:?}", read[0]);
    assert_eq!(read[1].as_ref().unwrap().counts.orders, 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_row_comes_back_as_it_was(
        day in -700_000i32..2_900_000,
        late in 0i32..400,
        merchant in "[^/]{1,20}",
        local in ".{1,30}",
        kind in 0usize..3,
        counts in proptest::collection::vec(any::<u32>(), DayCounts::LEN),
        money in any::<[i64; 8]>(),
        seen in any::<u32>(),
        buyers in proptest::collection::vec(any::<u64>(), 0..40),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let lake = open(&folder);
        let key = match kind { 0 => Key::product(&merchant, &local), 1 => Key::merchant(&merchant), _ => Key::lot(&merchant, &local) };
        let mut shape = Shape::default();
        buyers.iter().for_each(|buyer| { shape.see_buyer(*buyer); shape.see_text(*buyer); });
        let row = DayRow {
            day: day.saturating_sub(late),
            closed_in: day,
            key,
            counts: DayCounts::from_array(counts.try_into().unwrap(), money[0], money[1]),
            prices: DayPrices {
                seen,
                last_at_us: money[2],
                last_minor: money[3],
                min_minor: money[4],
                max_minor: money[5],
                log_sum: money[6],
                log_square_sum: money[7],
            },
            shape,
        };
        lake.write_days(row.closed_in, [row.clone()]).unwrap();
        let read: Vec<DayRow> = lake.days(i32::MIN..=i32::MAX).unwrap().map(Result::unwrap).collect();
        prop_assert_eq!(read, vec![row]);
    }
}
