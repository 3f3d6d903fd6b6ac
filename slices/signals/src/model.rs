//! What is handed in and what is answered.

use ground::{Bilingual, Timestamp};
use stream::{Attributes, Kind, Signal};

/// Refused lines an answer names; the rest is counted.
pub const REFUSED_NAMED_MAX: usize = 1_000;
/// Bytes of a refused line that are kept, so that its sender finds it again.
pub const EXCERPT_BYTES_MAX: usize = 200;

/// A signal that owns its texts; what is borrowed in [`Signal`].
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // the fields of `stream::Signal` and `stream::Attributes`
pub struct Owned {
    pub id: String,
    pub kind: Kind,
    pub at_us: i64,
    pub merchant: String,
    pub product: String,
    pub lot: Option<String>,
    pub order: Option<String>,
    pub quantity: i64,
    pub amount_minor: i64,
    pub rating: Option<u8>,
    pub reason: Option<String>,
    pub place: Option<String>,
    pub device: Option<String>,
    pub buyer: Option<String>,
    pub buyer_age_days: Option<u32>,
    pub text_hash: Option<u64>,
    pub weight_grams: Option<u32>,
    pub list_price_minor: Option<i64>,
    pub verified: Option<bool>,
}

impl Owned {
    /// The same, borrowed.
    pub fn as_signal(&self) -> Signal<'_> {
        Signal {
            id: &self.id,
            kind: self.kind,
            at_us: self.at_us,
            merchant: &self.merchant,
            product: &self.product,
            lot: self.lot.as_deref(),
            order: self.order.as_deref(),
            quantity: self.quantity,
            amount_minor: self.amount_minor,
            attributes: Attributes {
                rating: self.rating,
                reason: self.reason.as_deref(),
                place: self.place.as_deref(),
                device: self.device.as_deref(),
                buyer: self.buyer.as_deref(),
                buyer_age_days: self.buyer_age_days,
                text_hash: self.text_hash,
                weight_grams: self.weight_grams,
                list_price_minor: self.list_price_minor,
                verified: self.verified,
            },
        }
    }

    /// Writes it as a line, the line's end included.
    pub fn write_line(&self, out: &mut Vec<u8>) {
        stream::wire::write_line(&self.as_signal(), out);
    }

    /// A copy of a borrowed one.
    pub fn of(signal: &Signal<'_>) -> Owned {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let attributes = &signal.attributes;
        Owned {
            id: signal.id.to_owned(),
            kind: signal.kind,
            at_us: signal.at_us,
            merchant: signal.merchant.to_owned(),
            product: signal.product.to_owned(),
            lot: text(signal.lot),
            order: text(signal.order),
            quantity: signal.quantity,
            amount_minor: signal.amount_minor,
            rating: attributes.rating,
            reason: text(attributes.reason),
            place: text(attributes.place),
            device: text(attributes.device),
            buyer: text(attributes.buyer),
            buyer_age_days: attributes.buyer_age_days,
            text_hash: attributes.text_hash,
            weight_grams: attributes.weight_grams,
            list_price_minor: attributes.list_price_minor,
            verified: attributes.verified,
        }
    }
}

/// A line that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Line of the body (row of an Arrow body), from 1.
    pub line: u64,
    /// Stable name of what is wrong, for instance `unknown_field`; `conflict` where the id came before with other content.
    pub code: String,
    /// The field; empty where the whole line is meant.
    pub field: String,
    /// What is wrong and what would be right.
    pub detail: Bilingual,
    /// The first [`EXCERPT_BYTES_MAX`] bytes of the line, control characters replaced; for a conflict the id.
    pub excerpt: String,
}

/// What became of what was handed in. Everything it counts as accepted is on the disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// New signals.
    pub accepted: u64,
    /// Signals that came before with the same id and the same content: they count once.
    pub duplicates: u64,
    /// Signals whose id came before with other content: refused, and named among the refused lines.
    pub conflicts: u64,
    /// Lines that are no signals.
    pub refused: u64,
    /// The first [`REFUSED_NAMED_MAX`] lines that were not taken, conflicts included.
    pub lines: Vec<Refused>,
    /// The block of the log up to which everything of this receipt is kept; 0 where nothing was.
    pub position: u64,
}

impl Receipt {
    /// Everything that was looked at.
    pub fn seen(&self) -> u64 {
        self.accepted + self.duplicates + self.conflicts + self.refused
    }

    pub(crate) fn refuse(&mut self, line: Refused) {
        self.refused += 1;
        if self.lines.len() < REFUSED_NAMED_MAX {
            self.lines.push(line);
        }
    }

    pub(crate) fn add(&mut self, other: Receipt) {
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        self.conflicts += other.conflicts;
        self.refused += other.refused;
        self.position = self.position.max(other.position);
        let room = REFUSED_NAMED_MAX.saturating_sub(self.lines.len());
        self.lines.extend(other.lines.into_iter().take(room));
    }
}

/// A day that was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// The civil day, days since 1970-01-01.
    pub day: i32,
    /// The block of the log whose folding closed it.
    pub position: u64,
    /// Signals counted in its rows.
    pub signals: u64,
    /// Keys with a row.
    pub keys: u64,
    /// Rows: of the day, and corrections of earlier days.
    pub rows: u64,
    /// SHA-256 of the file of its rows, hexadecimal.
    pub sha256: String,
    /// The act that says so; `None` until it is written.
    pub act_id: Option<String>,
    /// When the act was written.
    pub closed_at: Option<Timestamp>,
}

/// A civil date as days since 1970-01-01.
pub fn day_number(date: jiff::civil::Date) -> i32 {
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    epoch.until(date).map_or(0, |span| span.get_days())
}

/// Days since 1970-01-01 as a civil date; what lies outside the years 1 to 9999 is clamped.
pub fn day_date(day: i32) -> jiff::civil::Date {
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    epoch.saturating_add(jiff::Span::new().days(i64::from(day).clamp(-700_000, 2_900_000)))
}

/// The first bytes of a line, as text that can be shown.
pub(crate) fn excerpt(line: &[u8]) -> String {
    let cut = &line[..line.len().min(EXCERPT_BYTES_MAX)];
    String::from_utf8_lossy(cut).chars().map(|letter| if letter.is_control() { '␣' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_each_others_reverse() {
        for text in ["1970-01-01", "2010-12-01", "2026-03-02"] {
            let date: jiff::civil::Date = text.parse().unwrap();
            assert_eq!(day_date(day_number(date)), date);
        }
        assert_eq!(day_number("1970-01-02".parse().unwrap()), 1);
    }

    #[test]
    fn an_excerpt_is_short_and_shows_no_control_characters() {
        assert_eq!(excerpt(b"a\x00b"), "a␣b");
        assert_eq!(excerpt(&[b'x'; 1000]).len(), EXCERPT_BYTES_MAX);
    }
}
