//! A database that an older version wrote opens, is upgraded, and its acts still prove.

use std::io::Read;
use std::path::Path;
use testkit::App;

/// Written by the first version, before the newest migrations: a marketplace of one merchant and its acts.
const OLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/older.db.gz");

#[tokio::test]
async fn a_stored_older_database_is_upgraded_and_its_acts_still_hold() {
    let folder = tempfile::tempdir().unwrap();
    let mut content = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(Path::new(OLDER)).unwrap()).read_to_end(&mut content).unwrap();
    std::fs::write(folder.path().join("touchstone.db"), content).unwrap();
    let app = App::start_on(folder, "2027-01-04T04:00:00Z").await.unwrap();
    app.settle().await.unwrap();
    app.product.ledger.settle(app.kernel()).await.unwrap();
    let audit = ledger::audit::audit(app.kernel(), app.product.ledger.view()).await.unwrap();
    assert_eq!(audit.difference, None);
    assert!(audit.acts >= 3, "the older acts are there: {}", audit.acts);
    let manager = app.signed_in(kernel::Role::Manager, "manager").await.unwrap();
    let page = manager.get("/v1/merchants").await.unwrap().ok().unwrap();
    assert_eq!(page["total"], 1, "{page}");
}
