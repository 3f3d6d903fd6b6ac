//! Putting a version in force: an act. The packs of this process change at once, those of other processes within seconds.

use kernel::{Act, ActRecord, Actor, Kernel, Page, Paging, Permission};
use policy::{Mode, Pack};
use serde_json::json;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::model::*;
use crate::versions::{self, ReadVersion};
use crate::{store, tables};

/// Called once at start, before anything is decided. `kernel.packs()` holds the packs that come with the product or from
/// the settings' folder. A market without a version in force gets that one, with an act by the system; a market whose
/// version in force came with an earlier product gets the present one; an edited version stays, and the console says
/// that another came with the product.
///
/// # Errors
/// When a stored version in force is refused by this program, with the places.
pub async fn put_in_force(kernel: &Kernel) -> Result<()> {
    let base = kernel.packs();
    let actor = Actor::system("shipped-policies");
    let mut packs = (*base).clone();
    for pack in base.iter() {
        tables().check(pack).map_err(|reason| Error::Stored { market: pack.market().to_owned(), reason })?;
        match store::active(kernel.db().read(), pack.market()).await? {
            Some(active) if active.hash == pack.version() => {}
            Some(active) => {
                let kept = versions::read_unchecked(kernel, &active.version_id).await?;
                if kept.version.origin == Origin::Shipped {
                    adopt(kernel, &actor, pack, Some(&kept)).await?;
                } else {
                    let market = pack.market().to_owned();
                    tables().check(&kept.pack).map_err(|reason| Error::Stored { market, reason })?;
                    packs = packs.replaced(kept.pack);
                }
            }
            None => adopt(kernel, &actor, pack, None).await?,
        }
    }
    kernel.replace_packs(packs);
    Ok(())
}

/// Keeps a pack of the product as a version and puts it in force.
async fn adopt(kernel: &Kernel, actor: &Actor, pack: &Arc<Pack>, previous: Option<&ReadVersion>) -> Result<()> {
    let mut write = kernel.begin(actor).await?;
    // Another process may have been first.
    let now_active = store::active(write.tx(), pack.market()).await?;
    if now_active.as_ref().is_some_and(|active| active.hash == pack.version()) {
        return Ok(());
    }
    let version = Version {
        id: write.new_id(),
        market: pack.market().to_owned(),
        hash: pack.version().to_owned(),
        origin: Origin::Shipped,
        base_id: previous.map(|one| one.version.id.clone()),
        note: String::new(),
        changed: previous.map_or_else(Vec::new, |one| versions::changes(&one.pack, pack)),
        created_by: actor.id.clone(),
        created_at: write.now(),
        activated_at: Some(write.now()),
    };
    store::insert_version(write.tx(), &version, pack.sources()).await?;
    let previous_hash = previous.map(|one| one.version.hash.as_str());
    let act_id = write.act(act(&version, previous_hash, &version.changed, "")).await?;
    let active = Active {
        market: version.market.clone(),
        version_id: version.id.clone(),
        hash: version.hash.clone(),
        since: write.now(),
        act_id,
    };
    match previous {
        None => store::insert_active(write.tx(), &active).await?,
        Some(one) if store::replace_active(write.tx(), &active, &one.version.id).await? => {}
        Some(_) => return Err(Error::Stale),
    }
    write.commit().await?;
    Ok(())
}

/// Puts a version in force. `seen_id` is the version in force that the person compared it with.
///
/// # Errors
/// `forbidden`, `not_found`, `stale` when another version is in force by now, `policy_tests_fail`, `policy_unchanged`,
/// `invalid_input` when the reason is missing or the pack is refused.
pub async fn activate(kernel: &Kernel, actor: &Actor, version_id: &str, seen_id: &str, reason: &str) -> Result<Active> {
    actor.require(Permission::PoliciesManage)?;
    versions::check_note(reason)?;
    let next = versions::read_unchecked(kernel, version_id).await?;
    let seen = versions::read_unchecked(kernel, seen_id).await?;
    if next.version.market != seen.version.market {
        return Err(Error::Missing);
    }
    if next.version.id == seen.version.id {
        return Err(Error::Unchanged);
    }
    tables().check(&next.pack).map_err(Error::Refused)?;
    let run = tables().run_tests(&next.pack, kernel.today(), None, None).map_err(Error::Refused)?;
    if !run.failures.is_empty() {
        return Err(Error::TestsFail(run.failures));
    }
    let changed = versions::changes(&seen.pack, &next.pack);
    let mut write = kernel.begin(actor).await?;
    let act_id = write.act(act(&next.version, Some(&seen.version.hash), &changed, reason)).await?;
    let active = Active {
        market: next.version.market.clone(),
        version_id: next.version.id.clone(),
        hash: next.version.hash.clone(),
        since: write.now(),
        act_id,
    };
    if !store::replace_active(write.tx(), &active, seen_id).await? {
        return Err(Error::Stale);
    }
    store::mark_activated(write.tx(), &next.version.id, write.now()).await?;
    write.commit().await?;
    kernel.replace_packs(kernel.packs().replaced(next.pack));
    Ok(active)
}

fn act(version: &Version, previous: Option<&str>, changed: &[RowChange], reason: &str) -> Act {
    let modes: Vec<_> = changed
        .iter()
        .filter_map(|one| one.mode.as_ref().map(|(from, to)| json!({"row": one.row, "from": from, "to": to})))
        .take(CHANGED_ROWS_MAX)
        .collect();
    let mut act = Act::new("policy.activated", "policy", &version.market)
        .about("policy_version", &version.id)
        .outcome("in_force")
        .policy(&version.market, &version.hash)
        .public("market", version.market.clone())
        .public("version", version.hash.clone())
        .public("origin", version.origin.name())
        .public("changed", json!(versions::named(changed)))
        .public("changed_count", changed.len());
    if let Some(previous) = previous {
        act = act.public("previous", previous.to_owned());
    }
    if !modes.is_empty() {
        act = act.public("modes", modes);
    }
    if !reason.trim().is_empty() {
        act = act.private("reason", reason.trim().to_owned());
    }
    // A row has its own history on its page.
    for one in changed.iter().take(50) {
        act = act.about("policy_row", &row_subject(&version.market, &one.row));
    }
    act
}

/// The id under which the acts about a row are found.
pub fn row_subject(market: &str, row: &str) -> String {
    format!("{market}/{row}")
}

/// Changes the mode of one row and puts the result in force, in one step.
///
/// # Errors
/// As [`versions::save_mode`] and [`activate`].
pub async fn set_mode(
    kernel: &Kernel,
    actor: &Actor,
    seen_id: &str,
    row: (&str, &str, jiff::civil::Date),
    mode: Mode,
    reason: &str,
) -> Result<Active> {
    let version = versions::save_mode(kernel, actor, seen_id, row, mode, reason).await?;
    activate(kernel, actor, &version.id, seen_id, reason).await
}

/// Takes over what another process put in force. Returns how many markets changed.
///
/// # Errors
/// What the store says; a stored version this program refuses.
pub async fn follow(kernel: &Kernel) -> Result<u64> {
    let mut changed = 0;
    for active in store::all_active(kernel.db().read()).await? {
        let packs = kernel.packs();
        if packs.market(&active.market).is_ok_and(|pack| pack.version() == active.hash) {
            continue;
        }
        let read = versions::read_unchecked(kernel, &active.version_id).await?;
        let market = active.market.clone();
        tables().check(&read.pack).map_err(|reason| Error::Stored { market, reason })?;
        kernel.replace_packs(kernel.packs().replaced(read.pack));
        tracing::info!(market = active.market, version = active.hash, "another process put a policy version in force");
        changed += 1;
    }
    Ok(changed)
}

/// A listing that an activation had judged otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Affected {
    /// The `listing.rescreened` act.
    pub act: ActRecord,
    /// The listing's title today.
    pub title: String,
}

/// The listings that the rescreen after an activation judged otherwise, newest first: their `listing.rescreened` acts.
///
/// # Errors
/// `forbidden`.
pub async fn affected(
    kernel: &Kernel,
    actor: &Actor,
    active: &Active,
    rescreen: Option<&listings::Rescreen>,
    paging: &Paging,
) -> Result<Page<Affected>> {
    actor.require(Permission::PoliciesRead)?;
    actor.require(Permission::ListingsRead)?;
    let Some(rescreen) = rescreen else {
        return Ok(Page { rows: Vec::new(), total: 0, paging: paging.clone() });
    };
    let filter = kernel::store::ActFilter {
        kind: Some("listing.rescreened".to_owned()),
        from: Some(active.since.max(rescreen.created_at)),
        until: rescreen.finished_at.map(|at| at.plus_micros(1)),
        ..Default::default()
    };
    let mut page = kernel::store::acts(kernel, &filter, paging).await?;
    // Rescreens of two markets may run at once.
    page.rows.retain(|act| act.public.pointer("/policy").and_then(|all| all.get(&active.market)).is_some());
    let mut rows = Vec::with_capacity(page.rows.len());
    for act in page.rows {
        let listing = listings::get(kernel, actor, &act.subject.id).await.ok();
        rows.push(Affected { act, title: listing.map_or_else(String::new, |listing| listing.title) });
    }
    Ok(Page { rows, total: page.total, paging: page.paging })
}

/// The pack of the product that is not in force because the market's version was edited; `None` when they are the same.
pub fn shipped_beside(kernel: &Kernel, market: &str) -> Option<Arc<Pack>> {
    let shipped = policy::shipped();
    let pack = shipped.market(market).ok()?;
    let in_force = kernel.packs();
    let same = in_force.market(market).is_ok_and(|active| active.version() == pack.version());
    (!same).then(|| pack.clone())
}
