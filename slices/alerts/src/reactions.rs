//! What other duties' acts mean here: a day was closed, signals were looked at, a code is suspected to be copied.
//!
//! Each may come twice. A day or look that was swept is known by its sweep; raising is idempotent besides.

use crate::model::{Contribution, Subject, Sweep};
use crate::parameters::{Parameters, parameters};
use crate::raise;
use crate::rules::Rules;
use crate::shelf::{self, Shelf};
use crate::store;
use crate::sweep::{Found, Gathered, Live, Sweeper, Swept, unplaced};
use crate::totals;
use detectors::{Curve, Family, Figure, Finding, Method, Scope, Unit};
use ground::Problem;
use ground::time::DAY_MICROS;
use kernel::{ActRecord, Kernel, Result};
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// Days for which sweeps are remembered.
const SWEEP_DAYS_KEPT: i64 = 400;

/// What the last pass over all keys learnt, and the sweep that is at work.
#[derive(Default)]
struct Learnt {
    gathered: Mutex<Option<Arc<Gathered>>>,
    turn: tokio::sync::Mutex<()>,
}

/// A day was closed: every key is looked at.
///
/// # Errors
/// What the store and the signals say; then it is tried again.
pub async fn on_day_closed(kernel: Kernel, act: ActRecord) -> Result<()> {
    let Some(day) = act.public.get("day_number").and_then(Value::as_i64).and_then(|day| i32::try_from(day).ok()) else {
        return Err(Problem::internal("a day was closed without saying which"));
    };
    sweep_day(&kernel, day).await.map(|_| ())
}

/// Looks at every key as of a day. A day that was swept is left alone.
///
/// # Errors
/// What the store and the signals say.
pub async fn sweep_day(kernel: &Kernel, day: i32) -> Result<Sweep> {
    let learnt = kernel.memory::<Learnt>();
    let _turn = learnt.turn.lock().await;
    let id = format!("day:{}", raise::date_text(day));
    if let Some(done) = store::watching::sweep(kernel.db().read(), &id).await? {
        return Ok(done);
    }
    let limits = parameters(kernel)?;
    let rules = Arc::new(Rules::of(&kernel.packs(), raise::date_of(day))?);
    let shelf = learn_shelf(kernel).await?;
    let (gathered, swept) = {
        let (kernel, rules, members_min) = (kernel.clone(), Arc::clone(&rules), limits.cohort_members_min);
        blocking(move || {
            let sweeper = Sweeper { rules: &rules, shelf: &shelf, members_min };
            let windows = Live { kernel: &kernel, closed: true };
            let gathered = sweeper.gather(&windows)?;
            let swept = sweeper.sweep(&windows, &gathered)?;
            Ok((gathered, swept))
        })
        .await?
    };
    let mut found = swept.found;
    found.extend(totals::look(kernel, &rules, &gathered, day, &limits).await?);
    *learnt.gathered.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(Arc::new(gathered));
    let mut sweep = begun(kernel, id, day, swept.keys, swept.candidates);
    raise::take(kernel, &rules, &limits, found, &mut sweep).await?;
    keep(kernel, &sweep).await?;
    forget(kernel, &limits, day).await?;
    Ok(sweep)
}

fn begun(kernel: &Kernel, id: String, day: i32, keys: u64, candidates: u64) -> Sweep {
    Sweep {
        id,
        at: kernel.now(),
        day,
        keys,
        candidates,
        found: 0,
        raised: 0,
        repeated: 0,
        kept_away: 0,
        shadows: 0,
        left_out: 0,
    }
}

async fn keep(kernel: &Kernel, sweep: &Sweep) -> Result<()> {
    let tx = kernel.db().write_tx().await?;
    store::watching::keep_sweep(&tx, sweep).await?;
    tx.commit().await.map_err(store::fail)
}

async fn forget(kernel: &Kernel, limits: &Parameters, day: i32) -> Result<()> {
    let tx = kernel.db().write_tx().await?;
    store::shadows::forget(&tx, day.saturating_sub(limits.shadow_days_kept)).await?;
    store::watching::forget_totals(&tx, day.saturating_sub(limits.totals_weeks_kept.saturating_mul(7))).await?;
    store::watching::forget_sweeps(&tx, kernel.now().plus_micros(-SWEEP_DAYS_KEPT * DAY_MICROS)).await?;
    tx.commit().await.map_err(store::fail)
}

/// A pass over all windows is long and needs no store: it runs beside the others.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)?
}

/// Signals came in since the last look: the keys they touched are looked at by the methods that may look at any time, held
/// against what the last closed day taught.
///
/// # Errors
/// What the store and the signals say; then it is tried again.
pub async fn on_looked(kernel: Kernel, act: ActRecord) -> Result<()> {
    let number = |name: &str| act.public.get(name).and_then(Value::as_u64);
    let (Some(since), Some(position)) = (number("since"), number("position")) else {
        return Err(Problem::internal("a look does not say what it saw"));
    };
    let learnt = kernel.memory::<Learnt>();
    let _turn = learnt.turn.lock().await;
    let id = format!("look:{position}");
    if store::watching::sweep(kernel.db().read(), &id).await?.is_some() {
        return Ok(());
    }
    let limits = parameters(&kernel)?;
    let rules = Arc::new(Rules::of(&kernel.packs(), kernel.today())?);
    let gathered = taught(&kernel, &learnt, &rules, limits.cohort_members_min).await?;
    let swept = look_at_touched(&kernel, &rules, gathered, since, limits.cohort_members_min).await?;
    if swept.found.is_empty() {
        return Ok(());
    }
    let day = raise::day_of(&kernel, signals::watermark(&kernel)?.unwrap_or_else(|| kernel.now()));
    let mut sweep = begun(&kernel, id, day, swept.keys, swept.candidates);
    raise::take(&kernel, &rules, &limits, swept.found, &mut sweep).await?;
    keep(&kernel, &sweep).await
}

/// What the last closed day taught under these rules; learnt now where this process has not learnt it yet.
async fn taught(kernel: &Kernel, learnt: &Learnt, rules: &Arc<Rules>, members_min: f64) -> Result<Arc<Gathered>> {
    let held = learnt.gathered.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
    if let Some(held) = held.filter(|held| held.versions == rules.versions()) {
        return Ok(held);
    }
    let shelf = learn_shelf(kernel).await?;
    let (with, rules) = (kernel.clone(), Arc::clone(rules));
    let gathered = blocking(move || {
        let sweeper = Sweeper { rules: &rules, shelf: &shelf, members_min };
        sweeper.gather(&Live { kernel: &with, closed: true })
    });
    let gathered = Arc::new(gathered.await?);
    *learnt.gathered.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(Arc::clone(&gathered));
    Ok(gathered)
}

/// Where all products of the windows are sold.
async fn learn_shelf(kernel: &Kernel) -> Result<Arc<Shelf>> {
    let (with, shelf) = (kernel.clone(), shelf::kept(kernel));
    let unknown = blocking(move || unplaced(&Live { kernel: &with, closed: true }, &shelf, shelf::LEARN_MAX)).await?;
    shelf::learn(kernel, unknown).await
}

async fn look_at_touched(
    kernel: &Kernel,
    rules: &Arc<Rules>,
    gathered: Arc<Gathered>,
    since: u64,
    members_min: f64,
) -> Result<Swept> {
    let (kernel, rules, shelf) = (kernel.clone(), Arc::clone(rules), shelf::kept(kernel));
    blocking(move || {
        let sweeper = Sweeper { rules: &rules, shelf: &shelf, members_min };
        sweeper.touched(&Live { kernel: &kernel, closed: false }, &gathered, &mut |visit| {
            signals::windows::touched(&kernel, since, |window| visit(window))
        })
    })
    .await
}

/// A code is suspected to be copied: an alert about its lot, or about the product where there is no lot.
///
/// # Errors
/// What the store says; then it is tried again.
pub async fn on_clone_suspected(kernel: Kernel, act: ActRecord) -> Result<()> {
    let Some(warning) = act.public_text("warning") else { return Ok(()) };
    let related = related(&act);
    let Some(merchant) = related.iter().find(|(kind, _)| kind == "merchant").map(|(_, id)| id.clone()) else {
        return Ok(());
    };
    let lot = related.iter().find(|(kind, _)| kind == "lot").map(|(_, id)| id.clone());
    let number = match &lot {
        Some(id) => trace::lot_by_id(&kernel, id).await?.map(|lot| lot.number),
        None => None,
    };
    let subject = match number {
        Some(number) => Subject::new(Scope::Lot, &format!("{merchant}/{number}")),
        None => return Ok(()),
    };
    let limits = parameters(&kernel)?;
    let day = raise::day_of(&kernel, act.at);
    let rules = Rules::of(&kernel.packs(), raise::date_of(day))?;
    let is_clone =
        |rule: &&crate::rules::Rule| rule.detector.policy.method == Method::Clone && rule.market == rules.home;
    let Some(rule) = rules.all.iter().find(is_clone) else { return Ok(()) };
    let finding = clone_finding(rule, day);
    let mut sweep = begun(&kernel, format!("warning:{warning}"), day, 1, 1);
    if !rule.acts_on(&subject.key) {
        let place = rules.all.iter().position(|one| std::ptr::eq(one, rule)).unwrap_or_default();
        let found = Found { rule: place, subject, finding, category: String::new(), market: String::new() };
        return raise::take(&kernel, &rules, &limits, vec![found], &mut sweep).await;
    }
    let body = &rule.row.body;
    let contribution = Contribution { finding, action: body.action, minutes: body.minutes_per_alert };
    let nowhere = (String::new(), rule.market.clone());
    raise::take_one(&kernel, &limits, (Family::Codes, subject), nowhere, contribution, warning, &mut sweep).await
}

/// What an act is about, its subject included.
fn related(act: &ActRecord) -> Vec<(String, String)> {
    let mut all = vec![(act.subject.kind.clone(), act.subject.id.clone())];
    for one in act.public.get("related").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        all.push((text("kind"), text("id")));
    }
    all
}

fn clone_finding(rule: &crate::rules::Rule, day: i32) -> Finding {
    let policy = &rule.detector.policy;
    Finding {
        policy: policy.id.clone(),
        method: Method::Clone,
        measure: None,
        scope: Scope::Lot,
        level: policy.level,
        since_day: day,
        day,
        statistic: 1.0,
        threshold: 1.0,
        promise: Method::Clone.promise(),
        error_rate: policy.error_rate,
        expected: 0.0,
        observed: 1.0,
        curve: Curve { unit: Unit::Count, band: 0.9, points: Vec::new(), crossed: None },
        figures: vec![Figure::told("warnings", 1.0)],
    }
}
