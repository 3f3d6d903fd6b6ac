//! Tests of laboratories and remedies.

use super::{good, house};
use crate::model::Grade;
use kernel::{Act, Actor};
use listings::{Content, testing as goods};

const GTIN: &str = "06901234567892";

async fn report(house: &super::House, id: &str, result: &str, outcome: &str) {
    let mut write = house.kernel().begin(&Actor::system("test")).await.expect("a decision");
    let act = Act::new("report.issued", "report", id)
        .about("merchant", "m1")
        .outcome(outcome)
        .public("result", result)
        .public("gtin", GTIN);
    write.act(act).await.expect("an act");
    write.commit().await.expect("kept");
    house.settle().await;
}

#[tokio::test]
async fn a_failed_test_caps_the_grade_until_one_is_passed() {
    let mut house = house().await;
    let content = Content { gtin: GTIN[1..].to_owned(), ..goods::honest("保温杯") };
    goods::offer(house.kernel(), "m1", "x-1", content).await;
    house.run(12, || vec![good("m1/x-1")]).await;
    assert_eq!(house.rating("x-1").await.grade, Grade::A);
    report(&house, "r-0", "fail", "forged").await;
    house.close(vec![good("m1/x-1")]).await;
    assert_eq!(house.rating("x-1").await.grade, Grade::A, "a forged report says nothing");
    report(&house, "r-1", "fail", "valid").await;
    house.close(vec![good("m1/x-1")]).await;
    let failed = house.rating("x-1").await;
    assert_eq!(failed.grade, Grade::D, "{failed:?}");
    assert_eq!(failed.reasons[0], "test_failed");
    house.run(20, || vec![good("m1/x-1")]).await;
    assert_eq!(house.rating("x-1").await.grade, Grade::D, "time alone does not undo a failed test");
    for number in 2..6 {
        report(&house, &format!("r-{number}"), "pass", "valid").await;
    }
    house.run(10, || vec![good("m1/x-1")]).await;
    let passed = house.rating("x-1").await;
    assert!(passed.grade < Grade::D, "{passed:?}");
}

#[tokio::test]
async fn evidence_is_taken_in_once() {
    let mut house = house().await;
    let content = Content { gtin: GTIN[1..].to_owned(), ..goods::honest("保温杯") };
    goods::offer(house.kernel(), "m1", "x-1", content).await;
    report(&house, "r-1", "pass", "valid").await;
    house.close(vec![good("m1/x-1")]).await;
    house.close(vec![good("m1/x-1")]).await;
    let tests = house.rating("x-1").await.line.sums[0][1];
    assert!(tests > 0.98 && tests < 1.0, "one test, a day or two old: {tests}");
}

#[tokio::test]
async fn late_remedies_count_against_the_after_sales() {
    let mut house = house().await;
    for (number, hours) in [2.0, 100.0, 200.0, 300.0].into_iter().enumerate() {
        let mut write = house.kernel().begin(&Actor::system("test")).await.expect("a decision");
        let act = Act::new("remedy.completed", "complaint", &format!("c{number}"))
            .public("merchant", "m1")
            .public("product", "x-1")
            .public("hours", hours);
        write.act(act).await.expect("an act");
        write.commit().await.expect("kept");
    }
    house.settle().await;
    house.close(vec![good("m1/x-1")]).await;
    let sums = house.rating("x-1").await.line.sums[crate::Component::AfterSales.index()];
    assert!(sums[0] > 2.9 && sums[1] > 3.9 && sums[0] < 3.1, "{sums:?}");
}
