//! The console and its texts, and who may see what.

use super::*;
use crate::features::engine;

async fn filled() -> House {
    let house = super::house().await;
    house.sold("m1", "a/b 杯", 400).await;
    house.happens(Kind::Complaint, "m1", "a/b 杯", 40).await;
    house.day_ends().await;
    keep(house.kernel(), &truth(1_500, 0.9)).await;
    crate::train_now(house.kernel(), &kernel::testing::staff(Role::Analyst)).await.expect("trained");
    house
}

#[tokio::test]
async fn every_page_opens_for_who_may_see_it_and_for_nobody_else() {
    let house = filled().await;
    let product = crate::pages::address("m1", "a/b 杯");
    for path in [
        "/console/risk",
        "/console/risk?band=high&q=杯",
        "/console/risk.csv",
        "/console/risk/features",
        "/console/risk/drift",
        "/console/risk/models",
        "/console/risk/models/1",
        product.as_str(),
        "/v1/risk",
        "/v1/risk-models",
        "/v1/risk-models/1/file",
    ] {
        let path = path.replace('杯', "%E6%9D%AF");
        for role in ["analyst", "auditor", "reviewer", "regulator"] {
            let answer = house.get(role, &path).await;
            assert_eq!(answer.status, StatusCode::OK, "{role} {path}: {}", answer.body);
            let missing: Vec<&str> = answer
                .body
                .split(['<', '>', '"'])
                .filter(|part| part.starts_with("risk-") && !part.contains('/'))
                .collect();
            let ids = ["risk-drift", "risk-calibration"];
            let missing: Vec<&&str> =
                missing.iter().filter(|part| !ids.iter().any(|id| part.starts_with(id))).collect();
            assert!(missing.is_empty(), "{path}: {missing:?}");
        }
        for role in ["merchant:m1", "laboratory"] {
            assert_eq!(house.get(role, &path).await.status, StatusCode::FORBIDDEN, "{role} {path}");
        }
    }
    let page = house.get("analyst", "/console/risk").await;
    assert!(page.body.contains("绝不是任何处罚的唯一依据") && page.body.contains("先验模型"), "{}", page.body);
    assert_eq!(house.get("analyst", "/console/risk/models/99").await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.get("analyst", "/v1/risk?band=huge").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn training_and_going_back_are_for_those_who_may() {
    let house = filled().await;
    for path in ["/console/risk/train", "/console/risk/models/1/activate", "/console/risk/rollback"] {
        for role in ["reviewer", "auditor", "admin", "merchant:m1"] {
            assert_eq!(house.send("POST", role, path, "reason=x").await.status, StatusCode::FORBIDDEN, "{role} {path}");
        }
    }
    let card = house.get("manager", "/console/risk/models/1").await;
    assert!(card.body.contains("/console/risk/models/1/activate"), "another person may");
    let own = house.get("auditor", "/console/risk/models/1").await;
    assert!(!own.body.contains("/console/risk/models/1/activate"), "who only reads has no button");
    assert_eq!(
        house.send("POST", "manager", "/console/risk/models/1/activate", "").await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        house.send("POST", "manager", "/console/risk/rollback", "reason=").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(house.send("POST", "manager", "/console/risk/rollback", "reason=x").await.status, StatusCode::SEE_OTHER);
}

#[test]
fn every_text_is_there_in_both_languages() {
    let ids = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.split_once(" = ")).map(|(id, _)| id.to_owned()).collect()
    };
    let (zh, en) = (ids(CATALOG.zh), ids(CATALOG.en));
    assert_eq!(zh, en);
    for named in FEATURES {
        for id in [named.message(), named.why(), named.unit_message()] {
            assert!(zh.contains(&id), "{id}");
        }
    }
    for code in crate::CODES {
        assert!(zh.contains(&code.message_id()), "{}", code.code);
    }
}

#[test]
fn the_features_are_what_the_engine_takes_and_vectors_survive_the_store() {
    boosting::Dataset::new(engine()).expect("names, units, no doubles");
    let mut vector = Vector::default();
    vector.set("complaint_ratio", 0.1);
    vector.set("growth", f64::INFINITY);
    let again = Vector::from_json(&vector.to_json());
    assert_eq!(again.get("complaint_ratio"), Some(0.1));
    assert_eq!(again.get("growth"), None, "what is not finite is missing");
    assert_eq!(again.0.iter().filter(|value| value.is_nan()).count(), FEATURES.len() - 1);
}
