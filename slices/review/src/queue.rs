//! Items come into the queue and leave it; people claim them, renew and give back.

use crate::error::Error;
use crate::golden;
use crate::listing_view::{Live, Shelf, Shown};
use crate::model::{Conflict, Evidence, Item, ItemState, Kind, Reviewer, Worst};
use crate::parameters::{self, Parameters, parameters};
use crate::store;
use crate::store::items::{Claim, Sight};
use crate::tables;
use ground::limits::NOTE_CHARS_MAX;
use ground::{Fault, Problem, Timestamp};
use kernel::{Act, ActRecord, Actor, Kernel, Page, Paging, Permission, Result};
use listings::VersionState;

pub use crate::store::items::{Filter, SORTS};

/// Items looked at before giving up on finding a free one.
const CANDIDATES_MAX: u64 = 40;
/// Most rules kept with an item.
const RULES_MAX: usize = 50;
/// Most characters of a key in the store.
const KEY_CHARS: usize = 190;
/// Items one job turn handles.
const TURN_MAX: u64 = 200;
/// Most skills a person has.
const SKILLS_MAX: usize = 50;

/// A queue with what is in it.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueCount {
    /// Id of the routing row.
    pub queue: String,
    /// Nobody works on them.
    pub waiting: u64,
    /// Somebody does.
    pub claimed: u64,
    /// Past their time.
    pub overdue: u64,
}

/// What an actor may see and take.
pub(crate) async fn sight(kernel: &Kernel, actor: &Actor) -> Result<Sight> {
    let oversees = actor.may(Permission::ReviewManage) || !actor.may(Permission::ReviewDecide);
    let skills = if oversees {
        None
    } else {
        let known = store::people::get(kernel.db().read(), &actor.id).await?;
        Some(known.map(|reviewer| reviewer.skills).unwrap_or_default())
    };
    Ok(Sight { user: actor.id.clone(), skills, oversees })
}

/// Reaction to `listing.review_requested`: an item for the version, once an act.
///
/// # Errors
/// What the store says.
pub async fn on_review_requested(kernel: Kernel, act: ActRecord) -> Result<()> {
    request(&Live, &kernel, &act).await
}

pub(crate) async fn request(shelf: &dyn Shelf, kernel: &Kernel, act: &ActRecord) -> Result<()> {
    let Some(version_id) = act.public_text("version") else {
        return Err(Problem::internal("the act listing.review_requested names no version"));
    };
    let again = act.public.get("again").and_then(serde_json::Value::as_bool).unwrap_or(false);
    let Some(shown) = shelf.version(kernel, version_id).await? else { return Ok(()) };
    if shown.state != expected_state(again) {
        return Ok(()); // Replaced, withdrawn or decided meanwhile: nobody need look at it.
    }
    let parameters = parameters(kernel)?;
    let item = item_of(kernel, &parameters, &shown.evidence, act.at, again, &format!("listing:{}", act.id))?;
    let tx = kernel.db().write_tx().await?;
    store::items::insert(&tx, &item).await?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}

/// The state a version is in while its item is open.
pub(crate) fn expected_state(again: bool) -> VersionState {
    if again { VersionState::Passed } else { VersionState::InReview }
}

/// A waiting item for a version.
pub(crate) fn item_of(
    kernel: &Kernel,
    parameters: &Parameters,
    evidence: &Evidence,
    since: Timestamp,
    again: bool,
    dedupe: &str,
) -> Result<Item> {
    let worst = Worst::of(&evidence.findings);
    let mut rules: Vec<String> = Vec::new();
    for finding in evidence.findings.iter().filter(|finding| finding.mode == screening::Mode::On) {
        if rules.len() < RULES_MAX && !rules.contains(&finding.rule) {
            rules.push(finding.rule.clone());
        }
    }
    let pack = parameters::pack(kernel);
    let routed = tables::route(&pack, kernel.today(), &evidence.category, worst, &rules, &evidence.market)?;
    let key = |text: &str| text.chars().take(KEY_CHARS).collect::<String>();
    Ok(Item {
        id: kernel.new_id(),
        kind: Kind::Listing,
        version_id: evidence.version_id.clone(),
        listing_id: evidence.listing_id.clone(),
        merchant_id: evidence.merchant.id.clone(),
        merchant_name: evidence.merchant.name.clone(),
        title: evidence.title.clone(),
        category: key(&evidence.category),
        market: evidence.market.clone(),
        worst,
        rules,
        queue: routed.queue,
        skill: routed.skill,
        priority: routed.priority,
        state: ItemState::Waiting,
        requested_at: since,
        due_at: since.plus_micros(parameters.sla_micros(worst)),
        claimed_by: None,
        claim_id: None,
        claimed_at: None,
        lease_until: None,
        renewals: 0,
        decided_at: None,
        overdue_act_id: None,
        again,
        excluded_reviewer: None,
        reserved_for: None,
        reference: None,
        dedupe: dedupe.to_owned(),
    })
}

/// Reaction to `listing.submitted`, `.withdrawn`, `.removed`: items about versions that no longer wait are closed. A claim on
/// them ends; whoever holds it is told when they decide.
///
/// # Errors
/// What the store says.
pub async fn on_version_superseded(kernel: Kernel, act: ActRecord) -> Result<()> {
    superseded(&Live, &kernel, &act).await
}

pub(crate) async fn superseded(shelf: &dyn Shelf, kernel: &Kernel, act: &ActRecord) -> Result<()> {
    if act.subject.kind != "listing" {
        return Ok(());
    }
    let open = store::items::open_of_listing(kernel.db().read(), &act.subject.id).await?;
    for item in open {
        let shown = shelf.version(kernel, &item.version_id).await?;
        let waits =
            shown.is_some_and(|shown| shown.state == expected_state(item.again)) && act.kind != "listing.removed";
        if !waits {
            close(kernel, &item.id).await?;
        }
    }
    Ok(())
}

/// Closes an item nobody need decide.
pub(crate) async fn close(kernel: &Kernel, item_id: &str) -> Result<()> {
    let tx = kernel.db().write_tx().await?;
    store::items::close(&tx, item_id, kernel.now()).await?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}

/// One page of the queue, as far as the actor may see it.
///
/// # Errors
/// `forbidden`.
pub async fn list(kernel: &Kernel, actor: &Actor, filter: &Filter, paging: &Paging) -> Result<Page<Item>> {
    actor.require(Permission::ReviewRead)?;
    store::items::list(kernel.db().read(), &sight(kernel, actor).await?, filter, paging).await
}

/// What is open, by queue, in the order of the routing table.
///
/// # Errors
/// `forbidden`.
pub async fn queues(kernel: &Kernel, actor: &Actor) -> Result<Vec<QueueCount>> {
    actor.require(Permission::ReviewRead)?;
    let sight = sight(kernel, actor).await?;
    let db = kernel.db().read();
    let open = store::items::counts(db, &sight, None).await?;
    let overdue = store::items::counts(db, &sight, Some(kernel.now())).await?;
    let rows = tables::routes(&parameters::pack(kernel), kernel.today())?;
    let mut names: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    for (queue, _, _) in &open {
        if !names.contains(queue) {
            names.push(queue.clone());
        }
    }
    let sum = |rows: &[(String, String, i64)], queue: &str, state: Option<ItemState>| -> u64 {
        let here =
            rows.iter().filter(|(name, there, _)| name == queue && state.is_none_or(|state| state.name() == there));
        here.map(|(_, _, items)| u64::try_from(*items).unwrap_or(0)).sum()
    };
    Ok(names
        .into_iter()
        .map(|queue| QueueCount {
            waiting: sum(&open, &queue, Some(ItemState::Waiting)),
            claimed: sum(&open, &queue, Some(ItemState::Claimed)),
            overdue: sum(&overdue, &queue, None),
            queue,
        })
        .collect())
}

/// How many items are open: the count beside the navigation's entry. 0 for whoever may not see them.
///
/// # Errors
/// What the store says.
pub async fn waiting(kernel: &Kernel, actor: &Actor) -> Result<u64> {
    if !actor.may(Permission::ReviewRead) {
        return Ok(0);
    }
    store::items::count_waiting(kernel.db().read(), &sight(kernel, actor).await?).await
}

/// The items the actor holds, the oldest claim first.
///
/// # Errors
/// `forbidden`.
pub async fn held(kernel: &Kernel, actor: &Actor) -> Result<Vec<Item>> {
    actor.require(Permission::ReviewRead)?;
    store::items::held_by(kernel.db().read(), &actor.id, kernel.now(), 100).await
}

/// Claims one item.
///
/// # Errors
/// `forbidden`, `not_found` (also for what the actor's skills do not open), `review_conflict`, `review_claims_full`,
/// `review_taken` when somebody else was faster.
pub async fn claim(kernel: &Kernel, actor: &Actor, item_id: &str) -> Result<Item> {
    actor.require(Permission::ReviewDecide)?;
    let parameters = parameters(kernel)?;
    let sight = sight(kernel, actor).await?;
    let tx = kernel.db().write_tx().await?;
    let now = kernel.now();
    store::people::hold(&tx, &actor.id, &actor.name, now).await?;
    let item = store::items::get_seen(&tx, &sight, item_id).await?.ok_or_else(Problem::not_found)?;
    if item.is_held_by(&actor.id, now) {
        return Ok(item); // A second click: the claim there is, is the answer.
    }
    may_decide(&tx, actor, &item).await?;
    check_room(&tx, actor, &parameters, now).await?;
    let claim_id = kernel.new_id();
    let claim = Claim { id: &claim_id, user: &actor.id, now, until: now.plus_micros(parameters.lease_micros) };
    if !store::items::claim(&tx, &sight, item_id, &claim).await? {
        drop(tx); // A fresh look: this transaction may still see the item as it was.
        let there = store::items::get(kernel.db().read(), item_id).await?.ok_or_else(Problem::not_found)?;
        return Err(if there.is_held(now) { Error::Taken } else { Error::Stale }.into());
    }
    let item = store::items::get(&tx, item_id).await?.ok_or_else(Problem::not_found)?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(item)
}

async fn check_room(tx: &db::Tx, actor: &Actor, parameters: &Parameters, now: Timestamp) -> Result<()> {
    let held = store::items::count_held(tx, &actor.id, now).await?;
    if i64::try_from(held).unwrap_or(i64::MAX) >= parameters.claims_max {
        return Err(Error::ClaimsFull { most: parameters.claims_max }.into());
    }
    Ok(())
}

/// Refuses people who are not neutral: of the merchant's own organisation, related to it, or the first to have decided.
pub(crate) async fn may_decide(db: &impl sea_orm::ConnectionTrait, actor: &Actor, item: &Item) -> Result<()> {
    let own = actor.organisation.as_deref() == Some(item.merchant_id.as_str());
    let first = item.excluded_reviewer.as_deref() == Some(actor.id.as_str());
    if own || first || store::people::is_related(db, &actor.id, &item.merchant_id).await? {
        return Err(Error::Conflict.into());
    }
    Ok(())
}

/// Claims the most urgent item the actor may take; `None` when there is none. Now and then it is a golden item instead.
///
/// # Errors
/// `forbidden`, `review_claims_full`.
pub async fn take_next(kernel: &Kernel, actor: &Actor, queue: Option<&str>) -> Result<Option<Item>> {
    actor.require(Permission::ReviewDecide)?;
    let parameters = parameters(kernel)?;
    let sight = sight(kernel, actor).await?;
    let tx = kernel.db().write_tx().await?;
    let now = kernel.now();
    store::people::hold(&tx, &actor.id, &actor.name, now).await?;
    check_room(&tx, actor, &parameters, now).await?;
    let candidates = store::items::candidates(&tx, &sight, queue, now, CANDIDATES_MAX).await?;
    let claim_id = kernel.new_id();
    let claim = Claim { id: &claim_id, user: &actor.id, now, until: now.plus_micros(parameters.lease_micros) };
    // Without real work there are no golden items either: they would stand out.
    let mixed = !candidates.is_empty() && kernel.rng().unit() < parameters.golden_share;
    let golden = if mixed { golden::draw(kernel, &tx, &sight, &parameters, queue).await? } else { None };
    for item_id in golden.into_iter().chain(candidates) {
        if store::items::claim(&tx, &sight, &item_id, &claim).await? {
            let item = store::items::get(&tx, &item_id).await?;
            tx.commit().await.map_err(db::Error::from)?;
            return Ok(item);
        }
    }
    tx.commit().await.map_err(db::Error::from)?;
    Ok(None)
}

/// Extends the actor's claim by a whole lease.
///
/// # Errors
/// `forbidden`, `lease_lost`, `review_renewals`.
pub async fn renew(kernel: &Kernel, actor: &Actor, item_id: &str, claim_id: &str) -> Result<Item> {
    actor.require(Permission::ReviewDecide)?;
    let parameters = parameters(kernel)?;
    let now = kernel.now();
    let tx = kernel.db().write_tx().await?;
    let claim = Claim { id: claim_id, user: &actor.id, now, until: now.plus_micros(parameters.lease_micros) };
    let renewed = store::items::renew(&tx, item_id, &claim, parameters.lease_renewals).await?;
    if !renewed {
        drop(tx);
        let item =
            store::items::get(kernel.db().read(), item_id).await?.ok_or_else(|| Problem::from(Error::LeaseLost))?;
        let holds = item.is_held_by(&actor.id, now) && item.claim_id.as_deref() == Some(claim_id);
        return Err(if holds { Error::Renewals { most: parameters.lease_renewals } } else { Error::LeaseLost }.into());
    }
    let item = store::items::get(&tx, item_id).await?.ok_or_else(Problem::not_found)?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(item)
}

/// Gives an item back. A manager may give back anybody's.
///
/// # Errors
/// `forbidden`, `lease_lost` when it is not held.
pub async fn release(kernel: &Kernel, actor: &Actor, item_id: &str) -> Result<()> {
    actor.require(Permission::ReviewDecide)?;
    let tx = kernel.db().write_tx().await?;
    let item = store::items::get(&tx, item_id).await?.ok_or_else(Problem::not_found)?;
    let holder = match &item.claimed_by {
        Some(holder) if *holder == actor.id || actor.may(Permission::ReviewManage) => holder.clone(),
        _ => return Err(Error::LeaseLost.into()),
    };
    if !store::items::release(&tx, item_id, &holder).await? {
        return Err(Error::LeaseLost.into());
    }
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}

/// Job: puts back items whose claim ran out.
///
/// # Errors
/// What the store says.
pub(crate) async fn expire_leases(kernel: Kernel) -> Result<u64> {
    let tx = kernel.db().write_tx().await?;
    let freed = store::items::expire(&tx, kernel.now()).await?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(freed)
}

/// Job: says once of each late item that it is late (act `review.overdue`).
///
/// # Errors
/// What the store says.
pub(crate) async fn mark_overdue(kernel: Kernel) -> Result<u64> {
    let late = store::items::newly_overdue(kernel.db().read(), kernel.now(), TURN_MAX).await?;
    let mut said = 0;
    for item in late {
        let mut write = kernel.begin(&Actor::system("review-overdue")).await?;
        let act = Act::new("review.overdue", "review_item", &item.id)
            .about("listing", &item.listing_id)
            .about("listing_version", &item.version_id)
            .public("queue", item.queue.as_str())
            .public("due_at", item.due_at.to_rfc3339());
        let act_id = write.act(act).await?;
        if store::items::set_overdue(write.tx(), &item.id, &act_id).await? {
            write.commit().await?;
            said += 1;
        }
    }
    Ok(said)
}

/// The version as it stands now, for an item about a listing.
pub(crate) async fn shown(shelf: &dyn Shelf, kernel: &Kernel, item: &Item) -> Result<Option<Shown>> {
    let Some(mut shown) = shelf.version(kernel, &item.version_id).await? else { return Ok(None) };
    add_history(kernel, &mut shown.evidence, &item.rules).await?;
    Ok(Some(shown))
}

/// Adds what this duty itself remembers: similar decisions, and how the merchant fared.
pub(crate) async fn add_history(kernel: &Kernel, evidence: &mut Evidence, rules: &[String]) -> Result<()> {
    use crate::model::{SimilarDecision, Verdict};
    let db = kernel.db().read();
    let most = usize::try_from(parameters(kernel)?.similar_decisions_shown).unwrap_or(0);
    evidence.merchant.approved =
        store::decisions::count_of_merchant(db, &evidence.merchant.id, Verdict::Approve).await?;
    evidence.merchant.rejected =
        store::decisions::count_of_merchant(db, &evidence.merchant.id, Verdict::Reject).await?;
    let mut past = store::decisions::with_rules(db, rules, &evidence.listing_id, most as u64).await?;
    let common = |hit: &[String]| hit.iter().filter(|rule| rules.contains(rule)).count();
    past.sort_by_key(|decision| {
        (
            std::cmp::Reverse((common(&decision.rules), decision.category == evidence.category)),
            std::cmp::Reverse(decision.decided_at),
        )
    });
    let similar = past.into_iter().take(most).map(|decision| SimilarDecision {
        rules: decision.rules.iter().filter(|rule| rules.contains(rule)).cloned().collect(),
        title: decision.title,
        verdict: decision.verdict,
        reasons: decision.reasons,
        at: decision.decided_at,
        act_id: decision.act_id,
    });
    evidence.similar = similar.collect();
    Ok(())
}

/// Everybody who has worked on the queue, with their skills.
///
/// # Errors
/// `forbidden`.
pub async fn reviewers(kernel: &Kernel, actor: &Actor) -> Result<Vec<Reviewer>> {
    actor.require(Permission::ReviewManage)?;
    store::people::list(kernel.db().read()).await
}

/// Says what a person knows about: queues that ask for a skill open to them. Act `review.skills_set`.
///
/// # Errors
/// `forbidden`, `invalid_input`.
pub async fn set_skills(kernel: &Kernel, actor: &Actor, reviewer: &str, skills: &[String]) -> Result<()> {
    actor.require(Permission::ReviewManage)?;
    let mut kept: Vec<String> =
        skills.iter().map(|skill| skill.trim().to_owned()).filter(|skill| !skill.is_empty()).collect();
    kept.sort();
    kept.dedup();
    let mut faults = Vec::new();
    if !ground::id::is_id(reviewer) && reviewer.chars().count() > KEY_CHARS || reviewer.trim().is_empty() {
        faults.push(Fault::field("reviewer", "review-fault-reviewer"));
    }
    if kept.len() > SKILLS_MAX || kept.iter().any(|skill| skill.chars().count() > 60) {
        faults.push(Fault::field("skills", "review-fault-skills").arg("most", SKILLS_MAX));
    }
    Problem::check(faults)?;
    let mut write = kernel.begin(actor).await?;
    store::people::set_skills(write.tx(), reviewer.trim(), &kept, write.now()).await?;
    let act = Act::new("review.skills_set", "user", reviewer.trim()).public("skills", kept);
    write.act(act).await?;
    write.commit().await?;
    Ok(())
}

/// The relations that keep people away from merchants.
///
/// # Errors
/// `forbidden`.
pub async fn conflicts(kernel: &Kernel, actor: &Actor) -> Result<Vec<Conflict>> {
    actor.require(Permission::ReviewManage)?;
    store::people::conflicts(kernel.db().read()).await
}

/// Notes that a person is related to a merchant: a manager about anybody, a reviewer about themselves. Act
/// `review.conflict_declared`.
///
/// # Errors
/// `forbidden`, `invalid_input`.
pub async fn declare_conflict(
    kernel: &Kernel,
    actor: &Actor,
    reviewer: &str,
    merchant_id: &str,
    reason: &str,
) -> Result<()> {
    actor.require(if reviewer == actor.id { Permission::ReviewDecide } else { Permission::ReviewManage })?;
    let length = reason.trim().chars().count();
    let mut faults = Vec::new();
    for (field, value) in [("reviewer", reviewer), ("merchant", merchant_id)] {
        if value.trim().is_empty() || value.chars().count() > KEY_CHARS {
            faults.push(Fault::field(field, "review-fault-missing"));
        }
    }
    if length == 0 || length > NOTE_CHARS_MAX {
        faults.push(Fault::field("reason", "review-fault-missing"));
    }
    Problem::check(faults)?;
    let mut write = kernel.begin(actor).await?;
    let conflict = Conflict {
        reviewer: reviewer.trim().to_owned(),
        merchant_id: merchant_id.trim().to_owned(),
        reason: reason.trim().to_owned(),
        since: write.now(),
    };
    if !store::people::add_conflict(write.tx(), &conflict).await? {
        return Ok(());
    }
    let act = Act::new("review.conflict_declared", "user", &conflict.reviewer)
        .about("merchant", &conflict.merchant_id)
        .private("reason", conflict.reason.as_str());
    write.act(act).await?;
    write.commit().await?;
    Ok(())
}

/// Takes such a note back. Act `review.conflict_lifted`.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn lift_conflict(kernel: &Kernel, actor: &Actor, reviewer: &str, merchant_id: &str) -> Result<()> {
    actor.require(Permission::ReviewManage)?;
    let mut write = kernel.begin(actor).await?;
    if !store::people::remove_conflict(write.tx(), reviewer, merchant_id).await? {
        return Err(Problem::not_found());
    }
    write.act(Act::new("review.conflict_lifted", "user", reviewer).about("merchant", merchant_id)).await?;
    write.commit().await?;
    Ok(())
}
