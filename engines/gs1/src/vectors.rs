//! The public vectors of the GS1 Barcode Syntax Engine. Each tests one stage, so they are held against the stages.

use crate::element::{Field, read_bracketed, read_raw, write_raw};
use crate::scan::Options;
use crate::symbology::{self, Symbology};
use crate::uri::{Part, decode, encode};
use crate::{Code, ParseError, link, rules};
use serde_json::Value;
use std::path::PathBuf;

/// The folder of public data: `TOUCHSTONE_SHARED_DATA`, or `shared/data` beside a folder above this crate.
fn shared_data() -> Option<PathBuf> {
    if let Ok(folder) = std::env::var("TOUCHSTONE_SHARED_DATA") {
        return Some(folder.into());
    }
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let found = here.ancestors().map(|above| above.join("shared/data")).find(|folder| folder.is_dir());
    if found.is_none() {
        println!("no shared/data folder: the public vectors are not tried");
    }
    found
}

fn bracketed(text: &str, options: Options) -> Result<Vec<Field>, ParseError> {
    let mut fields = Vec::new();
    read_bracketed(text, 0, options, &mut fields)?;
    Ok(fields)
}

fn raw(text: &str, options: Options) -> Result<Vec<Field>, ParseError> {
    let mut fields = Vec::new();
    let body = text.strip_prefix('^').ok_or_else(|| ParseError::at(0, 0, Code::FirstFnc1))?;
    read_raw(body, 1, '^', options, &mut fields)?;
    Ok(fields)
}

fn element_string(fields: &[Field]) -> String {
    write_raw(fields.iter().map(|field| (field.ai.as_str(), field.value.as_str())))
}

/// Scan data in the notation of the vectors: `^` for FNC1, `|` before a composite component, a leading `^` of plain data
/// escaped.
fn to_message(text: &str, options: Options) -> Result<(Symbology, String), ParseError> {
    let sent = symbology::read(text, options)?;
    let elements = element_string(&sent.fields);
    let message = match (sent.gtin, sent.plain) {
        (Some(gtin), _) if sent.fields.is_empty() => gtin.to_owned(),
        (Some(gtin), _) => format!("{gtin}|{elements}"),
        (None, Some((plain, _))) => {
            if link::is_meant(plain) {
                link::read(plain, options)?;
            }
            let escape = plain.trim_start_matches('\\').starts_with('^');
            format!("{}{plain}", if escape { "\\" } else { "" })
        }
        (None, None) => elements,
    };
    Ok((sent.symbology, message))
}

fn symbology_named(name: &str) -> Option<Symbology> {
    Some(match name {
        "QR" => Symbology::Qr,
        "DM" => Symbology::DataMatrix,
        "DotCode" => Symbology::DotCode,
        "DataBarExpanded" => Symbology::DataBarExpanded,
        "DataBarOmni" => Symbology::DataBarOmni,
        "DataBarLimited" => Symbology::DataBarLimited,
        "GS1_128_CCA" | "GS1_128_CCC" => Symbology::Gs1128,
        "UPCA" => Symbology::UpcA,
        "UPCE" => Symbology::UpcE,
        "EAN13" => Symbology::Ean13,
        "EAN8" => Symbology::Ean8,
        _ => return None,
    })
}

/// What the stage gives for the case: the text it makes, empty where it makes none; `None` when it refuses.
fn outcome(case: &Value) -> Option<String> {
    let input = case["in"].as_str().unwrap();
    let set = |name: &str| case[name].as_i64() == Some(1);
    let options =
        Options { unknown_ais: set("unknownAIs"), zero_suppressed_gtin: set("zeroSuppGTIN"), ..Options::default() };
    match case["kind"].as_str().unwrap() {
        "parse_ai" => bracketed(input, options).map(|fields| element_string(&fields)).ok(),
        "process_ai" => raw(input, options).map(|_| String::new()).ok(),
        "validate_ais" => {
            let fields = bracketed(input, options).unwrap();
            let rule = match case["fn"].as_str().unwrap() {
                "repeats" => rules::repeats,
                "mutex" => rules::exclusions,
                "requisites" => rules::requirements,
                _ => rules::check,
            };
            rule(&fields).map(|()| String::new()).ok()
        }
        "parse_dl" => {
            // The flag of the engine that permits the withdrawn words is not in the vectors; these cases were run with it.
            let convenience_alphas = ["/gtin/", "/sscc/"].iter().any(|word| input.contains(word));
            let options = Options { convenience_alphas, ..options };
            link::read(input, options).map(|read| element_string(&read.fields)).ok()
        }
        "generate_dl" => {
            let options = Options { unknown_link_attributes: options.unknown_ais, ..options };
            let fields = bracketed(input, options).unwrap();
            let elements: Vec<_> = fields.into_iter().map(|f| crate::Element { ai: f.ai, value: f.value }).collect();
            link::write(&elements, case["stem"].as_str().unwrap(), options).ok()
        }
        "generate_scan" => {
            symbology_named(case["sym"].as_str().unwrap()).and_then(|symbology| symbology::write(input, symbology).ok())
        }
        "process_scan" => {
            let (symbology, message) = to_message(input, options).ok()?;
            assert_eq!(Some(symbology), symbology_named(case["sym"].as_str().unwrap()), "{case}");
            Some(message)
        }
        kind => panic!("unknown kind {kind}"),
    }
}

#[test]
fn every_public_vector_holds() {
    let Some(folder) = shared_data() else { return };
    let text = std::fs::read_to_string(folder.join("gs1/syntax-vectors.jsonl")).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        count += 1;
        let input = case["in"].as_str().unwrap();
        if let Some(path) = case["path"].as_str() {
            let query = case["query"].as_str().unwrap();
            for (part, expected) in [(Part::Path, path), (Part::Query, query)] {
                let given = if case["kind"] == "uri_escape" {
                    let mut out = String::new();
                    encode(input, part, &mut out);
                    out
                } else {
                    decode(input, part, 0).0
                };
                if given != expected {
                    wrong.push(format!("{line}\n  gives {given}"));
                }
            }
            continue;
        }
        let given = outcome(&case);
        let accepted = case["ok"].as_i64().map_or(!case["expect"].is_null(), |ok| ok == 1);
        let expected = accepted.then(|| case["expect"].as_str().unwrap_or_default().to_owned());
        if given != expected {
            wrong.push(format!("{line}\n  gives {given:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(count, 229);
}

#[test]
fn the_shipped_table_is_the_dictionary() {
    let Some(folder) = shared_data() else { return };
    let text = std::fs::read_to_string(folder.join("gs1/syntax-dictionary.txt")).unwrap();
    let facts = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(facts(include_str!("../data/application-identifiers.txt")), facts(&text));
}
