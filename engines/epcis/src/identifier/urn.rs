//! EPC URNs (EPC Tag Data Standard, 6 and 8): pure identity, class and pattern URIs into canonical Digital Links.

use super::{CANONICAL_BASE, Level, Malformed, Reading, check_digit, is_digits, is_set_39, is_set_82};
use crate::uri;

/// Reads what follows `urn:epc:`.
pub(super) fn read(rest: &str) -> Result<Reading, Malformed> {
    let Some((family, rest)) = rest.split_once(':') else { return Err(unknown("urn:epc")) };
    let Some((scheme, body)) = rest.split_once(':') else { return Err(unknown(family)) };
    match (family, scheme) {
        ("id", "gid" | "usdod" | "adi" | "bic" | "imovn") => other_scheme(scheme, body),
        ("id", _) => instance(scheme, body),
        ("class", "lgtin") => {
            let parts = Parts::new(scheme, body, 13, 1)?;
            let lot = parts.set_82(0, 20)?;
            Ok(gs1(format!("01/{}", parts.gtin()), Some(("10", &lot)), Level::Class))
        }
        ("idpat", _) => class_pattern(scheme, body),
        _ => Err(unknown(&format!("urn:epc:{family}:{scheme}"))),
    }
}

fn unknown(what: &str) -> Malformed {
    Malformed::new(
        format!("“{}”不是 EPC 标签数据标准中的方案", crate::fault::quoted(what)),
        format!("\"{}\" is not a scheme of the EPC Tag Data Standard", crate::fault::quoted(what)),
    )
}

fn gs1(path: String, qualifier: Option<(&str, &str)>, level: Level) -> Reading {
    let mut canonical = format!("{CANONICAL_BASE}{path}");
    if let Some((ai, value)) = qualifier {
        canonical.push('/');
        canonical.push_str(ai);
        canonical.push('/');
        uri::encode_into(value, &mut canonical);
    }
    Reading::Gs1 { canonical, level }
}

/// Appends a serial that is part of the key's own value (GRAI, GDTI, GCN).
fn joined(key: &str, digits: &str, serial: &str) -> Reading {
    let mut path = format!("{key}/{digits}");
    uri::encode_into(serial, &mut path);
    gs1(path, None, Level::Instance)
}

fn instance(scheme: &str, body: &str) -> Result<Reading, Malformed> {
    Ok(match scheme {
        "sgtin" => {
            let parts = Parts::new(scheme, body, 13, 1)?;
            gs1(format!("01/{}", parts.gtin()), Some(("21", &parts.set_82(0, 20)?)), Level::Instance)
        }
        "upui" => {
            let parts = Parts::new(scheme, body, 13, 1)?;
            gs1(format!("01/{}", parts.gtin()), Some(("235", &parts.set_82(0, 28)?)), Level::Instance)
        }
        "itip" => {
            let parts = Parts::new(scheme, body, 13, 3)?;
            let path = format!("8006/{}{}", parts.gtin(), parts.piece_of_total()?);
            gs1(path, Some(("21", &parts.set_82(2, 20)?)), Level::Instance)
        }
        "sscc" => {
            let parts = Parts::new(scheme, body, 17, 0)?;
            gs1(format!("00/{}", parts.indicator_first()), None, Level::Instance)
        }
        "gsrn" => gs1(format!("8018/{}", Parts::new(scheme, body, 17, 0)?.checked()), None, Level::Instance),
        "gsrnp" => gs1(format!("8017/{}", Parts::new(scheme, body, 17, 0)?.checked()), None, Level::Instance),
        "gsin" => gs1(format!("402/{}", Parts::new(scheme, body, 16, 0)?.checked()), None, Level::Instance),
        "pgln" => gs1(format!("417/{}", Parts::new(scheme, body, 12, 0)?.checked()), None, Level::Instance),
        "sgln" => {
            let parts = Parts::new(scheme, body, 12, 1)?;
            let extension = parts.set_82(0, 20)?;
            let qualifier = (extension != "0").then_some(("254", extension.as_str()));
            gs1(format!("414/{}", parts.checked()), qualifier, Level::Instance)
        }
        "grai" => {
            let parts = Parts::new(scheme, body, 12, 1)?;
            joined("8003", &format!("0{}", parts.checked()), &parts.set_82(0, 16)?)
        }
        "gdti" => {
            let parts = Parts::new(scheme, body, 12, 1)?;
            joined("253", &parts.checked(), &parts.set_82(0, 17)?)
        }
        "sgcn" => {
            let parts = Parts::new(scheme, body, 12, 1)?;
            joined("255", &parts.checked(), parts.digits(0, 12)?)
        }
        "giai" => free_reference(scheme, "8004", body)?,
        "ginc" => free_reference(scheme, "401", body)?,
        "cpi" => {
            let (reference, serial) = body.rsplit_once('.').ok_or_else(|| shape(scheme))?;
            let value = component_part(scheme, reference)?;
            if !is_digits(serial) || serial.len() > 12 {
                return Err(shape(scheme));
            }
            gs1(component_path(&value), Some(("8011", serial)), Level::Instance)
        }
        _ => return Err(unknown(&format!("urn:epc:id:{scheme}"))),
    })
}

/// Patterns whose last part alone is `*`: EPCIS uses them as class identifiers.
fn class_pattern(scheme: &str, body: &str) -> Result<Reading, Malformed> {
    let body = body.strip_suffix(".*").ok_or_else(|| {
        Malformed::new("作为类别使用的模式应以“.*”结尾", "a pattern that stands for a class must end in \".*\"")
    })?;
    let path = match scheme {
        "sgtin" | "upui" => format!("01/{}", Parts::new(scheme, body, 13, 0)?.gtin()),
        "itip" => {
            let parts = Parts::new(scheme, body, 13, 2)?;
            format!("8006/{}{}", parts.gtin(), parts.piece_of_total()?)
        }
        "grai" => format!("8003/0{}", Parts::new(scheme, body, 12, 0)?.checked()),
        "gdti" => format!("253/{}", Parts::new(scheme, body, 12, 0)?.checked()),
        "sgcn" => format!("255/{}", Parts::new(scheme, body, 12, 0)?.checked()),
        "cpi" => component_path(&component_part(scheme, body)?),
        _ => return Err(unknown(&format!("urn:epc:idpat:{scheme}"))),
    };
    Ok(gs1(path, None, Level::Class))
}

fn component_path(value: &str) -> String {
    let mut path = "8010/".to_owned();
    uri::encode_into(value, &mut path);
    path
}

fn component_part(scheme: &str, body: &str) -> Result<String, Malformed> {
    let (prefix, reference) = body.split_once('.').ok_or_else(|| shape(scheme))?;
    let reference = uri::decode(reference).ok_or_else(|| shape(scheme))?;
    company_prefix(scheme, prefix)?;
    if reference.is_empty() || prefix.len() + reference.len() > 30 || !is_set_39(&reference) {
        return Err(shape(scheme));
    }
    Ok(format!("{prefix}{reference}"))
}

/// Company prefix and a reference of any characters, together at most 30 (GIAI, GINC).
fn free_reference(scheme: &str, key: &str, body: &str) -> Result<Reading, Malformed> {
    let (prefix, reference) = body.split_once('.').ok_or_else(|| shape(scheme))?;
    company_prefix(scheme, prefix)?;
    let reference = serial(scheme, reference, 30 - prefix.len())?;
    Ok(joined(key, prefix, &reference))
}

fn company_prefix(scheme: &str, prefix: &str) -> Result<(), Malformed> {
    if is_digits(prefix) && (6..=12).contains(&prefix.len()) {
        return Ok(());
    }
    Err(Malformed::new(
        format!("{scheme} 的厂商前缀应为 6 至 12 位数字"),
        format!("the company prefix of {scheme} must be 6 to 12 digits"),
    ))
}

fn shape(scheme: &str) -> Malformed {
    let example = match scheme {
        "sgtin" => "urn:epc:id:sgtin:0614141.107346.2018",
        "sscc" => "urn:epc:id:sscc:0614141.1234567890",
        "sgln" => "urn:epc:id:sgln:0614141.07346.0",
        "pgln" => "urn:epc:id:pgln:0614141.07346",
        "grai" => "urn:epc:id:grai:0614141.12345.400",
        "giai" => "urn:epc:id:giai:0614141.12345400",
        "ginc" => "urn:epc:id:ginc:0614141.xyz47",
        "gsrn" => "urn:epc:id:gsrn:0614141.1234567890",
        "gsrnp" => "urn:epc:id:gsrnp:0614141.1234567890",
        "gsin" => "urn:epc:id:gsin:0614141.123456789",
        "gdti" => "urn:epc:id:gdti:0614141.12345.006847",
        "cpi" => "urn:epc:id:cpi:0614141.123ABC.123456789",
        "sgcn" => "urn:epc:id:sgcn:4012345.67890.04711",
        "itip" => "urn:epc:id:itip:4012345.012345.01.02.987",
        "upui" => "urn:epc:id:upui:1234567.098765.51qIgY",
        "lgtin" => "urn:epc:class:lgtin:4012345.012345.998877",
        "gid" => "urn:epc:id:gid:95100000.12345.400",
        "usdod" => "urn:epc:id:usdod:CJ6H1.12345",
        "adi" => "urn:epc:id:adi:W81X9C.3KL984PX1.2WMA52",
        "bic" => "urn:epc:id:bic:CSQU3054383",
        _ => "urn:epc:id:imovn:9176187",
    };
    Malformed::new(
        format!("不符合 {scheme} 的格式，应如 {example}"),
        format!("does not have the form of {scheme}, such as {example}"),
    )
}

/// A serial or extension: escapes undone, character set 82, within a length.
fn serial(scheme: &str, text: &str, length_max: usize) -> Result<String, Malformed> {
    // Set 82 has these in URNs only escaped; a bare one would end the URN or mean something else.
    if text.contains(['"', '&', '/', '<', '>', '?', '#', ' ']) {
        return Err(shape(scheme));
    }
    let value = uri::decode(text).ok_or_else(|| shape(scheme))?;
    if value.is_empty() || !is_set_82(&value) {
        return Err(shape(scheme));
    }
    if value.len() > length_max {
        return Err(Malformed::new(
            format!("{scheme} 的序列部分最多 {length_max} 个字符"),
            format!("the serial part of {scheme} has at most {length_max} characters"),
        ));
    }
    Ok(value)
}

/// `prefix.reference` of a fixed number of digits together, and further parts.
struct Parts<'t> {
    scheme: &'t str,
    prefix: &'t str,
    reference: &'t str,
    more: Vec<&'t str>,
}

impl<'t> Parts<'t> {
    /// Splits at dots. The last part may hold dots of its own (they are in set 82).
    fn new(scheme: &'t str, body: &'t str, digits: usize, more: usize) -> Result<Self, Malformed> {
        let list: Vec<&str> = body.splitn(2 + more, '.').collect();
        if list.len() != 2 + more {
            return Err(shape(scheme));
        }
        let (prefix, reference) = (list[0], list[1]);
        company_prefix(scheme, prefix)?;
        let valid = reference.is_empty() || is_digits(reference);
        if !valid || prefix.len() + reference.len() != digits {
            let left = digits - prefix.len();
            return Err(Malformed::new(
                format!("{scheme}：厂商前缀 {} 位时，其后的编号应为 {left} 位数字", prefix.len()),
                format!("{scheme}: after a company prefix of {} digits the reference has {left} digits", prefix.len()),
            ));
        }
        Ok(Parts { scheme, prefix, reference, more: list[2..].to_vec() })
    }

    fn checked(&self) -> String {
        let digits = format!("{}{}", self.prefix, self.reference);
        let check = check_digit(&digits);
        digits + &check.to_string()
    }

    /// The first digit of the reference stands before the prefix.
    fn indicator_first(&self) -> String {
        let (indicator, rest) = self.reference.split_at(1.min(self.reference.len()));
        let digits = format!("{indicator}{}{rest}", self.prefix);
        let check = check_digit(&digits);
        digits + &check.to_string()
    }

    fn gtin(&self) -> String {
        self.indicator_first()
    }

    fn set_82(&self, index: usize, length_max: usize) -> Result<String, Malformed> {
        serial(self.scheme, self.more[index], length_max)
    }

    fn digits(&self, index: usize, length_max: usize) -> Result<&'t str, Malformed> {
        let text = self.more[index];
        if is_digits(text) && text.len() <= length_max { Ok(text) } else { Err(shape(self.scheme)) }
    }

    fn piece_of_total(&self) -> Result<String, Malformed> {
        let (piece, total) = (self.more[0], self.more[1]);
        let two = |text: &str| text.len() == 2 && is_digits(text);
        if two(piece) && two(total) { Ok(format!("{piece}{total}")) } else { Err(shape(self.scheme)) }
    }
}

/// Schemes of other bodies, without a Digital Link form.
fn other_scheme(scheme: &str, body: &str) -> Result<Reading, Malformed> {
    let parts: Vec<&str> = body.split('.').collect();
    let alphanumeric = |text: &str| text.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let good = match scheme {
        "gid" => parts.len() == 3 && parts.iter().all(|part| is_digits(part)),
        "usdod" => parts.len() == 2 && matches!(parts[0].len(), 5 | 6) && alphanumeric(parts[0]) && is_digits(parts[1]),
        "adi" => {
            parts.len() == 3
                && matches!(parts[0].len(), 5 | 6)
                && alphanumeric(parts[0])
                && uri::decode(parts[1]).is_some_and(|part| part.len() <= 32 && is_set_39(&part))
                && uri::decode(parts[2]).is_some_and(|part| !part.is_empty() && part.len() <= 30 && is_set_39(&part))
        }
        "bic" => body.len() == 11 && alphanumeric(body),
        _ => body.len() == 7 && is_digits(body),
    };
    if good { Ok(Reading::OtherEpc) } else { Err(shape(scheme)) }
}
