//! Golden items: versions whose right answer is known, mixed into the work to see how well it is done. They look like any
//! other item and never touch a listing.

use crate::decide::{Judgement, offered};
use crate::error::Error;
use crate::listing_view::{Live, Shelf};
use crate::model::{Golden, Item, Kind, Verdict};
use crate::parameters::{Parameters, parameters};
use crate::queue::{self, item_of};
use crate::reasons::{self, Minimum};
use crate::store;
use crate::store::items::Sight;
use ground::limits::NOTE_CHARS_MAX;
use ground::{Clock, Fault, Problem, Timestamp};
use kernel::{Act, Actor, Kernel, Page, Paging, Permission, Result};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

struct Moment(Timestamp);

impl Clock for Moment {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Makes an item of a golden one the person has not had within the window; `None` when there is none. It seems to have
/// waited for a while, as others have: its number and its times say so.
pub(crate) async fn draw(
    kernel: &Kernel,
    tx: &db::Tx,
    sight: &Sight,
    parameters: &Parameters,
    queue: Option<&str>,
) -> Result<Option<String>> {
    let now = kernel.now();
    let given = store::items::golden_given(tx, &sight.user, now.plus_days(-parameters.measure_window_days)).await?;
    let knows = |skill: &str| {
        skill.is_empty() || sight.skills.as_ref().is_none_or(|skills| skills.iter().any(|known| known == skill))
    };
    let left: Vec<String> = store::golden::active(tx)
        .await?
        .into_iter()
        .filter(|(id, skill)| !given.contains(id) && knows(skill))
        .map(|(id, _)| id)
        .collect();
    if left.is_empty() {
        return Ok(None);
    }
    let chosen = usize::try_from(kernel.rng().below(left.len() as u64)).unwrap_or(0);
    let Some(golden) = store::golden::get(tx, &left[chosen]).await? else { return Ok(None) };
    let Some(evidence) = store::golden::evidence_of(tx, &golden.id).await? else { return Ok(None) };
    let related = store::people::is_related(tx, &sight.user, &evidence.merchant.id).await?;
    if related || queue.is_some_and(|queue| queue != golden.queue) {
        return Ok(None);
    }
    let mut item = item_of(kernel, parameters, &evidence, now, false, "")?;
    let half = u64::try_from(parameters.sla_micros(item.worst) / 2).unwrap_or(1);
    let since = now.plus_micros(-i64::try_from(kernel.rng().below(half)).unwrap_or(0));
    item = Item {
        id: ground::new_id(&Moment(since), kernel.rng()),
        kind: Kind::Golden,
        queue: golden.queue,
        skill: golden.skill,
        requested_at: since,
        due_at: since.plus_micros(parameters.sla_micros(item.worst)),
        reserved_for: Some(sight.user.clone()),
        reference: Some(golden.id.clone()),
        dedupe: format!("golden:{}:{}", golden.id, kernel.new_id()),
        ..item
    };
    store::items::insert(tx, &item).await?;
    Ok(Some(item.id))
}

/// Whether a decision is the known right one: the same verdict and, where it rejects, at least one of the known reasons.
pub(crate) async fn is_right(kernel: &Kernel, item: &Item, judgement: &Judgement) -> Result<bool> {
    let id = item.reference.as_deref().unwrap_or("");
    let golden = store::golden::get(kernel.db().read(), id).await?;
    let golden = golden.ok_or_else(|| Problem::internal("an item refers to a golden item that does not exist"))?;
    let named = judgement.reasons.iter().any(|reason| golden.reasons.contains(reason));
    Ok(golden.verdict == judgement.verdict && (golden.verdict == Verdict::Approve || named))
}

/// Takes a version as it stands now as a golden item. Act `review.golden_added`: it holds a hash of picture and answer, so
/// that nobody can change them later and nobody can read the answer there.
///
/// # Errors
/// `forbidden`, `not_found`, `invalid_input`.
pub async fn add(
    kernel: &Kernel,
    actor: &Actor,
    version_id: &str,
    verdict: Verdict,
    chosen: &[String],
    note: &str,
) -> Result<Golden> {
    add_with(&Live, kernel, actor, version_id, verdict, chosen, note).await
}

pub(crate) async fn add_with(
    shelf: &dyn Shelf,
    kernel: &Kernel,
    actor: &Actor,
    version_id: &str,
    verdict: Verdict,
    chosen: &[String],
    note: &str,
) -> Result<Golden> {
    actor.require(Permission::ReviewManage)?;
    let parameters = parameters(kernel)?;
    if !ground::id::is_id(version_id) {
        return Err(Problem::invalid_field("version_id", "review-fault-version"));
    }
    let shown = shelf.version(kernel, version_id).await?;
    let mut evidence = shown.ok_or_else(|| Problem::invalid_field("version_id", "review-fault-version"))?.evidence;
    let item = item_of(kernel, &parameters, &evidence, kernel.now(), false, "")?;
    queue::add_history(kernel, &mut evidence, &item.rules).await?;
    let minimum = Minimum { reasons: parameters.reasons_minimum, note_chars: 0 };
    reasons::check(&offered(kernel, &evidence)?, verdict, chosen, "", minimum)?;
    if note.chars().count() > NOTE_CHARS_MAX {
        return Err(Problem::invalid(vec![Fault::field("note", "review-fault-note-long").arg("most", NOTE_CHARS_MAX)]));
    }
    let mut write = kernel.begin(actor).await?;
    let golden = Golden {
        id: write.new_id(),
        title: evidence.title.clone(),
        category: item.category,
        version_id: version_id.to_owned(),
        verdict,
        reasons: chosen.to_vec(),
        note: note.trim().to_owned(),
        active: true,
        created_by: actor.id.clone(),
        created_at: write.now(),
        given: 0,
        right: 0,
        queue: item.queue,
        skill: item.skill,
    };
    store::golden::insert(write.tx(), &golden, &evidence).await?;
    let sealed = serde_json::json!({ "evidence": evidence, "verdict": verdict, "reasons": chosen });
    let hash = hex::encode(Sha256::digest(serde_json::to_vec(&sealed).map_err(Problem::internal)?));
    write.act(Act::new("review.golden_added", "review_golden", &golden.id).evidence(&hash)).await?;
    write.commit().await?;
    Ok(golden)
}

/// The reasons a version offers, for the form that adds it.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn reasons_for(
    kernel: &Kernel,
    actor: &Actor,
    version_id: &str,
) -> Result<(String, Vec<crate::model::Reason>)> {
    actor.require(Permission::ReviewManage)?;
    let shown = Live.version(kernel, version_id).await?.ok_or_else(Problem::not_found)?;
    Ok((shown.evidence.title.clone(), offered(kernel, &shown.evidence)?))
}

/// Golden items with their results, newest first.
///
/// # Errors
/// `forbidden`.
pub async fn list(kernel: &Kernel, actor: &Actor, active: Option<bool>, paging: &Paging) -> Result<Page<Golden>> {
    actor.require(Permission::ReviewManage)?;
    let db = kernel.db().read();
    let mut page = store::golden::list(db, active, paging).await?;
    let mut results: HashMap<String, (u64, u64)> = HashMap::new();
    for (id, right) in store::decisions::golden_results(db).await? {
        let counts = results.entry(id).or_default();
        counts.0 += 1;
        counts.1 += u64::from(right != 0);
    }
    for golden in &mut page.rows {
        (golden.given, golden.right) = results.get(&golden.id).copied().unwrap_or_default();
    }
    Ok(page)
}

/// Takes a golden item out of use. Act `review.golden_retired`.
///
/// # Errors
/// `forbidden`, `not_found`, `review_state` when it was out of use.
pub async fn retire(kernel: &Kernel, actor: &Actor, id: &str) -> Result<()> {
    actor.require(Permission::ReviewManage)?;
    store::golden::get(kernel.db().read(), id).await?.ok_or_else(Problem::not_found)?;
    let mut write = kernel.begin(actor).await?;
    if !store::golden::retire(write.tx(), id).await? {
        return Err(Error::State { state: "retired".into(), step: "retire" }.into());
    }
    write.act(Act::new("review.golden_retired", "review_golden", id)).await?;
    write.commit().await?;
    Ok(())
}
