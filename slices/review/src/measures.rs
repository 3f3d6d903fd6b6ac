//! How well the queue is worked: per person, per rule, per queue.

use crate::kappa::{Agreement, Pairs, agreement};
use crate::model::{Decision, Kind, Verdict};
use crate::parameters::{Parameters, parameters};
use crate::store;
use ground::Timestamp;
use kernel::{Actor, Kernel, Permission, Result};
use std::collections::{BTreeMap, HashMap};

/// The measures of one person, rule or queue, or of all.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Person's id, rule, queue; empty for all.
    pub name: String,
    /// Decisions, second opinions and golden items included.
    pub decisions: u64,
    /// Of them rejections.
    pub rejected: u64,
    /// Median time from claim to decision, seconds; `None` without decisions.
    pub median_seconds: Option<f64>,
    /// Agreement of first and second opinions; for a person: of their own with others'. `None` without pairs.
    pub agreement: Option<Agreement>,
    /// Golden items decided.
    pub golden: u64,
    /// Of them rightly.
    pub golden_right: u64,
    /// First decisions a second person looked at.
    pub checked: u64,
    /// First decisions a manager turned over.
    pub overturned: u64,
    /// Kappa is below the minimum.
    pub kappa_low: bool,
    /// The share of golden items decided rightly is below the minimum.
    pub golden_low: bool,
}

impl Measure {
    /// Share of golden items decided rightly; `None` without any.
    pub fn golden_share(&self) -> Option<f64> {
        (self.golden > 0).then(|| self.golden_right as f64 / self.golden as f64)
    }

    /// Overturned first decisions among those a second person looked at; `None` without any.
    pub fn overturn_rate(&self) -> Option<f64> {
        (self.checked > 0).then(|| self.overturned as f64 / self.checked as f64)
    }
}

/// All measures of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Measures {
    /// First moment.
    pub from: Timestamp,
    /// Last moment.
    pub until: Timestamp,
    /// Least kappa.
    pub kappa_minimum: f64,
    /// Least share of golden items decided rightly.
    pub golden_pass_share: f64,
    /// All together.
    pub total: Measure,
    /// By person.
    pub reviewers: Vec<Measure>,
    /// By rule that was hit.
    pub rules: Vec<Measure>,
    /// By queue.
    pub queues: Vec<Measure>,
    /// Names of the people, as far as known.
    pub names: HashMap<String, String>,
}

/// The measures of the window that ends now. Reviewers see their own beside the totals; managers and auditors all.
///
/// # Errors
/// `forbidden`.
pub async fn measures(kernel: &Kernel, actor: &Actor) -> Result<Measures> {
    actor.require(Permission::ReviewRead)?;
    let parameters = parameters(kernel)?;
    let until = kernel.now();
    let from = until.plus_days(-parameters.measure_window_days);
    let db = kernel.db().read();
    let decisions = store::decisions::since(db, from).await?;
    let known: std::collections::HashSet<&str> = decisions.iter().map(|decision| decision.id.as_str()).collect();
    let before: Vec<String> = decisions
        .iter()
        .filter(|decision| decision.kind == Kind::Second)
        .filter_map(|decision| decision.reference.clone())
        .filter(|id| !known.contains(id.as_str()))
        .collect();
    let earlier = store::decisions::get_all(db, &before).await?;
    let mut found = measure(&decisions, &earlier, &parameters, from, until);
    let all = actor.may(Permission::ReviewManage) || !actor.may(Permission::ReviewDecide);
    found.reviewers.retain(|row| all || row.name == actor.id);
    found.names = store::people::list(db).await?.into_iter().map(|person| (person.id, person.name)).collect();
    Ok(found)
}

/// Collects what belongs to one name.
#[derive(Default)]
struct Gathered {
    seconds: Vec<i64>,
    rejected: u64,
    pairs: Pairs,
    golden: u64,
    golden_right: u64,
    checked: u64,
    overturned: u64,
}

impl Gathered {
    fn decision(&mut self, decision: &Decision) {
        self.seconds.push(decision.seconds);
        self.rejected += u64::from(decision.verdict == Verdict::Reject);
        self.golden += u64::from(decision.correct.is_some());
        self.golden_right += u64::from(decision.correct == Some(true));
    }

    fn first(&mut self, first: &Decision) {
        self.checked += 1;
        self.overturned += u64::from(first.overturned);
    }

    fn close(mut self, name: &str, parameters: &Parameters) -> Measure {
        self.seconds.sort_unstable();
        let agreement = agreement(&self.pairs);
        let kappa = agreement.and_then(|agreement| agreement.kappa);
        let mut row = Measure {
            name: name.to_owned(),
            decisions: self.seconds.len() as u64,
            rejected: self.rejected,
            median_seconds: median(&self.seconds),
            agreement,
            golden: self.golden,
            golden_right: self.golden_right,
            checked: self.checked,
            overturned: self.overturned,
            kappa_low: kappa.is_some_and(|kappa| kappa < parameters.kappa_minimum),
            golden_low: false,
        };
        row.golden_low = row.golden_share().is_some_and(|share| share < parameters.golden_pass_share);
        row
    }
}

/// The median of sorted numbers: the middle one, or the mean of the two in the middle.
fn median(sorted: &[i64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        length if length % 2 == 1 => Some(sorted[middle] as f64),
        _ => Some((sorted[middle - 1] as f64 + sorted[middle] as f64) / 2.0),
    }
}

/// Measures decisions. `earlier`: first decisions from before the window that second opinions in it refer to.
pub(crate) fn measure(
    decisions: &[Decision],
    earlier: &[Decision],
    parameters: &Parameters,
    from: Timestamp,
    until: Timestamp,
) -> Measures {
    let by_id: HashMap<&str, &Decision> =
        decisions.iter().chain(earlier).map(|decision| (decision.id.as_str(), decision)).collect();
    let mut total = Gathered::default();
    let (mut people, mut rules, mut queues) =
        (BTreeMap::<&str, Gathered>::new(), BTreeMap::<&str, Gathered>::new(), BTreeMap::<&str, Gathered>::new());
    for decision in decisions {
        total.decision(decision);
        people.entry(&decision.reviewer).or_default().decision(decision);
        queues.entry(&decision.queue).or_default().decision(decision);
        for rule in &decision.rules {
            rules.entry(rule).or_default().decision(decision);
        }
        let first =
            decision.reference.as_deref().filter(|_| decision.kind == Kind::Second).and_then(|id| by_id.get(id));
        let Some(first) = first else { continue };
        let (one, other) = (first.verdict == Verdict::Approve, decision.verdict == Verdict::Approve);
        let places = [&mut total, queues.entry(&decision.queue).or_default()];
        for place in places {
            place.pairs.add(one, other);
            place.first(first);
        }
        for rule in &decision.rules {
            let place = rules.entry(rule).or_default();
            place.pairs.add(one, other);
            place.first(first);
        }
        let own = people.entry(&first.reviewer).or_default();
        own.pairs.add(one, other);
        own.first(first);
        people.entry(&decision.reviewer).or_default().pairs.add(other, one);
    }
    let closed = |map: BTreeMap<&str, Gathered>| {
        let mut rows: Vec<Measure> = map.into_iter().map(|(name, gathered)| gathered.close(name, parameters)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.decisions));
        rows
    };
    Measures {
        from,
        until,
        kappa_minimum: parameters.kappa_minimum,
        golden_pass_share: parameters.golden_pass_share,
        total: total.close("", parameters),
        reviewers: closed(people),
        rules: closed(rules),
        queues: closed(queues),
        names: HashMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_the_two_in_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3, 5, 100]), Some(5.0));
        assert_eq!(median(&[3, 5, 6, 100]), Some(5.5));
    }
}
