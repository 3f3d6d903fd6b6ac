//! Finding atoms in a text.

use crate::atoms::sound::{self, Spoken};
use crate::atoms::{Atom, Atoms, Class, How};
use crate::facts::{About, ClaimFacts, FieldFacts, Hit, settle};
use crate::fold::{self, Folded, Gap, is_alphabetic, is_han};
use crate::input::Input;

/// Most characters of noise between two letters that still count as one word.
const NOISE_CHARACTERS_MAX: u32 = 12;
/// Shortest brand that excuses the terms inside it; letters.
const BRAND_LETTERS_MIN: usize = 2;

/// Room for the texts of one listing, reused from listing to listing.
#[derive(Debug, Default)]
pub struct Scratch {
    folded: Folded,
    spoken: Spoken,
    hits: Vec<Hit>,
}

impl Atoms {
    /// Reads every text of a listing once.
    #[must_use]
    pub fn scan(&self, input: &Input, scratch: &mut Scratch) -> ClaimFacts {
        let brand = fold::fold(&input.brand);
        let brand = if brand.chars().count() >= BRAND_LETTERS_MIN { brand } else { String::new() };
        let mut fields = Vec::new();
        for (field, text) in input.texts() {
            fields.push(self.scan_text(field.name(), text, &brand, scratch));
        }
        let mut documents: Vec<String> = input.documents.iter().map(|document| document.kind.clone()).collect();
        documents.sort();
        documents.dedup();
        let about =
            About { category: input.category.clone(), brand: input.brand.clone(), price_minor: input.price_minor };
        ClaimFacts { about, fields, documents }
    }

    /// Adds what these atoms find to the facts of the same listing, which others' atoms found. Says the same as a scan and
    /// [`ClaimFacts::merge`], and does less: of a text nothing but its hits is read again.
    pub fn add_to(&self, facts: &mut ClaimFacts, input: &Input, scratch: &mut Scratch) {
        if self.is_empty() {
            return;
        }
        let Scratch { folded, spoken, hits } = scratch;
        for (field, (_, text)) in facts.fields.iter_mut().zip(input.texts()) {
            folded.fill(text);
            hits.clear();
            self.by_sight(folded, hits);
            if self.sound.is_some() {
                spoken.fill(folded);
                self.by_sound(folded, spoken, hits);
            }
            if !hits.is_empty() {
                settle(hits);
                self.surfaces(text, hits);
                field.hits.append(hits);
                field.settle();
            }
        }
    }

    fn scan_text(&self, name: String, text: &str, brand: &str, scratch: &mut Scratch) -> FieldFacts {
        let Scratch { folded, spoken, .. } = scratch;
        folded.fill(text);
        let mut facts = FieldFacts { name, length: folded.length, ..FieldFacts::default() };
        for (at, gap) in (0_u32..).zip(&folded.gaps).skip(1) {
            match gap {
                Gap::Sentence => facts.sentences.push(at),
                Gap::Clause => facts.clauses.push(at),
                _ => {}
            }
        }
        if !brand.is_empty() {
            let letters = u32::try_from(brand.chars().count()).unwrap_or(u32::MAX);
            facts.brand.extend(folded.text.match_indices(brand).map(|(byte, _)| (folded.char_of_byte[byte], letters)));
        }
        classes(folded, &mut facts.hits);
        self.by_sight(folded, &mut facts.hits);
        if self.sound.is_some() {
            spoken.fill(folded);
            self.by_sound(folded, spoken, &mut facts.hits);
        }
        facts.settle();
        self.surfaces(text, &mut facts.hits);
        facts
    }

    fn by_sight(&self, folded: &Folded, hits: &mut Vec<Hit>) {
        let Some(automaton) = &self.sight else { return };
        for found in automaton.find_overlapping_iter(&folded.text) {
            let from = folded.char_of_byte[found.start()] as usize;
            let until = folded.char_of_byte[found.end()] as usize;
            for &(index, how) in &self.sight_meanings[found.value() as usize] {
                let atom = &self.atoms[index as usize];
                let accepted = match how {
                    How::Sight => reads_as(atom, folded, from, until),
                    _ => {
                        joined(folded, from, until) && folded.gaps[from + 1..until].iter().all(|gap| *gap <= Gap::Space)
                    }
                };
                if accepted {
                    hits.push(hit(atom.id, folded, from, until, how));
                }
            }
        }
    }

    fn by_sound(&self, folded: &Folded, spoken: &Spoken, hits: &mut Vec<Hit>) {
        let Some(automaton) = &self.sound else { return };
        let mut written: Vec<&[char]> = Vec::new();
        for found in automaton.find_overlapping_iter(&spoken.text) {
            let symbols = spoken.symbol_of_byte[found.start()] as usize..spoken.symbol_of_byte[found.end()] as usize;
            written.clear();
            written.extend(
                symbols
                    .clone()
                    .map(|symbol| &folded.chars[spoken.letters[symbol] as usize..spoken.letters[symbol + 1] as usize]),
            );
            let from = spoken.letters[symbols.start] as usize;
            let until = spoken.letters[symbols.end] as usize;
            if !joined(folded, from, until) || folded.gaps[from + 1..until].iter().any(|gap| *gap >= Gap::Clause) {
                continue;
            }
            for &(index, how) in &self.sound_meanings[found.value() as usize] {
                let atom = &self.atoms[index as usize];
                if sound::stands_for(&atom.letters, &written) {
                    hits.push(hit(atom.id, folded, from, until, how));
                }
            }
        }
    }

    /// Keeps the original words of a hit where they differ from the term's letters.
    fn surfaces(&self, text: &str, hits: &mut [Hit]) {
        if hits.iter().all(|hit| !self.contains(hit.atom)) {
            return;
        }
        let chars: Vec<char> = text.chars().collect();
        for hit in hits {
            let Some(atom) = self.get(hit.atom) else { continue };
            // Compared with the letters, which the id stands for, not with one rule's spelling of them.
            let written = &chars[hit.start as usize..hit.end as usize];
            if written != atom.letters.as_slice() {
                hit.surface = Some(written.iter().collect());
            }
        }
    }
}

fn hit(atom: u64, folded: &Folded, from: usize, until: usize, how: How) -> Hit {
    let (start, end) = folded.span(from, until);
    Hit {
        at: u32::try_from(from).unwrap_or(u32::MAX),
        length: u32::try_from(until - from).unwrap_or(u32::MAX),
        atom,
        how,
        start,
        end,
        surface: None,
    }
}

/// No two letters of the span are further apart than noise can be.
fn joined(folded: &Folded, from: usize, until: usize) -> bool {
    folded.origin[from..until].windows(2).all(|pair| pair[1] - pair[0] <= NOISE_CHARACTERS_MAX + 1)
}

/// Whether the letters `from..until`, which equal the atom's, are the atom in spite of what stands between them.
fn reads_as(atom: &Atom, folded: &Folded, from: usize, until: usize) -> bool {
    joined(folded, from, until)
        && bounded(atom, folded, from, until)
        && if atom.letters.iter().any(|&letter| is_han(letter)) {
            han_gaps(atom, folded, from)
        } else {
            word_gaps(atom, folded, from)
        }
}

fn bounded(atom: &Atom, folded: &Folded, from: usize, until: usize) -> bool {
    let same_kind = |one: char, other: char| {
        (one.is_ascii_digit() && other.is_ascii_digit()) || (is_alphabetic(one) && is_alphabetic(other))
    };
    let first = atom.letters[0];
    if from > 0 && folded.gaps[from] == Gap::None && Atom::bounded(first) && same_kind(first, folded.chars[from - 1]) {
        return false;
    }
    let last = atom.letters[atom.letters.len() - 1];
    let follows = folded.chars.get(until).filter(|_| folded.gaps[until] == Gap::None);
    atom.open_end || !Atom::bounded(last) || follows.is_none_or(|&next| !same_kind(last, next))
}

/// Han text: symbols and spaces between the characters are noise. Clause marks separate words, unless they stand
/// between all characters of a term of three or more, or behind a character that ends no phrase.
fn han_gaps(atom: &Atom, folded: &Folded, from: usize) -> bool {
    let gaps = &folded.gaps[from + 1..from + atom.letters.len()];
    if gaps.iter().all(|gap| *gap <= Gap::Space) {
        return true;
    }
    match atom.letters.len() {
        0 | 1 => true,
        2 => matches!(atom.letters[0], '最' | '第' | '唯') && folded.origin[from + 1] - folded.origin[from] == 2,
        _ => gaps.iter().all(|gap| *gap >= Gap::Symbol),
    }
}

/// Alphabetic text: white space between words of the term; inside a word none, unless every letter is spaced out.
fn word_gaps(atom: &Atom, folded: &Folded, from: usize) -> bool {
    let mut start = 0;
    for end in 1..=atom.letters.len() {
        if end < atom.letters.len() && !atom.breaks[end] {
            continue;
        }
        let inside = &folded.gaps[from + start + 1..from + end];
        let spaced_out = !inside.is_empty() && inside.len() >= 2 && inside.iter().all(|gap| *gap != Gap::None);
        if !spaced_out && inside.iter().any(|gap| *gap >= Gap::Space) {
            return false;
        }
        if end < atom.letters.len() && folded.gaps[from + end] >= Gap::Clause {
            return false;
        }
        start = end;
    }
    true
}

/// Numbers, percentages and years.
fn classes(folded: &Folded, hits: &mut Vec<Hit>) {
    let chars = &folded.chars;
    let mut at = 0;
    while at < chars.len() {
        if !chars[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while end < chars.len() && chars[end].is_ascii_digit() && folded.gaps[end] <= Gap::Symbol {
            end += 1;
        }
        hits.push(hit(Class::Number.id(), folded, at, end, How::Sight));
        if chars.get(end) == Some(&'%') {
            hits.push(hit(Class::Percent.id(), folded, at, end + 1, How::Sight));
        }
        if end - at == 4 && matches!((chars[at], chars[at + 1]), ('1', '9') | ('2', '0')) {
            hits.push(hit(Class::Year.id(), folded, at, end, How::Sight));
        }
        at = end;
    }
}
