use super::*;
use kernel::Act;
use policy::{Pack, Packs};

/// The cn pack with one more claims rule.
fn with_word(bench: &Bench, word: &str, severity: &str, mode: &str) -> Packs {
    let mut sources = policy::packs::shipped_sources().remove("cn").unwrap();
    let text = format!(
        "table: claims\nrows:\n  - id: cn-claims-test-word\n    from: 2024-01-01\n    mode: {mode}\n    \
         basis: [{{ law: advertising-law, article: \"4\" }}]\n    reason: {{ zh: 试验词, en: a word on trial }}\n    \
         fix: {{ zh: 删去, en: remove it }}\n    severity: {severity}\n    terms: [{word}]\n    \
         tests: [{{ title: 新款{word}, hit: true }}]\n"
    );
    sources.push(policy::Source::new("cn/claims-trial.yaml", text));
    let pack = Pack::from_sources("cn", &sources).expect("a valid pack");
    bench.kernel.packs().replaced(Arc::new(pack))
}

async fn activate(bench: &Bench, packs: Packs) {
    bench.kernel.replace_packs(packs);
    let mut write = bench.kernel.begin(&manager()).await.unwrap();
    write.act(Act::new("policy.activated", "policy", "cn").public("market", "cn")).await.unwrap();
    write.commit().await.unwrap();
    bench.settle().await;
}

#[tokio::test]
async fn a_rule_in_shadow_costs_nothing_and_tells_what_it_would_cost() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    bench.merchant("m2", 2, &["daily/home"]).await;
    let glow = bench.offer("m1", "A", honest("萤光星河氛围灯罩")).await;
    bench.offer("m1", "B", honest("木质衣架")).await;
    bench.offer("m2", "C", honest("萤光星河桌布")).await;
    let candidate = with_word(&bench, "萤光星河", "major", "on");
    let report = crate::shadow_run(&bench.kernel, &candidate, 1_000).await.unwrap();
    assert_eq!((report.listings, report.changed, report.merchants, report.off_sale), (3, 2, 2, 2));
    assert_eq!(report.off_sale_minor.get("CNY"), Some(&7980));
    assert_eq!(report.text_read, 3, "a word nobody searched for is searched for once");
    assert_eq!(report.decisions, [(screening::Decision::Pass, screening::Decision::Review, 2)]);
    assert!(report.samples.iter().any(|sample| sample.listing_id == glow.id && sample.added[0].1.contains("萤光星河")));
    assert_eq!(bench.listing(&glow.id).await, glow, "nothing is written");
    let candidate = with_word(&bench, "萤光星河", "major", "shadow");
    assert_eq!(crate::shadow_run(&bench.kernel, &candidate, 1_000).await.unwrap().off_sale, 0);
}

#[tokio::test]
async fn a_changed_policy_goes_through_the_shelf_on_every_store() {
    for bench in Bench::each().await {
        bench.merchant("m1", 1, &["daily/home"]).await;
        let hit = bench.offer("m1", "A", honest("萤光星河氛围灯罩")).await;
        let other = bench.offer("m1", "B", honest("木质衣架")).await;
        activate(&bench, with_word(&bench, "萤光星河", "severe", "on")).await;
        assert!(!bench.listing(&hit.id).await.state.is_on_sale(), "{}", bench.kind);
        assert_eq!(bench.listing(&other.id).await.state, State::OnSale);
        let acts = bench.acts(&hit.id).await;
        assert_eq!(acts.iter().filter(|kind| *kind == "listing.rescreened").count(), 1, "{acts:?}");
        assert!(!bench.acts(&other.id).await.contains(&"listing.rescreened".to_owned()));
        let done = crate::rescreens(&bench.kernel, &manager()).await.unwrap();
        assert_eq!((done.len(), done[0].running, done[0].done, done[0].changed), (1, false, 2, 1));
    }
}

#[tokio::test]
async fn a_milder_rule_asks_a_person_and_the_goods_stay_until_they_answer() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let hit = bench.offer("m1", "A", honest("萤光星河氛围灯罩")).await;
    activate(&bench, with_word(&bench, "萤光星河", "minor", "on")).await;
    let asked = bench.listing(&hit.id).await;
    assert_eq!((asked.state, asked.findings), (State::OnSale, 1));
    assert!(bench.acts(&hit.id).await.contains(&"listing.review_requested".to_owned()));
    let verdict = crate::Verdict {
        outcome: crate::Outcome::Reject,
        reasons: vec!["word".into()],
        note: String::new(),
        ban_goods: false,
    };
    let id = hit.latest_version_id.clone();
    crate::decide_review(&bench.kernel, &reviewer(), &id, VersionState::Passed, &verdict).await.unwrap();
    bench.settle().await;
    let after = bench.listing(&hit.id).await;
    assert_eq!((after.state, after.latest_state), (State::Suspended, VersionState::Rejected));
    let mended = bench.change(&after, honest("氛围灯罩")).await;
    assert_eq!(mended.state, State::OnSale);
}

#[tokio::test]
async fn judging_from_kept_facts_equals_screening_afresh() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    for (number, title) in
        ["萤光星河灯罩 国家级", "史上最低价 桌布", "木质衣架 10 只", "萤 光 星 河 桌布"].iter().enumerate()
    {
        bench.offer("m1", &number.to_string(), honest(title)).await;
    }
    activate(&bench, with_word(&bench, "萤光星河", "minor", "on")).await;
    let all =
        crate::list(&bench.kernel, &reviewer(), &crate::Filter::default(), &kernel::Paging::default()).await.unwrap();
    assert_eq!(all.rows.len(), 4);
    for listing in all.rows {
        let evidence = crate::version(&bench.kernel, &reviewer(), &listing.latest_version_id).await.unwrap();
        let fresh =
            crate::preview(&bench.kernel, &owner("m1"), "m1", "cn", Some(&listing.id), evidence.version.content)
                .await
                .unwrap();
        let kept = evidence.run.unwrap();
        let spoken = |findings: &[screening::Finding]| -> Vec<_> {
            findings.iter().map(|f| (f.rule.clone(), f.field.clone(), f.start, f.end)).collect()
        };
        assert_eq!(spoken(&kept.findings), spoken(&fresh.findings), "{}", listing.title);
        assert_eq!(kept.decision, fresh.decision);
    }
}
