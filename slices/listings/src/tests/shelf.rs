use super::*;
use crate::{Cause, Measure};

#[tokio::test]
async fn the_old_version_stays_on_sale_until_the_new_one_passes() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let listing = bench.offer("m1", "A", honest("陶瓷杯 350 毫升")).await;
    let first = listing.on_sale_version_id.clone();
    let waiting = bench.change(&listing, boastful("陶瓷杯 350 毫升")).await;
    assert_eq!(waiting.state, State::OnSale, "the shelf shows the old words");
    assert_eq!(waiting.on_sale_version_id, first);
    assert_ne!(waiting.latest_version_id, first.clone().unwrap());
    let mended = bench.change(&waiting, Content { price_minor: Some(3890), ..honest("陶瓷杯 350 毫升") }).await;
    assert_eq!(
        mended.on_sale_version_id.as_deref(),
        Some(mended.latest_version_id.as_str()),
        "{:?}",
        mended.latest_state
    );
}

#[tokio::test]
async fn bait_and_switch_is_seen_and_a_severe_switch_leaves_the_shelf_at_once() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home", "food/health-food"]).await;
    let picture = bench.picture("m1", 1).await;
    let honest_tea = Content { images: vec![picture], brand: "山野".into(), ..honest("山野竹制茶盘") };
    let listing = bench.offer("m1", "A", honest_tea).await;
    assert_eq!(listing.state, State::OnSale);
    let other = bench.picture("m1", 2).await;
    let switched =
        Content {
            images: vec![other], brand: "豪门".into(), price_minor: Some(199_900), ..honest("豪门真皮单肩包")
        };
    let after = bench.change(&listing, switched).await;
    assert_eq!(after.on_sale_version_id, listing.on_sale_version_id, "the switched version is not what people see");
    let evidence = crate::version(&bench.kernel, &reviewer(), &after.latest_version_id).await.unwrap();
    let run = evidence.run.unwrap();
    assert!(
        run.findings.iter().any(|finding| finding.check == screening::Check::Change),
        "the edit itself is a finding"
    );
    let changed: Vec<&str> = evidence.changes.iter().map(|change| change.field.as_str()).collect();
    assert!(changed.contains(&"title") && changed.contains(&"images") && changed.contains(&"price_minor"));
    let severe = bench.change(&after, quack("山野竹制茶盘")).await;
    assert_eq!(severe.state, State::Suspended, "a severe finding does not wait");
    assert_eq!(severe.on_sale_version_id, None);
    let holds = crate::detail(&bench.kernel, &reviewer(), &listing.id).await.unwrap().holds;
    assert_eq!(holds[0].cause, Cause::Screening);
    let back = bench.change(&severe, Content { brand: "山野".into(), ..honest("山野竹制茶盘 长 40 厘米") }).await;
    if back.latest_state == VersionState::InReview {
        // The edit is large: a person says that it is what passed before.
        approve(&bench, &back).await;
    }
    assert_eq!(bench.listing(&listing.id).await.state, State::OnSale, "mended: the hold is lifted");
}

async fn approve(bench: &Bench, listing: &Listing) {
    let verdict =
        crate::Verdict { outcome: crate::Outcome::Approve, reasons: vec![], note: String::new(), ban_goods: false };
    let id = &listing.latest_version_id;
    crate::decide_review(&bench.kernel, &reviewer(), id, VersionState::InReview, &verdict).await.unwrap();
}

#[tokio::test]
async fn an_expired_licence_takes_the_listing_off_sale_and_a_new_one_brings_it_back_on_every_store() {
    for bench in Bench::each().await {
        bench.merchant("m1", 1, &["food/snacks", "daily/home"]).await;
        let cup = bench.offer("m1", "CUP", honest("陶瓷杯")).await;
        let snack = Content { category: "food/snacks".into(), ..honest("海盐苏打饼干 200g") };
        let mut food = bench.offer("m1", "FOOD", snack).await;
        if food.latest_state == VersionState::InReview {
            approve(&bench, &food).await;
            food = bench.listing(&food.id).await;
        }
        assert_eq!(food.state, State::OnSale, "{} {:?}", bench.kind, food.latest_state);
        bench.clock.advance_days(40);
        bench.settle().await;
        assert_eq!(bench.listing(&food.id).await.state, State::Suspended, "the licence ran out ({})", bench.kind);
        assert_eq!(bench.listing(&cup.id).await.state, State::OnSale, "the cup rests on no food licence");
        let renewed = bench.food_licence("m1", 1, "杭州第1百货有限公司", "2028-03-31").await;
        bench.settle().await;
        let merchant = merchants::qualification(&bench.kernel, &reviewer(), &renewed.id).await.unwrap();
        merchants::decide_qualification(&bench.kernel, &reviewer(), &renewed.id, merchant.version, true, "原件已核对")
            .await
            .unwrap();
        bench.settle().await;
        assert_eq!(bench.listing(&food.id).await.state, State::OnSale, "renewed ({})", bench.kind);
        let acts = bench.acts(&food.id).await;
        for kind in ["listing.suspended", "listing.hold_lifted", "listing.restored"] {
            assert_eq!(acts.iter().filter(|there| *there == kind).count(), 1, "{kind} in {acts:?}");
        }
    }
}

#[tokio::test]
async fn a_suspended_merchant_sells_nothing_and_returns_as_it_was() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let one = bench.offer("m1", "A", honest("陶瓷杯")).await;
    let two = bench.offer("m1", "B", honest("木质衣架 10 只")).await;
    let held =
        crate::take_off(&bench.kernel, &manager(), &two.id, Cause::Decision, "case-1", &["lab-failed".into()]).await;
    assert_eq!(held.unwrap().state, State::Suspended);
    let version = merchants::get(&bench.kernel, &manager(), "m1").await.unwrap().version;
    let why = |code: &str| merchants::Decision { reasons: vec![code.into()], ..merchants::Decision::default() };
    merchants::decide(&bench.kernel, &manager(), "m1", version, Move::Suspend, why("quality_problems")).await.unwrap();
    bench.settle().await;
    assert_eq!(bench.listing(&one.id).await.state, State::Suspended);
    let version = merchants::get(&bench.kernel, &manager(), "m1").await.unwrap().version;
    merchants::decide(&bench.kernel, &manager(), "m1", version, Move::Restore, why("mended")).await.unwrap();
    bench.settle().await;
    assert_eq!(bench.listing(&one.id).await.state, State::OnSale);
    assert_eq!(bench.listing(&two.id).await.state, State::Suspended, "its own hold stays");
    crate::restore(&bench.kernel, &manager(), &two.id, Cause::Decision, Some("case-1")).await.unwrap();
    assert_eq!(bench.listing(&two.id).await.state, State::OnSale);
}

#[tokio::test]
async fn people_restrict_suspend_restore_and_remove_with_reasons_and_see_stale_states() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let listing = bench.offer("m1", "A", honest("陶瓷杯")).await;
    let (kernel, why) = (&bench.kernel, vec!["case-7".to_owned()]);
    let boss = manager();
    let measure = async |expected, measure: Measure, reasons: &[String]| {
        crate::take_measure(kernel, &boss, &listing.id, expected, &measure, reasons, "").await
    };
    assert_eq!(said(measure(State::OnSale, Measure::Suspend, &[]).await), "invalid_input reasons");
    let limits = vec!["no-promotion".to_owned()];
    assert_eq!(measure(State::OnSale, Measure::Restrict { limits }, &why).await.unwrap().state, State::Restricted);
    assert_eq!(said(measure(State::OnSale, Measure::Suspend, &why).await), "listing_stale");
    assert_eq!(measure(State::Restricted, Measure::Restore, &why).await.unwrap().state, State::OnSale);
    assert_eq!(measure(State::OnSale, Measure::Suspend, &why).await.unwrap().state, State::Suspended);
    assert_eq!(measure(State::Suspended, Measure::Restore, &why).await.unwrap().state, State::OnSale);
    assert_eq!(measure(State::OnSale, Measure::Remove, &why).await.unwrap().state, State::Removed);
    assert_eq!(said(measure(State::Removed, Measure::Restore, &why).await), "listing_state");
    let edit = crate::revise(kernel, &owner("m1"), &listing.id, 1, honest("另一个")).await;
    assert_eq!(said(edit), "listing_state");
    let merchant =
        crate::take_measure(kernel, &owner("m1"), &listing.id, State::Removed, &Measure::Restore, &why, "").await;
    assert_eq!(said(merchant), "forbidden");
    bench.settle().await;
}

#[tokio::test]
async fn what_passed_waits_off_the_shelf_until_its_merchant_may_sell_it() {
    let bench = Bench::sqlite().await;
    let change = merchants::Change { categories: Some(vec!["daily/home".into()]), ..merchants::Change::default() };
    merchants::create(&bench.kernel, &owner("m9"), "cn", change).await.unwrap();
    let listing = bench.offer("m9", "A", honest("陶瓷杯")).await;
    assert_eq!(listing.state, State::Passed, "a draft merchant sells nothing");
    assert_eq!(listing.on_sale_version_id, None);
    let standing = crate::detail(&bench.kernel, &owner("m9"), &listing.id).await.unwrap().standing;
    assert!(!standing.may_sell && !standing.missing.is_empty());
}

#[tokio::test]
async fn a_worker_that_died_between_claim_and_writing_leaves_the_version_to_another() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let new = New {
        merchant_id: "m1".into(),
        market: "cn".into(),
        external_id: "A".into(),
        content: honest("杯子"),
        source_at: None,
    };
    let draft = crate::create(&bench.kernel, &owner("m1"), new).await.unwrap();
    crate::submit(&bench.kernel, &owner("m1"), &draft.id, &draft.latest_version_id).await.unwrap();
    let tx = bench.kernel.db().write_tx().await.unwrap();
    let now = bench.kernel.now();
    let ids = [draft.latest_version_id.clone()];
    crate::store::versions::claim(&tx, &ids, now.plus_micros(-1), now).await.unwrap();
    tx.commit().await.unwrap();
    bench.settle().await;
    assert!(!bench.listing(&draft.id).await.state.is_on_sale());
    bench.clock.advance_micros(3 * ground::time::MINUTE_MICROS);
    bench.settle().await;
    assert_eq!(bench.listing(&draft.id).await.state, State::OnSale);
}
