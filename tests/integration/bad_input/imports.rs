//! Files of rows: encodings, archives, broken tables, rows that contradict each other.

use super::*;
use axum::http::StatusCode;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

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
"#;
const TABLE: &str = "编号,名称,价格,类目,时间\nA1,陶瓷杯,12.50,daily/home,2026-01-02\n";
/// The same table in GBK.
const TABLE_GBK: &[u8] = b"\xB1\xE0\xBA\xC5,\xC3\xFB\xB3\xC6,\xBC\xDB\xB8\xF1,\xC0\xE0\xC4\xBF,\xCA\xB1\xBC\xE4\nA1,\xCC\xD5\xB4\xC9\xB1\xAD,12.50,daily/home,2026-01-02\n";

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

async fn begun(shop: &Shop, name: &str, content: &[u8], mapping: &str) -> Answer {
    let fields = [("mapping", "test"), ("mapping_text", mapping)];
    shop.door.post_files("/v1/imports", &fields, &[("file", name, "text/csv", content)]).await.unwrap()
}

/// Imports a file to its end.
async fn import(app: &App, shop: &Shop, name: &str, content: &[u8]) -> Value {
    let answer = begun(shop, name, content, MAPPING).await;
    if !answer.status.is_success() {
        assert_eq!(flaws(&answer, true), Vec::<String>::new(), "{name}");
        assert!(answer.status.is_client_error(), "{name}: {}", answer.text());
        let body = answer.json().unwrap();
        return json!({ "state": "refused", "code": body["code"], "created": 0 });
    }
    let id = answer.ok().unwrap()["id"].as_str().unwrap().to_owned();
    app.settle().await.unwrap();
    for client in [shop.door.clone(), shop.door.clone().in_english()] {
        let page = client.get(&format!("/merchant/imports/{id}?status=all")).await.unwrap();
        assert_eq!(page.status, StatusCode::OK, "{name}");
        assert!(
            !page.text().contains('⟨'),
            "{name}: {}",
            page.text().split('⟨').nth(1).unwrap_or("").chars().take(80).collect::<String>()
        );
        let report = client.get(&format!("/merchant/imports/{id}/report.csv")).await.unwrap();
        assert!(report.status.is_success() && !report.text().contains('⟨'), "{name}");
    }
    shop.door.get(&format!("/v1/imports/{id}")).await.unwrap().ok().unwrap()
}

async fn total(shop: &Shop) -> u64 {
    shop.door.get("/v1/listings").await.unwrap().ok().unwrap()["total"].as_u64().unwrap()
}

fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[tokio::test]
async fn a_table_is_read_in_the_encodings_shops_use() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let mark: Vec<u8> = [b"\xEF\xBB\xBF".as_slice(), TABLE.as_bytes()].concat();
    let files: [(&str, Vec<u8>); 6] = [
        ("utf-8.csv", TABLE.as_bytes().to_vec()),
        ("mark.csv", mark),
        ("gbk.csv", TABLE_GBK.to_vec()),
        ("utf-16le.csv", utf16(TABLE, false, true)),
        ("utf-16be.csv", utf16(TABLE, true, true)),
        ("gbk.csv.gz", gzip(TABLE_GBK)),
    ];
    for (place, (name, content)) in files.iter().enumerate() {
        let done = import(&app, &shop, name, content).await;
        let counts = (done["created"].as_u64(), done["unchanged"].as_u64(), done["refused"].as_u64());
        let expected = if place == 0 { (Some(1), Some(0), Some(0)) } else { (Some(0), Some(1), Some(0)) };
        assert_eq!((done["state"].as_str(), counts), (Some("finished"), expected), "{name}: {done}");
    }
    let listing = shop.door.get("/v1/listings").await.unwrap().text();
    assert!(listing.contains("陶瓷杯"), "{listing}");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_refused_with_its_place() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let mut latin = TABLE.as_bytes().to_vec();
    latin.extend(b"A2,Caf\xE9 \xFF\xFE,1,daily/home,2026-01-02\n");
    let mut cut = gzip(TABLE.repeat(200).as_bytes());
    cut.truncate(cut.len() / 2);
    let mut broken = gzip(TABLE.as_bytes());
    let middle = broken.len() / 2;
    broken[middle] ^= 0xFF;
    let quote = format!("{TABLE}A3,\"never closed,1,daily/home,2026-01-02\n{}", "x,y\n".repeat(3));
    let files: [(&str, Vec<u8>); 12] = [
        ("latin.csv", latin),
        ("cut.csv.gz", cut),
        ("broken.csv.gz", broken),
        ("empty.csv", Vec::new()),
        ("blank.csv", b"\n\n\n".to_vec()),
        ("archive.csv", b"PK\x03\x04\x14\x00\x00\x00\x08\x00".to_vec()),
        ("sheet.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\x00\x00".to_vec()),
        ("zeros.csv", vec![0; 5_000]),
        ("columns.csv", "编号,名称\nA1,杯\n".as_bytes().to_vec()),
        ("twice.csv", "编号,名称,名称,价格,类目,时间\nA1,杯,杯,1,x,2026-01-02\n".as_bytes().to_vec()),
        ("page.csv", b"<!DOCTYPE html><html><script>alert(1)</script></html>".to_vec()),
        ("quote.csv", quote.into_bytes()),
    ];
    let mut wrong = Vec::new();
    for (name, content) in &files {
        let done = import(&app, &shop, name, content).await;
        let state = done["state"].as_str().unwrap_or("");
        let failed = matches!(state, "failed" | "refused")
            || (name == &"quote.csv" && state == "finished" && done["refused"].as_u64() > Some(0));
        if !failed {
            wrong.push(format!("{name}: {done}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(total(&shop).await <= 1, "only what stood before the fault");
}

#[tokio::test]
async fn a_compression_bomb_ends_soon_and_takes_nothing_with_it() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    // Many members of one archive: 1 GiB of zeros, of blanks, of an open quote, in about a megabyte each.
    let many = |block: &[u8], head: &[u8]| {
        let member = gzip(&block.repeat((16 << 20) / block.len()));
        let mut bomb = gzip(head);
        for _ in 0..64 {
            bomb.extend_from_slice(&member);
        }
        bomb
    };
    for (name, bomb) in [
        ("zeros.csv.gz", many(b"\0", b"")),
        ("text-then-zeros.csv.gz", many(b"\0", TABLE.as_bytes())),
        ("one-line.csv.gz", many(b"xxxxxxxx", b"")),
        ("quote.csv.gz", many(b"xxxxxxxx", "编号,名称,价格,类目,时间\nA1,\"".as_bytes())),
    ] {
        assert!(bomb.len() < 24 << 20, "{name}: {}", bomb.len());
        let done = import(&app, &shop, name, &bomb).await;
        assert!(matches!(done["state"].as_str(), Some("failed" | "refused")), "{name}: {done}");
    }
    assert!(total(&shop).await <= 1);
}

#[tokio::test]
async fn every_bad_row_has_its_reason_and_the_good_ones_are_taken() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let mut table = String::from("编号,名称,价格,类目,时间\n");
    let million = "好".repeat(1_000_000);
    let rows: [&str; 15] = [
        "G1,好的一行,12.50,daily/home,2026-01-02",
        &format!("B1,{million},1,daily/home,2026-01-02"),
        "B2,a\u{0}b,1,daily/home,2026-01-02",
        "B3,abc\u{202E}fed,1,daily/home,2026-01-02",
        "B4,负价,-1,daily/home,2026-01-02",
        "B5,无穷,1e999,daily/home,2026-01-02",
        "B6,非数,NaN,daily/home,2026-01-02",
        "B7,太大,99999999999999999999,daily/home,2026-01-02",
        "B8,日期,1,daily/home,2026-02-30",
        "B9,少一列,1,daily/home",
        ",没有编号,1,daily/home,2026-01-02",
        "B10,,1,daily/home,2026-01-02",
        "B11,\"=cmd|' /C calc'!A0\",1,daily/home,2026-01-02",
        "G2,又一行,3,daily/home,2026-01-02",
        "G1,好的一行 新,12.60,daily/home,2026-01-01",
    ];
    for row in rows {
        table.push_str(row);
        table.push('\n');
    }
    let done = import(&app, &shop, "rows.csv", table.as_bytes()).await;
    assert_eq!(done["state"], "finished", "{done}");
    assert_eq!(done["created"], 3, "{done}");
    let id = done["id"].as_str().unwrap();
    let refused = shop.door.get(&format!("/v1/imports/{id}/rows?status=refused&most=500")).await.unwrap().ok().unwrap();
    let refused = refused.as_array().unwrap();
    assert_eq!(refused.len(), 11, "{refused:#?}");
    for row in refused {
        assert!(row["line"].as_u64() > Some(1) && !row["reasons"].as_array().unwrap().is_empty(), "{row}");
    }
    assert_eq!(done["unchanged"], 1, "the older words of G1 change nothing: {done}");
    let listings = shop.door.get("/v1/listings").await.unwrap().text();
    assert!(listings.contains("好的一行") && !listings.contains("好的一行 新"));
}

#[tokio::test]
async fn json_lines_that_are_none_are_refused_line_by_line() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let deep = "[".repeat(5_000);
    let lines = [
        r#"{"id":"N1","title":"杯子","category":"daily/home","price_minor":100}"#.to_owned(),
        "{".to_owned(),
        "[1]".to_owned(),
        "null".to_owned(),
        r#"{"id":"N2","title":"杯子","category":"daily/home","price_minor":1e999}"#.to_owned(),
        r#"{"id":"N3","title":"\ud800","category":"daily/home"}"#.to_owned(),
        format!(r#"{{"id":"N4","title":{deep}}}"#),
        r#"{"id":"N5","title":{"a":1},"category":"daily/home","price_minor":-5}"#.to_owned(),
        r#"{"id":"N6","title":"杯子","category":"daily/home","price_minor":1.5}"#.to_owned(),
        r#"{"id":"N7","title":"杯子","category":"daily/home","images":["../../etc/passwd"]}"#.to_owned(),
    ];
    let answer = shop
        .door
        .post_files(
            "/v1/imports",
            &[("mapping", "touchstone")],
            &[("file", "a.ndjson", "text/plain", lines.join("\n").as_bytes())],
        )
        .await
        .unwrap();
    let id = answer.ok().unwrap()["id"].as_str().unwrap().to_owned();
    app.settle().await.unwrap();
    let done = shop.door.get(&format!("/v1/imports/{id}")).await.unwrap().ok().unwrap();
    assert_eq!(done["state"], "finished", "{done}");
    assert_eq!(
        (done["created"].as_u64(), done["refused"].as_u64()),
        (Some(1), Some(9)),
        "{done} {}",
        shop.door.get(&format!("/v1/imports/{id}/rows")).await.unwrap().text()
    );
    let page = shop.door.get(&format!("/merchant/imports/{id}")).await.unwrap().text();
    assert!(!page.contains('⟨') && !page.contains("passwd\""), "{page}");
}

#[tokio::test]
async fn a_mapping_that_is_none_names_what_is_wrong() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let long = format!("{MAPPING}\n# {}", "x".repeat(2 << 20));
    let aliases = "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e]\n";
    let pattern = "name=\"t\"\ntitle={zh=\"t\",en=\"t\"}\n[columns]\nexternal_id=\"编号\"\ntitle=\"名称\"\n[[skip]]\nid=\"a\"\ncolumn=\"编号\"\nmatches=\"(((a{1000}){1000}){1000})\"\nreason={zh=\"a\",en=\"a\"}\n";
    let unknown = MAPPING.replace("price =", "prize =");
    let file = format!("{MAPPING}\n[files]\npath = \"/etc/passwd\"\n");
    for (name, mapping) in [
        ("nonsense", "]["),
        ("unknown field", &unknown),
        ("unknown table", &file),
        ("aliases", aliases),
        ("pattern", pattern),
        ("empty", "name = \"t\""),
        ("long", &long),
    ] {
        let answer = begun(&shop, "a.csv", TABLE.as_bytes(), mapping).await;
        let (status, ..) = told(&answer);
        assert!(matches!(status, 400 | 413 | 422), "{name}: {status} {}", answer.text());
        assert_eq!(flaws(&answer, true), Vec::<String>::new(), "{name}");
    }
    let answer = shop
        .door
        .post_files("/v1/imports", &[("mapping", "../../etc/passwd")], &[("file", "a.csv", "text/csv", b"x")])
        .await
        .unwrap();
    assert_eq!(refused(&answer, 422, "invalid_input"), ["mapping"]);
    let answer = shop.door.post_files("/v1/imports", &[("mapping", "touchstone")], &[]).await.unwrap();
    assert_eq!(refused(&answer, 422, "invalid_input"), ["file"]);
    assert_eq!(shop.door.get("/v1/imports").await.unwrap().ok().unwrap()["total"], 0);
}
