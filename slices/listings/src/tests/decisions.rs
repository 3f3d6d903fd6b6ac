use super::*;
use crate::{Outcome, Verdict};

fn verdict(outcome: Outcome, reasons: &[&str]) -> Verdict {
    Verdict {
        outcome,
        reasons: reasons.iter().map(|r| (*r).to_owned()).collect(),
        note: "请修改".into(),
        ban_goods: false,
    }
}

#[tokio::test]
async fn a_reviewer_approves_and_the_goods_go_on_sale_on_every_store() {
    for bench in Bench::each().await {
        bench.merchant("m1", 1, &["daily/home"]).await;
        let listing = bench.offer("m1", "A", Content { brand: "无此品牌".into(), ..doubtful("桌布") }).await;
        assert_eq!(listing.state, State::InReview, "{}", bench.kind);
        let id = listing.latest_version_id.clone();
        let decide = |verdict: Verdict, expected| {
            let (kernel, id) = (bench.kernel.clone(), id.clone());
            async move { crate::decide_review(&kernel, &reviewer(), &id, expected, &verdict).await }
        };
        let (in_review, passed) = (VersionState::InReview, VersionState::Passed);
        assert_eq!(said(decide(verdict(Outcome::Reject, &[]), in_review).await), "invalid_input reasons");
        assert_eq!(said(decide(verdict(Outcome::Approve, &[]), passed).await), "listing_stale");
        let merchant =
            crate::decide_review(&bench.kernel, &owner("m1"), &id, in_review, &verdict(Outcome::Approve, &[])).await;
        assert_eq!(said(merchant), "forbidden");
        let (one, other) = tokio::join!(
            decide(verdict(Outcome::Approve, &[]), in_review),
            decide(verdict(Outcome::Reject, &["x"]), in_review)
        );
        assert_eq!(
            usize::from(one.is_ok()) + usize::from(other.is_ok()),
            1,
            "two reviewers, one decision ({})",
            bench.kind
        );
        let loser = if one.is_ok() { other } else { one };
        assert_eq!(said(loser), "listing_stale");
        bench.settle().await;
        let acts = bench.acts(&listing.id).await;
        let decided =
            acts.iter().filter(|kind| ["listing.approved", "listing.rejected"].contains(&kind.as_str())).count();
        assert_eq!(decided, 1, "{acts:?}");
    }
}

/// Goods with one doubtful word, for a person to decide.
pub(super) fn doubtful(title: &str) -> Content {
    Content { title: format!("{title} 最佳选择"), ..honest(title) }
}

#[tokio::test]
async fn a_rejected_version_is_mended_and_passes() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let listing = bench.offer("m1", "A", doubtful("桌布")).await;
    assert_eq!(listing.state, State::InReview);
    let id = listing.latest_version_id.clone();
    let no = verdict(Outcome::Reject, &["cn-claims-absolute"]);
    let rejected = crate::decide_review(&bench.kernel, &reviewer(), &id, VersionState::InReview, &no).await.unwrap();
    assert_eq!(rejected.state, State::Rejected);
    let history = kernel::store::history(&bench.kernel, "listing", &listing.id, 50).await.unwrap();
    let act = history.iter().find(|act| act.kind == "listing.rejected").unwrap();
    assert!(!act.public.to_string().contains("请修改"), "the note is in the private part alone");
    assert!(act.private.as_ref().unwrap().to_string().contains("请修改"));
    let mended = bench.change(&rejected, honest("桌布 140 厘米")).await;
    assert_eq!(mended.state, State::OnSale);
    let evidence = crate::version(&bench.kernel, &reviewer(), &id).await.unwrap();
    assert_eq!(evidence.version.state, VersionState::Rejected);
    let next = bench.offer("m1", "B", doubtful("餐垫")).await;
    let beside = crate::version(&bench.kernel, &reviewer(), &next.latest_version_id).await.unwrap();
    assert_eq!(
        beside.similar.first().map(|past| past.outcome.as_str()),
        Some("rejected"),
        "what was decided before is shown"
    );
    assert_eq!(beside.merchant.listings.iter().map(|(_, n)| n).sum::<u64>(), 2);
}

#[tokio::test]
async fn a_newer_version_takes_the_place_of_one_under_review() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let listing = bench.offer("m1", "A", doubtful("桌布")).await;
    let old = listing.latest_version_id.clone();
    let newer = bench.change(&listing, honest("桌布")).await;
    assert_eq!(newer.state, State::OnSale);
    let late =
        crate::decide_review(&bench.kernel, &reviewer(), &old, VersionState::InReview, &verdict(Outcome::Approve, &[]))
            .await;
    assert_eq!(said(late), "listing_stale");
}
