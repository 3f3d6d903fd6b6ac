//! A changed detector on history: windows are made again from the rows of closed days, looked at day by day under the changed
//! row, and what it would have raised is held against how alerts of its kind ended, and priced.
//!
//! More keys than [`KEYS_MAX`] are sampled by hash; the share that was tried is told. Nothing is raised by a trial.

use crate::error::Error;
use crate::model::{Ending, Subject};
use crate::parameters::{Parameters, parameters};
use crate::raise::date_text;
use crate::rules::{Rule, Rules};
use crate::shelf;
use crate::store;
use crate::store::trials::Trial;
use crate::sweep::{Found, Sweeper, Windows, kind_of};
use detectors::{DetectorRow, Method};
use ground::{Fault, Problem};
use jiff::civil::Date;
use kernel::{Act, Actor, Kernel, Permission, Result};
use policy::Mode;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use stream::{Key, KeyKind, WINDOW_DAYS, Window, WindowBuilder};

/// The job that runs trials.
pub const JOB: &str = "detectors-backtest";
/// Keys whose windows are held at once.
pub const KEYS_MAX: usize = 200_000;
/// Closed alerts a trial is held against.
const CLOSED_MAX: u64 = 20_000;
/// Trials listed.
const TRIALS_MAX: u64 = 50;

/// What is to be tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Id of a row of the table `detectors` in force today.
    pub policy: String,
    /// Another error rate.
    pub error_rate: Option<f64>,
    /// Other thresholds, by name.
    pub limits: BTreeMap<String, f64>,
    /// Share of keys it acts on, in percent; the row's own mode where it is left out.
    pub rollout_percent: Option<u8>,
    /// First day judged.
    pub from: Date,
    /// Last day judged.
    pub until: Date,
}

/// A trial as people see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Backtest {
    /// Id.
    pub id: String,
    /// When it was asked for.
    pub at: ground::Timestamp,
    /// By whom.
    pub by: String,
    /// The policy row.
    pub policy: String,
    /// What was asked.
    pub asked: Value,
    /// `waiting`, `done`, `failed`.
    pub state: String,
    /// What came of it.
    pub outcome: Option<Value>,
    /// When.
    pub finished_at: Option<ground::Timestamp>,
}

impl From<Trial> for Backtest {
    fn from(trial: Trial) -> Backtest {
        Backtest {
            id: trial.id,
            at: trial.at,
            by: trial.by,
            policy: trial.policy,
            asked: trial.asked,
            state: trial.state,
            outcome: trial.outcome,
            finished_at: trial.finished_at,
        }
    }
}

impl Asked {
    fn to_json(&self) -> Value {
        json!({
            "policy": self.policy,
            "error_rate": self.error_rate,
            "limits": self.limits,
            "rollout_percent": self.rollout_percent,
            "from": self.from.to_string(),
            "until": self.until.to_string(),
        })
    }

    fn from_json(kept: &Value) -> Option<Asked> {
        let text = |name: &str| kept.get(name).and_then(Value::as_str);
        let limits = kept.get("limits")?.as_object()?;
        Some(Asked {
            policy: text("policy")?.to_owned(),
            error_rate: kept.get("error_rate").and_then(Value::as_f64),
            limits: limits.iter().filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect(),
            rollout_percent: kept
                .get("rollout_percent")
                .and_then(Value::as_u64)
                .and_then(|share| u8::try_from(share).ok()),
            from: text("from")?.parse().ok()?,
            until: text("until")?.parse().ok()?,
        })
    }
}

/// A row with the market of its pack and the pack's version.
pub(crate) type InPack = (String, String, Arc<policy::Row<DetectorRow>>);

/// The row of a policy in force on a day.
pub(crate) fn row_of(kernel: &Kernel, policy: &str, date: Date) -> Result<Option<InPack>> {
    for pack in kernel.packs().iter() {
        let rows = pack.rows_at::<DetectorRow>(date).map_err(Problem::internal)?;
        if let Some(row) = rows.into_iter().find(|row| row.id == policy) {
            return Ok(Some((pack.market().to_owned(), pack.version().to_owned(), row)));
        }
    }
    Ok(None)
}

/// The row as it is to be tried.
fn changed(kernel: &Kernel, asked: &Asked) -> Result<Rule> {
    let (market, version, row) = row_of(kernel, &asked.policy, kernel.today())?.ok_or_else(Problem::not_found)?;
    let mut row = row.as_ref().clone();
    if let Some(error_rate) = asked.error_rate {
        row.body.error_rate = error_rate;
    }
    row.body.limits.extend(asked.limits.iter().map(|(name, value)| (name.clone(), *value)));
    row.mode = match asked.rollout_percent {
        Some(share) => Mode::Percentage(share.min(100)),
        None if row.mode == Mode::Shadow => Mode::On,
        None => row.mode,
    };
    if let Err((column, why)) = row.body.policy(&row.id) {
        let mut problem = Problem::new(&crate::error::DETECTOR_REFUSED).arg("why", &why.en).arg("why_zh", &why.zh);
        problem.faults.push(Fault::field(column, "alerts-detector-refused").arg("en", why.en).arg("zh", why.zh));
        return Err(problem);
    }
    Rule::new(&market, &version, Arc::new(row))
}

/// Asks for a trial; a job runs it.
///
/// # Errors
/// `forbidden`; `not_found` without such a detector in force; `detector_refused` naming the column; `invalid_input` for days
/// the wrong way round, too many, or not over yet.
pub async fn ask(kernel: &Kernel, actor: &Actor, asked: &Asked) -> Result<String> {
    actor.require(Permission::AlertsDecide)?;
    let limits = parameters(kernel)?;
    let mut faults = Vec::new();
    let days = signals::day_number(asked.until) - signals::day_number(asked.from) + 1;
    if days < 1 {
        faults.push(Fault::field("until", "alerts-days-reversed"));
    } else if days > limits.backtest_days_max {
        faults.push(Fault::field("from", "alerts-days-many").arg("most", limits.backtest_days_max));
    }
    if asked.rollout_percent.is_some_and(|share| share > 100) {
        faults.push(Fault::field("rollout_percent", "alerts-percent"));
    }
    Problem::check(faults)?;
    let rule = changed(kernel, asked)?;
    if matches!(rule.detector.policy.method, Method::Totals | Method::Clone) {
        return Err(Problem::invalid_field("policy", "alerts-not-triable"));
    }
    let mut write = kernel.begin(actor).await?;
    let trial = Trial {
        id: write.new_id(),
        at: write.now(),
        by: actor.id.clone(),
        policy: asked.policy.clone(),
        asked: asked.to_json(),
        state: "waiting".to_owned(),
        outcome: None,
        finished_at: None,
    };
    let act = Act::new("detectors.backtested", "detector", &asked.policy)
        .policy(&rule.market, &rule.version)
        .public("trial", trial.id.as_str())
        .public("asked", trial.asked.clone());
    write.act(act).await?;
    store::trials::insert(write.tx(), &trial).await?;
    write.commit().await?;
    kernel.wake(JOB);
    Ok(trial.id)
}

/// A trial.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn get(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Backtest> {
    actor.require(Permission::AlertsRead)?;
    Ok(store::trials::get(kernel.db().read(), id).await?.ok_or_else(Problem::not_found)?.into())
}

/// The newest trials; those of one policy row where it is named.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn list(kernel: &Kernel, actor: &Actor, policy: Option<&str>) -> Result<Vec<Backtest>> {
    actor.require(Permission::AlertsRead)?;
    let found = store::trials::list(kernel.db().read(), policy, TRIALS_MAX).await?;
    Ok(found.into_iter().map(Backtest::from).collect())
}

/// Runs the oldest trial that waits. Returns 1 when there was one.
///
/// # Errors
/// What the store says; a trial that fails is kept as failed with its reason.
pub async fn turn(kernel: &Kernel) -> Result<u64> {
    let Some(trial) = store::trials::waiting(kernel.db().read()).await? else { return Ok(0) };
    let (state, outcome) = match run(kernel, &trial).await {
        Ok(outcome) => ("done", outcome),
        Err(problem) => ("failed", json!({ "code": problem.code.code })),
    };
    let tx = kernel.db().write_tx().await?;
    store::trials::finish(&tx, &trial.id, state, &outcome, kernel.now()).await?;
    tx.commit().await.map_err(store::fail)?;
    Ok(1)
}

/// A time in which the changed detector spoke of a subject without a long silence.
#[derive(Debug, Clone)]
struct Spell {
    subject: Subject,
    first_day: i32,
    last_day: i32,
    statistic: f64,
    observed: f64,
    expected: f64,
    acts: bool,
}

async fn run(kernel: &Kernel, trial: &Trial) -> Result<Value> {
    let asked = Asked::from_json(&trial.asked).ok_or_else(Problem::not_found)?;
    let limits = parameters(kernel)?;
    let rule = changed(kernel, &asked)?;
    let minutes = u64::from(rule.row.body.minutes_per_alert);
    let family = rule.detector.policy.method.family();
    let (from, until) = (signals::day_number(asked.from), signals::day_number(asked.until));
    let history = {
        let (kernel, limits) = (kernel.clone(), limits.clone());
        crate::reactions::blocking(move || replay(&kernel, rule, (from, until), &limits)).await?
    };
    if history.keys == 0 {
        return Err(Error::NoHistory.into());
    }
    let closed = store::alerts::in_span(kernel.db().read(), family, (from, until), CLOSED_MAX).await?;
    let mut agreement: BTreeMap<&str, u64> = BTreeMap::new();
    for alert in &closed {
        let hit = history.spells.iter().any(|spell| spell.acts && spell.subject == alert.subject);
        let name = match (alert.ending, hit) {
            (Some(Ending::True), true) => "true_found",
            (Some(Ending::True), false) => "true_missed",
            (Some(Ending::False), true) => "false_found",
            (Some(Ending::False), false) => "false_avoided",
            (Some(Ending::Unclear), true) => "unclear_found",
            (Some(Ending::Unclear), false) => continue,
            (None, true) => "standing_found",
            (None, false) => "standing_missed",
        };
        *agreement.entry(name).or_default() += 1;
    }
    let known = |spell: &Spell| closed.iter().any(|alert| alert.subject == spell.subject);
    let acting: Vec<&Spell> = history.spells.iter().filter(|spell| spell.acts).collect();
    let new = acting.iter().filter(|spell| !known(spell)).count();
    let lines: Vec<Value> = acting.iter().take(limits.backtest_alerts_max).map(|spell| line(spell)).collect();
    Ok(json!({
        "days": until - from + 1,
        "keys": history.keys,
        "share_of_keys": history.share,
        "alerts": acting.len(),
        "not_rolled_out": history.spells.len() - acting.len(),
        "new": new,
        "minutes": acting.len() as u64 * minutes,
        "cost_minor": i64::try_from(acting.len() as u64 * minutes).unwrap_or(i64::MAX).saturating_mul(limits.minute_cost_minor),
        "agreement": agreement,
        "lines": lines,
    }))
}

fn line(spell: &Spell) -> Value {
    json!({
        "scope": spell.subject.scope.name(),
        "key": spell.subject.key,
        "first_day": date_text(spell.first_day),
        "last_day": date_text(spell.last_day),
        "statistic": if spell.statistic.is_finite() { json!(spell.statistic) } else { Value::Null },
        "observed": spell.observed,
        "expected": spell.expected,
    })
}

/// Windows made again, as of a day.
struct History<'b> {
    kernel: &'b Kernel,
    builder: &'b WindowBuilder,
    day: i32,
}

impl Windows for History<'_> {
    fn each(&self, kind: KeyKind, visit: &mut dyn FnMut(&Window)) -> Result<()> {
        self.builder.for_each(self.day, |window| {
            if window.key.kind == kind {
                visit(window);
            }
        });
        Ok(())
    }

    fn one(&self, kind: KeyKind, id: &str, visit: &mut dyn FnMut(&Window)) -> Result<()> {
        let key = Key { kind, id: id.to_owned() };
        if let Some(window) = self.builder.window(&key, self.day) {
            visit(&window);
        }
        Ok(())
    }

    fn product_of(&self, merchant: &str, lot: &str) -> Result<Option<String>> {
        signals::links::lot(self.kernel, merchant, lot)
    }
}

struct Replayed {
    spells: Vec<Spell>,
    keys: u64,
    share: f64,
}

/// Which part of all keys is tried: by hash of the merchant, so that a lot and its merchant stay together.
fn is_in(key: &Key, one_in: u64) -> bool {
    let merchant = key.id.split_once('/').map_or(key.id.as_str(), |(merchant, _)| merchant);
    let mut hasher = DefaultHasher::new();
    merchant.hash(&mut hasher);
    hasher.finish().is_multiple_of(one_in)
}

fn replay(kernel: &Kernel, rule: Rule, (from, until): (i32, i32), limits: &Parameters) -> Result<Replayed> {
    let kinds: Vec<KeyKind> = match (kind_of(rule.scope()), rule.detector.policy.method) {
        (Some(kind), Method::Batch) => vec![kind, KeyKind::Product, KeyKind::Merchant],
        (Some(kind), _) => vec![kind],
        (None, _) => Vec::new(),
    };
    let start = from - WINDOW_DAYS as i32;
    let mut seen: HashSet<u64> = HashSet::new();
    signals::windows::day_rows(kernel, start, until, |row| {
        if kinds.contains(&row.key.kind) {
            let mut hasher = DefaultHasher::new();
            row.key.hash(&mut hasher);
            seen.insert(hasher.finish());
        }
    })?;
    let one_in = seen.len().div_ceil(KEYS_MAX).max(1) as u64;
    let keys = seen.len() as u64 / one_in;
    drop(seen);
    let market = rule.market.clone();
    let rules = Rules { all: vec![rule], home: market };
    let shelf = shelf::kept(kernel);
    let sweeper = Sweeper { rules: &rules, shelf: &shelf, members_min: limits.cohort_members_min };
    let mut builder = WindowBuilder::new();
    let mut spells: Vec<Spell> = Vec::new();
    for day in start..=until {
        signals::windows::day_rows(kernel, day, day, |row| {
            if kinds.contains(&row.key.kind) && is_in(&row.key, one_in) {
                builder.add(&row);
            }
        })?;
        if day < from {
            continue;
        }
        let history = History { kernel, builder: &builder, day };
        let gathered = sweeper.gather(&history)?;
        for found in sweeper.sweep(&history, &gathered)?.found {
            note(&mut spells, &rules.all[0], found, day, limits.quiet_days);
        }
    }
    Ok(Replayed { spells, keys, share: 1.0 / one_in as f64 })
}

fn note(spells: &mut Vec<Spell>, rule: &Rule, found: Found, day: i32, quiet_days: i32) {
    let last = spells.iter_mut().rev().find(|spell| spell.subject == found.subject);
    if let Some(spell) = last
        && day - spell.last_day <= quiet_days.max(1)
    {
        spell.last_day = day;
        spell.statistic = spell.statistic.max(found.finding.statistic);
        return;
    }
    spells.push(Spell {
        acts: rule.acts_on(&found.subject.key),
        first_day: day,
        last_day: day,
        statistic: found.finding.statistic,
        observed: found.finding.observed,
        expected: found.finding.expected,
        subject: found.subject,
    });
}
