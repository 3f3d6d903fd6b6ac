//! Erasing a person: the private parts and salts of the acts about them go, and an act says so. Leaves, commitments and
//! therefore all proofs stay as they are; without the salt a commitment tells nothing.

use kernel::store::{ActFilter, acts, erase_private};
use kernel::{Act, Actor, Kernel, Paging, Permission, Result, Subject};
use serde_json::json;

/// Most act ids one erasure act names; more acts are written for more.
const IDS_MAX: usize = 1_000;
/// Kind of the act that records an erasure.
pub const ERASURE_KIND: &str = "subject.erased";

/// What an erasure did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Acts whose private part was emptied.
    pub acts_erased: u64,
    /// Ids of the acts that record it.
    pub erasure_acts: Vec<String>,
}

/// Empties the private parts of all acts about a subject, and records it. Acts that were erased before stay erased. Rows
/// in the slices' own tables are the slices' duty.
///
/// # Errors
/// `forbidden` without [`Permission::LedgerErase`]; `invalid_input` for a subject without acts; what the store says.
pub async fn erase(kernel: &Kernel, actor: &Actor, subject: &Subject, reason: &str) -> Result<Erasure> {
    actor.require(Permission::LedgerErase)?;
    let mut write = kernel.begin(actor).await?;
    // Read inside the write transaction's time: on SQLite nobody else writes now; elsewhere an act written meanwhile is
    // left for the next erasure and still shows its private part, so it can be seen.
    let ids = ids_with_private_part(kernel, subject).await?;
    if ids.is_empty() {
        return Err(ground::Problem::invalid_field("subject", "ledger-nothing-to-erase"));
    }
    let mut erasure_acts = Vec::new();
    for chunk in ids.chunks(IDS_MAX) {
        let act = Act::new(ERASURE_KIND, &subject.kind, &subject.id)
            .outcome("erased")
            .public("erased", json!(chunk))
            .private("reason", reason);
        erasure_acts.push(write.act(act).await?);
    }
    let acts_erased = erase_private(write.tx(), &ids).await?;
    write.commit().await?;
    Ok(Erasure { acts_erased, erasure_acts })
}

async fn ids_with_private_part(kernel: &Kernel, subject: &Subject) -> Result<Vec<String>> {
    let filter = ActFilter { subject: Some(subject.clone()), ..ActFilter::default() };
    let mut ids = Vec::new();
    let mut paging = Paging::new(1, ground::limits::PAGE_ROWS_MAX);
    loop {
        let page = acts(kernel, &filter, &paging).await?;
        let last = page.rows.len() < paging.rows as usize;
        let open = page.rows.into_iter().filter(|act| act.private.is_some() || act.salt.is_some());
        ids.extend(open.filter(|act| act.kind != ERASURE_KIND).map(|act| act.id));
        if last {
            return Ok(ids);
        }
        paging.page += 1;
    }
}
