//! How scores and grades move.

use super::{brings, good, house};
use crate::model::{DayInput, Grade, ProductDay};

#[tokio::test]
async fn a_burst_of_complaints_lowers_the_rating_and_time_brings_it_back() {
    let mut house = house().await;
    house.run(20, || vec![good("m1/a"), good("m1/b")]).await;
    let before = house.rating("a").await;
    assert_eq!(before.grade, Grade::A, "{before:?}");
    house.run(4, || vec![brings("m1/a", 100, 80), good("m1/b")]).await;
    let struck = house.rating("a").await;
    assert!(struck.score < before.score - 15.0, "{} after {}", struck.score, before.score);
    assert!(struck.grade > Grade::A && struck.reasons.contains(&"complaints_worse".to_owned()), "{struck:?}");
    assert_eq!(house.rating("b").await.grade, Grade::A, "the neighbour is not touched");
    house.run(160, || vec![good("m1/a"), good("m1/b")]).await;
    let healed = house.rating("a").await;
    assert!(healed.score > struck.score + 15.0, "{} after {}", healed.score, struck.score);
    assert_eq!(healed.grade, Grade::A);
    let changes = house.kinds("a").await.into_iter().filter(|kind| kind == "rating.changed").count();
    assert!(changes >= 2, "down and up are acts");
}

#[tokio::test]
async fn a_few_units_with_complaints_are_judged_by_their_cohort_and_many_by_themselves() {
    let mut house = house().await;
    let mut rows: Vec<ProductDay> = (0..30).map(|number| brings(&format!("m1/n{number:02}"), 500, 5)).collect();
    rows.push(brings("m1/small", 3, 1));
    rows.push(brings("m1/large", 3000, 1000));
    house.close(rows).await;
    let (small, large) = (house.rating("small").await, house.rating("large").await);
    let points = |rating: &crate::Rating| rating.line.part(crate::Component::Complaints).score;
    assert_eq!(points(&large), 0.0, "a third of thousands complained");
    assert!(points(&small) > 50.0, "one of three is little evidence: {small:?}");
    assert!(small.is_new && small.grade == Grade::C && !large.is_new);
}

#[tokio::test]
async fn a_new_product_is_neutral_until_enough_is_known() {
    let mut house = house().await;
    house.close(vec![ProductDay { key: "m1/n".into(), input: DayInput { purchases: 5, ..DayInput::default() } }]).await;
    let first = house.rating("n").await;
    assert!(first.is_new && first.grade == Grade::C);
    house.run(5, || vec![good("m1/n")]).await;
    let known = house.rating("n").await;
    assert!(!known.is_new && known.grade < Grade::C, "{known:?}");
    let reasons = house.bench.acts("product", "m1/n").await;
    assert!(reasons.contains(&"rating.changed".to_owned()));
}

#[tokio::test]
async fn a_grade_does_not_flap_around_its_threshold() {
    let mut house = house().await;
    house.run(30, || vec![good("m1/a")]).await;
    // Days swing around a threshold: good, bad, good, bad.
    let mut grades = Vec::new();
    for number in 0..60 {
        let row = if number % 2 == 0 { brings("m1/a", 100, 13) } else { good("m1/a") };
        house.close(vec![row]).await;
        grades.push(house.rating("a").await.grade);
    }
    let changes = grades.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(changes <= 3, "{changes} changes: {grades:?}");
}

#[tokio::test]
async fn a_better_grade_needs_its_days_in_a_row_and_a_worse_one_comes_at_once() {
    use crate::model::{COMPONENTS, Effect, Part};
    use crate::rules::{Moment, Scored, Standing, step};
    let policy = crate::tables::policy_at(policy::shipped().home(), jiff::civil::date(2026, 3, 1)).expect("a policy");
    let scored =
        |lower: f64| Scored { parts: [Part::default(); COMPONENTS], score: lower + 3.0, lower, upper: lower + 6.0 };
    let held = Standing { grade: Grade::B, is_new: false, rise: None, effect: Effect::None, since: 0, released: false };
    let moment = |day| Moment { day, gap: 1, passed: None, failed: None };
    let mut standing = held;
    for day in 1..policy.rules.rise_days {
        standing = step(&policy, Some(&standing), &scored(90.0), false, &moment(day));
        assert_eq!(standing.grade, Grade::B);
    }
    let risen = step(&policy, Some(&standing), &scored(90.0), false, &moment(policy.rules.rise_days));
    assert_eq!((risen.grade, risen.effect), (Grade::A, Effect::Recommended));
    let interrupted = step(&policy, Some(&standing), &scored(75.0), false, &moment(9));
    assert_eq!((interrupted.grade, interrupted.rise), (Grade::B, None), "one day below begins again");
    let near = step(&policy, Some(&held), &scored(67.5), false, &moment(9));
    assert_eq!(near.grade, Grade::B, "half a point below the threshold is within the margin");
    assert_eq!(step(&policy, Some(&held), &scored(50.0), false, &moment(9)).grade, Grade::D);
}
