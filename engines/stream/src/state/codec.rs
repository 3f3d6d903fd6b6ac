//! A record as bytes: the same bytes for the same record, wherever its pieces lie. Used for the spill, for snapshots and
//! for the digest. What fell out of the window is left out.

use super::record::{Day, Header, Pending, Slabs, Week};
use super::slab::NIL;
use crate::counts::{DayCounts, Totals};
use crate::prices::DayPrices;
use crate::shape::Shape;
use crate::signal::{KeyKind, KeyRef};
use crate::varint::{Reader, put, put_bytes, put_signed};

/// Writes a record. `floor_day` is the oldest day still in a window.
pub(crate) fn write(out: &mut Vec<u8>, key: KeyRef<'_>, touched: u64, header: &Header, slabs: &Slabs, floor_day: i32) {
    out.push(key.kind as u8);
    put_bytes(out, key.id.as_bytes());
    put(out, touched);
    put_signed(out, i64::from(header.first_day));
    put_signed(out, i64::from(header.last_day));
    header.totals.to_array().iter().for_each(|count| put(out, *count));
    put_signed(out, header.totals.revenue_minor);
    put_signed(out, header.totals.refunds_minor);
    let days = header.closed_days(slabs, floor_day);
    put(out, days.len() as u64);
    for piece in days {
        put_signed(out, i64::from(piece.day));
        write_counts(out, &piece.counts);
        write_prices(out, &piece.prices);
    }
    let weeks = header.closed_weeks(slabs, floor_day);
    put(out, weeks.len() as u64);
    for piece in weeks {
        put_signed(out, i64::from(piece.week));
        put_bytes(out, &piece.shape.to_bytes());
    }
    let pending = header.pending_pieces(slabs);
    put(out, pending.len() as u64);
    for piece in pending {
        put_signed(out, i64::from(piece.day));
        write_counts(out, &piece.counts);
        write_prices(out, &piece.prices);
        put_bytes(out, &piece.shape.to_bytes());
    }
}

/// A record read from its bytes, not yet in any slab.
pub(crate) struct Unpacked<'a> {
    pub key: KeyRef<'a>,
    pub touched: u64,
    header: Header,
    days: Vec<Day>,
    weeks: Vec<Week>,
    pending: Vec<Pending>,
}

impl Unpacked<'_> {
    /// Days that are counted and not told.
    pub fn pending_days(&self) -> impl Iterator<Item = i32> {
        self.pending.iter().map(|piece| piece.day)
    }

    /// Puts the record's pieces in slabs.
    pub fn place(&self, slabs: &mut Slabs) -> Header {
        let mut header = self.header;
        header.place(slabs, &self.days, &self.weeks, &self.pending);
        header
    }
}

/// Reads whose record it is, without the rest.
pub(crate) fn read_key(bytes: &[u8]) -> Option<KeyRef<'_>> {
    key(&mut Reader::new(bytes))
}

fn key<'a>(reader: &mut Reader<'a>) -> Option<KeyRef<'a>> {
    let kind = *KeyKind::ALL.get(usize::from(reader.byte()?))?;
    Some(KeyRef { kind, id: reader.text()? })
}

/// Reads a record; `None` when the bytes are none.
pub(crate) fn read(bytes: &[u8]) -> Option<Unpacked<'_>> {
    let mut reader = Reader::new(bytes);
    let key = key(&mut reader)?;
    let touched = reader.number()?;
    let (first_day, last_day) = (reader.day()?, reader.day()?);
    let mut totals = [0; DayCounts::LEN];
    for place in &mut totals {
        *place = reader.number()?;
    }
    let totals = Totals::from_array(totals, reader.signed()?, reader.signed()?);
    let header = Header { first_day, last_day, totals, ..Header::default() };
    let days = (0..short(&mut reader)?)
        .map(|_| Some(Day { day: reader.day()?, counts: counts(&mut reader)?, prices: prices(&mut reader)? }))
        .collect::<Option<_>>()?;
    let weeks = (0..short(&mut reader)?)
        .map(|_| Some(Week { week: reader.day()?, shape: Shape::from_bytes(reader.counted_bytes()?)? }))
        .collect::<Option<_>>()?;
    let pending = (0..short(&mut reader)?)
        .map(|_| {
            Some(Pending {
                day: reader.day()?,
                next: NIL,
                counts: counts(&mut reader)?,
                prices: prices(&mut reader)?,
                shape: Shape::from_bytes(reader.counted_bytes()?)?,
            })
        })
        .collect::<Option<_>>()?;
    reader.is_empty().then_some(Unpacked { key, touched, header, days, weeks, pending })
}

fn short(reader: &mut Reader<'_>) -> Option<usize> {
    let count = usize::try_from(reader.number()?).ok()?;
    (count <= reader.remaining()).then_some(count)
}

fn write_counts(out: &mut Vec<u8>, counts: &DayCounts) {
    counts.to_array().iter().for_each(|count| put(out, u64::from(*count)));
    put_signed(out, counts.revenue_minor);
    put_signed(out, counts.refunds_minor);
}

fn counts(reader: &mut Reader<'_>) -> Option<DayCounts> {
    let mut array = [0; DayCounts::LEN];
    for place in &mut array {
        *place = reader.narrow()?;
    }
    Some(DayCounts::from_array(array, reader.signed()?, reader.signed()?))
}

fn write_prices(out: &mut Vec<u8>, prices: &DayPrices) {
    put(out, u64::from(prices.seen));
    if prices.seen > 0 {
        let numbers = [
            prices.last_at_us,
            prices.last_minor,
            prices.min_minor,
            prices.max_minor,
            prices.log_sum,
            prices.log_square_sum,
        ];
        numbers.iter().for_each(|number| put_signed(out, *number));
    }
}

fn prices(reader: &mut Reader<'_>) -> Option<DayPrices> {
    let seen = reader.narrow()?;
    if seen == 0 {
        return Some(DayPrices::default());
    }
    Some(DayPrices {
        seen,
        last_at_us: reader.signed()?,
        last_minor: reader.signed()?,
        min_minor: reader.signed()?,
        max_minor: reader.signed()?,
        log_sum: reader.signed()?,
        log_square_sum: reader.signed()?,
    })
}
