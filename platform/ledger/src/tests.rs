//! The ledger over a real database and a real folder.

use crate::audit::audit;
use crate::erasure::erase;
use crate::export::{ACTS_FILE, ExportSettings, export};
use crate::leaf::Leaf;
use crate::offline::{OfflineError, VerifyRequest, audit_folder, verify};
use crate::proof::prove;
use crate::{Ledger, NewLeaf, Settings, View};
use ground::{FakeClock, SeededRng};
use kernel::{Act, Actor, Kernel, Subject};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(crate::migrations());
    all
}

pub(crate) struct House {
    pub kernel: Kernel,
    pub clock: Arc<FakeClock>,
    pub folder: TempDir,
    _db: db::testing::TestDb,
}

pub(crate) async fn house_over(db: db::testing::TestDb) -> House {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at_rfc3339("2026-11-23T08:00:00Z"));
    let kernel = Kernel::new(
        db.db.clone(),
        blobs::Blobs::folder(&folder.path().join("blobs")).unwrap(),
        clock.clone(),
        Arc::new(SeededRng::new(5)),
        policy::shipped(),
        jiff::tz::TimeZone::UTC,
    );
    House { kernel, clock, folder, _db: db }
}

pub(crate) async fn house() -> House {
    house_over(db::testing::sqlite(migrations).await).await
}

impl House {
    pub(crate) fn settings(&self) -> Settings {
        Settings { folder: self.folder.path().join("ledger"), origin: "shop.example/ledger".into(), secret: None }
    }

    pub(crate) async fn ledger(&self) -> Ledger {
        Ledger::open(&self.kernel, self.settings()).await.unwrap()
    }

    pub(crate) async fn act(&self, number: usize) -> String {
        self.clock.advance_micros(1_500);
        let actor = Actor::system("test");
        let mut write = self.kernel.begin(&actor).await.unwrap();
        let act = Act::new("listing.approved", "listing", &format!("listing-{number}"))
            .about("merchant", &format!("merchant-{}", number % 3))
            .reason("clean")
            .outcome("approved")
            .private("reviewer", format!("张三 {number}"));
        let id = write.act(act).await.unwrap();
        write.commit().await.unwrap();
        id
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn save(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }
}

fn request(proof: &Path, key: &str) -> VerifyRequest {
    VerifyRequest { proof: proof.to_owned(), key: Some(key.to_owned()), ..VerifyRequest::default() }
}

#[tokio::test]
async fn an_act_gets_a_proof_that_verifies_with_nothing_but_the_file_and_the_key() {
    for db in db::testing::each(migrations).await {
        let house = house_over(db).await;
        let ledger = house.ledger().await;
        let mut ids = Vec::new();
        for number in 0..20 {
            ids.push(house.act(number).await);
        }
        let early = prove(&house.kernel, ledger.view(), &ids[7]).await.unwrap_err();
        assert_eq!(early.code.code, "ledger_not_yet");
        ledger.settle(&house.kernel).await.unwrap();
        let proof = prove(&house.kernel, ledger.view(), &ids[7]).await.unwrap();
        assert!(proof.agrees);
        assert_eq!((proof.index, proof.checkpoint.size), (7, 20));
        let key = ledger.view().verifier_text();
        ledger.log().close();

        let path = house.save("out/7.tlog-proof", &proof.file);
        let opening = house.save("out/7.opening.json", &proof.opening().unwrap().to_json());
        let verified = verify(&VerifyRequest { opening: Some(opening.clone()), ..request(&path, &key) }).unwrap();
        assert_eq!(verified.leaf.unwrap().id, ids[7]);
        assert_eq!(verified.opened.unwrap()["reviewer"], "张三 7");
        assert!(!String::from_utf8_lossy(&verified.verified.entry).contains("张三"), "a leaf holds no private part");

        assert!(matches!(
            verify(&VerifyRequest { proof: path.clone(), ..Default::default() }),
            Err(OfflineError::NoKey)
        ));
        house.save("out/verifier.key", &key);
        verify(&VerifyRequest { proof: path.clone(), ..Default::default() }).unwrap();
        let forged = proof.file.replace("index 7", "index 8");
        let forged = house.save("out/8.tlog-proof", &forged);
        assert!(matches!(verify(&request(&forged, &key)), Err(OfflineError::Refused(_))));
        let other =
            house.save("out/other.json", &std::fs::read_to_string(&opening).unwrap().replace("张三 7", "张三 8"));
        let refused = verify(&VerifyRequest { opening: Some(other), ..request(&path, &key) });
        assert!(matches!(refused, Err(OfflineError::Opening { .. })));
        let stranger = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
        assert!(verify(&request(&path, stranger)).is_err());
    }
}

#[tokio::test]
async fn acts_stand_in_the_log_in_the_order_they_were_written_each_once() {
    for db in db::testing::each(migrations).await {
        order_on_one_store(house_over(db).await).await;
    }
}

async fn order_on_one_store(house: House) {
    let ledger = house.ledger().await;
    let mut ids = Vec::new();
    for number in 0..30 {
        ids.push(house.act(number).await);
        if number % 7 == 0 {
            ledger.sequence(&house.kernel).await.unwrap();
        }
    }
    // A second append of what is there changes nothing: the sequencer may be stopped between log and database.
    let third = kernel::store::act(&house.kernel, &ids[3]).await.unwrap().unwrap();
    let again = ledger.log().append(vec![NewLeaf { id: ids[3].clone(), bytes: third.leaf() }]).await.unwrap();
    ledger.settle(&house.kernel).await.unwrap();
    assert_eq!(again, [3]);
    for (number, id) in ids.iter().enumerate() {
        let act = kernel::store::act(&house.kernel, id).await.unwrap().unwrap();
        assert_eq!(act.leaf_index, Some(number as u64));
    }
    let audit = audit(&house.kernel, ledger.view()).await.unwrap();
    assert_eq!((audit.difference, audit.entries, audit.acts, audit.openings), (None, 30, 30, 30));
}

#[tokio::test]
async fn a_leaf_that_was_durable_but_not_recorded_gets_its_position_at_the_next_start() {
    let house = house().await;
    let ids = [house.act(0).await, house.act(1).await];
    let ledger = house.ledger().await;
    // The process stops after the append and before the database knows.
    let act = kernel::store::act(&house.kernel, &ids[0]).await.unwrap().unwrap();
    ledger.log().append(vec![NewLeaf { id: ids[0].clone(), bytes: act.leaf() }]).await.unwrap();
    ledger.log().close();
    drop(ledger);
    let ledger = house.ledger().await;
    let act = kernel::store::act(&house.kernel, &ids[0]).await.unwrap().unwrap();
    assert_eq!(act.leaf_index, Some(0));
    ledger.settle(&house.kernel).await.unwrap();
    let audit = audit(&house.kernel, ledger.view()).await.unwrap();
    assert_eq!((audit.difference, audit.entries), (None, 2));
}

#[tokio::test]
async fn one_process_writes_and_an_old_copy_of_the_log_does_not_start() {
    let house = house().await;
    house.act(0).await;
    let ledger = house.ledger().await;
    ledger.settle(&house.kernel).await.unwrap();
    let second = Ledger::open(&house.kernel, house.settings()).await.err().unwrap();
    assert_eq!(second.code.code, "ledger_locked");
    // A closed log can be opened again although somebody still reads it.
    ledger.log().close();
    let copy = house.path("copy");
    copy_folder(&house.path("ledger"), &copy);
    let ledger = house.ledger().await;
    house.act(1).await;
    ledger.settle(&house.kernel).await.unwrap();
    drop(ledger);
    // Another folder is another holder: it has to wait until the lease is over.
    house.clock.advance_micros((crate::lease::LEASE_SECONDS + 1) * 1_000_000);
    let old = Settings { folder: copy, ..house.settings() };
    let refused = Ledger::open(&house.kernel, old).await.err().unwrap();
    assert_eq!(refused.code.code, "ledger_corrupt");
    assert!(refused.to_string().contains("the database knows 2 leaves, the log has 1"), "{refused}");
    let renamed = Settings { origin: "another.example/ledger".into(), ..house.settings() };
    assert!(Ledger::open(&house.kernel, renamed).await.err().unwrap().to_string().contains("belongs to"));
    std::fs::remove_file(house.path("ledger/signing.key")).unwrap();
    assert!(Ledger::open(&house.kernel, house.settings()).await.err().unwrap().to_string().contains("missing"));
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => std::fs::copy(entry.path(), target).map(|_| ()).unwrap(),
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_signing_key_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let house = house().await;
    drop(house.ledger().await);
    let path = house.path("ledger/signing.key");
    let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(house.ledger().await);
    assert_eq!(mode(), 0o600);
}

#[tokio::test]
async fn erasing_a_person_keeps_every_proof_and_is_itself_an_act() {
    for db in db::testing::each(migrations).await {
        erasure_on_one_store(house_over(db).await).await;
    }
}

async fn erasure_on_one_store(house: House) {
    let ledger = house.ledger().await;
    let mut ids = Vec::new();
    for number in 0..9 {
        ids.push(house.act(number).await);
    }
    ledger.settle(&house.kernel).await.unwrap();
    let before = prove(&house.kernel, ledger.view(), &ids[1]).await.unwrap();
    let subject = Subject::new("merchant", "merchant-1");
    let erased = erase(&house.kernel, &Actor::system("test"), &subject, "request of the person").await.unwrap();
    assert_eq!((erased.acts_erased, erased.erasure_acts.len()), (3, 1));
    ledger.settle(&house.kernel).await.unwrap();
    let after = prove(&house.kernel, ledger.view(), &ids[1]).await.unwrap();
    assert_eq!((&after.leaf, after.index, after.agrees), (&before.leaf, before.index, true));
    assert_eq!((after.act.private.is_none(), after.opening()), (true, None));
    let key = ledger.view().verifier_text();
    verify(&request(&house.save("before.tlog-proof", &before.file), &key)).unwrap();
    verify(&request(&house.save("after.tlog-proof", &after.file), &key)).unwrap();
    let report = audit(&house.kernel, ledger.view()).await.unwrap();
    assert_eq!((report.difference, report.erased, report.openings), (None, 3, 7));
    // Nothing is left to erase but the erasure's own record, which stays.
    let again = erase(&house.kernel, &Actor::system("test"), &subject, "again").await.unwrap_err();
    assert_eq!(again.code.code, "invalid_input");
    // A private part that goes without an erasure act is found.
    let tx = house.kernel.db().write_tx().await.unwrap();
    kernel::store::erase_private(&tx, &[ids[5].clone()]).await.unwrap();
    tx.commit().await.unwrap();
    let report = audit(&house.kernel, ledger.view()).await.unwrap();
    let difference = report.difference.unwrap();
    assert!(difference.contains(&ids[5]) && difference.starts_with("leaf 5"), "{difference}");
}

#[tokio::test]
async fn one_changed_byte_of_an_export_is_named() {
    let house = house().await;
    let ledger = house.ledger().await;
    for number in 0..300 {
        house.act(number).await;
    }
    ledger.settle(&house.kernel).await.unwrap();
    let folder = house.path("export");
    let settings = ExportSettings { folder: folder.clone(), private: true };
    let written = export(&house.kernel, ledger.view(), &settings).await.unwrap();
    assert_eq!((written.size, written.acts), (300, 300));
    assert_eq!(export(&house.kernel, ledger.view(), &settings).await.unwrap_err().code.code, "invalid_input");
    let key = ledger.view().verifier_text();
    let clean = audit_folder(&folder, Some(&key), None).unwrap();
    assert_eq!((clean.difference, clean.entries, clean.openings), (None, 300, 300));
    for (file, at) in [
        ("checkpoint", 30),
        ("tile/entries/000", 5_000),
        ("tile/entries/001.p/44", 77),
        ("tile/0/000", 4_000),
        ("tile/1/000.p/1", 3),
        (ACTS_FILE, 9_000),
    ] {
        let path = folder.join(file);
        let good = std::fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&path, &bad).unwrap();
        let difference = audit_folder(&folder, Some(&key), None).unwrap().difference.unwrap_or_default();
        assert!(difference.contains(file), "{file}: {difference}");
        std::fs::write(&path, &good).unwrap();
    }
    let public = ExportSettings { folder: house.path("public"), private: false };
    export(&house.kernel, ledger.view(), &public).await.unwrap();
    let text = std::fs::read_to_string(public.folder.join(ACTS_FILE)).unwrap();
    assert!(!text.contains("张三") && !text.contains("salt"));
    assert_eq!(audit_folder(&public.folder, None, None).unwrap().difference, None);
}

#[tokio::test]
async fn the_audit_names_an_act_that_was_changed_in_the_database() {
    for db in db::testing::each(migrations).await {
        changed_acts_on_one_store(house_over(db).await).await;
    }
}

async fn changed_acts_on_one_store(house: House) {
    use sea_orm::ConnectionTrait;
    let ledger = house.ledger().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(house.act(number).await);
    }
    ledger.settle(&house.kernel).await.unwrap();
    for (column, from, to, named) in [
        ("public_part", "approved", "rejected", "public part"),
        ("private_part", "张三", "李四", "private part"),
        ("subject_id", "listing-2", "listing-9", "subject"),
        ("actor", "system:test", "system:other", "actor"),
        ("kind", "listing.approved", "listing.rejected", "kind"),
    ] {
        let change = |from: &str, to: &str| {
            format!("UPDATE acts SET {column} = REPLACE({column}, '{from}', '{to}') WHERE id = '{}'", ids[2])
        };
        let tx = house.kernel.db().write_tx().await.unwrap();
        tx.execute_unprepared(&change(from, to)).await.unwrap();
        tx.commit().await.unwrap();
        let difference = audit(&house.kernel, ledger.view()).await.unwrap().difference.unwrap_or_default();
        assert!(difference.contains(named) && difference.contains(&ids[2]), "{column}: {difference}");
        let tx = house.kernel.db().write_tx().await.unwrap();
        tx.execute_unprepared(&change(to, from)).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(audit(&house.kernel, ledger.view()).await.unwrap().difference, None);
    let tx = house.kernel.db().write_tx().await.unwrap();
    tx.execute_unprepared(&format!("DELETE FROM acts WHERE id = '{}'", ids[4])).await.unwrap();
    tx.commit().await.unwrap();
    let difference = audit(&house.kernel, ledger.view()).await.unwrap().difference.unwrap();
    assert!(difference.starts_with("leaf 4"), "{difference}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_append_at_once_share_the_log_and_none_is_lost() {
    let house = house().await;
    let ledger = house.ledger().await;
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let log = ledger.log().clone();
            tokio::spawn(async move {
                let leaf =
                    |step: usize| NewLeaf { id: format!("{number}-{step}"), bytes: format!("{number}-{step}").into() };
                let mut positions = Vec::new();
                for step in 0..5 {
                    positions.extend(log.append(vec![leaf(step)]).await.unwrap());
                }
                positions
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        let positions = task.await.unwrap();
        assert!(positions.is_sorted());
        all.extend(positions);
    }
    all.sort_unstable();
    assert_eq!(all, (0..1_000).collect::<Vec<u64>>());
    ledger.log().published(1_000).await.unwrap();
    ledger.log().close();
    assert!(ledger.log().append(vec![]).await.is_err());
    let view = View::open(&house.path("ledger")).unwrap();
    let report = tlog::audit(view.reader(), view.origin(), view.verifiers(), |_, _| Ok(())).unwrap();
    assert_eq!(report.entries, 1_000);
}

#[test]
fn only_the_canonical_spelling_of_a_leaf_is_read() {
    let good = br#"{"act":{"id":"a","kind":"k"},"commitment":"00","v":1}"#;
    assert_eq!(Leaf::parse(good).unwrap().id, "a");
    for bad in [
        r#"{"act":{"kind":"k","id":"a"},"commitment":"00","v":1}"#,
        r#"{"act":{"id":"a"},"commitment":"00","v":2}"#,
        r#"{"act":{"id":"a"},"commitment":"00","v":1,"x":1}"#,
        r#"{"act":[],"commitment":"00","v":1}"#,
        "not json",
        "",
    ] {
        assert!(Leaf::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn whoever_kept_an_old_checkpoint_sees_that_the_log_only_grew() {
    let house = house().await;
    let ledger = house.ledger().await;
    let checkpoint = || std::fs::read(house.path("ledger/checkpoint")).unwrap();
    let empty = checkpoint();
    for number in 0..20 {
        house.act(number).await;
    }
    ledger.settle(&house.kernel).await.unwrap();
    let old = checkpoint();
    for number in 20..300 {
        house.act(number).await;
    }
    ledger.settle(&house.kernel).await.unwrap();
    let continuation = ledger.view().extends(&old).unwrap();
    assert_eq!((continuation.old_size, continuation.size), (20, 300));
    assert_eq!(ledger.view().extends(&empty).unwrap().old_size, 0);
    assert_eq!(ledger.view().extends(&checkpoint()).unwrap().proof, []);
    let folder = house.path("export");
    let settings = ExportSettings { folder: folder.clone(), private: false };
    export(&house.kernel, ledger.view(), &settings).await.unwrap();
    std::fs::write(house.path("kept"), &old).unwrap();
    let since = house.path("kept");
    assert_eq!(audit_folder(&folder, None, Some(&since)).unwrap().difference, None);
    // The operator signs two histories: the one who kept the other notices.
    let signer =
        tlog::SignerKey::parse(std::fs::read_to_string(house.path("ledger/signing.key")).unwrap().trim()).unwrap();
    let fork = |size| {
        let root = tlog::leaf_hash(b"another history");
        let forked = tlog::Checkpoint { origin: signer.name().to_owned(), size, root, extensions: vec![] };
        forked.sign(&signer).unwrap().to_string()
    };
    for (size, named) in [(20, "not its continuation"), (301, "leaves were taken away"), (300, "not its continuation")]
    {
        std::fs::write(&since, fork(size)).unwrap();
        let difference = audit_folder(&folder, None, Some(&since)).unwrap().difference.unwrap();
        assert!(difference.contains(named), "{size}: {difference}");
    }
}
