//! Trees of the ledger put into places outside, regularly, and what became of each.
//!
//! A tree is put somewhere when the place's newest one is older than the interval and the log has grown. No act is written
//! about it: an act is a leaf, a leaf makes a new tree, and the new tree would have to be anchored.

pub mod chain;
pub mod webhook;

use crate::store;
use ground::time::SECOND_MICROS;
use ground::{Problem, Timestamp};
use kernel::{Actor, Job, Kernel, Page, Paging, Permission, Result};
use ledger::anchor::{Anchor, AnchorError, FileAnchor, Receipt};
use ledger::disk::LocalDisk;
use ledger::{ActProof, Ledger, View};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tlog::SignedCheckpoint;
use web::outbound::Client;

/// How often the job looks, seconds.
const LOOK_SECONDS: u64 = 30;
/// Pause after a failure before a place is tried again, seconds.
const RETRY_SECONDS: i64 = 300;
/// Anchors looked after in one turn.
const PENDING_MAX: u64 = 20;

/// What the operator set. Empty texts: not this kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnchorSettings {
    /// Least time between two anchors in one place, minutes; 0 is taken for 60.
    pub every_minutes: u64,
    /// A file that only grows.
    pub file: String,
    /// An address that receives signed statements.
    pub webhook: String,
    /// Its secret, `whsec_…`; empty: only the log's signature in the body.
    pub webhook_secret: String,
    /// JSON-RPC address of an EVM node.
    pub chain: String,
    /// The paying account's key, 32 bytes in hexadecimal.
    pub chain_key: String,
    /// Blocks on top of a transaction before it counts as there for good; 0 is taken for 12.
    pub chain_confirmations: u64,
}

/// What became of an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Put there; whether for good is not known yet.
    Sent,
    /// There for good.
    Final,
    /// Gone: the chain dropped or refused it. It is put there again.
    Lost,
}

impl State {
    /// Stable name, also in message ids (`proofs-anchor-final`).
    pub fn name(self) -> &'static str {
        match self {
            State::Sent => "sent",
            State::Final => "final",
            State::Lost => "lost",
        }
    }

    pub(crate) fn from_name(name: &str) -> State {
        match name {
            "final" => State::Final,
            "lost" => State::Lost,
            _ => State::Sent,
        }
    }
}

/// A tree that was put somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorRow {
    /// Id.
    pub id: String,
    /// `file`, `webhook`, `evm`.
    pub kind: String,
    /// Which one.
    pub place: String,
    /// Leaves of the tree.
    pub size: u64,
    /// Its root, base64.
    pub root: String,
    /// When it was put there.
    pub at: Timestamp,
    /// What became of it.
    pub state: State,
    /// Where in the place: a line, a status, a transaction.
    pub reference: String,
    /// The checkpoint.
    pub checkpoint: String,
}

impl AnchorRow {
    /// What a stranger needs to look for it.
    pub fn receipt(&self) -> Receipt {
        Receipt {
            kind: self.kind.clone(),
            place: self.place.clone(),
            reference: self.reference.clone(),
            at: self.at,
            checkpoint: self.checkpoint.clone(),
        }
    }
}

/// The places that were set.
///
/// # Errors
/// Which setting is wrong and why, as text.
pub fn places(ledger: &Ledger, client: &Client, settings: &AnchorSettings) -> Result<Vec<Arc<dyn Anchor>>, String> {
    let mut places: Vec<Arc<dyn Anchor>> = Vec::new();
    if !settings.file.is_empty() {
        let path = Path::new(&settings.file);
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("the anchor file has no name")?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(format!("the anchor file's folder {} is not there", folder.display()));
        }
        let view = ledger.view();
        let disk = Arc::new(LocalDisk::reader(folder));
        places.push(Arc::new(FileAnchor::new(disk, name, &settings.file, view.origin(), view.verifiers().to_vec())));
    }
    if !settings.webhook.is_empty() {
        client.parse(&settings.webhook).map_err(|error| format!("the anchor webhook: {error}"))?;
        let anchor = webhook::WebhookAnchor::new(client.clone(), &settings.webhook, &settings.webhook_secret)?;
        places.push(Arc::new(anchor));
    }
    if !settings.chain.is_empty() {
        client.parse(&settings.chain).map_err(|error| format!("the anchor chain: {error}"))?;
        let confirmations = if settings.chain_confirmations == 0 { 12 } else { settings.chain_confirmations };
        let anchor = chain::ChainAnchor::new(client.clone(), &settings.chain, &settings.chain_key, confirmations)?;
        places.push(Arc::new(anchor));
    }
    Ok(places)
}

/// Troubles of places in this process, for people, and when each is tried again.
#[derive(Debug, Default)]
pub(crate) struct Troubles(Mutex<HashMap<String, (String, Timestamp)>>);

impl Troubles {
    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<String, (String, Timestamp)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wrong, place by place.
    pub(crate) fn list(&self) -> Vec<(String, String)> {
        let mut all: Vec<_> = self.all().iter().map(|(place, (reason, _))| (place.clone(), reason.clone())).collect();
        all.sort();
        all
    }
}

/// The job that anchors.
pub fn job(ledger: Ledger, places: Vec<Arc<dyn Anchor>>, every_minutes: u64) -> Job {
    let every_minutes = if every_minutes == 0 { 60 } else { every_minutes };
    Job::new("ledger-anchors", Duration::from_secs(LOOK_SECONDS), move |kernel| {
        let (ledger, places) = (ledger.clone(), places.clone());
        async move {
            for place in &places {
                tend(&kernel, &ledger, place.as_ref(), every_minutes).await?;
            }
            Ok(0)
        }
    })
}

/// One turn for one place. What the place does wrong is kept for people; only the store's problems are returned.
async fn tend(kernel: &Kernel, ledger: &Ledger, place: &dyn Anchor, every_minutes: u64) -> Result<()> {
    let troubles = kernel.memory::<Troubles>();
    let name = place.place();
    if troubles.all().get(&name).is_some_and(|(_, until)| *until > kernel.now()) {
        return Ok(());
    }
    let done = async {
        follow(kernel, ledger.view(), place).await?;
        put(kernel, ledger, place, every_minutes).await
    };
    match done.await {
        Ok(()) => {
            troubles.all().remove(&name);
            Ok(())
        }
        Err(Turn::Place(error)) => {
            if matches!(error, AnchorError::Contradiction(_)) {
                tracing::error!(place = %name, %error, "an anchor contradicts the ledger");
            } else {
                tracing::warn!(place = %name, %error, "an anchor could not be reached");
            }
            let until = kernel.now().plus_micros(RETRY_SECONDS * SECOND_MICROS);
            troubles.all().insert(name, (error.to_string(), until));
            Ok(())
        }
        Err(Turn::House(problem)) => Err(problem),
    }
}

/// Why a turn ended.
enum Turn {
    Place(AnchorError),
    House(Problem),
}

impl From<AnchorError> for Turn {
    fn from(error: AnchorError) -> Self {
        Turn::Place(error)
    }
}

impl From<Problem> for Turn {
    fn from(problem: Problem) -> Self {
        Turn::House(problem)
    }
}

fn open(view: &View, row: &AnchorRow) -> Result<SignedCheckpoint, AnchorError> {
    SignedCheckpoint::open(row.checkpoint.as_bytes(), view.origin(), view.verifiers())
        .map_err(|error| AnchorError::Contradiction(format!("anchor {}: {error}", row.id)))
}

async fn follow(kernel: &Kernel, view: &View, place: &dyn Anchor) -> Result<(), Turn> {
    for row in store::pending(kernel, place.kind(), &place.place(), PENDING_MAX).await? {
        match place.is_final(&row.reference, &open(view, &row)?).await? {
            Some(true) => store::set_state(kernel, &row.id, State::Final).await?,
            Some(false) => store::set_state(kernel, &row.id, State::Lost).await?,
            None => {}
        }
    }
    Ok(())
}

async fn put(kernel: &Kernel, ledger: &Ledger, place: &dyn Anchor, every_minutes: u64) -> Result<(), Turn> {
    let now = kernel.now();
    let last = store::newest(kernel, place.kind(), &place.place()).await?;
    let pause = i64::try_from(every_minutes).unwrap_or(i64::MAX).saturating_mul(60).saturating_mul(SECOND_MICROS);
    if last.as_ref().is_some_and(|last| now.micros().saturating_sub(last.at.micros()) < pause) {
        return Ok(());
    }
    let known = last.map_or(0, |last| last.size);
    let view = ledger.view().clone();
    let tree = tokio::task::spawn_blocking(move || newest_tree(&view, known)).await.map_err(Problem::internal)?;
    let Some(tree) = tree.map_err(Problem::from)? else { return Ok(()) };
    let signing = ledger.clone();
    let reference = place.put(&tree, now, &move |text: &str| signing.sign(text)).await?;
    let row = AnchorRow {
        id: kernel.new_id(),
        kind: place.kind().to_owned(),
        place: place.place(),
        size: tree.checkpoint.size,
        root: tree.checkpoint.root.to_base64(),
        at: now,
        state: State::Sent,
        reference: reference.clone(),
        checkpoint: tree.note.to_string(),
    };
    store::insert(kernel, &row).await?;
    if place.is_final(&reference, &tree).await? == Some(true) {
        store::set_state(kernel, &row.id, State::Final).await?;
    }
    Ok(())
}

/// The newest tree with enough cosignatures, else the newest; `None` when it is no larger than what is known there.
fn newest_tree(view: &View, known: u64) -> Result<Option<SignedCheckpoint>, ledger::LogError> {
    if let Some(tree) = view.cosigned(ledger::cosign::QUORUM)?.filter(|tree| tree.checkpoint.size > known) {
        return Ok(Some(tree));
    }
    Ok(Some(view.head()?).filter(|head| head.checkpoint.size > known))
}

/// Anchors, newest first: for everybody, as the checkpoints are.
///
/// # Errors
/// What the store says.
pub async fn list(kernel: &Kernel, kind: Option<&str>, paging: &Paging) -> Result<Page<AnchorRow>> {
    store::list(kernel, kind.filter(|kind| !kind.is_empty()), paging).await
}

/// One anchor.
///
/// # Errors
/// `not_found`; what the store says.
pub async fn one(kernel: &Kernel, id: &str) -> Result<AnchorRow> {
    store::one(kernel, id).await?.ok_or_else(Problem::not_found)
}

/// The proof of an act in a tree that stands outside too, with the receipt of where. `None` when no such tree has the act
/// yet.
///
/// # Errors
/// `forbidden` without `ledger_read`; as [`crate::acts::proof`].
pub async fn proof(kernel: &Kernel, view: &View, actor: &Actor, act: &str) -> Result<Option<(ActProof, Receipt)>> {
    actor.require(Permission::LedgerRead)?;
    let act = crate::acts::one(kernel, actor, act).await?;
    let index = act.leaf_index.ok_or_else(|| Problem::new(&ledger::NOT_YET))?;
    let Some(row) = store::covering(kernel, index).await? else { return Ok(None) };
    let view = view.clone();
    let work = move || {
        let tree = SignedCheckpoint::open(row.checkpoint.as_bytes(), view.origin(), view.verifiers())
            .map_err(|error| Problem::new(&ledger::CORRUPT).because(error))?;
        let proof = ledger::proof::prove_in(&view, act, index, tree)?;
        Ok(Some((proof, row.receipt())))
    };
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)?
}
