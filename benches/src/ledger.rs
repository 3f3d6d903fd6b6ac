//! Durable appends: a real disk, every acknowledgement after its sync.

use crate::table::{Table, quantile, shown};
use ledger::disk::{AppendFile, Disk, LocalDisk};
use ledger::witness::{WatchedLog, Witness};
use ledger::{Log, NewLeaf};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tlog::note::KeyType;
use tlog::tree::{MemoryTree, consistency_proof, root};
use tlog::witness::AddCheckpoint;
use tlog::{Checkpoint, SignerKey, leaf_hash};

/// Seconds each number of waiters is measured.
const MEASURED_SECONDS: u64 = 4;
/// Size of a leaf, bytes: a usual act.
const LEAF_BYTES: usize = 600;
/// Syncs of the disk alone.
const BARE_SYNCS: usize = 200;
/// Pause between two looks at how long a publication takes, milliseconds.
const PROBE_PAUSE_MS: u64 = 20;
/// Trees shown to a witness, and how many leaves each adds.
const WITNESSED_TREES: u64 = 1_000;
const WITNESSED_STEP: u64 = 97;
const ORIGIN: &str = "bench.example/ledger";

/// Appends a second and waiting times with 1, 64 and 1,024 waiters, each waiting for its own leaf to be durable.
///
/// # Errors
/// What the disk says.
pub async fn run() -> anyhow::Result<Vec<Table>> {
    let parent = Path::new("target");
    let folder = if parent.is_dir() { tempfile::tempdir_in(parent)? } else { tempfile::tempdir()? };
    let bare_ms = bare_sync_ms(&folder.path().join("bare"))?;
    let title = format!(
        "Ledger: durable appends of {LEAF_BYTES} bytes, fsync on (one bare append and sync of this disk: median {} ms)",
        shown(bare_ms)
    );
    let header =
        ["waiters", "appends/s", "wait p50 ms", "wait p99 ms", "until published p50 ms", "until published p99 ms"];
    let mut table = Table::new(&title, &header);
    for waiters in [1usize, 64, 1024] {
        let disk: Arc<dyn Disk> = Arc::new(LocalDisk::open(&folder.path().join(waiters.to_string()))?);
        let signer = SignerKey::from_seed(ORIGIN, KeyType::Ed25519, &[1; 32])?;
        let log = Log::open(disk, signer, |_| None)?;
        let mut measured = measure(&log, waiters).await?;
        log.close();
        table.row(&[
            waiters.to_string(),
            shown(measured.waits_ms.len() as f64 / measured.seconds),
            shown(quantile(&mut measured.waits_ms, 0.5)),
            shown(quantile(&mut measured.waits_ms, 0.99)),
            shown(quantile(&mut measured.published_ms, 0.5)),
            shown(quantile(&mut measured.published_ms, 0.99)),
        ]);
    }
    Ok(vec![table, witness(folder.path())?])
}

/// Trees that a witness checks, keeps durably and signs in a second, for one log and for several at once.
fn witness(parent: &Path) -> anyhow::Result<Table> {
    let title = "Witness: add-checkpoint, the tree kept with fsync before it is signed";
    let mut table = Table::new(title, &["logs at once", "add-checkpoint/s", "wait p50 ms", "wait p99 ms"]);
    for logs in [1u8, 8] {
        let messages = (0..logs).map(messages).collect::<anyhow::Result<Vec<_>>>()?;
        let watched: Vec<WatchedLog> = (0..logs).map(watched).collect::<anyhow::Result<_>>()?;
        let disk = Arc::new(LocalDisk::open(&parent.join(format!("witness-{logs}")))?);
        let key = SignerKey::from_seed("witness.example/bench", KeyType::Cosignature, &[9; 32])?;
        let witness = Witness::open(disk, key, &watched)?;
        let begun = Instant::now();
        let waits: anyhow::Result<Vec<Vec<f64>>> = std::thread::scope(|scope| {
            let show = |messages: &Vec<Vec<u8>>| {
                let mut waits = Vec::with_capacity(messages.len());
                for message in messages {
                    let begun = Instant::now();
                    witness.add_checkpoint(message, 1_800_000_000)?;
                    waits.push(begun.elapsed().as_secs_f64() * 1000.0);
                }
                anyhow::Ok(waits)
            };
            let threads: Vec<_> = messages.iter().map(|messages| scope.spawn(move || show(messages))).collect();
            threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow::anyhow!("a thread stopped"))?).collect()
        });
        let seconds = begun.elapsed().as_secs_f64();
        let mut waits: Vec<f64> = waits?.into_iter().flatten().collect();
        table.row(&[
            logs.to_string(),
            shown(waits.len() as f64 / seconds),
            shown(quantile(&mut waits, 0.5)),
            shown(quantile(&mut waits, 0.99)),
        ]);
    }
    Ok(table)
}

fn log_key(number: u8) -> anyhow::Result<SignerKey> {
    Ok(SignerKey::from_seed(&format!("{ORIGIN}/{number}"), KeyType::Ed25519, &[number; 32])?)
}

fn watched(number: u8) -> anyhow::Result<WatchedLog> {
    let key = log_key(number)?.verifier();
    Ok(WatchedLog { origin: key.name().to_owned(), keys: vec![key] })
}

/// The messages of a growing log, one after the other.
fn messages(number: u8) -> anyhow::Result<Vec<Vec<u8>>> {
    let key = log_key(number)?;
    let most = WITNESSED_TREES * WITNESSED_STEP;
    let tree = MemoryTree::from_leaves((0..most).map(|leaf| leaf_hash(&leaf.to_be_bytes())));
    let message = |step: u64| {
        let (old_size, size) = (step * WITNESSED_STEP, (step + 1) * WITNESSED_STEP);
        let checkpoint =
            Checkpoint { origin: key.name().to_owned(), size, root: root(&tree, size)?, extensions: Vec::new() };
        let proof = consistency_proof(&tree, old_size, size)?.unwrap_or_default();
        let checkpoint = checkpoint.sign(&key)?.to_string();
        Ok(AddCheckpoint { old_size, proof, checkpoint }.to_string().into_bytes())
    };
    (0..WITNESSED_TREES).map(message).collect()
}

struct Measured {
    waits_ms: Vec<f64>,
    published_ms: Vec<f64>,
    seconds: f64,
}

async fn measure(log: &Log, waiters: usize) -> anyhow::Result<Measured> {
    let stop = Arc::new(AtomicBool::new(false));
    let ids = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let tasks: Vec<_> = (0..waiters)
        .map(|_| {
            let (log, stop, ids) = (log.clone(), Arc::clone(&stop), Arc::clone(&ids));
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let leaf = leaf(ids.fetch_add(1, Ordering::Relaxed));
                    let begun = Instant::now();
                    log.append(vec![leaf]).await?;
                    waits.push(begun.elapsed().as_secs_f64() * 1000.0);
                }
                Ok::<_, ledger::LogError>(waits)
            })
        })
        .collect();
    let mut published_ms = Vec::new();
    while begun.elapsed() < Duration::from_secs(MEASURED_SECONDS) {
        let begun = Instant::now();
        let place = log.append(vec![leaf(ids.fetch_add(1, Ordering::Relaxed))]).await?;
        log.published(place[0] + 1).await?;
        published_ms.push(begun.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(Duration::from_millis(PROBE_PAUSE_MS)).await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut waits_ms = Vec::new();
    for task in tasks {
        waits_ms.extend(task.await??);
    }
    Ok(Measured { waits_ms, published_ms, seconds: begun.elapsed().as_secs_f64() })
}

fn leaf(number: u64) -> NewLeaf {
    let id = format!("{number:020}");
    let mut bytes = id.clone().into_bytes();
    bytes.resize(LEAF_BYTES, b'x');
    NewLeaf { id, bytes }
}

/// Median time of one append and sync without anything around it, milliseconds.
fn bare_sync_ms(folder: &Path) -> anyhow::Result<f64> {
    let disk = LocalDisk::open(folder)?;
    let mut file: Box<dyn AppendFile> = disk.open_append("bare")?;
    let mut times = Vec::with_capacity(BARE_SYNCS);
    for _ in 0..BARE_SYNCS {
        let begun = Instant::now();
        file.append(&[7; LEAF_BYTES])?;
        file.sync()?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(quantile(&mut times, 0.5))
}
