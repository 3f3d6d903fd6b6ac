//! Copied codes, end to end.

use super::*;
use crate::model::WarningState;
use crate::warnings;
use kernel::testing::{said, staff};
use kernel::{Actor, Paging, Role};
use serde_json::{Value, json};

const BEIJING: (f64, f64) = (39.9042, 116.4074);
const GUANGZHOU: (f64, f64) = (23.1291, 113.2644);

impl House {
    async fn scanned(&self, number: usize, device: &str, at: (f64, f64)) -> Value {
        let code = format!("https://quality.example{}", self.unit(number));
        let body = json!({ "code": code, "device": device, "latitude": at.0, "longitude": at.1, "country": "cn" });
        let answer = self.app(body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    async fn open(&self) -> Vec<crate::model::Warning> {
        let filter = warnings::Filter { state: Some(WarningState::Open), ..Default::default() };
        warnings::list(self.kernel(), &staff(Role::Analyst), &filter, &Paging::default()).await.unwrap().rows
    }

    fn later(&self, minutes: i64) {
        self.bench.clock.advance_micros(minutes * ground::time::MINUTE_MICROS);
    }
}

#[tokio::test]
async fn two_far_places_within_the_hour_warn_on_the_page_and_in_the_console_on_every_store() {
    for bench in Bench::each(migrations).await {
        let kind = bench.kind;
        let house = house_over(bench).await;
        assert_eq!(house.scanned(0, "a", BEIJING).await["number"], 1);
        house.later(30);
        let second = house.scanned(0, "b", GUANGZHOU).await;
        assert_eq!((&second["number"], &second["sign"]), (&json!(2), &json!("warned")), "{kind}");
        assert_eq!(second["warnings"], json!(["impossible_travel"]));
        let page = house.get(&house.unit(0)).await;
        assert_eq!(page.sign(), "warned", "{kind}");
        assert!(page.body.contains("可能被复制") && page.body.contains("相距很远"));
        assert_eq!(house.get(&house.unit(1)).await.sign(), "genuine", "another unit is not meant");
        let open = house.open().await;
        assert_eq!(open.len(), 1);
        let detail = house.staff("enforcement", &format!("/console/scans/{}", open[0].id)).await;
        for text in ["不可能的移动", "公里", "<svg", "北京", "广东", "不锈钢保温杯"] {
            assert!(detail.body.contains(text), "{kind}: {text}");
        }
        let list = house.staff("analyst", "/console/scans?state=open").await;
        assert!(list.body.contains(&house.serials[0]));
        let unit = format!("{GTIN}/{}", house.serials[0]);
        assert_eq!(house.bench.acts("unit", &unit).await, ["clone.suspected"], "{kind}");
        assert_eq!(crate::open_warnings(house.kernel()).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_traveller_a_family_and_the_same_phone_twice_warn_nobody() {
    let house = house().await;
    house.scanned(0, "a", BEIJING).await;
    house.later(1);
    house.scanned(0, "a", GUANGZHOU).await;
    house.later(1);
    house.scanned(1, "mother", BEIJING).await;
    house.scanned(1, "child", (39.95, 116.3)).await;
    house.later(200);
    house.scanned(1, "grandmother", GUANGZHOU).await;
    assert_eq!(house.open().await, []);
}

#[tokio::test]
async fn the_form_where_are_you_counts_as_a_place_of_that_scan() {
    let house = house().await;
    house.scanned(0, "a", BEIJING).await;
    house.later(5);
    let told = house.form(&house.unit(0), "/s/where", &[("code", &house.unit(0)), ("place", "650000")]).await;
    assert_eq!((told.status, told.header("location")), (StatusCode::SEE_OTHER, house.unit(0)), "{}", told.body);
    assert_eq!(house.open().await.len(), 1, "Xinjiang is more than five minutes from Beijing");
    assert!(house.get(&house.unit(0)).await.body.contains("第 2 次验证"), "and it is no third scan");
    let odd = house.form(&house.unit(0), "/s/where", &[("code", &house.unit(0)), ("place", "999999")]).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_warning_is_dismissed_with_a_reason_and_new_evidence_warns_again() {
    let house = house().await;
    house.scanned(0, "a", BEIJING).await;
    house.later(30);
    house.scanned(0, "b", GUANGZHOU).await;
    let warning = house.open().await.remove(0);
    let close = |actor: Actor, state, reason: &'static str| {
        let (house, id) = (&house, warning.id.clone());
        async move { warnings::close(house.kernel(), &actor, &id, state, reason).await }
    };
    assert_eq!(said(close(staff(Role::Analyst), WarningState::Dismissed, "x").await), "forbidden");
    assert_eq!(said(close(staff(Role::Enforcement), WarningState::Dismissed, " ").await), "invalid_input reason");
    assert_eq!(said(close(staff(Role::Enforcement), WarningState::Open, "x").await), "invalid_input state");
    close(staff(Role::Enforcement), WarningState::Dismissed, "门店演示").await.unwrap();
    assert_eq!(said(close(staff(Role::Enforcement), WarningState::Confirmed, "x").await), "scan_warning_closed");
    assert_eq!(house.get(&house.unit(0)).await.sign(), "genuine");
    house.later(1);
    house.scanned(0, "c", GUANGZHOU).await;
    assert_eq!(house.open().await, [], "the old pair is forgotten");
    house.later(10);
    house.scanned(0, "d", BEIJING).await;
    assert_eq!(house.open().await.len(), 1, "a new pair is not");
    let unit = format!("{GTIN}/{}", house.serials[0]);
    assert_eq!(house.bench.acts("unit", &unit).await, ["clone.suspected", "clone.closed", "clone.suspected"]);
}

#[tokio::test]
async fn a_confirmed_copy_stays_on_the_page_and_is_not_opened_twice() {
    let house = house().await;
    house.scanned(0, "a", BEIJING).await;
    house.later(30);
    house.scanned(0, "b", GUANGZHOU).await;
    let id = house.open().await.remove(0).id;
    let enforcement = staff(Role::Enforcement);
    warnings::close(house.kernel(), &enforcement, &id, WarningState::Confirmed, "查获假货").await.unwrap();
    house.later(10);
    house.scanned(0, "c", BEIJING).await;
    assert_eq!(house.open().await, []);
    let page = house.get(&house.unit(0)).await;
    assert_eq!(page.sign(), "warned");
    assert!(page.body.contains("已确认：这个编码被复制过"));
    let case = warnings::one(house.kernel(), &enforcement, &id).await.unwrap();
    assert!(case.warning.times >= 2, "the rule spoke again: {}", case.warning.times);
}

#[tokio::test]
async fn one_unit_in_two_orders_is_told_once() {
    let house = house().await;
    let code = format!("https://quality.example{}", house.unit(0));
    let sell = |number: &'static str| {
        let order = trace::Order { number: number.into(), codes: vec![code.clone()], sold_at: None };
        let kernel = house.kernel().clone();
        async move { trace::record_sales(&kernel, &staff(Role::Manager), &[order]).await.unwrap() }
    };
    sell("A-1").await;
    house.settle().await;
    assert_eq!(house.open().await, []);
    house.later(60);
    sell("A-2").await;
    house.settle().await;
    house.settle().await;
    let open = house.open().await;
    assert_eq!(
        open.iter().map(|warning| (warning.rule.name(), warning.times)).collect::<Vec<_>>(),
        [("two_orders", 1)]
    );
    assert!(!open[0].evidence.to_string().contains("A-2"), "orders are shown by hashes");
}

#[tokio::test]
async fn folding_the_stored_scans_again_gives_the_same_records() {
    let house = house().await;
    for number in 0..5 {
        for (n, phone) in ["a", "b", "c"].iter().enumerate() {
            house.later(7);
            let place = if n % 2 == 0 { BEIJING } else { GUANGZHOU };
            house.scanned(number, phone, place).await;
        }
        house.get_as("browser", &house.unit(number)).await;
    }
    house.settle().await;
    let compared = crate::compare(house.kernel()).await.unwrap();
    assert_eq!((compared.equal, compared.shortened, compared.differing), (6, 0, vec![]));
}

#[tokio::test]
async fn scans_are_removed_after_their_time_and_what_counts_stays() {
    let house = house().await;
    house.get(&house.unit(0)).await;
    house.settle().await;
    house.bench.clock.advance_days(366);
    house.settle().await;
    for job in crate::jobs() {
        (job.run)(house.kernel().clone()).await.unwrap();
    }
    let filter = crate::list::filter(house.kernel(), &Default::default()).unwrap();
    let scans = crate::list::scans(house.kernel(), &staff(Role::Analyst), &filter, &Paging::default()).await.unwrap();
    assert_eq!(scans.total, 0);
    assert!(house.get(&house.unit(0)).await.body.contains("第 2 次验证"), "how often is still known");
    house.settle().await;
    assert_eq!(crate::compare(house.kernel()).await.unwrap().shortened, 2, "the unit and its lot");
}

#[tokio::test]
async fn a_hundred_scans_at_once_are_counted_once_each() {
    let house = house().await;
    let mut tasks = Vec::new();
    for n in 0..100 {
        let (router, path) = (house.router.clone(), house.unit(0));
        tasks.push(tokio::spawn(async move {
            let phone = format!("phone-{n}");
            call(&router, "GET", &path, &[("user-agent", phone.as_str())], Body::empty()).await.status
        }));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap(), StatusCode::OK);
    }
    house.settle().await;
    assert!(house.get_as("the last", &house.unit(0)).await.body.contains("第 101 次验证"));
    let open = house.open().await;
    assert!(open.iter().any(|warning| warning.rule.name() == "too_many_devices"), "{open:?}");
}

#[tokio::test]
async fn no_address_and_no_name_of_a_phone_is_stored() {
    let house = house().await;
    let code = format!("https://quality.example{}", house.unit(0));
    house.app(json!({ "code": code, "device": "serial-of-my-phone" })).await;
    house.get_as("Mozilla/5.0 (my phone)", &house.unit(0)).await;
    house.settle().await;
    let filter = crate::list::filter(house.kernel(), &Default::default()).unwrap();
    let scans = crate::list::scans(house.kernel(), &staff(Role::Analyst), &filter, &Paging::default()).await.unwrap();
    assert_eq!(scans.total, 2);
    let kept = format!("{:?}", scans.rows);
    for private in ["serial-of-my-phone", "Mozilla", "127.0.0.1", "0.0.0.0"] {
        assert!(!kept.contains(private), "{private}");
    }
    let devices: Vec<_> = scans.rows.iter().map(|scan| scan.seen.device).collect();
    house.bench.clock.advance_days(1);
    house.app(json!({ "code": code, "device": "serial-of-my-phone" })).await;
    let scans = crate::list::scans(house.kernel(), &staff(Role::Analyst), &filter, &Paging::default()).await.unwrap();
    assert!(!devices.contains(&scans.rows[0].seen.device), "tomorrow the same phone is another");
}
