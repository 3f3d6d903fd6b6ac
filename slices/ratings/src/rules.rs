//! How a rating is computed. Pure functions; the formulae with their sources stand in `docs/rating.md`.

use crate::line::Line;
use crate::model::{COMPONENTS, Component, Day, DayInput, Effect, Grade, Papers, Part, RATES};
use crate::posterior::{Prior, believe, rounded};
use crate::tables::{RatingPolicy, Rules};

/// A score that moved by this much since it was published is published again, points.
pub const PUBLISH_POINTS: f64 = 0.5;
/// Reasons named at most.
const REASONS_MAX: usize = 4;
/// A component that moved the score by less is no reason, points.
const REASON_POINTS_MIN: f64 = 0.25;

/// What is known of a product on a day before it is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// `<merchant>/<product>`.
    pub key: String,
    /// The listing, where there is one.
    pub listing: Option<String>,
    /// Market.
    pub market: String,
    /// Category.
    pub category: String,
    /// What the day brought.
    pub inputs: Vec<DayInput>,
    /// Papers.
    pub papers: Papers,
}

/// The same with what is carried over from the days before.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried {
    /// What is known.
    pub known: Known,
    /// First day in a file.
    pub first: Day,
    /// Decayed sums.
    pub sums: [[f64; 2]; RATES],
    /// Day of the last passed test.
    pub passed: Option<Day>,
    /// Day of the last failed test.
    pub failed: Option<Day>,
}

/// What a product came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Each component.
    pub parts: [Part; COMPONENTS],
    /// 0 to 100.
    pub score: f64,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

/// Where a product stands between two days: what grades and effects depend on besides the score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// The grade.
    pub grade: Grade,
    /// Too little is known.
    pub is_new: bool,
    /// A better grade in reach, and for how many days in a row.
    pub rise: Option<(Grade, i32)>,
    /// The effect by the rules.
    pub effect: Effect,
    /// The day it began.
    pub since: Day,
    /// A test was passed since the goods left the shelf.
    pub released: bool,
}

/// When tests were passed and failed, and what day it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// The closed day.
    pub day: Day,
    /// Days since the day before that was computed, at least 1.
    pub gap: i32,
    /// Last passed test.
    pub passed: Option<Day>,
    /// Last failed test.
    pub failed: Option<Day>,
}

/// The bad ones and all of them that a day brought for each rate, before decay.
pub fn increments(rules: &Rules, input: &DayInput) -> [[f64; 2]; RATES] {
    let ordinary = input.complaints - input.severe_complaints;
    let complaints = ordinary.max(0) as f64 + rules.severe_weight * input.severe_complaints as f64;
    let purchases = input.purchases as f64;
    [
        [input.tests_failed as f64, (input.tests_failed + input.tests_passed) as f64],
        [complaints, purchases],
        [input.returns as f64, purchases],
        [input.bad_reviews as f64, input.reviews as f64],
        [input.remedies_late as f64, input.remedies as f64],
    ]
}

/// What is left of one after so many days: 2^(−days / half-life).
pub fn decay(policy: &RatingPolicy, rate: usize, days: i32) -> f64 {
    (-f64::from(days) / policy.components[rate].half_life_days).exp2()
}

/// Decayed sums after a day: S ← S·2^(−gap/h) + Σ x·2^(−age/h).
pub fn advance(
    policy: &RatingPolicy,
    sums: &[[f64; 2]; RATES],
    gap: i32,
    brought: &[(i32, [[f64; 2]; RATES])],
) -> [[f64; 2]; RATES] {
    let mut next = [[0.0; 2]; RATES];
    for rate in 0..RATES {
        let left = decay(policy, rate, gap);
        for side in 0..2 {
            let mut sum = sums[rate][side] * left;
            for (age, increments) in brought {
                sum += increments[rate][side] * decay(policy, rate, *age);
            }
            next[rate][side] = rounded(sum);
        }
    }
    next
}

/// Carries a product over to a day.
pub fn carry(policy: &RatingPolicy, day: Day, gap: i32, before: Option<&Line>, known: Known) -> Carried {
    let brought: Vec<(i32, [[f64; 2]; RATES])> =
        known.inputs.iter().map(|input| (input.age_days, increments(&policy.rules, input))).collect();
    let none = [[0.0; 2]; RATES];
    let sums = advance(policy, before.map_or(&none, |line| &line.sums), gap, &brought);
    let newest = |counts: fn(&DayInput) -> i64, earlier: Option<Day>| {
        let now = known.inputs.iter().filter(|input| counts(input) > 0).map(|input| day - input.age_days).max();
        now.max(earlier)
    };
    Carried {
        first: before.map_or(day, |line| line.first),
        sums,
        passed: newest(|input| input.tests_passed, before.and_then(|line| line.passed)),
        failed: newest(|input| input.tests_failed, before.and_then(|line| line.failed)),
        known,
    }
}

/// Whether nothing is left to remember.
pub fn is_forgotten(policy: &RatingPolicy, carried: &Carried) -> bool {
    let known = &carried.known;
    known.listing.is_none()
        && known.inputs.iter().all(DayInput::is_empty)
        && carried.sums.iter().flatten().all(|sum| *sum < policy.rules.forget_below)
}

/// Points between 0 and 100 for a rate: 100 at `good` and better, 0 at `bad` and worse, straight between.
pub fn points(rate: f64, good: f64, bad: f64) -> f64 {
    (100.0 * (bad - rate) / (bad - good)).clamp(0.0, 100.0)
}

fn papers_points(rules: &Rules, papers: Papers) -> f64 {
    let lost = rules.paper_missing * papers.missing as f64
        + rules.paper_expired * papers.expired as f64
        + rules.paper_waiting * papers.waiting as f64;
    (100.0 - lost).clamp(0.0, 100.0)
}

/// Scores what is known. The shares are weights times how much is known, w·n/(n + half), made to sum to 1. The bounds add the
/// one-sided widths of the components as independent errors: lower = score − √Σ(share·(score − low))².
pub fn score(policy: &RatingPolicy, priors: &[Prior; RATES], sums: &[[f64; 2]; RATES], papers: Papers) -> Scored {
    let mut parts = [Part::default(); COMPONENTS];
    let mut weights = [0.0; COMPONENTS];
    for component in Component::ALL {
        let (index, row) = (component.index(), policy.component(*component));
        if !component.is_rate() {
            let points = papers_points(&policy.rules, papers);
            parts[index] = Part { score: points, low: points, high: points, share: 0.0 };
            weights[index] = row.weight;
            continue;
        }
        let [bad, base] = sums[index];
        let belief = believe(*component, priors[index], bad, base, policy.rules.tail);
        parts[index] = Part {
            score: points(belief.mean, row.good, row.bad),
            low: points(belief.high, row.good, row.bad),
            high: points(belief.low, row.good, row.bad),
            share: 0.0,
        };
        weights[index] = row.weight * if row.evidence_half > 0.0 { base / (base + row.evidence_half) } else { 1.0 };
    }
    let total: f64 = weights.iter().sum();
    let (mut score, mut below, mut above) = (0.0, 0.0f64, 0.0f64);
    for (part, weight) in parts.iter_mut().zip(weights) {
        // The straight line is cut at 0 and 100, so that the mean may lie outside the ends by a hair.
        let middle = part.score;
        *part = Part {
            score: fine(middle),
            low: fine(part.low.min(middle)),
            high: fine(part.high.max(middle)),
            share: rounded(if total > 0.0 { weight / total } else { 0.0 }),
        };
        score += part.share * part.score;
        below += (part.share * (part.score - part.low)).powi(2);
        above += (part.share * (part.high - part.score)).powi(2);
    }
    Scored {
        parts,
        score: fine(score.clamp(0.0, 100.0)),
        lower: fine((score - below.sqrt()).clamp(0.0, 100.0)),
        upper: fine((score + above.sqrt()).clamp(0.0, 100.0)),
    }
}

/// Four decimals: scores in day files.
fn fine(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// The grade of a lower bound, without any memory.
pub fn grade_of(policy: &RatingPolicy, lower: f64) -> Grade {
    let row = policy.grades.iter().find(|row| lower >= row.lower_min);
    row.map_or(Grade::E, |row| row.of)
}

/// Whether too little is known to judge.
pub fn is_new(policy: &RatingPolicy, sums: &[[f64; 2]; RATES]) -> bool {
    let purchases = sums[Component::Complaints.index()][1];
    let tests = sums[Component::Inspection.index()][1];
    purchases < policy.rules.new_purchases_min && tests < 0.5
}

fn failed_holds(policy: &RatingPolicy, moment: &Moment) -> bool {
    moment.failed.is_some_and(|failed| {
        moment.passed.is_none_or(|passed| passed <= failed) && moment.day - failed < policy.rules.failed_test_days
    })
}

/// Where a product stands after a day: the grade with its inertia, and what it does.
pub fn step(
    policy: &RatingPolicy,
    before: Option<&Standing>,
    scored: &Scored,
    is_new: bool,
    moment: &Moment,
) -> Standing {
    let (mut grade, rise) = inert_grade(policy, before, scored, is_new, moment.gap);
    if failed_holds(policy, moment) {
        grade = grade.max(policy.rules.failed_test_grade);
    }
    let quiet = is_new && grade <= policy.rules.new_grade;
    let target = if quiet { Effect::None } else { policy.grade(grade).effect };
    let (effect, released) = match before {
        Some(held) if held.effect == Effect::RemovedPendingTest => {
            let tested = moment.passed.is_some_and(|passed| passed > held.since) && !failed_holds(policy, moment);
            match (tested, target) {
                (false, _) => (Effect::RemovedPendingTest, false),
                (true, Effect::RemovedPendingTest) => (Effect::Limited, true),
                (true, other) => (other, false),
            }
        }
        // It passed its test and is still graded the worst: limited, unless a newer test was failed.
        Some(held) if held.released && target == Effect::RemovedPendingTest && !failed_holds(policy, moment) => {
            (Effect::Limited, true)
        }
        _ => (target, false),
    };
    let since = before.filter(|held| held.effect == effect).map_or(moment.day, |held| held.since);
    Standing { grade, is_new, rise, effect, since, released }
}

fn inert_grade(
    policy: &RatingPolicy,
    before: Option<&Standing>,
    scored: &Scored,
    is_new: bool,
    gap: i32,
) -> (Grade, Option<(Grade, i32)>) {
    let rules = &policy.rules;
    if is_new {
        // Neutral, unless even the better end of what is believed is worse.
        return (rules.new_grade.max(grade_of(policy, scored.upper)), None);
    }
    let Some(held) = before.filter(|held| !held.is_new) else {
        return (grade_of(policy, scored.lower), None);
    };
    let worse = grade_of(policy, scored.lower + rules.fall_margin);
    if worse > held.grade {
        return (worse, None);
    }
    let better = grade_of(policy, scored.lower - rules.rise_margin);
    if better >= held.grade {
        return (held.grade, None);
    }
    let (target, days) = match held.rise {
        Some((reached, days)) => (reached.max(better), days + gap),
        None => (better, 1),
    };
    if days >= rules.rise_days { (target, None) } else { (held.grade, Some((target, days))) }
}

/// The standing a line describes.
pub fn standing_of(line: &Line) -> Standing {
    Standing {
        grade: line.grade,
        is_new: line.new,
        rise: line.rise,
        effect: line.effect,
        since: line.since,
        released: line.released,
    }
}

/// Judges a product: its line of the day file.
pub fn judge(
    policy: &RatingPolicy,
    priors: &[Prior; RATES],
    day: Day,
    gap: i32,
    before: Option<&Line>,
    carried: Carried,
) -> Line {
    let scored = score(policy, priors, &carried.sums, carried.known.papers);
    let moment = Moment { day, gap, passed: carried.passed, failed: carried.failed };
    let held = before.map(standing_of);
    let now = step(policy, held.as_ref(), &scored, is_new(policy, &carried.sums), &moment);
    let was = held.map(|held| held.grade).filter(|grade| *grade != now.grade);
    let effect_was = held.map(|held| held.effect).filter(|effect| *effect != now.effect);
    let moved = before.is_none_or(|line| (line.shown - scored.score).abs() >= PUBLISH_POINTS);
    let begins = held.is_none() && now.effect != Effect::None;
    let placed =
        before.is_some_and(|line| line.listing != carried.known.listing || line.category != carried.known.category);
    let published = moved
        || placed
        || begins
        || was.is_some()
        || effect_was.is_some()
        || held.is_some_and(|held| held.is_new != now.is_new);
    let Known { key, listing, market, category, inputs, papers } = carried.known;
    let mut line = Line {
        key,
        listing,
        market,
        category,
        first: carried.first,
        inputs: inputs.iter().filter(|input| !input.is_empty()).map(DayInput::figures).collect(),
        sums: carried.sums,
        papers: [papers.missing, papers.expired, papers.waiting],
        passed: carried.passed,
        failed: carried.failed,
        parts: scored.parts.map(|part| [part.score, part.low, part.high, part.share]),
        score: scored.score,
        lower: scored.lower,
        upper: scored.upper,
        grade: now.grade,
        was,
        new: now.is_new,
        rise: now.rise,
        effect: now.effect,
        effect_was: if begins { Some(Effect::None) } else { effect_was },
        since: now.since,
        released: now.released,
        shown: if published { scored.score } else { before.map_or(scored.score, |line| line.shown) },
        publish: published,
        why: Vec::new(),
    };
    if published {
        line.why = reasons(before, &line, &moment);
    }
    line
}

/// Why a rating moved: tests first, then the components by how much they moved the score.
fn reasons(before: Option<&Line>, now: &Line, moment: &Moment) -> Vec<String> {
    let mut reasons = Vec::new();
    let fresh = |last: Option<Day>| last.is_some_and(|last| last > moment.day - moment.gap);
    if fresh(moment.failed) {
        reasons.push("test_failed".to_owned());
    }
    if fresh(moment.passed) {
        reasons.push("test_passed".to_owned());
    }
    let Some(before) = before else {
        reasons.push("first".to_owned());
        return reasons;
    };
    if before.new != now.new {
        reasons.push(if now.new { "evidence_faded" } else { "evidence_enough" }.to_owned());
    }
    let (then, after) = (before.contributions(), now.contributions());
    // A component whose share grew takes points from the others: what counts is how its own score moved, times its share.
    let mut moves: Vec<(f64, Component)> = Component::ALL
        .iter()
        .map(|component| {
            let (old, new) = (before.part(*component), now.part(*component));
            ((new.score - old.score) * new.share.max(old.share), *component)
        })
        .filter(|(points, _)| points.abs() >= REASON_POINTS_MIN)
        .collect();
    moves.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()).then(a.1.cmp(&b.1)));
    for (points, component) in moves.into_iter().take(REASONS_MAX) {
        reasons.push(format!("{}_{}", component.name(), if points < 0.0 { "worse" } else { "better" }));
    }
    if reasons.is_empty() {
        let total: f64 = after.iter().sum::<f64>() - then.iter().sum::<f64>();
        reasons.push(if total < 0.0 { "slow_worse" } else { "slow_better" }.to_owned());
    }
    reasons
}
