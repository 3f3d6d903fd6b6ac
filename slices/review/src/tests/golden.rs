use super::house::{House, code, judgement, person, reviewer};
use crate::decide::show_with;
use crate::golden;
use crate::measures;
use crate::model::{Item, ItemState, Kind, Verdict};
use crate::queue::{self, Filter};
use kernel::{Paging, Role};
use listings::VersionState;

const ALWAYS: &[(&str, &str)] = &[("review.golden_share", "1.0"), ("review.blind_second_share", "0.0")];

async fn with_golden(house: &House) -> Item {
    let manager = person("m", &[Role::Manager]);
    let version = house.place(50, VersionState::Rejected);
    let chosen = ["cn-test-absolute".to_owned()];
    golden::add_with(house.shelf.as_ref(), &house.kernel, &manager, &version, Verdict::Reject, &chosen, "绝对化")
        .await
        .unwrap();
    house.request(1).await
}

#[tokio::test]
async fn a_golden_item_looks_like_any_other_and_touches_no_listing() {
    for house in House::each(ALWAYS).await {
        let real = with_golden(&house).await;
        let (a, b, manager) = (reviewer("a"), reviewer("b"), person("m", &[Role::Manager]));
        let taken = queue::take_next(&house.kernel, &a, None).await.unwrap().unwrap();
        assert_eq!(taken.kind, Kind::Golden, "{}", house.kind);
        assert!(
            taken.requested_at <= house.kernel.now() && taken.due_at > house.kernel.now(),
            "it seems to have waited"
        );
        assert_eq!((taken.queue.as_str(), taken.state), (real.queue.as_str(), ItemState::Claimed));
        let work = show_with(house.shelf.as_ref(), &house.kernel, &a, &taken.id).await.unwrap();
        assert!(work.held && !work.stale && !work.reasons.is_empty() && work.decision.is_none());
        // Nobody else sees it; it does not count as open work of others.
        for other in [&b, &manager] {
            let seen = queue::list(&house.kernel, other, &Filter::default(), &Paging::default()).await.unwrap();
            assert!(seen.rows.iter().all(|item| item.id != taken.id));
        }
        let decision = house.decide(&a, &taken, Verdict::Approve).await.unwrap();
        assert_eq!(decision.correct, Some(false));
        assert!(house.told().is_empty(), "a golden item never touches a listing");
        for listing in ["listing-50", "listing-1"] {
            let history = kernel::store::history(&house.kernel, "listing", listing, 50).await.unwrap();
            assert!(history.iter().all(|act| act.kind != "review.decided"), "not even its history");
        }
        let second = queue::take_next(&house.kernel, &a, None).await.unwrap().unwrap();
        assert_eq!(
            (second.kind, second.id.as_str()),
            (Kind::Listing, real.id.as_str()),
            "each person has it once a window"
        );
        let all = golden::list(&house.kernel, &manager, Some(true), &Paging::default()).await.unwrap();
        assert_eq!((all.rows[0].given, all.rows[0].right), (1, 0));
        let found = measures::measures(&house.kernel, &manager).await.unwrap();
        assert!(found.total.golden_low && found.total.golden_share() == Some(0.0));
        assert_eq!(found.total.agreement, None, "golden items are no second opinions");
    }
}

#[tokio::test]
async fn a_golden_answer_is_right_when_the_verdict_is_and_a_known_reason_is_named() {
    for (verdict, reasons, right) in [
        (Verdict::Reject, vec!["cn-test-absolute"], true),
        (Verdict::Reject, vec!["reject-wrong-category"], false),
        (Verdict::Reject, vec!["reject-wrong-category", "cn-test-absolute"], true),
        (Verdict::Approve, vec!["approve-no-violation"], false),
    ] {
        let house = House::new(ALWAYS).await;
        with_golden(&house).await;
        let taken = queue::take_next(&house.kernel, &reviewer("a"), None).await.unwrap().unwrap();
        let mut judgement = judgement(&taken, verdict);
        judgement.reasons = reasons.into_iter().map(str::to_owned).collect();
        let decision = house.hand_in(&reviewer("a"), &taken, &judgement).await.unwrap();
        assert_eq!(decision.correct, Some(right), "{judgement:?}");
    }
}

#[tokio::test]
async fn the_ledger_seals_the_answer_without_telling_it() {
    let house = House::new(ALWAYS).await;
    with_golden(&house).await;
    let act = &house.acts("review.golden_added").await[0];
    let whole = format!("{}{:?}", act.public, act.private);
    assert!(act.public["evidence"][0].as_str().is_some_and(|hash| hash.len() == 64));
    for told in ["reject", "cn-test-absolute", "listing-50", "000000000050", "水壶"] {
        assert!(!whole.contains(told), "{told}");
    }
}

#[tokio::test]
async fn a_retired_golden_item_is_not_given_out_and_without_work_there_is_none() {
    let house = House::new(ALWAYS).await;
    let manager = person("m", &[Role::Manager]);
    let real = with_golden(&house).await;
    let id = golden::list(&house.kernel, &manager, None, &Paging::default()).await.unwrap().rows[0].id.clone();
    golden::retire(&house.kernel, &manager, &id).await.unwrap();
    assert_eq!(code(golden::retire(&house.kernel, &manager, &id).await), "review_state");
    let taken = queue::take_next(&house.kernel, &reviewer("a"), None).await.unwrap().unwrap();
    assert_eq!(taken.id, real.id);

    let empty = House::new(ALWAYS).await;
    let version = empty.place(50, VersionState::Rejected);
    let chosen = ["cn-test-absolute".to_owned()];
    golden::add_with(empty.shelf.as_ref(), &empty.kernel, &manager, &version, Verdict::Reject, &chosen, "")
        .await
        .unwrap();
    assert!(queue::take_next(&empty.kernel, &reviewer("a"), None).await.unwrap().is_none(), "it would stand out");
}
