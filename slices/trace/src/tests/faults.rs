//! Stops, races and lost keys.

use super::*;
use crate::store;
use ground::{FakeClock, SeededRng};
use gs1::unit::COUNTERS;
use kernel::Paging;
use std::sync::Arc;

/// Another process over the same store and files, with this master key.
fn another_process(bench: &Bench, master: [u8; 32]) -> Kernel {
    let kernel = &bench.kernel;
    let clock = Arc::new(FakeClock::at(kernel.now()));
    let rng = Arc::new(SeededRng::new(99));
    let other =
        Kernel::new(kernel.db().clone(), kernel.blobs().clone(), clock, rng, policy::shipped(), kernel.zone().clone());
    other.use_master_key(&kernel::sealed::MasterKey::new(master));
    other
}

fn content(file: &CodeFile) -> Vec<u8> {
    let mut out = Vec::new();
    file.write(&mut out).unwrap();
    out
}

#[tokio::test]
async fn a_stop_between_reservation_and_download_loses_no_code_and_gives_none_twice() {
    for bench in each().await {
        // The first process stops right after it reserved: nothing was downloaded.
        let batch = mint(&bench.kernel, "m1", 40).await;
        let after = another_process(&bench, [5; 32]);
        let next = mint(&after, "m1", 40).await;
        assert_eq!(next.from, batch.until, "{}: the range stays reserved", bench.kind);
        let (one, two) = (file(&after, &batch).await, file(&bench.kernel, &batch).await);
        assert_eq!(content(&one), content(&two), "{}: the same file every time", bench.kind);
        let other = content(&file(&after, &next).await);
        assert_ne!(content(&one), other);
    }
}

#[tokio::test]
async fn without_the_master_key_a_copy_of_the_store_mints_and_verifies_nothing() {
    let bench = sqlite().await;
    let batch = mint(&bench.kernel, "m1", 3).await;
    let serial = file(&bench.kernel, &batch).await.code(1).unwrap().serial;
    let thief = another_process(&bench, [6; 32]);
    assert_eq!(said(crate::code_file(&thief, &owner("m1"), &batch.id, BASE).await), "internal");
    assert_eq!(said(crate::standing(&thief, &batch.gtin, &serial).await), "internal");
    let stored = store::key(bench.kernel.db().read(), &batch.key_id).await.unwrap().unwrap();
    assert!(stored.sealed.starts_with("sealed1."));
}

#[tokio::test]
async fn a_key_without_counters_says_so_and_a_rotated_one_goes_on() {
    for bench in each().await {
        let kernel = &bench.kernel;
        let batch = mint(kernel, "m1", 10).await;
        let key = crate::keys(kernel, &manager(), Some("m1")).await.unwrap().remove(0);
        let tx = kernel.db().write_tx().await.unwrap();
        store::move_counter(&tx, &key, batch.gtin.as_str(), Some(10), COUNTERS - 5).await.unwrap();
        tx.commit().await.unwrap();
        let refused = crate::mint(kernel, &owner("m1"), codes_of("m1", 6)).await;
        assert_eq!(said(refused), "code_key_exhausted", "{}", bench.kind);
        let last = mint(kernel, "m1", 5).await;
        assert_eq!(last.until, COUNTERS);
        let code = file(kernel, &last).await.code(5).unwrap();
        let unit = crate::standing(kernel, &last.gtin, &code.serial).await.unwrap();
        assert_eq!(unit.position, Some(5));
        assert_eq!(said(crate::mint(kernel, &owner("m1"), codes_of("m1", 1)).await), "code_key_exhausted");
        crate::rotate(kernel, &manager(), "m1", crate::Purpose::Unit, "用尽").await.unwrap();
        assert_eq!(mint(kernel, "m1", 6).await.from, 0);
    }
}

#[tokio::test]
async fn reservations_at_the_same_moment_never_overlap() {
    for bench in each().await {
        let other = another_process(&bench, [5; 32]);
        let mint_some = async |kernel: &Kernel| {
            let mut ranges = Vec::new();
            for _ in 0..6 {
                let batch = mint(kernel, "m1", 7).await;
                ranges.push((batch.key_id, batch.from, batch.until));
            }
            ranges
        };
        let (mut all, more) = tokio::join!(mint_some(&bench.kernel), mint_some(&other));
        all.extend(more);
        all.sort_by_key(|(_, from, _)| *from);
        assert!(all.windows(2).all(|pair| pair[0].0 == pair[1].0 && pair[0].2 == pair[1].1), "{}: {all:?}", bench.kind);
        assert_eq!(all.last().unwrap().2, 84);
    }
}

#[tokio::test]
async fn two_people_who_use_the_same_codes_at_once_do_not_both_get_them() {
    for bench in each().await {
        let kernel = &bench.kernel;
        let other = another_process(&bench, [5; 32]);
        let (one, two) = (lot(kernel, "m1", "L1").await, lot(kernel, "m1", "L2").await);
        let batch = mint(kernel, "m1", 100).await;
        let actor = owner("m1");
        let (a, b) = tokio::join!(
            crate::commission(kernel, &actor, &one.id, range(&batch, 1, 60)),
            crate::commission(&other, &actor, &two.id, range(&batch, 50, 51)),
        );
        assert!(a.is_ok() != b.is_ok(), "{}: {a:?} {b:?}", bench.kind);
        let refused = said(if a.is_ok() { b } else { a });
        assert!(["stale", "invalid_input codes"].contains(&refused.as_str()), "{refused}");
        let page = crate::lots(kernel, &actor, &Default::default(), &Paging::default()).await.unwrap();
        let units: i64 = page.rows.iter().map(|lot| lot.units_commissioned).sum();
        assert_eq!(units, crate::batch(kernel, &actor, &batch.id).await.unwrap().commissioned);
    }
}

#[tokio::test]
async fn a_code_made_with_the_key_outside_every_batch_is_never_called_minted() {
    let bench = sqlite().await;
    let kernel = &bench.kernel;
    let batch = mint(kernel, "m1", 3).await;
    let key = crate::keys::open(kernel, kernel.db().read(), &batch.key_id).await.unwrap();
    let leaked = gs1::unit::mint(&key, &batch.gtin, 3).unwrap();
    let unit = crate::standing(kernel, &batch.gtin, leaked.as_str()).await.unwrap();
    assert_eq!((unit.state, unit.batch), (crate::UnitState::Unminted, None));
}
