//! A block's signals, counted under their keys.
//!
//! A marketplace has more keys than a processor's caches hold, so nearly every record is a wait for the memory. Keys are
//! therefore looked up once a block, and signals are counted in small groups whose records are touched first, one after the
//! other without anything in between: the processor then waits for many of them at once.

use super::record::Pending;
use super::slab::NIL;
use super::{Error, Folded, Settings, State};
use crate::block::{self, Coded};
use crate::prices::DayPrices;
use crate::signal::{KeyKind, Kind, Signal};

/// Days ahead of its receipt from which a signal is not believed at all.
const DAYS_AHEAD_MAX: i32 = 2;
/// Signals whose records are touched together.
const GROUP: usize = 32;

/// What one signal adds to each of its keys.
struct Addition {
    day: i32,
    prices: DayPrices,
    buyer: Option<u64>,
    is_severe: bool,
    is_cancelled: bool,
}

/// The places in memory of the keys a block names.
pub(super) struct Slots {
    merchants: Vec<u32>,
    products: Vec<u32>,
    lots: Vec<u32>,
}

impl Slots {
    /// The places of one signal's keys.
    fn of(&self, coded: &Coded<'_>) -> [u32; 3] {
        let lot = coded.lot.map_or(NIL, |lot| self.lots[lot as usize]);
        [self.merchants[coded.merchant as usize], self.products[coded.product as usize], lot]
    }

    pub(super) fn all(&self) -> impl Iterator<Item = u32> {
        self.merchants.iter().chain(&self.products).chain(&self.lots).copied()
    }
}

/// Products or lots of a block with their merchants.
fn named<'a>(signals: &block::Signals<'a>, pairs: &[(u32, &'a str)]) -> Vec<(&'a str, &'a str)> {
    pairs.iter().map(|(merchant, local)| (signals.merchants[*merchant as usize], *local)).collect()
}

impl State {
    /// The place in memory of every key the block names. Nothing is counted yet: an error leaves the state as it was.
    pub(super) fn resolve(&mut self, signals: &block::Signals<'_>) -> Result<Slots, Error> {
        let merchants: Vec<(&str, &str)> = signals.merchants.iter().map(|merchant| (*merchant, "")).collect();
        Ok(Slots {
            merchants: self.keys.resolve(KeyKind::Merchant, &merchants)?,
            products: self.keys.resolve(KeyKind::Product, &named(signals, &signals.products))?,
            lots: self.keys.resolve(KeyKind::Lot, &named(signals, &signals.lots))?,
        })
    }

    /// Counts the block's signals; says whether one was left out.
    pub(super) fn apply_all(
        &mut self,
        signals: &block::Signals<'_>,
        slots: &Slots,
        received_us: i64,
        position: u64,
        folded: &mut Folded,
    ) -> bool {
        let received_day = self.calendar.day_of(received_us);
        let newest_plausible_us = received_us.saturating_add(self.settings.ahead_us);
        let mut left_out = false;
        let mut group = Vec::with_capacity(GROUP);
        for coded in signals.coded() {
            let coded = match coded {
                Ok(coded) => coded,
                Err(damage) => {
                    folded.damage = Some(damage);
                    left_out = true;
                    break;
                }
            };
            let signal = &coded.signal;
            let day = self.calendar.day_of(signal.at_us);
            if day > received_day.saturating_add(DAYS_AHEAD_MAX) {
                self.counters.implausible += 1;
                left_out = true;
                continue;
            }
            if day < self.floor_day() {
                self.counters.too_late += 1;
                left_out = true;
                continue;
            }
            if signal.at_us <= newest_plausible_us && self.newest_us.is_none_or(|newest| signal.at_us > newest) {
                self.newest_us = Some(signal.at_us);
                self.newest_day = self.newest_day.max(Some(day));
            }
            group.push((slots.of(&coded), coded, day));
            folded.signals += 1;
            if group.len() == GROUP {
                self.count_group(&group, position);
                group.clear();
            }
        }
        self.count_group(&group, position);
        self.counters.signals += folded.signals;
        left_out
    }

    fn count_group(&mut self, group: &[([u32; 3], Coded<'_>, i32)], position: u64) {
        let mut heads = [NIL; GROUP * 3];
        let places = group.iter().flat_map(|(places, _, _)| places);
        for (head, place) in heads.iter_mut().zip(places).filter(|(_, place)| **place != NIL) {
            *head = self.keys.hot.get(*place).header.pending;
        }
        let mut touched = 0u64;
        for head in heads.iter().filter(|head| **head != NIL) {
            touched = touched.wrapping_add(self.keys.slabs.pending.get(*head).touch());
        }
        // The sum means nothing; asking for it keeps the reads.
        std::hint::black_box(touched);
        for (places, coded, day) in group {
            let addition = self.addition(&coded.signal, *day);
            for place in places.iter().filter(|place| **place != NIL) {
                self.count(*place, &coded.signal, &addition, position);
            }
        }
    }

    fn addition(&self, signal: &Signal<'_>, day: i32) -> Addition {
        let attributes = &signal.attributes;
        let price_minor = match signal.kind {
            Kind::Order => signal.amount_minor.checked_div(signal.quantity),
            Kind::Price => attributes.list_price_minor.or(Some(signal.amount_minor)),
            _ => None,
        };
        let mut prices = DayPrices::default();
        if let Some(price_minor) = price_minor {
            prices.see(signal.at_us, price_minor);
        }
        let is_one_of =
            |reasons: &[String]| attributes.reason.is_some_and(|reason| reasons.iter().any(|known| known == reason));
        let buyer = if signal.kind == Kind::Order { attributes.buyer.or(attributes.device) } else { None };
        Addition {
            day,
            prices,
            buyer: buyer.map(|buyer| self.keys.short_hash(buyer)),
            is_severe: signal.kind == Kind::Complaint && is_one_of(&self.settings.severe_reasons),
            is_cancelled: signal.kind == Kind::Return && is_one_of(&self.settings.cancelled_reasons),
        }
    }

    fn count(&mut self, place: u32, signal: &Signal<'_>, addition: &Addition, position: u64) {
        let hot = self.keys.hot.get_mut(place);
        hot.touched = position;
        let (piece, is_new) = hot.header.pending_piece(&mut self.keys.slabs, addition.day);
        if is_new {
            self.pending.entry(addition.day).or_default().push(hot.fingerprint);
        }
        add(self.keys.slabs.pending.get_mut(piece), signal, addition, &self.settings);
    }
}

fn add(piece: &mut Pending, signal: &Signal<'_>, addition: &Addition, settings: &Settings) {
    let counts = &mut piece.counts;
    let attributes = &signal.attributes;
    let units = u32::try_from(signal.quantity).unwrap_or(0);
    let bump = |count: &mut u32, by: u32| *count = count.saturating_add(by);
    bump(&mut counts.signals, 1);
    match signal.kind {
        Kind::Order => {
            bump(&mut counts.orders, 1);
            bump(&mut counts.units_ordered, units);
            counts.revenue_minor = counts.revenue_minor.saturating_add(signal.amount_minor);
            if let Some(days) = attributes.buyer_age_days {
                bump(&mut counts.aged_orders, 1);
                bump(&mut counts.young_orders, u32::from(days < settings.young_account_days));
            }
        }
        Kind::Shipment => {
            bump(&mut counts.shipments, 1);
            bump(&mut counts.units_shipped, units);
        }
        Kind::Delivery => {
            bump(&mut counts.deliveries, 1);
            bump(&mut counts.units_delivered, units);
        }
        Kind::Review => {
            bump(&mut counts.reviews, 1);
            bump(&mut counts.verified_reviews, u32::from(attributes.verified == Some(true)));
            if let Some(stars) = attributes.rating.and_then(|stars| counts.stars.get_mut(usize::from(stars) - 1)) {
                *stars = stars.saturating_add(1);
            }
            if let Some(text) = attributes.text_hash {
                bump(&mut counts.text_reviews, 1);
                piece.shape.see_text(text);
            }
        }
        Kind::Return => {
            let (times, pieces) = match addition.is_cancelled {
                true => (&mut counts.cancellations, &mut counts.units_cancelled),
                false => (&mut counts.returns, &mut counts.units_returned),
            };
            bump(times, 1);
            bump(pieces, units);
            counts.refunds_minor = counts.refunds_minor.saturating_add(signal.amount_minor);
        }
        Kind::Complaint => {
            bump(&mut counts.complaints, 1);
            bump(&mut counts.severe_complaints, u32::from(addition.is_severe));
        }
        Kind::Scan => bump(&mut counts.scans, 1),
        Kind::Price => bump(&mut counts.price_changes, 1),
        Kind::View => bump(&mut counts.views, units),
    }
    if matches!(signal.kind, Kind::Shipment | Kind::Delivery)
        && let Some(grams) = attributes.weight_grams
    {
        bump(&mut counts.weighed_parcels, 1);
        bump(&mut counts.light_parcels, u32::from(grams < settings.light_parcel_grams));
    }
    piece.prices.add(&addition.prices);
    if let Some(buyer) = addition.buyer {
        piece.shape.see_buyer(buyer);
    }
}
