//! What grades do to listings, and what people do to effects.

use super::{House, brings, good, house};
use crate::model::{DayInput, Effect, Grade, ProductDay};
use crate::{Wish, hold};
use kernel::testing::{owner, said, staff};
use kernel::{Act, Actor, Role};
use listings::{Content, State, testing as goods};

const GTIN: &str = "06901234567892";

async fn offered() -> (House, String) {
    let house = house().await;
    let content = Content { gtin: GTIN[1..].to_owned(), ..goods::honest("保温杯") };
    let listing = goods::offer(house.kernel(), "m1", "x-1", content).await;
    assert_eq!(listing.state, State::OnSale);
    (house, listing.id)
}

async fn state(house: &House, id: &str) -> State {
    listings::get(house.kernel(), &staff(Role::Reviewer), id).await.expect("the listing").state
}

/// Everything that can go wrong with goods.
fn awful(key: &str) -> ProductDay {
    let input = DayInput {
        purchases: 100,
        complaints: 60,
        severe_complaints: 20,
        returns: 50,
        reviews: 40,
        bad_reviews: 38,
        ..DayInput::default()
    };
    ProductDay { key: key.to_owned(), input }
}

async fn report(house: &House, id: &str, result: &str) {
    let mut write = house.kernel().begin(&Actor::system("test")).await.expect("a decision");
    let act = Act::new("report.issued", "report", id)
        .about("merchant", "m1")
        .outcome("valid")
        .public("result", result)
        .public("gtin", GTIN);
    write.act(act).await.expect("an act");
    write.commit().await.expect("kept");
    house.settle().await;
}

#[tokio::test]
async fn the_worst_goods_leave_the_shelf_until_a_test_is_passed() {
    let (mut house, id) = offered().await;
    house.run(3, || vec![good("m1/x-1")]).await;
    assert_eq!(house.rating("x-1").await.applied, Effect::Recommended);
    house.run(6, || vec![awful("m1/x-1")]).await;
    let rating = house.rating("x-1").await;
    assert_eq!((rating.grade, rating.applied), (Grade::E, Effect::RemovedPendingTest), "{rating:?}");
    assert_eq!(state(&house, &id).await, State::Suspended);
    // Time alone does not bring them back, whatever the grade becomes.
    house.run(90, || vec![good("m1/x-1")]).await;
    assert!(house.rating("x-1").await.grade < Grade::E);
    assert_eq!(state(&house, &id).await, State::Suspended);
    report(&house, "r-1", "pass").await;
    house.close(vec![good("m1/x-1")]).await;
    let back = house.rating("x-1").await;
    assert_ne!(back.applied, Effect::RemovedPendingTest, "{back:?}");
    assert!(state(&house, &id).await.is_on_sale());
    let kinds = house.kinds("x-1").await;
    for kind in ["rating.recommended", "rating.removed_pending_test", "rating.changed"] {
        assert!(kinds.iter().any(|there| there == kind), "{kind} in {kinds:?}");
    }
}

#[tokio::test]
async fn a_failed_test_limits_the_sale_and_a_passed_one_frees_it() {
    let (mut house, id) = offered().await;
    house.run(10, || vec![good("m1/x-1")]).await;
    report(&house, "r-1", "fail").await;
    house.close(vec![good("m1/x-1")]).await;
    assert_eq!(house.rating("x-1").await.applied, Effect::Limited);
    assert_eq!(state(&house, &id).await, State::Restricted);
    let acts = house.bench.acts("listing", &id).await;
    assert!(acts.contains(&"listing.restricted".to_owned()), "{acts:?}");
    for number in 0..4 {
        report(&house, &format!("p-{number}"), "pass").await;
    }
    house.run(12, || vec![good("m1/x-1")]).await;
    assert_eq!(state(&house, &id).await, State::OnSale);
    assert!(house.kinds("x-1").await.contains(&"rating.restored".to_owned()));
}

#[tokio::test]
async fn goods_listed_again_are_under_their_rating_again() {
    let (mut house, id) = offered().await;
    report(&house, "r-1", "fail").await;
    house.close(vec![good("m1/x-1")]).await;
    assert_eq!(state(&house, &id).await, State::Restricted);
    let actor = Actor::system("recalls");
    let reasons = ["recall".to_owned()];
    listings::take_off(house.kernel(), &actor, &id, listings::Cause::Recall, "r", &reasons).await.expect("held");
    house.settle().await;
    listings::restore(house.kernel(), &actor, &id, listings::Cause::Recall, None).await.expect("lifted");
    house.settle().await;
    assert_eq!(state(&house, &id).await, State::Restricted);
}

#[tokio::test]
async fn a_person_lifts_and_releases_an_effect_with_a_reason() {
    let (mut house, id) = offered().await;
    report(&house, "r-1", "fail").await;
    house.close(vec![good("m1/x-1")]).await;
    let manager = staff(Role::Manager);
    let kernel = house.kernel();
    assert_eq!(said(hold(kernel, &manager, "m1", "x-1", Wish::Lift, " ").await), "invalid_input reason");
    assert_eq!(said(hold(kernel, &manager, "m1", "x-1", Wish::Release, "x").await), "rating_not_held");
    assert!(said(hold(kernel, &owner("m1"), "m1", "x-1", Wish::Lift, "x").await).starts_with("forbidden"));
    let lifted = hold(kernel, &manager, "m1", "x-1", Wish::Lift, "样品弄错，复检中").await.expect("lifted");
    assert_eq!((lifted.applied, lifted.effect), (Effect::None, Effect::Limited));
    house.settle().await;
    assert_eq!(state(&house, &id).await, State::OnSale);
    house.close(vec![brings("m1/x-1", 50, 30)]).await;
    assert_eq!(house.rating("x-1").await.applied, Effect::None, "the rules do not overrule a person");
    hold(house.kernel(), &manager, "m1", "x-1", Wish::Release, "复检维持原结论").await.expect("released");
    house.settle().await;
    assert_eq!(state(&house, &id).await, State::Restricted);
    let kinds = house.kinds("x-1").await;
    for kind in ["rating.effect_lifted", "rating.restored", "rating.effect_released", "rating.limited"] {
        assert!(kinds.iter().any(|there| there == kind), "{kind} in {kinds:?}");
    }
}

#[tokio::test]
async fn an_alert_stops_the_sale_and_an_unfounded_one_gives_it_back() {
    let (house, id) = offered().await;
    let alert = async |kind: &str, outcome: &str| {
        let mut write = house.kernel().begin(&Actor::system("test")).await.expect("a decision");
        let act = Act::new(kind, "alert", "a-1").public("merchant", "m1").public("product", "x-1").outcome(outcome);
        write.act(act).await.expect("an act");
        write.commit().await.expect("kept");
        house.settle().await;
    };
    alert("alert.sale_stopped", "in_action").await;
    assert_eq!(state(&house, &id).await, State::Suspended);
    alert("alert.closed", "true").await;
    assert_eq!(state(&house, &id).await, State::Suspended, "a true one stays");
    alert("alert.closed", "false").await;
    assert_eq!(state(&house, &id).await, State::OnSale);
}
