//! The day file: a head and a line a product, in the order of their keys. Its content hash and the root over its lines stand
//! in the ledger.
//!
//! Every line is JSON on one line, fields in the order below. The head carries the policies and what the cohorts told, so that
//! a file and the one before it are all that is needed to compute every number again.

use crate::model::{COMPONENTS, Component, Day, DayInput, Effect, Grade, Papers, Part, RATES};
use crate::posterior::Prior;
use crate::tables::RatingPolicy;
use ground::Problem;
use kernel::Result;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use tlog::tree::Frontier;

/// Longest line read, bytes: the head carries the cohorts of a whole market.
const LINE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The first line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Version of this format: 1.
    pub v: u32,
    /// The closed day.
    pub day: Day,
    /// The file before: its day and SHA-256.
    pub previous: Option<(Day, String)>,
    /// Lines that follow.
    pub products: u64,
    /// The policy of each market.
    pub policies: BTreeMap<String, RatingPolicy>,
    /// `market:category` (an empty category: the whole market) to what it tells of each rate: mean, strength, products.
    pub cohorts: BTreeMap<String, [(f64, f64, u64); RATES]>,
}

impl Head {
    /// What is believed before any evidence of a product of a category: the nearest cohort that is large enough, else the
    /// policy's assumption; one for each rate.
    pub fn priors(&self, policy: &RatingPolicy, market: &str, category: &str) -> [Prior; RATES] {
        let mut priors = [Prior { mean: 0.0, strength: 0.0 }; RATES];
        for (index, prior) in priors.iter_mut().enumerate() {
            *prior = crate::posterior::assumed(&policy.components[index]);
            let enough = |told: &&(f64, f64, u64)| told.2 >= policy.rules.cohort_products_min;
            let found = levels(category)
                .filter_map(|level| self.cohorts.get(&format!("{market}:{level}")).map(|told| &told[index]))
                .find(enough);
            if let Some((mean, strength, _)) = found {
                *prior = Prior { mean: *mean, strength: *strength };
            }
        }
        priors
    }

    /// The policy of a market.
    ///
    /// # Errors
    /// `internal` when the file has none.
    pub fn policy(&self, market: &str) -> Result<&RatingPolicy> {
        self.policies.get(market).ok_or_else(|| Problem::internal(format!("no rating policy of the market {market}")))
    }
}

/// The category and everything above it, nearest first; last the empty one.
pub fn levels(category: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(category);
    std::iter::from_fn(move || {
        let now = next?;
        next = match now.rfind('/') {
            Some(at) => Some(&now[..at]),
            None if now.is_empty() => None,
            None => Some(""),
        };
        Some(now)
    })
}

/// A product's line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// `<merchant>/<product>`.
    pub key: String,
    /// The listing, where there is one.
    pub listing: Option<String>,
    /// Market.
    pub market: String,
    /// Category; empty where it is not known.
    pub category: String,
    /// The first closed day the product was in a file.
    pub first: Day,
    /// What the day brought ([`DayInput::figures`]).
    #[serde(rename = "in")]
    pub inputs: Vec<[i64; 11]>,
    /// Decayed sums after the day, bad and all, of each rate.
    pub sums: [[f64; 2]; RATES],
    /// Papers missing, expired, waiting.
    pub papers: [i64; 3],
    /// Day of the last passed test.
    pub passed: Option<Day>,
    /// Day of the last failed test.
    pub failed: Option<Day>,
    /// Each component's score, low, high and share.
    pub parts: [[f64; 4]; COMPONENTS],
    /// 0 to 100.
    pub score: f64,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
    /// The grade.
    pub grade: Grade,
    /// The grade before, where it changed.
    pub was: Option<Grade>,
    /// Too little is known.
    pub new: bool,
    /// A better grade that is in reach, and for how many days in a row it has been.
    pub rise: Option<(Grade, i32)>,
    /// What the grade does.
    pub effect: Effect,
    /// The effect before, where it changed.
    pub effect_was: Option<Effect>,
    /// The day the effect began.
    pub since: Day,
    /// A test was passed since the goods left the shelf, and the grade is still the worst.
    pub released: bool,
    /// The score as it was published last.
    pub shown: f64,
    /// Whether this line is published: first, changed grade or effect, or moved enough.
    pub publish: bool,
    /// Why it moved, the strongest first.
    pub why: Vec<String>,
}

impl Line {
    /// The papers.
    pub fn papers(&self) -> Papers {
        let [missing, expired, waiting] = self.papers;
        Papers { missing, expired, waiting }
    }

    /// What the day brought.
    pub fn inputs(&self) -> impl Iterator<Item = DayInput> + '_ {
        self.inputs.iter().map(DayInput::of)
    }

    /// What a component came to.
    pub fn part(&self, component: Component) -> Part {
        let [score, low, high, share] = self.parts[component.index()];
        Part { score, low, high, share }
    }

    /// What the components contribute to the score; they sum to it.
    pub fn contributions(&self) -> [f64; COMPONENTS] {
        self.parts.map(|[score, _, _, share]| score * share)
    }
}

/// Writes a day file and computes its hash and root as it goes.
pub struct Writer {
    out: BufWriter<File>,
    hasher: Sha256,
    tree: Frontier,
    bytes: u64,
}

/// What was written, or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// RFC 6962 root over the lines without their ends, hexadecimal.
    pub root: String,
    /// Lines, the head included.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Writer {
    /// A new file.
    ///
    /// # Errors
    /// What the disk says.
    pub fn create(path: &Path) -> Result<Writer> {
        let out = BufWriter::with_capacity(1 << 20, File::create(path).map_err(Problem::internal)?);
        Ok(Writer { out, hasher: Sha256::new(), tree: Frontier::new(), bytes: 0 })
    }

    /// Writes a line.
    ///
    /// # Errors
    /// What the disk says.
    pub fn write(&mut self, line: &impl Serialize) -> Result<()> {
        let mut text = serde_json::to_vec(line).map_err(Problem::internal)?;
        self.tree.push(tlog::leaf_hash(&text));
        text.push(b'\n');
        self.hasher.update(&text);
        self.bytes += text.len() as u64;
        self.out.write_all(&text).map_err(Problem::internal)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// What the disk says.
    pub fn finish(mut self) -> Result<Digests> {
        self.out.flush().map_err(Problem::internal)?;
        Ok(digests(self.hasher, &self.tree, self.bytes))
    }
}

fn digests(hasher: Sha256, tree: &Frontier, bytes: u64) -> Digests {
    Digests { sha256: hex::encode(hasher.finalize()), root: tree.root().to_hex(), lines: tree.size(), bytes }
}

/// Reads a day file line by line, and its digests as it goes.
pub struct Reader {
    input: BufReader<File>,
    hasher: Sha256,
    tree: Frontier,
    bytes: u64,
    buffer: Vec<u8>,
}

/// Why a line could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Number of the line, from 1.
    pub line: u64,
    /// What the parser says.
    pub why: String,
}

impl Reader {
    /// Opens a file.
    ///
    /// # Errors
    /// What the disk says.
    pub fn open(path: &Path) -> Result<Reader> {
        let input = BufReader::with_capacity(1 << 20, File::open(path).map_err(Problem::internal)?);
        Ok(Reader { input, hasher: Sha256::new(), tree: Frontier::new(), bytes: 0, buffer: Vec::new() })
    }

    /// The number of the line that was read last, from 1.
    pub fn number(&self) -> u64 {
        self.tree.size()
    }

    /// The next line as it stands; `None` at the end.
    ///
    /// # Errors
    /// What the disk says.
    pub fn raw(&mut self) -> Result<Option<&[u8]>> {
        self.buffer.clear();
        let read = (&mut self.input).take(LINE_BYTES_MAX).read_until(b'\n', &mut self.buffer);
        if read.map_err(Problem::internal)? == 0 {
            return Ok(None);
        }
        self.hasher.update(&self.buffer);
        self.bytes += self.buffer.len() as u64;
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
        }
        self.tree.push(tlog::leaf_hash(&self.buffer));
        Ok(Some(&self.buffer))
    }

    /// The next line read as a `T`; `None` at the end.
    ///
    /// # Errors
    /// What the disk says; inside, what the line is not.
    pub fn read_next<T: serde::de::DeserializeOwned>(&mut self) -> Result<Option<std::result::Result<T, Unreadable>>> {
        let number = self.number() + 1;
        let Some(text) = self.raw()? else { return Ok(None) };
        Ok(Some(serde_json::from_slice(text).map_err(|error| Unreadable { line: number, why: error.to_string() })))
    }

    /// The next line of a file that must be whole.
    ///
    /// # Errors
    /// What the disk says; `internal` for a line that is not one.
    pub fn take<T: serde::de::DeserializeOwned>(&mut self) -> Result<Option<T>> {
        match self.read_next()? {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(unreadable)) => {
                Err(Problem::internal(format!("line {} of a day file: {}", unreadable.line, unreadable.why)))
            }
        }
    }

    /// Reads to the end and tells the digests of the whole file.
    ///
    /// # Errors
    /// What the disk says.
    pub fn finish(mut self) -> Result<Digests> {
        while self.raw()?.is_some() {}
        Ok(digests(self.hasher, &self.tree, self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_has_its_levels() {
        assert_eq!(levels("food/snacks/nuts").collect::<Vec<_>>(), ["food/snacks/nuts", "food/snacks", "food", ""]);
        assert_eq!(levels("food").collect::<Vec<_>>(), ["food", ""]);
        assert_eq!(levels("").collect::<Vec<_>>(), [""]);
    }
}
