//! Rules over facts.

use std::collections::HashSet;

use crate::atoms::{AtomId, How};
use crate::claims::rows::{Order, Sound};
use crate::claims::{ClaimRules, Exemption, Near, Rule};
use crate::facts::{ClaimFacts, FieldFacts, Hit};
use crate::finding::{Check, Cleared, Finding};

/// Most hits of one rule in one text that are looked at; beyond it nothing new is learnt.
pub const HITS_PER_RULE_MAX: usize = 100;
/// Most findings of a listing.
pub const FINDINGS_MAX: usize = 500;
/// How far a clause or sentence is read from the term; letters.
const CLAUSE_LETTERS_MAX: u32 = 120;
/// Longest atom; letters. Bounds the search for hits that surround another.
const HIT_LETTERS_MAX: u32 = 64;

/// What the claims check says about one listing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    pub findings: Vec<Finding>,
    /// Terms that were let pass.
    pub cleared: Vec<Cleared>,
}

/// Applies the rules. `listing_id` chooses the listings a rule in partial roll-out acts on.
#[must_use]
pub fn findings(facts: &ClaimFacts, rules: &ClaimRules, listing_id: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let present: HashSet<AtomId> = facts.fields.iter().flat_map(|field| &field.hits).map(|hit| hit.atom).collect();
    for field in &facts.fields {
        if !field.hits.is_empty() {
            Field { field, facts, rules, present: &present }.judge(listing_id, &mut outcome);
        }
    }
    missing(facts, rules, listing_id, &mut outcome);
    outcome.findings.truncate(FINDINGS_MAX);
    outcome.cleared.truncate(FINDINGS_MAX);
    outcome
}

/// Rules whose terms must be there.
fn missing(facts: &ClaimFacts, rules: &ClaimRules, listing_id: &str, outcome: &mut Outcome) {
    for rule in
        rules.rules.iter().filter(|rule| rule.required && rule.covers(&facts.about.category) && asks(rule, facts))
    {
        let read = facts
            .fields
            .iter()
            .filter(|field| rule.fields.is_empty() || rule.fields.iter().any(|kind| kind.holds(&field.name)));
        let mut hits = read.flat_map(|field| &field.hits);
        if hits.all(|hit| rule.terms.binary_search(&hit.atom).is_err())
            && let Some(finding) = rule.ruling.finding(Check::Claims, listing_id, "description", &[])
        {
            outcome.findings.push(finding);
        }
    }
}

/// Whether the rule asks about this listing at all: documents that allow it, and its condition.
fn asks(rule: &Rule, facts: &ClaimFacts) -> bool {
    if rule.unless_documents.iter().any(|kind| facts.documents.contains(kind)) {
        return false;
    }
    let Some(when) = &rule.when else { return true };
    let mut known = policy::Facts::new();
    known
        .set("category", facts.about.category.as_str())
        .set("brand", facts.about.brand.as_str())
        .set("has_price", facts.about.price_minor.is_some())
        .set("price_minor", facts.about.price_minor.unwrap_or(0))
        .set("documents", facts.documents.clone());
    // A condition that cannot be evaluated must not let a violation pass.
    when.holds(&known).unwrap_or(true)
}

struct Field<'a> {
    field: &'a FieldFacts,
    facts: &'a ClaimFacts,
    rules: &'a ClaimRules,
    /// Every atom of the listing.
    present: &'a HashSet<AtomId>,
}

struct Candidate<'a> {
    rule: u32,
    hit: &'a Hit,
    near: Option<&'a Hit>,
    considered: Vec<u32>,
    cleared: Option<u32>,
}

impl<'a> Field<'a> {
    fn judge(&self, listing_id: &str, outcome: &mut Outcome) {
        let mut candidates: Vec<Candidate<'a>> = Vec::new();
        let mut seen: std::collections::HashMap<u32, usize> = std::collections::HashMap::new();
        for hit in &self.field.hits {
            for &place in self.rules.by_atom.get(&hit.atom).map_or(&[][..], Vec::as_slice) {
                let rule = &self.rules.rules[place as usize];
                let Some(near) = self.speaks(rule, hit) else { continue };
                let count = seen.entry(place).or_default();
                *count += 1;
                if *count <= HITS_PER_RULE_MAX {
                    candidates.push(self.candidate(place, rule, hit, near));
                }
            }
        }
        for (index, candidate) in candidates.iter().enumerate() {
            if !covered(index, candidate, &candidates) {
                self.report(candidate, listing_id, outcome);
            }
        }
    }

    /// Whether a rule speaks about a hit, and the other hit that makes it.
    fn speaks(&self, rule: &Rule, hit: &Hit) -> Option<Option<&'a Hit>> {
        let looks = rule.fields.is_empty() || rule.fields.iter().any(|kind| kind.holds(&self.field.name));
        if !looks
            || (hit.how == How::Sound && !heard(rule.sound, hit))
            || !rule.covers(&self.facts.about.category)
            || !asks(rule, self.facts)
        {
            return None;
        }
        match &rule.near {
            None => Some(None),
            Some(near) => self.near(near, hit).map(Some),
        }
    }

    fn near(&self, near: &Near, hit: &Hit) -> Option<&'a Hit> {
        let begin = self.field.begin_of(hit.at, true).max(hit.at.saturating_sub(near.within + HIT_LETTERS_MAX));
        let end = self.field.end_of(hit.at, true).min(hit.until() + near.within + 1);
        self.window(begin, end).iter().find(|other| {
            let before = other.until() <= hit.at && hit.at - other.until() <= near.within && near.order != Order::After;
            let after = other.at >= hit.until() && other.at - hit.until() <= near.within && near.order != Order::Before;
            (before || after) && near.terms.binary_search(&other.atom).is_ok()
        })
    }

    /// The hits that begin in `begin..end`.
    fn window(&self, begin: u32, end: u32) -> &'a [Hit] {
        let hits = &self.field.hits;
        let from = hits.partition_point(|hit| hit.at < begin);
        let until = hits.partition_point(|hit| hit.at < end);
        &hits[from..until.max(from)]
    }

    fn candidate(&self, place: u32, rule: &Rule, hit: &'a Hit, near: Option<&'a Hit>) -> Candidate<'a> {
        let mut considered = Vec::new();
        let mut cleared = None;
        for &exemption in &rule.unless {
            let row = &self.rules.exemptions[exemption as usize];
            if row.sound_only && hit.how != How::Sound {
                continue;
            }
            if self.exempts(row, hit, near) {
                cleared = Some(exemption);
                break;
            }
            considered.push(exemption);
        }
        Candidate { rule: place, hit, near, considered, cleared }
    }

    fn exempts(&self, row: &Exemption, hit: &Hit, near: Option<&Hit>) -> bool {
        // Of a pair (不能治疗高血压), the earlier word is the one a cue stands before.
        let first = near.filter(|near| near.at < hit.at).unwrap_or(hit);
        let has = |atoms: &[AtomId], other: &Hit| atoms.binary_search(&other.atom).is_ok();
        let beside = |other: &Hit| other.until() <= hit.at || other.at >= hit.until();
        let clause_begin = self.field.begin_of(hit.at, false);
        let clause_end = self.field.end_of(hit.at, false).max(hit.until());
        let conditions = [
            (!row.within.is_empty()).then(|| {
                let around = self.window(hit.at.saturating_sub(HIT_LETTERS_MAX), hit.at + 1);
                around
                    .iter()
                    .any(|other| other.until() >= hit.until() && other.length > hit.length && has(&row.within, other))
            }),
            row.before.as_ref().map(|(atoms, reach)| {
                let begin = self.field.begin_of(first.at, false).max(first.at.saturating_sub(reach + HIT_LETTERS_MAX));
                let beside = |other: &Hit| other.until() <= first.at && first.at - other.until() <= *reach;
                self.window(begin, first.at).iter().any(|other| beside(other) && has(atoms, other))
            }),
            row.after.as_ref().map(|(atoms, reach)| {
                let end = clause_end.min(hit.until() + reach + 1);
                self.window(hit.until(), end).iter().any(|other| has(atoms, other))
            }),
            (!row.clause.is_empty()).then(|| {
                let begin = clause_begin.max(hit.at.saturating_sub(CLAUSE_LETTERS_MAX));
                let end = clause_end.min(hit.until() + CLAUSE_LETTERS_MAX);
                self.window(begin, end).iter().any(|other| beside(other) && has(&row.clause, other))
            }),
            (!row.sentence.is_empty()).then(|| {
                let begin = self.field.begin_of(hit.at, true).max(hit.at.saturating_sub(CLAUSE_LETTERS_MAX));
                let end = self.field.end_of(hit.at, true).min(hit.until() + CLAUSE_LETTERS_MAX);
                self.window(begin, end).iter().any(|other| beside(other) && has(&row.sentence, other))
            }),
            (!row.listing.is_empty()).then(|| row.listing.iter().any(|atom| self.present.contains(atom))),
            row.brand.then(|| self.field.brand.iter().any(|(at, length)| *at <= hit.at && at + length >= hit.until())),
            (!row.attributes.is_empty()).then(|| row.attributes.contains(&self.field.name)),
            (!row.documents.is_empty()).then(|| row.documents.iter().any(|kind| self.facts.documents.contains(kind))),
        ];
        let mut given = conditions.into_iter().flatten();
        if row.all { given.all(|holds| holds) } else { given.any(|holds| holds) }
    }

    fn report(&self, candidate: &Candidate<'_>, listing_id: &str, outcome: &mut Outcome) {
        let rule = &self.rules.rules[candidate.rule as usize];
        let hit = candidate.hit;
        let (start, end) = (hit.start as usize, hit.end as usize);
        let text = self.text(hit);
        if let Some(exemption) = candidate.cleared {
            let exemption = self.rules.exemptions[exemption as usize].id.clone();
            let field = self.field.name.clone();
            outcome.cleared.push(Cleared { rule: rule.ruling.id.clone(), exemption, field, start, end, text });
            return;
        }
        let fills = [("text", text.as_str()), ("term", text.as_str())];
        let Some(mut finding) = rule.ruling.finding(Check::Claims, listing_id, &self.field.name, &fills) else {
            return;
        };
        finding.start = Some(start);
        finding.end = Some(end);
        let considered = candidate.considered.iter().map(|&place| self.rules.exemptions[place as usize].id.clone());
        finding.exemptions_considered = considered.collect();
        let mut evidence = serde_json::Map::new();
        if hit.how != How::Sight {
            evidence.insert("read_as".to_owned(), self.letters(hit).into());
            evidence.insert("found_by".to_owned(), serde_json::to_value(hit.how).unwrap_or_default());
        }
        if let Some(near) = candidate.near {
            let with = serde_json::json!({ "text": self.text(near), "start": near.start, "end": near.end });
            evidence.insert("with".to_owned(), with);
        }
        if !evidence.is_empty() {
            finding.evidence = Some(evidence.into());
        }
        finding.text = text;
        outcome.findings.push(finding);
    }

    fn letters(&self, hit: &Hit) -> String {
        self.rules.atoms.get(hit.atom).map(|atom| atom.letters.iter().collect()).unwrap_or_default()
    }

    fn text(&self, hit: &Hit) -> String {
        hit.surface.as_ref().map_or_else(|| self.letters(hit), |surface| surface.to_string())
    }
}

/// Whether a hit by sound counts; Pinyin is longer than the two characters it stands for.
fn heard(sound: Sound, hit: &Hit) -> bool {
    match sound {
        Sound::All => true,
        Sound::Long => hit.length > 2,
        Sound::None => false,
    }
}

/// Whether a candidate says nothing beyond another: part of a longer hit of the same rule, or a hit by sound where the
/// same letters were found by sight.
fn covered(index: usize, candidate: &Candidate<'_>, candidates: &[Candidate<'_>]) -> bool {
    let inside = |outer: &Hit, inner: &Hit| outer.at <= inner.at && outer.until() >= inner.until();
    candidates.iter().enumerate().any(|(other_index, other)| {
        if other_index == index {
            return false;
        }
        let (one, two) = (candidate.hit, other.hit);
        let same_rule = candidate.rule == other.rule;
        if same_rule
            && (two.how != How::Sound || one.how == How::Sound)
            && inside(two, one)
            && (two.length > one.length || (two.how, other_index) < (one.how, index))
        {
            return true;
        }
        one.how == How::Sound && two.how != How::Sound && one.at < two.until() && two.at < one.until()
    })
}
