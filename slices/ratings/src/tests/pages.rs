//! Pages.

use super::{brings, good, house};
use crate::model::Grade;
use crate::restore::{Assumed, ahead, ways};

#[tokio::test]
async fn the_console_shows_the_distribution_the_list_and_a_rating_with_its_reasons() {
    let mut house = house().await;
    house.run(10, || vec![good("m1/a"), good("m1/b"), brings("m1/n", 2, 0)]).await;
    house.close(vec![brings("m1/a", 100, 95), good("m1/b")]).await;
    let list = house.ask("manager", "/console/ratings?grade=A").await;
    assert_eq!(list.status.as_u16(), 200);
    assert!(list.body.contains("/console/ratings/m1/b") && !list.body.contains("/console/ratings/m1/n\""));
    let csv = house.ask("manager", "/console/ratings.csv").await.body;
    assert_eq!(csv.trim_end().lines().count(), 4, "{csv}");
    let page = house.ask("manager", "/console/ratings/m1/a").await;
    assert_eq!(page.status.as_u16(), 200);
    for text in ["More complaints", "ts-interval", "Half-life", "Proof of this line", "The grade", "rating-history"] {
        assert!(page.body.contains(text), "{text}");
    }
    assert!(
        !page.body.contains("ratings-"),
        "a text is missing: {:?}",
        page.body.split("ratings-").nth(1).map(|rest| &rest[..30])
    );
}

#[tokio::test]
async fn the_merchant_sees_what_restores_its_rating_by_the_same_rules() {
    let mut house = house().await;
    house.run(10, || vec![good("m1/a")]).await;
    house.run(5, || vec![brings("m1/a", 100, 60)]).await;
    let rating = house.rating("a").await;
    assert!(rating.grade > Grade::A);
    let detail = crate::read::detail(house.kernel(), &kernel::testing::owner("m1"), "m1", "a").await.expect("own");
    let all = ways(&detail.head, &rating.line).expect("ways");
    let named = |name: &str| all.iter().find(|way| way.name == name).copied().expect("a way");
    let (none, half, same) = (named("no_complaints"), named("half_complaints"), named("as_now"));
    assert!(none.better_in_days.is_some(), "{all:?}");
    assert!(none.better_in_days <= half.better_in_days || half.better_in_days.is_none());
    assert!(same.better_in_days.is_none(), "the present pace keeps it down: {all:?}");
    let page = house.ask("merchant:m1", "/merchant/ratings/a?complaints_less=100&days=90").await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.body);
    assert!(page.body.contains("What restores it") && page.body.contains("type=\"range\""));
    assert!(
        !page.body.contains("ratings-"),
        "a text is missing: {:?}",
        page.body.split("ratings-").nth(1).map(|rest| &rest[..30])
    );
    let fragment = house.ask("merchant:m1", "/merchant/ratings/a/ahead?complaints_less=100&days=90").await;
    let days = ahead(&detail.head, &rating.line, Assumed { complaints_less: 100, days: 90, ..Assumed::default() })
        .expect("days");
    let last = days.last().expect("days");
    assert!(fragment.body.contains(&format!("After 90 days: {:.1} points", last.score)), "{}", fragment.body);
    assert_eq!(house.ask("merchant:m2", "/merchant/ratings/a").await.status.as_u16(), 404);
    assert_eq!(house.ask("merchant:m1", "/merchant/ratings").await.status.as_u16(), 200);
}

#[tokio::test]
async fn what_is_foreseen_is_what_comes() {
    let mut house = house().await;
    for _ in 0..400 {
        house.day += 1;
        crate::rate(house.kernel(), house.day, super::in_order(vec![brings("m1/a", 100, 6)])).await.expect("a day");
    }
    let rating = house.rating("a").await;
    let head = crate::store::days::head(house.kernel().db().read(), rating.day).await.expect("store").expect("head");
    let foreseen =
        ahead(&head, &rating.line, Assumed { complaints_less: 50, days: 30, ..Assumed::default() }).expect("days");
    for _ in 0..30 {
        house.day += 1;
        crate::rate(house.kernel(), house.day, super::in_order(vec![brings("m1/a", 100, 3)])).await.expect("a day");
    }
    let come = house.rating("a").await;
    let last = foreseen.last().expect("days");
    assert!((come.line.score - last.score).abs() < 1.5, "{} and {}", come.line.score, last.score);
}

#[tokio::test]
async fn everybody_may_read_how_goods_are_rated() {
    let house = house().await;
    let page = house.send("GET", "/ratings/how", &[("accept-language", "zh-CN")], axum::body::Body::empty()).await;
    assert_eq!(page.status.as_u16(), 200);
    for text in ["检测结果", "30%", "下架待检", "不得参加促销"] {
        assert!(page.body.contains(text), "{text}");
    }
    assert!(!page.body.contains("ratings-"), "a text is missing");
    assert!(page.body.len() < 100_000);
}
