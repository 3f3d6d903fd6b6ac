//! What a trial judges by, and how it counts.

use super::*;
use ground::{FakeClock, SeededRng};
use policy::{Packs, Source};
use screening::{Check, Finding, Severity, finding::Text};

const PARAMETERS: &str = "table: parameters
rows:
  - id: a.on
    from: 2024-01-01
    title: { zh: 一, en: A }
    value: 1
    unit: count
  - id: a.shadow
    from: 2024-01-01
    mode: shadow
    title: { zh: 二, en: B }
    value: 2
    unit: count
  - id: a.part
    from: 2024-01-01
    mode: \"percentage: 10\"
    title: { zh: 三, en: C }
    value: 3
    unit: count
";

fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(crate::migrations());
    all
}

async fn house() -> (Kernel, db::testing::TestDb, tempfile::TempDir) {
    let test = db::testing::sqlite(migrations).await;
    let folder = tempfile::tempdir().unwrap();
    let pack = Pack::from_sources("cn", &[Source::new("cn/p.yaml", PARAMETERS)]).unwrap();
    let kernel = Kernel::new(
        test.db.clone(),
        blobs::Blobs::folder(folder.path()).unwrap(),
        Arc::new(FakeClock::at_rfc3339("2026-11-23T08:00:00Z")),
        Arc::new(SeededRng::new(3)),
        Packs::new([Arc::new(pack)]).unwrap(),
        jiff::tz::TimeZone::UTC,
    );
    crate::put_in_force(&kernel).await.unwrap();
    (kernel, test, folder)
}

fn mode_of(pack: &Pack, row: &str) -> Mode {
    pack.written_rows("parameters").into_iter().find(|one| one.id() == row).unwrap().mode()
}

async fn tried(kernel: &Kernel, row: &str, mode: Mode) -> (Arc<Pack>, BTreeSet<String>) {
    let system = Actor::system("test");
    let (active, _) = versions::active_unchecked(kernel, "cn").await.unwrap();
    let place = ("parameters", row, "2024-01-01".parse().unwrap());
    let version = versions::save_mode(kernel, &system, &active.version_id, place, mode, "try").await.unwrap();
    let read = versions::read_unchecked(kernel, &version.id).await.unwrap();
    candidate(kernel, &read).await.unwrap()
}

#[tokio::test]
async fn a_row_on_its_way_in_is_tried_on_and_one_on_its_way_out_as_written() {
    let (kernel, _test, _folder) = house().await;
    for (row, mode, tried_as) in [
        ("a.shadow", Mode::Percentage(5), Mode::On),
        ("a.part", Mode::Percentage(40), Mode::On),
        ("a.part", Mode::On, Mode::On),
        ("a.on", Mode::Shadow, Mode::Shadow),
        ("a.part", Mode::Shadow, Mode::Shadow),
        ("a.shadow", Mode::Off, Mode::Off),
    ] {
        let (pack, rules) = tried(&kernel, row, mode).await;
        assert_eq!(rules, BTreeSet::from([row.to_owned()]), "only what differs is counted");
        assert_eq!(mode_of(&pack, row), tried_as, "{row} {mode}");
        let others = ["a.on", "a.shadow", "a.part"].into_iter().filter(|other| *other != row);
        for other in others {
            assert_eq!(mode_of(&pack, other), mode_of(kernel.packs().home(), other), "others stay as they are");
        }
    }
}

#[tokio::test]
async fn what_is_in_force_is_tried_with_its_waiting_rows_on() {
    let (kernel, _test, _folder) = house().await;
    let (active, _) = versions::active_unchecked(&kernel, "cn").await.unwrap();
    let read = versions::read_unchecked(&kernel, &active.version_id).await.unwrap();
    let (pack, rules) = candidate(&kernel, &read).await.unwrap();
    assert_eq!(rules, BTreeSet::from(["a.part".to_owned(), "a.shadow".to_owned()]));
    assert_eq!(mode_of(&pack, "a.shadow"), Mode::On);
}

fn listing(before: Decision, after: Decision, rules_before: &[&str], rules_after: &[&str]) -> listings::Tried {
    let finding = |rule: &&str| Finding::new(Check::Claims, rule, Severity::Major, "title", Text::new("因", "why"));
    listings::Tried {
        listing_id: "l".into(),
        merchant_id: "m".into(),
        title: "面霜".into(),
        price_minor: Some(1990),
        currency: "CNY".into(),
        before,
        after,
        rules_before: rules_before.iter().map(|rule| (*rule).to_owned()).collect(),
        findings: rules_after.iter().map(finding).collect(),
    }
}

#[test]
fn the_cost_counts_what_is_touched_and_what_would_be_decided_otherwise() {
    use Decision::{Pass, Reject, Review};
    let rules = BTreeSet::from(["new".to_owned()]);
    let (mut cost, mut found) = (Cost::default(), Vec::new());
    for one in [
        listing(Pass, Pass, &["old"], &["old"]),
        listing(Pass, Pass, &[], &["new"]),
        listing(Pass, Review, &[], &["new"]),
        listing(Pass, Reject, &["old"], &["old", "new"]),
        listing(Review, Reject, &[], &["new"]),
        listing(Review, Pass, &["new"], &[]),
    ] {
        count(&one, &rules, &mut cost, &mut found);
    }
    assert_eq!((cost.hit, cost.changed), (5, 4));
    assert_eq!((cost.pass_to_review, cost.pass_to_reject, cost.review_to_reject, cost.relieved), (1, 1, 1, 1));
    assert_eq!(cost.off_sale_minor["CNY"], 2 * 1990, "the prices of what no longer passes");
    assert_eq!(cost.by_rule["new"], 5);
    assert_eq!(found.len(), 5, "the untouched one is no hit");
    assert!(found.iter().all(|hit| hit.rules == ["new"]));
}
