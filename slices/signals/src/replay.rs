//! Folding again what was folded, elsewhere, and comparing: the proof that the state is what the log says.

use crate::error::Error;
use crate::model::day_date;
use crate::snapshot::Snapshots;
use crate::works::{Works, engine_settings, works};
use kernel::{Actor, Kernel, Permission, Result};
use lake::Extra;
use std::fs;
use std::io;
use std::path::Path;
use stream::State;
use stream::state::MemorySpill;

/// What a replay found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replayed {
    /// The block it began behind; 0: from nothing.
    pub from: u64,
    /// The block it ended with.
    pub until: u64,
    /// Signals folded again.
    pub signals: u64,
    /// Days closed again.
    pub closed: u64,
    /// SHA-256 of the state that runs, hexadecimal.
    pub digest: String,
    /// SHA-256 of the state folded again, hexadecimal.
    pub replayed_digest: String,
    /// Parts of the log that could not be read, passed over in both.
    pub damage: Vec<String>,
}

impl Replayed {
    /// Whether both states are the same, bit by bit.
    pub fn is_same(&self) -> bool {
        self.digest == self.replayed_digest
    }
}

/// Folds the log into a second state and compares its digest with that of the running one. It begins with nothing where the
/// log is whole, else behind the oldest snapshot. The second state lives in memory. The fold that runs waits for the moment
/// in which its digest is taken.
///
/// # Errors
/// `forbidden`, `signals_closed`; what the disk says.
pub async fn replay(kernel: &Kernel, actor: &Actor) -> Result<Replayed> {
    actor.require(Permission::SignalsRead)?;
    let works = works(kernel)?;
    let found = tokio::task::spawn_blocking(move || replay_now(&works));
    Ok(found.await.map_err(ground::Problem::internal)??)
}

fn replay_now(works: &Works) -> std::result::Result<Replayed, Error> {
    // The base before the digest: a snapshot that is read is not thrown away under us, at worst it is not found.
    let copy = works.settings.folder.join("replay");
    let cleared = || match fs::remove_dir_all(&copy) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::Disk { kept: 0, source: error }),
        _ => Ok(()),
    };
    cleared()?;
    let (mut state, from) = base(works, &copy)?;
    let (digest, until) = {
        let running = works.fold.state();
        (running.digest().map_err(Error::storage)?, running.position())
    };
    let mut found = Replayed { from, until, digest: hex::encode(digest), ..Replayed::default() };
    for block in works.log.read(from + 1) {
        let block = match block {
            Ok(block) => block,
            Err(damage) => {
                found.damage.push(damage.to_string());
                continue;
            }
        };
        if block.sequence > until {
            break;
        }
        match state.fold(&block.payload, block.sequence, &mut |_| {}) {
            Ok(folded) => {
                found.signals += folded.signals;
                found.closed += folded.closed.len() as u64;
            }
            Err(stream::state::Error::Block(error)) => {
                state.skip(block.sequence);
                found.damage.push(format!("block {}: {error}", block.sequence));
            }
            Err(error) => return Err(Error::storage(error)),
        }
    }
    found.replayed_digest = hex::encode(state.digest().map_err(Error::storage)?);
    drop(state);
    cleared()?;
    Ok(found)
}

/// The state a replay begins with.
fn base(works: &Works, copy: &Path) -> std::result::Result<(State, u64), Error> {
    if works.log.start() <= 1 {
        let settings = engine_settings(&works.folding, works.secret, usize::MAX)?;
        return Ok((State::new(settings, Box::new(MemorySpill::default())), 0));
    }
    let disk = |source: io::Error| Error::Disk { kept: 0, source };
    let all = works.snapshots.all().map_err(disk)?;
    let mut why = String::from("there is no snapshot");
    for found in all.iter().rev() {
        let by = Snapshots::settings_of(found)?;
        // A snapshot refers to the spill beside it: it is read over a copy.
        copy_folder(&works.settings.folder.join("spill"), copy).map_err(disk)?;
        let spill = segments::SpillFile::open(copy).map_err(disk)?;
        match Snapshots::read(found, engine_settings(&by, works.secret, works.settings.hot_keys_max)?, Box::new(spill))
        {
            Ok(state) => return Ok((state, found.position)),
            Err(error) => why = error.to_string(),
        }
    }
    Err(Error::storage(format!("the log begins at block {}, and {why}", works.log.start())))
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// What a recount of a day found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recounted {
    /// The day.
    pub day: String,
    /// Signals of the day one by one: in the history and in the log.
    pub signals: u64,
    /// Signals of the day as its closings summed them up.
    pub summed: u64,
    /// Keys whose sums differ, at most [`DIFFERING_MAX`]; too late and unbelievable signals are in the first count only.
    pub differing: Vec<String>,
}

/// Keys named at most.
pub const DIFFERING_MAX: usize = 100;

/// Counts the signals of a closed day one by one, out of the history, and compares with what its closings summed up, for every
/// merchant.
///
/// # Errors
/// `forbidden`, `signals_closed`; what the history says.
pub async fn recount(kernel: &Kernel, actor: &Actor, day: i32) -> Result<Recounted> {
    actor.require(Permission::SignalsRead)?;
    let works = works(kernel)?;
    let date = day_date(day);
    let tail = crate::compaction::tail(kernel)?;
    let (lake, now) = (works.lake.clone(), kernel.now());
    let ask = async |sql: String| {
        let extra = Extra::default().with_tail(std::sync::Arc::clone(&tail));
        lake.query(&sql, extra, now).await.map_err(Error::storage)
    };
    let single =
        ask(format!("SELECT merchant, count(*) FROM signals WHERE day = DATE '{date}' GROUP BY merchant")).await?;
    let summed = ask(format!(
        "SELECT merchant, sum(signals) FROM days WHERE day = DATE '{date}' AND key_kind = 'merchant' GROUP BY merchant"
    ))
    .await?;
    let counts = |answer: &lake::Answer| -> std::collections::BTreeMap<String, u64> {
        let cell = |row: &[lake::Cell], place: usize| row.get(place).map(|cell| cell.text(answer.zone()));
        answer.rows().filter_map(|row| Some((cell(&row, 0)?, cell(&row, 1)?.parse().ok()?))).collect()
    };
    let (single, summed) = (counts(&single), counts(&summed));
    let mut differing: Vec<String> = single
        .keys()
        .chain(summed.keys())
        .filter(|merchant| single.get(*merchant) != summed.get(*merchant))
        .cloned()
        .collect();
    differing.sort_unstable();
    differing.dedup();
    differing.truncate(DIFFERING_MAX);
    let total = |counts: &std::collections::BTreeMap<String, u64>| counts.values().sum();
    Ok(Recounted { day: date.to_string(), signals: total(&single), summed: total(&summed), differing })
}
