//! What is remembered: a record of fixed size for a unit and one for a lot.

use super::place::{Place, Source};
use super::{Event, Observation, Rule};
use ground::Timestamp;
use ground::time::DAY_MICROS;

/// Places remembered of a unit.
pub const POINTS_MAX: usize = 6;
/// Days that one sketch of phones covers; the present and the one before are counted together.
pub const SKETCH_DAYS: i64 = 15;
/// Days of a lot's counts.
pub const LOT_DAYS: usize = 29;
/// Bytes of a unit's record.
pub const UNIT_RECORD_BYTES: usize =
    1 + 4 + 8 + 8 + 8 + 8 + 8 + 1 + 2 * 8 + 2 * 2 * 8 + 8 + 4 + 4 + 8 + 4 + 1 + POINTS_MAX * 27;
/// Bytes of a lot's record.
pub const LOT_RECORD_BYTES: usize = 1 + 8 + 4 + 8 + 4 + 4 + 4 * LOT_DAYS;

const VERSION: u8 = 1;

/// A count of different things in a few words of memory: one bit a hash, and the count from how many bits are still
/// empty (linear counting: Whang, Vander-Zanden, Taylor 1990). With 128 bits the error is about 5 % up to 100 things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sketch(pub [u64; 2]);

impl Sketch {
    const BITS: u32 = 128;

    /// Counts a hash.
    pub fn add(&mut self, hash: u64) {
        let bit = (mixed(hash) % u64::from(Sketch::BITS)) as usize;
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    /// How many different hashes, about.
    pub fn count(&self) -> f64 {
        let empty = self.0.iter().map(|word| word.count_zeros()).sum::<u32>();
        let bits = f64::from(Sketch::BITS);
        // When nothing is empty there are more than it can count.
        if empty == 0 { bits * bits.ln() } else { -bits * (f64::from(empty) / bits).ln() }
    }

    /// What either has counted.
    #[must_use]
    pub fn or(&self, other: &Sketch) -> Sketch {
        Sketch([self.0[0] | other.0[0], self.0[1] | other.0[1]])
    }
}

/// SplitMix64's finaliser (Steele, Lea, Flood 2014): every bit of the answer hangs on every bit of the question.
pub(crate) fn mixed(hash: u64) -> u64 {
    let z = hash.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A place at which a unit was seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub place: Place,
    /// On which phone; 0 where that is not known.
    pub device: u64,
}

/// What is remembered of a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitRecord {
    /// Scans so far.
    pub scans: u32,
    /// The first scan's moment; 0 before it.
    pub first_at: Timestamp,
    /// The last scan's moment.
    pub last_at: Timestamp,
    /// Hash of the order it was last sold in.
    pub order: u64,
    /// The order it was sold in before, when it did not come back between: 0 when there is none.
    pub order_before: u64,
    /// When it was first sold.
    pub sold_at: Timestamp,
    /// Whether it is with a buyer.
    pub sold: bool,
    /// Phones of the present day (UTC).
    pub devices_today: Sketch,
    /// Phones, each counted again every day: the present span of [`SKETCH_DAYS`] and the one before.
    pub devices: [Sketch; 2],
    /// Day number (UTC, from 1970) the sketches stand at.
    pub day: i64,
    /// Scans known to be within the market.
    pub scans_home: u32,
    /// Scans known to be outside it.
    pub scans_abroad: u32,
    /// Phones seen abroad: one bit a hash out of 64.
    pub devices_abroad: u64,
    /// Observations folded in, of every kind: the number of the next one.
    pub observations: u32,
    points: [Option<Point>; POINTS_MAX],
}

impl Default for UnitRecord {
    fn default() -> Self {
        let zero = Timestamp::from_micros(0);
        UnitRecord {
            scans: 0,
            first_at: zero,
            last_at: zero,
            order: 0,
            order_before: 0,
            sold_at: zero,
            sold: false,
            devices_today: Sketch::default(),
            devices: [Sketch::default(); 2],
            day: 0,
            scans_home: 0,
            scans_abroad: 0,
            devices_abroad: 0,
            observations: 0,
            points: [None; POINTS_MAX],
        }
    }
}

impl UnitRecord {
    /// The places remembered, oldest first.
    pub fn points(&self) -> impl Iterator<Item = &Point> {
        self.points.iter().flatten()
    }

    /// Phones seen abroad, about.
    pub fn abroad_devices(&self) -> u32 {
        self.devices_abroad.count_ones()
    }

    /// Phones in the present and the last span, each counted once a day, about.
    pub fn device_days(&self) -> f64 {
        self.devices[0].or(&self.devices[1]).count()
    }

    /// Takes an observation in.
    pub fn observe(&mut self, seen: &Observation) {
        self.observations = self.observations.saturating_add(1);
        match seen.event {
            Event::Scan => self.scan(seen),
            Event::Located => self.locate(seen),
            Event::Sale { order } => self.sale(order, seen.at),
            Event::Return => {
                self.sold = false;
                self.order_before = 0;
            }
            Event::Cleared(rule) => self.clear(rule),
        }
    }

    fn scan(&mut self, seen: &Observation) {
        if self.scans == 0 {
            self.first_at = seen.at;
        }
        self.scans = self.scans.saturating_add(1);
        self.last_at = self.last_at.max(seen.at);
        self.turn_to(seen.at.micros().div_euclid(DAY_MICROS));
        if let Some(device) = seen.device {
            self.devices_today.add(device);
            self.devices[0].add(mixed(device) ^ self.day as u64);
        }
        self.locate(seen);
    }

    fn locate(&mut self, seen: &Observation) {
        match seen.abroad {
            Some(true) => {
                self.scans_abroad = self.scans_abroad.saturating_add(1);
                let device = seen.device.unwrap_or(seen.at.micros() as u64);
                self.devices_abroad |= 1 << (mixed(device) % 64);
            }
            Some(false) => self.scans_home = self.scans_home.saturating_add(1),
            None => {}
        }
        if let Some(place) = seen.place {
            self.point(Point { at: seen.at, place, device: seen.device.unwrap_or(0) });
        }
    }

    /// Moves the sketches on to a day. A late scan counts for the day the record stands at.
    fn turn_to(&mut self, day: i64) {
        if day <= self.day {
            return;
        }
        let spans = day.div_euclid(SKETCH_DAYS) - self.day.div_euclid(SKETCH_DAYS);
        match spans {
            0 => {}
            1 => self.devices = [Sketch::default(), self.devices[0]],
            _ => self.devices = [Sketch::default(); 2],
        }
        self.devices_today = Sketch::default();
        self.day = day;
    }

    /// A phone's new place takes its old one's: a traveller is not two people. Otherwise the oldest makes room.
    fn point(&mut self, new: Point) {
        let same = |held: &Option<Point>| held.is_some_and(|held| held.device == new.device && new.device != 0);
        let free = self.points.iter().position(same);
        let free = free.or_else(|| self.points.iter().position(Option::is_none)).unwrap_or(0);
        self.points[free] = None;
        self.points[free..].rotate_left(1);
        let end = self.points.iter().position(Option::is_none).unwrap_or(POINTS_MAX - 1);
        self.points[end] = Some(new);
    }

    fn sale(&mut self, order: u64, at: Timestamp) {
        if self.sold && self.order != order {
            self.order_before = self.order;
        }
        if !self.sold && self.sold_at.micros() == 0 {
            self.sold_at = at;
        }
        self.order = order;
        self.sold = true;
    }

    fn clear(&mut self, rule: Rule) {
        match rule {
            Rule::TwoOrders => self.order_before = 0,
            Rule::ImpossibleTravel => self.points = [None; POINTS_MAX],
            Rule::TooManyDevices => {
                self.devices_today = Sketch::default();
                self.devices = [Sketch::default(); 2];
            }
            Rule::WrongMarket => (self.scans_abroad, self.devices_abroad) = (0, 0),
            Rule::NotCommissioned | Rule::Decommissioned | Rule::LotRate => {}
        }
    }

    /// The record as bytes, to be kept.
    pub fn to_bytes(&self) -> [u8; UNIT_RECORD_BYTES] {
        let mut out = Writer { bytes: [0u8; UNIT_RECORD_BYTES], at: 0 };
        out.put(&[VERSION]);
        out.put(&self.scans.to_le_bytes());
        out.put(&self.first_at.micros().to_le_bytes());
        out.put(&self.last_at.micros().to_le_bytes());
        out.put(&self.order.to_le_bytes());
        out.put(&self.order_before.to_le_bytes());
        out.put(&self.sold_at.micros().to_le_bytes());
        out.put(&[u8::from(self.sold)]);
        for word in [self.devices_today, self.devices[0], self.devices[1]].iter().flat_map(|sketch| sketch.0) {
            out.put(&word.to_le_bytes());
        }
        out.put(&self.day.to_le_bytes());
        out.put(&self.scans_home.to_le_bytes());
        out.put(&self.scans_abroad.to_le_bytes());
        out.put(&self.devices_abroad.to_le_bytes());
        out.put(&self.observations.to_le_bytes());
        out.put(&[self.points().count() as u8]);
        for point in self.points() {
            out.put(&point.at.micros().to_le_bytes());
            out.put(&point.place.latitude_e4.to_le_bytes());
            out.put(&point.place.longitude_e4.to_le_bytes());
            out.put(&point.place.radius_km.to_le_bytes());
            out.put(&[u8::from(point.place.source == Source::Network)]);
            out.put(&point.device.to_le_bytes());
        }
        out.bytes
    }

    /// Reads what [`UnitRecord::to_bytes`] wrote; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<UnitRecord> {
        let mut from = Reader { bytes, at: 0 };
        if bytes.len() != UNIT_RECORD_BYTES || from.take::<1>()? != [VERSION] {
            return None;
        }
        let mut record = UnitRecord {
            scans: from.u32()?,
            first_at: from.moment()?,
            last_at: from.moment()?,
            order: from.u64()?,
            order_before: from.u64()?,
            sold_at: from.moment()?,
            sold: from.take::<1>()? == [1],
            devices_today: Sketch([from.u64()?, from.u64()?]),
            devices: [Sketch([from.u64()?, from.u64()?]), Sketch([from.u64()?, from.u64()?])],
            day: from.u64()? as i64,
            scans_home: from.u32()?,
            scans_abroad: from.u32()?,
            devices_abroad: from.u64()?,
            observations: from.u32()?,
            points: [None; POINTS_MAX],
        };
        let count = usize::from(from.take::<1>()?[0]);
        for point in record.points.get_mut(..count)? {
            let at = from.moment()?;
            let place = Place {
                latitude_e4: from.u32()? as i32,
                longitude_e4: from.u32()? as i32,
                radius_km: u16::from_le_bytes(from.take()?),
                source: if from.take::<1>()? == [1] { Source::Network } else { Source::Given },
            };
            *point = Some(Point { at, place, device: from.u64()? });
        }
        Some(record)
    }
}

/// What is remembered of a lot: scans a day.
#[derive(Debug, Clone, PartialEq)]
pub struct LotRecord {
    /// Scans so far.
    pub scans: u64,
    /// Day number (UTC) of the first scan.
    pub first_day: i32,
    /// Day number (UTC) the counts stand at.
    pub day: i64,
    /// Scans known to be within the market.
    pub scans_home: u32,
    /// Scans known to be outside it.
    pub scans_abroad: u32,
    days: [u32; LOT_DAYS],
}

impl Default for LotRecord {
    fn default() -> Self {
        LotRecord { scans: 0, first_day: 0, day: 0, scans_home: 0, scans_abroad: 0, days: [0; LOT_DAYS] }
    }
}

impl LotRecord {
    /// Scans of the day the record stands at.
    pub fn today(&self) -> u32 {
        self.days[self.slot(self.day)]
    }

    /// Scans of the days before it, oldest first: at most `LOT_DAYS - 1`, and none before the lot's first.
    pub fn before(&self) -> Vec<u32> {
        let first = i64::from(self.first_day).max(self.day - (LOT_DAYS as i64 - 1));
        (first..self.day).map(|day| self.days[self.slot(day)]).collect()
    }

    fn slot(&self, day: i64) -> usize {
        day.rem_euclid(LOT_DAYS as i64) as usize
    }

    /// Takes a scan in; other events do not count. A late scan counts for its own day while that is remembered.
    pub fn observe(&mut self, seen: &Observation) {
        if seen.event != Event::Scan {
            return;
        }
        let day = seen.at.micros().div_euclid(DAY_MICROS);
        if self.scans == 0 {
            (self.first_day, self.day) = (day as i32, day);
        }
        self.scans += 1;
        self.first_day = self.first_day.min(day as i32);
        // After a long pause every count is old: at most one round.
        for passed in (self.day + 1).max(day - LOT_DAYS as i64 + 1)..=day {
            let slot = self.slot(passed);
            self.days[slot] = 0;
        }
        self.day = self.day.max(day);
        if day > self.day - LOT_DAYS as i64 {
            let slot = self.slot(day);
            self.days[slot] = self.days[slot].saturating_add(1);
        }
        match seen.abroad {
            Some(true) => self.scans_abroad = self.scans_abroad.saturating_add(1),
            Some(false) => self.scans_home = self.scans_home.saturating_add(1),
            None => {}
        }
    }

    /// The record as bytes, to be kept.
    pub fn to_bytes(&self) -> [u8; LOT_RECORD_BYTES] {
        let mut out = Writer { bytes: [0u8; LOT_RECORD_BYTES], at: 0 };
        out.put(&[VERSION]);
        out.put(&self.scans.to_le_bytes());
        out.put(&self.first_day.to_le_bytes());
        out.put(&self.day.to_le_bytes());
        out.put(&self.scans_home.to_le_bytes());
        out.put(&self.scans_abroad.to_le_bytes());
        for day in self.days {
            out.put(&day.to_le_bytes());
        }
        out.bytes
    }

    /// Reads what [`LotRecord::to_bytes`] wrote; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<LotRecord> {
        let mut from = Reader { bytes, at: 0 };
        if bytes.len() != LOT_RECORD_BYTES || from.take::<1>()? != [VERSION] {
            return None;
        }
        let mut record = LotRecord {
            scans: from.u64()?,
            first_day: from.u32()? as i32,
            day: from.u64()? as i64,
            scans_home: from.u32()?,
            scans_abroad: from.u32()?,
            days: [0; LOT_DAYS],
        };
        for day in &mut record.days {
            *day = from.u32()?;
        }
        Some(record)
    }
}

struct Writer<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

impl<const N: usize> Writer<N> {
    fn put(&mut self, part: &[u8]) {
        self.bytes[self.at..self.at + part.len()].copy_from_slice(part);
        self.at += part.len();
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let part = self.bytes.get(self.at..self.at + N)?;
        self.at += N;
        part.try_into().ok()
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn moment(&mut self) -> Option<Timestamp> {
        self.take().map(i64::from_le_bytes).map(Timestamp::from_micros)
    }
}
