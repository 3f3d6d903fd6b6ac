//! Decisions through the public door, on every store.

use crate::{Act, Actor, Consumer, Kernel, Reaction, outbox, store};
use blobs::Blobs;
use ground::{FakeClock, Problem, SeededRng};
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn kernel(db: &db::Db, folder: &std::path::Path) -> (Kernel, Arc<FakeClock>) {
    let clock = Arc::new(FakeClock::at_rfc3339("2026-01-05T00:00:00Z"));
    let blobs = Blobs::folder(folder).unwrap();
    let rng = Arc::new(SeededRng::new(1));
    (Kernel::new(db.clone(), blobs, clock.clone(), rng, policy::shipped(), TimeZone::UTC), clock)
}

async fn decide(kernel: &Kernel, subject: &str) -> String {
    let mut write = kernel.begin(&Actor::system("test")).await.unwrap();
    let act = Act::new("thing.decided", "thing", subject).about("merchant", "m1").reason("r").private("name", "张三");
    let id = write.act(act).await.unwrap();
    write.commit().await.unwrap();
    id
}

#[tokio::test]
async fn an_act_is_kept_whole_and_found_by_everything_it_concerns() {
    let folder = tempfile::tempdir().unwrap();
    for test in db::testing::each(crate::migrations).await {
        let (kernel, _) = kernel(&test.db, folder.path());
        let id = decide(&kernel, "t1").await;
        let act = store::act(&kernel, &id).await.unwrap().unwrap();
        assert_eq!(act.public_text("kind"), Some("thing.decided"), "{}", test.kind);
        assert_eq!(act.private.as_ref().unwrap()["name"], "张三");
        let salt = act.salt.clone().unwrap();
        assert_eq!(crate::commitment(&salt, act.private.as_ref().unwrap()), act.commitment);
        assert!(!String::from_utf8(act.leaf()).unwrap().contains("张三"), "the leaf names nobody");
        for (kind, subject) in [("thing", "t1"), ("merchant", "m1")] {
            assert_eq!(store::history(&kernel, kind, subject, 9).await.unwrap().len(), 1, "{}", test.kind);
        }
        assert_eq!(store::act_counts(&kernel, act.at).await.unwrap(), [("thing.decided".to_owned(), 1)]);
    }
}

#[tokio::test]
async fn a_decision_without_an_act_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let test = db::testing::sqlite(crate::migrations).await;
    let (kernel, _) = kernel(&test.db, folder.path());
    let write = kernel.begin(&Actor::system("test")).await.unwrap();
    assert_eq!(write.commit().await.unwrap_err().code.code, "internal");
}

#[tokio::test]
async fn a_failing_reaction_is_tried_again_later_and_a_good_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    for test in db::testing::each(crate::migrations).await {
        let (kernel, clock) = kernel(&test.db, folder.path());
        decide(&kernel, "t1").await;
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        let reactions = [Reaction::new("test", &["thing.decided"], move |_, _| {
            let call = counted.fetch_add(1, Ordering::SeqCst);
            async move { if call == 0 { Err(Problem::internal("not yet")) } else { Ok(()) } }
        })];
        assert_eq!(outbox::react(&kernel, &reactions).await.unwrap(), 0);
        assert_eq!(outbox::react(&kernel, &reactions).await.unwrap(), 0, "not due yet");
        clock.advance_micros(2 * ground::time::SECOND_MICROS);
        assert_eq!(outbox::react(&kernel, &reactions).await.unwrap(), 1);
        clock.advance_days(1);
        assert_eq!(outbox::react(&kernel, &reactions).await.unwrap(), 0);
        assert_eq!(calls.load(Ordering::SeqCst), 2, "{}", test.kind);
        assert_eq!(store::waiting(&kernel, Consumer::Ledger).await.unwrap(), 1, "the ledger's row is its own");
    }
}

#[tokio::test]
async fn an_erased_private_part_leaves_the_commitment() {
    let folder = tempfile::tempdir().unwrap();
    for test in db::testing::each(crate::migrations).await {
        let (kernel, _) = kernel(&test.db, folder.path());
        let id = decide(&kernel, "t1").await;
        let before = store::act(&kernel, &id).await.unwrap().unwrap();
        let tx = kernel.db().write_tx().await.unwrap();
        assert_eq!(store::erase_private(&tx, std::slice::from_ref(&id)).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let after = store::act(&kernel, &id).await.unwrap().unwrap();
        assert_eq!((after.private.clone(), after.salt.clone()), (None, None));
        assert_eq!(after.leaf(), before.leaf(), "{}", test.kind);
    }
}
