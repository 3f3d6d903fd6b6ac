//! What is kept in memory for pages: counts that move from the queue into the store, and what the units of a lot share.

use super::*;
use kernel::Role;
use kernel::testing::staff;
use trace::LotState;

async fn captured(house: &House, events: serde_json::Value) {
    let document = serde_json::json!({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-02-06T08:00:00+08:00",
        "epcisBody": { "eventList": events },
    });
    let done = events::capture(house.kernel(), &owner("m1"), document.to_string().as_bytes(), Default::default()).await;
    assert!(done.expect("a capture").success);
    crate::known::forget_all(house.kernel());
}

#[tokio::test]
async fn the_number_of_a_look_is_right_before_while_and_after_it_is_stored() {
    let house = house().await;
    for number in 1..=5 {
        let page = house.get_as(&format!("phone-{number}"), &house.unit(0)).await;
        assert!(page.body.contains(&format!("第 {number} 次验证")), "{}", page.body);
        if number % 2 == 0 {
            crate::drain(house.kernel()).await.unwrap();
        }
    }
    // Nothing is remembered: the store knows as many, and the first of them.
    crate::drain(house.kernel()).await.unwrap();
    house.bench.clock.advance_micros(11 * ground::time::SECOND_MICROS);
    let page = house.get_as("phone-6", &house.unit(0)).await;
    assert!(page.body.contains("第 6 次验证") && page.body.contains("首次验证"), "{}", page.body);
    assert!(
        house.get_as("phone-6", &house.unit(1)).await.body.contains("第 1 次验证"),
        "another unit is another count"
    );
    crate::drain(house.kernel()).await.unwrap();
    assert!(crate::compare(house.kernel()).await.unwrap().differing.is_empty());
}

#[tokio::test]
async fn what_is_decided_about_a_lot_shows_on_the_pages_of_all_its_units_at_once() {
    let house = house().await;
    for unit in 0..3 {
        assert_eq!(house.get(&house.unit(unit)).await.sign(), "genuine");
    }
    trace::set_lot_state(house.kernel(), &staff(Role::Manager), &house.lot.id, LotState::Blocked, "核查")
        .await
        .unwrap();
    house.settle().await;
    for unit in 0..4 {
        assert_eq!(house.get(&house.unit(unit)).await.sign(), "warned", "unit {unit}");
    }
    // A unit that goes its own way takes no other with it.
    trace::set_lot_state(house.kernel(), &staff(Role::Manager), &house.lot.id, LotState::Open, "无异常").await.unwrap();
    let link = format!("https://quality.example{}", house.unit(3));
    trace::decommission(house.kernel(), &owner("m1"), trace::Units::Codes(vec![link]), "destroyed", "").await.unwrap();
    crate::known::forget_all(house.kernel());
    assert_eq!(house.get(&house.unit(3)).await.sign(), "warned");
    assert_eq!(house.get(&house.unit(4)).await.sign(), "genuine");
}

#[tokio::test]
async fn a_unit_has_its_lots_journey_and_its_own_and_rows_that_say_the_same_are_one() {
    let house = house().await;
    let unit = |number: usize| format!("https://id.gs1.org{}", house.unit(number));
    let class = format!("https://id.gs1.org/01/{GTIN}/10/L-1");
    let event = |step: &str, time: &str, things: serde_json::Value, place: &str| {
        let mut event = serde_json::json!({
            "type": "ObjectEvent", "eventTime": time, "eventTimeZoneOffset": "+08:00", "action": "OBSERVE",
            "bizStep": step, "readPoint": { "id": place },
        });
        event.as_object_mut().unwrap().extend(things.as_object().unwrap().clone());
        event
    };
    let of_lot = || serde_json::json!({ "quantityList": [{ "epcClass": class, "quantity": 10 }] });
    let of_unit = |number: usize| serde_json::json!({ "epcList": [unit(number)] });
    let warehouse = "https://example.com/place/%E4%B8%8A%E6%B5%B7%E4%BB%93";
    captured(
        &house,
        serde_json::json!([
            event("commissioning", "2026-02-01T08:00:00+08:00", of_lot(), "geo:28.90,120.03"),
            event("storing", "2026-02-02T08:00:00+08:00", of_lot(), warehouse),
            event("storing", "2026-02-02T09:00:00+08:00", of_lot(), warehouse),
            event("storing", "2026-02-02T10:00:00+08:00", of_unit(0), warehouse),
            event("storing", "2026-02-03T10:00:00+08:00", of_lot(), warehouse),
            event("retail_selling", "2026-02-04T10:00:00+08:00", of_unit(1), "geo:39.90,116.40"),
        ]),
    )
    .await;
    let rows = |body: &str| body.matches("class=\"ts-act-head\"").count();
    let first = house.get(&house.unit(0)).await;
    assert!(first.body.contains("× 3") && first.body.contains("上海"), "{}", first.body);
    assert_eq!(rows(&first.body), 3, "made, stored three times on one day, stored once on the next");
    let second = house.get(&house.unit(1)).await;
    assert!(second.body.contains("× 2") && second.body.contains("北京"), "{}", second.body);
    assert_eq!(rows(&second.body), 4);
    // The form that asks where the reader is names every province.
    let without_choices: String =
        first.body.split("<option").map(|part| part.split_once("</option>").map_or(part, |(_, rest)| rest)).collect();
    assert!(!without_choices.contains("北京"), "what happened to another unit is not shown");
}

#[tokio::test]
async fn the_map_begins_where_the_lot_says_it_comes_from() {
    let house = house().await;
    let sold = serde_json::json!({
        "type": "ObjectEvent", "eventTime": "2026-02-04T10:00:00+08:00", "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE", "bizStep": "shipping", "readPoint": { "id": "geo:39.90,116.40" },
        "epcList": [format!("https://id.gs1.org{}", house.unit(0))],
    });
    captured(&house, serde_json::json!([sold])).await;
    let page = house.get(&house.unit(0)).await;
    let (_, map) = page.body.split_once("<svg viewBox").expect("a map");
    let (map, _) = map.split_once("</svg>").expect("the map's end");
    assert!(map.contains("浙江") && map.contains("北京"), "{map}");
}

#[tokio::test]
async fn public_papers_of_a_lot_can_be_opened_and_others_are_not_named() {
    let house = house().await;
    let paper = |number: &str, public: bool| trace::NewDocument {
        kind: "inspection".into(),
        number: number.into(),
        issuer: "质检院".into(),
        public,
        file_name: "a.pdf".into(),
        content: b"%PDF-1.4 a certificate\n%%EOF".as_slice().into(),
        ..trace::NewDocument::default()
    };
    let lot = &house.lot.id;
    let shown = trace::add_document(house.kernel(), &owner("m1"), lot, paper("HG-1", true)).await.unwrap();
    trace::add_document(house.kernel(), &owner("m1"), lot, paper("NB-2", false)).await.unwrap();
    crate::known::forget_all(house.kernel());
    let page = house.get(&house.unit(0)).await;
    assert!(page.body.contains(&format!("href=\"/documents/lots/{lot}/{}\"", shown.id)), "{}", page.body);
    assert!(!page.body.contains("NB-2"));
    let open = trace::document_file(house.kernel(), None, lot, &shown.id).await;
    assert!(open.is_ok(), "the link opens for everybody");
}

#[tokio::test]
async fn a_complaint_is_told_from_a_report_and_says_what_it_is() {
    let house = house().await;
    let page = house.get(&house.unit(0)).await;
    let link = page.body.split('"').find(|part| part.contains("kind=complaint")).expect("a link").replace("&amp;", "&");
    let form = house.get(&link).await;
    assert!(
        form.body.contains("投诉商品或商家") && form.body.contains("12315") && form.body.contains(&house.serials[0])
    );
    let code = house.unit(0);
    let sent = house.form(&link, "/s/report", &[("kind", "complaint"), ("code", &code), ("note", "杯盖漏水")]).await;
    assert!(sent.status == StatusCode::OK && sent.body.contains("您的投诉"), "{}", sent.body);
    house.form("/s/report", "/s/report", &[("code", &code), ("note", "印刷模糊")]).await;
    let listed = house.staff("analyst", "/console/scans/reports.csv").await;
    let kinds: Vec<&str> = listed.body.lines().skip(1).filter_map(|line| line.split(',').nth(2)).collect();
    assert_eq!(kinds, ["suspect", "complaint"], "{}", listed.body);
}

#[tokio::test]
async fn units_looked_at_for_the_first_time_at_once_show_each_its_own_on_every_store() {
    for bench in Bench::each(migrations).await {
        let kind = bench.kind;
        let house = house_over(bench).await;
        let class = |number: usize| format!("https://id.gs1.org{}", house.unit(number));
        captured(
            &house,
            serde_json::json!([{
                "type": "ObjectEvent", "eventTime": "2026-02-04T10:00:00+08:00", "eventTimeZoneOffset": "+08:00",
                "action": "OBSERVE", "bizStep": "retail_selling", "readPoint": { "id": "geo:39.90,116.40" },
                "epcList": [class(2)],
            }]),
        )
        .await;
        let link = format!("https://quality.example{}", house.unit(3));
        trace::decommission(house.kernel(), &owner("m1"), trace::Units::Codes(vec![link]), "destroyed", "")
            .await
            .unwrap();
        for _ in 0..2 {
            house.get_as("phone-before", &house.unit(5)).await;
            house.bench.clock.advance_micros(11 * ground::time::MINUTE_MICROS);
        }
        crate::drain(house.kernel()).await.unwrap();
        let forged = format!("/01/{GTIN}/21/{}", "A".repeat(20));
        let mut paths: Vec<String> = (0..10).map(|number| house.unit(number)).collect();
        paths.extend([house.unit(2), forged.clone(), house.unit(5)]);
        let glances = async |at_once: bool| {
            crate::known::forget_all(house.kernel());
            let look = async |path: &String| {
                let address = crate::address::Address::of_request(path, None).expect("an address");
                let known = crate::known::of(house.kernel(), &address).await.expect("what is known");
                format!(
                    "{:?} {:?} {} {:?} {}",
                    known.outcome,
                    known.unit,
                    known.journey.len(),
                    known.first_at,
                    known.scans
                )
            };
            match at_once {
                true => futures::future::join_all(paths.iter().map(look)).await,
                false => {
                    let mut all = Vec::new();
                    for path in &paths {
                        crate::known::forget_all(house.kernel());
                        all.push(look(path).await);
                    }
                    all
                }
            }
        };
        let (at_once, alone) = (glances(true).await, glances(false).await);
        assert_eq!(at_once, alone, "{kind}");
        assert_ne!(at_once[2], at_once[1], "{kind}: the second went its own way");
        assert!(at_once[3].starts_with("Decommissioned") && at_once[11].starts_with("Forged"), "{kind}: {at_once:?}");
        assert!(at_once[5].ends_with(" 2") && at_once[12] == at_once[5] && at_once[10] == at_once[2], "{kind}");
    }
}

#[tokio::test]
async fn the_grade_of_the_goods_stands_on_every_units_page_once_they_are_rated() {
    let house = house().await;
    assert!(house.get(&house.unit(0)).await.body.contains("id=\"rating\""));
    let input = ratings::DayInput { purchases: 400, returns: 4, reviews: 60, ..ratings::DayInput::default() };
    let row = ratings::ProductDay { key: "m1/x-1".into(), input };
    let day = ratings::day_of(house.kernel().today()) - 1;
    ratings::rate(house.kernel(), day, Box::new([Ok(row)].into_iter())).await.expect("a rated day");
    let grade = ratings::public_grade(house.kernel(), "m1", "x-1").await.expect("the store").expect("a grade");
    // What was read of the lot is believed for some seconds.
    house.bench.clock.advance_micros(11 * ground::time::SECOND_MICROS);
    let page = house.get(&house.unit(0)).await;
    let (_, rating) = page.body.split_once("id=\"rating\"").expect("the part");
    let (rating, _) = rating.split_once("</section>").expect("its end");
    assert!(rating.contains(&format!(">{}<", grade.grade.name())), "{}: {rating}", grade.grade.name());
    assert!(rating.contains(ratings::date_of(day).to_string().as_str()), "{rating}");
}
