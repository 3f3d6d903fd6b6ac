//! The queue joined to the real listings: from a merchant's submission over the act to a person's decision and back.

use super::house::{code, person, reviewer};
use crate::model::{ItemState, Verdict};
use crate::queue::{self, Filter};
use crate::{Judgement, Work};
use blobs::Blobs;
use ground::{FakeClock, SeededRng};
use jiff::tz::TimeZone;
use kernel::{Actor, Kernel, Paging, Reaction, Role, outbox};
use listings::{Content, Listing, New, State};
use std::sync::Arc;

fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(merchants::migrations());
    all.extend(listings::migrations());
    all.extend(crate::migrations());
    all
}

fn owner(merchant: &str) -> Actor {
    let mut actor = person("owner", &[Role::Merchant]);
    actor.organisation = Some(merchant.to_owned());
    actor
}

fn reactions() -> Vec<Reaction> {
    vec![
        Reaction::new("to-review", &["listing.review_requested"], crate::on_review_requested),
        Reaction::new(
            "from-review",
            &["listing.submitted", "listing.withdrawn", "listing.removed"],
            crate::on_version_superseded,
        ),
    ]
}

async fn settle(kernel: &Kernel) {
    let mut jobs = listings::jobs();
    jobs.extend(crate::jobs());
    jobs.push(kernel::Job::new("loops", std::time::Duration::from_secs(1), |kernel| async move {
        outbox::react(&kernel, &reactions()).await
    }));
    kernel::job::settle(kernel, &jobs, 400).await.unwrap();
}

/// Goods with one doubtful word.
fn doubtful(title: &str) -> Content {
    Content {
        title: format!("{title} 最佳选择"),
        description: "日常家用，简洁实用。".into(),
        category: "daily/home".into(),
        price_minor: Some(3_990),
        currency: "CNY".into(),
        ..Content::default()
    }
}

async fn offer(kernel: &Kernel, number: &str) -> Listing {
    let new = New {
        merchant_id: "m1".into(),
        market: "cn".into(),
        external_id: number.into(),
        content: doubtful(number),
        source_at: None,
    };
    let listing = listings::create(kernel, &owner("m1"), new).await.unwrap();
    listings::submit(kernel, &owner("m1"), &listing.id, &listing.latest_version_id).await.unwrap();
    settle(kernel).await;
    listings::get(kernel, &reviewer("a"), &listing.id).await.unwrap()
}

async fn open(kernel: &Kernel) -> Vec<crate::Item> {
    let filter = Filter { open: true, ..Filter::default() };
    queue::list(kernel, &reviewer("a"), &filter, &Paging::default()).await.unwrap().rows
}

fn rejection(work: &Work) -> Judgement {
    let reason = work.reasons.iter().find(|reason| !reason.findings.is_empty()).expect("a finding");
    Judgement {
        claim_id: work.item.claim_id.clone().unwrap_or_default(),
        version_id: work.item.version_id.clone(),
        verdict: Verdict::Reject,
        reasons: vec![reason.code.clone()],
        note: "请删去绝对化用语".into(),
    }
}

#[tokio::test]
async fn a_submission_reaches_a_person_and_their_decision_the_listing_on_every_store() {
    for test in db::testing::each(migrations).await {
        let folder = tempfile::tempdir().unwrap();
        let kernel = Kernel::new(
            test.db.clone(),
            Blobs::folder(folder.path()).unwrap(),
            Arc::new(FakeClock::at_rfc3339("2026-11-02T01:00:00Z")),
            Arc::new(SeededRng::new(5)),
            policy::shipped(),
            TimeZone::get("Asia/Shanghai").unwrap(),
        );
        merchants::create(&kernel, &owner("m1"), "cn", merchants::Change::default()).await.unwrap();
        let listing = offer(&kernel, "桌布").await;
        assert_eq!(listing.state, State::InReview, "{}", test.kind);
        let items = open(&kernel).await;
        assert_eq!((items.len(), items[0].version_id.as_str()), (1, listing.latest_version_id.as_str()));

        let a = reviewer("a");
        let item = queue::claim(&kernel, &a, &items[0].id).await.unwrap();
        let work = crate::show(&kernel, &a, &item.id).await.unwrap();
        assert!(work.held && !work.stale && work.evidence.title.ends_with("最佳选择"));
        let finding = &work.evidence.findings[work.reasons[0].findings[0]];
        let (start, end) = (finding.start.unwrap(), finding.end.unwrap());
        let marked: String = work.evidence.title.chars().skip(start).take(end - start).collect();
        assert_eq!(marked, finding.text, "the mark stands on the very words");
        let decision = crate::decide(&kernel, &a, &item.id, &rejection(&work)).await.unwrap();
        let after = listings::get(&kernel, &a, &listing.id).await.unwrap();
        assert_eq!(after.state, State::Rejected);
        settle(&kernel).await;
        assert!(open(&kernel).await.is_empty());
        let history = kernel::store::history(&kernel, "listing", &listing.id, 50).await.unwrap();
        let of_listing = history.iter().find(|act| act.kind == "listing.rejected").unwrap();
        assert_eq!(of_listing.public["reasons"][0].as_str(), Some(decision.reasons[0].as_str()));
        assert!(history.iter().any(|act| act.id == decision.act_id));

        // Replaced while somebody holds it: the claim ends, and a decision on it is refused.
        let second = offer(&kernel, "椅垫").await;
        let item = queue::claim(&kernel, &a, &open(&kernel).await[0].id).await.unwrap();
        let work = crate::show(&kernel, &a, &item.id).await.unwrap();
        let mended = Content { title: "椅垫 四季可用".into(), ..doubtful("") };
        let newer = listings::revise(&kernel, &owner("m1"), &second.id, second.latest_number, mended).await.unwrap();
        listings::submit(&kernel, &owner("m1"), &second.id, &newer.id).await.unwrap();
        assert_eq!(code(crate::decide(&kernel, &a, &item.id, &rejection(&work)).await), "review_stale");
        settle(&kernel).await;
        let there = crate::show(&kernel, &a, &item.id).await.unwrap();
        assert_eq!((there.item.state, there.stale), (ItemState::Closed, true));
        assert!(open(&kernel).await.is_empty(), "the mended version needed nobody");
    }
}
