//! Things by their canonical addresses: lots, units, containers.

use gs1::Gtin;

/// Where canonical Digital Link addresses live.
pub(super) const GS1: &str = "https://id.gs1.org/";

/// What a scanned lot is looked up by.
pub(crate) fn lot_code(gtin: &Gtin, number: &str) -> String {
    format!("01/{}/10/{number}", gtin.as_str())
}

/// What a scanned unit is looked up by.
pub(crate) fn unit_code(gtin: &Gtin, serial: &str) -> String {
    format!("01/{}/21/{serial}", gtin.as_str())
}

/// The canonical address of a code: its values percent-encoded but for letters, digits and `-._~`.
pub(super) fn address(code: &str) -> String {
    let mut address = GS1.to_owned();
    for (index, part) in code.splitn(4, '/').enumerate() {
        if index > 0 {
            address.push('/');
        }
        for byte in part.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => address.push(byte as char),
                other => address.push_str(&format!("%{other:02X}")),
            }
        }
    }
    address
}

/// A canonical address taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Thing {
    Lot(Gtin, String),
    Unit(Gtin, String),
    Container(String),
    Other,
}

pub(super) fn thing(id: &str) -> Thing {
    let Some(path) = id.strip_prefix(GS1) else { return Thing::Other };
    let parts: Vec<String> = path.split('/').map(decoded).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["00", sscc] => Thing::Container((*sscc).to_owned()),
        ["01", gtin, rest @ ..] => {
            let Ok(gtin) = gtin.parse::<Gtin>() else { return Thing::Other };
            let value = |ai: &str| rest.chunks(2).find(|pair| pair.len() == 2 && pair[0] == ai).map(|pair| pair[1]);
            match (value("21"), value("10")) {
                (Some(serial), _) => Thing::Unit(gtin, serial.to_owned()),
                (None, Some(number)) => Thing::Lot(gtin, number.to_owned()),
                (None, None) => Thing::Other,
            }
        }
        _ => Thing::Other,
    }
}

fn decoded(part: &str) -> String {
    let bytes = part.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = part.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}
