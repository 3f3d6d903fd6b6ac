//! The lines of a file become signals, in the order of their moments: what happens hours after its line waits for the lines
//! in between.

use super::{Compiled, Rule};
use crate::model::Owned;
use listings::import::rows::{self, Cells, Rows};
use listings::import::{Failed, Reason};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::path::Path;
use stream::fingerprint::text_hash;

/// Most signals that wait for their moment.
const WAITING_MAX: usize = 2_000_000;

/// What a file gives.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // nearly all of them are signals
pub enum Item {
    /// A signal.
    Signal(Owned),
    /// A line that cannot be taken.
    Refused {
        /// Line of the file, from 1.
        line: u64,
        /// Why.
        reason: Reason,
    },
}

/// What was read so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines with data.
    pub lines: u64,
    /// Signals they stood for.
    pub signals: u64,
    /// Lines that could not be taken.
    pub refused: u64,
    /// Lines that met no rule.
    pub unmatched: u64,
    /// Lines left out, by the rule of the mapping that says so.
    pub skipped: BTreeMap<String, u64>,
}

/// A file that is being read.
pub struct SignalFile<'a> {
    rows: Rows,
    mapping: &'a Compiled,
    merchant: Option<String>,
    shift_micros: i64,
    waiting: BinaryHeap<Reverse<Waiting>>,
    ready: VecDeque<Item>,
    counts: Counts,
    ended: bool,
}

struct Waiting {
    at_us: i64,
    number: u64,
    signal: Owned,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        (self.at_us, self.number) == (other.at_us, other.number)
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at_us, self.number).cmp(&(other.at_us, other.number))
    }
}

impl<'a> SignalFile<'a> {
    /// Opens a file under a mapping. `merchant`: whose signals they are, instead of what the mapping says; every moment is
    /// moved by `shift_micros`.
    ///
    /// # Errors
    /// Why it cannot be read, with the line.
    pub fn open(
        path: &Path,
        mapping: &'a Compiled,
        merchant: Option<String>,
        shift_micros: i64,
    ) -> Result<SignalFile<'a>, Failed> {
        Ok(SignalFile {
            rows: Rows::open(path, &mapping.layout())?,
            mapping,
            merchant,
            shift_micros,
            waiting: BinaryHeap::new(),
            ready: VecDeque::new(),
            counts: Counts::default(),
            ended: false,
        })
    }

    /// What was read so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Bytes of the file read so far.
    pub fn bytes_read(&self) -> u64 {
        self.rows.bytes_read()
    }

    /// The next signal or refused line; `None` at the end.
    ///
    /// # Errors
    /// What cannot be read any further.
    pub fn next_item(&mut self) -> Result<Option<Item>, Failed> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.ended {
                return Ok(self.waiting.pop().map(|Reverse(waiting)| Item::Signal(waiting.signal)));
            }
            let Some((line, cells)) = self.rows.next_row()? else {
                self.ended = true;
                continue;
            };
            self.counts.lines += 1;
            match cells {
                Ok(cells) => self.take(line, &cells)?,
                Err(reason) => self.refuse(line, reason),
            }
        }
    }

    fn refuse(&mut self, line: u64, reason: Reason) {
        self.counts.refused += 1;
        self.ready.push_back(Item::Refused { line, reason });
    }

    fn take(&mut self, line: u64, cells: &Cells) -> Result<(), Failed> {
        let value = |column: &str| self.rows.value(cells, column);
        let skipped = self
            .mapping
            .skip
            .iter()
            .find(|(rule, pattern)| pattern.is_match(value(&rule.column).as_deref().unwrap_or_default()));
        if let Some((rule, _)) = skipped {
            *self.counts.skipped.entry(rule.id.clone()).or_default() += 1;
            return Ok(());
        }
        let meets = |rule: &&Rule| {
            rule.when.iter().all(|(column, pattern)| pattern.is_match(value(column).as_deref().unwrap_or_default()))
        };
        let row = Row { number: self.counts.lines, mapping: self.mapping, merchant: self.merchant.as_deref() };
        let mut made = Vec::new();
        for rule in self.mapping.rules.iter().filter(meets) {
            match row.signal(rule, &value) {
                Ok(signal) => made.push((rule.after_micros, signal)),
                Err(reason) => {
                    self.refuse(line, reason);
                    return Ok(());
                }
            }
        }
        if made.is_empty() {
            self.counts.unmatched += 1;
            return Ok(());
        }
        if self.waiting.len() + made.len() > WAITING_MAX {
            let reason = Reason { column: String::new(), message: "signals-file-waiting".into(), args: Vec::new() };
            return Err(Failed { line, reason });
        }
        for (after_micros, mut signal) in made {
            let number = self.counts.signals;
            self.counts.signals += 1;
            let at_us = signal.at_us.saturating_add(self.shift_micros).saturating_add(after_micros);
            let line_at = signal.at_us.saturating_add(self.shift_micros);
            signal.at_us = at_us;
            if after_micros == 0 {
                self.release(line_at);
                self.ready.push_back(Item::Signal(signal));
            } else {
                self.waiting.push(Reverse(Waiting { at_us, number, signal }));
            }
        }
        Ok(())
    }

    /// What waited for a moment up to this one.
    fn release(&mut self, until_us: i64) {
        while self.waiting.peek().is_some_and(|Reverse(waiting)| waiting.at_us <= until_us) {
            if let Some(Reverse(waiting)) = self.waiting.pop() {
                self.ready.push_back(Item::Signal(waiting.signal));
            }
        }
    }
}

struct Row<'a> {
    number: u64,
    mapping: &'a Compiled,
    merchant: Option<&'a str>,
}

impl Row<'_> {
    fn signal(&self, rule: &Rule, value: &impl Fn(&str) -> Option<String>) -> Result<Owned, Reason> {
        let field = |name: &str| rule.fields.get(name).and_then(|template| template.fill(self.number, value));
        let wrong = |column: &str, message: &str, given: &str| Reason {
            column: column.to_owned(),
            message: message.to_owned(),
            args: vec![("value".to_owned(), given.chars().take(200).collect())],
        };
        let needed = |name: &str| field(name).ok_or_else(|| wrong(name, "signals-file-empty", ""));
        let at = value(&rule.at).ok_or_else(|| wrong(&rule.at, "signals-file-empty", ""))?;
        let moment = rows::moment(&at, &self.mapping.mapping.dates.format, &self.mapping.zone)
            .ok_or_else(|| wrong(&rule.at, "signals-file-date", &at))?;
        let whole = |name: &str| -> Result<Option<i64>, Reason> {
            let Some(text) = field(name) else { return Ok(None) };
            // Spreadsheets write whole numbers as 17850.0.
            let plain = text.strip_suffix(".0").unwrap_or(&text);
            plain.parse().map(Some).map_err(|_| wrong(name, "signals-file-number", &text))
        };
        let money = |name: &str| -> Result<Option<i64>, Reason> {
            let Some(text) = field(name) else { return Ok(None) };
            let (currency, format) = (&self.mapping.mapping.currency, &self.mapping.mapping.price);
            rows::price(&text, currency, format).map(Some).ok_or_else(|| wrong(name, "signals-file-price", &text))
        };
        let small = |name: &str, given: Option<i64>| -> Result<Option<u32>, Reason> {
            given
                .map(|number| {
                    u32::try_from(number).map_err(|_| wrong(name, "signals-file-number", &number.to_string()))
                })
                .transpose()
        };
        let quantity = whole("quantity")?.unwrap_or(1);
        let amount = match (money("amount")?, money("unit_price")?) {
            (Some(amount), _) => amount,
            (None, Some(price)) => price
                .checked_mul(quantity)
                .ok_or_else(|| wrong("unit_price", "signals-file-number", &price.to_string()))?,
            (None, None) => 0,
        };
        let rating = small("rating", whole("rating")?)?.map(|stars| u8::try_from(stars).unwrap_or(u8::MAX));
        let verified = match field("verified").map(|text| text.to_lowercase()).as_deref() {
            Some("true" | "1" | "yes" | "y" | "是") => Some(true),
            Some("false" | "0" | "no" | "n" | "否") => Some(false),
            Some(other) => return Err(wrong("verified", "signals-file-boolean", other)),
            None => None,
        };
        Ok(Owned {
            id: rule.id.fill(self.number, value).ok_or_else(|| wrong("id", "signals-file-empty", ""))?,
            kind: rule.kind,
            at_us: moment.micros(),
            merchant: self.merchant.map_or_else(|| needed("merchant"), |merchant| Ok(merchant.to_owned()))?,
            product: needed("product")?,
            lot: field("lot"),
            order: field("order"),
            quantity,
            amount_minor: amount,
            rating,
            reason: field("reason"),
            place: field("place"),
            device: field("device"),
            buyer: field("buyer").map(|text| text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)),
            buyer_age_days: small("buyer_age_days", whole("buyer_age_days")?)?,
            text_hash: field("text").map(|text| text_hash(&text)),
            weight_grams: small("weight_grams", whole("weight_grams")?)?,
            list_price_minor: money("list_price")?,
            verified,
        })
    }
}
