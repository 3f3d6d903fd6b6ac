//! What was found becomes alerts: one standing alert per family and subject, said again rather than raised again; kept away
//! by a suppression or shortly after a closing; noted apart where the detector is in shadow.

use crate::model::{About, Alert, Contribution, Shadow, State, Subject, Sweep, by_strength};
use crate::parameters::Parameters;
use crate::rules::Rules;
use crate::store;
use crate::sweep::Found;
use detectors::{Action, Family, Level, Scope};
use ground::Timestamp;
use jiff::civil::Date;
use kernel::{Act, Actor, Kernel, Result, Write};
use std::collections::BTreeMap;

/// Alerts raised in one transaction.
const BATCH: usize = 50;
/// A detector in shadow that is silent for longer speaks anew.
const SHADOW_GAP_DAYS: i32 = 7;
/// Contributions an alert keeps.
const CONTRIBUTIONS_MAX: usize = 12;

/// What several detectors say of one subject.
struct Group {
    family: Family,
    subject: Subject,
    category: String,
    market: String,
    policy: (String, String),
    contributions: Vec<Contribution>,
    warning_id: Option<String>,
}

/// Takes in what a sweep found. Taking the same in twice changes nothing.
///
/// # Errors
/// What the store says; what was taken in until then stays.
pub(crate) async fn take(
    kernel: &Kernel,
    rules: &Rules,
    limits: &Parameters,
    found: Vec<Found>,
    sweep: &mut Sweep,
) -> Result<()> {
    sweep.found = found.len() as u64;
    let (mut groups, mut shadows) = (BTreeMap::new(), Vec::new());
    for one in found {
        let rule = &rules.all[one.rule];
        let body = &rule.row.body;
        let contribution = Contribution { finding: one.finding, action: body.action, minutes: body.minutes_per_alert };
        if rule.acts_on(&one.subject.key) {
            let family = contribution.finding.method.family();
            let group = groups.entry((family.name(), one.subject.clone())).or_insert_with(|| Group {
                family,
                subject: one.subject,
                category: one.category,
                market: one.market,
                policy: (rule.market.clone(), rule.version.clone()),
                contributions: Vec::new(),
                warning_id: None,
            });
            group.contributions.push(contribution);
        } else {
            shadows.push((one.subject, contribution));
        }
    }
    note_shadows(kernel, shadows, sweep).await?;
    let mut new = Vec::new();
    for group in groups.into_values() {
        if let Some(alert) = weigh(kernel, limits, group, sweep).await? {
            new.push(alert);
        }
    }
    raise(kernel, limits, new, sweep).await
}

/// An alert that no window speaks of: a copied code.
///
/// # Errors
/// What the store says.
pub(crate) async fn take_one(
    kernel: &Kernel,
    limits: &Parameters,
    (family, subject): (Family, Subject),
    (category, market): (String, String),
    contribution: Contribution,
    warning_id: &str,
    sweep: &mut Sweep,
) -> Result<()> {
    if store::alerts::of_warning(kernel.db().read(), warning_id, &subject).await?.is_some() {
        return Ok(());
    }
    let policy = limits.pack.clone();
    let warning_id = Some(warning_id.to_owned());
    let group = Group { family, subject, category, market, policy, contributions: vec![contribution], warning_id };
    match weigh(kernel, limits, group, sweep).await? {
        Some(alert) => raise(kernel, limits, vec![alert], sweep).await,
        None => Ok(()),
    }
}

async fn note_shadows(kernel: &Kernel, shadows: Vec<(Subject, Contribution)>, sweep: &mut Sweep) -> Result<()> {
    for chunk in shadows.chunks(BATCH) {
        let mut rows = Vec::with_capacity(chunk.len());
        for (subject, contribution) in chunk {
            rows.push(shadow(kernel, subject, contribution).await?);
        }
        let tx = kernel.db().write_tx().await?;
        for row in &rows {
            if store::shadows::note(&tx, row, SHADOW_GAP_DAYS).await? {
                sweep.shadows += 1;
            }
        }
        tx.commit().await.map_err(store::fail)?;
    }
    Ok(())
}

async fn shadow(kernel: &Kernel, subject: &Subject, contribution: &Contribution) -> Result<Shadow> {
    let finding = &contribution.finding;
    Ok(Shadow {
        id: kernel.new_id(),
        policy: finding.policy.clone(),
        title: about(kernel, subject, "", "").await?.title,
        subject: subject.clone(),
        level: finding.level,
        since_day: finding.since_day,
        first_day: finding.day,
        last_day: finding.day,
        times: 1,
        statistic: finding.statistic,
        minutes: contribution.minutes,
    })
}

/// What is known of a subject besides its signals.
pub(crate) async fn about(kernel: &Kernel, subject: &Subject, category: &str, market: &str) -> Result<About> {
    let mut about = About {
        title: subject.local().to_owned(),
        category: if subject.scope == Scope::Category { subject.key.clone() } else { category.to_owned() },
        market: market.to_owned(),
        ..About::default()
    };
    let Some((merchant, local)) = subject.key.split_once('/') else { return Ok(about) };
    let product = match subject.scope {
        Scope::Product => Some(local.to_owned()),
        Scope::Lot => signals::links::lot(kernel, merchant, local)?,
        Scope::Merchant | Scope::Category => None,
    };
    let Some(product) = product else { return Ok(about) };
    if subject.scope == Scope::Lot {
        about.product = Some(format!("{merchant}/{product}"));
    }
    if let Some(link) = signals::links::product(kernel, merchant, &product).await? {
        about.listing_id = Some(link.listing_id);
        (about.title, about.category, about.market) = (link.title, link.category, link.market);
        if subject.scope == Scope::Lot {
            about.title = format!("{} · {local}", about.title);
        }
    }
    Ok(about)
}

/// Decides what a group becomes: a new alert, a repetition of the standing one, or nothing.
async fn weigh(kernel: &Kernel, limits: &Parameters, group: Group, sweep: &mut Sweep) -> Result<Option<Alert>> {
    let db = kernel.db().read();
    if let Some(standing) = store::alerts::standing(db, group.family, &group.subject).await? {
        if repeat(kernel, standing, group).await? {
            sweep.repeated += 1;
        }
        return Ok(None);
    }
    let now = kernel.now();
    if let Some(held) = store::suppressions::holding(db, group.family, &group.subject, now).await? {
        let tx = kernel.db().write_tx().await?;
        store::suppressions::note_kept(&tx, &held.id).await?;
        tx.commit().await.map_err(store::fail)?;
        sweep.kept_away += 1;
        return Ok(None);
    }
    let alert = made(kernel, group).await?;
    if let Some(last) = store::alerts::last_closed(db, alert.family, &alert.subject).await?
        && is_quiet(limits.quiet_days, &last, &alert)
    {
        sweep.kept_away += 1;
        return Ok(None);
    }
    Ok(Some(alert))
}

/// Whether a closed alert still speaks for a new one: the same trouble, no stronger, within the quiet days after its last day.
pub(crate) fn is_quiet(quiet_days: i32, closed: &Alert, new: &Alert) -> bool {
    new.level <= closed.level && new.last_day.saturating_sub(closed.last_day) <= quiet_days
}

async fn made(kernel: &Kernel, group: Group) -> Result<Alert> {
    let about = about(kernel, &group.subject, &group.category, &group.market).await?;
    let mut contributions = group.contributions;
    contributions.sort_by(by_strength);
    contributions.truncate(CONTRIBUTIONS_MAX);
    let now = kernel.now();
    let mut alert = Alert {
        id: kernel.new_id(),
        family: group.family,
        subject: group.subject,
        about,
        state: State::Open,
        level: Level::Watch,
        action: Action::Look,
        method: detectors::Method::Margin,
        measure: None,
        since_day: i32::MAX,
        last_day: i32::MIN,
        times: 1,
        raised_at: now,
        updated_at: now,
        contributions,
        handler: None,
        acknowledged_at: None,
        inspection_at: None,
        stopped_at: None,
        ending: None,
        reason: None,
        note: String::new(),
        closed_by: None,
        closed_at: None,
        warning_id: group.warning_id,
        policy: group.policy,
        version: 1,
    };
    sum_up(&mut alert);
    Ok(alert)
}

/// Level, action and days of an alert follow from its contributions; neither level nor action ever falls.
fn sum_up(alert: &mut Alert) {
    for contribution in &alert.contributions {
        alert.level = alert.level.max(contribution.finding.level);
        if contribution.action as u8 > alert.action as u8 {
            alert.action = contribution.action;
        }
        alert.since_day = alert.since_day.min(contribution.finding.since_day);
        alert.last_day = alert.last_day.max(contribution.finding.day);
    }
    if let Some(first) = alert.contributions.first() {
        (alert.method, alert.measure) = (first.finding.method, first.finding.measure);
    }
}

/// Puts what was said again into the standing alert. `false`: it was said of this day before, no stronger.
async fn repeat(kernel: &Kernel, mut standing: Alert, group: Group) -> Result<bool> {
    let (level, last_day) = (standing.level, standing.last_day);
    for new in group.contributions {
        match standing.contributions.iter_mut().find(|known| known.finding.policy == new.finding.policy) {
            Some(known) => {
                let since_day = known.finding.since_day.min(new.finding.since_day);
                *known = new;
                known.finding.since_day = since_day;
            }
            None => standing.contributions.push(new),
        }
    }
    standing.contributions.sort_by(by_strength);
    standing.contributions.truncate(CONTRIBUTIONS_MAX);
    sum_up(&mut standing);
    let stronger = standing.level > level;
    if standing.last_day <= last_day && !stronger {
        return Ok(false);
    }
    if standing.last_day > last_day {
        standing.times = standing.times.saturating_add(1);
    }
    standing.updated_at = kernel.now();
    if stronger {
        let mut write = kernel.begin(&Actor::system("detectors")).await?;
        write.act(act("alert.strengthened", &standing).outcome(standing.level.name())).await?;
        if !store::alerts::save(write.tx(), &mut standing).await? {
            return Err(crate::Error::Changed.into());
        }
        write.commit().await?;
        return Ok(true);
    }
    let tx = kernel.db().write_tx().await?;
    let saved = store::alerts::save(&tx, &mut standing).await?;
    tx.commit().await.map_err(store::fail)?;
    if saved { Ok(true) } else { Err(crate::Error::Changed.into()) }
}

async fn raise(kernel: &Kernel, limits: &Parameters, mut new: Vec<Alert>, sweep: &mut Sweep) -> Result<()> {
    if new.len() > limits.raised_sweep_max {
        let strength = |alert: &Alert| alert.contributions.first().cloned();
        new.sort_by(|a, b| match (strength(a), strength(b)) {
            (Some(a), Some(b)) => by_strength(&a, &b),
            _ => std::cmp::Ordering::Equal,
        });
        sweep.left_out += (new.len() - limits.raised_sweep_max) as u64;
        new.truncate(limits.raised_sweep_max);
    }
    for chunk in new.chunks(BATCH) {
        let mut write = kernel.begin(&Actor::system("detectors")).await?;
        for alert in chunk {
            raise_one(&mut write, alert).await?;
        }
        write.commit().await?;
        sweep.raised += chunk.len() as u64;
    }
    Ok(())
}

async fn raise_one(write: &mut Write, alert: &Alert) -> Result<()> {
    let mut act = act("alert.raised", alert).outcome(alert.level.name()).public("action", alert.action.name());
    for contribution in &alert.contributions {
        act = act.reason(&contribution.finding.policy);
    }
    if let Some(strongest) = alert.strongest() {
        let finding = &strongest.finding;
        act = act
            .public("statistic", rounded(finding.statistic))
            .public("threshold", rounded(finding.threshold))
            .public("promise", finding.promise.name())
            .public("error_rate", finding.error_rate)
            .public("observed", rounded(finding.observed))
            .public("expected", rounded(finding.expected));
    }
    write.act(act).await?;
    store::alerts::insert(write.tx(), alert).await
}

/// Six digits are enough for an act; what is not finite is none.
fn rounded(value: f64) -> serde_json::Value {
    if value.is_finite() { ((value * 1e6).round() / 1e6).into() } else { serde_json::Value::Null }
}

/// A civil date of a day number.
pub(crate) fn date_text(day: i32) -> String {
    signals::day_date(day).to_string()
}

/// An act about an alert, with everything it concerns.
pub(crate) fn act(kind: &str, alert: &Alert) -> Act {
    let mut act = Act::new(kind, "alert", &alert.id)
        .policy(&alert.policy.0, &alert.policy.1)
        .public("family", alert.family.name())
        .public("level", alert.level.name())
        .public("scope", alert.subject.scope.name())
        .public("key", alert.subject.key.as_str())
        .public("since", date_text(alert.since_day));
    let merchant = alert.merchant();
    if !merchant.is_empty() {
        act = act.about("merchant", merchant).public("merchant", merchant);
    }
    let product = match alert.subject.scope {
        Scope::Product => Some(alert.subject.key.as_str()),
        _ => alert.about.product.as_deref(),
    };
    if let Some(product) = product {
        let local = product.split_once('/').map_or(product, |(_, local)| local);
        act = act.about("product", product).public("product", local);
    }
    if alert.subject.scope == Scope::Lot {
        act = act.public("lot", alert.subject.local());
    }
    match &alert.about.listing_id {
        Some(listing) => act.about("listing", listing),
        None => act,
    }
}

/// The day of a moment.
pub(crate) fn day_of(kernel: &Kernel, at: Timestamp) -> i32 {
    signals::day_number(at.date_in(kernel.zone()))
}

/// The date policies are looked up by for a day number.
pub(crate) fn date_of(day: i32) -> Date {
    signals::day_date(day)
}
