//! Which listings a changed policy can touch: a bitmap of listings for each atom and each category.
//!
//! A rule compiles to a plan over these bitmaps: (any of its atoms) and (any of its categories) and not (any category it
//! leaves out). When a policy changes, only listings in the plans of rules that are new, gone or different are judged
//! again; for all others the outcome is the same by construction, because a rule's outcome rests on its own definition
//! and the listing's facts alone.

use std::collections::{BTreeMap, HashMap};

use roaring::RoaringBitmap;

use crate::atoms::AtomId;
use crate::claims::{ClaimRules, Rule, under};
use crate::facts::ClaimFacts;

/// Numbers of listings by what was found in them. The numbers are the caller's.
#[derive(Clone, Debug, Default)]
pub struct FactsIndex {
    by_atom: HashMap<AtomId, RoaringBitmap>,
    by_category: BTreeMap<String, RoaringBitmap>,
    all: RoaringBitmap,
}

impl FactsIndex {
    /// Adds a listing. A number is added once; [`FactsIndex::remove`] it before adding it with other facts.
    pub fn insert(&mut self, listing: u32, facts: &ClaimFacts) {
        self.all.insert(listing);
        self.by_category.entry(facts.about.category.clone()).or_default().insert(listing);
        for atom in facts.atoms() {
            self.by_atom.entry(atom).or_default().insert(listing);
        }
    }

    /// Takes a listing out; `facts` are those it was added with.
    pub fn remove(&mut self, listing: u32, facts: &ClaimFacts) {
        self.all.remove(listing);
        if let Some(listings) = self.by_category.get_mut(&facts.about.category) {
            listings.remove(listing);
        }
        for atom in facts.atoms() {
            if let Some(listings) = self.by_atom.get_mut(&atom) {
                listings.remove(listing);
            }
        }
    }

    /// How many listings there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.all.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The listings a rule can say something about.
    #[must_use]
    pub fn candidates(&self, rule: &Rule) -> RoaringBitmap {
        let mut listings = if rule.required { self.all.clone() } else { self.any_atom(&rule.terms) };
        if let Some(near) = rule.near.as_ref().filter(|_| !rule.required) {
            listings &= self.any_atom(&near.terms);
        }
        if !rule.categories.is_empty() {
            listings &= self.any_category(&rule.categories);
        }
        if !rule.except_categories.is_empty() {
            listings -= self.any_category(&rule.except_categories);
        }
        listings
    }

    fn any_atom(&self, atoms: &[AtomId]) -> RoaringBitmap {
        atoms
            .iter()
            .filter_map(|atom| self.by_atom.get(atom))
            .fold(RoaringBitmap::new(), |all, listings| all | listings)
    }

    fn any_category(&self, paths: &[String]) -> RoaringBitmap {
        let within = self.by_category.iter().filter(|(category, _)| paths.iter().any(|path| under(category, path)));
        within.fold(RoaringBitmap::new(), |all, (_, listings)| all | listings)
    }

    /// The listings whose outcome can differ between two policies; all others need not be judged again.
    #[must_use]
    pub fn affected(&self, earlier: &ClaimRules, later: &ClaimRules) -> RoaringBitmap {
        let known = |rules: &ClaimRules| {
            rules.rules().iter().map(|rule| (rule.ruling.id.clone(), rule.fingerprint)).collect::<HashMap<_, _>>()
        };
        let (before, after) = (known(earlier), known(later));
        let gone = earlier.rules().iter().filter(|rule| after.get(&rule.ruling.id) != Some(&rule.fingerprint));
        let new = later.rules().iter().filter(|rule| before.get(&rule.ruling.id) != Some(&rule.fingerprint));
        gone.chain(new).fold(RoaringBitmap::new(), |all, rule| all | self.candidates(rule))
    }
}
