//! Faults where data could be lost: a full disk, a killed process.

use crate::commands::touchstone;
use sea_orm::ConnectionTrait;
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use testkit::App;

async fn limit_pages(app: &App, pages: u64) {
    let tx = app.kernel().db().write_tx().await.unwrap();
    tx.execute_unprepared(&format!("PRAGMA max_page_count = {pages}")).await.unwrap();
    tx.commit().await.unwrap();
}

async fn sound(app: &App) {
    assert_eq!(listings::unsound(app.kernel(), 10).await.unwrap(), Vec::<String>::new(), "on sale without an act");
    let audit = ledger::audit::audit(app.kernel(), app.product.ledger.view()).await.unwrap();
    assert_eq!(audit.difference, None);
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_half_kept() {
    let app = App::start().await.unwrap();
    let admin = app.signed_in(kernel::Role::Manager, "manager").await.unwrap();
    app.settle().await.unwrap();
    let count = |text: &str| text.matches("\"id\"").count();
    let before = count(&admin.get("/v1/merchants?rows=200").await.unwrap().text());
    limit_pages(&app, 1).await;
    // The pages that are there hold a few more people; then the disk is full.
    let mut entered = 0;
    while entered < 2_000
        && accounts::testing::signed_in(app.kernel(), kernel::Role::Reviewer, &format!("r{entered}")).await.is_ok()
    {
        entered += 1;
    }
    assert!(entered < 2_000, "the disk never filled");
    let body = json!({"market": "cn", "company": {"legal_name": "名".repeat(200), "shop_name": "x"}});
    let answer = admin.post_json("/v1/merchants", &body).await.unwrap();
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(answer.json().unwrap()["code"], "unavailable");
    limit_pages(&app, 10_000_000).await;
    let after = count(&admin.get("/v1/merchants?rows=200").await.unwrap().text());
    assert_eq!(before, after);
    admin.post_json("/v1/merchants", &body).await.unwrap().ok().expect("when there is room again, it goes on");
    app.settle().await.unwrap();
    sound(&app).await;
}

fn write_rows(path: &Path, rows: usize) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    for row in 0..rows {
        let line = json!({"id": format!("R{row:05}"), "title": format!("纯棉毛巾 {row} 号"), "category": "daily/home",
                          "price_minor": 1990 + row, "currency": "CNY"});
        writeln!(file, "{line}").unwrap();
    }
}

#[tokio::test]
async fn a_killed_import_goes_on_where_it_was_and_repeats_nothing() {
    const ROWS: usize = 3_000;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.ndjson");
    write_rows(&file, ROWS);
    let data = folder.path().join("data");
    let import = || {
        let mut command = touchstone();
        command
            .args(["import", "--new-merchant", "断电测试商家", "--mapping", "touchstone"])
            .arg("--in")
            .arg(&file)
            .arg("--data")
            .arg(&data)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    };
    for kill_at_kilobytes in [600, 1_200] {
        let mut child = import().spawn().unwrap();
        // The process is killed when its store has grown so far, wherever it is then.
        for _ in 0..2_000 {
            let written = ["touchstone.db", "touchstone.db-wal"]
                .iter()
                .filter_map(|name| std::fs::metadata(data.join(name)).ok())
                .map(|meta| meta.len())
                .sum::<u64>();
            if written > kill_at_kilobytes * 1024 || child.try_wait().unwrap().is_some() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let done = import().output().unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{told}");
    let exported = touchstone().args(["export", "--format", "ndjson"]).arg("--data").arg(&data).output().unwrap();
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let mut ids: Vec<String> = String::from_utf8_lossy(&exported.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|line| line["id"].as_str().or(line["external_id"].as_str()).map(str::to_owned))
        .collect();
    let total = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((total, ids.len()), (ROWS, ROWS), "every row once: {told}");
    let audit = touchstone().args(["ledger", "audit"]).arg("--data").arg(&data).output().unwrap();
    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
}
