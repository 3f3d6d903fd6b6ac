//! A history for tests and benches: made from a seed, with nulls, many days, skew, and things that came late; and the
//! questions that two engines must answer alike.

use crate::{Error, Lake};
use std::collections::BTreeMap;
use stream::{Attributes, DayCounts, DayPrices, DayRow, Key, KeyKind, Kind, Shape, Signal};

/// The first day of a made history: 2026-10-01.
pub const FIRST_DAY: i32 = 20_727;
/// The program that asks DuckDB.
pub const ORACLE: &str = include_str!("../data/duckdb_oracle.py");

const DAY_US: i64 = 86_400_000_000;
/// Shanghai is eight hours ahead of UTC.
const OFFSET_US: i64 = 8 * 3_600_000_000;

/// A question for both engines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its name.
    pub name: String,
    /// Its text.
    pub sql: String,
}

/// All of them.
pub fn questions() -> Vec<Question> {
    let text = include_str!("../data/questions.sql");
    let parts = text.split("-- name: ").skip(1);
    parts
        .filter_map(|part| part.split_once('\n'))
        .map(|(name, sql)| Question { name: name.trim().to_owned(), sql: sql.trim().to_owned() })
        .collect()
}

/// Numbers from a seed (splitmix64, Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Numbers(pub u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below `most`, evenly.
    fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }

    /// Below `most`, small ones far oftener.
    fn skewed(&mut self, most: u64) -> u64 {
        let share = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        ((most as f64).powf(share) - 1.0) as u64 % most.max(1)
    }

    fn chance(&mut self, in_hundred: u64) -> bool {
        self.below(100) < in_hundred
    }
}

const REASONS: [&str; 6] = ["safety", "色差", "尺码不符", "late", "broken", "other"];
const PLACES: [&str; 4] = ["上海", "北京", "Chengdu", "Urumqi"];

/// Texts of one signal, made to be borrowed.
#[derive(Default)]
struct Texts {
    id: String,
    merchant: String,
    product: String,
    lot: Option<String>,
    order: Option<String>,
    buyer: Option<String>,
}

/// Fills an empty lake: `days` days of `signals_a_day` signals each in a few blocks a day, one in fifty of them late by up to
/// three days, and the day rows of each closing.
///
/// # Errors
/// What the disk says.
pub fn fill(lake: &Lake, seed: u64, days: i32, signals_a_day: u64) -> Result<(), Error> {
    let mut numbers = Numbers(seed);
    let mut late: BTreeMap<i32, Vec<DayRow>> = BTreeMap::new();
    let mut sequence = lake.next_sequence()?.max(1);
    for day in FIRST_DAY..FIRST_DAY + days {
        let mut compaction = lake.compaction(sequence + 3)?;
        let mut counted: BTreeMap<(i32, Key), (DayCounts, DayPrices)> = BTreeMap::new();
        for number in 0..signals_a_day {
            let mut texts = Texts::default();
            let happened = if numbers.chance(2) { day - numbers.below(4) as i32 } else { day };
            let signal = signal(&mut numbers, &mut texts, happened, number, day);
            count(&mut counted, happened, &signal);
            compaction.add(sequence + number * 4 / signals_a_day.max(1), happened, &signal)?;
        }
        compaction.commit()?;
        sequence += 4;
        let rows = counted.into_iter().map(|((happened, key), (counts, prices))| DayRow {
            day: happened,
            closed_in: day,
            key,
            counts,
            prices,
            shape: Shape::default(),
        });
        let mut rows: Vec<DayRow> = rows.collect();
        rows.sort_by(|a, b| (&a.key, a.day).cmp(&(&b.key, b.day)));
        late.insert(day, rows);
    }
    for (day, rows) in late {
        lake.write_days(day, rows)?;
    }
    Ok(())
}

fn signal<'t>(numbers: &mut Numbers, texts: &'t mut Texts, day: i32, number: u64, received: i32) -> Signal<'t> {
    let product = numbers.skewed(400);
    texts.id = format!("{received}-{number}");
    texts.merchant = format!("m{:02}", product % 12);
    texts.product = format!("sku-{product:05}");
    texts.lot = numbers.chance(40).then(|| format!("lot-{}", numbers.below(30)));
    let ordered = numbers.below(2_000);
    texts.order = numbers.chance(80).then(|| format!("o-{received}-{ordered}"));
    texts.buyer = numbers.chance(70).then(|| format!("b-{}", numbers.skewed(5_000)));
    let kind = match numbers.below(100) {
        0..=39 => Kind::Order,
        40..=52 => Kind::Shipment,
        53..=67 => Kind::Delivery,
        68..=75 => Kind::Review,
        76..=80 => Kind::Return,
        81..=84 => Kind::Complaint,
        85..=90 => Kind::Scan,
        91..=92 => Kind::Price,
        _ => Kind::View,
    };
    let hour = (numbers.below(12) + numbers.below(13)) as i64;
    let at_us = i64::from(day) * DAY_US - OFFSET_US + hour * 3_600_000_000 + numbers.below(3_600_000_000) as i64;
    let reasoned = matches!(kind, Kind::Complaint | Kind::Return) && numbers.chance(85);
    let attributes = Attributes {
        rating: (kind == Kind::Review && numbers.chance(90)).then(|| 1 + numbers.skewed(5) as u8),
        reason: reasoned.then(|| REASONS[numbers.skewed(REASONS.len() as u64) as usize]),
        place: numbers.chance(30).then(|| PLACES[numbers.below(PLACES.len() as u64) as usize]),
        device: None,
        buyer: texts.buyer.as_deref(),
        buyer_age_days: numbers.chance(60).then(|| numbers.skewed(2_000) as u32),
        text_hash: (kind == Kind::Review && numbers.chance(50)).then(|| numbers.next()),
        weight_grams: (kind == Kind::Shipment).then(|| 20 + numbers.skewed(5_000) as u32),
        list_price_minor: (kind == Kind::Price).then(|| 100 + numbers.skewed(100_000) as i64),
        verified: (kind == Kind::Review && numbers.chance(80)).then(|| numbers.chance(70)),
    };
    Signal {
        lot: texts.lot.as_deref(),
        order: texts.order.as_deref(),
        quantity: 1 + numbers.skewed(6) as i64,
        amount_minor: if kind == Kind::Order { 100 + numbers.skewed(200_000) as i64 } else { 0 },
        attributes,
        ..Signal::new(&texts.id, kind, at_us, &texts.merchant, &texts.product)
    }
}

fn count(counted: &mut BTreeMap<(i32, Key), (DayCounts, DayPrices)>, day: i32, signal: &Signal<'_>) {
    let keys = [Key::product(signal.merchant, signal.product), Key::merchant(signal.merchant)];
    for key in keys {
        let is_product = key.kind == KeyKind::Product;
        let (counts, prices) = counted.entry((day, key)).or_default();
        counts.signals += 1;
        match signal.kind {
            Kind::Order => {
                counts.orders += 1;
                counts.units_ordered += signal.quantity as u32;
                counts.revenue_minor += signal.amount_minor;
                if is_product {
                    prices.see(signal.at_us, signal.amount_minor / signal.quantity.max(1));
                }
            }
            Kind::Delivery => {
                counts.deliveries += 1;
                counts.units_delivered += signal.quantity as u32;
            }
            Kind::Complaint => counts.complaints += 1,
            Kind::Return => counts.returns += 1,
            Kind::Review => counts.reviews += 1,
            _ => {}
        }
    }
}
