//! Signals for the tests of this and higher duties. Panics where a step is refused: a test that cannot arrange its scene has
//! failed.

use crate::model::Receipt;
use crate::settings::Settings;
use crate::works::{self, Recovered};
use crate::{compaction, ingest, progress};
use kernel::testing::Bench;
use kernel::{Actor, Kernel};
use std::path::Path;
use stream::Signal;

/// The migrations under which signals work; a higher duty adds its own.
pub fn migrations() -> db::Migrations {
    let mut all = listings::testing::migrations();
    all.extend(crate::migrations());
    all
}

/// The settings of a test below a folder: small, and the fold does not wait at the end of a day for reactions.
pub fn settings(folder: &Path) -> Settings {
    Settings {
        hold_seconds_max: 0,
        ids_in_memory_max: 10_000,
        segment_bytes_max: 1024 * 1024,
        ..Settings::in_data(folder)
    }
}

/// Opens the signals of a bench, in its folder. After [`shutdown`](crate::shutdown) or [`kill`] it may be called again.
///
/// # Panics
/// When they cannot be opened.
pub async fn open(bench: &Bench) -> Recovered {
    works::open(&bench.kernel, settings(bench.folder.path())).await.expect("signals")
}

/// Lets go of everything as the end of a process would: no snapshot, no last word.
///
/// # Panics
/// When the thread cannot be joined.
pub async fn kill(kernel: &Kernel) {
    works::close(kernel, false).await.expect("an end");
}

/// Takes signals in and waits until they are folded.
///
/// # Panics
/// When one is refused or the disk fails.
pub async fn send(kernel: &Kernel, signals: &[Signal<'_>]) -> Receipt {
    let receipt = ingest::submit(kernel, &Actor::system("test"), signals).await.expect("signals are taken in");
    assert_eq!(receipt.lines, [], "signals of a test are good");
    progress::drain(kernel).await.expect("signals are folded");
    receipt
}

/// Lets the jobs of this slice run until nothing is left to do: closed days and looks become acts.
///
/// # Panics
/// When they fail or do not settle.
pub async fn settle(kernel: &Kernel) {
    kernel::job::settle(kernel, &crate::jobs(), 400).await.expect("signals settle");
}

/// Moves everything that is folded into the history.
///
/// # Panics
/// When the disk fails.
pub async fn compact(kernel: &Kernel) -> u64 {
    compaction::compact_all(kernel).await.expect("a compaction")
}
