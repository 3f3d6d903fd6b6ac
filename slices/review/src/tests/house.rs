//! What the tests stand in: a kernel on a test database, a clock that is moved by hand, and a shelf that remembers what it
//! was told.

use crate::decide::{self, Judgement};
use crate::listing_view::{Ruling, Shelf, Shown};
use crate::model::{Decision, Evidence, Item, MerchantFacts, Verdict};
use crate::queue;
use blobs::Blobs;
use db::testing::TestDb;
use ground::{Bilingual, FakeClock, Language, Problem, SeededRng, Timestamp};
use jiff::tz::TimeZone;
use kernel::{Act, ActRecord, Actor, ActorKind, Kernel, Result, Role, Write};
use listings::VersionState;
use screening::{Check, Finding, Severity};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// A version on the tests' shelf.
pub(super) type Placed = (Evidence, VersionState);
/// What the shelf was told: version, expected state, verdict, reasons.
pub(super) type Told = (String, VersionState, Verdict, Vec<String>);

#[derive(Default)]
pub(super) struct TestShelf {
    pub(super) versions: Mutex<HashMap<String, Placed>>,
    pub(super) told: Mutex<Vec<Told>>,
    /// The merchant withdraws between the reviewer's reading and the listing's hearing.
    pub(super) withdraws_when_told: std::sync::atomic::AtomicBool,
}

#[async_trait::async_trait]
impl Shelf for TestShelf {
    async fn version(&self, _kernel: &Kernel, version_id: &str) -> Result<Option<Shown>> {
        let there = self.versions.lock().unwrap().get(version_id).cloned();
        Ok(there.map(|(evidence, state)| Shown { evidence, state }))
    }

    async fn decide_in(&self, _kernel: &Kernel, write: &mut Write, ruling: &Ruling<'_>) -> Result<()> {
        let listing = {
            let mut versions = self.versions.lock().unwrap();
            let (evidence, state) = versions.get_mut(ruling.version_id).ok_or_else(Problem::not_found)?;
            if self.withdraws_when_told.load(std::sync::atomic::Ordering::SeqCst) {
                *state = VersionState::Superseded;
            }
            if *state != ruling.expected {
                return Err(listings::Error::Stale.into());
            }
            *state = match ruling.verdict {
                Verdict::Approve => VersionState::Passed,
                Verdict::Reject => VersionState::Rejected,
            };
            evidence.listing_id.clone()
        };
        self.told.lock().unwrap().push((
            ruling.version_id.to_owned(),
            ruling.expected,
            ruling.verdict,
            ruling.reasons.to_vec(),
        ));
        write.act(Act::new(&format!("listing.{}d", ruling.verdict.name()), "listing", &listing)).await?;
        Ok(())
    }
}

pub(super) struct House {
    pub(super) kernel: Kernel,
    pub(super) clock: Arc<FakeClock>,
    pub(super) shelf: Arc<TestShelf>,
    pub(super) kind: &'static str,
    _db: TestDb,
    _folder: tempfile::TempDir,
}

fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(crate::migrations());
    all
}

/// The shipped packs with some working parameters set to other values.
fn packs(changes: &[(&str, &str)]) -> policy::Packs {
    let shipped = policy::shipped();
    if changes.is_empty() {
        return shipped;
    }
    let mut sources = policy::packs::shipped_sources().remove("cn").unwrap();
    for source in &mut sources {
        for (name, value) in changes {
            let Some(at) = source.text.find(&format!("- id: {name}\n")) else { continue };
            let from = at + source.text[at..].find("value: ").unwrap() + "value: ".len();
            let to = from + source.text[from..].find('\n').unwrap();
            source.text = format!("{}{value}{}", &source.text[..from], &source.text[to..]);
        }
    }
    shipped.replaced(Arc::new(policy::Pack::from_sources("cn", &sources).unwrap()))
}

impl House {
    /// A house on every store there is.
    pub(super) async fn each(changes: &[(&str, &str)]) -> Vec<House> {
        let all = db::testing::each(migrations).await;
        all.into_iter().map(|db| House::on(db, changes)).collect()
    }

    /// A house on SQLite.
    pub(super) async fn new(changes: &[(&str, &str)]) -> House {
        House::on(db::testing::sqlite(migrations).await, changes)
    }

    fn on(test: TestDb, changes: &[(&str, &str)]) -> House {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::at_rfc3339("2026-11-02T01:00:00Z"));
        let kernel = Kernel::new(
            test.db.clone(),
            Blobs::folder(folder.path()).unwrap(),
            clock.clone(),
            Arc::new(SeededRng::new(7)),
            packs(changes),
            TimeZone::get("Asia/Shanghai").unwrap(),
        );
        House { kernel, clock, shelf: Arc::default(), kind: test.kind, _db: test, _folder: folder }
    }

    /// Puts a version under review and tells the queue. Its id is `version-N` of `listing-N`.
    pub(super) async fn request(&self, number: u32) -> Item {
        let version = self.place(number, VersionState::InReview);
        self.ask(&version, false).await;
        self.item_of(&version).await
    }

    /// Puts a version on the shelf of the tests.
    pub(super) fn place(&self, number: u32, state: VersionState) -> String {
        let version = format!("0199f3a0-0000-7000-8000-{number:012}");
        let evidence = evidence(&version, number);
        self.shelf.versions.lock().unwrap().insert(version.clone(), (evidence, state));
        version
    }

    pub(super) async fn ask(&self, version: &str, again: bool) -> ActRecord {
        let listing = self.shelf.versions.lock().unwrap()[version].0.listing_id.clone();
        let act = self
            .write(
                Act::new("listing.review_requested", "listing", &listing)
                    .public("version", version)
                    .public("again", again),
            )
            .await;
        queue::request(self.shelf.as_ref(), &self.kernel, &act).await.unwrap();
        act
    }

    /// Writes an act as another duty would.
    pub(super) async fn write(&self, act: Act) -> ActRecord {
        let mut write = self.kernel.begin(&Actor::system("test")).await.unwrap();
        write.act(act).await.unwrap();
        write.commit().await.unwrap().remove(0)
    }

    /// The newest item about a version.
    pub(super) async fn item_of(&self, version: &str) -> Item {
        self.items()
            .await
            .into_iter()
            .filter(|item| item.version_id == version)
            .max_by_key(|item| item.id.clone())
            .unwrap()
    }

    /// Every item a manager sees.
    pub(super) async fn items(&self) -> Vec<Item> {
        let manager = person("overseer", &[Role::Manager]);
        queue::list(&self.kernel, &manager, &queue::Filter::default(), &kernel::Paging::new(1, 200)).await.unwrap().rows
    }

    pub(super) async fn decide(&self, actor: &Actor, item: &Item, verdict: Verdict) -> Result<Decision> {
        self.hand_in(actor, item, &judgement(item, verdict)).await
    }

    pub(super) async fn hand_in(&self, actor: &Actor, item: &Item, judgement: &Judgement) -> Result<Decision> {
        decide::decide_with(self.shelf.as_ref(), &self.kernel, actor, &item.id, judgement).await
    }

    pub(super) fn told(&self) -> Vec<Told> {
        self.shelf.told.lock().unwrap().clone()
    }

    pub(super) async fn acts(&self, kind: &str) -> Vec<ActRecord> {
        let filter = kernel::store::ActFilter { kind: Some(kind.to_owned()), ..Default::default() };
        kernel::store::acts(&self.kernel, &filter, &kernel::Paging::new(1, 200)).await.unwrap().rows
    }
}

/// A decision with the reason that fits.
pub(super) fn judgement(item: &Item, verdict: Verdict) -> Judgement {
    let reason = match verdict {
        Verdict::Approve => "approve-wording-lawful",
        Verdict::Reject => "cn-test-absolute",
    };
    Judgement {
        claim_id: item.claim_id.clone().unwrap_or_default(),
        version_id: item.version_id.clone(),
        verdict,
        reasons: vec![reason.to_owned()],
        note: String::new(),
    }
}

pub(super) fn person(id: &str, roles: &[Role]) -> Actor {
    Actor {
        id: id.to_owned(),
        name: format!("{id} 先生"),
        roles: roles.iter().copied().collect(),
        organisation: None,
        kind: ActorKind::Person { session: "s".into() },
        language: Language::Zh,
    }
}

pub(super) fn reviewer(id: &str) -> Actor {
    person(id, &[Role::Reviewer])
}

/// What a version about home goods says, with one major finding in its title.
pub(super) fn evidence(version: &str, number: u32) -> Evidence {
    let mut finding = Finding::new(
        Check::Claims,
        "cn-test-absolute",
        Severity::Major,
        "title",
        Bilingual::new("使用绝对化用语", "An absolute claim"),
    );
    (finding.start, finding.end, finding.text) = (Some(0), Some(2), "最好".to_owned());
    finding.fix = Some(Bilingual::new("删去“最好”", "Remove it"));
    Evidence {
        version_id: version.to_owned(),
        listing_id: format!("listing-{number}"),
        external_id: format!("SKU-{number}"),
        number: 1,
        market: "cn".to_owned(),
        merchant: MerchantFacts {
            id: format!("merchant-{number}"),
            name: format!("商家{number}"),
            approved: 0,
            rejected: 0,
        },
        title: format!("最好的水壶 {number} 号"),
        description: "全国<b>第一</b>".to_owned(),
        category: "home/kitchen".to_owned(),
        currency: "CNY".to_owned(),
        price_minor: Some(9_900),
        findings: vec![finding],
        ..Evidence::default()
    }
}

/// The code of a refusal.
pub(super) fn code<T>(result: Result<T>) -> &'static str {
    result.err().map_or("done", |problem| {
        if problem.code.status >= 500 {
            eprintln!("{problem}");
        }
        problem.code.code
    })
}

pub(super) fn minutes(minutes: i64) -> i64 {
    minutes * ground::time::MINUTE_MICROS
}

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}
