//! What `MATCH_…` parameters name: one identifier, or a pure identity pattern with `*` in the place of parts.

use super::{CANONICAL_BASE, Malformed, Reading, check_digit, is_digits, read};

/// Identifiers to look for. Compared with canonical identifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// `?` stands for one digit, a final `*` for any rest; everything else for itself.
    glob: String,
}

impl Pattern {
    /// Reads an identifier (URN, Digital Link, class, private URI) or a pattern such as
    /// `urn:epc:idpat:sgtin:0614141.107346.*`, `urn:epc:idpat:sgtin:0614141.*.*` or `urn:epc:idpat:sscc:0614141.*`.
    ///
    /// # Errors
    /// [`Malformed`] where a GS1 identifier or a pattern does not follow its scheme.
    pub fn read(text: &str) -> Result<Pattern, Malformed> {
        if let Some(body) = text.strip_prefix("urn:epc:idpat:") {
            let (scheme, body) = body.split_once(':').ok_or_else(|| wrong(text))?;
            return wildcard(scheme, body).map(|glob| Pattern { glob });
        }
        Ok(Pattern { glob: exact(text)? })
    }

    /// As [`Pattern::read`], where classes are looked for: `urn:epc:idpat:sgtin:0614141.107346.*` is then the class.
    ///
    /// # Errors
    /// As [`Pattern::read`].
    pub fn read_class(text: &str) -> Result<Pattern, Malformed> {
        if text.starts_with("urn:epc:idpat:")
            && let Ok(Reading::Gs1 { canonical, .. }) = read(text)
        {
            return Ok(Pattern { glob: canonical });
        }
        Pattern::read(text)
    }

    /// Whether a canonical identifier is one of these.
    pub fn matches(&self, canonical: &str) -> bool {
        let (body, open) = match self.glob.strip_suffix('*') {
            Some(body) => (body, true),
            None => (self.glob.as_str(), false),
        };
        let (body, text) = (body.as_bytes(), canonical.as_bytes());
        let fits = if open { text.len() > body.len() } else { text.len() == body.len() };
        fits && body.iter().zip(text).all(|(want, have)| want == have || (*want == b'?' && have.is_ascii_digit()))
    }

    /// The identifier where there is no wildcard.
    pub fn exact(&self) -> Option<&str> {
        (!self.glob.contains(['?', '*'])).then_some(self.glob.as_str())
    }

    /// What every matching identifier starts with: for a search by prefix before [`Pattern::matches`].
    pub fn prefix(&self) -> &str {
        &self.glob[..self.glob.find(['?', '*']).unwrap_or(self.glob.len())]
    }
}

/// A private identifier may hold `?` and `*`: those characters then cannot be told from wildcards and are refused.
fn exact(text: &str) -> Result<String, Malformed> {
    match read(text)? {
        Reading::Gs1 { canonical, .. } => Ok(canonical),
        Reading::OtherEpc | Reading::Private if text.contains(['?', '*']) => Err(Malformed::new(
            "要查找的标识中不能有 ? 或 *；模式应写成 urn:epc:idpat:…",
            "an identifier to look for cannot hold ? or *; a pattern is written urn:epc:idpat:…",
        )),
        Reading::OtherEpc | Reading::Private => Ok(text.to_owned()),
    }
}

fn wrong(text: &str) -> Malformed {
    Malformed::new(
        format!("“{}”不是 EPC 模式；应如 urn:epc:idpat:sgtin:0614141.107346.*", crate::fault::quoted(text)),
        format!(
            "\"{}\" is not an EPC pattern, such as urn:epc:idpat:sgtin:0614141.107346.*",
            crate::fault::quoted(text)
        ),
    )
}

/// A pattern of a scheme: parts from the left are given, then every further part is `*`.
fn wildcard(scheme: &str, body: &str) -> Result<String, Malformed> {
    let bad = || wrong(&format!("urn:epc:idpat:{scheme}:{body}"));
    // (path, digits of prefix and reference together, the reference's first digit leads, what follows the key)
    let (path, digits, leads, after, parts) = match scheme {
        "sgtin" => ("01/", 13, true, "/21/*", 3),
        "lgtin" => ("01/", 13, true, "/10/*", 3),
        "upui" => ("01/", 13, true, "/235/*", 3),
        "itip" => ("8006/", 13, true, "????/21/*", 5),
        "sscc" => ("00/", 17, true, "", 2),
        "gsrn" => ("8018/", 17, false, "", 2),
        "gsrnp" => ("8017/", 17, false, "", 2),
        "gsin" => ("402/", 16, false, "", 2),
        "pgln" => ("417/", 12, false, "", 2),
        "sgln" => ("414/", 12, false, "*", 3),
        "grai" => ("8003/0", 12, false, "*", 3),
        "gdti" => ("253/", 12, false, "*", 3),
        "sgcn" => ("255/", 12, false, "*", 3),
        "giai" => ("8004/", 0, false, "*", 2),
        "ginc" => ("401/", 0, false, "*", 2),
        "cpi" => ("8010/", 0, false, "*", 3),
        _ => return Err(bad()),
    };
    let list: Vec<&str> = body.split('.').collect();
    let stars = list.iter().rev().take_while(|part| **part == "*").count();
    let given = &list[..list.len() - stars];
    if list.len() != parts || stars == 0 || given.iter().any(|part| part.contains('*')) {
        return Err(bad());
    }
    let Some(prefix) = given.first() else { return Ok(format!("{CANONICAL_BASE}{path}*")) };
    if !is_digits(prefix) || !(6..=12).contains(&prefix.len()) {
        return Err(bad());
    }
    if digits == 0 {
        let reference = given.get(1).map_or(Ok(String::new()), |part| crate::uri::decode(part).ok_or_else(bad))?;
        let mut glob = format!("{CANONICAL_BASE}{path}{prefix}");
        crate::uri::encode_into(&reference, &mut glob);
        glob.push_str(if given.len() == 2 { "/8011/*" } else { "*" });
        return Ok(glob);
    }
    let key = match given.get(1) {
        None if leads => format!("?{prefix}{}", "?".repeat(digits - prefix.len())),
        None => format!("{prefix}{}", "?".repeat(digits + 1 - prefix.len())),
        Some(reference) => {
            if !(reference.is_empty() || is_digits(reference)) || prefix.len() + reference.len() != digits {
                return Err(bad());
            }
            let number = match leads {
                true => format!("{}{prefix}{}", &reference[..1], &reference[1..]),
                false => format!("{prefix}{reference}"),
            };
            format!("{number}{}", check_digit(&number))
        }
    };
    let after = match (scheme, given.len()) {
        ("itip", 4) if given[2].len() == 2 && given[3].len() == 2 => format!("{}{}/21/*", given[2], given[3]),
        ("itip", 3) if given[2].len() == 2 => format!("{}??/21/*", given[2]),
        ("itip", 3..) => return Err(bad()),
        _ => after.to_owned(),
    };
    Ok(format!("{CANONICAL_BASE}{path}{key}{after}"))
}
