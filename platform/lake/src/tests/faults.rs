//! The disk stops at every step of compaction, merging, retention and closing; afterwards every signal is there once.

use super::{DAY, Log, Sent, now, zone};
use crate::disk::Disk;
use crate::{Extra, Keep, Lake, Limits};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A disk with more steps than any run of these tests.
const STEPS_MAX: i64 = 2_000;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// How often each id is seen by a question, and how often a signal lies in a file of another day than its own.
fn counted(lake: &Lake, log: &Arc<Log>) -> BTreeMap<String, u64> {
    let extra = Extra::default().with_tail(log.clone());
    let sql = "SELECT id, count(*) FROM signals GROUP BY id";
    let answer = runtime().block_on(lake.query(sql, extra, now())).expect("an answer");
    let whole = |cell: &crate::Cell| cell.number().unwrap() as u64;
    answer.rows().map(|row| (row[0].text(&zone()), whole(&row[1]))).collect()
}

fn expected(all: &[Sent]) -> BTreeMap<String, u64> {
    all.iter().map(|sent| (sent.id.clone(), 1)).collect()
}

/// Four rounds of blocks over three days, each compacted, then one more that stays in the log.
fn story(lake: &Lake, log: &Log, sent: &mut Vec<Sent>) -> Result<(), crate::Error> {
    for round in 0..6 {
        let mut last = 0;
        for block in 0..3 {
            let number = (round * 3 + block) * 4;
            let signals: Vec<Sent> = (0..4).map(|i| Sent::new(number + i, DAY + (i as i32 % 3))).collect();
            sent.extend(signals.iter().cloned());
            last = log.append(signals);
        }
        log.compact(lake, last)?;
    }
    let late = vec![Sent::new(1_000, DAY)];
    sent.extend(late.iter().cloned());
    log.append(late);
    let keep = Keep { signals_days: 400, day_rows_days: 400 };
    lake.maintain(keep, DAY + 2)?;
    lake.maintain(keep, DAY + 2)?;
    Ok(())
}

#[test]
fn no_acknowledged_signal_is_lost_or_counted_twice_wherever_the_disk_stops() {
    for steps in 0..STEPS_MAX {
        let folder = tempfile::tempdir().unwrap();
        let (log, mut sent) = (Arc::new(Log::default()), Vec::new());
        let outcome = match Lake::open_on(folder.path(), zone(), Limits::default(), Disk::failing_after(steps)) {
            Ok(lake) => story(&lake, &log, &mut sent),
            Err(error) => Err(error),
        };
        // The process is gone; another one opens the folder.
        let lake = Lake::open(folder.path(), zone(), Limits::default()).unwrap();
        // Every step up to the fortieth, then every third: each kind of step still stops at some place.
        if steps < 40 || steps % 3 == 0 || outcome.is_ok() {
            assert_eq!(counted(&lake, &log), expected(&sent), "after {steps} steps");
        }
        let last = log.blocks.lock().unwrap().last().map_or(0, |(last, _)| *last);
        log.compact(&lake, last).unwrap();
        lake.maintain(Keep { signals_days: 400, day_rows_days: 400 }, DAY + 2).unwrap();
        lake.maintain(Keep { signals_days: 400, day_rows_days: 400 }, DAY + 2).unwrap();
        let rows: u64 = lake.signal_files().unwrap().iter().filter_map(|file| file.rows).sum();
        assert_eq!(rows, sent.len() as u64, "files after {steps} steps and a repetition");
        assert!(lake.0.layout.unfinished().unwrap().is_empty());
        if outcome.is_ok() {
            assert!(steps > 50, "only {steps} steps were failed");
            return;
        }
    }
    panic!("the story never came to its end");
}

#[test]
fn many_small_files_of_a_day_become_one_and_a_repeated_compaction_adds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lake = super::open(&folder);
    let (log, mut sent) = (Arc::new(Log::default()), Vec::new());
    story(&lake, &log, &mut sent).unwrap();
    let files = lake.signal_files().unwrap();
    let of_day = |day: i32| files.iter().filter(|file| file.day == day).count();
    assert_eq!((of_day(DAY), of_day(DAY + 1), of_day(DAY + 2)), (1, 1, 1));
    let before = counted(&lake, &log);
    let mut again = lake.compaction(5).unwrap();
    again.add(2, DAY, &Sent::new(3, DAY).signal()).unwrap();
    assert!(again.commit().unwrap().is_empty());
    assert_eq!(counted(&lake, &log), before);
    assert_eq!(before, expected(&sent));
}

#[test]
fn days_past_their_time_are_removed_whole() {
    let folder = tempfile::tempdir().unwrap();
    let lake = super::open(&folder);
    let (log, mut sent) = (Arc::new(Log::default()), Vec::new());
    story(&lake, &log, &mut sent).unwrap();
    lake.maintain(Keep { signals_days: 1, day_rows_days: 1 }, DAY + 2).unwrap();
    let days: Vec<i32> = lake.signal_files().unwrap().iter().map(|file| file.day).collect();
    assert_eq!(days, [DAY + 1, DAY + 2]);
    assert!(!folder.path().join("signals/day=2026-11-24").exists());
}

#[test]
fn a_closing_is_written_while_leftovers_and_old_closings_are_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let lake = super::open(&folder);
    let row = |day: i32| stream::DayRow {
        day,
        closed_in: day,
        key: stream::Key::product("m1", "cup"),
        counts: stream::DayCounts { signals: 1, ..stream::DayCounts::default() },
        prices: stream::DayPrices::default(),
        shape: stream::Shape::default(),
    };
    let written = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !written.load(std::sync::atomic::Ordering::Acquire) {
                // A compaction clears away what an earlier one did not finish.
                drop(lake.compaction(1).unwrap());
                lake.maintain(Keep { signals_days: 0, day_rows_days: 0 }, DAY + 1).unwrap();
            }
        });
        for day in DAY - 100..=DAY + 1 {
            // What a closing emits is made while it is written.
            let slowly = std::iter::once_with(|| {
                std::thread::sleep(std::time::Duration::from_millis(5));
                row(day)
            });
            let file = lake.write_days(day, slowly);
            if day == DAY + 1 || file.is_err() {
                written.store(true, std::sync::atomic::Ordering::Release);
            }
            file.unwrap();
        }
    });
    lake.maintain(Keep { signals_days: 0, day_rows_days: 0 }, DAY + 1).unwrap();
    let kept: Vec<i32> = lake.days(0..=DAY + 1).unwrap().map(|row| row.unwrap().day).collect();
    assert_eq!(kept, [DAY + 1], "the day that age is counted from is never past its time");
}

#[test]
fn one_process_writes_and_others_read() {
    let folder = tempfile::tempdir().unwrap();
    let writer = super::open(&folder);
    assert!(matches!(Lake::open(folder.path(), zone(), Limits::default()), Err(crate::Error::Locked)));
    let reader = Lake::open_to_read(folder.path(), zone(), Limits::default()).unwrap();
    let log = Arc::new(Log::default());
    let last = log.append(vec![Sent::new(1, DAY)]);
    log.compact(&writer, last).unwrap();
    assert_eq!(counted(&reader, &log).len(), 1);
    assert!(matches!(reader.compaction(9), Err(crate::Error::ReadOnly)));
}

#[test]
fn a_tail_that_is_compacted_while_it_is_read_is_neither_lost_nor_counted_twice() {
    /// A log whose blocks go into the lake between the look at the files and the reading of the tail, once.
    struct Moving {
        log: Arc<Log>,
        lake: Lake,
        moved: std::sync::atomic::AtomicBool,
    }
    impl crate::Tail for Moving {
        fn first_sequence(&self) -> u64 {
            self.log.first_sequence()
        }
        fn read(&self, from: u64, each: &mut dyn FnMut(u64, i32, &stream::Signal<'_>) -> bool) -> std::io::Result<()> {
            if !self.moved.swap(true, std::sync::atomic::Ordering::SeqCst) {
                self.log.compact(&self.lake, 1).map_err(std::io::Error::other)?;
            }
            self.log.read(from, each)
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let lake = super::open(&folder);
    let log = Arc::new(Log::default());
    log.append(vec![Sent::new(1, DAY), Sent::new(2, DAY)]);
    log.append(vec![Sent::new(3, DAY)]);
    let moving = Moving { log, lake: lake.clone(), moved: false.into() };
    let extra = Extra::default().with_tail(Arc::new(moving));
    let answer = runtime().block_on(lake.query("SELECT count(*), count(DISTINCT id) FROM signals", extra, now()));
    let row = answer.unwrap().rows().next().unwrap();
    assert_eq!(row, [crate::Cell::Whole(3), crate::Cell::Whole(3)]);
}
