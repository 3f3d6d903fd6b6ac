use super::house::{House, at, code, person};
use crate::onsite::{self, Answer, Appointment, Found, Outcome, Visit, VisitState};
use bytes::Bytes;
use kernel::{Actor, Paging, Role};
use std::collections::BTreeMap;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n a photo";

fn manager() -> Actor {
    person("m", &[Role::Manager])
}

fn asked(date: &str) -> Appointment {
    Appointment {
        merchant_id: "merchant-1".into(),
        address: "杭州市文一西路 1 号".into(),
        contact: "王五".into(),
        purpose: "投诉后核查".into(),
        date: date.into(),
        inspector: String::new(),
    }
}

async fn visit(house: &House) -> Visit {
    onsite::schedule_at(&house.kernel, &manager(), &asked("2026-11-06"), Some("商家1")).await.unwrap()
}

#[tokio::test]
async fn a_visit_needs_the_notice_of_the_policy_in_working_days() {
    for house in House::each(&[]).await {
        // Monday 2 November; three working days of notice: Thursday is the first possible day.
        assert_eq!(onsite::earliest_date(&house.kernel).unwrap().to_string(), "2026-11-05");
        let refused =
            onsite::schedule_at(&house.kernel, &manager(), &asked("2026-11-04"), Some("商家1")).await.unwrap_err();
        assert_eq!(refused.faults[0].message, "review-fault-date-early");
        assert!(refused.faults[0].args.contains(&("earliest".into(), "2026-11-05".into())), "{}", house.kind);
        for (date, message) in [("2028-01-01", "review-fault-date-late"), ("gestern", "review-fault-date")] {
            let refused =
                onsite::schedule_at(&house.kernel, &manager(), &asked(date), Some("商家1")).await.unwrap_err();
            assert_eq!(refused.faults[0].message, message);
        }
        let unknown = onsite::schedule_at(&house.kernel, &manager(), &asked("2026-11-06"), None).await.unwrap_err();
        assert_eq!(unknown.faults[0].message, "review-fault-merchant");
        let visit = visit(&house).await;
        assert_eq!(visit.report_due.to_string(), "2026-11-13", "five working days after the Friday");
        let act = &house.acts("review.visit_scheduled").await[0];
        assert!(!act.public.to_string().contains("文一西路"), "the address is private");
        let listed = onsite::visits(&house.kernel, &manager(), Some(VisitState::Scheduled), true, &Paging::default())
            .await
            .unwrap();
        assert_eq!(listed.rows, [visit]);
    }
}

async fn answer_all(house: &House, visit: &Visit, found: Found) {
    let answers: BTreeMap<String, Answer> =
        visit.checklist.iter().map(|item| (item.id.clone(), Answer { found, note: "见照片".into() })).collect();
    onsite::save_answers(&house.kernel, &manager(), &visit.id, &answers, "现场情况正常").await.unwrap();
}

#[tokio::test]
async fn a_report_is_whole_or_not_at_all() {
    for house in House::each(&[]).await {
        let visit = visit(&house).await;
        let boss = manager();
        let report = |outcome| onsite::report(&house.kernel, &boss, &visit.id, outcome);
        let early = report(Outcome::Passed).await.unwrap_err();
        assert!(early.faults.iter().any(|fault| fault.message == "review-fault-report-early"));
        assert!(early.faults.iter().any(|fault| fault.message == "review-fault-answer"), "every missing part is named");
        house.clock.set(at("2026-11-06T03:00:00Z"));
        answer_all(&house, &visit, Found::Yes).await;
        let photos = report(Outcome::Passed).await.unwrap_err();
        assert!(photos.faults.iter().all(|fault| fault.message == "review-fault-photo"), "{photos}");
        for item in visit.checklist.iter().filter(|item| item.photo_required) {
            onsite::add_photo(&house.kernel, &manager(), &visit.id, &item.id, Bytes::from_static(PNG)).await.unwrap();
        }
        let fake =
            onsite::add_photo(&house.kernel, &manager(), &visit.id, "", Bytes::from_static(b"MZ\x90 program")).await;
        assert_eq!(code(fake), "file_kind", "{}", house.kind);
        let done = report(Outcome::Passed).await.unwrap();
        assert_eq!((done.state, done.outcome), (VisitState::Reported, Some(Outcome::Passed)));
        assert_eq!(code(report(Outcome::Passed).await), "review_state", "a report is handed in once");
        let act = &house.acts("review.visit_reported").await[0];
        assert_eq!(act.public["evidence"].as_array().unwrap().len(), done.photos.len());
        let sha256 = &done.photos[0].sha256;
        assert_eq!(onsite::photo(&house.kernel, &manager(), &visit.id, sha256).await.unwrap().0, PNG);
        assert_eq!(code(onsite::photo(&house.kernel, &manager(), &visit.id, &"0".repeat(64)).await), "not_found");
    }
}

#[tokio::test]
async fn a_decisive_no_cannot_pass_and_only_the_inspector_or_a_manager_fills_in() {
    let house = House::new(&[]).await;
    let visit = visit(&house).await;
    house.clock.set(at("2026-11-06T03:00:00Z"));
    answer_all(&house, &visit, Found::No).await;
    for item in visit.checklist.iter().filter(|item| item.photo_required) {
        onsite::add_photo(&house.kernel, &manager(), &visit.id, &item.id, Bytes::from_static(PNG)).await.unwrap();
    }
    let refused = onsite::report(&house.kernel, &manager(), &visit.id, Outcome::Passed).await.unwrap_err();
    assert!(refused.faults.iter().all(|fault| fault.message == "review-fault-outcome-decisive"));
    let other = person("r", &[Role::Reviewer]);
    assert_eq!(code(onsite::report(&house.kernel, &other, &visit.id, Outcome::Failed).await), "forbidden");
    assert_eq!(code(onsite::report(&house.kernel, &manager(), &visit.id, Outcome::Failed).await), "done");
    let reasons = house.acts("review.visit_reported").await[0].public["reasons"].as_array().unwrap().len();
    assert_eq!(reasons, visit.checklist.len());
}

#[tokio::test]
async fn a_late_report_is_called_late_once_and_a_cancelled_visit_never() {
    for house in House::each(&[]).await {
        let (late, cancelled) = (visit(&house).await, visit(&house).await);
        assert_eq!(code(onsite::cancel(&house.kernel, &manager(), &cancelled.id, "").await), "invalid_input");
        onsite::cancel(&house.kernel, &manager(), &cancelled.id, "商家已关店").await.unwrap();
        assert_eq!(onsite::mark_overdue(house.kernel.clone()).await.unwrap(), 0);
        house.clock.set(at("2026-11-14T03:00:00Z"));
        assert_eq!(onsite::mark_overdue(house.kernel.clone()).await.unwrap(), 1, "{}", house.kind);
        assert_eq!(onsite::mark_overdue(house.kernel.clone()).await.unwrap(), 0);
        assert_eq!(house.acts("review.visit_overdue").await[0].subject.id, late.id);
    }
}
