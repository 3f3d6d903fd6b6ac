//! Behaviour through the public door, with the shipped packs, a fake clock and real stores.

mod adapter;
mod enrolment;
mod http;
mod papers;
mod timers;

use crate::register::{Answer, Question, Record, Silent};
use crate::{
    Change, Company, Contacts, Merchant, NewFile, NewQualification, Qualification, Register, ReturnAddress, create,
    jobs_with,
};
use blobs::Blobs;
use bytes::Bytes;
use db::testing::TestDb;
use ground::{FakeClock, Language, SeededRng};
use jiff::tz::TimeZone;
use kernel::{Actor, ActorKind, Kernel, Role};
use std::sync::{Arc, Mutex};

/// A store, a clock and a kernel over them.
pub(super) struct Bench {
    pub kernel: Kernel,
    pub clock: Arc<FakeClock>,
    pub register: Arc<FakeRegister>,
    _folder: tempfile::TempDir,
    _db: TestDb,
}

pub(super) fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(crate::migrations());
    all.extend(web::migrations());
    all
}

impl Bench {
    pub async fn sqlite() -> Bench {
        Bench::over(db::testing::sqlite(migrations).await)
    }

    pub fn over(test: TestDb) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::at_rfc3339("2026-03-02T04:00:00Z"));
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let kernel = Kernel::new(
            test.db.clone(),
            Blobs::folder(folder.path()).unwrap(),
            clock.clone(),
            Arc::new(SeededRng::new(7)),
            policy::shipped(),
            zone,
        );
        Bench { kernel, clock, register: Arc::new(FakeRegister::default()), _folder: folder, _db: test }
    }

    /// Sets a parameter of the cn pack to another value.
    pub fn with_parameter(&self, name: &str, from: &str, to: &str) {
        let mut sources = policy::packs::shipped_sources().remove("cn").unwrap();
        let mut changed = false;
        for source in &mut sources {
            if let Some(at) = source.text.find(&format!("id: {name}\n")) {
                let (head, tail) = source.text.split_at(at);
                source.text = format!("{head}{}", tail.replacen(from, to, 1));
                changed = true;
            }
        }
        assert!(changed, "the pack has no parameter {name}");
        let pack = policy::Pack::from_sources("cn", &sources).unwrap();
        self.kernel.replace_packs(self.kernel.packs().replaced(Arc::new(pack)));
    }

    /// Lets every timer run until nothing is left to do; papers go to people.
    pub async fn settle(&self) {
        kernel::job::settle(&self.kernel, &jobs_with(None), 50).await.unwrap();
    }

    /// The same with a register.
    pub async fn settle_with_register(&self) {
        let register: Arc<dyn Register> = self.register.clone();
        kernel::job::settle(&self.kernel, &jobs_with(Some(register)), 50).await.unwrap();
    }

    /// The kinds of the acts about a merchant, oldest first.
    pub async fn acts(&self, id: &str) -> Vec<String> {
        let mut acts = kernel::store::history(&self.kernel, "merchant", id, 200).await.unwrap();
        acts.reverse();
        acts.into_iter().map(|act| act.kind).collect()
    }
}

/// A register that answers as the test says; at first it has everything as stated.
#[derive(Default)]
pub(super) struct FakeRegister {
    pub silent: Mutex<bool>,
    pub holder: Mutex<Option<String>>,
    pub asked: Mutex<Vec<String>>,
}

#[async_trait::async_trait]
impl Register for FakeRegister {
    async fn ask(&self, question: &Question) -> Result<Answer, Silent> {
        self.asked.lock().unwrap().push(question.kind.clone());
        if *self.silent.lock().unwrap() {
            return Err(Silent("connection refused".into()));
        }
        let holder = self.holder.lock().unwrap().clone().unwrap_or_else(|| question.holder.clone());
        Ok(Answer::Found(Record { holder: Some(holder), valid_until: None, in_force: Some(true) }))
    }
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

pub(super) fn reviewer() -> Actor {
    person("reviewer-1", Role::Reviewer, None)
}

pub(super) fn auditor() -> Actor {
    person("auditor-1", Role::Auditor, None)
}

pub(super) fn owner(organisation: &str) -> Actor {
    person("owner-1", Role::Merchant, Some(organisation))
}

/// A valid Unified Social Credit Code (GB 32100 over GB 11714) with this serial in the organisation code.
pub(super) fn uscc(serial: u32) -> String {
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

/// A food trading licence number with a right check digit (ISO 7064 MOD 11,10).
pub(super) fn food_licence(serial: u32) -> String {
    let body = format!("13301060{serial:05}");
    let mut p = 10;
    for digit in body.bytes().map(|b| u32::from(b - b'0')) {
        p = (p + digit) % 10;
        p = (if p == 0 { 10 } else { p }) * 2 % 11;
    }
    format!("JY{body}{}", (11 - p) % 10)
}

pub(super) const NAME: &str = "杭州清溪食品有限公司";

pub(super) fn company(serial: u32, name: &str) -> Company {
    Company {
        uscc: uscc(serial),
        legal_name: name.into(),
        shop_name: "清溪食品".into(),
        representative: format!("李四{serial}"),
        representative_id: String::new(),
        address: "浙江省杭州市西湖区文三路 1 号".into(),
    }
}

pub(super) fn contacts(serial: u32, name: &str) -> Contacts {
    Contacts {
        name: "王五".into(),
        phone: format!("1380013{serial:04}"),
        email: "shop@example.com".into(),
        bank_name: "中国工商银行".into(),
        bank_holder: name.into(),
        bank_account: format!("622202{serial:012}"),
        return_addresses: vec![ReturnAddress {
            name: "仓库".into(),
            phone: "057112345678".into(),
            address: "杭州市仓前路 2 号".into(),
        }],
        devices: vec![],
    }
}

pub(super) fn pdf() -> Option<NewFile> {
    Some(NewFile { name: "执照.pdf".into(), content: Bytes::from_static(b"%PDF-1.4 a licence") })
}

pub(super) fn business_licence(serial: u32, name: &str) -> NewQualification {
    NewQualification {
        kind: "business-licence".into(),
        number: uscc(serial),
        holder: name.into(),
        issuer: "杭州市市场监督管理局".into(),
        valid_from: "2020-01-01".into(),
        ..NewQualification::default()
    }
}

pub(super) fn food_trading_licence(serial: u32, name: &str) -> NewQualification {
    NewQualification {
        kind: "food-trading-licence".into(),
        number: food_licence(serial),
        holder: name.into(),
        issuer: "杭州市市场监督管理局".into(),
        valid_from: "2024-01-01".into(),
        valid_until: "2026-12-31".into(),
        ..NewQualification::default()
    }
}

/// A whole draft for snacks with both licences, ready to be handed in.
pub(super) async fn ready(bench: &Bench, organisation: &str, serial: u32, name: &str) -> Merchant {
    let actor = owner(organisation);
    let change = Change {
        company: Some(company(serial, name)),
        contacts: Some(contacts(serial, name)),
        categories: Some(vec!["food/snacks".into()]),
        complete: true,
    };
    let merchant = create(&bench.kernel, &actor, "cn", change).await.unwrap();
    for paper in [business_licence(serial, name), food_trading_licence(serial, name)] {
        crate::add_qualification(&bench.kernel, &actor, organisation, paper, pdf()).await.unwrap();
    }
    merchant
}

/// An enrolled merchant with both licences confirmed by hand.
pub(super) async fn enrolled(bench: &Bench, organisation: &str, serial: u32) -> Merchant {
    let merchant = ready(bench, organisation, serial, NAME).await;
    crate::submit(&bench.kernel, &owner(organisation), organisation, merchant.version).await.unwrap();
    bench.settle().await;
    let merchant = crate::get(&bench.kernel, &reviewer(), organisation).await.unwrap();
    let decision = crate::Decision { confirm_papers: true, ..crate::Decision::default() };
    crate::decide(&bench.kernel, &reviewer(), organisation, merchant.version, crate::Move::Enrol, decision)
        .await
        .unwrap()
}

pub(super) async fn paper_of(bench: &Bench, organisation: &str, kind: &str) -> Qualification {
    let all = crate::qualifications(&bench.kernel, &reviewer(), organisation).await.unwrap();
    all.into_iter().find(|q| q.kind == kind).unwrap()
}

/// The code of an error and the fields it names.
pub(super) fn said<T: std::fmt::Debug>(result: Result<T, crate::Error>) -> String {
    let problem = ground::Problem::from(result.unwrap_err());
    let fields: Vec<String> = problem.faults.iter().filter_map(|fault| fault.place.field.clone()).collect();
    format!("{} {}", problem.code.code, fields.join(" ")).trim().to_owned()
}
