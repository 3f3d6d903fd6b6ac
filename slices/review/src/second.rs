//! Where two opinions differ, a third person has the last word.

use crate::error::Error;
use crate::listing_view::{Live, Ruling, Shelf};
use crate::model::{Disagreement, ItemState, Resolution, Verdict};
use crate::parameters::parameters;
use crate::store;
use ground::limits::NOTE_CHARS_MAX;
use ground::{Fault, Problem};
use kernel::{Act, Actor, Kernel, Page, Paging, Permission, Result};
use listings::VersionState;

/// What came of a resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The first decision stands.
    Upheld,
    /// The first decision fell and the listing followed.
    Overturned,
    /// The first decision fell, but the listing has moved on (a rejected version stays rejected: the merchant may hand in
    /// the goods again).
    OverturnedOnRecord,
}

/// Disagreements, newest first: the open ones, or the resolved ones.
///
/// # Errors
/// `forbidden`.
pub async fn disagreements(kernel: &Kernel, actor: &Actor, open: bool, paging: &Paging) -> Result<Page<Disagreement>> {
    actor.require(Permission::ReviewManage)?;
    store::disagreements::list(kernel.db().read(), open, paging).await
}

/// One disagreement with what both saw.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn disagreement(kernel: &Kernel, actor: &Actor, id: &str) -> Result<(Disagreement, crate::model::Evidence)> {
    actor.require(Permission::ReviewManage)?;
    let db = kernel.db().read();
    let found = store::disagreements::get(db, id).await?.ok_or_else(Problem::not_found)?;
    let seen = store::decisions::evidence_of(db, &found.first.id).await?.unwrap_or_default();
    Ok((found, seen))
}

/// The last word on a disagreement. Act `review.upheld` or `review.overturned`; where an approval falls, the version is
/// rejected and leaves the shelf in the same transaction.
///
/// # Errors
/// `forbidden`, `not_found`, `review_conflict` for one of the two, `review_state` when it is resolved,
/// `invalid_input` without a sufficient note.
pub async fn resolve(kernel: &Kernel, actor: &Actor, id: &str, verdict: Verdict, note: &str) -> Result<Effect> {
    resolve_with(&Live, kernel, actor, id, verdict, note).await
}

pub(crate) async fn resolve_with(
    shelf: &dyn Shelf,
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    verdict: Verdict,
    note: &str,
) -> Result<Effect> {
    actor.require(Permission::ReviewManage)?;
    let db = kernel.db().read();
    let found = store::disagreements::get(db, id).await?.ok_or_else(Problem::not_found)?;
    let (first, second) = (&found.first, &found.second);
    let related = store::people::is_related(db, &actor.id, &first.merchant_id).await?;
    if related || actor.id == first.reviewer || actor.id == second.reviewer {
        return Err(Error::Conflict.into());
    }
    if found.resolution.is_some() {
        return Err(Error::State { state: "resolved".into(), step: "resolve" }.into());
    }
    let (least, length) = (parameters(kernel)?.reason_chars_minimum, note.trim().chars().count());
    if (length as i64) < least || length > NOTE_CHARS_MAX {
        return Err(Problem::invalid(vec![Fault::field("note", "review-fault-note").arg("least", least)]));
    }
    let overturned = verdict != first.verdict;
    let takes_down = overturned && first.verdict == Verdict::Approve;
    let standing = shelf.version(kernel, &first.version_id).await?.map(|shown| shown.state);
    let follows = takes_down && standing == Some(VersionState::Passed);
    let mut write = kernel.begin(actor).await?;
    let kind = if overturned { "review.overturned" } else { "review.upheld" };
    let act = Act::new(kind, "review_item", &first.item_id)
        .about("listing", &first.listing_id)
        .about("listing_version", &first.version_id)
        .about("merchant", &first.merchant_id)
        .outcome(verdict.name())
        .public("first", first.act_id.as_str())
        .public("second", second.act_id.as_str())
        .private("note", note.trim());
    let act_id = write.act(act).await?;
    let resolution =
        Resolution { verdict, overturned, note: note.trim().to_owned(), by: actor.id.clone(), at: write.now(), act_id };
    if !store::disagreements::resolve(write.tx(), id, &resolution).await? {
        return Err(Error::State { state: "resolved".into(), step: "resolve" }.into());
    }
    if overturned {
        store::decisions::set_overturned(write.tx(), &first.id).await?;
    }
    store::items::set_state(write.tx(), &first.item_id, ItemState::Decided).await?;
    if follows {
        let ruling = Ruling {
            version_id: &first.version_id,
            expected: VersionState::Passed,
            verdict,
            reasons: &second.reasons,
            note: note.trim(),
        };
        shelf.decide_in(kernel, &mut write, &ruling).await?;
    }
    write.commit().await?;
    Ok(match (overturned, follows) {
        (false, _) => Effect::Upheld,
        (true, true) => Effect::Overturned,
        (true, false) => Effect::OverturnedOnRecord,
    })
}
