//! The brand bank: names made searchable.

use std::collections::HashMap;

use jiff::civil::Date;
use policy::{Bilingual, Diagnostics, Pack, Report, Row, TableRow};
use serde::Deserialize;
use unicode_security::confusable_detection::skeleton;

use super::traces::{Room, Traces};
use super::{CONTEXT_CHARACTERS, Likeness};
use crate::categories::is_within;
use crate::names;

/// Shortest name for which near names are looked for; policy may ask for more.
const NEAR_CHARACTERS_MIN: usize = 3;
/// Words joined at most when a name is searched by sight or nearness.
const WORDS_MAX: usize = 3;

/// A row of the table `brands`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrandRow {
    /// The usual Chinese and Latin name; the same text where there is only one.
    pub name: Bilingual,
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Where the name means the brand and not a common word.
    pub categories: Vec<String>,
    /// Firms that own the mark.
    #[serde(default)]
    pub owners: Vec<String>,
    /// Whether others need the owner's authorisation to sell it here.
    #[serde(default)]
    pub authorisation: bool,
}

impl TableRow for BrandRow {
    const TABLE: &'static str = "brands";

    fn check(row: &Row<Self>, _pack: &Pack, report: &mut Report<'_>) {
        let names = [&row.body.name.zh, &row.body.name.en].into_iter().chain(&row.body.aliases);
        if let Some(short) = names.into_iter().find(|name| names::key(name).chars().count() < 2) {
            report.refuse(
                "name",
                "brand_name_short",
                Bilingual::new(
                    format!("“{short}”过短，至少两个字"),
                    format!("`{short}` is too short: two letters at least"),
                ),
            );
        }
    }
}

/// A brand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    pub id: String,
    /// Distinct, the first is shown.
    pub names: Vec<String>,
    pub categories: Vec<String>,
    pub owners: Vec<String>,
    pub authorisation: bool,
}

impl Brand {
    /// The name to show.
    #[must_use]
    pub fn display(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// Whether the brand is known for goods of this category. An unknown category is anybody's.
    #[must_use]
    pub fn is_at_home(&self, category: &str) -> bool {
        category.is_empty()
            || self.categories.is_empty()
            || self.categories.iter().any(|above| is_within(category, above))
    }
}

/// A name found in a text.
pub(super) struct Found<'b> {
    pub brand: &'b Brand,
    pub name: String,
    pub likeness: Likeness,
    pub start: usize,
    pub end: usize,
    pub before: Vec<char>,
}

/// All brands of a market, searchable.
#[derive(Clone, Debug, Default)]
pub struct BrandBank {
    brands: Vec<Brand>,
    by_id: HashMap<String, usize>,
    /// Folded name to brand and name.
    exact: HashMap<String, (usize, usize)>,
    /// First two folded characters to folded names, longest first.
    starts: HashMap<[char; 2], Vec<Vec<char>>>,
    sights: HashMap<String, (usize, usize)>,
    /// A folded name and all it becomes when one character is left out.
    shortened: HashMap<String, Vec<(usize, usize)>>,
    /// Says of most words without looking further that they are like no name.
    traces: Traces,
}

impl BrandBank {
    /// Reads the brands in force on `date`.
    ///
    /// # Errors
    /// The pack's diagnostics where a row cannot be read.
    pub fn from_pack(pack: &Pack, date: Date) -> Result<Self, Diagnostics> {
        let rows = pack.rows_at::<BrandRow>(date)?;
        let brands = rows.iter().filter(|row| row.mode.is_evaluated()).map(|row| {
            let mut all = vec![row.body.name.zh.clone(), row.body.name.en.clone()];
            all.extend(row.body.aliases.iter().cloned());
            Brand {
                id: row.id.clone(),
                names: all,
                categories: row.body.categories.clone(),
                owners: row.body.owners.clone(),
                authorisation: row.body.authorisation,
            }
        });
        Ok(Self::new(brands))
    }

    /// A bank of these brands; of several with one id the first is kept.
    #[must_use]
    pub fn new(brands: impl IntoIterator<Item = Brand>) -> Self {
        let mut bank = Self::default();
        for brand in brands {
            bank.add(brand);
        }
        bank
    }

    /// Adds a brand; a known id is left as it is.
    pub fn add(&mut self, mut brand: Brand) {
        if self.by_id.contains_key(&brand.id) {
            return;
        }
        let mut seen: Vec<String> = Vec::new();
        brand.names.retain(|name| {
            let key = names::key(name);
            let is_new = key.chars().count() >= 2 && !seen.contains(&key);
            seen.push(key);
            is_new
        });
        let place = self.brands.len();
        for (index, name) in brand.names.iter().enumerate() {
            let key = names::key(name);
            let chars: Vec<char> = key.chars().collect();
            let starts = self.starts.entry([chars[0], chars[1]]).or_default();
            starts.push(chars.clone());
            starts.sort_by_key(|name| std::cmp::Reverse(name.len()));
            self.exact.entry(key.clone()).or_insert((place, index));
            for sight in sights(name) {
                self.traces.add_sight(&sight);
                self.sights.entry(sight).or_insert((place, index));
            }
            if chars.len() >= NEAR_CHARACTERS_MIN {
                for short in shortenings(&chars) {
                    self.traces.add_shortened(&short);
                    self.shortened.entry(short).or_default().push((place, index));
                }
            }
        }
        self.by_id.insert(brand.id.clone(), place);
        self.brands.push(brand);
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.brands.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.brands.is_empty()
    }

    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Brand> {
        self.by_id.get(id).map(|place| &self.brands[*place])
    }

    /// The brand a name is one of the names of. 华为/HUAWEI and 雅诗兰黛（Estée Lauder） name one brand twice.
    #[must_use]
    pub fn identify(&self, name: &str) -> Option<&Brand> {
        let parts = std::iter::once(name).chain(name.split(['/', '(', ')', '（', '）', '|', '｜', '·', ' ']));
        parts.map(names::key).find_map(|key| self.exact.get(&key)).map(|(place, _)| &self.brands[*place])
    }

    /// All brands a text names, by place; longer names before shorter ones within them.
    pub(super) fn find(&self, text: &str) -> Vec<Found<'_>> {
        self.find_with(text, |words, room| self.alike_if_traced(words, room))
    }

    fn find_with(
        &self,
        text: &str,
        alike: impl Fn(&[char], &mut Room) -> Option<(usize, usize, Likeness)>,
    ) -> Vec<Found<'_>> {
        let folded = names::folded(text);
        // Letters and digits only, with the way back, and whether a break stands before each.
        let mut letters: Vec<(char, usize, bool)> = Vec::with_capacity(folded.chars.len());
        let mut gap = true;
        for (character, origin) in folded.chars.iter().zip(&folded.origins) {
            if character.is_alphanumeric() {
                letters.push((*character, *origin, gap));
                gap = false;
            } else {
                gap = true;
            }
        }
        let mut found = self.find_exact(&letters);
        let original: Vec<char> = text.chars().take(names::COMPARED_CHARACTERS_MAX).collect();
        self.find_alike(&original, &mut found, alike);
        found.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
        found
    }

    fn find_exact(&self, letters: &[(char, usize, bool)]) -> Vec<Found<'_>> {
        let mut found = Vec::new();
        let mut at = 0;
        while at + 1 < letters.len() {
            let names = self.starts.get(&[letters[at].0, letters[at + 1].0]);
            let hit = names.into_iter().flatten().find(|name| {
                let fits =
                    letters.len() >= at + name.len() && name.iter().zip(&letters[at..]).all(|(a, (b, ..))| a == b);
                fits && is_whole(letters, at, at + name.len())
            });
            let Some(name) = hit else {
                at += 1;
                continue;
            };
            let key: String = name.iter().collect();
            if let Some((place, index)) = self.exact.get(&key) {
                found.push(Found {
                    brand: &self.brands[*place],
                    name: self.brands[*place].names[*index].clone(),
                    likeness: Likeness::Exact,
                    start: letters[at].1,
                    end: letters[at + name.len() - 1].1 + 1,
                    before: letters[at.saturating_sub(CONTEXT_CHARACTERS)..at]
                        .iter()
                        .map(|(character, ..)| *character)
                        .collect(),
                });
            }
            at += name.len();
        }
        found
    }

    /// Looks at words (and runs of Han characters) that are no brand's name for names they look like or nearly are.
    fn find_alike<'b>(
        &'b self,
        original: &[char],
        found: &mut Vec<Found<'b>>,
        alike: impl Fn(&[char], &mut Room) -> Option<(usize, usize, Likeness)>,
    ) {
        let mut room = Room::default();
        let mut text: Vec<char> = Vec::new();
        let words = words(original);
        for first in 0..words.len() {
            for count in 1..=WORDS_MAX.min(words.len() - first) {
                let (start, end) = (words[first].0, words[first + count - 1].1);
                if found.iter().any(|hit| hit.start < end && start < hit.end) {
                    break;
                }
                text.clear();
                text.extend(words[first..first + count].iter().flat_map(|(from, to)| &original[*from..*to]));
                if let Some((place, index, likeness)) = alike(&text, &mut room) {
                    found.push(Found {
                        brand: &self.brands[place],
                        name: self.brands[place].names[index].clone(),
                        likeness,
                        start,
                        end,
                        before: original[..start]
                            .iter()
                            .flat_map(|character| character.to_lowercase())
                            .filter(|character| character.is_alphanumeric())
                            .collect(),
                    });
                    break;
                }
            }
        }
    }

    /// As [`BrandBank::alike`], without its work where the traces rule it out.
    fn alike_if_traced(&self, words: &[char], room: &mut Room) -> Option<(usize, usize, Likeness)> {
        if self.traces.rule_out(words, room) {
            return None;
        }
        self.alike(&words.iter().collect::<String>())
    }

    fn alike(&self, text: &str) -> Option<(usize, usize, Likeness)> {
        let key = names::key(text);
        let length = key.chars().count();
        if length < 2 || self.exact.contains_key(&key) {
            return None;
        }
        let by_sight = sights(text).into_iter().find_map(|sight| self.sights.get(&sight));
        if let Some((place, index)) = by_sight {
            return Some((*place, *index, Likeness::Homograph));
        }
        let chars: Vec<char> = key.chars().collect();
        if chars.len() < NEAR_CHARACTERS_MIN || chars.iter().all(|character| character.is_numeric()) {
            return None;
        }
        shortenings(&chars).iter().filter_map(|short| self.shortened.get(short)).flatten().find_map(|(place, index)| {
            let name = names::key(&self.brands[*place].names[*index]);
            (strsim::osa_distance(&name, &key) == 1).then_some((*place, *index, Likeness::Near))
        })
    }
}

/// Whether a name stands alone: Latin letters and digits must not go on at either end. A name of two Han characters must begin
/// the text or follow a break or Latin letters, for 完美的 is no 美的; a longer one may stand anywhere.
fn is_whole(letters: &[(char, usize, bool)], from: usize, to: usize) -> bool {
    let is_joined =
        |left: usize, right: usize| !letters[right].2 && !is_han(letters[left].0) && !is_han(letters[right].0);
    let is_short = to - from <= 2 && is_han(letters[from].0);
    if is_short && from > 0 && !letters[from].2 && is_han(letters[from - 1].0) && !follows_fitness(letters, from) {
        return false;
    }
    let open = from == 0 || !is_joined(from - 1, from);
    let closed = to >= letters.len() || !is_joined(to - 1, to);
    open && closed
}

/// 适用华为: words of fitness end in these characters, and a name may follow them at once.
fn follows_fitness(letters: &[(char, usize, bool)], from: usize) -> bool {
    from > 0 && matches!(letters[from - 1].0, '用' | '于' | '容' | '配' | '品' | '版' | '款')
}

fn is_han(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{2fa1f}')
}

/// Runs of letters and digits, divided where Han begins or ends; combining marks belong to their letter.
fn words(original: &[char]) -> Vec<(usize, usize)> {
    let class = |character: char| match character {
        _ if is_han(character) => 1,
        _ if character.is_alphanumeric() || unicode_normalization::char::is_combining_mark(character) => 2,
        _ => 0,
    };
    let mut words = Vec::new();
    let mut start = 0;
    for at in 1..=original.len() {
        let ends = at == original.len() || class(original[at]) != class(original[start]);
        if ends {
            if class(original[start]) != 0 {
                words.push((start, at));
            }
            start = at;
        }
    }
    words
}

/// What a name looks like: its skeleton as written, in lower and in upper case, without marks and case.
pub(super) fn sights(name: &str) -> Vec<String> {
    let written: String = name
        .chars()
        .filter(|character| character.is_alphanumeric() || unicode_normalization::char::is_combining_mark(*character))
        .collect();
    let mut all: Vec<String> = [written.clone(), written.to_lowercase(), written.to_uppercase()]
        .iter()
        .map(|form| names::key(&skeleton(form).collect::<String>()))
        .collect();
    all.retain(|sight| sight.chars().count() >= 2);
    all.sort_unstable();
    all.dedup();
    all
}

/// The name itself and all it becomes with one character left out.
pub(super) fn shortenings(chars: &[char]) -> Vec<String> {
    let without = |index: usize| {
        chars.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, character)| *character).collect::<String>()
    };
    let mut all: Vec<String> = (0..chars.len()).map(without).collect();
    all.push(chars.iter().collect());
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bank() -> BrandBank {
        let brand = |id: &str, names: &[&str]| Brand {
            id: id.to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            categories: Vec::new(),
            owners: Vec::new(),
            authorisation: false,
        };
        BrandBank::new([
            brand("huawei", &["华为", "HUAWEI", "Hua Wei"]),
            brand("lancome", &["兰蔻", "Lancôme"]),
            brand("loreal", &["欧莱雅", "L'Oréal", "巴黎欧莱雅"]),
            brand("sigma", &["适马", "ΣΙΓΜΑΣ", "Sigma"]),
            brand("three-m", &["3M", "1234"]),
            brand("blue", &["海之蓝", "洋河海之蓝", "ﬁne fi"]),
        ])
    }

    fn told(found: &[Found<'_>]) -> Vec<(String, String, Likeness, usize, usize, Vec<char>)> {
        let tell = |hit: &Found<'_>| {
            (hit.brand.id.clone(), hit.name.clone(), hit.likeness, hit.start, hit.end, hit.before.clone())
        };
        found.iter().map(tell).collect()
    }

    fn words_near_names() -> impl Strategy<Value = String> {
        let names =
            vec!["华为", "HUAWEI", "Lancôme", "欧莱雅", "巴黎欧莱雅", "L'Oréal", "ΣΙΓΜΑΣ", "海之蓝", "ﬁne fi", "1234"];
        let pieces = prop_oneof![
            Just(String::new()),
            Just("НUАWЕІ".to_owned()),
            Just("e\u{301}\u{323}\u{338}".to_owned()),
            "[华为莱欧雅巴黎海之蓝a-zA-ZéΣσς 0-9/-]{0,6}",
            "\\PC{0,8}"
        ];
        let edited = (prop::sample::select(names), 0..8_usize, "\\PC{0,1}").prop_map(|(name, at, put)| {
            let mut chars: Vec<char> = name.chars().collect();
            let at = at % (chars.len() + 1);
            if at < chars.len() {
                chars.remove(at);
            }
            chars.splice(at..at, put.chars());
            chars.into_iter().collect::<String>()
        });
        prop::collection::vec(prop_oneof![pieces, edited], 0..8).prop_map(|parts| parts.join(" "))
    }

    #[test]
    fn look_alikes_and_near_names_are_found_through_the_traces() {
        let bank = bank();
        for (text, likeness) in [
            ("НUАWЕІ 手机", Likeness::Homograph),
            ("HUAWE1", Likeness::Homograph),
            ("HUAWEII", Likeness::Near),
            ("欧莱稚", Likeness::Near),
        ] {
            let found = bank.find(text);
            assert_eq!(found.first().map(|hit| hit.likeness), Some(likeness), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn what_the_traces_rule_out_is_like_no_name(text in words_near_names()) {
            let bank = bank();
            let plain = bank.find_with(&text, |words, _| bank.alike(&words.iter().collect::<String>()));
            prop_assert_eq!(told(&bank.find(&text)), told(&plain));
        }
    }
}
