//! What the claims check found in a listing, without the text: small, serialisable, kept per listing version.
//!
//! Rules run over these facts. A policy that uses known atoms needs nothing else; a new atom is scanned for alone and
//! [`ClaimFacts::merge`]d in, which gives exactly what a full scan gives.

use serde::{Deserialize, Serialize};

use crate::atoms::{AtomId, Atoms, How};

/// The facts of one listing version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimFacts {
    /// What rules ask about the listing besides its texts.
    #[serde(rename = "a")]
    pub about: About,
    /// One entry for each text of the listing, in the order of [`crate::Input::texts`].
    #[serde(rename = "f")]
    pub fields: Vec<FieldFacts>,
    /// Kinds of documents the listing has, sorted: some exempt.
    #[serde(rename = "d", default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<String>,
}

/// What rules ask about a listing besides its texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    #[serde(rename = "c", default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    #[serde(rename = "b", default, skip_serializing_if = "String::is_empty")]
    pub brand: String,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub price_minor: Option<i64>,
}

/// The facts of one text. Positions called `at` count kept (folded) letters, `start` and `end` original characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldFacts {
    /// As in [`crate::Finding::field`].
    #[serde(rename = "n")]
    pub name: String,
    /// Original characters.
    #[serde(rename = "l")]
    pub length: u32,
    /// Sorted, without duplicates.
    #[serde(rename = "h", default, skip_serializing_if = "Vec::is_empty")]
    pub hits: Vec<Hit>,
    /// Letters before which a clause ended.
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<u32>,
    /// Letters before which a sentence ended.
    #[serde(rename = "s", default, skip_serializing_if = "Vec::is_empty")]
    pub sentences: Vec<u32>,
    /// Where the listing's brand is named: first letter and number of letters.
    #[serde(rename = "b", default, skip_serializing_if = "Vec::is_empty")]
    pub brand: Vec<(u32, u32)>,
}

/// One atom at one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hit {
    #[serde(rename = "p")]
    pub at: u32,
    #[serde(rename = "n")]
    pub length: u32,
    #[serde(rename = "a")]
    pub atom: AtomId,
    #[serde(rename = "w")]
    pub how: How,
    #[serde(rename = "s")]
    pub start: u32,
    #[serde(rename = "e")]
    pub end: u32,
    /// The original words where they differ from the term's folded letters.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub surface: Option<Box<str>>,
}

impl Hit {
    /// One past the last letter.
    #[must_use]
    pub fn until(&self) -> u32 {
        self.at + self.length
    }
}

pub(crate) fn settle(hits: &mut Vec<Hit>) {
    hits.sort_unstable();
    hits.dedup_by(|later, earlier| (later.at, later.length, later.atom) == (earlier.at, earlier.length, earlier.atom));
}

impl FieldFacts {
    /// Sorts, and keeps the plainest of several ways in which one atom was found at one place.
    pub fn settle(&mut self) {
        settle(&mut self.hits);
    }

    /// The first letter of the clause (or, with `sentence`, of the sentence) that `at` belongs to.
    #[must_use]
    pub fn begin_of(&self, at: u32, sentence: bool) -> u32 {
        let last = |marks: &[u32]| marks[..marks.partition_point(|&mark| mark <= at)].last().copied().unwrap_or(0);
        let begin = last(&self.sentences);
        if sentence { begin } else { begin.max(last(&self.clauses)) }
    }

    /// One past the last letter of the clause or sentence.
    #[must_use]
    pub fn end_of(&self, at: u32, sentence: bool) -> u32 {
        let next = |marks: &[u32]| marks.get(marks.partition_point(|&mark| mark <= at)).copied().unwrap_or(u32::MAX);
        let end = next(&self.sentences);
        if sentence { end } else { end.min(next(&self.clauses)) }
    }
}

impl ClaimFacts {
    /// Adds what a scan of the same listing for other atoms found.
    pub fn merge(&mut self, other: Self) {
        for (own, theirs) in self.fields.iter_mut().zip(other.fields) {
            own.hits.extend(theirs.hits);
            own.settle();
        }
    }

    /// Forgets atoms that no rule uses any more.
    pub fn retain(&mut self, atoms: &Atoms) {
        for field in &mut self.fields {
            field.hits.retain(|hit| hit.atom < 1024 || atoms.contains(hit.atom));
        }
    }

    /// Every atom found, each once, sorted.
    #[must_use]
    pub fn atoms(&self) -> Vec<AtomId> {
        let mut atoms: Vec<AtomId> = self.fields.iter().flat_map(|field| &field.hits).map(|hit| hit.atom).collect();
        atoms.sort_unstable();
        atoms.dedup();
        atoms
    }
}
