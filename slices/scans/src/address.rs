//! GS1 Digital Link addresses of this resolver: `/01/{gtin}`, with the qualifiers 22, 10 and 21 in this order, everything
//! else as query. Reading is strict; what is wrong is said with the place and what would be right.

use ground::{Fault, Place, Problem};
use gs1::Gtin;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Longest address, bytes, path and query together.
pub const ADDRESS_BYTES_MAX: usize = 2_000;
/// Most pairs of a query.
const QUERY_PAIRS_MAX: usize = 50;

/// The key qualifiers of a GTIN in the order in which they stand (GS1 Digital Link: URI Syntax, key qualifiers of 01).
const QUALIFIERS: [&str; 3] = ["22", "10", "21"];

/// What stands unescaped in a path: unreserved characters (RFC 3986 §2.3).
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What an address names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The trade item.
    pub gtin: Gtin,
    /// Consumer product variant (AI 22).
    pub variant: Option<String>,
    /// Lot (AI 10).
    pub lot: Option<String>,
    /// Serial number (AI 21).
    pub serial: Option<String>,
    /// Other identifiers of the query, in the order given.
    pub others: Vec<(String, String)>,
}

/// How far down an address goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A product.
    Product,
    /// A lot of it.
    Lot,
    /// One unit.
    Unit,
}

impl Address {
    /// The product alone.
    pub fn of_product(gtin: Gtin) -> Self {
        Address { gtin, variant: None, lot: None, serial: None, others: Vec::new() }
    }

    /// A lot of it.
    pub fn of_lot(gtin: Gtin, number: &str) -> Self {
        Address { lot: Some(number.to_owned()), ..Address::of_product(gtin) }
    }

    /// One unit of it.
    pub fn of_unit(gtin: Gtin, serial: &str) -> Self {
        Address { serial: Some(serial.to_owned()), ..Address::of_product(gtin) }
    }

    /// The canonical Digital Link (GS1 Digital Link: URI Syntax): how events name it.
    pub fn canonical(&self) -> String {
        format!("https://id.gs1.org{}", self.path())
    }

    /// How far down it goes.
    pub fn level(&self) -> Level {
        match (&self.serial, &self.lot) {
            (Some(_), _) => Level::Unit,
            (None, Some(_)) => Level::Lot,
            (None, None) => Level::Product,
        }
    }

    /// The path in its one right form.
    pub fn path(&self) -> String {
        let mut path = format!("/01/{}", self.gtin);
        for (ai, value) in [("22", &self.variant), ("10", &self.lot), ("21", &self.serial)] {
            if let Some(value) = value {
                path.push_str(&format!("/{ai}/{}", utf8_percent_encode(value, PATH)));
            }
        }
        path
    }

    /// This address, then what it belongs to: unit, lot, product.
    pub fn upwards(&self) -> Vec<Address> {
        let mut all = vec![self.clone()];
        if self.serial.is_some() && (self.lot.is_some() || self.variant.is_some()) {
            all.push(Address { serial: None, others: Vec::new(), ..self.clone() });
        }
        if self.level() > Level::Product || self.variant.is_some() {
            all.push(Address::of_product(self.gtin));
        }
        all.dedup_by(|a, b| a.path() == b.path());
        all
    }

    /// The address of a scanned code, however it was written.
    ///
    /// # Errors
    /// `scan_code_invalid` with the place where it cannot be read, or when it names no trade item.
    pub fn of_scan(code: &str) -> Result<Address, Problem> {
        let code = code.trim();
        if code.is_empty() {
            return Err(refused(0, "scans-code-empty", &[]));
        }
        if code.len() > ADDRESS_BYTES_MAX {
            return Err(refused(0, "scans-code-long", &[("most", ADDRESS_BYTES_MAX.to_string())]));
        }
        let options = gs1::Options { zero_suppressed_gtin: true, ..gs1::Options::default() };
        let scan = gs1::parse_with(code, options).map_err(|error| of_engine(&error, 0))?;
        let Some(gtin) = scan.gtin() else { return Err(refused(0, "scans-code-no-gtin", &[])) };
        let own = |ai: &str| scan.value(ai).map(str::to_owned);
        let named = ["01", "22", "10", "21"];
        let others = scan.elements.iter().filter(|element| !named.contains(&element.ai.as_str()));
        Ok(Address {
            gtin,
            variant: own("22"),
            lot: own("10"),
            serial: own("21"),
            others: others.map(|element| (element.ai.clone(), element.value.clone())).collect(),
        })
    }

    /// Reads a request's path and query as they came, escapes and all.
    ///
    /// # Errors
    /// `scan_code_invalid` with the byte of the address from which it is wrong and what would be right.
    pub fn of_request(path: &str, query: Option<&str>) -> Result<Address, Problem> {
        if path.len() + query.map_or(0, str::len) > ADDRESS_BYTES_MAX {
            return Err(refused(0, "scans-code-long", &[("most", ADDRESS_BYTES_MAX.to_string())]));
        }
        let mut address = of_path(path)?;
        address.others = of_query(query.unwrap_or_default(), path.len() + 1)?;
        address.check(path, query)?;
        Ok(address)
    }

    /// The values themselves: characters, lengths, dates, combinations are the engine's to judge.
    fn check(&self, path: &str, query: Option<&str>) -> Result<(), Problem> {
        // The engine reads whole links; what it finds is moved back by the length of the host put before.
        const HOST: &str = "https://id.gs1.org";
        let mut link = format!("{HOST}{}", self.path());
        for (n, (ai, value)) in self.others.iter().enumerate() {
            link.push_str(&format!("{}{ai}={}", if n == 0 { "?" } else { "&" }, utf8_percent_encode(value, PATH)));
        }
        match gs1::parse(&link) {
            Ok(_) => Ok(()),
            Err(error) => {
                let at = match &error.ai {
                    Some(ai) => place_of(ai, path, query),
                    None => error.position.saturating_sub(HOST.len()).min(path.len()),
                };
                Err(of_engine_at(&error, at))
            }
        }
    }
}

/// Where the value of an identifier begins in an address.
fn place_of(ai: &str, path: &str, query: Option<&str>) -> usize {
    let inner = path.trim_start_matches('/');
    let mut at = path.len() - inner.len();
    let segments: Vec<&str> = inner.split('/').collect();
    for (n, segment) in segments.iter().enumerate() {
        if n % 2 == 1 && segments[n - 1] == ai {
            return at;
        }
        at += segment.len() + 1;
    }
    let mut at = path.len() + 1;
    for pair in query.unwrap_or_default().split('&') {
        if pair.strip_prefix(ai).is_some_and(|rest| rest.starts_with('=')) {
            return at + ai.len() + 1;
        }
        at += pair.len() + 1;
    }
    0
}

fn of_path(path: &str) -> Result<Address, Problem> {
    // Segment and the byte at which it begins.
    let inner = path.trim_start_matches('/');
    let mut at = path.len() - inner.len();
    let mut segments = Vec::new();
    for segment in inner.trim_end_matches('/').split('/') {
        segments.push((at, segment));
        at += segment.len() + 1;
    }
    let mut pairs = segments.chunks(2);
    let gtin = match pairs.next() {
        Some([(_, "01"), (at, gtin)]) => read_gtin(&decoded(*at, gtin)?, *at)?,
        Some([(at, key), ..]) if *key != "01" => {
            return Err(refused(*at, "scans-code-key", &[("key", key.chars().take(20).collect())]));
        }
        _ => return Err(refused(path.len(), "scans-code-no-gtin", &[])),
    };
    let mut address = Address::of_product(gtin);
    let mut next = 0;
    for pair in pairs {
        let [(at, ai), (value_at, value)] = pair else {
            return Err(refused(pair[0].0, "scans-code-no-value", &[("ai", pair[0].1.chars().take(20).collect())]));
        };
        let Some(place) = QUALIFIERS.iter().position(|one| one == ai) else {
            return Err(refused(*at, "scans-code-qualifier", &[("ai", ai.chars().take(20).collect())]));
        };
        if place < next {
            return Err(refused(*at, "scans-code-order", &[("ai", (*ai).to_owned())]));
        }
        next = place + 1;
        let value = decoded(*value_at, value)?;
        if value.is_empty() {
            return Err(refused(*value_at, "scans-code-no-value", &[("ai", (*ai).to_owned())]));
        }
        match *ai {
            "22" => address.variant = Some(value),
            "10" => address.lot = Some(value),
            _ => address.serial = Some(value),
        }
    }
    Ok(address)
}

fn read_gtin(text: &str, at: usize) -> Result<Gtin, Problem> {
    text.parse().map_err(|error: gs1::GtinError| {
        refused(at, "scans-code-fault", &[("zh", error.text_zh()), ("en", sentence(&error.to_string()))])
    })
}

fn of_query(query: &str, begins: usize) -> Result<Vec<(String, String)>, Problem> {
    let mut others: Vec<(String, String)> = Vec::new();
    let mut at = begins;
    for (n, pair) in query.split('&').enumerate() {
        if n >= QUERY_PAIRS_MAX {
            return Err(refused(at, "scans-code-long", &[("most", QUERY_PAIRS_MAX.to_string())]));
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        // Only digits name an identifier; words are parameters of the resolver or of whoever linked here.
        if !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit()) {
            if ["01", "22", "10", "21"].contains(&key) {
                return Err(refused(at, "scans-code-in-path", &[("ai", key.to_owned())]));
            }
            if others.iter().any(|(known, _)| known == key) {
                return Err(refused(at, "scans-code-twice", &[("ai", key.to_owned())]));
            }
            others.push((key.to_owned(), decoded(at + key.len() + 1, value)?));
        }
        at += pair.len() + 1;
    }
    Ok(others)
}

fn decoded(at: usize, text: &str) -> Result<String, Problem> {
    let mut bytes = text.bytes().enumerate();
    while let Some((n, byte)) = bytes.next() {
        let hex = |byte: Option<(usize, u8)>| byte.is_some_and(|(_, byte)| byte.is_ascii_hexdigit());
        if byte == b'%' && !(hex(bytes.next()) && hex(bytes.next())) {
            return Err(refused(at + n, "scans-code-escape", &[]));
        }
    }
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(|text| text.into_owned()).map_err(|error| refused(at + error.valid_up_to(), "scans-code-escape", &[]))
}

fn of_engine(error: &gs1::ParseError, moved: usize) -> Problem {
    of_engine_at(error, error.position.saturating_sub(moved))
}

fn of_engine_at(error: &gs1::ParseError, at: usize) -> Problem {
    refused(at, "scans-code-fault", &[("zh", error.text_zh()), ("en", sentence(&error.text_en()))])
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn refused(at: usize, message: &'static str, args: &[(&'static str, String)]) -> Problem {
    let place = Place { column: Some(at as u64 + 1), ..Place::field("code") };
    let fault = args.iter().fold(Fault::at(place, message), |fault, (name, value)| fault.arg(*name, value));
    Problem { faults: vec![fault], ..Problem::new(&crate::error::CODE_INVALID) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GTIN: &str = "06901234567892";

    fn read(path: &str) -> Result<Address, String> {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        Address::of_request(path, query).map_err(|problem| {
            let fault = &problem.faults[0];
            format!("{} at {}", fault.message, fault.place.column.unwrap_or_default())
        })
    }

    #[test]
    fn every_combination_of_qualifiers_in_order_is_read_and_written_the_same() {
        for path in
            ["", "/10/L1", "/21/S1", "/10/L1/21/S1", "/22/V1", "/22/V1/10/L1", "/22/V1/10/L1/21/S1", "/22/V1/21/S1"]
        {
            let path = format!("/01/{GTIN}{path}");
            assert_eq!(read(&path).unwrap().path(), path);
        }
    }

    #[test]
    fn an_order_a_key_or_a_qualifier_that_is_wrong_is_named_with_its_place() {
        for (path, said) in [
            ("/01/06901234567892/21/S/10/L", "scans-code-order at 25"),
            ("/01/06901234567892/10/L/22/V", "scans-code-order at 25"),
            ("/01/06901234567892/10/L/10/M", "scans-code-order at 25"),
            ("/01/06901234567892/17/261231", "scans-code-qualifier at 20"),
            ("/01/06901234567892/10", "scans-code-no-value at 20"),
            ("/01/06901234567892/10//21/S", "scans-code-no-value at 23"),
            ("/01", "scans-code-no-gtin at 4"),
            ("/01/06901234567893", "scans-code-fault at 5"),
            ("//01/06901234567893", "scans-code-fault at 6"),
            ("", "scans-code-key at 1"),
            ("/01/0690123456789x", "scans-code-fault at 5"),
            ("/01/06901234567892/10/%zz", "scans-code-escape at 23"),
            ("/01/06901234567892/10/%ff", "scans-code-escape at 23"),
            ("/01/06901234567892?21=S", "scans-code-in-path at 20"),
            ("/01/06901234567892?17=261231&17=261231", "scans-code-twice at 30"),
        ] {
            assert_eq!(read(path).unwrap_err(), said, "{path}");
        }
    }

    #[test]
    fn values_are_judged_by_the_engine_and_the_place_is_that_of_the_value() {
        let long = format!("/01/{GTIN}/10/{}", "A".repeat(21));
        assert_eq!(read(&long).unwrap_err(), "scans-code-fault at 23");
        assert_eq!(read(&format!("/01/{GTIN}?17=269999")).unwrap_err(), "scans-code-fault at 23");
        assert_eq!(read(&format!("/01/{GTIN}?3103=000195&lang=en&utm_source=x")).unwrap().others.len(), 1);
    }

    #[test]
    fn a_shorter_gtin_is_the_same_product() {
        assert_eq!(read("/01/6901234567892/21/S").unwrap().path(), "/01/06901234567892/21/S");
    }

    #[test]
    fn escapes_stay_what_they_are() {
        let address = read(&format!("/01/{GTIN}/10/A%2FB%20")).map(|address| address.lot);
        // A space is no character of AI 10; a slash is.
        assert!(address.is_err());
        let address = read(&format!("/01/{GTIN}/10/A%2FB")).unwrap();
        assert_eq!((address.lot.as_deref(), address.path()), (Some("A/B"), format!("/01/{GTIN}/10/A%2FB")));
    }

    #[test]
    fn a_unit_belongs_to_its_lot_and_that_to_the_product() {
        let paths = |path: &str| read(path).unwrap().upwards().iter().map(Address::path).collect::<Vec<_>>();
        let product = format!("/01/{GTIN}");
        assert_eq!(
            paths(&format!("{product}/10/L/21/S")),
            [format!("{product}/10/L/21/S"), format!("{product}/10/L"), product.clone()]
        );
        assert_eq!(paths(&format!("{product}/21/S")), [format!("{product}/21/S"), product.clone()]);
        assert_eq!(paths(&product), std::slice::from_ref(&product));
    }

    #[test]
    fn an_address_without_end_is_refused_before_it_is_read() {
        assert_eq!(read(&format!("/01/{GTIN}?x={}", "y".repeat(3000))).unwrap_err(), "scans-code-long at 1");
    }
}
