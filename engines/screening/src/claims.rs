//! The claims check: words that promise what the law forbids.
//!
//! [`rows`] are the three tables of a pack: `claims` (a rule: terms, categories, severity, law), `claim_terms` (named
//! groups of terms, used as `@name`) and `claim_exemptions` (context in which a term is no violation). [`ClaimRules`]
//! is their compiled form; [`facts`] reads a listing once, [`findings`] applies the rules to what was read.
//!
//! Context is the product, not the word list: every hit is held against the exemptions of its rule and against the
//! general ones before it becomes a finding, and what was let pass is reported too, with the exemption that let it.

mod compile;
mod evaluate;
pub mod rows;
mod tests_inline;

use crate::atoms::{AtomId, Atoms};
use crate::facts::ClaimFacts;
use crate::input::Input;
use crate::rulings::Ruling;

pub use crate::atoms::Scratch;
pub use evaluate::{FINDINGS_MAX, Outcome, findings};
pub use tests_inline::run_tests;

/// The compiled tables of one pack on one date.
#[derive(Debug, Default)]
pub struct ClaimRules {
    pub(crate) rules: Vec<Rule>,
    pub(crate) exemptions: Vec<Exemption>,
    /// Which rules an atom triggers.
    pub(crate) by_atom: std::collections::HashMap<AtomId, Vec<u32>>,
    /// Every atom any rule or exemption speaks of.
    pub atoms: Atoms,
}

/// One row of `claims`.
#[derive(Debug)]
pub struct Rule {
    pub ruling: Ruling,
    pub categories: Vec<String>,
    pub except_categories: Vec<String>,
    pub fields: Vec<rows::FieldKind>,
    /// Sorted.
    pub terms: Vec<AtomId>,
    pub near: Option<Near>,
    /// The terms must be there: a finding where none is.
    pub required: bool,
    /// Which hits by sound count.
    pub sound: rows::Sound,
    /// Indices into [`ClaimRules::exemptions`], the rule's own first, then the general ones.
    pub unless: Vec<u32>,
    pub unless_documents: Vec<String>,
    pub when: Option<policy::Condition>,
    /// Names everything above: two rules with the same fingerprint find the same.
    pub fingerprint: u64,
}

/// Another term that must stand near.
#[derive(Debug)]
pub struct Near {
    /// Sorted.
    pub terms: Vec<AtomId>,
    /// Letters between the two, at most.
    pub within: u32,
    pub order: rows::Order,
}

/// One row of `claim_exemptions`.
#[derive(Debug)]
pub struct Exemption {
    pub id: String,
    pub within: Vec<AtomId>,
    pub before: Option<(Vec<AtomId>, u32)>,
    pub after: Option<(Vec<AtomId>, u32)>,
    pub clause: Vec<AtomId>,
    pub sentence: Vec<AtomId>,
    pub listing: Vec<AtomId>,
    pub brand: bool,
    pub attributes: Vec<String>,
    pub documents: Vec<String>,
    pub all: bool,
    pub sound_only: bool,
}

/// Reads a listing once.
#[must_use]
pub fn facts(input: &Input, rules: &ClaimRules, scratch: &mut Scratch) -> ClaimFacts {
    rules.atoms.scan(input, scratch)
}

/// Adds to kept facts what a scan for `new` atoms finds; without new atoms the text is not asked for.
#[must_use]
pub fn extend(mut kept: ClaimFacts, new: &Atoms, input: impl FnOnce() -> Input, scratch: &mut Scratch) -> ClaimFacts {
    if !new.is_empty() {
        new.add_to(&mut kept, &input(), scratch);
    }
    kept
}

impl ClaimRules {
    /// The facts of a listing under this policy, given its facts under an earlier one: the text is read only if this
    /// policy has atoms the earlier one had not. Equals a full scan exactly.
    #[must_use]
    pub fn renew(
        &self,
        kept: ClaimFacts,
        earlier: &Self,
        input: impl FnOnce() -> Input,
        scratch: &mut Scratch,
    ) -> ClaimFacts {
        let mut renewed = extend(kept, &self.atoms.without(&earlier.atoms), input, scratch);
        renewed.retain(&self.atoms);
        renewed
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The compiled rules, in the order of their ids.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

impl Rule {
    /// Whether the rule speaks about a category.
    #[must_use]
    pub fn covers(&self, category: &str) -> bool {
        (self.categories.is_empty() || self.categories.iter().any(|path| under(category, path)))
            && !self.except_categories.iter().any(|path| under(category, path))
    }
}

/// Whether a category is `path` or below it. A path of one part is also found further down (`cosmetics` in
/// `beauty/cosmetics/skin`), because shops hang their trees up differently.
pub(crate) fn under(category: &str, path: &str) -> bool {
    let below = category.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    below || (!path.contains('/') && category.split('/').any(|part| part == path))
}
