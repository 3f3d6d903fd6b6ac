//! A rule from shadow to the shelf: its cost before, the roll-out, the listings it touched.

use bytes::Bytes;
use ground::{FakeClock, Language, SeededRng};
use kernel::{Actor, ActorKind, Job, Kernel, Paging, Reaction, Role, outbox};
use listings::{Content, Listing, New};
use merchants::{Change, Company, Contacts, Move, NewFile, NewQualification, ReturnAddress};
use policies::{TrialState, catalogue, trial, versions};
use policy::Mode;
use std::sync::Arc;

fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(merchants::migrations());
    all.extend(listings::migrations());
    all.extend(policies::migrations());
    all
}

struct Shop {
    kernel: Kernel,
    _db: db::testing::TestDb,
    _folder: tempfile::TempDir,
}

fn person(id: &str, role: Role, organisation: Option<&str>) -> Actor {
    Actor {
        id: id.into(),
        name: "张三".into(),
        roles: [role].into(),
        organisation: organisation.map(str::to_owned),
        kind: ActorKind::Person { session: "s".into() },
        language: Language::Zh,
    }
}

fn manager() -> Actor {
    person("manager-1", Role::Manager, None)
}

fn owner(organisation: &str) -> Actor {
    person(&format!("owner-of-{organisation}"), Role::Merchant, Some(organisation))
}

/// A Unified Social Credit Code with right check characters (GB 32100 over GB 11714).
fn uscc(serial: u32) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let body = format!("{serial:08}");
    let sum: u32 = body.bytes().zip([3, 7, 9, 10, 5, 8, 4, 2]).map(|(b, w)| u32::from(b - b'0') * w).sum();
    let check = match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap(),
    };
    let head = format!("91330106{body}{check}");
    let weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    let sum: usize = head.bytes().zip(weights).map(|(b, w)| ALPHABET.iter().position(|a| *a == b).unwrap() * w).sum();
    format!("{head}{}", ALPHABET[(31 - sum % 31) % 31] as char)
}

impl Shop {
    async fn open() -> Shop {
        let test = db::testing::sqlite(migrations).await;
        let folder = tempfile::tempdir().unwrap();
        let kernel = Kernel::new(
            test.db.clone(),
            blobs::Blobs::folder(&folder.path().join("files")).unwrap(),
            Arc::new(FakeClock::at_rfc3339("2026-03-02T04:00:00Z")),
            Arc::new(SeededRng::new(23)),
            policy::shipped(),
            jiff::tz::TimeZone::get("Asia/Shanghai").unwrap(),
        );
        policies::put_in_force(&kernel).await.unwrap();
        Shop { kernel, _db: test, _folder: folder }
    }

    async fn settle(&self) {
        let mut jobs = listings::jobs();
        jobs.extend(policies::jobs());
        jobs.extend(merchants::jobs_with(None));
        jobs.push(Job::new("loops", std::time::Duration::from_secs(1), |kernel| async move {
            let loops = [
                Reaction::new("a", &["merchant.enrolled", "merchant.restored"], listings::on_merchant_returned),
                Reaction::new("b", &["policy.activated"], listings::on_policy_activated),
            ];
            outbox::react(&kernel, &loops).await
        }));
        kernel::job::settle(&self.kernel, &jobs, 400).await.unwrap();
    }

    async fn merchant(&self, id: &str, serial: u32) {
        let (actor, name) = (owner(id), format!("杭州第{serial}百货有限公司"));
        let change = Change {
            company: Some(Company {
                uscc: uscc(serial),
                legal_name: name.clone(),
                shop_name: format!("百货{serial}"),
                representative: "李四".into(),
                representative_id: String::new(),
                address: "浙江省杭州市西湖区文三路 1 号".into(),
            }),
            contacts: Some(Contacts {
                name: "王五".into(),
                phone: format!("1380013{serial:04}"),
                email: "shop@example.com".into(),
                bank_name: "中国工商银行".into(),
                bank_holder: name.clone(),
                bank_account: format!("622202{serial:012}"),
                return_addresses: vec![ReturnAddress {
                    name: "仓库".into(),
                    phone: "057112345678".into(),
                    address: "杭州市仓前路 2 号".into(),
                }],
                devices: vec![],
            }),
            categories: Some(vec!["daily/home".to_owned()]),
            complete: true,
        };
        merchants::create(&self.kernel, &actor, "cn", change).await.unwrap();
        let licence = NewQualification {
            kind: "business-licence".into(),
            number: uscc(serial),
            holder: name,
            issuer: "杭州市市场监督管理局".into(),
            valid_from: "2020-01-01".into(),
            ..NewQualification::default()
        };
        let file = NewFile { name: "执照.pdf".into(), content: Bytes::from_static(b"%PDF-1.4 a licence") };
        merchants::add_qualification(&self.kernel, &actor, id, licence, Some(file)).await.unwrap();
        let version = merchants::get(&self.kernel, &actor, id).await.unwrap().version;
        merchants::submit(&self.kernel, &actor, id, version).await.unwrap();
        self.settle().await;
        let reviewer = person("reviewer-1", Role::Reviewer, None);
        let version = merchants::get(&self.kernel, &reviewer, id).await.unwrap().version;
        let decision = merchants::Decision { confirm_papers: true, ..merchants::Decision::default() };
        merchants::decide(&self.kernel, &reviewer, id, version, Move::Enrol, decision).await.unwrap();
        self.settle().await;
    }

    async fn offer(&self, merchant: &str, number: &str, title: &str) -> Listing {
        let content = Content {
            title: title.into(),
            description: "日常家用，简洁实用。".into(),
            category: "daily/home".into(),
            price_minor: Some(3990),
            currency: "CNY".into(),
            ..Content::default()
        };
        let new = New {
            merchant_id: merchant.into(),
            market: "cn".into(),
            external_id: number.into(),
            content,
            source_at: None,
        };
        let listing = listings::create(&self.kernel, &owner(merchant), new).await.unwrap();
        listings::submit(&self.kernel, &owner(merchant), &listing.id, &listing.latest_version_id).await.unwrap();
        self.settle().await;
        let listing = self.listing(&listing.id).await;
        assert!(listing.state.is_on_sale(), "{title}: {:?}", listing.state);
        listing
    }

    async fn listing(&self, id: &str) -> Listing {
        listings::get(&self.kernel, &manager(), id).await.unwrap()
    }

    async fn seen(&self) -> String {
        versions::active(&self.kernel, &manager(), "cn").await.unwrap().0.version_id
    }
}

const RULE: &str = "id: cn-claims-trial
from: 2024-01-01
mode: shadow
basis: [{ law: advertising-law, article: \"4\" }]
reason: { zh: 试验词, en: a word on trial }
fix: { zh: 删去, en: remove it }
severity: severe
terms: [萤光星河]
tests: [{ title: 新款萤光星河, hit: true }, { title: 木质衣架, hit: false }]
";

#[tokio::test]
async fn a_rule_goes_from_shadow_by_its_cost_and_a_share_to_the_whole_shelf() {
    let shop = Shop::open().await;
    shop.merchant("m1", 1).await;
    shop.merchant("m2", 2).await;
    let lamp = shop.offer("m1", "A", "萤光星河氛围灯罩").await;
    let hanger = shop.offer("m1", "B", "木质衣架").await;
    let cloth = shop.offer("m2", "C", "萤光星河桌布").await;
    let (kernel, manager) = (&shop.kernel, manager());

    // In shadow it is looked at and costs nothing.
    let seen = shop.seen().await;
    let added = versions::add_row(kernel, &manager, &seen, "claims", RULE, "先试运行").await.unwrap();
    policies::activate(kernel, &manager, &added.id, &seen, "先试运行").await.unwrap();
    shop.settle().await;
    for listing in [&lamp, &hanger, &cloth] {
        assert!(shop.listing(&listing.id).await.state.is_on_sale());
    }

    // Its cost before it is switched on.
    let place = ("claims", "cn-claims-trial", "2024-01-01".parse().unwrap());
    let on = versions::save_mode(kernel, &manager, &added.id, place, Mode::On, "准备启用").await.unwrap();
    let begun = trial::start(kernel, &manager, &on.id).await.unwrap();
    shop.settle().await;
    let (done, merchants_hit, merchants_changed) = trial::read(kernel, &manager, &begun.id).await.unwrap();
    assert_eq!(done.state, TrialState::Finished);
    assert_eq!((done.done, done.cost.on_sale, done.cost.hit, done.cost.changed), (3, 3, 2, 2));
    assert_eq!((merchants_hit, merchants_changed), (2, 2));
    assert_eq!(done.cost.by_rule["cn-claims-trial"], 2);
    assert_eq!(done.cost.off_sale_minor["CNY"], 7980);
    let hits = trial::hits(kernel, &manager, &begun.id, true, &Paging::default()).await.unwrap();
    let touched: Vec<&str> = hits.rows.iter().map(|hit| hit.listing_id.as_str()).collect();
    assert!(touched.contains(&lamp.id.as_str()) && touched.contains(&cloth.id.as_str()) && hits.total == 2);
    for listing in [&lamp, &cloth] {
        assert!(shop.listing(&listing.id).await.state.is_on_sale(), "a trial changes no listing");
    }

    // At no share it acts on nothing; on, it acts on what the trial said.
    policies::set_mode(kernel, &manager, &added.id, place, Mode::Percentage(0), "零比例").await.unwrap();
    shop.settle().await;
    assert!(shop.listing(&lamp.id).await.state.is_on_sale());
    let seen = shop.seen().await;
    let active = policies::set_mode(kernel, &manager, &seen, place, Mode::On, "启用").await.unwrap();
    shop.settle().await;
    assert!(!shop.listing(&lamp.id).await.state.is_on_sale());
    assert!(!shop.listing(&cloth.id).await.state.is_on_sale());
    assert!(shop.listing(&hanger.id).await.state.is_on_sale());

    // The affected listings are listed with the act that judged them again.
    let rescreens = listings::rescreens(kernel, &manager).await.unwrap();
    let rescreen = rescreens.iter().find(|one| one.cause == active.act_id).expect("the activation began it");
    assert_eq!((rescreen.running, rescreen.changed, rescreen.taken_off), (false, 2, 2));
    let affected =
        policies::activation::affected(kernel, &manager, &active, Some(rescreen), &Paging::default()).await.unwrap();
    let mut ids: Vec<String> = affected.rows.iter().map(|one| one.act.subject.id.clone()).collect();
    ids.sort();
    ids.dedup();
    let mut expected = vec![lamp.id.clone(), cloth.id.clone()];
    expected.sort();
    assert_eq!(ids, expected);
    let row = catalogue::row(kernel, &manager, "cn", "cn-claims-trial", None).await.unwrap();
    assert_eq!(row.history.len(), 3, "shadow, share, on");
    assert_eq!(row.test_run.unwrap().passed, 2);
}

#[tokio::test]
async fn a_version_whose_inline_tests_fail_is_not_put_in_force() {
    let shop = Shop::open().await;
    let seen = shop.seen().await;
    let wrong = RULE.replace("title: 木质衣架, hit: false", "title: 木质衣架, hit: true");
    let kept = versions::add_row(&shop.kernel, &manager(), &seen, "claims", &wrong, "试").await.unwrap();
    let refused = policies::activate(&shop.kernel, &manager(), &kept.id, &seen, "x").await.unwrap_err();
    let problem = ground::Problem::from(refused);
    assert_eq!(problem.code.code, "policy_tests_fail");
    assert!(problem.faults[0].place.line.is_some());
    assert_eq!(shop.seen().await, seen);
}
