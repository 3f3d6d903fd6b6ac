//! Many signals as the payload of one log block: merchants, products, lots and reasons once a block in dictionaries,
//! numbers in as few bytes as they need. Version 1:
//!
//! ```text
//! block    = version(1 byte = 1) content(1 byte) received_us(signed) body
//! content  = 0 signals, 1 close through a day: body = day(signed)
//! signals  = count merchants products lots reasons record*
//! merchants= count (text)*          products, lots = count (merchant text)*       reasons = count (text)*
//! record   = (flags << 4 | kind) id:text at_us(signed, less the one before) product then, where its flag is set:
//!            lot order:text quantity amount(signed) rating reason place:text device:text buyer:text
//!            buyer_age_days text_hash(8 bytes, little end first) weight_grams list_price(signed) verified(in the flag)
//! text     = length bytes of UTF-8          all numbers LEB128, signed ones folded (zig-zag)
//! ```
//!
//! Reading borrows from the bytes. Bytes that make no sense are an error, never a panic; numbers out of the range of a
//! signal are such bytes too.

use crate::signal::{
    AMOUNT_MINOR_MAX, Attributes, ID_BYTES_MAX, Kind, PRODUCT_BYTES_MAX, QUANTITY_MAX, REASON_BYTES_MAX, Signal,
};
use crate::varint::{Reader, put, put_bytes, put_signed};
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// The version written.
const VERSION: u8 = 1;
/// Most signals in one block.
pub const SIGNALS_MAX: usize = 1 << 20;

const LOT: u64 = 1;
const ORDER: u64 = 1 << 1;
const QUANTITY: u64 = 1 << 2;
const AMOUNT: u64 = 1 << 3;
const RATING: u64 = 1 << 4;
const REASON: u64 = 1 << 5;
const PLACE: u64 = 1 << 6;
const DEVICE: u64 = 1 << 7;
const BUYER: u64 = 1 << 8;
const BUYER_AGE: u64 = 1 << 9;
const TEXT_HASH: u64 = 1 << 10;
const WEIGHT: u64 = 1 << 11;
const LIST_PRICE: u64 = 1 << 12;
const VERIFIED: u64 = 1 << 13;
const VERIFIED_YES: u64 = 1 << 14;
const FLAGS: u64 = (1 << 15) - 1;

/// Why bytes are no block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The first byte names a version this program does not know.
    #[error("block version {0} is not known")]
    Version(u8),
    /// The bytes end early, or a number in them is out of range.
    #[error("the block makes no sense {remaining} bytes before its end")]
    Malformed {
        /// Bytes left where reading stopped.
        remaining: usize,
    },
}

/// What a block says.
#[derive(Debug, Clone)]
pub struct Block<'a> {
    /// When its signals were received, UTC microseconds.
    pub received_us: i64,
    /// What it holds.
    pub content: Content<'a>,
}

/// What a block holds.
#[derive(Debug, Clone)]
pub enum Content<'a> {
    /// Signals.
    Signals(Signals<'a>),
    /// The order to close the books through this day, whatever the watermark.
    CloseThrough(i32),
}

/// The signals of a block. Iterate it for plain [`Signal`]s.
#[derive(Debug, Clone)]
pub struct Signals<'a> {
    /// Merchants named in the block.
    pub merchants: Vec<&'a str>,
    /// Products named in the block: place of the merchant, product.
    pub products: Vec<(u32, &'a str)>,
    /// Lots named in the block: place of the merchant, lot.
    pub lots: Vec<(u32, &'a str)>,
    reasons: Vec<&'a str>,
    count: usize,
    records: Reader<'a>,
}

/// A signal and the places of its texts in the dictionaries of its block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coded<'a> {
    /// The signal.
    pub signal: Signal<'a>,
    /// Place in [`Signals::merchants`].
    pub merchant: u32,
    /// Place in [`Signals::products`].
    pub product: u32,
    /// Place in [`Signals::lots`].
    pub lot: Option<u32>,
}

/// Reads a block.
pub fn read(bytes: &[u8]) -> Result<Block<'_>, Error> {
    let mut reader = Reader::new(bytes);
    match reader.byte() {
        Some(VERSION) => {}
        Some(other) => return Err(Error::Version(other)),
        None => return Err(Error::Malformed { remaining: 0 }),
    }
    read_content(&mut reader).ok_or(Error::Malformed { remaining: reader.remaining() })
}

fn read_content<'a>(reader: &mut Reader<'a>) -> Option<Block<'a>> {
    let content = reader.byte()?;
    let received_us = reader.signed()?;
    let content = match content {
        0 => Content::Signals(read_dictionaries(reader)?),
        1 => {
            let day = reader.day()?;
            if !reader.is_empty() {
                return None;
            }
            Content::CloseThrough(day)
        }
        _ => return None,
    };
    Some(Block { received_us, content })
}

fn read_dictionaries<'a>(reader: &mut Reader<'a>) -> Option<Signals<'a>> {
    let count = counted(reader)?;
    let texts = |reader: &mut Reader<'a>, longest: usize| -> Option<Vec<&'a str>> {
        let count = counted(reader)?;
        (0..count).map(|_| reader.text().filter(|text| !text.is_empty() && text.len() <= longest)).collect()
    };
    let merchants = texts(reader, ID_BYTES_MAX)?;
    let pairs = |reader: &mut Reader<'a>| -> Option<Vec<(u32, &'a str)>> {
        let count = counted(reader)?;
        (0..count)
            .map(|_| {
                let merchant = reader.narrow().filter(|place| (*place as usize) < merchants.len())?;
                Some((merchant, reader.text().filter(|text| !text.is_empty() && text.len() <= PRODUCT_BYTES_MAX)?))
            })
            .collect()
    };
    let products = pairs(reader)?;
    let lots = pairs(reader)?;
    let reasons = texts(reader, REASON_BYTES_MAX)?;
    Some(Signals { merchants, products, lots, reasons, count, records: *reader })
}

/// A count, not greater than the bytes that are left: nothing is as short as no byte.
fn counted(reader: &mut Reader<'_>) -> Option<usize> {
    let count = usize::try_from(reader.number()?).ok()?;
    (count <= reader.remaining() && count <= SIGNALS_MAX).then_some(count)
}

impl<'a> Signals<'a> {
    /// How many signals the block says it holds.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The signals with their places in the dictionaries, in the order in which they came. After an error nothing follows.
    pub fn coded(&self) -> Records<'_, 'a> {
        Records { block: self, left: self.count, records: self.records, at_us: 0, failed: false }
    }

    /// The signals in the order in which they came. After an error nothing follows.
    pub fn iter(&self) -> impl Iterator<Item = Result<Signal<'a>, Error>> + '_ {
        self.coded().map(|coded| coded.map(|coded| coded.signal))
    }
}

/// Reads the records of a block one after another.
#[derive(Debug)]
pub struct Records<'b, 'a> {
    block: &'b Signals<'a>,
    left: usize,
    records: Reader<'a>,
    at_us: i64,
    failed: bool,
}

impl<'a> Iterator for Records<'_, 'a> {
    type Item = Result<Coded<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || (self.left == 0 && self.records.is_empty()) {
            return None;
        }
        let read = if self.left == 0 { None } else { self.record() };
        self.left = self.left.saturating_sub(1);
        self.failed = read.is_none();
        Some(read.ok_or(Error::Malformed { remaining: self.records.remaining() }))
    }
}

impl<'a> Records<'_, 'a> {
    fn short_text(&mut self) -> Option<&'a str> {
        self.records.text().filter(|text| !text.is_empty() && text.len() <= ID_BYTES_MAX)
    }

    fn amount(&mut self) -> Option<i64> {
        self.records.signed().filter(|amount| amount.unsigned_abs() <= AMOUNT_MINOR_MAX as u64)
    }

    fn record(&mut self) -> Option<Coded<'a>> {
        let head = self.records.number()?;
        let kind = *Kind::ALL.get((head & 15) as usize)?;
        let flags = head >> 4;
        if flags & !FLAGS != 0 {
            return None;
        }
        let has = |flag: u64| flags & flag != 0;
        let id = self.short_text()?;
        self.at_us = self.at_us.wrapping_add(self.records.signed()?);
        let product = self.records.narrow()?;
        let (merchant, product_text) = *self.block.products.get(product as usize)?;
        let mut signal = Signal::new(id, kind, self.at_us, self.block.merchants.get(merchant as usize)?, product_text);
        let mut lot = None;
        if has(LOT) {
            let place = self.records.narrow()?;
            let (owner, text) = *self.block.lots.get(place as usize)?;
            if owner != merchant {
                return None;
            }
            signal.lot = Some(text);
            lot = Some(place);
        }
        if has(ORDER) {
            signal.order = Some(self.short_text()?);
        }
        if has(QUANTITY) {
            signal.quantity = i64::try_from(self.records.number()?).ok().filter(|units| *units <= QUANTITY_MAX)?;
        }
        if has(AMOUNT) {
            signal.amount_minor = self.amount()?;
        }
        signal.attributes = self.attributes(flags)?;
        Some(Coded { signal, merchant, product, lot })
    }

    fn attributes(&mut self, flags: u64) -> Option<Attributes<'a>> {
        let has = |flag: u64| flags & flag != 0;
        let mut attributes = Attributes::default();
        if has(RATING) {
            attributes.rating = Some(self.records.byte().filter(|stars| (1..=5).contains(stars))?);
        }
        if has(REASON) {
            attributes.reason = Some(self.block.reasons.get(self.records.narrow()? as usize)?);
        }
        if has(PLACE) {
            attributes.place = Some(self.short_text()?);
        }
        if has(DEVICE) {
            attributes.device = Some(self.short_text()?);
        }
        if has(BUYER) {
            attributes.buyer = Some(self.short_text()?);
        }
        if has(BUYER_AGE) {
            attributes.buyer_age_days = Some(self.records.narrow()?);
        }
        if has(TEXT_HASH) {
            attributes.text_hash = Some(self.records.fixed()?);
        }
        if has(WEIGHT) {
            attributes.weight_grams = Some(self.records.narrow()?);
        }
        if has(LIST_PRICE) {
            attributes.list_price_minor = Some(self.amount()?);
        }
        if has(VERIFIED) {
            attributes.verified = Some(has(VERIFIED_YES));
        }
        Some(attributes)
    }
}

/// The order to close the books through a day, as a block.
pub fn encode_close(day: i32, received_us: i64) -> Vec<u8> {
    let mut out = vec![VERSION, 1];
    put_signed(&mut out, received_us);
    put_signed(&mut out, i64::from(day));
    out
}

/// Texts that are written once.
#[derive(Debug, Default)]
struct Dictionary {
    /// What is written of it.
    bytes: Vec<u8>,
    /// Owner and where the text stands in `bytes`, by place.
    entries: Vec<(u32, u32, u8)>,
    table: HashTable<u32>,
}

impl Dictionary {
    fn place(&mut self, hasher: &foldhash::fast::RandomState, owner: Option<u32>, text: &str) -> u32 {
        let hash = hasher.hash_one((owner, text.as_bytes()));
        let owner_place = owner.unwrap_or(0);
        let (bytes, entries) = (&self.bytes, &self.entries);
        let same = |place: &u32| {
            let (other, start, length) = entries[*place as usize];
            other == owner_place && &bytes[start as usize..start as usize + length as usize] == text.as_bytes()
        };
        if let Some(place) = self.table.find(hash, same) {
            return *place;
        }
        let place = self.entries.len() as u32;
        if let Some(owner) = owner {
            put(&mut self.bytes, u64::from(owner));
        }
        put(&mut self.bytes, text.len() as u64);
        self.entries.push((owner_place, self.bytes.len() as u32, text.len() as u8));
        self.bytes.extend_from_slice(text.as_bytes());
        let (bytes, entries) = (&self.bytes, &self.entries);
        self.table.insert_unique(hash, place, |place| {
            let (other, start, length) = entries[*place as usize];
            hasher.hash_one((owner.map(|_| other), &bytes[start as usize..start as usize + length as usize]))
        });
        place
    }

    fn write(&self, out: &mut Vec<u8>) {
        put(out, self.entries.len() as u64);
        out.extend_from_slice(&self.bytes);
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
        self.table.clear();
    }
}

/// Writes a block of signals.
#[derive(Debug, Default)]
pub struct Writer {
    hasher: foldhash::fast::RandomState,
    merchants: Dictionary,
    products: Dictionary,
    lots: Dictionary,
    reasons: Dictionary,
    records: Vec<u8>,
    count: usize,
    at_us: i64,
}

impl Writer {
    /// Without a signal.
    pub fn new() -> Writer {
        Writer::default()
    }

    /// Signals so far.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none yet.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes so far, about.
    pub fn bytes(&self) -> usize {
        self.records.len() + self.products.bytes.len() + self.merchants.bytes.len() + self.lots.bytes.len()
    }

    /// Adds a signal that keeps the ranges of [`Signal`] (as the wire's do). A block takes [`SIGNALS_MAX`] of them.
    pub fn push(&mut self, signal: &Signal<'_>) {
        let attributes = &signal.attributes;
        let merchant = self.merchants.place(&self.hasher, None, signal.merchant);
        let product = self.products.place(&self.hasher, Some(merchant), signal.product);
        let head = self.records.len();
        let flags = flags_of(signal);
        put(&mut self.records, flags << 4 | signal.kind as u64);
        debug_assert!(self.records.len() > head);
        put_bytes(&mut self.records, signal.id.as_bytes());
        put_signed(&mut self.records, signal.at_us.wrapping_sub(self.at_us));
        self.at_us = signal.at_us;
        put(&mut self.records, u64::from(product));
        if let Some(lot) = signal.lot {
            let place = self.lots.place(&self.hasher, Some(merchant), lot);
            put(&mut self.records, u64::from(place));
        }
        let out = &mut self.records;
        if let Some(order) = signal.order {
            put_bytes(out, order.as_bytes());
        }
        if signal.quantity != 1 {
            put(out, signal.quantity as u64);
        }
        if signal.amount_minor != 0 {
            put_signed(out, signal.amount_minor);
        }
        if let Some(rating) = attributes.rating {
            out.push(rating);
        }
        if let Some(reason) = attributes.reason {
            put(out, u64::from(self.reasons.place(&self.hasher, None, reason)));
        }
        for text in [attributes.place, attributes.device, attributes.buyer].into_iter().flatten() {
            put_bytes(out, text.as_bytes());
        }
        if let Some(days) = attributes.buyer_age_days {
            put(out, u64::from(days));
        }
        if let Some(hash) = attributes.text_hash {
            out.extend_from_slice(&hash.to_le_bytes());
        }
        if let Some(grams) = attributes.weight_grams {
            put(out, u64::from(grams));
        }
        if let Some(price) = attributes.list_price_minor {
            put_signed(out, price);
        }
        self.count += 1;
    }

    /// The block, received at `received_us`. The writer is empty afterwards and may be used again.
    pub fn finish(&mut self, received_us: i64) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes() + 64);
        out.extend_from_slice(&[VERSION, 0]);
        put_signed(&mut out, received_us);
        put(&mut out, self.count as u64);
        for dictionary in [&self.merchants, &self.products, &self.lots, &self.reasons] {
            dictionary.write(&mut out);
        }
        out.extend_from_slice(&self.records);
        self.clear();
        out
    }

    /// Forgets what was pushed.
    pub fn clear(&mut self) {
        for dictionary in [&mut self.merchants, &mut self.products, &mut self.lots, &mut self.reasons] {
            dictionary.clear();
        }
        self.records.clear();
        self.count = 0;
        self.at_us = 0;
    }
}

fn flags_of(signal: &Signal<'_>) -> u64 {
    let attributes = &signal.attributes;
    let flag = |on: bool, flag: u64| if on { flag } else { 0 };
    flag(signal.lot.is_some(), LOT)
        | flag(signal.order.is_some(), ORDER)
        | flag(signal.quantity != 1, QUANTITY)
        | flag(signal.amount_minor != 0, AMOUNT)
        | flag(attributes.rating.is_some(), RATING)
        | flag(attributes.reason.is_some(), REASON)
        | flag(attributes.place.is_some(), PLACE)
        | flag(attributes.device.is_some(), DEVICE)
        | flag(attributes.buyer.is_some(), BUYER)
        | flag(attributes.buyer_age_days.is_some(), BUYER_AGE)
        | flag(attributes.text_hash.is_some(), TEXT_HASH)
        | flag(attributes.weight_grams.is_some(), WEIGHT)
        | flag(attributes.list_price_minor.is_some(), LIST_PRICE)
        | flag(attributes.verified.is_some(), VERIFIED)
        | flag(attributes.verified == Some(true), VERIFIED_YES)
}
