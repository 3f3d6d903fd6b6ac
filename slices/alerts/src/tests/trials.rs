//! Detectors tried on history.

use super::*;
use crate::backtest::{self, Asked};
use crate::decide::{self, Closing};
use crate::model::{Ending, Reason};
use kernel::testing::said;
use std::collections::BTreeMap;

fn asked(last: i32) -> Asked {
    Asked {
        policy: "cn-complaint-rate-watch".into(),
        error_rate: None,
        limits: BTreeMap::new(),
        rollout_percent: None,
        from: signals::day_date(last - 4),
        until: signals::day_date(last),
    }
}

async fn outcome(kernel: &Kernel, asked: &Asked) -> serde_json::Value {
    let actor = staff(Role::Analyst);
    let id = backtest::ask(kernel, &actor, asked).await.expect("asked for");
    assert_eq!(backtest::turn(kernel).await.expect("a turn"), 1);
    let trial = backtest::get(kernel, &actor, &id).await.expect("the trial");
    assert_eq!(trial.state, "done", "{:?}", trial.outcome);
    trial.outcome.expect("an outcome")
}

#[tokio::test]
async fn a_trial_on_history_finds_what_was_found_raises_nothing_and_says_what_it_costs() {
    let (bench, last, _) = swept().await;
    let (kernel, actor) = (&bench.kernel, staff(Role::Analyst));
    let alert = about(kernel, "faulty").await.expect("an alert");
    let closing =
        Closing { ending: Ending::True, reason: Reason::Confirmed, note: String::new(), suppress_until: None };
    decide::close(kernel, &actor, &alert.id, &closing).await.expect("closed");
    let before = alerts(kernel).await.len();
    let same = outcome(kernel, &asked(last)).await;
    assert_eq!(
        (&same["alerts"], &same["minutes"], &same["cost_minor"]),
        (&1.into(), &15.into(), &2250.into()),
        "{same}"
    );
    assert_eq!(same["agreement"]["true_found"], 1);
    assert_eq!(same["lines"][0]["key"], "m1/faulty");
    let strict = Asked { limits: [("ratio_min".to_owned(), 60.0)].into(), ..asked(last) };
    let strict = outcome(kernel, &strict).await;
    assert_eq!((&strict["alerts"], &strict["agreement"]["true_missed"]), (&0.into(), &1.into()), "{strict}");
    let none = outcome(kernel, &Asked { rollout_percent: Some(0), ..asked(last) }).await;
    assert_eq!((&none["alerts"], &none["not_rolled_out"]), (&0.into(), &1.into()), "{none}");
    assert_eq!(alerts(kernel).await.len(), before, "a trial raises nothing");
}

#[tokio::test]
async fn a_trial_that_makes_no_sense_is_refused_with_its_field() {
    let (bench, last) = closed().await;
    let (kernel, actor) = (&bench.kernel, staff(Role::Analyst));
    let ask = |change: fn(&mut Asked, i32)| {
        let mut asked = asked(last);
        change(&mut asked, last);
        let actor = actor.clone();
        async move { said(backtest::ask(kernel, &actor, &asked).await) }
    };
    assert_eq!(ask(|asked, last| asked.until = signals::day_date(last - 30)).await, "invalid_input until");
    assert_eq!(ask(|asked, last| asked.from = signals::day_date(last - 3000)).await, "invalid_input from");
    assert_eq!(ask(|asked, _| asked.policy = "cn-nothing".into()).await, "not_found");
    assert_eq!(ask(|asked, _| asked.error_rate = Some(3.0)).await, "detector_refused error_rate");
    assert_eq!(ask(|asked, _| _ = asked.limits.insert("ratio_mim".into(), 2.0)).await, "detector_refused limits");
    assert_eq!(ask(|asked, _| _ = asked.limits.insert("days".into(), 4000.0)).await, "detector_refused limits");
    assert_eq!(said(backtest::ask(kernel, &staff(Role::Auditor), &asked(last)).await), "forbidden");
    let empty = Asked { from: signals::day_date(last - 900), until: signals::day_date(last - 890), ..asked(last) };
    let id = backtest::ask(kernel, &actor, &empty).await.expect("asked for");
    backtest::turn(kernel).await.expect("a turn");
    let trial = backtest::get(kernel, &actor, &id).await.expect("the trial");
    assert_eq!((trial.state.as_str(), &trial.outcome.expect("why")["code"]), ("failed", &"detector_no_history".into()));
}
