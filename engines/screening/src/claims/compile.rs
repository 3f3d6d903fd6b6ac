//! From rows to plans.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::civil::Date;
use policy::{Diagnostics, Pack};

use crate::atoms::{Atom, AtomId, Atoms, Role};
use crate::claims::rows::{Claim, Cue, ExemptionColumns, Group, Term, read_term};
use crate::claims::{ClaimRules, Exemption, Near, Rule};
use crate::rulings::Ruling;

/// Deepest nesting of groups in groups.
const GROUP_DEPTH_MAX: usize = 8;

struct Terms {
    groups: HashMap<String, Vec<String>>,
    atoms: BTreeMap<AtomId, Atom>,
}

impl Terms {
    /// The atoms of terms and groups, sorted. Unusable terms were refused when the pack was checked.
    fn read(&mut self, terms: &[String], role: Role) -> Vec<AtomId> {
        let mut ids = Vec::new();
        self.collect(terms, role, GROUP_DEPTH_MAX, &mut ids);
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn collect(&mut self, terms: &[String], role: Role, depth: usize, ids: &mut Vec<AtomId>) {
        for term in terms {
            if let Some(group) = term.strip_prefix('@') {
                if let Some(members) = self.groups.get(group).cloned().filter(|_| depth > 0) {
                    self.collect(&members, role, depth - 1, ids);
                }
                continue;
            }
            match read_term(term, role) {
                Ok(Term::Atom(atom)) => {
                    ids.push(atom.id);
                    self.atoms.insert(atom.id, *atom);
                }
                Ok(Term::Class(class)) => ids.push(class.id()),
                Err(_) => {}
            }
        }
    }

    fn cue(&mut self, cue: Option<&Cue>) -> Option<(Vec<AtomId>, u32)> {
        cue.map(|cue| (self.read(&cue.terms, Role::Cue), cue.reach))
    }
}

impl ClaimRules {
    /// Compiles the rows in force on `date`. Rows that are off are left out.
    ///
    /// # Errors
    /// [`Diagnostics`] with file, line, column and row where a table cannot be read.
    pub fn compile(pack: &Pack, date: Date) -> Result<Self, Diagnostics> {
        let groups =
            pack.rows_at::<Group>(date)?.into_iter().map(|row| (row.id.clone(), row.body.terms.clone())).collect();
        let mut terms = Terms { groups, atoms: BTreeMap::new() };
        let mut exemptions = Vec::new();
        let mut general = Vec::new();
        let mut index = HashMap::new();
        for row in pack.rows_at::<ExemptionColumns>(date)? {
            if !row.mode.is_evaluated() {
                continue;
            }
            let place = u32::try_from(exemptions.len()).unwrap_or(u32::MAX);
            index.insert(row.id.clone(), place);
            if row.body.general {
                general.push(place);
            }
            exemptions.push(exemption(&row.id, &row.body, &mut terms));
        }
        let mut rules = Vec::new();
        for row in pack.rows_at::<Claim>(date)? {
            if !row.mode.is_evaluated() {
                continue;
            }
            let ruling = Ruling::of(&row, pack, date, row.body.severity, row.body.zero_tolerance);
            let own = row.body.unless.iter().filter_map(|id| index.get(id).copied());
            let mut unless: Vec<u32> = own.collect();
            unless.extend(general.iter().filter(|place| !unless.contains(place)).copied().collect::<Vec<_>>());
            let mut rule = rule(ruling, &row.body, unless, &mut terms);
            rule.when.clone_from(&row.when);
            rule.fingerprint = fingerprint(&rule, &exemptions);
            rules.push(rule);
        }
        rules.sort_by(|one, other| one.ruling.id.cmp(&other.ruling.id));
        let mut by_atom: HashMap<AtomId, Vec<u32>> = HashMap::new();
        for (place, rule) in (0_u32..).zip(&rules) {
            for &atom in rule.terms.iter().filter(|_| !rule.required) {
                by_atom.entry(atom).or_default().push(place);
            }
        }
        Ok(Self { rules, exemptions, by_atom, atoms: Atoms::new(terms.atoms.into_values()) })
    }
}

fn rule(ruling: Ruling, claim: &Claim, unless: Vec<u32>, terms: &mut Terms) -> Rule {
    Rule {
        ruling,
        categories: claim.categories.clone(),
        except_categories: claim.except_categories.clone(),
        fields: claim.fields.clone(),
        terms: terms.read(&claim.terms, Role::Claim),
        near: claim.near.as_ref().map(|near| Near {
            terms: terms.read(&near.terms, Role::Claim),
            within: near.within,
            order: near.order,
        }),
        required: claim.required,
        sound: claim.sound,
        unless,
        unless_documents: claim.unless_documents.clone(),
        when: None,
        fingerprint: 0,
    }
}

fn exemption(id: &str, columns: &ExemptionColumns, terms: &mut Terms) -> Exemption {
    Exemption {
        id: id.to_owned(),
        within: terms.read(&columns.within, Role::Cue),
        before: terms.cue(columns.before.as_ref()),
        after: terms.cue(columns.after.as_ref()),
        clause: terms.read(&columns.clause, Role::Cue),
        sentence: terms.read(&columns.sentence, Role::Cue),
        listing: terms.read(&columns.listing, Role::Cue),
        brand: columns.brand,
        attributes: columns.attributes.iter().map(|name| format!("attributes.{name}")).collect(),
        documents: columns.documents.clone(),
        all: columns.all,
        sound_only: columns.sound_only,
    }
}

/// Everything that decides what a rule finds and says. Debug text is complete, and it lives no longer than a process.
fn fingerprint(rule: &Rule, exemptions: &[Exemption]) -> u64 {
    let mut hasher = DefaultHasher::new();
    let head = (&rule.ruling, &rule.categories, &rule.except_categories, &rule.fields, &rule.terms, &rule.near);
    format!("{head:?}").hash(&mut hasher);
    (rule.required, rule.sound, &rule.unless_documents).hash(&mut hasher);
    rule.when.as_ref().map(policy::Condition::text).hash(&mut hasher);
    for exemption in rule.unless.iter().filter_map(|&place| exemptions.get(place as usize)) {
        format!("{exemption:?}").hash(&mut hasher);
    }
    hasher.finish()
}
