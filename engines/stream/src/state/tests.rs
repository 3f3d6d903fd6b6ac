//! The fold and its laws.

use super::*;
use crate::block::{Writer, encode_close};
use crate::signal::{Kind, Signal};
use crate::window::WindowBuilder;
use proptest::prelude::*;
use std::collections::BTreeMap;

const DAY_US: i64 = 86_400_000_000;
/// 2026-01-01, a day number.
const START: i32 = 20_454;

fn settings() -> Settings {
    Settings {
        cancelled_reasons: vec!["cancelled".into()],
        severe_reasons: vec!["fire".into()],
        light_parcel_grams: 50,
        ..Settings::new(TimeZone::UTC, [7, 8])
    }
}

fn state(settings: Settings) -> State {
    State::new(settings, Box::new(MemorySpill::default()))
}

fn at(day: i32, hour: i64) -> i64 {
    i64::from(START + day) * DAY_US + hour * 3_600_000_000
}

fn block(signals: &[Signal<'_>]) -> Vec<u8> {
    block_received(signals, signals.iter().map(|signal| signal.at_us).max().unwrap_or(0))
}

fn block_received(signals: &[Signal<'_>], received_us: i64) -> Vec<u8> {
    let mut writer = Writer::new();
    signals.iter().for_each(|signal| writer.push(signal));
    writer.finish(received_us)
}

/// Folds blocks and keeps the rows.
fn fold(state: &mut State, blocks: &[Vec<u8>]) -> Vec<DayRow> {
    let mut rows = Vec::new();
    for bytes in blocks {
        let position = state.position() + 1;
        state.fold(bytes, position, &mut |row| rows.push(row.clone())).expect("a block");
    }
    rows
}

#[derive(Debug, Clone)]
struct Made {
    kind: usize,
    day: i32,
    hour: i64,
    merchant: usize,
    product: usize,
    lot: Option<usize>,
    buyer: u16,
    amount: i64,
    quantity: i64,
    stars: u8,
}

impl Made {
    fn with<T>(&self, id: usize, f: impl FnOnce(&Signal<'_>) -> T) -> T {
        let (id, merchant, product) = (format!("s{id}"), format!("m{}", self.merchant), format!("p{}", self.product));
        let (lot, buyer) = (self.lot.map(|lot| format!("l{lot}")), format!("b{}", self.buyer));
        let mut signal = Signal::new(&id, Kind::ALL[self.kind], at(self.day, self.hour), &merchant, &product);
        signal.lot = lot.as_deref();
        signal.amount_minor = self.amount;
        signal.quantity = self.quantity;
        signal.attributes.buyer = Some(&buyer);
        signal.attributes.buyer_age_days = Some(u32::from(self.buyer));
        signal.attributes.rating = Some(self.stars);
        signal.attributes.text_hash = Some(u64::from(self.stars));
        signal.attributes.weight_grams = Some(u32::from(self.buyer));
        signal.attributes.reason = Some(["fire", "cancelled", "other"][usize::from(self.stars % 3)]);
        f(&signal)
    }
}

/// Signals in about the order of their days, some late by up to a week.
fn made() -> impl Strategy<Value = Vec<Vec<Made>>> {
    let one = (
        0usize..9,
        0i32..7,
        0i64..24,
        0usize..3,
        0usize..4,
        prop::option::of(0usize..2),
        0u16..90,
        1i64..9999,
        0i64..4,
        1u8..=5,
    )
        .prop_map(|(kind, late, hour, merchant, product, lot, buyer, amount, quantity, stars)| Made {
            kind,
            day: if late < 5 { 0 } else { -late },
            hour,
            merchant,
            product,
            lot,
            buyer,
            amount,
            quantity,
            stars,
        });
    prop::collection::vec((prop::collection::vec(one, 1..25), 0i32..3), 1..30).prop_map(|blocks| {
        let mut day = 10;
        let moved = blocks.into_iter().map(|(mut block, forward)| {
            day += forward;
            block.iter_mut().for_each(|made| made.day += day);
            block
        });
        moved.collect()
    })
}

fn blocks(made: &[Vec<Made>]) -> Vec<Vec<u8>> {
    let mut id = 0;
    made.iter()
        .map(|block| {
            let mut writer = Writer::new();
            let mut received = 0;
            for made in block {
                id += 1;
                made.with(id, |signal| writer.push(signal));
                received = received.max(at(made.day, made.hour));
            }
            writer.finish(received)
        })
        .collect()
}

fn windows(state: &State, view: View) -> BTreeMap<Key, Window> {
    let mut all = BTreeMap::new();
    for kind in KeyKind::ALL {
        state
            .for_each(kind, view, |window| assert!(all.insert(window.key.clone(), window.clone()).is_none()))
            .expect("windows");
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn day_rows_make_the_same_windows_again(made in made()) {
        let mut state = state(settings());
        let mut builder = WindowBuilder::new();
        for bytes in blocks(&made) {
            for row in fold(&mut state, &[bytes]) {
                builder.add(&row);
            }
            if let Some(last_day) = state.closed_through() {
                let mut rebuilt = BTreeMap::new();
                builder.for_each(last_day, |window| { rebuilt.insert(window.key.clone(), window.clone()); });
                prop_assert_eq!(&rebuilt, &windows(&state, View::Closed));
            }
        }
    }

    #[test]
    fn spilling_changes_nothing_but_the_memory(made in made(), hot in 1usize..6) {
        let blocks = blocks(&made);
        let mut roomy = state(settings());
        let mut tight = state(Settings { hot_keys_max: hot, ..settings() });
        for bytes in &blocks {
            let one = fold(&mut roomy, std::slice::from_ref(bytes));
            let two = fold(&mut tight, std::slice::from_ref(bytes));
            prop_assert_eq!(one, two);
            prop_assert_eq!(roomy.digest().expect("a digest"), tight.digest().expect("a digest"));
        }
        prop_assert_eq!(windows(&roomy, View::Open), windows(&tight, View::Open));
        prop_assert_eq!(roomy.touched_since(2).expect("keys"), tight.touched_since(2).expect("keys"));
        let all = roomy.stats().keys;
        fold(&mut tight, &[encode_close(START + 200, 0)]);
        prop_assert!(all <= hot as u64 || tight.stats().hot_keys <= hot as u64);
    }

    #[test]
    fn a_state_restored_from_any_snapshot_goes_on_the_same(made in made(), stop in any::<prop::sample::Index>()) {
        let blocks = blocks(&made);
        let mut straight = state(settings());
        let rows = fold(&mut straight, &blocks);
        let stop = stop.index(blocks.len() + 1);
        let mut first = state(settings());
        let mut told = fold(&mut first, &blocks[..stop]);
        let mut bytes = Vec::new();
        first.snapshot(&mut bytes).expect("a snapshot");
        let mut second = State::restore(settings(), Box::new(MemorySpill::default()), &mut bytes.as_slice()).expect("a state");
        prop_assert_eq!(second.digest().expect("a digest"), first.digest().expect("a digest"));
        // The replay may begin anywhere before: what was folded is passed over.
        let mut again = 0;
        for (position, bytes) in (1..).zip(&blocks) {
            let folded = second.fold(bytes, position, &mut |row| told.push(row.clone())).expect("a block");
            again += usize::from(folded.repeated);
        }
        prop_assert_eq!(again, stop);
        prop_assert_eq!(told, rows);
        prop_assert_eq!(second.digest().expect("a digest"), straight.digest().expect("a digest"));
    }

    #[test]
    fn day_rows_add_up_to_what_was_sent(made in made()) {
        let mut state = state(settings());
        let mut rows = fold(&mut state, &blocks(&made));
        rows.extend(fold(&mut state, &[encode_close(START + 300, 0)]));
        let mut orders: BTreeMap<(String, i32), (u32, i64)> = BTreeMap::new();
        for made in made.iter().flatten().filter(|made| made.kind == 0) {
            let key = (format!("m{}/p{}", made.merchant, made.product), START + made.day);
            let sum = orders.entry(key).or_default();
            *sum = (sum.0 + 1, sum.1 + made.amount);
        }
        let mut told: BTreeMap<(String, i32), (u32, i64)> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.key.kind == KeyKind::Product && row.counts.orders > 0) {
            prop_assert!(row.closed_in >= row.day);
            let sum = told.entry((row.key.id.clone(), row.day)).or_default();
            *sum = (sum.0 + row.counts.orders, sum.1 + row.counts.revenue_minor);
        }
        prop_assert_eq!(told, orders);
        prop_assert_eq!(state.stats().signals as usize, made.iter().flatten().count());
    }
}

#[test]
fn a_day_is_closed_when_the_watermark_has_passed_it_and_late_signals_are_told_with_the_next() {
    let mut state = state(settings());
    let order = |id: &'static str, day: i32, hour: i64| Signal::new(id, Kind::Order, at(day, hour), "m", "p");
    assert!(fold(&mut state, &[block(&[order("a", 0, 12)]), block(&[order("b", 1, 5)])]).is_empty());
    let rows = fold(&mut state, &[block(&[order("c", 1, 6)])]);
    assert_eq!(state.closed_through(), Some(START));
    assert_eq!(
        rows.iter().map(|row| (row.key.to_string(), row.day, row.counts.orders)).collect::<Vec<_>>(),
        [("product:m/p".to_owned(), START, 1), ("merchant:m".to_owned(), START, 1),]
    );
    let rows = fold(&mut state, &[block(&[order("late", 0, 23), order("d", 2, 7)])]);
    let days: Vec<_> =
        rows.iter().filter(|row| row.key.kind == KeyKind::Merchant).map(|row| (row.day, row.counts.orders)).collect();
    assert_eq!(days, [(START, 1), (START + 1, 2)]);
    assert!(rows.iter().all(|row| row.closed_in == START + 1));
    let window = state.window(Key::product("m", "p").as_ref(), View::Closed).expect("no error").expect("a window");
    assert_eq!(window.day(START).map(|day| day.orders), Some(2));
    assert_eq!(window.totals.orders, 4);
    let open = state.window(Key::product("m", "p").as_ref(), View::Open).expect("no error").expect("a window");
    assert_eq!((open.last_day, open.totals.orders), (START + 2, 5));
}

#[test]
fn a_clock_that_runs_ahead_closes_no_day_and_an_unbelievable_one_is_not_counted() {
    let mut state = state(settings());
    let now = at(0, 12);
    let order = |id: &'static str, day: i32, hour: i64| Signal::new(id, Kind::Order, at(day, hour), "m", "p");
    let rows = fold(&mut state, &[block_received(&[order("a", 0, 12), order("ahead", 2, 1), order("far", 3, 1)], now)]);
    assert!(rows.is_empty());
    assert_eq!(state.newest_us(), Some(now));
    assert_eq!((state.stats().signals, state.stats().implausible), (2, 1));
    fold(&mut state, &[block_received(&[order("b", 40, 12)], at(40, 12))]);
    fold(&mut state, &[block_received(&[order("old", 0, 12)], at(40, 12))]);
    assert_eq!(state.stats().too_late, 1, "day 0 left the window of day 39");
}

#[test]
fn new_keys_without_end_are_counted_together_beyond_the_limit() {
    let mut state = state(Settings { keys_max: 300, hot_keys_max: 20, ..settings() });
    for round in 0..40 {
        let products: Vec<String> = (0..250).map(|number| format!("p{}", round * 250 + number)).collect();
        let signals: Vec<_> =
            products.iter().map(|product| Signal::new(product, Kind::View, at(0, 3), "m", product)).collect();
        fold(&mut state, &[block(&signals)]);
    }
    assert_eq!(state.stats().keys, 301);
    assert!(state.stats().overflowed >= 9_700);
    let key = Key { kind: KeyKind::Product, id: OVERFLOW_ID.to_owned() };
    let window = state.window(key.as_ref(), View::Open).expect("no error").expect("a window");
    assert_eq!(window.totals.views, 10_000 - 299);
    let merchant = state.window(Key::merchant("m").as_ref(), View::Open).expect("no error").expect("a window");
    assert_eq!(merchant.totals.views, 10_000);
}

#[test]
fn one_key_with_half_of_the_traffic_is_one_record() {
    let mut state = state(Settings { hot_keys_max: 4, ..settings() });
    for round in 0..50i64 {
        let ids: Vec<String> = (0..100).map(|number| format!("{round}-{number}")).collect();
        let mut signals = Vec::new();
        for (number, id) in ids.iter().enumerate() {
            let product: &str = if number % 2 == 0 { "big" } else { &ids[number] };
            signals.push(Signal::new(id, Kind::Order, at(0, 1) + round, "m", product));
        }
        fold(&mut state, &[block(&signals)]);
        assert!(state.stats().hot_keys <= 4 + 52);
    }
    let window = state.window(Key::product("m", "big").as_ref(), View::Open).expect("no error").expect("a window");
    assert_eq!(window.totals.orders, 2_500);
    assert_eq!(state.stats().keys, 2_502);
}

#[test]
fn buyers_texts_and_prices_stand_out_in_the_window() {
    let mut state = state(settings());
    let ids: Vec<String> = (0..400).map(|number| format!("x{number}")).collect();
    let mut signals = Vec::new();
    for (number, id) in ids.iter().enumerate() {
        let mut order = Signal::new(id, Kind::Order, at(0, 10), "m", "p");
        order.amount_minor = 2_000;
        order.quantity = 2;
        order.attributes.buyer = Some(if number % 4 == 0 { "greedy" } else { id });
        order.attributes.buyer_age_days = Some(if number % 2 == 0 { 3 } else { 300 });
        signals.push(order);
        let mut review = Signal::new(id, Kind::Review, at(0, 11), "m", "p");
        review.attributes.rating = Some(5);
        review.attributes.text_hash = Some(if number % 2 == 0 { 99 } else { crate::fingerprint::text_hash(id) });
        signals.push(review);
    }
    let mut parcel = Signal::new("w", Kind::Delivery, at(0, 12), "m", "p");
    parcel.attributes.weight_grams = Some(12);
    signals.push(parcel);
    fold(&mut state, &[block(&signals)]);
    let window = state.window(Key::product("m", "p").as_ref(), View::Open).expect("no error").expect("a window");
    assert!((window.buyers.distinct - 301.0).abs() < 90.0, "{}", window.buyers.distinct);
    assert!(window.buyers.top_orders <= 100 && window.buyers.top_orders + 45 >= 100, "{}", window.buyers.top_orders);
    assert_eq!(window.buyers.young_share, Some(0.5));
    assert_eq!(window.buyers_recent.orders, 400);
    assert!(window.reviews.top_text_share > 0.38 && window.reviews.top_text_share <= 0.5);
    assert_eq!((window.price.last_minor, window.price.median_minor), (1_000, 1_000));
    assert_eq!(window.light_parcel_share(), Some(1.0));
    assert_eq!(window.reviews.stars, [0, 0, 0, 0, 400]);
}

#[test]
fn a_snapshot_with_any_byte_changed_or_missing_is_refused() {
    let mut state = state(settings());
    fold(&mut state, &[block(&[Signal::new("a", Kind::Order, at(0, 1), "m", "p")])]);
    let mut bytes = Vec::new();
    state.snapshot(&mut bytes).expect("a snapshot");
    let restore = |bytes: &[u8]| State::restore(settings(), Box::new(MemorySpill::default()), &mut &*bytes).is_ok();
    assert!(restore(&bytes));
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert!(!restore(&changed), "byte {place} changed");
        assert!(!restore(&bytes[..place]), "cut at {place}");
    }
}

/// A spill that fails when told.
#[derive(Default)]
struct FailingSpill {
    inner: MemorySpill,
    fails: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl FailingSpill {
    fn check(&self) -> io::Result<()> {
        match self.fails.load(std::sync::atomic::Ordering::Relaxed) {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        }
    }
}

impl Spill for FailingSpill {
    fn put(&mut self, record: &[u8]) -> io::Result<u64> {
        self.check()?;
        self.inner.put(record)
    }
    fn get(&self, place: u64, into: &mut Vec<u8>) -> io::Result<()> {
        self.inner.get(place, into)
    }
    fn free(&mut self, place: u64, bytes: usize) {
        self.inner.free(place, bytes);
    }
    fn sync(&mut self) -> io::Result<Vec<u8>> {
        self.inner.sync()
    }
    fn resume(&mut self, mark: &[u8]) -> io::Result<()> {
        self.inner.resume(mark)
    }
    fn forget_before(&mut self, mark: &[u8]) -> io::Result<()> {
        self.inner.forget_before(mark)
    }
    fn worth_moving(&self, place: u64) -> bool {
        self.inner.worth_moving(place)
    }
}

#[test]
fn a_full_disk_stops_the_fold_before_a_block_and_it_goes_on_when_there_is_room() {
    let fails = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let spill = FailingSpill { fails: fails.clone(), ..FailingSpill::default() };
    let mut tight = State::new(Settings { hot_keys_max: 3, ..settings() }, Box::new(spill));
    let mut roomy = state(settings());
    let ids: Vec<String> = (0..60).map(|number| format!("p{number}")).collect();
    for (position, pair) in (1..).zip(ids.chunks(4)) {
        let signals: Vec<_> = pair.iter().map(|id| Signal::new(id, Kind::Order, at(0, 1), "m", id)).collect();
        let bytes = block(&signals);
        fails.store(position % 3 == 0, std::sync::atomic::Ordering::Relaxed);
        let folded = tight.fold(&bytes, position, &mut |_| {});
        if position % 3 == 0 {
            assert!(matches!(folded, Err(Error::Spill(_))) && !tight.is_broken());
            fails.store(false, std::sync::atomic::Ordering::Relaxed);
            tight.fold(&bytes, position, &mut |_| {}).expect("room again");
        }
        roomy.fold(&bytes, position, &mut |_| {}).expect("a block");
    }
    assert_eq!(tight.digest().expect("a digest"), roomy.digest().expect("a digest"));
}

#[test]
fn sizes_of_records_are_what_the_docs_say() {
    assert_eq!(State::record_bytes(), RecordBytes { header: 456, day: 192, week: 204, pending: 392 });
}
