//! A reviewer's decision: checked, written with its act and the listing's in one transaction, and now and then given to a
//! second person.

use crate::error::Error;
use crate::golden;
use crate::listing_view::{Live, Ruling, Shelf};
use crate::model::{Decision, Evidence, Item, ItemState, Kind, Reason, Verdict};
use crate::parameters::{self, Parameters, parameters};
use crate::queue::{self, expected_state, may_decide, sight};
use crate::reasons::{self, Minimum};
use crate::store;
use crate::tables;
use ground::time::SECOND_MICROS;
use ground::{Fault, Problem};
use kernel::{Act, Actor, Kernel, Permission, Result, Write};

/// A decision as it is handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Number of the claim it is made under.
    pub claim_id: String,
    /// The version the reviewer saw.
    pub version_id: String,
    /// What.
    pub verdict: Verdict,
    /// Codes of the reasons.
    pub reasons: Vec<String>,
    /// Note to the merchant.
    pub note: String,
}

/// Everything the review screen shows.
#[derive(Debug, Clone)]
pub struct Work {
    /// The item.
    pub item: Item,
    /// What the decision rests on.
    pub evidence: Evidence,
    /// Reasons on offer.
    pub reasons: Vec<Reason>,
    /// Reasons a decision must name.
    pub reasons_minimum: i64,
    /// Shortest note where one is required, characters.
    pub note_minimum: i64,
    /// Whether the reader holds it and may decide.
    pub held: bool,
    /// Whether the version can still be decided.
    pub stale: bool,
    /// The decision, for whoever made it and for managers; others do not see it.
    pub decision: Option<Decision>,
    /// The items before and after it in the reader's work.
    pub neighbours: (Option<String>, Option<String>),
}

/// One item with everything a reviewer needs.
///
/// # Errors
/// `forbidden`, `not_found` also for what the actor's skills do not open.
pub async fn show(kernel: &Kernel, actor: &Actor, item_id: &str) -> Result<Work> {
    show_with(&Live, kernel, actor, item_id).await
}

pub(crate) async fn show_with(shelf: &dyn Shelf, kernel: &Kernel, actor: &Actor, item_id: &str) -> Result<Work> {
    actor.require(Permission::ReviewRead)?;
    let sight = sight(kernel, actor).await?;
    let db = kernel.db().read();
    let item = store::items::get_seen(db, &sight, item_id).await?.ok_or_else(Problem::not_found)?;
    let decision = store::decisions::of_item(db, item_id).await?;
    let (evidence, current) = match &decision {
        Some(decision) => (store::decisions::evidence_of(db, &decision.id).await?, true),
        None => evidence_for(shelf, kernel, &item).await?,
    };
    let evidence = evidence.ok_or_else(Problem::not_found)?;
    let parameters = parameters(kernel)?;
    let open = matches!(item.state, ItemState::Waiting | ItemState::Claimed);
    Ok(Work {
        reasons: offered(kernel, &evidence)?,
        reasons_minimum: parameters.reasons_minimum,
        note_minimum: parameters.reason_chars_minimum,
        held: item.is_held_by(&actor.id, kernel.now()),
        stale: item.state == ItemState::Closed || (open && !current),
        decision: decision.filter(|decision| sight.oversees || decision.reviewer == actor.id),
        neighbours: neighbours(kernel, actor, &item).await?,
        item,
        evidence,
    })
}

/// The items beside this one: among those the reader holds, else among those that wait.
async fn neighbours(kernel: &Kernel, actor: &Actor, item: &Item) -> Result<(Option<String>, Option<String>)> {
    let mut ids: Vec<String> = queue::held(kernel, actor).await?.into_iter().map(|item| item.id).collect();
    let waiting = queue::Filter { state: Some(ItemState::Waiting), ..queue::Filter::default() };
    let next = queue::list(kernel, actor, &waiting, &kernel::Paging::new(1, 20)).await?;
    ids.extend(next.rows.into_iter().map(|item| item.id));
    let here = ids.iter().position(|id| *id == item.id);
    Ok(match here {
        Some(here) => (here.checked_sub(1).and_then(|before| ids.get(before).cloned()), ids.get(here + 1).cloned()),
        None => (None, ids.first().cloned()),
    })
}

/// What an undecided item shows, and whether it can still be decided. What it really is makes no difference to the reader.
pub(crate) async fn evidence_for(shelf: &dyn Shelf, kernel: &Kernel, item: &Item) -> Result<(Option<Evidence>, bool)> {
    let db = kernel.db().read();
    let reference = item.reference.as_deref().unwrap_or("");
    Ok(match item.kind {
        Kind::Listing => match queue::shown(shelf, kernel, item).await? {
            Some(shown) => (Some(shown.evidence), shown.state == expected_state(item.again)),
            None => (None, false),
        },
        Kind::Second => (store::decisions::evidence_of(db, reference).await?, true),
        Kind::Golden => (store::golden::evidence_of(db, reference).await?, true),
    })
}

/// The numbered reasons for a version.
pub(crate) fn offered(kernel: &Kernel, evidence: &Evidence) -> Result<Vec<Reason>> {
    let pack = parameters::pack(kernel);
    let rows = tables::reason_rows(&pack, kernel.today(), &evidence.category)?;
    Ok(reasons::catalogue(evidence, &rows))
}

/// Decides an item the actor holds. Handing the same in twice gives the same answer once.
///
/// # Errors
/// `forbidden`, `not_found`, `lease_lost` for a claim that ran out or is another's, `review_stale` when the version is no
/// longer under review (the item is closed), `review_decided` when the claim was used for another decision,
/// `review_conflict`, `invalid_input` naming `verdict`, `reasons` or `note`.
pub async fn decide(kernel: &Kernel, actor: &Actor, item_id: &str, judgement: &Judgement) -> Result<Decision> {
    decide_with(&Live, kernel, actor, item_id, judgement).await
}

pub(crate) async fn decide_with(
    shelf: &dyn Shelf,
    kernel: &Kernel,
    actor: &Actor,
    item_id: &str,
    judgement: &Judgement,
) -> Result<Decision> {
    actor.require(Permission::ReviewDecide)?;
    let judgement = &tidied(judgement)?;
    if let Some(before) = answered(kernel, actor, item_id, judgement).await? {
        return Ok(before);
    }
    match attempt(shelf, kernel, actor, item_id, judgement).await {
        // Somebody pressed twice and the other press was faster: its answer is the answer.
        Err(problem) if matches!(problem.code.code, "lease_lost" | "review_stale") => {
            answered(kernel, actor, item_id, judgement).await?.ok_or(problem)
        }
        other => other,
    }
}

async fn attempt(
    shelf: &dyn Shelf,
    kernel: &Kernel,
    actor: &Actor,
    item_id: &str,
    judgement: &Judgement,
) -> Result<Decision> {
    let db = kernel.db().read();
    let item = store::items::get(db, item_id).await?.ok_or_else(Problem::not_found)?;
    if item.state == ItemState::Closed {
        return Err(Error::Stale.into());
    }
    if !item.is_held_by(&actor.id, kernel.now()) || item.claim_id.as_deref() != Some(judgement.claim_id.as_str()) {
        return Err(Error::LeaseLost.into());
    }
    may_decide(db, actor, &item).await?;
    let (evidence, current) = evidence_for(shelf, kernel, &item).await?;
    let (Some(evidence), true, true) = (evidence, current, judgement.version_id == item.version_id) else {
        queue::close(kernel, item_id).await?;
        return Err(Error::Stale.into());
    };
    let parameters = parameters(kernel)?;
    let minimum = Minimum { reasons: parameters.reasons_minimum, note_chars: parameters.reason_chars_minimum };
    reasons::check(&offered(kernel, &evidence)?, judgement.verdict, &judgement.reasons, &judgement.note, minimum)?;
    match write_down(shelf, kernel, actor, &item, judgement, &evidence, &parameters).await {
        Err(problem) if problem.code.code == "listing_stale" => {
            queue::close(kernel, item_id).await?;
            Err(Error::Stale.into())
        }
        other => other,
    }
}

fn tidied(judgement: &Judgement) -> Result<Judgement> {
    let mut kept = judgement.clone();
    kept.reasons.retain(|reason| !reason.is_empty());
    kept.reasons.sort();
    kept.reasons.dedup();
    kept.note = kept.note.trim().replace("\r\n", "\n");
    if kept.reasons.len() > 50 {
        return Err(Problem::invalid(vec![Fault::field("reasons", "review-fault-reason-unknown")]));
    }
    Ok(kept)
}

/// The decision this claim was used for already, if it is the same.
async fn answered(kernel: &Kernel, actor: &Actor, item_id: &str, judgement: &Judgement) -> Result<Option<Decision>> {
    let Some(before) = store::decisions::of_claim(kernel.db().read(), &judgement.claim_id).await? else {
        return Ok(None);
    };
    if before.reviewer != actor.id || before.item_id != item_id {
        return Err(Error::LeaseLost.into());
    }
    let same =
        before.verdict == judgement.verdict && before.reasons == judgement.reasons && before.note == judgement.note;
    if same { Ok(Some(before)) } else { Err(Error::Decided.into()) }
}

async fn write_down(
    shelf: &dyn Shelf,
    kernel: &Kernel,
    actor: &Actor,
    item: &Item,
    judgement: &Judgement,
    evidence: &Evidence,
    parameters: &Parameters,
) -> Result<Decision> {
    let right = match item.kind {
        Kind::Golden => Some(golden::is_right(kernel, item, judgement).await?),
        _ => None,
    };
    let first = match (item.kind, &item.reference) {
        (Kind::Second, Some(id)) => store::decisions::get(kernel.db().read(), id).await?,
        _ => None,
    };
    let mut write = kernel.begin(actor).await?;
    let now = write.now();
    if !store::items::decide(write.tx(), &item.id, &actor.id, &judgement.claim_id, now).await? {
        return Err(Error::LeaseLost.into());
    }
    let since = item.claimed_at.unwrap_or(now);
    let mut decision = Decision {
        id: write.new_id(),
        item_id: item.id.clone(),
        kind: item.kind,
        version_id: item.version_id.clone(),
        listing_id: item.listing_id.clone(),
        merchant_id: item.merchant_id.clone(),
        title: item.title.clone(),
        category: item.category.clone(),
        queue: item.queue.clone(),
        worst: item.worst,
        rules: item.rules.clone(),
        reviewer: actor.id.clone(),
        claim_id: judgement.claim_id.clone(),
        verdict: judgement.verdict,
        reasons: judgement.reasons.clone(),
        note: judgement.note.clone(),
        seconds: (now.micros() - since.micros()) / SECOND_MICROS,
        decided_at: now,
        correct: right,
        reference: item.reference.clone(),
        agrees: first.as_ref().map(|first| first.verdict == judgement.verdict),
        overturned: false,
        act_id: String::new(),
    };
    decision.act_id = write.act(act_of(item, &decision)).await?;
    store::decisions::insert(write.tx(), &decision, evidence).await?;
    if item.kind == Kind::Listing {
        let ruling = Ruling {
            version_id: &item.version_id,
            expected: expected_state(item.again),
            verdict: judgement.verdict,
            reasons: &judgement.reasons,
            note: &judgement.note,
        };
        shelf.decide_in(kernel, &mut write, &ruling).await?;
        if kernel.rng().unit() < parameters.blind_second_share {
            ask_second(&write, item, &decision, parameters).await?;
        }
    }
    if let Some(first) = first {
        compare(&write, &first, &decision).await?;
    }
    write.commit().await?;
    Ok(decision)
}

/// The act of a decision in the queue. The listing's own act follows from the listings; a golden item names no listing.
fn act_of(item: &Item, decision: &Decision) -> Act {
    let mut act = Act::new("review.decided", "review_item", &item.id)
        .outcome(decision.verdict.name())
        .public("queue", item.queue.as_str())
        .public("seconds", decision.seconds);
    for reason in &decision.reasons {
        act = act.reason(reason);
    }
    if item.kind != Kind::Golden {
        act = act
            .about("listing", &item.listing_id)
            .about("listing_version", &item.version_id)
            .public("second_opinion", item.kind == Kind::Second);
    }
    if decision.note.is_empty() { act } else { act.private("note", decision.note.as_str()) }
}

/// Gives a decided version to somebody else, who sees what the first saw and not what they decided.
async fn ask_second(write: &Write, item: &Item, decision: &Decision, parameters: &Parameters) -> Result<()> {
    let second = Item {
        id: write.new_id(),
        kind: Kind::Second,
        state: ItemState::Waiting,
        requested_at: write.now(),
        due_at: write.now().plus_micros(parameters.sla_micros(item.worst)),
        claimed_by: None,
        claim_id: None,
        claimed_at: None,
        lease_until: None,
        renewals: 0,
        decided_at: None,
        overdue_act_id: None,
        again: false,
        excluded_reviewer: Some(decision.reviewer.clone()),
        reserved_for: None,
        reference: Some(decision.id.clone()),
        dedupe: format!("second:{}", decision.id),
        ..item.clone()
    };
    store::items::insert(write.tx(), &second).await?;
    store::items::set_state(write.tx(), &item.id, ItemState::SecondReview).await
}

/// Records whether two opinions agree; where they do not, a manager has the last word.
async fn compare(write: &Write, first: &Decision, second: &Decision) -> Result<()> {
    if first.verdict == second.verdict {
        return store::items::set_state(write.tx(), &first.item_id, ItemState::Decided).await;
    }
    store::disagreements::insert(write.tx(), &write.new_id(), &first.id, &second.id, write.now()).await?;
    store::items::set_state(write.tx(), &first.item_id, ItemState::Disagreed).await
}
