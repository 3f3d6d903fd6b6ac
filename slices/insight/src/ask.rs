//! A question, its answer, and the row it leaves behind.

use crate::{Error, sources, store};
use kernel::{Actor, Kernel, Permission};
use lake::{Answer, Described, Extra};
use sha2::{Digest, Sha256};

/// An answered question.
#[derive(Debug)]
pub struct Asked {
    /// The answer.
    pub answer: Answer,
    /// How long it took, milliseconds.
    pub milliseconds: i64,
    /// Tables of which only a part was looked at, with the number of rows that were.
    pub partial: Vec<(String, usize)>,
}

/// A question that was asked once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Id.
    pub id: String,
    /// When, UTC microseconds.
    pub at: i64,
    /// By whom.
    pub actor_id: String,
    /// SHA-256 of its text, hexadecimal.
    pub sql_hash: String,
    /// `answered`, `cut` (more rows than were handed out), or the name of the refusal.
    pub outcome: String,
    /// Rows handed out.
    pub rows: i64,
    /// How long it took, milliseconds.
    pub milliseconds: i64,
}

/// Answers a question over `signals` (the newest included), `days`, and the tables of other duties that the asker may read.
///
/// # Errors
/// `forbidden`; `query_invalid` with the place, `query_read_only`, `query_too_large`, `query_busy`.
pub async fn ask(kernel: &Kernel, actor: &Actor, sql: &str) -> Result<Asked, Error> {
    actor.require(Permission::HistoryRead)?;
    let began = kernel.clock().now();
    let outcome = answer(kernel, actor, sql).await;
    let milliseconds = (kernel.clock().now().micros() - began.micros()).max(0) / 1_000;
    let (name, rows) = match &outcome {
        Ok((answer, _)) if answer.truncated => ("cut", answer.len()),
        Ok((answer, _)) => ("answered", answer.len()),
        Err(Error::Query(error)) => (error.message().0, 0),
        Err(_) => ("failed", 0),
    };
    let run = Run {
        id: kernel.new_id(),
        at: began.micros(),
        actor_id: actor.id.clone(),
        sql_hash: hex::encode(Sha256::digest(sql.as_bytes())),
        outcome: name.to_owned(),
        rows: rows as i64,
        milliseconds,
    };
    store::record(kernel, &run).await?;
    let (answer, partial) = outcome?;
    Ok(Asked { answer, milliseconds, partial })
}

async fn answer(kernel: &Kernel, actor: &Actor, sql: &str) -> Result<(Answer, Vec<(String, usize)>), Error> {
    let lake = signals::lake(kernel)?;
    let now = kernel.now();
    let named = lake.tables_named(sql, now)?;
    let mut extra = Extra::default().with_tail(signals::tail(kernel)?);
    let mut partial = Vec::new();
    for source in sources::ALL {
        if !named.iter().any(|name| name == source.name()) {
            // Its columns are known to DESCRIBE; its rows are fetched when it is asked for.
            extra = extra.table(source.name(), source.columns(), Vec::new());
            continue;
        }
        let fetched = source.rows(kernel, actor).await?;
        if fetched.is_cut {
            partial.push((source.name().to_owned(), fetched.rows.len()));
        }
        extra = extra.table(source.name(), source.columns(), fetched.rows);
    }
    Ok((lake.query(sql, extra, now).await?, partial))
}

/// The tables a question may name, with their columns.
///
/// # Errors
/// `forbidden`.
pub async fn tables(kernel: &Kernel, actor: &Actor) -> Result<Vec<Described>, Error> {
    actor.require(Permission::HistoryRead)?;
    let mut all = signals::lake(kernel)?.tables();
    all.extend(
        sources::ALL.iter().map(|source| Described { name: source.name().to_owned(), columns: source.columns() }),
    );
    Ok(all)
}

/// The newest questions of everybody, newest first: who asked how much.
///
/// # Errors
/// `forbidden`.
pub async fn runs(kernel: &Kernel, actor: &Actor, paging: &kernel::Paging) -> Result<kernel::Page<Run>, Error> {
    actor.require(Permission::HistoryRead)?;
    // An analyst sees what they asked themselves; who watches over the work sees all.
    let own = (!actor.may(Permission::LedgerRead)).then_some(actor.id.as_str());
    store::runs(kernel, own, paging).await
}
