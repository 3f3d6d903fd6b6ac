//! Versions and activation through the public functions.

use ground::{FakeClock, Problem, SeededRng};
use jiff::tz::TimeZone;
use kernel::{Actor, ActorKind, Kernel, Paging, Role};
use policies::catalogue::{self, RowFilter};
use policies::versions::{self, RowEdit};
use policies::{Error, activation};
use policy::{Mode, Pack, Packs, Source};
use std::sync::Arc;

const LAWS: &str = "table: laws
rows:
  - id: advertising-law
    from: 2015-09-01
    title: { zh: 广告法, en: Advertising Law }
    language: zh-CN
    citation: '2021'
    articles: 74
";

const PARAMETERS: &str = "table: parameters
rows:
  - id: review.lease_minutes
    from: 2024-01-01
    basis: [{ law: advertising-law, article: 9(3) }]
    title: { zh: 保留时间, en: Lease }
    value: 20
    unit: minutes
    minimum: 1
  # kept
  - id: review.share
    from: 2024-01-01
    mode: shadow
    title: { zh: 比例, en: Share }
    value: 0.5
    unit: share
";

fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(policies::migrations());
    all
}

fn packs(parameters: &str) -> Packs {
    let sources = [Source::new("cn/laws.yaml", LAWS), Source::new("cn/parameters.yaml", parameters)];
    Packs::new([Arc::new(Pack::from_sources("cn", &sources).unwrap())]).unwrap()
}

struct House {
    kernel: Kernel,
    test: db::testing::TestDb,
    _folder: tempfile::TempDir,
}

static SEED: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);

fn kernel_over(db: &db::Db, folder: &std::path::Path, packs: Packs) -> Kernel {
    let seed = SEED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let clock = Arc::new(FakeClock::at_rfc3339("2026-11-23T08:00:00Z"));
    let blobs = blobs::Blobs::folder(folder).unwrap();
    Kernel::new(db.clone(), blobs, clock, Arc::new(SeededRng::new(seed)), packs, TimeZone::UTC)
}

async fn houses() -> Vec<House> {
    let mut all = Vec::new();
    for test in db::testing::each(migrations).await {
        let folder = tempfile::tempdir().unwrap();
        let kernel = kernel_over(&test.db, folder.path(), packs(PARAMETERS));
        policies::put_in_force(&kernel).await.unwrap();
        all.push(House { kernel, test, _folder: folder });
    }
    all
}

fn person(role: Role) -> Actor {
    Actor {
        id: "u1".into(),
        name: "张三".into(),
        roles: [role].into(),
        organisation: None,
        kind: ActorKind::Person { session: "s1".into() },
        language: ground::Language::Zh,
    }
}

fn edit(base_id: &str, text: &str) -> RowEdit {
    RowEdit {
        base_id: base_id.to_owned(),
        table: "parameters".into(),
        row: "review.lease_minutes".into(),
        from: "2024-01-01".parse().unwrap(),
        text: text.to_owned(),
        note: "高峰期".into(),
    }
}

async fn text_of(kernel: &Kernel, manager: &Actor) -> (String, String) {
    let row = catalogue::row(kernel, manager, "cn", "review.lease_minutes", None).await.unwrap();
    (row.active.version_id, row.text.unwrap())
}

fn lease(kernel: &Kernel) -> i64 {
    kernel.packs().home().integer("review.lease_minutes", kernel.today()).unwrap()
}

fn code(result: Result<impl std::fmt::Debug, Error>) -> &'static str {
    Problem::from(result.expect_err("should be refused")).code.code
}

#[tokio::test]
async fn what_is_in_force_at_first_is_recorded_as_an_act() {
    for House { kernel, .. } in houses().await {
        let acts = kernel::store::history(&kernel, "policy", "cn", 10).await.unwrap();
        assert_eq!(acts.len(), 1);
        assert_eq!(acts[0].kind, "policy.activated");
        assert_eq!(acts[0].public_text("version"), Some(kernel.packs().home().version()));
        policies::put_in_force(&kernel).await.unwrap();
        let again = kernel::store::history(&kernel, "policy", "cn", 10).await.unwrap();
        assert_eq!(again.len(), 1, "a second start changes nothing");
    }
}

#[tokio::test]
async fn an_edited_row_is_kept_then_put_in_force_with_an_act() {
    let manager = person(Role::Manager);
    for House { kernel, test, .. } in houses().await {
        let (seen, text) = text_of(&kernel, &manager).await;
        let version =
            versions::save_row(&kernel, &manager, &edit(&seen, &text.replace("value: 20", "value: 35"))).await.unwrap();
        assert_eq!(version.changed.len(), 1);
        assert_eq!(version.changed[0].row, "review.lease_minutes");
        assert_eq!(lease(&kernel), 20, "kept is not in force");
        let active = policies::activate(&kernel, &manager, &version.id, &seen, "同意").await.unwrap();
        assert_eq!(lease(&kernel), 35, "{}", test.kind);
        let act = kernel::store::act(&kernel, &active.act_id).await.unwrap().unwrap();
        assert_eq!(act.kind, "policy.activated");
        assert_eq!(act.public_text("market"), Some("cn"));
        assert_eq!(act.public_text("version"), Some(version.hash.as_str()));
        assert_eq!(act.public["changed"][0], "parameters/review.lease_minutes");
        assert!(act.public.to_string().find("同意").is_none(), "free text is private");
        let row = catalogue::row(&kernel, &manager, "cn", "review.lease_minutes", None).await.unwrap();
        assert_eq!(row.history.len(), 1, "the row's own history");
        assert_eq!(row.citations[0].text.zh, "《广告法》第九条第（三）项");
        let page = versions::list(&kernel, &manager, "cn", &Paging::default()).await.unwrap();
        assert_eq!(page.total, 2);
        // Going back is activating the first one.
        policies::activate(&kernel, &manager, &seen, &version.id, "回退").await.unwrap();
        assert_eq!(lease(&kernel), 20);
    }
}

#[tokio::test]
async fn a_wrong_row_is_refused_at_the_line_typed_and_nothing_is_kept() {
    let manager = person(Role::Manager);
    let house = houses().await.remove(0);
    let kernel = house.kernel.clone();
    let (seen, text) = text_of(&kernel, &manager).await;
    for (from, to, line, column) in [
        ("value: 20", "valeu: 20", 5, 1),
        ("value: 20", "value: 0", 5, 8),
        ("article: 9(3)", "article: 99", 3, 9),
        ("unit: minutes", "unit: [", 8, 1),
    ] {
        let wrong = text.replace(from, to);
        assert_ne!(wrong, text);
        let problem = Problem::from(versions::save_row(&kernel, &manager, &edit(&seen, &wrong)).await.unwrap_err());
        assert_eq!(problem.code.code, "invalid_input", "{to}");
        let place = &problem.faults[0].place;
        if to != "unit: [" {
            assert_eq!((place.line, place.column), (Some(line), Some(column)), "{to}");
            assert_eq!(place.field.as_deref(), Some("text"));
        }
        let zh = problem.faults[0].args.iter().find(|(name, _)| name == "zh").unwrap();
        assert!(!zh.1.is_empty());
    }
    assert_eq!(code(versions::save_row(&kernel, &manager, &edit(&seen, &text)).await), "policy_unchanged");
    let no_reason = RowEdit { note: " ".into(), ..edit(&seen, &text.replace("value: 20", "value: 21")) };
    assert_eq!(code(versions::save_row(&kernel, &manager, &no_reason).await), "invalid_input");
    assert_eq!(versions::list(&kernel, &manager, "cn", &Paging::default()).await.unwrap().total, 1);
}

#[tokio::test]
async fn two_people_cannot_replace_the_same_version() {
    let manager = person(Role::Manager);
    for House { kernel, .. } in houses().await {
        let (seen, text) = text_of(&kernel, &manager).await;
        let one =
            versions::save_row(&kernel, &manager, &edit(&seen, &text.replace("value: 20", "value: 30"))).await.unwrap();
        let two =
            versions::save_row(&kernel, &manager, &edit(&seen, &text.replace("value: 20", "value: 40"))).await.unwrap();
        policies::activate(&kernel, &manager, &one.id, &seen, "a").await.unwrap();
        assert_eq!(code(policies::activate(&kernel, &manager, &two.id, &seen, "b").await), "stale");
        assert_eq!(lease(&kernel), 30);
        let acts = kernel::store::history(&kernel, "policy", "cn", 50).await.unwrap();
        assert_eq!(acts.iter().filter(|act| act.kind == "policy.activated").count(), 2, "the refused one wrote no act");
    }
}

#[tokio::test]
async fn a_mode_is_changed_in_one_step() {
    let manager = person(Role::Manager);
    let house = houses().await.remove(0);
    let kernel = house.kernel.clone();
    let (seen, _) = text_of(&kernel, &manager).await;
    let place = ("parameters", "review.share", "2024-01-01".parse().unwrap());
    let active = policies::set_mode(&kernel, &manager, &seen, place, Mode::Percentage(25), "逐步").await.unwrap();
    let list = catalogue::rows(
        &kernel,
        &manager,
        "cn",
        "parameters",
        &RowFilter { mode: Some("percentage".into()), ..RowFilter::default() },
    )
    .await
    .unwrap();
    assert_eq!(list.rows.len(), 1);
    assert_eq!(list.rows[0].mode, Mode::Percentage(25));
    let act = kernel::store::act(&kernel, &active.act_id).await.unwrap().unwrap();
    assert_eq!(act.public["modes"][0]["from"], "shadow");
    assert_eq!(act.public["modes"][0]["to"], "percentage: 25");
    let text = versions::read(&kernel, &manager, &active.version_id).await.unwrap();
    assert!(text.pack.sources().iter().any(|source| source.text.contains("  # kept\n")), "comments stay");
}

#[tokio::test]
async fn another_process_follows() {
    let manager = person(Role::Manager);
    let house = houses().await.remove(0);
    let (kernel, test, _folder) = (house.kernel.clone(), &house.test, &house._folder);
    let other = kernel_over(&test.db, _folder.path(), packs(PARAMETERS));
    policies::put_in_force(&other).await.unwrap();
    let (seen, text) = text_of(&kernel, &manager).await;
    let version =
        versions::save_row(&kernel, &manager, &edit(&seen, &text.replace("value: 20", "value: 50"))).await.unwrap();
    policies::activate(&kernel, &manager, &version.id, &seen, "x").await.unwrap();
    assert_eq!(lease(&other), 20);
    assert_eq!(activation::follow(&other).await.unwrap(), 1);
    assert_eq!(lease(&other), 50);
    assert_eq!(activation::follow(&other).await.unwrap(), 0);
}

#[tokio::test]
async fn a_restart_keeps_what_was_edited_and_takes_over_what_comes_new() {
    let manager = person(Role::Manager);
    let house = houses().await.remove(0);
    let (kernel, test, _folder) = (house.kernel.clone(), &house.test, &house._folder);
    // A newer product whose packs differ replaces a version nobody edited.
    let newer = kernel_over(&test.db, _folder.path(), packs(&PARAMETERS.replace("value: 20", "value: 22")));
    policies::put_in_force(&newer).await.unwrap();
    assert_eq!(lease(&newer), 22);
    activation::follow(&kernel).await.unwrap();
    let (seen, text) = text_of(&kernel, &manager).await;
    let version =
        versions::save_row(&kernel, &manager, &edit(&seen, &text.replace("value: 22", "value: 60"))).await.unwrap();
    policies::activate(&kernel, &manager, &version.id, &seen, "x").await.unwrap();
    // An edited version stays, whatever the product brings.
    let again = kernel_over(&test.db, _folder.path(), packs(PARAMETERS));
    policies::put_in_force(&again).await.unwrap();
    assert_eq!(lease(&again), 60);
}

#[tokio::test]
async fn who_may_not_change_policies_cannot() {
    let house = houses().await.remove(0);
    let kernel = house.kernel.clone();
    let reviewer = person(Role::Reviewer);
    let (seen, text) = text_of(&kernel, &reviewer).await;
    let changed = edit(&seen, &text.replace("value: 20", "value: 21"));
    assert_eq!(code(versions::save_row(&kernel, &reviewer, &changed).await), "forbidden");
    assert_eq!(code(policies::activate(&kernel, &reviewer, &seen, &seen, "x").await), "forbidden");
    assert_eq!(code(policies::trial::start(&kernel, &reviewer, &seen).await), "forbidden");
    let merchant = person(Role::Merchant);
    assert_eq!(code(versions::list(&kernel, &merchant, "cn", &Paging::default()).await), "forbidden");
}
