//! The same thing twice, at once, or too late.

use super::*;
use axum::http::StatusCode;

async fn keyed(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    let request = client.request(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
    let request = request.header("x-csrf-token", client.csrf()).header("idempotency-key", key);
    sent(client, request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn a_repeated_request_with_a_key_does_its_work_once() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let body = goods(&shop.merchant);
    let (first, second) =
        tokio::join!(keyed(&shop.door, "/v1/listings", "k1", &body), keyed(&shop.door, "/v1/listings", "k1", &body));
    let third = keyed(&shop.door, "/v1/listings", "k1", &body).await;
    let made: Vec<&Answer> =
        [&first, &second, &third].into_iter().filter(|answer| answer.status == StatusCode::CREATED).collect();
    assert!(made.len() >= 2, "{} {} {}", first.text(), second.text(), third.text());
    assert!(made.iter().all(|answer| answer.bytes == made[0].bytes), "every answer is the first one");
    for answer in [&first, &second].into_iter().filter(|answer| answer.status != StatusCode::CREATED) {
        refused(answer, 409, "idempotency_running");
    }
    let other = with(body.clone(), &[("title", json!("别的"))]);
    refused(&keyed(&shop.door, "/v1/listings", "k1", &other).await, 422, "idempotency_reused");
    for key in ["", &"k".repeat(201)] {
        refused(&keyed(&shop.door, "/v1/listings", key, &body).await, 422, "invalid_input");
    }
    let neighbour = enrolled(&app, 1, |_| {}).await.unwrap();
    let theirs = keyed(&neighbour.door, "/v1/listings", "k1", &goods(&neighbour.merchant)).await.ok().unwrap();
    assert_ne!(theirs["id"], first.json().unwrap()["id"], "a key is its owner's");
    assert_eq!(shop.door.get("/v1/listings").await.unwrap().ok().unwrap()["total"], 1);
}

#[tokio::test]
async fn a_number_is_listed_once_however_often_it_is_pressed() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let body = with(goods(&shop.merchant), &[("submit", json!(true))]);
    let answers = tokio::join!(
        shop.door.post_json("/v1/listings", &body),
        shop.door.post_json("/v1/listings", &body),
        shop.door.post_json("/v1/listings", &body)
    );
    let answers = [answers.0.unwrap(), answers.1.unwrap(), answers.2.unwrap()];
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != StatusCode::CREATED) {
        assert!(matches!(answer.status.as_u16(), 409 | 422), "{}", answer.text());
        assert_eq!(flaws(answer, true), Vec::<String>::new());
    }
    app.settle().await.unwrap();
    assert_eq!(shop.door.get("/v1/listings").await.unwrap().ok().unwrap()["total"], 1);
    let list = shop.door.get("/v1/listings").await.unwrap().ok().unwrap();
    let first = &list["rows"].as_array().or(list["items"].as_array()).unwrap()[0];
    let path = format!("/v1/listings/{}", first["id"].as_str().unwrap());
    let again = json!({ "version_id": first["version_id"] });
    for _ in 0..2 {
        let answer = shop.door.post_json(&format!("{path}/submit"), &again).await.unwrap();
        assert!(answer.status.is_success() || answer.status == StatusCode::CONFLICT, "{}", answer.text());
    }
    app.settle().await.unwrap();
    let acts = shop.door.get(&path).await.unwrap().ok().unwrap()["acts"].as_array().unwrap().len();
    assert!(acts < 10, "{acts} acts for one listing");
}

#[tokio::test]
async fn a_change_to_something_older_is_refused_and_nothing_is_lost() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let made = shop.door.post_json("/v1/listings", &goods(&shop.merchant)).await.unwrap().ok().unwrap();
    let path = format!("/v1/listings/{}", made["id"].as_str().unwrap());
    let mut change = with(goods(&shop.merchant), &[("number", json!(1)), ("title", json!("第二稿"))]);
    change.as_object_mut().unwrap().remove("external_id");
    shop.door.post_json(&format!("{path}/versions"), &change).await.unwrap().ok().unwrap();
    for number in [1, 0, -1, 7, i64::MAX] {
        let late = with(change.clone(), &[("number", json!(number)), ("title", json!("迟到的稿"))]);
        refused(&shop.door.post_json(&format!("{path}/versions"), &late).await.unwrap(), 409, "listing_stale");
    }
    let old = json!({ "version_id": made["version_id"] });
    refused(&shop.door.post_json(&format!("{path}/submit"), &old).await.unwrap(), 409, "listing_stale");
    assert_eq!(shop.door.get(&path).await.unwrap().ok().unwrap()["listing"]["title"], "第二稿");
    let file = format!("/v1/merchants/{}", shop.id);
    let version = shop.door.get(&file).await.unwrap().ok().unwrap()["version"].as_i64().unwrap();
    for stale in [version - 1, version + 1, -5] {
        let answer =
            shop.door.send_json(Method::PATCH, &file, &json!({ "version": stale, "categories": [] })).await.unwrap();
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text());
        assert_eq!(flaws(&answer, true), Vec::<String>::new());
    }
}

/// A listing a person must decide.
async fn waiting(app: &App, shop: &Shop) -> Value {
    let manager = app.signed_in(Role::Manager, "looking").await.unwrap();
    for (place, title) in ["国家级 高档 精选 杯子", "特效 祖传 秘方 护肤", "全网销量第一 正品", "医用级 抗菌 护理"]
        .into_iter()
        .enumerate()
    {
        let body = with(
            goods(&shop.merchant),
            &[
                ("external_id", json!(format!("W{place}"))),
                ("submit", json!(true)),
                ("price_minor", json!(1)),
                ("list_price_minor", json!(99_999_900)),
                ("title", json!(title)),
            ],
        );
        shop.door.post_json("/v1/listings", &body).await.unwrap().ok().unwrap();
        app.settle().await.unwrap();
        let queue = manager.get("/v1/review/items").await.unwrap().ok().unwrap();
        let rows = queue["rows"].as_array().or(queue["items"].as_array()).cloned().unwrap_or_default();
        if let Some(item) = rows.first() {
            return item.clone();
        }
    }
    panic!("nothing came to the queue");
}

#[tokio::test]
async fn two_reviewers_on_one_item_decide_once() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let item = waiting(&app, &shop).await;
    let path = format!("/v1/review/items/{}", item["id"].as_str().unwrap());
    let one = app.signed_in(Role::Reviewer, "reviewer-one").await.unwrap();
    let two = app.signed_in(Role::Reviewer, "reviewer-two").await.unwrap();
    let claim = format!("{path}/claim");
    let nothing = json!({});
    let (first, second) = tokio::join!(one.post_json(&claim, &nothing), two.post_json(&claim, &nothing));
    let (first, second) = (first.unwrap(), second.unwrap());
    let (holder, other, held, turned) =
        if first.status.is_success() { (&one, &two, first, second) } else { (&two, &one, second, first) };
    assert_eq!(turned.status, StatusCode::CONFLICT, "{}", turned.text());
    assert_eq!(flaws(&turned, true), Vec::<String>::new());
    let held = held.ok().unwrap();
    let decision =
        json!({ "claim_id": held["claim_id"], "version_id": item["version_id"], "verdict": "approve", "reasons": [] });
    let work = holder.get(&path).await.unwrap().ok().unwrap();
    let reason = work["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .find(|reason| reason["verdict"] == "reject")
        .expect("a reason")["code"]
        .clone();
    let decision = with(
        decision,
        &[("verdict", json!("reject")), ("reasons", json!([reason])), ("note", json!("与页面证据不符"))],
    );
    let stolen = other.post_json(&format!("{path}/decide"), &decision).await.unwrap();
    assert!(stolen.status.is_client_error(), "{}", stolen.text());
    assert_eq!(flaws(&stolen, true), Vec::<String>::new());
    let path = format!("{path}/decide");
    let (first, second) = tokio::join!(holder.post_json(&path, &decision), holder.post_json(&path, &decision));
    let (first, second) = (first.unwrap().ok().unwrap(), second.unwrap().ok().unwrap());
    assert_eq!(first["act_id"], second["act_id"], "a second press gets the first answer");
    for wrong in [("verdict", json!("maybe")), ("reasons", json!(["no-such-reason"])), ("version_id", json!("x"))] {
        let answer = holder.post_json(&path, &with(decision.clone(), &[wrong])).await.unwrap();
        assert!(!answer.status.is_server_error(), "{}", answer.text());
        assert_eq!(flaws(&answer, true), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_policy_is_switched_once_of_two_who_saw_the_same() {
    let app = App::start().await.unwrap();
    let manager = app.signed_in(Role::Manager, "manager").await.unwrap();
    let pack = manager.get("/v1/policies/cn").await.unwrap().ok().unwrap();
    let table = pack["tables"]
        .as_array()
        .unwrap()
        .iter()
        .find(|table| table["name"].as_str().unwrap().starts_with("claims") && table["rows"].as_u64() > Some(0))
        .expect("claims")["name"]
        .clone();
    let rows = manager.get(&format!("/v1/policies/cn/tables/{}", table.as_str().unwrap())).await.unwrap().ok().unwrap();
    let row = &rows[0];
    let body =
        json!({ "seen": pack["version_id"], "table": table, "from": row["from"], "mode": "shadow", "reason": "试行" });
    let path = format!("/v1/policies/cn/rows/{}/mode", row["id"].as_str().unwrap());
    manager.post_json(&path, &body).await.unwrap().ok().unwrap();
    let late = manager.post_json(&path, &with(body, &[("mode", json!("off"))])).await.unwrap();
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text());
    assert_eq!(flaws(&late, true), Vec::<String>::new());
}
