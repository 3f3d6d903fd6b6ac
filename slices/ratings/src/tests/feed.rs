//! The feed for the shop's ranking.

use super::{brings, good, house};
use crate::model::ProductDay;
use axum::body::Body;
use axum::http::StatusCode;
use serde_json::Value;

#[tokio::test]
async fn the_feed_gives_changes_in_order_page_by_page_and_says_when_nothing_changed() {
    let mut house = house().await;
    let rows: Vec<ProductDay> = (0..25).map(|number| good(&format!("m1/p{number:02}"))).collect();
    house.close(rows).await;
    let (mut since, mut seen) = (0, Vec::new());
    for _ in 0..10 {
        let answer = house.ask("manager", &format!("/v1/ratings?since={since}&limit=10")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let page: Value = serde_json::from_str(&answer.body).expect("JSON");
        for change in page["changes"].as_array().expect("changes") {
            seen.push((
                change["sequence"].as_i64().expect("a number"),
                change["product"].as_str().expect("text").to_owned(),
            ));
        }
        since = page["next"].as_i64().expect("a cursor");
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(seen.len(), 25);
    assert!(seen.windows(2).all(|pair| pair[0].0 < pair[1].0), "{seen:?}");
    let asked = format!("/v1/ratings?since={since}");
    let empty = house.ask("manager", &asked).await;
    let tag = empty.headers["etag"].to_str().expect("a tag").to_owned();
    let headers = [("authorization", "Bearer manager"), ("if-none-match", tag.as_str())];
    assert_eq!(house.send("GET", &asked, &headers, Body::empty()).await.status, StatusCode::NOT_MODIFIED);
    house.close(vec![brings("m1/p07", 100, 90)]).await;
    let fresh = house.send("GET", &asked, &headers, Body::empty()).await;
    assert_eq!(fresh.status, StatusCode::OK);
    let page: Value = serde_json::from_str(&fresh.body).expect("JSON");
    let changed: Vec<&str> =
        page["changes"].as_array().expect("changes").iter().filter_map(|one| one["product"].as_str()).collect();
    assert!(changed.contains(&"p07"), "{changed:?}");
    let whole: Value = serde_json::from_str(&house.ask("manager", "/v1/ratings?limit=1000").await.body).expect("JSON");
    assert_eq!(whole["changes"].as_array().map(Vec::len), Some(25), "each product once, at its latest change");
}

#[tokio::test]
async fn one_rating_is_for_staff_and_its_own_merchant() {
    let mut house = house().await;
    house.close(vec![good("m1/a b/c")]).await;
    let path = "/v1/ratings/m1/a%20b%2Fc";
    for (token, status) in [("manager", 200), ("merchant:m1", 200), ("merchant:m2", 404)] {
        let answer = house.ask(token, path).await;
        assert_eq!(answer.status.as_u16(), status, "{token}: {}", answer.body);
    }
    assert_eq!(house.ask("manager", "/v1/ratings?since=-1").await.status.as_u16(), 422);
    assert_eq!(house.ask("merchant:m1", "/v1/ratings").await.status, StatusCode::FORBIDDEN);
    let proof = house.ask("merchant:m1", "/v1/ratings/m1/a%20b%2Fc/proof").await;
    let proof: Value = serde_json::from_str(&proof.body).expect("JSON");
    assert!(proof["line"].as_str().is_some_and(|line| line.contains("\"key\":\"m1/a b/c\"")));
}
