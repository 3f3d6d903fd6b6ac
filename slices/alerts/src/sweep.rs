//! A pass over the windows: cohorts are gathered, every key is looked at, what could pass is weighed together, and what is
//! named is explained.
//!
//! Windows are visited one after the other and never kept: of a million keys a sweep holds sums per cohort and the few looks
//! that could pass. The same sweep runs over the live state and over windows made again from day rows.

use crate::model::Subject;
use crate::rules::{Rule, Rules};
use crate::shelf::{Placed, Shelf};
use crate::store::watching::Counted;
use detectors::look::Compared;
use detectors::{CohortBy, Finding, Look, Method, Scope, Strength, Sums, could_pass, explain, look, select};
use kernel::Result;
use statistics::funnel::{Adjustment, Funnel, Measure, Unit};
use std::collections::{BTreeMap, HashMap};
use stream::{Key, KeyKind, WINDOW_DAYS, Window};

/// Looks held at most for one rule; the weakest give way, which only makes a selection more careful.
const CANDIDATES_MAX: usize = 100_000;
/// Merchants of which a funnel's spread is learnt at most.
const FUNNEL_MEMBERS_MAX: usize = 200_000;
/// Share of merchants drawn in at each end before their spread is taken (Spiegelhalter 2005).
const WINSORISED: f64 = 0.1;

/// Where windows come from.
pub(crate) trait Windows {
    /// Visits every window of a kind.
    fn each(&self, kind: KeyKind, visit: &mut dyn FnMut(&Window)) -> Result<()>;
    /// Visits the window of one key.
    fn one(&self, kind: KeyKind, id: &str, visit: &mut dyn FnMut(&Window)) -> Result<()>;
    /// The product of a lot, where the signals told it.
    fn product_of(&self, merchant: &str, lot: &str) -> Result<Option<String>>;
}

/// The windows of the state: as of the last closed day, or as they stand.
pub(crate) struct Live<'k> {
    pub kernel: &'k kernel::Kernel,
    pub closed: bool,
}

impl Windows for Live<'_> {
    fn each(&self, kind: KeyKind, visit: &mut dyn FnMut(&Window)) -> Result<()> {
        if self.closed {
            signals::windows::each_closed(self.kernel, kind, |window| visit(window))
        } else {
            signals::windows::each(self.kernel, kind, |window| visit(window))
        }
    }

    fn one(&self, kind: KeyKind, id: &str, visit: &mut dyn FnMut(&Window)) -> Result<()> {
        let found = if self.closed {
            signals::windows::one_closed(self.kernel, kind, id, |window| visit(window))
        } else {
            signals::windows::one(self.kernel, kind, id, |window| visit(window))
        };
        found.map(|_| ())
    }

    fn product_of(&self, merchant: &str, lot: &str) -> Result<Option<String>> {
        signals::links::lot(self.kernel, merchant, lot)
    }
}

/// What a pass over all keys learnt, kept for looks between days.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gathered {
    /// The newest day it saw.
    pub day: i32,
    /// Sums by rule and category; the empty category is the whole of the rule's market.
    sums: HashMap<(usize, u16), Sums>,
    /// Funnels of merchants by rule.
    funnels: HashMap<usize, Funnel>,
    /// Keys looked at by rule.
    pub keys: HashMap<usize, usize>,
    /// Versions of the packs the rules came from.
    pub versions: Vec<String>,
    /// What categories counted on each day of the window, oldest first.
    pub totals: BTreeMap<String, [Counted; WINDOW_DAYS]>,
}

/// What was named and explained.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Place of the rule.
    pub rule: usize,
    /// About what.
    pub subject: Subject,
    /// The finding.
    pub finding: Finding,
    /// Category id; empty where it is not known.
    pub category: String,
    /// Market; empty where it is not known.
    pub market: String,
}

/// A look that could pass.
struct Candidate {
    key: String,
    look: Look,
    placed: Placed,
}

/// What a sweep came to.
#[derive(Debug, Default)]
pub(crate) struct Swept {
    pub found: Vec<Found>,
    pub keys: u64,
    pub candidates: u64,
}

const KINDS: [(Scope, KeyKind); 3] =
    [(Scope::Product, KeyKind::Product), (Scope::Lot, KeyKind::Lot), (Scope::Merchant, KeyKind::Merchant)];

/// The kind of key a scope looks at.
pub(crate) fn kind_of(scope: Scope) -> Option<KeyKind> {
    KINDS.iter().find(|(known, _)| *known == scope).map(|(_, kind)| *kind)
}

/// Products whose category is not known yet, at most so many.
pub(crate) fn unplaced(source: &dyn Windows, shelf: &Shelf, most: usize) -> Result<Vec<String>> {
    let mut keys = Vec::new();
    source.each(KeyKind::Product, &mut |window| {
        if keys.len() < most && !shelf.has(&window.key.id) {
            keys.push(window.key.id.clone());
        }
    })?;
    Ok(keys)
}

/// Hands windows to a visitor, one after the other.
pub(crate) type Visits<'v> = dyn FnMut(&mut dyn FnMut(&Window)) -> Result<()> + 'v;

/// A sweep at work.
pub(crate) struct Sweeper<'a> {
    pub rules: &'a Rules,
    pub shelf: &'a Shelf,
    pub members_min: f64,
}

impl Sweeper<'_> {
    fn placed(&self, scope: Scope, key: &str) -> Placed {
        if scope == Scope::Product { self.shelf.of(key) } else { Placed::default() }
    }

    fn index(&self, scope: Scope) -> BTreeMap<String, Vec<usize>> {
        self.rules.index(scope, &self.shelf.markets)
    }

    /// First pass: what is usual.
    pub fn gather(&self, source: &dyn Windows) -> Result<Gathered> {
        let mut gathered = Gathered { versions: self.rules.versions(), ..Gathered::default() };
        for (scope, kind) in KINDS {
            let index = self.index(scope);
            source.each(kind, &mut |window| {
                gathered.day = gathered.day.max(window.last_day);
                let placed = self.placed(scope, &window.key.id);
                for place in index.get(self.shelf.market(placed)).into_iter().flatten() {
                    self.add(&mut gathered, *place, placed, window);
                }
                if scope == Scope::Product {
                    self.count(&mut gathered, placed, window);
                }
            })?;
        }
        self.funnels(source, &mut gathered)?;
        Ok(gathered)
    }

    fn add(&self, gathered: &mut Gathered, place: usize, placed: Placed, window: &Window) {
        let rule = &self.rules.all[place];
        *gathered.keys.entry(place).or_default() += 1;
        let own = rule.detector.own_sums(window);
        if own.members == 0.0 {
            return;
        }
        gathered.sums.entry((place, 0)).or_default().add(&own);
        if placed.category != 0 {
            gathered.sums.entry((place, placed.category)).or_default().add(&own);
        }
    }

    fn count(&self, gathered: &mut Gathered, placed: Placed, window: &Window) {
        let category = self.shelf.category(placed);
        if category.is_empty() {
            return;
        }
        if !gathered.totals.contains_key(category) {
            gathered.totals.insert(category.to_owned(), [Counted::default(); WINDOW_DAYS]);
        }
        let Some(days) = gathered.totals.get_mut(category) else { return };
        for (total, day) in days.iter_mut().zip(&window.days) {
            total.add(&Counted {
                complaints: i64::from(day.complaints),
                returns: i64::from(day.returns),
                bad_reviews: i64::from(day.bad_reviews()),
                purchases: i64::from(day.shipments.max(day.deliveries).max(day.orders)),
            });
        }
    }

    /// The funnels of merchants: target and spread of all of them.
    fn funnels(&self, source: &dyn Windows, gathered: &mut Gathered) -> Result<()> {
        for (place, rule) in self.rules.all.iter().enumerate() {
            if rule.detector.policy.method != Method::Funnel {
                continue;
            }
            let mut units: Vec<Unit> = Vec::new();
            source.each(KeyKind::Merchant, &mut |window| {
                if units.len() < FUNNEL_MEMBERS_MAX {
                    let own = rule.detector.own_sums(window);
                    units.push(Unit { events: own.events, size: own.exposure });
                }
            })?;
            if let Ok(funnel) = Funnel::fit(&units, Measure::Rate, Adjustment::Additive, None, WINSORISED) {
                gathered.funnels.insert(place, funnel);
            }
        }
        Ok(())
    }

    fn sums<'g>(&self, gathered: &'g Gathered, place: usize, placed: Placed) -> &'g Sums {
        static NONE: Sums = Sums::NONE;
        let rule = &self.rules.all[place];
        let narrow = gathered.sums.get(&(place, placed.category));
        let narrow = narrow.filter(|sums| sums.members >= self.members_min);
        let by_category = rule.row.body.cohort == CohortBy::Category;
        narrow.filter(|_| by_category).or_else(|| gathered.sums.get(&(place, 0))).unwrap_or(&NONE)
    }

    /// Second pass: every key is looked at, the few that could pass are weighed together and explained.
    pub fn sweep(&self, source: &dyn Windows, gathered: &Gathered) -> Result<Swept> {
        let mut swept = Swept::default();
        let mut candidates: Vec<Vec<Candidate>> = (0..self.rules.all.len()).map(|_| Vec::new()).collect();
        for (scope, kind) in KINDS {
            let index = self.index(scope);
            let mut lots: Vec<String> = Vec::new();
            source.each(kind, &mut |window| {
                swept.keys += 1;
                self.look_at(gathered, &index, scope, window, &mut candidates, &mut lots);
            })?;
            self.look_at_lots(source, gathered, &lots, &mut candidates)?;
        }
        for (place, held) in candidates.into_iter().enumerate() {
            swept.candidates += held.len() as u64;
            self.name(source, gathered, place, held, &mut swept.found)?;
        }
        Ok(swept)
    }

    /// Looks at some keys between days with the methods that allow it.
    pub fn touched(&self, source: &dyn Windows, gathered: &Gathered, windows: &mut Visits<'_>) -> Result<Swept> {
        let mut swept = Swept::default();
        let mut candidates: Vec<Vec<Candidate>> = (0..self.rules.all.len()).map(|_| Vec::new()).collect();
        let indexes: Vec<(Scope, KeyKind, BTreeMap<String, Vec<usize>>)> = KINDS
            .iter()
            .map(|(scope, kind)| {
                let mut index = self.index(*scope);
                let anytime = |place: &usize| self.rules.all[*place].detector.policy.method.is_anytime();
                index.values_mut().for_each(|places| places.retain(anytime));
                (*scope, *kind, index)
            })
            .collect();
        windows(&mut |window| {
            swept.keys += 1;
            if let Some((scope, _, index)) = indexes.iter().find(|(_, kind, _)| *kind == window.key.kind) {
                self.look_at(gathered, index, *scope, window, &mut candidates, &mut Vec::new());
            }
        })?;
        for (place, held) in candidates.into_iter().enumerate() {
            swept.candidates += held.len() as u64;
            self.name(source, gathered, place, held, &mut swept.found)?;
        }
        Ok(swept)
    }

    fn look_at(
        &self,
        gathered: &Gathered,
        index: &BTreeMap<String, Vec<usize>>,
        scope: Scope,
        window: &Window,
        candidates: &mut [Vec<Candidate>],
        lots: &mut Vec<String>,
    ) {
        let placed = self.placed(scope, &window.key.id);
        let mut is_batch = false;
        for place in index.get(self.shelf.market(placed)).into_iter().flatten() {
            let rule = &self.rules.all[*place];
            if rule.detector.policy.method == Method::Batch {
                is_batch |= rule.detector.may_speak(window);
                continue;
            }
            let compared = self.compared(gathered, *place, placed, None);
            if let Some(look) = look(&rule.detector, window, &compared) {
                hold(&mut candidates[*place], rule, Candidate { key: window.key.id.clone(), look, placed });
            }
        }
        if is_batch && lots.len() < CANDIDATES_MAX {
            lots.push(window.key.id.clone());
        }
    }

    fn compared<'g>(
        &self,
        gathered: &'g Gathered,
        place: usize,
        placed: Placed,
        others: Option<&'g Window>,
    ) -> Compared<'g> {
        Compared { sums: self.sums(gathered, place, placed), funnel: gathered.funnels.get(&place), others }
    }

    /// Lots with enough events, each against the rest of its product or, where that is not known, of its merchant.
    fn look_at_lots(
        &self,
        source: &dyn Windows,
        gathered: &Gathered,
        lots: &[String],
        candidates: &mut [Vec<Candidate>],
    ) -> Result<()> {
        let places = self.rules.places(Scope::Lot, "");
        for key in lots {
            let Some((lot, others)) = lot_and_others(source, key)? else { continue };
            for place in &places {
                let rule = &self.rules.all[*place];
                if rule.detector.policy.method != Method::Batch {
                    continue;
                }
                let placed = Placed::default();
                let compared = self.compared(gathered, *place, placed, Some(&others));
                if let Some(look) = look(&rule.detector, &lot, &compared) {
                    hold(&mut candidates[*place], rule, Candidate { key: key.clone(), look, placed });
                }
            }
        }
        Ok(())
    }

    /// Selects among the looks of one rule and explains those that were named.
    fn name(
        &self,
        source: &dyn Windows,
        gathered: &Gathered,
        place: usize,
        held: Vec<Candidate>,
        found: &mut Vec<Found>,
    ) -> Result<()> {
        let rule = &self.rules.all[place];
        let strengths: Vec<Strength> = held.iter().map(|candidate| candidate.look.strength).collect();
        let hypotheses = gathered.keys.get(&place).copied().unwrap_or_default();
        let selected = select(&rule.detector.policy, &strengths, hypotheses);
        let Some(kind) = kind_of(rule.scope()) else { return Ok(()) };
        for chosen in selected.places {
            let candidate = &held[chosen];
            let others = match rule.detector.policy.method {
                Method::Batch => lot_and_others(source, &candidate.key)?.map(|(_, others)| others),
                _ => None,
            };
            let compared = self.compared(gathered, place, candidate.placed, others.as_ref());
            let mut finding = None;
            source.one(kind, &candidate.key, &mut |window| {
                finding = Some(explain(&rule.detector, window, &compared, &candidate.look, selected.threshold));
            })?;
            if let Some(finding) = finding {
                found.push(Found {
                    rule: place,
                    subject: Subject::new(rule.scope(), &candidate.key),
                    finding,
                    category: self.shelf.category(candidate.placed).to_owned(),
                    market: self.shelf.market(candidate.placed).to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// Keeps a look that could pass; when there are too many, the weaker half gives way.
fn hold(held: &mut Vec<Candidate>, rule: &Rule, candidate: Candidate) {
    if !could_pass(candidate.look.strength, &rule.detector.policy) {
        return;
    }
    held.push(candidate);
    if held.len() > CANDIDATES_MAX {
        held.sort_unstable_by(|a, b| b.look.statistic.total_cmp(&a.look.statistic).then_with(|| a.key.cmp(&b.key)));
        held.truncate(CANDIDATES_MAX / 2);
    }
}

/// The window of a lot, and what it is held against: its product, or its merchant where the product is not known.
fn lot_and_others(source: &dyn Windows, key: &str) -> Result<Option<(Window, Window)>> {
    let window = |kind: KeyKind, id: &str| -> Result<Option<Window>> {
        let mut found = None;
        source.one(kind, id, &mut |window| found = Some(window.clone()))?;
        Ok(found)
    };
    let Some(lot) = window(KeyKind::Lot, key)? else { return Ok(None) };
    let (merchant, number) = key.split_once('/').unwrap_or((key, ""));
    let product = source.product_of(merchant, number)?.map(|product| Key::product(merchant, &product).id);
    let others = match product {
        Some(product) => window(KeyKind::Product, &product)?,
        None => None,
    };
    let others = match others {
        Some(others) => Some(others),
        None => window(KeyKind::Merchant, merchant)?,
    };
    Ok(others.map(|others| (lot, others)))
}
