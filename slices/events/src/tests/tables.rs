//! Tables and the short form.

use super::*;
use crate::tables::{Entry, capture_entry, capture_table};
use ground::Language;

#[tokio::test]
async fn rows_are_judged_one_by_one_also_in_gbk() {
    let bench = Bench::sqlite(migrations).await;
    let (merchant, ..) = people();
    let table = format!(
        "时间,步骤,追溯码,商品条码,批号,数量,地点\r\n\
         2026-03-01 08:30,发货,{},,,,一号仓\r\n\
         2026-03-01 08:30,飞走,{},,,,一号仓\r\n\
         2026-03-01 09:30,收货,,{GTIN},L1,20,二号仓\r\n\
         2027-03-01 09:30,收货,,{GTIN},L1,20,二号仓\r\n",
        unit("1"),
        unit("2")
    );
    let (gbk, _, _) = encoding_rs::GBK.encode(&table);
    let done = capture_table(&bench.kernel, &merchant, &gbk, CaptureOptions::default()).await.unwrap();
    let said: Vec<(u64, &str)> = done.rows.iter().map(|row| (row.line, row.outcome.name())).collect();
    assert_eq!(said, [(2, "accepted"), (3, "rejected"), (4, "accepted"), (5, "rejected")]);
    assert_eq!(done.rows[1].column.as_deref(), Some("step"));
    assert!(!done.rows[1].detail_zh.is_empty() && !done.rows[1].detail_en.is_empty());
    assert!(done.rows[3].detail_zh.contains("时钟"), "{:?}", done.rows[3]);
    let again = capture_table(&bench.kernel, &merchant, table.as_bytes(), CaptureOptions::default()).await.unwrap();
    assert_eq!(again.count(crate::Outcome::Duplicate), 2, "the same table twice keeps nothing twice");
    let lot = format!("https://id.gs1.org/01/{GTIN}/10/L1");
    assert_eq!(find(&bench, &merchant, &[("MATCH_epcClass", &lot)]).await.len(), 1);
}

#[tokio::test]
async fn the_template_of_either_language_reads_back() {
    let bench = Bench::sqlite(migrations).await;
    bench.clock.set(ground::Timestamp::parse_rfc3339("2026-06-01T00:00:00Z").unwrap());
    let (merchant, ..) = people();
    for language in [Language::Zh, Language::En] {
        let template = crate::tables::template(language);
        let done =
            capture_table(&bench.kernel, &merchant, template.as_bytes(), CaptureOptions::default()).await.unwrap();
        assert!(!done.rows.is_empty() && done.ignored.is_empty());
        assert_eq!(done.count(crate::Outcome::Rejected), 0, "{:?}", done.rows);
    }
}

#[tokio::test]
async fn the_short_form_becomes_an_event_or_names_the_field() {
    let bench = Bench::sqlite(migrations).await;
    let (merchant, ..) = people();
    let entry = Entry {
        step: "发货".into(),
        codes: format!("{}\r\n{}", unit("1"), unit("2")),
        place: "一号仓".into(),
        ..Entry::default()
    };
    let row = capture_entry(&bench.kernel, &merchant, &entry).await.unwrap();
    assert!(row.seq.is_some());
    assert_eq!(find(&bench, &merchant, &[("MATCH_epc", &unit("2")), ("EQ_bizStep", "shipping")]).await.len(), 1);
    let wrong = Entry { step: "发货".into(), gtin: "09506000134353".into(), lot: "L1".into(), ..Entry::default() };
    let problem = ground::Problem::from(capture_entry(&bench.kernel, &merchant, &wrong).await.unwrap_err());
    assert_eq!(problem.faults[0].place.field.as_deref(), Some("gtin"));
}

#[tokio::test]
async fn a_table_comes_through_the_page_and_its_template_can_be_taken() {
    let house = house().await;
    let (status, template, _) = house.get("merchant:m1", "/merchant/events/template.csv").await;
    assert_eq!(status, StatusCode::OK);
    assert!(template.as_str().unwrap().contains("time"));
    let table = format!("time,step,codes\r\n2026-03-01 08:30,shipped,{}\r\n2026-03-01 08:30,vanished,x\r\n", unit("1"));
    let body = format!(
        "--frame\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n{table}\r\n--frame--\r\n"
    );
    let headers = [("content-type", "multipart/form-data; boundary=frame")];
    let answer = house.call("merchant:m1", ("POST", "/merchant/events/table"), &headers, body).await;
    assert_eq!(answer.status, StatusCode::OK);
    let page = answer.body;
    assert!(page.contains("Accepted") && page.contains("Rejected") && page.contains("step"));
}
