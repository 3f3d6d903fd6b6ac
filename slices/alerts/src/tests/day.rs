//! What a closed day of signals becomes.

use super::*;
use crate::decide::{self, Closing};
use crate::model::{Ending, Reason, State};
use detectors::{Family, Level, Scope};

#[tokio::test]
async fn a_batch_fault_becomes_one_alert_with_its_curve_and_a_promotion_does_not() {
    let (bench, last, sweep) = swept().await;
    let kernel = &bench.kernel;
    let alert = about(kernel, "faulty").await.expect("the faulty product has an alert");
    assert_eq!((alert.family, alert.subject.scope, alert.state), (Family::Quality, Scope::Product, State::Open));
    assert_eq!(alert.level, Level::Enforcement);
    assert!((last - 8..=last).contains(&alert.since_day), "it began {} days ago", last - alert.since_day);
    let strongest = alert.strongest().expect("a contribution");
    assert!(strongest.finding.ratio().expect("a ratio") > 1.5);
    assert!(strongest.finding.statistic >= strongest.finding.threshold);
    assert!(strongest.finding.curve.crossed.is_some() && strongest.finding.curve.points.len() == 35);
    assert!(alert.contributions.len() >= 2, "watch and enforcement contribute to one alert");
    let lot = about(kernel, "L-new").await.expect("its new lot has one too");
    assert_eq!((lot.subject.scope, lot.about.product.as_deref()), (Scope::Lot, Some("m1/faulty")));
    let others: Vec<String> = alerts(kernel).await.into_iter().map(|alert| alert.subject.key).collect();
    assert!(others.iter().all(|key| key == "m1/faulty" || key == "m1/L-new"), "{others:?}");
    assert_eq!((sweep.raised, sweep.left_out), (2, 0));
    assert!(sweep.keys >= 22);
    assert_eq!(bench.acts("alert", &alert.id).await, ["alert.raised"]);
    assert_eq!(crate::open_count(kernel).await.unwrap(), 2);
    let briefs = crate::of_product(kernel, "m1", "faulty").await.unwrap();
    assert_eq!(briefs.len(), 2, "the product's alert and its lot's");
}

#[tokio::test]
async fn a_closed_day_is_swept_once_however_often_it_is_told_and_the_next_says_it_again() {
    let (bench, last) = closed().await;
    let kernel = &bench.kernel;
    bench.settle(Vec::new(), reactions).await;
    let first = about(kernel, "faulty").await.expect("an alert");
    assert_eq!(first.times, 1);
    sweep_day(kernel, last).await.expect("told again");
    assert_eq!(about(kernel, "faulty").await.expect("an alert"), first, "nothing changed");
    let mut next = Story::default();
    next.sold(last + 1, "faulty", Some("L-new"), 100, 8);
    bench.clock.advance_days(1);
    next.send(kernel).await;
    close(&bench, last + 1).await;
    sweep_day(kernel, last + 1).await.expect("the next day");
    let again = about(kernel, "faulty").await.expect("an alert");
    assert_eq!((again.id.clone(), again.times, again.last_day), (first.id, 2, last + 1));
    assert_eq!(bench.acts("alert", &again.id).await, ["alert.raised"], "a repetition is no act");
}

#[tokio::test]
async fn what_breaks_out_during_a_day_is_raised_at_its_next_look_and_told_once() {
    let (bench, last, _) = swept().await;
    let kernel = &bench.kernel;
    let looking = || vec![Reaction::new("alerts-of-hour", &["signals.looked"], crate::on_looked)];
    bench.settle(Vec::new(), looking).await;
    assert!(about(kernel, "calm-3").await.is_none());
    let mut today = Story::default();
    today.sold(last + 1, "calm-3", None, 100, 60);
    today.sold(last + 1, "calm-4", None, 100, 1);
    bench.clock.advance_days(1);
    today.send(kernel).await;
    signals::testing::settle(kernel).await;
    bench.settle(Vec::new(), looking).await;
    let alert = about(kernel, "calm-3").await.expect("an alert before the day is over");
    assert_eq!((alert.family, alert.state, alert.last_day), (Family::Quality, State::Open, last + 1));
    assert!(about(kernel, "calm-4").await.is_none(), "a neighbour of the same hour is as calm as ever");
    let acts = bench.acts("alert", &alert.id).await;
    assert_eq!(acts, ["alert.raised"]);
    // The same look told again, as a reaction may be, finds nothing new.
    let look = bench.acts_of_kind("signals.looked").await.pop().expect("a look");
    crate::on_looked(kernel.clone(), look).await.expect("told again");
    assert_eq!(about(kernel, "calm-3").await.as_ref(), Some(&alert));
    close(&bench, last + 1).await;
    sweep_day(kernel, last + 1).await.expect("the day's sweep");
    let closed = about(kernel, "calm-3").await.expect("it stands");
    assert_eq!((&closed.id, closed.since_day), (&alert.id, alert.since_day), "the day's end adds to it");
}

#[tokio::test]
async fn a_suppression_keeps_its_kind_away_and_ends_by_itself() {
    let (bench, last, _) = swept().await;
    let (kernel, actor) = (&bench.kernel, staff(Role::Analyst));
    let alert = about(kernel, "faulty").await.expect("an alert");
    let until = signals::day_date(last + 21);
    decide::suppress(kernel, &actor, &alert.id, until, "新包装，已知").await.expect("suppressed");
    assert_eq!(about(kernel, "faulty").await.map(|alert| alert.state), Some(State::Closed));
    for day in [last + 15, last + 30] {
        let mut next = Story::default();
        (day - 6..=day).for_each(|on| next.sold(on, "faulty", None, 100, 9));
        bench.clock.set(ground::Timestamp::start_of(signals::day_date(day + 1), kernel.zone()));
        next.send(kernel).await;
        close(&bench, day).await;
        let sweep = sweep_day(kernel, day).await.expect("a sweep");
        let standing = alerts(kernel)
            .await
            .into_iter()
            .any(|alert| alert.subject.local() == "faulty" && alert.state == State::Open);
        if day < last + 21 {
            assert!(sweep.kept_away >= 1 && !standing, "it is kept away: {sweep:?}");
        } else {
            assert!(standing, "it is over: {sweep:?}");
        }
    }
}

#[tokio::test]
async fn a_closed_alert_does_not_come_back_within_its_quiet_days_for_the_same_trouble() {
    let (bench, last, _) = swept().await;
    let (kernel, actor) = (&bench.kernel, staff(Role::Analyst));
    let alert = about(kernel, "faulty").await.expect("an alert");
    let closing =
        Closing { ending: Ending::False, reason: Reason::OrdinaryEvent, note: String::new(), suppress_until: None };
    decide::close(kernel, &actor, &alert.id, &closing).await.expect("closed");
    let mut next = Story::default();
    next.sold(last + 1, "faulty", None, 100, 8);
    bench.clock.advance_days(1);
    next.send(kernel).await;
    close(&bench, last + 1).await;
    let sweep = sweep_day(kernel, last + 1).await.expect("a sweep");
    assert!(sweep.kept_away >= 1);
    let open =
        alerts(kernel).await.into_iter().filter(|alert| alert.subject.local() == "faulty" && alert.state.is_standing());
    assert_eq!(open.count(), 0);
}

#[tokio::test]
async fn a_detector_in_shadow_raises_nothing_and_its_cost_is_told() {
    let (bench, last) = closed().await;
    let kernel = &bench.kernel;
    set_mode(kernel, "shadow");
    let sweep = sweep_day(kernel, last).await.expect("a sweep");
    assert_eq!((sweep.raised, alerts(kernel).await.len()), (0, 0));
    assert!(sweep.shadows >= 2, "{sweep:?}");
    let all = crate::watching::in_force(kernel, &staff(Role::Manager)).await.expect("the detectors");
    let watch = all.iter().find(|one| one.row.id == "cn-complaint-rate-watch").expect("the detector");
    assert_eq!((watch.shadow_alerts, watch.shadow_minutes, watch.shadow_cost_minor), (1, 15, 15 * 150));
}

#[tokio::test]
async fn a_roll_out_acts_on_its_share_of_keys_and_shows_the_rest_in_shadow() {
    for (share, raised) in [("percentage: 0", 0), ("percentage: 100", 2)] {
        let (bench, last) = closed().await;
        set_mode(&bench.kernel, share);
        let sweep = sweep_day(&bench.kernel, last).await.expect("a sweep");
        assert_eq!((sweep.raised, sweep.shadows == 0), (raised, raised > 0), "{share}: {sweep:?}");
    }
    let rule_in = |share: u8| {
        (0..1000)
            .filter(|key| {
                policy::applies(policy::Mode::Percentage(share), &format!("m1/{key}"), "cn-complaint-rate-watch")
            })
            .count()
    };
    assert!((400..600).contains(&rule_in(50)), "half of the keys");
}

#[tokio::test]
async fn a_detector_that_is_not_in_force_on_the_day_says_nothing() {
    let (bench, last) = closed().await;
    change_detectors(&bench.kernel, |text| text.replace("from: 2024-01-01", "from: 2030-01-01"));
    let sweep = sweep_day(&bench.kernel, last).await.expect("a sweep");
    assert_eq!((sweep.found, sweep.raised), (0, 0));
}

#[tokio::test]
async fn signals_that_come_late_count_in_the_next_sweep() {
    let bench = Bench::sqlite(migrations).await;
    signals::testing::open(&bench).await;
    let last = last_day(&bench);
    let mut calm = Story::default();
    for day in last - DAYS + 1..=last {
        (0..20).for_each(|product| {
            calm.sold(day, &format!("calm-{product}"), None, 100, u32::from((day + product) % 2 == 0))
        });
        calm.sold(day, "slow", None, 100, 0);
    }
    calm.send(&bench.kernel).await;
    close(&bench, last).await;
    assert_eq!(sweep_day(&bench.kernel, last).await.expect("a sweep").raised, 0);
    let mut late = Story::default();
    for day in last - 6..=last {
        (0..9).for_each(|_| late.add(Kind::Complaint, day, "slow").id.push_str("-late"));
    }
    late.sold(last + 1, "slow", None, 100, 0);
    bench.clock.advance_days(1);
    late.send(&bench.kernel).await;
    close(&bench, last + 1).await;
    sweep_day(&bench.kernel, last + 1).await.expect("a sweep");
    assert!(about(&bench.kernel, "slow").await.is_some(), "complaints of days that were closed are corrected");
}
