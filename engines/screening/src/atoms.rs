//! Every term of every rule as an **atom**, and all atoms in two automata: one over folded text (*sight*), one over
//! syllables (*sound*), so that 国jia级 and 蕞佳 are found as what they are read as.
//!
//! An atom's id is a hash of what is searched for, not of the rule that wants it: facts kept for years stay readable,
//! and a rule that reuses a known term needs no text. Whether an atom is found at a place depends on that atom and the
//! text alone, never on other atoms: that is why scanning for new atoms only and merging equals a full scan.

mod scan;
mod sound;

pub use scan::Scratch;

use std::collections::{BTreeMap, HashMap};

use daachorse::CharwiseDoubleArrayAhoCorasick;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::fold::{Folded, SPLITS, is_alphabetic, is_han};

/// Names what is searched for; stable between versions of the policy.
pub type AtomId = u64;

/// Changes when the same atom would be found at other places: kept facts of another scanner are scanned again in full.
pub const SCANNER_VERSION: u16 = 1;

/// Longest term; characters after folding.
pub const TERM_CHARACTERS_MAX: usize = 60;

/// What an atom is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A forbidden or required term: also looked for by sound and in split characters.
    Claim,
    /// A cue of an exemption: only as written, so that nobody is excused by a disguise.
    Cue,
}

/// How a hit was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// By its folded letters.
    Sight,
    /// By a character written in its parts (月巴 for 肥).
    Split,
    /// By its sound.
    Sound,
}

/// A term as it is searched for.
#[derive(Clone, Debug)]
pub struct Atom {
    pub id: AtomId,
    /// As the rule writes it.
    pub spelling: String,
    /// Folded letters.
    pub letters: Vec<char>,
    /// Whether white space is at home before each letter.
    pub breaks: Vec<bool>,
    /// The term ends with `*`: a longer word may follow (`cure*`).
    pub open_end: bool,
    pub role: Role,
}

/// A term that cannot be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermError {
    /// Nothing is left after folding.
    Empty,
    /// More than [`TERM_CHARACTERS_MAX`].
    TooLong,
    /// `{…}` that is no known class.
    UnknownClass,
}

/// Classes of text a cue may name instead of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// `{year}`: 1900 to 2099 followed by 年, or by no digit.
    Year,
    /// `{number}`: a number in digits.
    Number,
    /// `{percent}`: a number and %.
    Percent,
}

impl Class {
    /// Reads `{year}`, `{number}`, `{percent}`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "{year}" => Some(Self::Year),
            "{number}" => Some(Self::Number),
            "{percent}" => Some(Self::Percent),
            _ => None,
        }
    }

    /// Its place among the ids of atoms.
    #[must_use]
    pub fn id(self) -> AtomId {
        match self {
            Self::Year => 1,
            Self::Number => 2,
            Self::Percent => 3,
        }
    }
}

impl Atom {
    /// Reads a term of a rule.
    ///
    /// # Errors
    /// [`TermError`] where it cannot be searched for.
    pub fn new(term: &str, role: Role) -> Result<Self, TermError> {
        let (spelling, open_end) = match term.strip_suffix('*') {
            Some(stem) => (stem, true),
            None => (term, false),
        };
        let folded = Folded::new(spelling);
        if folded.chars.is_empty() {
            return Err(TermError::Empty);
        }
        if folded.chars.len() > TERM_CHARACTERS_MAX {
            return Err(TermError::TooLong);
        }
        let breaks: Vec<bool> = folded.gaps.iter().map(|gap| *gap != crate::fold::Gap::None).collect();
        let mut hash = Sha256::new();
        hash.update([u8::from(role == Role::Cue), u8::from(open_end)]);
        hash.update(folded.text.as_bytes());
        hash.update([0xff]);
        hash.update(breaks.iter().skip(1).map(|&is_break| u8::from(is_break)).collect::<Vec<_>>());
        let digest = hash.finalize();
        let mut first = [0_u8; 8];
        first.copy_from_slice(&digest[..8]);
        // The lowest ids belong to the classes.
        let id = u64::from_be_bytes(first).max(1024);
        Ok(Self { id, spelling: spelling.to_owned(), letters: folded.chars, breaks, open_end, role })
    }

    /// Whether it is looked for by sound: at least two characters with a sound, one of them Han.
    fn sounds(&self) -> bool {
        let readable = self.letters.iter().filter(|&&letter| is_han(letter) || letter.is_ascii_digit()).count();
        self.role == Role::Claim
            && readable >= 2
            && readable == self.letters.len()
            && self.letters.iter().any(|&letter| is_han(letter))
    }

    /// Whether a boundary is needed on a side that ends with this letter.
    fn bounded(letter: char) -> bool {
        letter.is_ascii_digit() || is_alphabetic(letter)
    }

    /// The letters with characters written in parts.
    fn splits(&self) -> Vec<String> {
        let mut written = Vec::new();
        if self.role != Role::Claim || self.letters.len() < 2 {
            return written;
        }
        for (index, letter) in self.letters.iter().enumerate() {
            for (_, parts) in SPLITS.iter().filter(|(whole, _)| whole == letter) {
                for part in *parts {
                    let mut text: String = self.letters[..index].iter().collect();
                    text.push_str(&crate::fold::fold(part));
                    text.extend(&self.letters[index + 1..]);
                    written.push(text);
                }
            }
        }
        written
    }
}

/// What a pattern of an automaton stands for.
type Meanings = Vec<Vec<(u32, How)>>;

/// A set of atoms, ready to scan with.
pub struct Atoms {
    atoms: Vec<Atom>,
    index: HashMap<AtomId, u32>,
    sight: Option<CharwiseDoubleArrayAhoCorasick<u32>>,
    sight_meanings: Meanings,
    sound: Option<CharwiseDoubleArrayAhoCorasick<u32>>,
    sound_meanings: Meanings,
}

impl std::fmt::Debug for Atoms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Atoms").field("atoms", &self.atoms.len()).finish_non_exhaustive()
    }
}

impl Default for Atoms {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Atoms {
    /// Builds the automata. Atoms given twice count once.
    #[must_use]
    pub fn new(atoms: impl IntoIterator<Item = Atom>) -> Self {
        let unique: BTreeMap<AtomId, Atom> = atoms.into_iter().map(|atom| (atom.id, atom)).collect();
        let atoms: Vec<Atom> = unique.into_values().collect();
        let mut sight: BTreeMap<String, Vec<(u32, How)>> = BTreeMap::new();
        let mut sound: BTreeMap<String, Vec<(u32, How)>> = BTreeMap::new();
        for (index, atom) in (0_u32..).zip(&atoms) {
            sight.entry(atom.letters.iter().collect()).or_default().push((index, How::Sight));
            for split in atom.splits() {
                sight.entry(split).or_default().push((index, How::Split));
            }
            if atom.sounds() {
                sound.entry(sound::pattern(&atom.letters)).or_default().push((index, How::Sound));
            }
        }
        let (sight, sight_meanings) = automaton(sight);
        let (sound, sound_meanings) = automaton(sound);
        let index = (0_u32..).zip(&atoms).map(|(index, atom)| (atom.id, index)).collect();
        Self { atoms, index, sight, sight_meanings, sound, sound_meanings }
    }

    #[must_use]
    pub fn get(&self, id: AtomId) -> Option<&Atom> {
        self.index.get(&id).and_then(|&index| self.atoms.get(index as usize))
    }

    #[must_use]
    pub fn contains(&self, id: AtomId) -> bool {
        self.index.contains_key(&id)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.atoms.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.atoms.is_empty()
    }

    pub fn ids(&self) -> impl Iterator<Item = AtomId> + '_ {
        self.atoms.iter().map(|atom| atom.id)
    }

    /// The atoms that `known` does not have: what a text must be scanned for after the policy has changed.
    #[must_use]
    pub fn without(&self, known: &Self) -> Self {
        Self::new(self.atoms.iter().filter(|atom| !known.contains(atom.id)).cloned())
    }

    /// Names the set; facts are complete for it.
    #[must_use]
    pub fn version(&self) -> u64 {
        let mut hash = Sha256::new();
        hash.update(SCANNER_VERSION.to_be_bytes());
        for id in self.ids() {
            hash.update(id.to_be_bytes());
        }
        let digest = hash.finalize();
        let mut first = [0_u8; 8];
        first.copy_from_slice(&digest[..8]);
        u64::from_be_bytes(first)
    }
}

/// The automaton over the keys, and what each pattern means. No keys: no automaton.
fn automaton(patterns: BTreeMap<String, Vec<(u32, How)>>) -> (Option<CharwiseDoubleArrayAhoCorasick<u32>>, Meanings) {
    let mut keys = Vec::with_capacity(patterns.len());
    let mut meanings = Vec::with_capacity(patterns.len());
    for ((key, meaning), value) in patterns.into_iter().filter(|(key, _)| !key.is_empty()).zip(0_u32..) {
        keys.push((key, value));
        meanings.push(meaning);
    }
    // Building fails only for empty sets, empty or repeated patterns; none of them gets here.
    let automaton = CharwiseDoubleArrayAhoCorasick::with_values(keys).ok();
    (automaton, meanings)
}
