//! Killed processes, damaged files, full disks, and many at once.

use super::*;
use segments::disk::{Disk, DiskFile, LocalDisk};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

#[tokio::test]
async fn a_killed_process_comes_back_bit_by_bit_and_counts_nothing_twice() {
    for (kills, orderly) in [(1, false), (3, false), (1, true)] {
        let (through, killed) = (house().await, house().await);
        let sent = busy_days(through.kernel()).await;
        let same = busy_days(killed.kernel()).await;
        assert_eq!(sent.accepted, same.accepted);
        for _ in 0..kills {
            let recovered = killed.restart(orderly).await;
            assert_eq!(recovered.damage, Vec::<String>::new());
        }
        // The secrets of the two folders differ, so their digests cannot be compared: their figures and rows can.
        let figures = |house: &House| {
            let mut all = Vec::new();
            for kind in KeyKind::ALL {
                crate::windows::each(house.kernel(), kind, |window| all.push(window.clone())).unwrap();
            }
            all.sort_by(|a, b| a.key.cmp(&b.key));
            all
        };
        assert_eq!(figures(&through), figures(&killed), "{kills} kills, orderly: {orderly}");
        let again = busy_days(killed.kernel()).await;
        assert_eq!(again.accepted, 0, "everything acknowledged is known again");
        let days = |house: &House| {
            let mut rows = Vec::new();
            crate::windows::day_rows(house.kernel(), 0, i32::MAX - 1, |row| rows.push(row)).unwrap();
            rows
        };
        assert_eq!(days(&through), days(&killed));
    }
}

#[tokio::test]
async fn a_state_from_a_snapshot_is_the_state_that_went_on() {
    let house = house().await;
    busy_days(house.kernel()).await;
    let before = house.digest();
    let recovered = house.restart(true).await;
    assert!(recovered.snapshot > 0 && recovered.replayed == 0, "{recovered:?}");
    assert_eq!(house.digest(), before);
    testing::send(house.kernel(), &[order("behind", "cup", at(-1))]).await;
    let after = house.digest();
    let recovered = house.restart(false).await;
    assert_eq!(recovered.replayed, 1, "{recovered:?}");
    assert_eq!(house.digest(), after);
}

#[tokio::test]
async fn an_act_of_a_closed_day_survives_a_kill_before_it_was_written_and_is_written_once() {
    let house = house().await;
    busy_days(house.kernel()).await;
    // The days are closed, no job ran: no act yet.
    assert_eq!(house.status().await.closings.len(), 0);
    house.restart(false).await;
    testing::settle(house.kernel()).await;
    let closed = house.status().await.closings;
    assert!(closed.len() >= 3, "{closed:?}");
    house.restart(false).await;
    testing::settle(house.kernel()).await;
    assert_eq!(house.status().await.closings, closed, "once, with the same figures");
}

#[tokio::test]
async fn a_damaged_place_is_named_and_everything_else_is_kept() {
    let house = house().await;
    for number in 0..20 {
        let (id, product) = (format!("d{number}"), format!("p{number}"));
        testing::send(house.kernel(), &[order(&id, &product, at(-1))]).await;
    }
    testing::kill(house.kernel()).await;
    let log = house.bench.folder.path().join("signals/log");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&log)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| std::fs::metadata(path).unwrap().len() > 500)
        .collect();
    files.sort();
    let file = files.first().expect("a segment");
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xFF;
    std::fs::write(file, bytes).unwrap();
    let recovered = testing::open(&house.bench).await;
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    assert!(recovered.damage.iter().any(|text| text.contains(&name)), "{recovered:?}");
    crate::drain(house.kernel()).await.unwrap();
    let kept: u32 = (0..20).map(|number| house.orders(&format!("p{number}"))).sum();
    assert!((18..20).contains(&kept), "all but what lay at the damaged place: {kept}");
    let page = house.get_as("analyst", "/console/signals").await;
    assert!(page.body.contains(&name), "the page names it");
    testing::send(house.kernel(), &[order("new", "cup", at(-1))]).await;
    assert_eq!(house.orders("cup"), 1, "and new ones come in");
}

/// A disk that takes so many more bytes and is full then.
struct Small {
    inner: LocalDisk,
    left: Arc<AtomicI64>,
}

struct SmallFile {
    inner: Box<dyn DiskFile>,
    left: Arc<AtomicI64>,
}

impl Small {
    fn file(&self, inner: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        Box::new(SmallFile { inner, left: Arc::clone(&self.left) })
    }
}

impl Disk for Small {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(self.file(self.inner.create(path)?))
    }

    fn reopen(&self, path: &Path, length: u64) -> io::Result<Box<dyn DiskFile>> {
        Ok(self.file(self.inner.reopen(path, length)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.inner.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.inner.remove(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.inner.sync_folder(path)
    }
}

impl DiskFile for SmallFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.left.fetch_sub(bytes.len() as i64, Ordering::SeqCst) < bytes.len() as i64 {
            // As a disk does: some of it is there.
            self.inner.append(&bytes[..bytes.len() / 2])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.inner.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.inner.sync()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.inner.truncate(length)
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_half_acknowledged() {
    let house = closed_house().await;
    let left = Arc::new(AtomicI64::new(1 << 40));
    let small = Small { inner: LocalDisk, left: Arc::clone(&left) };
    let settings = crate::Settings { disk: Arc::new(small), ..testing::settings(house.bench.folder.path()) };
    crate::open(house.kernel(), settings).await.unwrap();
    let lines = |from: u32, until: u32| -> String {
        (from..until).map(|n| line(&format!("f{n}"), "order", -1) + "\n").collect()
    };
    assert_eq!(house.post(lines(0, 10)).await.json()["accepted"].as_u64(), Some(10));
    left.store(40, Ordering::SeqCst);
    let answer = house.post(lines(10, 30)).await;
    assert_eq!(answer.status.as_u16(), 507, "{}", answer.body);
    assert!(answer.body.contains("signals_full"), "{}", answer.body);
    left.store(1 << 40, Ordering::SeqCst);
    let answer = house.post(lines(0, 30)).await.json();
    let numbers = ["accepted", "duplicates", "conflicts"].map(|name| answer[name].as_u64().unwrap());
    assert_eq!(numbers, [20, 10, 0], "what was refused counts now, what was kept counts once");
    crate::drain(house.kernel()).await.unwrap();
    assert_eq!(house.orders("cup"), 30);
    house.restart(false).await;
    assert_eq!(house.orders("cup"), 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_ids_in_many_requests_at_once_count_once() {
    let house = Arc::new(house().await);
    let body: String = (0..2_000).map(|n| line(&format!("s{n}"), "order", -1) + "\n").collect();
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (house, body) = (Arc::clone(&house), body.clone());
        requests.spawn(async move { house.post(body).await.json() });
    }
    let answers = requests.join_all().await;
    let sum = |name: &str| answers.iter().map(|answer| answer[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("accepted"), sum("duplicates"), sum("conflicts")), (2_000, 14_000, 0));
    crate::drain(house.kernel()).await.unwrap();
    assert_eq!(house.orders("cup"), 2_000);
}
