//! Pictures of a listing: known from elsewhere, carrying a QR code, or unreadable.
//!
//! [`facts`] decodes every picture once and keeps its hashes and what its codes say; [`findings`] compares them with the bank. The picture
//! is hashed as a shop page shows it, over white, in its eight positions, so that mirroring does not hide it.

use imaging::{Bank, Hash, Limits};
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;

use crate::finding::{Check, Finding, ImageBox, Text};
use crate::input::{ImageInput, Input};

mod rules;

pub use rules::{ImageQuestion, ImageRow, ImageRule, ImageRules};

/// What is known of one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageFacts {
    /// Place in the listing.
    pub index: usize,
    pub path: String,
    pub state: ImageState,
}

/// What came of reading a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageState {
    /// The file was not at hand; nothing is known.
    NotLoaded,
    /// Not a picture, or not one that is taken; the code is `imaging`'s.
    Refused { code: String, text: Text },
    Decoded {
        width: u32,
        height: u32,
        /// 0 to 100.
        quality: u8,
        /// The eight positions, as it is first; 64 hexadecimal digits each.
        hashes: Vec<String>,
        codes: Vec<CodeFacts>,
    },
}

/// A QR code in a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeFacts {
    pub text: String,
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
}

/// Where a picture in the bank comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageRecord {
    /// Listing it belongs to, or id of the entry in the fingerprint bank.
    pub source: String,
    /// Merchant whose picture it is; empty for none.
    pub merchant: String,
    /// From goods that were rejected or removed.
    pub banned: bool,
    /// Why it was banned.
    pub note: String,
}

/// Known pictures. Keys are given in order of insertion.
#[derive(Clone, Default)]
pub struct ImageBank {
    bank: Bank,
    records: HashMap<u64, ImageRecord>,
    next: u64,
}

impl std::fmt::Debug for ImageBank {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "ImageBank({} pictures)", self.records.len())
    }
}

impl ImageBank {
    /// Adds a picture by its hash and gives its key.
    pub fn insert(&mut self, hash: Hash, record: ImageRecord) -> u64 {
        let key = self.next;
        self.next += 1;
        self.bank.insert(key, hash);
        self.records.insert(key, record);
        key
    }

    /// Takes a picture out; `false` when the key is unknown.
    pub fn remove(&mut self, key: u64) -> bool {
        self.bank.remove_key(key) > 0 && self.records.remove(&key).is_some()
    }

    /// Takes out all pictures of a source and says how many there were.
    pub fn remove_source(&mut self, source: &str) -> usize {
        let keys: Vec<u64> =
            self.records.iter().filter(|(_, record)| record.source == source).map(|(key, _)| *key).collect();
        keys.into_iter().filter(|key| self.remove(*key)).count()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Records near any of the hashes, nearest first.
    #[must_use]
    pub fn near(&self, hashes: &[Hash], distance_max: u32) -> Vec<(&ImageRecord, u32)> {
        let mut best: HashMap<u64, u32> = HashMap::new();
        for found in hashes.iter().flat_map(|hash| self.bank.near(*hash, distance_max)) {
            let distance = best.entry(found.key).or_insert(found.distance);
            *distance = found.distance.min(*distance);
        }
        let mut near: Vec<(u64, u32)> = best.into_iter().collect();
        near.sort_unstable_by_key(|(key, distance)| (*distance, *key));
        near.into_iter().filter_map(|(key, distance)| Some((self.records.get(&key)?, distance))).collect()
    }
}

/// Reads all pictures whose bytes are at hand.
#[must_use]
pub fn facts(input: &Input) -> Vec<ImageFacts> {
    let one = |(index, image): (usize, &ImageInput)| ImageFacts {
        index,
        path: image.path.clone(),
        state: image.bytes.as_deref().map_or(ImageState::NotLoaded, |bytes| read(bytes, &image.path)),
    };
    input.images.iter().enumerate().map(one).collect()
}

/// Reads one picture. `path` is only used to compare its ending with the content.
#[must_use]
pub fn read(bytes: &[u8], path: &str) -> ImageState {
    let name = path.split(['?', '#']).next().filter(|name| !name.is_empty());
    match imaging::decode(bytes, name, &Limits::default()) {
        Err(error) => {
            ImageState::Refused { code: error.code().to_owned(), text: Text::new(error.text_zh(), error.to_string()) }
        }
        Ok(picture) => {
            let seen = picture.over_white();
            let positions = imaging::dihedral(&seen);
            let codes = imaging::qr_codes(&seen).into_iter().map(|code| CodeFacts {
                text: code.text,
                left: code.area.x,
                top: code.area.y,
                width: code.area.width,
                height: code.area.height,
            });
            ImageState::Decoded {
                width: seen.width(),
                height: seen.height(),
                quality: positions[0].quality,
                hashes: positions.iter().map(|position| position.hash.to_string()).collect(),
                codes: codes.collect(),
            }
        }
    }
}

/// Holds the pictures against the bank. `merchant_id` is the one whose listing it is; its own pictures are not held against it.
#[must_use]
pub fn findings(
    facts: &[ImageFacts],
    rules: &ImageRules,
    bank: &ImageBank,
    listing_id: &str,
    merchant_id: &str,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for image in facts {
        let field = format!("images[{}]", image.index);
        for rule in &rules.rules {
            let say = |fills: &[(&str, &str)], evidence: serde_json::Value| {
                let mut finding = rule.ruling.finding(Check::Images, listing_id, &field, fills)?;
                finding.text.clone_from(&image.path);
                finding.evidence = Some(evidence);
                Some(finding)
            };
            match (&image.state, rule.question) {
                (ImageState::Refused { code, text }, ImageQuestion::Unreadable) => {
                    found.extend(say(&[], json!({ "code": code })).map(|mut finding| {
                        finding.reason.zh = finding.reason.zh.replace("{why}", &text.zh);
                        finding.reason.en = finding.reason.en.replace("{why}", &text.en);
                        finding
                    }));
                }
                (ImageState::Decoded { width, height, .. }, ImageQuestion::TooSmall)
                    if rule.limits.side_px_min.is_some_and(|least| (*width).min(*height) < least) =>
                {
                    let (width, height) = (width.to_string(), height.to_string());
                    found.extend(say(
                        &[("width", &width), ("height", &height)],
                        json!({ "side_px_min": rule.limits.side_px_min }),
                    ));
                }
                (ImageState::Decoded { codes, .. }, ImageQuestion::QrCode) => {
                    for code in codes.iter().filter(|code| !rule.allows(&code.text)) {
                        let shown: String = code.text.chars().take(200).collect();
                        found.extend(say(&[("text", &shown)], json!({ "text": shown })).map(|mut finding| {
                            let CodeFacts { left, top, width, height, .. } = *code;
                            finding.image_box = Some(ImageBox { image: image.index, left, top, width, height });
                            finding
                        }));
                    }
                }
                (ImageState::Decoded { quality, hashes, .. }, ImageQuestion::Banned | ImageQuestion::OtherMerchant) => {
                    if *quality < rule.limits.quality_min {
                        continue;
                    }
                    let hashes: Vec<Hash> = hashes.iter().filter_map(|hash| hash.parse().ok()).collect();
                    let wanted = |record: &ImageRecord| match rule.question {
                        ImageQuestion::Banned => record.banned && record.source != listing_id,
                        _ => !record.banned && !record.merchant.is_empty() && record.merchant != merchant_id,
                    };
                    let near = bank.near(&hashes, rule.limits.distance_max);
                    if let Some((record, distance)) = near.into_iter().find(|(record, _)| wanted(record)) {
                        let evidence = json!({ "source": record.source, "merchant": record.merchant, "note": record.note, "distance": distance, "quality": quality });
                        found.extend(say(&[("source", &record.source), ("note", &record.note)], evidence));
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// Whether what a code says is a way to reach somebody outside the shop, by the rule's own patterns.
fn matches_any(patterns: &[Regex], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.is_match(text))
}
