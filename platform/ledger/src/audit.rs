//! The whole ledger checked against itself and against the database.

use crate::erasure::ERASURE_KIND;
use crate::leaf::Leaf;
use crate::view::View;
use kernel::{ActRecord, Kernel, Result, commitment};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use tlog::tile::TILE_WIDTH;

/// What an audit looked at, and the first thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Audit {
    /// Leaves hashed.
    pub entries: u64,
    /// Tiles compared.
    pub tiles: u64,
    /// Acts compared with the database (0 for an audit without one).
    pub acts: u64,
    /// Private parts whose commitment was opened.
    pub openings: u64,
    /// Acts whose private part was erased.
    pub erased: u64,
    /// Size of the signed tree; `None` when the checkpoint itself was refused.
    pub size: Option<u64>,
    /// Root of the signed tree, base64.
    pub root: Option<String>,
    /// The first difference, in words, naming the file or the leaf; `None` when there is none.
    pub difference: Option<String>,
}

/// Re-reads the whole log of `view`: every entry, tile, hash and the signature; and compares every leaf with its act.
///
/// # Errors
/// What the store says. A difference is not an error: it is in the answer.
pub async fn audit(kernel: &Kernel, view: &View) -> Result<Audit> {
    let (view, source) = (view.clone(), kernel.clone());
    let runtime = tokio::runtime::Handle::current();
    let work = move || {
        let mut acts = Acts {
            fetch: |from, until| runtime.block_on(kernel::store::acts_at_leaves(&source, from, until)),
            page: HashMap::new(),
            ledger: Checks::default(),
            failure: None,
        };
        let result =
            tlog::audit(view.reader(), view.origin(), view.verifiers(), |index, entry| acts.check(index, entry));
        let audit = acts.ledger.finish(result);
        acts.failure.map_or(Ok(audit), Err)
    };
    let mut audit = tokio::task::spawn_blocking(work).await.map_err(ground::Problem::internal)??;
    if audit.difference.is_none()
        && let Some(act) = kernel::store::lost_act(kernel).await?
    {
        let difference =
            format!("act {} ({}) is in the database but neither in the log nor waiting for it", act.id, act.kind);
        audit.difference = Some(difference);
    }
    if audit.difference.is_none()
        && let Some(highest) = kernel::store::highest_leaf(kernel).await?
        && audit.size.is_some_and(|size| highest >= size)
    {
        // An act may have been appended and not yet published while the audit ran.
        audit.difference = beyond_the_log(kernel, highest).await?;
    }
    Ok(audit)
}

/// The difference that remains when the database knows a leaf beyond the audited tree and it is not a fresh one.
async fn beyond_the_log(kernel: &Kernel, highest: u64) -> Result<Option<String>> {
    const FRESH_MICROS: i64 = 60 * ground::time::SECOND_MICROS;
    let act = kernel::store::act_at_leaf(kernel, highest).await?;
    let old = act.filter(|act| act.at.plus_micros(FRESH_MICROS) < kernel.now());
    Ok(old.map(|act| format!("the database has act {} at leaf {highest}, which the log does not have", act.id)))
}

/// What is checked of every entry besides its hash, and what is counted.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    audit: Audit,
    ids: HashSet<String>,
    /// Acts that an erasure act names.
    named: HashSet<String>,
    /// Leaf and id of acts without private part.
    emptied: Vec<(u64, String)>,
}

impl Checks {
    /// Reads the leaf and refuses a second leaf of the same act.
    pub(crate) fn leaf(&mut self, entry: &[u8]) -> std::result::Result<Leaf, String> {
        let leaf = Leaf::parse(entry).map_err(|error| error.to_string())?;
        if !self.ids.insert(leaf.id.clone()) {
            return Err(format!("act {} is in the log twice", leaf.id));
        }
        if leaf.text("kind") == Some(ERASURE_KIND) {
            let erased = leaf.act.get("erased").and_then(Value::as_array).into_iter().flatten();
            self.named.extend(erased.filter_map(Value::as_str).map(str::to_owned));
        }
        Ok(leaf)
    }

    /// Compares a private part with the leaf's commitment, or remembers that it is gone.
    pub(crate) fn private(
        &mut self,
        index: u64,
        leaf: &Leaf,
        private: Option<&Value>,
        salt: Option<&[u8]>,
    ) -> std::result::Result<(), String> {
        match (private, salt) {
            (Some(private), Some(salt)) if commitment(salt, private) == leaf.commitment => {
                self.audit.openings += 1;
                Ok(())
            }
            (Some(_), Some(_)) => Err(format!("the private part of act {} is not the one committed to", leaf.id)),
            (None, None) => {
                self.emptied.push((index, leaf.id.clone()));
                Ok(())
            }
            _ => Err(format!("act {} has lost its private part or its salt, but not both", leaf.id)),
        }
    }

    pub(crate) fn count_act(&mut self) {
        self.audit.acts += 1;
    }

    /// Puts the counts and the first difference together.
    pub(crate) fn finish(mut self, result: std::result::Result<tlog::AuditReport, tlog::Difference>) -> Audit {
        match result {
            Ok(report) => {
                let checkpoint = report.checkpoint.checkpoint;
                self.audit.entries = report.entries;
                self.audit.tiles = report.tiles;
                self.audit.size = Some(checkpoint.size);
                self.audit.root = Some(checkpoint.root.to_base64());
                self.audit.erased = self.emptied.len() as u64;
                let unnamed = self.emptied.iter().find(|(_, id)| !self.named.contains(id));
                self.audit.difference = unnamed.map(|(index, id)| {
                    format!("leaf {index}: the private part of act {id} is gone, but no erasure act names it")
                });
            }
            Err(difference) => self.audit.difference = Some(difference.to_string()),
        }
        self.audit
    }
}

/// The acts of the database, fetched a bundle at a time as the leaves pass.
struct Acts<F> {
    fetch: F,
    page: HashMap<u64, ActRecord>,
    ledger: Checks,
    failure: Option<ground::Problem>,
}

impl<F: FnMut(u64, u64) -> Result<Vec<ActRecord>>> Acts<F> {
    fn check(&mut self, index: u64, entry: &[u8]) -> std::result::Result<(), String> {
        if index.is_multiple_of(TILE_WIDTH) {
            let acts = (self.fetch)(index, index + TILE_WIDTH).map_err(|problem| {
                let text = format!("the database could not be read: {problem}");
                self.failure = Some(problem);
                text
            })?;
            self.page.clear();
            for act in acts {
                let place = act.leaf_index.unwrap_or(index);
                if let Some(other) = self.page.insert(place, act) {
                    return Err(format!("the database has two acts at leaf {place}, one is {}", other.id));
                }
            }
        }
        let leaf = self.ledger.leaf(entry)?;
        let act = self.page.remove(&index);
        let act = act.ok_or_else(|| format!("act {} is in the log but the database has none at this leaf", leaf.id))?;
        compare(&leaf, &act, entry)?;
        self.ledger.private(index, &leaf, act.private.as_ref(), act.salt.as_deref())?;
        self.ledger.count_act();
        Ok(())
    }
}

/// The leaf against the act's row: public part, commitment, and the columns people search by.
fn compare(leaf: &Leaf, act: &ActRecord, entry: &[u8]) -> std::result::Result<(), String> {
    let id = &leaf.id;
    if act.id != *id {
        return Err(format!("the log has act {id} here, the database has act {}", act.id));
    }
    if act.commitment != leaf.commitment {
        return Err(format!("the commitment of act {id} in the database is another than in the log"));
    }
    let columns = [
        ("kind", leaf.text("kind").map(str::to_owned), act.kind.clone()),
        ("at", leaf.text("at").map(str::to_owned), act.at.to_rfc3339()),
        ("actor", inner(&leaf.act, "actor", "id"), act.actor.clone()),
        ("subject kind", inner(&leaf.act, "subject", "kind"), act.subject.kind.clone()),
        ("subject", inner(&leaf.act, "subject", "id"), act.subject.id.clone()),
    ];
    for (name, in_log, in_database) in columns {
        if in_log.as_deref() != Some(in_database.as_str()) {
            let in_log = in_log.unwrap_or_default();
            return Err(format!("the {name} of act {id} is “{in_log}” in the log and “{in_database}” in the database"));
        }
    }
    if act.leaf() != entry {
        let field = first_different_field(&leaf.act, &act.public);
        return Err(format!("“{field}” in the public part of act {id} differs between log and database"));
    }
    Ok(())
}

fn inner(act: &Value, field: &str, key: &str) -> Option<String> {
    Some(act.get(field)?.get(key)?.as_str()?.to_owned())
}

fn first_different_field(in_log: &Value, in_database: &Value) -> String {
    let empty = serde_json::Map::new();
    let (a, b) = (in_log.as_object().unwrap_or(&empty), in_database.as_object().unwrap_or(&empty));
    let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
    keys.sort();
    let different = keys.into_iter().find(|key| a.get(*key) != b.get(*key));
    different.cloned().unwrap_or_else(|| "spelling".to_owned())
}
