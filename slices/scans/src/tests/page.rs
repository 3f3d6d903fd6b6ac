//! The public page.

use super::*;
use crate::model::Outcome;
use kernel::testing::staff;
use kernel::{Paging, Role};
use trace::{LotState, Units};

/// Bytes of the page and of every file it loads.
fn weight(body: &str) -> usize {
    let files = ui::assets::all().iter().filter(|asset| body.contains(&asset.href));
    body.len() + files.map(|asset| asset.bytes.len()).sum::<usize>()
}

#[tokio::test]
async fn a_genuine_unit_is_shown_with_its_goods_and_how_often_it_was_verified() {
    let house = house().await;
    let first = house.get(&house.unit(0)).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    assert_eq!(first.sign(), "genuine");
    for text in
        ["不锈钢保温杯", "L-1", "浙江永康", "永康杯业", "2031-02-01", "第 1 次验证", "没有召回", "下载并自行验证"]
    {
        assert!(first.body.contains(text), "{text}");
    }
    let again = house.get(&house.unit(0)).await;
    assert!(again.body.contains("第 1 次验证"), "the same phone within minutes is the same scan");
    let other = house.get_as("phone-2", &house.unit(0)).await;
    assert!(other.body.contains("第 2 次验证") && other.body.contains("首次验证"), "{}", other.body);
    house.settle().await;
    house.bench.clock.advance_micros(11 * ground::time::MINUTE_MICROS);
    assert!(house.get(&house.unit(0)).await.body.contains("第 3 次验证"), "later it is another scan");
}

#[tokio::test]
async fn the_page_is_light_needs_no_script_and_loads_nothing_from_elsewhere() {
    let house = house().await;
    let page = house.get(&house.unit(0)).await;
    let weight = weight(&page.body);
    println!("page and files: {weight} bytes, page alone {}", page.body.len());
    assert!(weight < 100_000, "{weight} bytes");
    for address in page.body.split(['"', '\'']).filter(|part| part.contains("://")) {
        assert!(address.starts_with("https://id.gs1.org") || address.starts_with("http://www.w3.org"), "{address}");
    }
    assert!(!page.body.contains("<script>") && !page.body.contains(" onclick") && !page.body.contains(" style="));
    let english =
        house.send("GET", &house.unit(1), &[("accept-language", "en"), ("user-agent", "x")], Body::empty()).await;
    assert!(english.body.contains("Genuine") && english.body.contains("nobody has verified"), "{}", english.body);
    assert_eq!(english.header("content-language"), "en");
    let missing: Vec<&str> = english.body.split(['<', '>', '"']).filter(|part| part.starts_with("scans-")).collect();
    assert_eq!(missing, Vec::<&str>::new(), "every text has its words");
}

#[tokio::test]
async fn a_forged_code_shows_nothing_of_the_goods_and_offers_to_report_it() {
    let house = house().await;
    let mut serial: Vec<char> = house.serials[0].chars().collect();
    serial[19] = if serial[19] == '0' { '1' } else { '0' };
    let serial: String = serial.into_iter().collect();
    let page = house.get(&format!("/01/{GTIN}/21/{serial}")).await;
    assert_eq!((page.status, page.sign()), (StatusCode::NOT_FOUND, "forged"));
    assert!(!page.body.contains("永康杯业") && !page.body.contains("不锈钢保温杯"));
    assert!(page.body.contains("/s/report?code="));
    house.settle().await;
    let filter = crate::list::filter(house.kernel(), &Default::default()).unwrap();
    let scans = crate::list::scans(house.kernel(), &staff(Role::Analyst), &filter, &Paging::default()).await.unwrap();
    assert_eq!(scans.rows.iter().map(|scan| scan.outcome).collect::<Vec<_>>(), [Outcome::Forged]);
    assert_eq!(scans.rows[0].serial, serial);
}

#[tokio::test]
async fn an_unknown_product_says_so_and_a_product_or_lot_says_nothing_about_one_package() {
    let house = house().await;
    let unknown = house.get("/01/04006381333931/21/ABC").await;
    assert_eq!((unknown.status, unknown.sign()), (StatusCode::NOT_FOUND, "unknown"));
    let product = house.get(&format!("/01/{GTIN}")).await;
    assert_eq!((product.status, product.sign()), (StatusCode::OK, "general"));
    let lot = house.get(&format!("/01/{GTIN}/10/L-1")).await;
    assert_eq!((lot.status, lot.sign()), (StatusCode::OK, "general"));
    assert!(lot.body.contains("永康杯业") && !lot.body.contains("次验证"));
}

#[tokio::test]
async fn a_code_that_was_never_put_into_use_or_was_taken_out_is_warned_of() {
    let house = house().await;
    let loose = trace::NewBatch { merchant_id: "m1".into(), gtin: GTIN.into(), count: 1, lot_id: None, covered: false };
    let loose = trace::mint(house.kernel(), &owner("m1"), loose).await.unwrap();
    let code = trace::first_code(house.kernel(), &owner("m1"), &loose.id, "https://quality.example").await.unwrap();
    let path = format!("/01/{GTIN}/21/{}", code.serial);
    let page = house.get(&path).await;
    assert_eq!((page.status, page.sign()), (StatusCode::OK, "warned"));
    assert!(page.body.contains("尚未启用"));
    house.settle().await;
    assert_eq!(crate::open_warnings(house.kernel()).await.unwrap(), 1, "and a warning is open");

    let link = format!("https://quality.example{}", house.unit(3));
    trace::decommission(house.kernel(), &owner("m1"), Units::Codes(vec![link]), "destroyed", "").await.unwrap();
    house.bench.clock.advance_days(10);
    assert_eq!(house.get(&house.unit(3)).await.sign(), "warned");
    house.settle().await;
    assert!(house.get(&house.unit(3)).await.body.contains("已注销"));
    assert_eq!(crate::open_warnings(house.kernel()).await.unwrap(), 2);
}

#[tokio::test]
async fn another_lot_in_the_code_than_the_units_own_is_told() {
    let house = house().await;
    let page = house.get(&format!("/01/{GTIN}/10/L-2/21/{}", house.serials[0])).await;
    assert_eq!(page.sign(), "warned");
    assert!(page.body.contains("批号不同"));
    let right = house.get(&format!("/01/{GTIN}/10/L-1/21/{}", house.serials[1])).await;
    assert_eq!(right.sign(), "genuine");
}

#[tokio::test]
async fn a_withdrawn_lot_is_gone_for_people_and_for_programs() {
    let house = house().await;
    let manager = staff(Role::Manager);
    house.get(&house.unit(0)).await;
    trace::set_lot_state(house.kernel(), &manager, &house.lot.id, LotState::Withdrawn, "金属杂质").await.unwrap();
    house.settle().await;
    for path in [house.unit(0), format!("/01/{GTIN}/10/L-1"), format!("/01/{GTIN}/10/L-1/21/{}", house.serials[4])] {
        let page = house.get(&path).await;
        assert_eq!((page.status, page.sign()), (StatusCode::GONE, "withdrawn"), "{path}");
        let links = house.send("GET", &path, &[("accept", "application/linkset+json")], Body::empty()).await;
        assert_eq!(links.status, StatusCode::GONE, "{path}");
        assert!(links.header("content-type").starts_with("application/problem+json"));
    }
    assert_eq!(house.get(&format!("/01/{GTIN}")).await.status, StatusCode::OK, "the product itself is still known");
}

#[tokio::test]
async fn a_blocked_lot_is_warned_of_on_every_units_page() {
    let house = house().await;
    let manager = staff(Role::Manager);
    trace::set_lot_state(house.kernel(), &manager, &house.lot.id, LotState::Blocked, "核查").await.unwrap();
    house.settle().await;
    let page = house.get(&house.unit(2)).await;
    assert_eq!(page.sign(), "warned");
    assert!(page.body.contains("正在核查"));
}

#[tokio::test]
async fn the_covered_code_is_right_once_and_used_the_second_time() {
    let house = house().await;
    let path = house.unit(0);
    let check = |covered: String| {
        let path = path.clone();
        let house = &house;
        async move { house.form(&path, "/s/covered", &[("code", &path), ("covered", &covered)]).await }
    };
    let wrong = check("0000-0000-0000".into()).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("不一致"));
    let first = check(house.covered[0].to_lowercase()).await;
    assert!(first.body.contains("首次验证，一致"), "{}", first.body);
    let second = check(house.covered[0].clone()).await;
    assert!(second.body.contains("早已被验证过"));
    assert!(house.get(&path).await.body.contains("涂层下的编码已被验证过"));
}

#[tokio::test]
async fn a_report_is_taken_so_often_an_hour_and_read_by_staff_alone() {
    let house = house().await;
    let fields = [("code", house.unit(0)), ("place", "某网店".to_owned()), ("note", "<script>x</script>".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for number in 0..10 {
        let answer = house.form("/s/report", "/s/report", &fields).await;
        assert_eq!(answer.status, StatusCode::OK, "report {number}: {}", answer.body);
    }
    let eleventh = house.form("/s/report", "/s/report", &fields).await;
    assert_eq!(eleventh.status, StatusCode::TOO_MANY_REQUESTS);
    let empty = house.form("/s/report", "/s/report", &[("code", " ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let seen = house.staff("analyst", "/console/scans/reports").await;
    assert!(seen.body.contains("某网店") && !seen.body.contains("<script>x"));
    assert_eq!(house.staff("merchant:m1", "/console/scans/reports").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_proof_of_a_page_verifies_with_nothing_but_the_file() {
    let house = house().await;
    house.settle().await;
    let path = house.unit(0);
    let code: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("code", &path).finish();
    let answer = house.send("GET", &format!("/s/proof?{code}"), &[], Body::empty()).await;
    assert_eq!(answer.status, StatusCode::OK);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(answer.bytes)).unwrap();
    let folder = house.bench.folder.path().join("taken-away");
    archive.extract(&folder).unwrap();
    let mut proved = Vec::new();
    for entry in std::fs::read_dir(folder.join("proofs")).unwrap() {
        let proof = entry.unwrap().path();
        if proof.extension().is_some_and(|end| end == "tlog-proof") {
            let request = ledger::offline::VerifyRequest { proof, ..Default::default() };
            let verified = ledger::offline::verify(&request).unwrap();
            proved.push(verified.leaf.unwrap().act["kind"].as_str().unwrap_or_default().to_owned());
        }
    }
    for kind in ["lot.created", "codes.minted"] {
        assert!(proved.iter().any(|proved| proved == kind), "{kind} in {proved:?}");
    }
    let nothing = house.get("/s/proof?code=/01/04006381333931/21/ABC").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_typed_code_leads_to_its_page_in_every_form() {
    let house = house().await;
    let serial = &house.serials[0];
    for code in [
        format!("(01){GTIN}(21){serial}"),
        format!("https://quality.example/01/{GTIN}/21/{serial}"),
        format!("https://id.gs1.org/01/{GTIN}/10/L-1/21/{serial}"),
        GTIN.to_owned(),
    ] {
        let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("code", &code).finish();
        let answer = house.get(&format!("/s?{query}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{code}: {}", answer.body);
        assert!(answer.header("location").starts_with(&format!("/01/{GTIN}")), "{code}");
    }
    let bad = house.get("/s?code=%3Cscript%3E").await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!bad.body.contains("<script>") && bad.body.contains("/s/report?code="));
}

/// An event of the lot as JSON-LD.
fn event(lot: &str, step: &str, time: &str, place: &str) -> serde_json::Value {
    serde_json::json!({
        "type": "ObjectEvent",
        "eventTime": time,
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": step,
        "quantityList": [{ "epcClass": format!("https://id.gs1.org/01/{GTIN}/10/{lot}"), "quantity": 10 }],
        "readPoint": { "id": place },
    })
}

#[tokio::test]
async fn the_journey_stands_on_a_map_and_in_words() {
    let house = house().await;
    let events = [
        event("L-1", "commissioning", "2026-02-01T08:00:00+08:00", "geo:28.90,120.03"),
        event("L-1", "shipping", "2026-02-03T08:00:00+08:00", "geo:28.90,120.03"),
        event("L-1", "receiving", "2026-02-05T08:00:00+08:00", "geo:39.90,116.40"),
        event("L-2", "destroying", "2026-02-06T08:00:00+08:00", "geo:23.10,113.20"),
    ];
    let document = serde_json::json!({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-02-06T08:00:00+08:00",
        "epcisBody": { "eventList": events },
    });
    let bytes = document.to_string();
    let capture = events::capture(house.kernel(), &owner("m1"), bytes.as_bytes(), Default::default()).await;
    assert!(capture.is_ok(), "{capture:?}");
    crate::known::forget_all(house.kernel());
    let page = house.get(&house.unit(0)).await;
    for text in ["<svg viewBox", "赋码", "发货", "收货", "浙江", "北京", "已存证"] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(!page.body.contains("销毁</strong>"), "another lot's journey is not shown");
    assert!(page.body.find("赋码") < page.body.find("收货"), "oldest first");
    assert!(weight(&page.body) < 100_000);
}
