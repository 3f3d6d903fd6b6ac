use super::*;
use crate::{Decision, Move, QualificationState, State};
use ground::Timestamp;

fn at(bench: &Bench, moment: &str) {
    bench.clock.set(Timestamp::parse_rfc3339(moment).unwrap());
}

#[tokio::test]
async fn a_paper_warns_runs_out_and_is_renewed_on_every_store() {
    for test in db::testing::each(migrations).await {
        let kind = test.kind;
        let bench = Bench::over(test);
        let org = bench.kernel.new_id();
        enrolled(&bench, &org, 1).await;
        let (kernel, actor) = (&bench.kernel, owner(&org));
        let licence = paper_of(&bench, &org, "food-trading-licence").await;
        let covered = async || {
            let standing = crate::standing(kernel, &org).await.unwrap().unwrap();
            standing.covers("food/snacks", kernel.today())
        };
        assert!(covered().await.rests_on.contains(&licence.id), "{kind}");
        let acts = async |kind: &str| bench.acts(&org).await.iter().filter(|k| *k == kind).count();
        for (moment, warnings) in [
            ("2026-10-31T04:00:00Z", 0),
            ("2026-11-01T04:00:00Z", 1),
            ("2026-11-20T04:00:00Z", 1),
            ("2026-12-01T04:00:00Z", 2),
            ("2026-12-24T04:00:00Z", 3),
        ] {
            at(&bench, moment);
            bench.settle().await;
            assert_eq!(acts("qualification.expiring").await, warnings, "{kind} {moment}");
        }
        at(&bench, "2026-12-31T15:59:59Z");
        bench.settle().await;
        assert!(covered().await.is_ok(), "the last day still counts, in the operator's zone ({kind})");
        at(&bench, "2026-12-31T16:00:00Z");
        bench.settle().await;
        bench.settle().await;
        assert_eq!(acts("qualification.expired").await, 1, "{kind}");
        assert_eq!(covered().await.expired, ["food-trading-licence"], "{kind}");
        let mut renewal = food_trading_licence(1, NAME);
        renewal.valid_from = "2027-01-01".into();
        renewal.valid_until = "2031-12-31".into();
        renewal.renews = Some(licence.id.clone());
        let renewal = crate::add_qualification(kernel, &actor, &org, renewal, pdf()).await.unwrap();
        assert_eq!(covered().await.waiting, ["food-trading-licence"], "{kind}");
        bench.settle().await;
        let renewal = crate::qualification(kernel, &reviewer(), &renewal.id).await.unwrap();
        crate::decide_qualification(kernel, &reviewer(), &renewal.id, renewal.version, true, "").await.unwrap();
        assert_eq!(covered().await.rests_on.last(), Some(&renewal.id), "{kind}");
        let old = crate::qualification(kernel, &actor, &licence.id).await.unwrap();
        assert_eq!(old.state, QualificationState::Superseded, "{kind}");
        let verified = kernel::store::history(kernel, "qualification", &renewal.id, 10).await.unwrap();
        let verified = verified.iter().find(|act| act.kind == "qualification.verified").unwrap();
        assert_eq!(verified.public_text("merchant"), Some(org.as_str()), "what listings need to bring the goods back");
    }
}

#[tokio::test]
async fn a_file_is_confirmed_every_six_months_and_silence_suspends() {
    let bench = Bench::sqlite().await;
    enrolled(&bench, "m1", 1).await;
    let (kernel, actor) = (&bench.kernel, owner("m1"));
    let file = async || crate::get(kernel, &actor, "m1").await.unwrap();
    at(&bench, "2026-08-31T04:00:00Z");
    bench.settle().await;
    assert_eq!(file().await.confirm_asked_at, None);
    assert_eq!(
        said(crate::confirm(kernel, &actor, "m1", file().await.version).await),
        "wrong_state",
        "nothing is asked"
    );
    at(&bench, "2026-09-02T04:00:00Z");
    bench.settle().await;
    assert!(file().await.confirm_asked_at.is_some());
    let confirmed = crate::confirm(kernel, &actor, "m1", file().await.version).await.unwrap();
    assert_eq!(confirmed.confirm_asked_at, None);
    assert_eq!(confirmed.verify_due_at.unwrap().to_rfc3339(), "2027-03-01T16:00:00Z");
    assert!(bench.acts("m1").await.contains(&"merchant.reverified".to_owned()));
}

#[tokio::test]
async fn a_silent_merchant_is_suspended_and_comes_back_by_confirming() {
    let bench = Bench::sqlite().await;
    enrolled(&bench, "m1", 1).await;
    let (kernel, actor) = (&bench.kernel, owner("m1"));
    at(&bench, "2026-09-02T04:00:00Z");
    bench.settle().await;
    at(&bench, "2026-10-02T03:59:00Z");
    bench.settle().await;
    assert_eq!(crate::get(kernel, &actor, "m1").await.unwrap().state, State::Enrolled);
    at(&bench, "2026-10-02T04:00:00Z");
    bench.settle().await;
    let merchant = crate::get(kernel, &actor, "m1").await.unwrap();
    assert_eq!((merchant.state, &merchant.reasons[..]), (State::Suspended, &["reverification_overdue".to_owned()][..]));
    assert!(!crate::standing(kernel, "m1").await.unwrap().unwrap().may_sell());
    let merchant = crate::confirm(kernel, &actor, "m1", merchant.version).await.unwrap();
    assert_eq!(merchant.state, State::Enrolled);
    assert!(bench.acts("m1").await.contains(&"merchant.restored".to_owned()));
}

#[tokio::test]
async fn a_suspension_with_an_end_is_lifted_by_itself_and_one_without_is_not() {
    let bench = Bench::sqlite().await;
    let merchant = enrolled(&bench, "m1", 1).await;
    let suspend = |until: Option<&str>| Decision {
        reasons: vec!["quality_problems".into()],
        until: until.map(|day| day.parse().unwrap()),
        ..Decision::default()
    };
    let kernel = &bench.kernel;
    let past =
        crate::decide(kernel, &reviewer(), "m1", merchant.version, Move::Suspend, suspend(Some("2026-03-01"))).await;
    assert_eq!(said(past), "invalid_input until");
    crate::decide(kernel, &reviewer(), "m1", merchant.version, Move::Suspend, suspend(Some("2026-03-09")))
        .await
        .unwrap();
    let escape = crate::get(kernel, &owner("m1"), "m1").await.unwrap();
    let escape = crate::decide(kernel, &owner("m1"), "m1", escape.version, Move::Close, Decision::default()).await;
    assert_eq!(said(escape), "wrong_state", "closing is no way out of a suspension");
    at(&bench, "2026-03-09T15:59:00Z");
    bench.settle().await;
    assert_eq!(crate::get(kernel, &reviewer(), "m1").await.unwrap().state, State::Suspended);
    at(&bench, "2026-03-09T16:00:00Z");
    bench.settle().await;
    let merchant = crate::get(kernel, &reviewer(), "m1").await.unwrap();
    assert_eq!(merchant.state, State::Enrolled);
    crate::decide(kernel, &reviewer(), "m1", merchant.version, Move::Suspend, suspend(None)).await.unwrap();
    bench.clock.advance_days(60);
    bench.settle().await;
    assert_eq!(crate::get(kernel, &reviewer(), "m1").await.unwrap().state, State::Suspended);
}

#[tokio::test]
async fn a_banned_merchant_stays_banned_and_its_number_stays_taken() {
    let bench = Bench::sqlite().await;
    let merchant = enrolled(&bench, "m1", 1).await;
    let ban = Decision { reasons: vec!["counterfeit".into()], ..Decision::default() };
    let merchant =
        crate::decide(&bench.kernel, &reviewer(), "m1", merchant.version, Move::Ban, ban.clone()).await.unwrap();
    for step in Move::ALL {
        let tried = crate::decide(&bench.kernel, &reviewer(), "m1", merchant.version, step, ban.clone()).await;
        assert_eq!(said(tried), "wrong_state", "{step:?}");
    }
    let again = ready(&bench, "m2", 1, NAME).await;
    let again = crate::submit(&bench.kernel, &owner("m2"), "m2", again.version).await;
    assert_eq!(said(again), "invalid_input uscc");
}
