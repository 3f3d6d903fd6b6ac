//! What people do with alerts, and who may.

use super::*;
use crate::decide::{self, Closing};
use crate::model::{Ending, Reason, State};
use kernel::testing::{owner, said};
use kernel::{Act, Actor};

fn closing(ending: Ending, reason: Reason) -> Closing {
    Closing { ending, reason, note: "已核实".into(), suppress_until: None }
}

#[tokio::test]
async fn an_alert_goes_its_way_and_its_ending_becomes_a_label() {
    let (bench, last, _) = swept().await;
    let (kernel, actor) = (&bench.kernel, staff(Role::Enforcement));
    let id = about(kernel, "faulty").await.expect("an alert").id;
    let taken = decide::acknowledge(kernel, &actor, &id).await.expect("taken");
    assert_eq!((taken.state, taken.handler.as_deref()), (State::Acknowledged, Some(actor.id.as_str())));
    assert_eq!(said(decide::acknowledge(kernel, &actor, &id).await), "alert_wrong_state");
    decide::request_inspection(kernel, &actor, &id, "").await.expect("asked for");
    assert_eq!(said(decide::request_inspection(kernel, &actor, &id, "").await), "alert_wrong_state");
    assert_eq!(said(decide::stop_sale(kernel, &actor, &id, " ").await), "invalid_input note");
    let stopped = decide::stop_sale(kernel, &actor, &id, "外壳开裂").await.expect("stopped");
    assert_eq!(stopped.state, State::InAction);
    assert!(crate::of_product(kernel, "m1", "faulty").await.unwrap().iter().any(|brief| brief.stopped));
    let closed = decide::close(kernel, &actor, &id, &closing(Ending::False, Reason::TestPassed)).await.expect("closed");
    assert_eq!((closed.state, closed.ending), (State::Closed, Some(Ending::False)));
    let acts = bench.acts("alert", &id).await;
    assert_eq!(
        acts,
        ["alert.raised", "alert.acknowledged", "alert.inspection_requested", "alert.sale_stopped", "alert.closed"]
    );
    let history = kernel::store::history(kernel, "alert", &id, 10).await.expect("the acts");
    let last_act = history.iter().find(|act| act.kind == "alert.closed").expect("the closing");
    let texts =
        ["merchant", "product", "outcome", "closed_as"].map(|key| last_act.public_text(key).unwrap_or_default());
    assert_eq!(texts, ["m1", "faulty", "false", "false"]);
    assert!(!last_act.public.to_string().contains("已核实"), "notes are private");
    let labels = crate::labels(kernel, ground::Timestamp::from_micros(0), "").await.expect("labels");
    let label = labels.iter().find(|label| label.alert_id == id).expect("the label");
    assert_eq!((label.ending, label.reason, label.day), (Ending::False, Reason::TestPassed, last));
    assert_eq!(label.product.as_deref(), Some("m1/faulty"));
    for again in [
        said(decide::close(kernel, &actor, &id, &closing(Ending::True, Reason::Confirmed)).await),
        said(decide::stop_sale(kernel, &actor, &id, "x").await),
    ] {
        assert_eq!(again, "alert_wrong_state");
    }
}

#[tokio::test]
async fn a_closing_without_a_fitting_reason_is_refused() {
    let (bench, last, _) = swept().await;
    let (kernel, actor) = (&bench.kernel, staff(Role::Manager));
    let id = about(kernel, "faulty").await.expect("an alert").id;
    let mut wrong = closing(Ending::False, Reason::TestFailed);
    assert_eq!(said(decide::close(kernel, &actor, &id, &wrong).await), "invalid_input reason");
    wrong = Closing { note: String::new(), ..closing(Ending::True, Reason::Other) };
    assert_eq!(said(decide::close(kernel, &actor, &id, &wrong).await), "invalid_input note");
    for (until, name) in [(last - 5, "past"), (last + 4000, "far")] {
        wrong = Closing { suppress_until: Some(signals::day_date(until)), ..closing(Ending::True, Reason::Confirmed) };
        assert_eq!(said(decide::close(kernel, &actor, &id, &wrong).await), "invalid_input until", "{name}");
    }
    assert_eq!(about(kernel, "faulty").await.map(|alert| alert.state), Some(State::Open));
}

#[tokio::test]
async fn who_may_not_decide_is_refused_and_a_merchant_sees_only_what_is_done_about_its_own_goods() {
    let (bench, _, _) = swept().await;
    let kernel = &bench.kernel;
    let id = about(kernel, "faulty").await.expect("an alert").id;
    for actor in [staff(Role::Auditor), staff(Role::Reviewer), owner("m1")] {
        assert_eq!(said(decide::acknowledge(kernel, &actor, &id).await), "forbidden");
        assert_eq!(said(decide::stop_sale(kernel, &actor, &id, "x").await), "forbidden");
    }
    let seen = |actor: Actor| async move {
        let found = list::list(kernel, &actor, &Filter::default(), &Paging::default()).await.expect("a list");
        found.rows.into_iter().map(|alert| alert.subject.key).collect::<Vec<_>>()
    };
    assert_eq!(seen(owner("m1")).await, Vec::<String>::new(), "nothing is done yet");
    assert_eq!(said(list::one(kernel, &owner("m1"), &id).await), "not_found");
    decide::request_inspection(kernel, &staff(Role::Analyst), &id, "").await.expect("asked for");
    assert_eq!(seen(owner("m1")).await, ["m1/faulty"]);
    assert_eq!(seen(owner("m2")).await, Vec::<String>::new());
    assert!(list::one(kernel, &owner("m1"), &id).await.is_ok());
    assert_eq!(said(list::one(kernel, &owner("m2"), &id).await), "not_found");
}

#[tokio::test]
async fn the_digest_of_a_day_is_written_once_and_names_what_stands() {
    let (bench, _, _) = swept().await;
    let kernel = &bench.kernel;
    bench.clock.advance_days(1);
    assert_eq!(crate::digest::turn(kernel).await.unwrap(), 1);
    assert_eq!(crate::digest::turn(kernel).await.unwrap(), 0);
    let digests = crate::digest::list(kernel, &staff(Role::Manager)).await.expect("digests");
    let content = &digests[0].content;
    assert_eq!((&content["raised"], &content["standing"]["open"]), (&serde_json::json!(2), &serde_json::json!(2)));
    assert_eq!(content["newest"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_suspected_copy_of_a_lots_codes_is_one_alert_about_the_lot() {
    let bench = Bench::sqlite(migrations).await;
    let kernel = &bench.kernel;
    listings::testing::merchant(kernel, "m1", 1, &["daily/home"]).await;
    let content = listings::Content { gtin: "6901234567892".into(), ..listings::testing::honest("保温杯") };
    listings::testing::offer(kernel, "m1", "x-1", content).await;
    let new = trace::NewLot {
        merchant_id: "m1".into(),
        gtin: "06901234567892".into(),
        number: "L-1".into(),
        product: "保温杯".into(),
        produced_on: "2026-02-01".into(),
        expires_on: "2031-02-01".into(),
        origin: "浙江永康".into(),
        plant: "永康杯业".into(),
    };
    signals::testing::open(&bench).await;
    let lot = trace::create(kernel, &kernel::testing::owner("m1"), new).await.expect("a lot");
    let mut write = kernel.begin(&Actor::system("clone-watch")).await.expect("a transaction");
    let act = Act::new("clone.suspected", "unit", "06901234567892/ABC").public("warning", "w-1").about("lot", &lot.id);
    write.act(act.about("merchant", "m1")).await.expect("an act");
    let acts = write.commit().await.expect("kept");
    for _ in 0..2 {
        crate::on_clone_suspected(kernel.clone(), acts[0].clone()).await.expect("taken in");
    }
    let found = alerts(kernel).await;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].subject.key.as_str(), found[0].family), ("m1/L-1", detectors::Family::Codes));
    assert_eq!(found[0].warning_id.as_deref(), Some("w-1"));
}
