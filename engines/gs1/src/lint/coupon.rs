//! North American coupons: AI 8110 ("North American Coupon Application Guideline Using GS1 DataBar Expanded Symbols") and
//! AI 8112 ("GS1 AI (8112) Coupon Data Specification").

use super::{Fault, company_prefix, digits, fault, short_date};
use crate::Code;

/// Walks over the digits of a coupon.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn wrong(&self, at: usize, length: usize, what: &str) -> Fault {
        let length = length.min(self.text.len() - at);
        Fault { detail: Some(what.to_owned()), ..fault(at, length, Code::Coupon) }
    }

    /// A digit that must be one of `allowed`.
    fn one_of(&mut self, allowed: &str, what: &str) -> Result<u8, Fault> {
        match self.rest().chars().next() {
            None => Err(self.wrong(0, self.text.len(), what)),
            Some(digit) if allowed.contains(digit) => {
                self.at += 1;
                Ok(digit as u8 - b'0')
            }
            Some(_) => Err(self.wrong(self.at, 1, what)),
        }
    }

    /// So many digits.
    fn take(&mut self, length: usize, what: &str) -> Result<&'a str, Fault> {
        match self.rest().get(..length) {
            Some(taken) => {
                self.at += length;
                Ok(taken)
            }
            None if self.rest().is_empty() => Err(self.wrong(0, self.text.len(), what)),
            None => Err(self.wrong(self.at, self.rest().len(), what)),
        }
    }

    /// A length indicator out of `allowed`, and the digits it announces: the indicator plus `more`.
    fn counted(&mut self, allowed: &str, more: usize, what: &str) -> Result<&'a str, Fault> {
        let length = usize::from(self.one_of(allowed, what)?) + more;
        self.take(length, what)
    }

    /// As [`Self::counted`], and the digits begin with a company prefix.
    fn company(&mut self, allowed: &str, what: &str) -> Result<(), Fault> {
        let prefix = self.counted(allowed, 6, what)?;
        let start = self.at - prefix.len();
        company_prefix(prefix).map_err(|found| fault(start, prefix.len(), found.code))
    }

    /// The option field whose number this is, when it comes next.
    fn option(&mut self, number: char) -> bool {
        let here = self.rest().starts_with(number);
        self.at += usize::from(here);
        here
    }

    fn end(&self) -> Result<(), Fault> {
        if self.rest().is_empty() {
            return Ok(());
        }
        Err(self.wrong(self.at, self.rest().len(), "data after the last field"))
    }
}

const ANY_DIGIT: &str = "0123456789";

/// `couponcode`: AI 8110.
pub(super) fn north_american(text: &str) -> Result<(), Fault> {
    digits(text)?;
    let mut reader = Reader { text, at: 0 };
    reader.company("0123456", "company prefix")?;
    reader.take(6, "offer code")?;
    reader.counted("12345", 0, "save value")?;
    purchase(&mut reader, "first purchase")?;
    if reader.option('1') {
        reader.one_of("0123", "additional purchase rules")?;
        purchase(&mut reader, "second purchase")?;
        purchase_company(&mut reader, "company prefix of the second purchase")?;
    }
    if reader.option('2') {
        purchase(&mut reader, "third purchase")?;
        purchase_company(&mut reader, "company prefix of the third purchase")?;
    }
    dates(&mut reader)?;
    if reader.option('5') {
        reader.counted(ANY_DIGIT, 6, "serial number")?;
    }
    if reader.option('6') {
        reader.company("1234567", "retailer company prefix or GLN")?;
    }
    if reader.option('9') {
        reader.one_of("01256", "save value code")?;
        reader.one_of("012", "item the save value applies to")?;
        reader.one_of(ANY_DIGIT, "store coupon flag")?;
        reader.one_of("01", "do not multiply flag")?;
    }
    reader.end()
}

fn purchase(reader: &mut Reader<'_>, what: &str) -> Result<(), Fault> {
    reader.counted("12345", 0, what)?;
    reader.one_of("012349", what)?;
    reader.take(3, what)?;
    Ok(())
}

fn purchase_company(reader: &mut Reader<'_>, what: &str) -> Result<(), Fault> {
    // 9 says: the same company as in the first purchase.
    if reader.option('9') { Ok(()) } else { reader.company("0123456", what) }
}

fn dates(reader: &mut Reader<'_>) -> Result<(), Fault> {
    let mut expiry = None;
    if reader.option('3') {
        expiry = Some(date(reader, "expiration date")?);
    }
    if reader.option('4') {
        let start = date(reader, "start date")?;
        if expiry.is_some_and(|expiry| start > expiry) {
            return Err(reader.wrong(reader.at - 14, 14, "the expiration date is before the start date"));
        }
    }
    Ok(())
}

fn date<'a>(reader: &mut Reader<'a>, what: &str) -> Result<&'a str, Fault> {
    let text = reader.take(6, what)?;
    short_date(text, false).map_err(|_| reader.wrong(reader.at - 6, 6, what))?;
    Ok(text)
}

/// `couponposoffer`: AI 8112.
pub(super) fn positive_offer(text: &str) -> Result<(), Fault> {
    digits(text)?;
    let mut reader = Reader { text, at: 0 };
    reader.one_of("01", "format code")?;
    reader.counted("0123456", 6, "funder")?;
    reader.take(6, "offer code")?;
    reader.counted(ANY_DIGIT, 6, "serial number")?;
    reader.end()
}
