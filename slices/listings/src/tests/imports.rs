use super::*;
use crate::import::{self, Import, ImportState, NewImport, RowReport, RowStatus, mapping};
use kernel::Paging;
use std::io::Write;
use std::path::PathBuf;

const MAPPING: &str = r#"
name = "test"
title = { zh = "试验", en = "test" }
[columns]
external_id = "编号"
title = "名称"
price = "价格"
category = "类目"
updated_at = "时间"
[constants]
currency = "CNY"
[categories]
"日用" = "daily/home"
[[skip]]
id = "postage"
column = "编号"
matches = "^运费"
reason = { zh = "运费", en = "postage" }
"#;

impl Bench {
    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    async fn import(&self, name: &str, content: &[u8], mapping: &str, screen: bool) -> Import {
        let path = self.file(name, content);
        let new = NewImport {
            merchant_id: "m1".into(),
            file_name: name.into(),
            mapping_name: "test.toml".into(),
            mapping: mapping.into(),
            screen,
        };
        let import = import::begin_at(&self.kernel, &owner("m1"), new, &path).await.unwrap();
        import::run_to_end(&self.kernel, &import.id, &path, |_| {}).await.unwrap()
    }

    async fn rows(&self, import: &Import) -> Vec<RowReport> {
        import::rows(&self.kernel, &owner("m1"), &import.id, None, 0, 500).await.unwrap()
    }

    async fn total(&self) -> u64 {
        crate::list(&self.kernel, &owner("m1"), &crate::Filter::default(), &Paging::default()).await.unwrap().total
    }
}

fn counts(import: &Import) -> (u64, u64, u64, u64) {
    (import.created, import.updated, import.unchanged, import.refused)
}

fn failure(import: &Import) -> (String, u64) {
    let failed = import.failure.clone().expect("a failure");
    (failed.reason.message, failed.line)
}

const TABLE: &str = "编号,名称,价格,类目,时间\nA1,陶瓷杯,12.50,日用,2026-01-02\n运费,运费,5,日用,2026-01-02\n\
                     A2,\"木质衣架, 10 只\",29.9,日用,2026-01-02\nA3,竹席,abc,日用,2026-01-02\nA4,,8,日用,2026-01-02\n\
                     A5,多一列,8,日用,2026-01-02,x\n";

#[tokio::test]
async fn each_row_has_a_status_with_column_and_remedy_on_every_store() {
    for bench in Bench::each().await {
        bench.merchant("m1", 1, &["daily/home"]).await;
        let done = bench.import("a.csv", TABLE.as_bytes(), MAPPING, true).await;
        assert_eq!((done.state, counts(&done)), (ImportState::Finished, (2, 0, 0, 3)), "{}", bench.kind);
        assert_eq!(done.skipped.get("postage"), Some(&1));
        assert_eq!((done.rows_done, done.rows_total), (5, Some(5)));
        let rows = bench.rows(&done).await;
        let short: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row.line,
                    row.external_id.as_str(),
                    row.status,
                    row.reasons.first().map(|r| (r.column.as_str(), r.message.as_str())),
                )
            })
            .collect();
        assert_eq!(
            short,
            [
                (2, "A1", RowStatus::Created, None),
                (4, "A2", RowStatus::Created, None),
                (5, "A3", RowStatus::Refused, Some(("价格", "listings-row-price"))),
                (6, "A4", RowStatus::Refused, Some(("名称", "listings-fault-missing"))),
                (7, "", RowStatus::Refused, Some(("", "listings-row-columns"))),
            ]
        );
        bench.settle().await;
        let cup = crate::find_by_external_id(&bench.kernel, &owner("m1"), "m1", "A1").await.unwrap().unwrap();
        assert_eq!((cup.state, cup.price_minor, cup.category.as_str()), (State::OnSale, Some(1250), "daily/home"));
        let again = bench.import("a.csv", TABLE.as_bytes(), MAPPING, true).await;
        assert_eq!(counts(&again), (0, 0, 2, 3), "the same file again changes nothing");
        assert_eq!(bench.acts(&cup.id).await.iter().filter(|kind| *kind == "listing.submitted").count(), 1);
    }
}

#[tokio::test]
async fn duplicate_and_out_of_order_rows_leave_the_newest_words() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let table = "编号,名称,价格,类目,时间\nA1,杯子 新,12,日用,2026-02-02\nA1,杯子 旧,10,日用,2026-01-01\nA1,杯子 最新,14,日用,2026-02-03\n";
    let done = bench.import("a.csv", table.as_bytes(), MAPPING, false).await;
    let statuses: Vec<_> = bench.rows(&done).await.iter().map(|row| row.status).collect();
    assert_eq!(statuses, [RowStatus::Created, RowStatus::Unchanged, RowStatus::Updated]);
    let cup = crate::find_by_external_id(&bench.kernel, &owner("m1"), "m1", "A1").await.unwrap().unwrap();
    assert_eq!((cup.title.as_str(), cup.state, cup.latest_number), ("杯子 最新", State::Draft, 2));
}

#[tokio::test]
async fn a_killed_import_goes_on_behind_its_last_batch() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let mut table = String::from("编号,名称,价格,类目,时间\n");
    for number in 0..1_050 {
        table.push_str(&format!("N{number},收纳盒 {number} 号,12,日用,2026-01-02\n"));
    }
    let path = bench.file("big.csv", table.as_bytes());
    let new = NewImport {
        merchant_id: "m1".into(),
        file_name: "big.csv".into(),
        mapping_name: "test.toml".into(),
        mapping: MAPPING.into(),
        screen: false,
    };
    let first = import::begin_at(&bench.kernel, &owner("m1"), new.clone(), &path).await.unwrap();
    let kernel = bench.kernel.clone();
    let (id, from) = (first.id.clone(), path.clone());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let stop = std::sync::Mutex::new(Some(stop));
    let run = tokio::spawn(async move {
        import::run_to_end(&kernel, &id, &from, |progress| {
            if progress.rows_done >= 400
                && let Some(stop) = stop.lock().unwrap().take()
            {
                let _ = stop.send(());
            }
        })
        .await
    });
    stopped.await.unwrap();
    run.abort();
    let _ = run.await;
    let there = bench.total().await;
    assert!((200..1_050).contains(&there), "stopped in the middle: {there}");
    let again = import::begin_at(&bench.kernel, &owner("m1"), new, &path).await.unwrap();
    assert_eq!(again.id, first.id, "the same import is taken up");
    let done = import::run_to_end(&bench.kernel, &again.id, &path, |_| {}).await.unwrap();
    assert_eq!((done.state, counts(&done)), (ImportState::Finished, (1_050, 0, 0, 0)));
    assert_eq!(bench.total().await, 1_050);
    assert_eq!(bench.rows(&done).await.len(), 500, "a page of the report");
}

#[tokio::test]
async fn wrong_encodings_are_read_or_named_with_their_line() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let (gbk, _, _) = encoding_rs::GBK.encode(TABLE);
    assert_eq!(counts(&bench.import("gbk.csv", &gbk, MAPPING, false).await), (2, 0, 0, 3), "GBK is told by itself");
    let mut bom = vec![0xEF, 0xBB, 0xBF];
    bom.extend_from_slice(TABLE.as_bytes());
    assert_eq!(counts(&bench.import("bom.csv", &bom, MAPPING, false).await).2, 2);
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(TABLE.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(counts(&bench.import("utf16.csv", &utf16, MAPPING, false).await).2, 2);
    let declared = MAPPING.replace("name = \"test\"", "name = \"test\"\nencoding = \"utf-8\"");
    let done = bench.import("declared.csv", &gbk, &declared, false).await;
    assert_eq!(failure(&done), ("listings-import-encoding".to_owned(), 1));
    assert!(done.failure.unwrap().reason.args.iter().any(|(_, value)| value.eq_ignore_ascii_case("gb18030")));
    let mut mixed = TABLE.as_bytes().to_vec();
    mixed.extend_from_slice(b"B1,\xff\xff\xff,1,x,2026-01-02\n");
    let done = bench.import("mixed.csv", &mixed, &declared, false).await;
    assert_eq!(failure(&done), ("listings-import-encoding-unknown".to_owned(), 8));
    assert_eq!(bench.rows(&done).await.len(), 0, "nothing of a damaged file is taken");
}

#[tokio::test]
async fn damaged_and_hostile_files_end_with_a_clear_error_and_nothing_saved() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut long = String::from("编号,名称,价格,类目,时间\n");
    for number in 0..20_000 {
        long.push_str(&format!("N{number},收纳盒 {number} 号 {:x},12,日用,2026-01-02\n", number * 7_919));
    }
    gz.write_all(long.as_bytes()).unwrap();
    let whole = gz.finish().unwrap();
    let cut = bench.import("cut.csv.gz", &whole[..whole.len() / 2], MAPPING, false).await;
    assert_eq!((cut.state, failure(&cut).0.as_str()), (ImportState::Failed, "listings-import-truncated"));
    assert!(failure(&cut).1 > 1, "and where");
    let fails = [
        ("empty.csv", &b""[..], "listings-import-empty"),
        ("sheet.xlsx", &b"PK\x03\x04 and so on"[..], "listings-import-binary"),
        ("columns.csv", "编号,名称\nA,杯子\n".as_bytes(), "listings-import-column"),
        ("twice.csv", "编号,编号,名称,价格,类目,时间\n".as_bytes(), "listings-import-column-twice"),
    ];
    for (name, content, message) in fails {
        let done = bench.import(name, content, MAPPING, false).await;
        assert_eq!((done.state, failure(&done).0.as_str()), (ImportState::Failed, message), "{name}");
    }
    let mut open = String::from("编号,名称,价格,类目,时间\nA1,\"");
    open.push_str(&"开着的引号,".repeat(600_000));
    let done = bench.import("quote.csv", open.as_bytes(), MAPPING, false).await;
    assert_eq!(failure(&done), ("listings-import-quote".to_owned(), 2));
    assert_eq!(bench.total().await, 0);
}

#[tokio::test]
async fn a_million_character_title_in_a_row_is_refused_alone() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let table = format!(
        "编号,名称,价格,类目,时间\nA1,{},1,日用,2026-01-02\nA2,杯\u{202E}子,1,日用,2026-01-02\nA3,杯子,1,日用,2026-01-02\n",
        "好".repeat(1_000_000)
    );
    let done = bench.import("long.csv", table.as_bytes(), MAPPING, false).await;
    assert_eq!(counts(&done), (1, 0, 0, 2));
    let messages: Vec<String> =
        bench.rows(&done).await.iter().flat_map(|row| &row.reasons).map(|r| r.message.clone()).collect();
    assert_eq!(messages, ["listings-fault-too-long", "listings-fault-character"]);
}

#[tokio::test]
async fn json_lines_in_the_products_own_form_are_taken_and_bad_lines_refused_alone() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let lines = concat!(
        r#"{"id":"J1","title":"陶瓷杯","category":"daily/home","price_minor":1250,"attributes":{"产地":"景德镇"}}"#,
        "\n",
        "{oops\n[1]\n",
        r#"{"id":7,"title":"衣架","category":"daily/home","price_minor":"990","currency":"CNY"}"#,
        "\n"
    );
    let own = mapping::shipped("touchstone").unwrap();
    let done = bench.import("a.ndjson", lines.as_bytes(), own, true).await;
    assert_eq!(counts(&done), (2, 0, 0, 2));
    let listing = crate::find_by_external_id(&bench.kernel, &owner("m1"), "m1", "J1").await.unwrap().unwrap();
    let content = crate::detail(&bench.kernel, &owner("m1"), &listing.id).await.unwrap().versions[0].content.clone();
    assert_eq!((content.attributes["产地"].as_str(), content.price_minor), ("景德镇", Some(1250)));
    let messages: Vec<String> =
        bench.rows(&done).await.iter().flat_map(|row| &row.reasons).map(|r| r.message.clone()).collect();
    assert_eq!(messages, ["listings-row-json", "listings-row-object"]);
}

#[tokio::test]
async fn an_uploaded_file_is_imported_by_the_job() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let path = bench.file("up.csv", TABLE.as_bytes());
    let new = NewImport {
        merchant_id: "m1".into(),
        file_name: "up.csv".into(),
        mapping_name: "test.toml".into(),
        mapping: MAPPING.into(),
        screen: true,
    };
    let queued = import::begin(&bench.kernel, &owner("m1"), new.clone(), &path).await.unwrap();
    assert_eq!(queued.state, ImportState::Queued);
    assert_eq!(said(import::begin(&bench.kernel, &owner("m2"), new.clone(), &path).await), "not_found");
    bench.settle().await;
    let done = import::get(&bench.kernel, &owner("m1"), &queued.id).await.unwrap();
    assert_eq!((done.state, counts(&done)), (ImportState::Finished, (2, 0, 0, 3)));
    assert_eq!(said(import::get(&bench.kernel, &owner("m2"), &queued.id).await), "not_found");
    assert_eq!(import::list(&bench.kernel, &owner("m1"), None, &Paging::default()).await.unwrap().total, 1);
    let binary = bench.file("bad.bin", b"MZ\x90\x00program");
    assert_eq!(said(import::begin(&bench.kernel, &owner("m1"), new, &binary).await), "file_kind");
}

#[test]
fn a_wrong_mapping_is_refused_with_its_place() {
    let said = |text: &str| match mapping::parse("m.toml", text).err() {
        Some(crate::Error::Mapping(faults)) => {
            faults.iter().map(|f| format!("{} {}", f.message, f.place.line.unwrap_or(0))).collect::<Vec<_>>().join("; ")
        }
        _ => String::new(),
    };
    assert_eq!(said(MAPPING), "");
    assert!(said("name = \"x\"\ntitle = 3\n").starts_with("listings-mapping-syntax 2"));
    assert!(said(&MAPPING.replace("external_id", "externl_id")).contains("listings-mapping-field"));
    assert!(said(&MAPPING.replace("^运费", "(")).contains("listings-mapping-pattern"));
    assert!(
        said(&MAPPING.replace("name = \"test\"", "name = \"test\"\nencoding = \"klingon\""))
            .contains("listings-mapping-value")
    );
    for (name, text) in mapping::SHIPPED {
        assert_eq!(said(text), "", "{name}");
        assert_eq!(mapping::parse(name, text).unwrap().mapping.name, *name);
    }
}

/// The folder of public test data beside the repository, or where TOUCHSTONE_SHARED_DATA says.
fn shared_data() -> Option<PathBuf> {
    let beside = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|up| up.join("shared/data"))
        .find(|path| path.is_dir());
    std::env::var_os("TOUCHSTONE_SHARED_DATA").map(PathBuf::from).or(beside)
}

#[tokio::test]
async fn half_a_million_invoice_lines_become_a_catalogue_with_price_history() {
    let Some(file) =
        shared_data().map(|folder| folder.join("retail/online-retail.csv.gz")).filter(|file| file.is_file())
    else {
        eprintln!("the public retail data is not here: this run leaves its import out");
        return;
    };
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily"]).await;
    let new = NewImport {
        merchant_id: "m1".into(),
        file_name: "online-retail.csv.gz".into(),
        mapping_name: "online-retail".into(),
        mapping: mapping::shipped("online-retail").unwrap().into(),
        screen: false,
    };
    let import = import::begin_at(&bench.kernel, &owner("m1"), new, &file).await.unwrap();
    let done = import::run_to_end(&bench.kernel, &import.id, &file, |_| {}).await.unwrap();
    assert_eq!((done.state, done.lines_read), (ImportState::Finished, 541_909));
    assert_eq!(done.skipped.get("cancelled"), Some(&9_288));
    assert!((3_700..4_000).contains(&done.created), "{} products", done.created);
    let heart = crate::find_by_external_id(&bench.kernel, &owner("m1"), "m1", "85123A").await.unwrap().unwrap();
    assert_eq!(heart.currency, "GBP");
    assert_eq!(heart.title, "WHITE HANGING HEART T-LIGHT HOLDER", "not the slip of a few lines");
    let days =
        crate::store::listings::prices_since(bench.kernel.db().read(), &heart.id, "2010-01-01", 500).await.unwrap();
    assert!(days.len() > 250 && days.first().unwrap().0.as_str() == "2010-12-01", "{} days", days.len());
    assert!(days.iter().all(|(_, price)| (100..2_000).contains(price)));
    for fee in ["POST", "DOT", "M", "C2", "BANK CHARGES", "AMAZONFEE", "D", "S"] {
        assert!(crate::find_by_external_id(&bench.kernel, &owner("m1"), "m1", fee).await.unwrap().is_none(), "{fee}");
    }
}
