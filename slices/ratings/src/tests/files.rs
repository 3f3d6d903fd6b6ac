//! Day files, their replay and their proofs.

use super::{House, brings, good, house};
use crate::model::ProductDay;
use crate::replay::{Ledger, Request, replay};
use crate::{day_of, proof};
use kernel::Role;
use kernel::testing::{owner, staff};
use std::path::PathBuf;

async fn five_days() -> House {
    let mut house = house().await;
    for number in 0..5 {
        let mut rows: Vec<ProductDay> = (0..40).map(|n| brings(&format!("m1/p{n:02}"), 50 + n, n % 7)).collect();
        rows.push(brings("other/q", 200, 3 * number));
        rows.push(good("m1/q"));
        house.close(rows).await;
    }
    house
}

/// A day's file and where another text may be laid under its name.
async fn file_of(house: &House, day: crate::Day) -> (String, PathBuf) {
    let day = crate::store::days::get(house.kernel().db().read(), day).await.expect("the store").expect("a day");
    let text = house.kernel().blobs().get(&day.sha256).await.expect("the file");
    let (a, b) = (&day.sha256[..2], &day.sha256[2..4]);
    let path = house.bench.folder.path().join("blobs").join(a).join(b).join(&day.sha256);
    (String::from_utf8(text.to_vec()).expect("text"), path)
}

#[tokio::test]
async fn every_number_comes_out_again_and_is_proved_against_the_ledger() {
    let house = five_days().await;
    let replayed = replay(house.kernel(), Some(house.ledger.view()), &Request::default()).await.expect("a replay");
    assert_eq!(replayed.days.len(), 5);
    for day in &replayed.days {
        assert!(day.holds(), "{day:?}");
        assert_eq!((day.compared, day.equal), (42, 42));
        assert!(matches!(day.ledger, Ledger::Proved { .. }));
    }
    let one = Request { day: Some(house.day), product: Some("m1/p03".into()) };
    let one = replay(house.kernel(), None, &one).await.expect("a replay");
    assert_eq!((one.days.len(), one.days[0].compared), (1, 1));
    assert!(one.holds());
}

#[tokio::test]
async fn a_changed_byte_is_found_and_named() {
    let house = five_days().await;
    let (text, path) = file_of(&house, house.day).await;
    let line = text.lines().position(|line| line.starts_with("{\"key\":\"m1/p07\"")).expect("the line");
    let changed: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(number, text)| {
            if number != line {
                return text.to_owned();
            }
            // One digit of the published score.
            let at = text.find("\"score\":").expect("a score") + "\"score\":".len();
            let digit = if text.as_bytes()[at] == b'9' { "8" } else { "9" };
            format!("{}{digit}{}", &text[..at], &text[at + 1..])
        })
        .collect();
    std::fs::write(&path, format!("{}\n", changed.join("\n"))).expect("written");
    let asked = Request { day: Some(house.day), product: None };
    let replayed = replay(house.kernel(), Some(house.ledger.view()), &asked).await.expect("a replay");
    let day = &replayed.days[0];
    assert!(!day.holds() && !day.hash_holds && !day.root_holds);
    let named: Vec<(u64, &str, &str)> =
        day.differences.iter().map(|one| (one.line, one.product.as_str(), one.field.as_str())).collect();
    assert_eq!(named, [(line as u64 + 1, "m1/p07", "score")]);
    assert_eq!(day.compared, day.equal + 1);
}

#[tokio::test]
async fn a_changed_input_is_found_by_the_sums_it_no_longer_gives() {
    let house = five_days().await;
    let (text, path) = file_of(&house, house.day).await;
    let changed =
        text.replace("\"key\":\"m1/q\",\"listing\":null,\"market\":\"cn\",\"category\":\"\",\"first\":", "\u{1}");
    let (before, after) = changed.split_once('\u{1}').expect("the line");
    let after = after.replacen("[0,100,0,", "[0,900,0,", 1);
    let text =
        format!("{before}\"key\":\"m1/q\",\"listing\":null,\"market\":\"cn\",\"category\":\"\",\"first\":{after}");
    std::fs::write(&path, text).expect("written");
    let asked = Request { day: Some(house.day), product: None };
    let replayed = replay(house.kernel(), None, &asked).await.expect("a replay");
    let fields: Vec<&str> = replayed.days[0].differences.iter().map(|one| one.field.as_str()).collect();
    assert!(fields.contains(&"sums") && !replayed.holds(), "{fields:?}");
    assert!(replayed.days[0].differences.iter().all(|one| one.product == "m1/q"));
}

#[tokio::test]
async fn a_day_is_computed_once_and_a_stop_between_does_no_harm() {
    let mut house = house().await;
    house.close(vec![good("m1/a"), good("m1/b")]).await;
    let day = crate::store::days::get(house.kernel().db().read(), house.day).await.expect("store").expect("day");
    // The same day again, with other rows: nothing happens.
    let again =
        crate::rate(house.kernel(), house.day, super::in_order(vec![brings("m1/a", 5, 5)])).await.expect("again");
    assert_eq!((again.sha256, again.act_id), (day.sha256.clone(), day.act_id.clone()));
    // A process that stopped after computing and before publishing: the next turn publishes.
    let next = house.day + 1;
    house.bench.clock.advance_days(1);
    let rows = super::in_order(vec![brings("m1/a", 1000, 900), good("m1/c")]);
    crate::compute::compute(house.kernel(), next, rows).await.expect("computed");
    assert!(crate::of(house.kernel(), "m1", "c").await.expect("store").is_none());
    house.settle().await;
    assert!(crate::of(house.kernel(), "m1", "c").await.expect("store").is_some());
    let history = crate::store::history::of(house.kernel().db().read(), "m1", "a", 10).await.expect("store");
    assert_eq!(history.len(), 2, "one point a day: {history:?}");
}

#[tokio::test]
async fn rows_out_of_order_are_refused_and_nothing_is_kept() {
    let house = house().await;
    let rows: crate::Rows = Box::new([good("m1/b"), good("m1/a")].into_iter().map(Ok));
    let refused = crate::rate(house.kernel(), house.day + 1, rows).await.expect_err("a refusal");
    assert!(refused.to_string().contains("internal") || !refused.to_string().is_empty());
    assert!(crate::store::days::newest(house.kernel().db().read()).await.expect("store").is_none());
}

#[tokio::test]
async fn a_line_is_proved_to_the_root_that_the_ledger_names() {
    let house = five_days().await;
    let proved =
        proof::line_proof(house.kernel(), &staff(Role::Analyst), "m1", "p11", Some(house.day)).await.expect("a proof");
    let leaf = tlog::leaf_hash(proved.line.as_bytes());
    tlog::verify_inclusion(proved.index, proved.size, &leaf, &proved.path, &proved.root).expect("it holds");
    let act = kernel::store::act(house.kernel(), &proved.act_id).await.expect("store").expect("the act");
    assert_eq!(act.public_text("root"), Some(proved.root.to_hex().as_str()));
    let other = proof::line_proof(house.kernel(), &owner("m2"), "m1", "p11", None).await;
    assert_eq!(kernel::testing::said(other), "not_found");
    assert_eq!(day_of(crate::date_of(proved.day)), house.day);
}

/// The lines of products nobody sells any more and nobody lists are forgotten one day.
#[tokio::test]
async fn what_nobody_sells_is_forgotten() {
    let mut house = house().await;
    house.close(vec![brings("m1/gone", 1, 0)]).await;
    house.close(vec![good("m1/a")]).await;
    let day = house.day + 3_000;
    crate::rate(house.kernel(), day, super::in_order(vec![good("m1/a")])).await.expect("a day");
    let replayed = replay(house.kernel(), None, &Request { day: Some(day), product: None }).await.expect("a replay");
    assert_eq!(replayed.days[0].compared, 1);
    assert!(replayed.holds(), "{replayed:?}");
}
