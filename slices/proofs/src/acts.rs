//! Which acts an actor may see.

use ground::limits::{LINE_CHARS_MAX, PAGE_ROWS_MAX};
use ground::{Fault, Problem, Timestamp};
use jiff::civil::Date;
use kernel::store::ActFilter;
use kernel::{ActRecord, Actor, Consumer, Kernel, Page, Paging, Permission, Result, Subject};
use ledger::leaf::Opening;
use ledger::{ActProof, View as LedgerView};
use serde_json::Value;
use tlog::{Hash, SignedCheckpoint};

/// Most rows of one CSV export.
pub const EXPORT_ROWS_MAX: u64 = 10_000;

/// Kinds of things acts are about; the order in which an id without a kind is looked for.
pub const SUBJECT_KINDS: &[&str] = &[
    "listing",
    "merchant",
    "qualification",
    "brand",
    "review_item",
    "visit",
    "policy_version",
    "policy",
    "user",
    "import",
    "fingerprint",
    "blacklist",
    "review_golden",
    "rescreen",
    "webhook",
    "token",
    "report",
    "laboratory",
];

/// What a list is asked for, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActQuery {
    /// Kind of thing; may be left out when the id says it.
    pub subject_kind: Option<String>,
    /// Id of the thing.
    pub subject: Option<String>,
    /// Kind of act, or the beginning of kinds, ending with a dot.
    pub kind: Option<String>,
    /// Id of who acted.
    pub actor: Option<String>,
    /// A date (in the operator's zone) or an RFC 3339 moment; acts not before it.
    pub from: Option<String>,
    /// A date, which is included, or an RFC 3339 moment, before which acts are.
    pub until: Option<String>,
}

/// Acts the actor may see, newest first.
///
/// # Errors
/// `forbidden` without any permission, `not_found` for another organisation's things, `invalid_input` for a date that is
/// none; what the store says.
pub async fn list(kernel: &Kernel, actor: &Actor, query: &ActQuery, paging: &Paging) -> Result<Page<ActRecord>> {
    let filter = filter(kernel, actor, query).await?;
    let page = kernel::store::acts(kernel, &filter, paging).await?;
    Ok(page.map(|act| without_private(actor, act)))
}

/// The same over all pages, for an export: at most [`EXPORT_ROWS_MAX`] rows.
///
/// # Errors
/// As [`list`].
pub async fn export(kernel: &Kernel, actor: &Actor, query: &ActQuery) -> Result<Vec<ActRecord>> {
    let mut rows = Vec::new();
    let mut paging = Paging::new(1, PAGE_ROWS_MAX);
    loop {
        let page = list(kernel, actor, query, &paging).await?;
        let last = paging.page >= page.pages();
        rows.extend(page.rows);
        if last || rows.len() as u64 >= EXPORT_ROWS_MAX {
            return Ok(rows);
        }
        paging.page += 1;
    }
}

/// One act, without its private part for who may not see it.
///
/// # Errors
/// `not_found` where there is none, or none the actor may know of.
pub async fn one(kernel: &Kernel, actor: &Actor, id: &str) -> Result<ActRecord> {
    let act = kernel::store::act(kernel, id).await?.ok_or_else(Problem::not_found)?;
    require(actor, &act)?;
    Ok(without_private(actor, act))
}

/// The proof of an act in the newest published tree.
///
/// # Errors
/// As [`one`]; `ledger_not_yet` and `ledger_corrupt` as [`ledger::proof::prove`].
pub async fn proof(kernel: &Kernel, view: &LedgerView, actor: &Actor, id: &str) -> Result<ActProof> {
    one(kernel, actor, id).await?;
    let mut proof = ledger::proof::prove(kernel, view, id).await?;
    proof.act = without_private(actor, proof.act);
    Ok(proof)
}

/// The private part of an act with its salt, to check it against the commitment.
///
/// # Errors
/// As [`one`]; `forbidden` for who is not of the operator's staff; `not_found` after an erasure.
pub async fn opening(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Opening> {
    actor.require(Permission::LedgerRead)?;
    if !sees_private(actor) {
        return Err(Problem::forbidden());
    }
    let act = one(kernel, actor, id).await?;
    match (act.salt, act.private) {
        (Some(salt), Some(private)) => Ok(Opening { act: act.id, salt, private }),
        _ => Err(Problem::not_found()),
    }
}

/// The present state of the ledger.
#[derive(Debug, Clone)]
pub struct LedgerState {
    /// The newest published tree.
    pub head: SignedCheckpoint,
    /// Acts that wait for the log.
    pub waiting: u64,
}

/// The present state of the ledger: it is for everybody, as the checkpoint is.
///
/// # Errors
/// `ledger_corrupt` when the checkpoint cannot be read; what the store says.
pub async fn state(kernel: &Kernel, view: &LedgerView) -> Result<LedgerState> {
    let reading = view.clone();
    let head = tokio::task::spawn_blocking(move || reading.head()).await.map_err(Problem::internal)??;
    let waiting = kernel::store::waiting(kernel, Consumer::Ledger).await?;
    Ok(LedgerState { head, waiting })
}

/// That the present tree continues an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Continuation {
    /// Leaves of the earlier tree.
    pub old_size: u64,
    /// Leaves of the present tree.
    pub size: u64,
    /// Consistency proof.
    pub proof: Vec<Hash>,
    /// The present checkpoint, a signed note.
    pub checkpoint: String,
}

/// The proof that the present tree continues the one with `old_size` leaves: for everybody, as the tiles are.
///
/// # Errors
/// `invalid_input` for a size the log never had; `ledger_corrupt` when its tiles cannot be read.
pub async fn continuation(view: &LedgerView, old_size: u64) -> Result<Continuation> {
    let view = view.clone();
    let work = move || {
        let head = view.head()?;
        let size = head.checkpoint.size;
        if old_size == 0 || old_size > size {
            let fault = Fault::field("old_size", "proofs-old-size").arg("size", size);
            return Err(Problem::invalid(vec![fault]));
        }
        let proof = view.consistency_proof(old_size, size)?;
        let checkpoint = head.note.to_string();
        Ok(Continuation { old_size, size, proof, checkpoint })
    };
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)?
}

/// Whether the actor sees private parts: the operator's own staff who may read the ledger.
pub fn sees_private(actor: &Actor) -> bool {
    let staff = actor.is_system() || actor.roles.iter().any(|role| role.is_staff());
    staff && actor.may(Permission::LedgerRead)
}

fn without_private(actor: &Actor, mut act: ActRecord) -> ActRecord {
    if !sees_private(actor) {
        act.private = None;
        act.salt = None;
    }
    act
}

/// The merchant whose acts somebody without `ledger_read` may see.
fn own_merchant(actor: &Actor) -> Result<Subject> {
    if !actor.may(Permission::OwnMerchant) {
        actor.require(Permission::OwnListings)?;
    }
    Ok(Subject::new("merchant", actor.own_organisation()?))
}

fn require(actor: &Actor, act: &ActRecord) -> Result<()> {
    if actor.may(Permission::LedgerRead) {
        return Ok(());
    }
    let own = own_merchant(actor)?;
    if act.subject == own || related(act).contains(&own) {
        return Ok(());
    }
    Err(Problem::not_found())
}

/// The other things an act concerns.
pub fn related(act: &ActRecord) -> Vec<Subject> {
    let all = act.public.get("related").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|one| Some(Subject::new(one.get("kind")?.as_str()?, one.get("id")?.as_str()?))).collect()
}

async fn filter(kernel: &Kernel, actor: &Actor, query: &ActQuery) -> Result<ActFilter> {
    let mut faults = Vec::new();
    let short = |name: &'static str, value: &Option<String>, faults: &mut Vec<Fault>| {
        let value = value.as_deref().map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned);
        if value.as_ref().is_some_and(|value| value.chars().count() > LINE_CHARS_MAX) {
            faults.push(Fault::field(name, "proofs-too-long").arg("most", LINE_CHARS_MAX));
        }
        value
    };
    let subject_id = short("subject", &query.subject, &mut faults);
    let subject_kind = short("subject_kind", &query.subject_kind, &mut faults);
    let kind = short("kind", &query.kind, &mut faults);
    let by = short("actor", &query.actor, &mut faults);
    let moment = |name: &'static str, text: &Option<String>, last: bool, faults: &mut Vec<Fault>| {
        let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
        let read = parse_moment(kernel, text, last);
        if read.is_none() {
            faults.push(Fault::field(name, "proofs-date"));
        }
        read
    };
    let from = moment("from", &query.from, false, &mut faults);
    let until = moment("until", &query.until, true, &mut faults);
    Problem::check(faults)?;
    let subject = match (subject_kind, subject_id) {
        (Some(kind), Some(id)) => Some(Subject::new(&kind, &id)),
        (None, Some(id)) => Some(find_subject(kernel, &id).await?),
        _ => None,
    };
    let subject = if actor.may(Permission::LedgerRead) {
        subject
    } else {
        let own = own_merchant(actor)?;
        if subject.is_some_and(|asked| asked != own) {
            return Err(Problem::not_found());
        }
        Some(own)
    };
    Ok(ActFilter { subject, kind, actor: by, from, until })
}

/// The kind of thing that acts with this id are about; an unknown id keeps the first kind and finds nothing.
async fn find_subject(kernel: &Kernel, id: &str) -> Result<Subject> {
    for kind in SUBJECT_KINDS {
        if !kernel::store::history(kernel, kind, id, 1).await?.is_empty() {
            return Ok(Subject::new(kind, id));
        }
    }
    Ok(Subject::new(SUBJECT_KINDS[0], id))
}

fn parse_moment(kernel: &Kernel, text: &str, last: bool) -> Option<Timestamp> {
    if let Some(moment) = Timestamp::parse_rfc3339(text) {
        return Some(moment);
    }
    let date: Date = text.parse().ok()?;
    let date = if last { date.tomorrow().ok()? } else { date };
    Some(Timestamp::start_of(date, kernel.zone()))
}
