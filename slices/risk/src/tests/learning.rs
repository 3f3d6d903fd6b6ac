//! Training, judging, putting in force, going back, drift.

use super::*;
use crate::model::ModelState;
use crate::parameters::parameters;
use crate::training::fit;
use crate::versions::in_force;
use kernel::testing::{person, said};

fn analyst() -> Actor {
    person("analyst-1", Role::Analyst, None)
}

fn manager() -> Actor {
    person("manager-1", Role::Manager, None)
}

#[tokio::test]
async fn a_model_learns_what_the_prior_does_not_know_and_is_judged_on_what_came_later() {
    let bench = Bench::sqlite(migrations).await;
    let parameters = parameters(&bench.kernel).expect("the policy");
    let (model, card) = fit(&truth(1_500, 0.9), &[], &parameters, 1).expect("fits");
    let model = model.expect("a model");
    assert_eq!(card.against, Vec::<String>::new());
    assert!(card.may_be_activated());
    let (ours, prior) = (card.quality.as_ref().expect("measured"), card.prior.as_ref().expect("measured"));
    assert!(ours.auc.lower > prior.auc.upper, "{ours:?} {prior:?}");
    assert!(card.auc_gain.expect("compared").lower > 0.05 && card.beat_share > 0.99);
    assert!(ours.calibration_error < 0.08, "{ours:?}");
    assert!(card.learn.until_day < card.tune.from_day && card.tune.until_day < card.judge.from_day);
    // The two that matter matter most, and every direction is held.
    let mut looked: Vec<_> = card.features.iter().map(|looked| (looked.importance, looked.name.as_str())).collect();
    looked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut first = [looked[0].1, looked[1].1];
    first.sort_unstable();
    assert_eq!(first, ["complaint_ratio", "growth"]);
    let mut vector = Vector::default();
    let mut last = f64::NEG_INFINITY;
    for step in -20..40 {
        vector.set("complaint_ratio", f64::from(step) / 10.0);
        let now = model.score(&vector.0);
        assert!(now >= last, "more complaints made it less risky");
        last = now;
    }
}

#[tokio::test]
async fn a_model_that_learned_noise_is_not_put_in_force() {
    let bench = Bench::sqlite(migrations).await;
    keep(&bench.kernel, &truth(600, 0.0)).await;
    let version = crate::train_now(&bench.kernel, &analyst()).await.expect("trained");
    let card = version.card.expect("a card");
    let reason = card.against.first().map(String::as_str);
    assert!(matches!(reason, Some("nothing_learned" | "not_better_than_prior")), "{:?}", card.against);
    let refused = said(crate::activate(&bench.kernel, &manager(), version.number).await);
    assert!(refused == "risk_model_not_better" || refused == "risk_model_state", "{refused}");
    assert!(in_force(&bench.kernel).await.expect("the store").is_none());
}

#[tokio::test]
async fn too_few_examples_make_no_model_and_the_card_says_why() {
    let bench = Bench::sqlite(migrations).await;
    keep(&bench.kernel, &truth(50, 1.0)).await;
    let version = crate::train_now(&bench.kernel, &analyst()).await.expect("tried");
    assert_eq!(version.state, ModelState::Failed);
    assert_eq!(version.card.expect("a card").against, ["few_examples", "few_positives"]);
    assert_eq!(said(crate::activate(&bench.kernel, &manager(), version.number).await), "risk_model_state");
    assert_eq!(bench.acts("risk_model", "1").await, ["risk_model.requested", "risk_model.trained"]);
}

#[tokio::test]
async fn what_was_known_only_after_a_later_part_began_is_not_learned_from() {
    let bench = Bench::sqlite(migrations).await;
    let parameters = parameters(&bench.kernel).expect("the policy");
    let mut examples = truth(1_000, 0.9);
    for example in examples.iter_mut().take(300) {
        example.labelled_day = Some(20_190);
    }
    let (_, card) = fit(&examples, &[], &parameters, 1).expect("fits");
    assert!(card.left_out >= 300, "{}", card.left_out);
    assert!(card.learn.examples <= 300, "{}", card.learn.examples);
}

#[tokio::test]
async fn a_model_is_put_in_force_by_another_person_scores_everything_and_can_be_taken_back() {
    let house = super::house().await;
    let kernel = house.kernel();
    house.sold("m1", "x-1", 400).await;
    house.happens(Kind::Complaint, "m1", "x-1", 30).await;
    house.day_ends().await;
    keep(kernel, &truth(1_500, 0.9)).await;
    assert_eq!(said(crate::request_training(kernel, &person("r", Role::Reviewer, None)).await), "forbidden");
    crate::request_training(kernel, &analyst()).await.expect("asked");
    assert_eq!(said(crate::request_training(kernel, &analyst()).await), "risk_training_waits");
    house.bench.settle(crate::jobs(), reactions).await;
    let version = crate::version(kernel, &analyst(), 1).await.expect("there");
    assert_eq!(version.state, ModelState::Candidate);
    assert_eq!(crate::score(kernel, "m1", "x-1").await.expect("a score").model, "prior");

    assert_eq!(said(crate::activate(kernel, &analyst(), 1).await), "risk_model_four_eyes");
    assert_eq!(said(crate::roll_back(kernel, &manager(), "x").await), "risk_no_model");
    crate::activate(kernel, &manager(), 1).await.expect("in force");
    house.bench.settle(crate::jobs(), reactions).await;
    let scored = crate::score(kernel, "m1", "x-1").await.expect("a score");
    assert_eq!(scored.model, "1");
    let sum: f64 = scored.bias + scored.contributions.iter().map(|part| part.contribution).sum::<f64>();
    assert!((sum - scored.raw).abs() < 1e-9);
    assert_eq!(house.json("/v1/risk").await["rows"][0]["model"], "1", "stored scores follow");

    assert_eq!(said(crate::roll_back(kernel, &manager(), " ").await), "invalid_input reason");
    let back = crate::roll_back(kernel, &manager(), "校准偏了").await.expect("gone back");
    assert!(back.is_none());
    house.bench.settle(crate::jobs(), reactions).await;
    assert_eq!(crate::score(kernel, "m1", "x-1").await.expect("a score").model, "prior");
    assert_eq!(house.json("/v1/risk").await["rows"][0]["model"], "prior");
    let acts = house.bench.acts("risk_model", "1").await;
    let wanted = ["risk_model.requested", "risk_model.trained", "risk_model.activated", "risk_model.rolled_back"];
    assert_eq!(acts, wanted);
    // A version that was in force may come back; the one after it goes back to it.
    crate::activate(kernel, &manager(), 1).await.expect("again");
    let second = crate::train_now(kernel, &analyst()).await.expect("trained").number;
    crate::activate(kernel, &manager(), second).await.expect("in force");
    let back = crate::roll_back(kernel, &manager(), "回退").await.expect("gone back").expect("a version");
    assert_eq!((back.number, back.state), (1, ModelState::Active));
}

#[tokio::test]
async fn a_model_whose_file_was_changed_scores_nothing() {
    let bench = Bench::sqlite(migrations).await;
    keep(&bench.kernel, &truth(1_500, 0.9)).await;
    let version = crate::train_now(&bench.kernel, &analyst()).await.expect("trained");
    let sha256 = version.sha256.expect("a file");
    let file = find(bench.folder.path(), &sha256).expect("the file of the model");
    let text = std::fs::read_to_string(&file).expect("read");
    assert!(text.starts_with("{\"format\":\"touchstone-trees/1\""));
    std::fs::write(&file, text.replacen("\"cover\":", "\"cover\":1", 1)).expect("written");
    assert_eq!(said(crate::activate(&bench.kernel, &manager(), 1).await), "risk_model_file");
    std::fs::remove_file(&file).expect("removed");
    assert_eq!(said(crate::activate(&bench.kernel, &manager(), 1).await), "risk_model_file");
}

/// The file below a folder whose path ends in a name, however the store splits it.
fn find(folder: &std::path::Path, name: &str) -> Option<std::path::PathBuf> {
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if let Some(found) = find(&path, name) {
                return Some(found);
            }
        } else if path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "").ends_with(name) {
            return Some(path);
        }
    }
    None
}

#[tokio::test]
async fn goods_that_no_longer_look_like_those_of_the_training_call_for_another_one_once() {
    let house = super::house().await;
    let kernel = house.kernel();
    keep(kernel, &truth(1_500, 0.9)).await;
    crate::train_now(kernel, &analyst()).await.expect("trained");
    crate::activate(kernel, &manager(), 1).await.expect("in force");
    let day = crate::examples::day_of(kernel, kernel.now());
    let shelf = |shift: f64| -> Vec<crate::ScoreRow> {
        let row = |(index, example): (usize, &Example)| {
            let mut vector = example.vector.clone();
            let moved = vector.get("price_swing").map(|value| value + shift);
            vector.set("price_swing", moved);
            crate::ScoreRow {
                merchant: "m1".into(),
                product: format!("p{index}"),
                day,
                at: kernel.now(),
                probability: 0.1,
                raw: 0.0,
                model: "1".into(),
                listing_id: None,
                title: String::new(),
                category: String::new(),
                leading: String::new(),
                vector,
            }
        };
        truth(400, 0.9).iter().enumerate().map(row).collect()
    };
    for (shift, proposed) in [(0.0, false), (2.0, true)] {
        let tx = kernel.db().write_tx().await.expect("a transaction");
        store::scores::replace(&tx, &shelf(shift)).await.expect("kept");
        tx.commit().await.expect("committed");
        let report = crate::drift::report(kernel, &analyst()).await.expect("measured").expect("a model is in force");
        assert_eq!(report.proposed.contains(&"drift".to_owned()), proposed, "{shift}: {:?}", report.moved);
        if proposed {
            assert!(report.moved.iter().any(|moved| moved.name == "price_swing" && moved.drift.psi > 1.0));
        }
    }
    assert!(crate::drift::propose(kernel).await.expect("looked"));
    assert!(!crate::drift::propose(kernel).await.expect("looked"), "once for a version");
    let acts = house.bench.acts("risk_model", "1").await;
    assert_eq!(acts.iter().filter(|kind| *kind == "risk_model.retraining_proposed").count(), 1);
    let page = house.get("analyst", "/console/risk/drift").await;
    assert!(page.body.contains("建议重新训练"), "{}", page.body);
}
