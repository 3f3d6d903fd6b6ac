//! Signals and acts become features, examples and scores.

use super::*;
use crate::features::COUNT;
use listings::testing as goods;
use serde_json::json;

#[tokio::test]
async fn an_example_holds_what_was_known_when_the_alert_was_raised() {
    let house = house().await;
    house.sold("m1", "x-1", 400).await;
    house.happens(Kind::Complaint, "m1", "x-1", 8).await;
    house.alert("a1", "m1", "x-1").await;
    house.settle().await;
    let raised = house.example(Source::Alert, "a1", "x-1").await.expect("taken down");
    assert_eq!((raised.label, raised.labelled_day), (None, None));
    let then = raised.vector.get("complaint_ratio").expect("there were complaints");
    // (8 + 3) / (400 × rate + 3), with a rate of (8 + 10) / (400 + 1000) of the market, to which 1,000 usual purchases are added.
    let wanted = (11.0f64 / (400.0 * (18.0 / 1_400.0) + 3.0)).ln();
    assert!((then - wanted).abs() < 1e-9, "{then} {wanted}");

    // What comes later is not in it.
    house.happens(Kind::Complaint, "m1", "x-1", 40).await;
    house.bench.clock.advance_days(3);
    house.ends("a1", "m1", "x-1", "true").await;
    house.settle().await;
    let ended = house.example(Source::Alert, "a1", "x-1").await.expect("kept");
    assert_eq!(ended.vector.to_json(), raised.vector.to_json());
    assert_eq!((ended.label, ended.labelled_day), (Some(true), Some(raised.day + 3)));
    assert_eq!(ended.vector.get("product_found_log"), Some(0.0), "its own finding is not among what was found before");
    let score = crate::score(house.kernel(), "m1", "x-1").await.expect("a score");
    let found = score.contributions.iter().find(|part| part.feature == "product_found_log").expect("the feature");
    assert_eq!(found.value, Some(2.0f64.ln()), "from now on it counts");
    // Again, as an act may come twice.
    house.ends("a1", "m1", "x-1", "true").await;
    house.settle().await;
    let case = crate::show(house.kernel(), &kernel::testing::staff(Role::Analyst), "m1", "x-1").await.expect("shown");
    assert_eq!(case.marks.len(), 1);
}

#[tokio::test]
async fn an_alert_nobody_could_judge_teaches_nothing() {
    let house = house().await;
    house.sold("m1", "x-1", 100).await;
    house.alert("a1", "m1", "x-1").await;
    house.settle().await;
    house.ends("a1", "m1", "x-1", "unclear").await;
    house.settle().await;
    assert_eq!(house.example(Source::Alert, "a1", "x-1").await, None);
    let act = Act::new("alert.raised", "alert", "a2").public("merchant", "m1");
    house.act(act, &Actor::system("alerts")).await;
    house.settle().await;
    assert_eq!(crate::examples::counts(house.kernel()).await.expect("counts").open, 0, "about no product");
}

#[tokio::test]
async fn what_nobody_took_down_is_made_again_as_of_the_day_before() {
    let house = house().await;
    house.sold("m1", "x-1", 300).await;
    house.happens(Kind::Complaint, "m1", "x-1", 6).await;
    house.day_ends().await;
    house.alert("late", "m1", "x-1").await;
    house.happens(Kind::Complaint, "m1", "x-1", 50).await;
    house.day_ends().await;
    // The same alert with the capture switched off: everything is known from the closings alone.
    let house = {
        let tx = house.kernel().db().write_tx().await.expect("a transaction");
        if let Some(taken) = house.example(Source::Alert, "late", "x-1").await {
            store::examples::remove(&tx, &taken.id).await.expect("removed");
        }
        tx.commit().await.expect("committed");
        house
    };
    house.ends("late", "m1", "x-1", "false").await;
    house.bench.settle(Vec::new(), late_reactions).await;
    let made = house.example(Source::Alert, "late", "x-1").await.expect("made again");
    assert_eq!(made.label, Some(false));
    let ratio = made.vector.get("complaint_ratio").expect("there were complaints");
    let now =
        crate::score(house.kernel(), "m1", "x-1").await.expect("a score").contributions[0].value.expect("a value");
    assert!(ratio < 0.4 && now > 1.0, "6 complaints of 300 purchases, not 56: {ratio} {now}");
}

#[tokio::test]
async fn people_and_laboratories_teach_and_rules_do_not() {
    let house = house().await;
    let kernel = house.kernel();
    goods::merchant(kernel, "m1", 1, &["daily/home"]).await;
    let content = listings::Content { gtin: "6901234567892".into(), ..goods::honest("保温杯") };
    let listing = goods::offer(kernel, "m1", "x-1", content).await;
    let reviewer = kernel::testing::staff(Role::Reviewer);
    house.act(Act::new("listing.rejected", "listing", &listing.id), &Actor::system("screening")).await;
    house.settle().await;
    assert_eq!(crate::examples::counts(kernel).await.expect("counts").ended, 0, "a rule decided");
    house.act(Act::new("listing.rejected", "listing", &listing.id), &reviewer).await;
    house.settle().await;
    let report = |id: &str, result: &str| {
        Act::new("report.issued", "report", id)
            .about("merchant", "m1")
            .outcome("valid")
            .public("result", result)
            .public("gtin", "06901234567892")
    };
    for (id, result) in [("r1", "fail"), ("r2", "pass")] {
        house.bench.clock.advance_micros(1_000_000);
        house.act(report(id, result), &reviewer).await;
        house.settle().await;
    }
    let counts = crate::examples::counts(kernel).await.expect("counts");
    assert_eq!((counts.ended, counts.wrong), (3, 2));
    let passed = house.example(Source::Report, "r2", "x-1").await.expect("an example");
    assert_eq!(passed.vector.get("product_found_log"), Some(3.0f64.ln()), "two findings before");
    assert_eq!(passed.vector.get("unlisted"), Some(0.0));
    assert!(passed.vector.get("category_ratio").is_some());
    assert!(passed.vector.get("merchant_days_log").is_some());
}

#[tokio::test]
async fn a_closed_day_scores_what_had_signals_and_the_worst_come_first() {
    let house = house().await;
    for product in ["good", "bad", "fair"] {
        house.sold("m1", product, 500).await;
    }
    house.happens(Kind::Complaint, "m1", "bad", 150).await;
    house.happens(Kind::Return, "m1", "bad", 100).await;
    house.happens(Kind::Complaint, "m1", "fair", 8).await;
    house.day_ends().await;
    let listed = house.json("/v1/risk").await;
    let names: Vec<&str> =
        listed["rows"].as_array().expect("rows").iter().filter_map(|row| row["product"].as_str()).collect();
    assert_eq!(names, ["bad", "fair", "good"]);
    assert_eq!(listed["rows"][0]["model"], json!("prior"));
    assert_eq!(listed["rows"][0]["leading"], json!("complaint_ratio"));
    // Nothing happened to them since: another closing scores nothing again, except what had signals.
    let day = listed["rows"][0]["day"].clone();
    house.sold("m1", "good", 10).await;
    house.day_ends().await;
    let listed = house.json("/v1/risk?sort=-day").await;
    assert_eq!(listed["rows"][0]["product"], json!("good"));
    assert_ne!(listed["rows"][0]["day"], day);
    assert_eq!(listed["rows"][1]["day"], day);
    let high = house.json("/v1/risk?band=high").await;
    let probability = high["rows"][0]["probability"].as_f64().expect("a number");
    assert!(high["total"] == json!(1) && probability >= 0.3, "{high}");
}

#[tokio::test]
async fn the_parts_of_a_score_sum_to_it() {
    let house = house().await;
    house.sold("m1", "x-1", 300).await;
    house.happens(Kind::Complaint, "m1", "x-1", 9).await;
    let body = house.json("/v1/risk/m1/x-1").await;
    let parts = body["contributions"].as_array().expect("parts");
    assert_eq!(parts.len(), COUNT);
    let sum: f64 = parts.iter().filter_map(|part| part["contribution"].as_f64()).sum();
    let (bias, raw) = (body["bias"].as_f64().expect("a number"), body["raw"].as_f64().expect("a number"));
    assert!((bias + sum - raw).abs() < 1e-9, "{bias} + {sum} = {raw}");
    assert_eq!(body["model"], json!("prior"));
    assert_eq!(body["use"], json!("advice, never the only ground of a decision"));
    // The prior is what the policy says: the intercept, and 0.9 for each unit of the complaint ratio.
    assert_eq!(bias, -3.0);
    let complaints = &parts[0];
    let (value, contribution) = (complaints["value"].as_f64().expect("a value"), complaints["contribution"].as_f64());
    assert!((contribution.expect("a number") - 0.9 * value).abs() < 1e-12);
    assert_eq!(house.get("analyst", "/v1/risk/m1/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_drawn_product_ends_with_its_horizon_and_by_what_was_found_within_it() {
    let house = house().await;
    house.sold("m1", "x-1", 100).await;
    house.sold("m1", "x-2", 100).await;
    house.day_ends().await;
    let counts = crate::examples::counts(house.kernel()).await.expect("counts");
    assert_eq!((counts.ended, counts.open), (0, 2), "fewer goods than are drawn: both are");
    house.bench.clock.advance_days(5);
    house.alert("a1", "m1", "x-2").await;
    house.ends("a1", "m1", "x-2", "true").await;
    house.settle().await;
    house.bench.clock.advance_days(30);
    house.sold("m1", "x-3", 1).await;
    house.day_ends().await;
    let ended = store::examples::ended(house.kernel().db().read(), 100).await.expect("the store");
    let label = |product: &str| {
        ended.iter().find(|one| one.source == Source::Sample && one.product == product).and_then(|one| one.label)
    };
    assert_eq!((label("x-1"), label("x-2"), label("x-3")), (Some(false), Some(true), None));
}
