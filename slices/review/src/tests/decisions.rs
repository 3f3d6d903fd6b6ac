use super::house::{House, code, judgement, minutes, reviewer};
use crate::decide::show_with;
use crate::model::{ItemState, Verdict};
use crate::queue;
use listings::VersionState;

const QUIET: &[(&str, &str)] = &[("review.golden_share", "0.0"), ("review.blind_second_share", "0.0")];

#[tokio::test]
async fn a_decision_reaches_the_listing_with_its_reasons_and_act() {
    for house in House::each(QUIET).await {
        let a = reviewer("a");
        let item = house.request(1).await;
        let claimed = queue::claim(&house.kernel, &a, &item.id).await.unwrap();
        house.clock.advance_micros(minutes(3));
        let decision = house.decide(&a, &claimed, Verdict::Reject).await.unwrap();
        assert_eq!(decision.seconds, 180, "{}", house.kind);
        assert_eq!(
            house.told(),
            [(item.version_id.clone(), VersionState::InReview, Verdict::Reject, vec!["cn-test-absolute".to_owned()])]
        );
        assert_eq!(house.item_of(&item.version_id).await.state, ItemState::Decided);
        let act = kernel::store::act(&house.kernel, &decision.act_id).await.unwrap().unwrap();
        assert_eq!((act.kind.as_str(), act.public["outcome"].as_str()), ("review.decided", Some("reject")));
        assert_eq!(house.acts("listing.rejectd").await.len(), 1, "both acts are of one transaction");
        // The next item of the same kind shows the decision among the similar ones.
        let next = house.request(2).await;
        let work = show_with(house.shelf.as_ref(), &house.kernel, &a, &next.id).await.unwrap();
        assert_eq!(work.evidence.similar.len(), 1);
        assert_eq!(
            (work.evidence.similar[0].verdict, work.evidence.similar[0].title.as_str()),
            (Verdict::Reject, "最好的水壶 1 号")
        );
    }
}

#[tokio::test]
async fn pressing_twice_decides_once_even_at_the_same_time() {
    for house in House::each(QUIET).await {
        let a = reviewer("a");
        let item = house.request(1).await;
        let claimed = queue::claim(&house.kernel, &a, &item.id).await.unwrap();
        let (one, other) =
            tokio::join!(house.decide(&a, &claimed, Verdict::Approve), house.decide(&a, &claimed, Verdict::Approve));
        let (one, other) = (one.unwrap(), other.unwrap());
        let third = house.decide(&a, &claimed, Verdict::Approve).await.unwrap();
        assert_eq!((&one.id, &one.act_id), (&other.id, &other.act_id), "{}", house.kind);
        assert_eq!(one.id, third.id);
        assert_eq!(house.told().len(), 1);
        assert_eq!(house.acts("review.decided").await.len(), 1);
        assert_eq!(
            code(house.decide(&a, &claimed, Verdict::Reject).await),
            "review_decided",
            "another decision is no repetition"
        );
    }
}

#[tokio::test]
async fn a_stale_version_is_refused_nothing_is_written_and_the_item_closes() {
    for house in House::each(QUIET).await {
        let a = reviewer("a");
        let item = house.request(1).await;
        let claimed = queue::claim(&house.kernel, &a, &item.id).await.unwrap();
        house.place(1, VersionState::Superseded);
        let work = show_with(house.shelf.as_ref(), &house.kernel, &a, &item.id).await.unwrap();
        assert!(work.stale);
        assert_eq!(code(house.decide(&a, &claimed, Verdict::Approve).await), "review_stale", "{}", house.kind);
        assert!(house.told().is_empty());
        assert!(house.acts("review.decided").await.is_empty());
        assert_eq!(house.item_of(&item.version_id).await.state, ItemState::Closed);
        assert_eq!(code(house.decide(&a, &claimed, Verdict::Approve).await), "review_stale", "and stays so");
    }
}

#[tokio::test]
async fn a_listing_that_changes_under_the_pen_takes_the_decision_back_whole() {
    // The version is under review when it is read and gone when the listing is told: the shelf refuses inside the
    // transaction, and with it go the decision and its act.
    for house in House::each(QUIET).await {
        let a = reviewer("a");
        let item = house.request(1).await;
        let claimed = queue::claim(&house.kernel, &a, &item.id).await.unwrap();
        house.shelf.withdraws_when_told.store(true, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(code(house.decide(&a, &claimed, Verdict::Approve).await), "review_stale", "{}", house.kind);
        assert!(house.acts("review.decided").await.is_empty() && house.told().is_empty());
        assert_eq!(house.item_of(&item.version_id).await.state, ItemState::Closed);
    }
}

#[tokio::test]
async fn a_decision_about_another_version_than_the_items_is_refused() {
    let house = House::new(QUIET).await;
    let a = reviewer("a");
    let item = house.request(1).await;
    let claimed = queue::claim(&house.kernel, &a, &item.id).await.unwrap();
    let mut wrong = judgement(&claimed, Verdict::Reject);
    wrong.version_id = "0199f3a0-0000-7000-8000-000000000099".into();
    assert_eq!(code(house.hand_in(&a, &claimed, &wrong).await), "review_stale");
    assert!(house.acts("review.decided").await.is_empty());
}

#[tokio::test]
async fn a_version_on_sale_that_is_asked_about_again_can_be_rejected() {
    let house = House::new(QUIET).await;
    let a = reviewer("a");
    let version = house.place(1, VersionState::Passed);
    house.ask(&version, true).await;
    let item = house.item_of(&version).await;
    let claimed = queue::claim(&house.kernel, &a, &item.id).await.unwrap();
    house.decide(&a, &claimed, Verdict::Reject).await.unwrap();
    assert_eq!(house.told()[0].1, VersionState::Passed);
}

#[tokio::test]
async fn a_decision_needs_reasons_that_carry_it_and_a_note_where_one_is_asked_for() {
    let house = House::new(QUIET).await;
    let a = reviewer("a");
    let item = house.request(1).await;
    let claimed = queue::claim(&house.kernel, &a, &item.id).await.unwrap();
    let with = |verdict: Verdict, reasons: &[&str], note: &str| {
        let mut judgement = judgement(&claimed, verdict);
        judgement.reasons = reasons.iter().map(|reason| (*reason).to_owned()).collect();
        judgement.note = note.to_owned();
        judgement
    };
    let cases = [
        (with(Verdict::Reject, &[], ""), "reasons review-fault-reasons"),
        (with(Verdict::Reject, &["no-such-reason"], ""), "reasons review-fault-reason-unknown"),
        (with(Verdict::Approve, &["cn-test-absolute"], ""), "reasons review-fault-reason-rejects"),
        (with(Verdict::Reject, &["approve-no-violation"], ""), "reasons review-fault-reason-approves"),
        (with(Verdict::Reject, &["reject-other"], " 短 "), "note review-fault-note"),
        (with(Verdict::Reject, &["cn-test-absolute"], "看\u{202E}不见"), "note review-fault-note-character"),
        (with(Verdict::Reject, &["cn-test-absolute"], &"长".repeat(10_001)), "note review-fault-note-long"),
    ];
    for (judgement, expected) in cases {
        let problem = house.hand_in(&a, &claimed, &judgement).await.unwrap_err();
        let fault = &problem.faults[0];
        assert_eq!(format!("{} {}", fault.place.field.clone().unwrap_or_default(), fault.message), expected);
    }
    assert!(house.told().is_empty());
    house
        .hand_in(&a, &claimed, &with(Verdict::Reject, &["reject-other", "cn-test-absolute"], "实物与图片不符"))
        .await
        .unwrap();
    let act = &house.acts("review.decided").await[0];
    assert_eq!(act.private.as_ref().unwrap()["note"], "实物与图片不符");
    assert!(!act.public.to_string().contains("实物"), "free text is never public");
}
