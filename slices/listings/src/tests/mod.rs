//! Behaviour through the public door, with the shipped packs, a fake clock and real stores.

mod banks;
mod decisions;
mod imports;
mod policies;
mod shelf;
mod writing;

use crate::{Content, Image, Listing, New, State, VersionState};
use blobs::Blobs;
use bytes::Bytes;
use db::testing::TestDb;
use ground::{FakeClock, Language, SeededRng};
use jiff::tz::TimeZone;
use kernel::{Actor, ActorKind, Kernel, Reaction, Role, outbox};
use merchants::{Change, Company, Contacts, Move, NewFile, NewQualification, ReturnAddress};
use std::sync::Arc;

/// A store, a clock and a kernel over them.
pub(crate) struct Bench {
    pub kernel: Kernel,
    pub clock: Arc<FakeClock>,
    pub folder: tempfile::TempDir,
    pub kind: &'static str,
    _db: TestDb,
}

pub(crate) fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(merchants::migrations());
    all.extend(crate::migrations());
    all
}

impl Bench {
    pub async fn sqlite() -> Bench {
        Bench::over(db::testing::sqlite(migrations).await)
    }

    pub async fn each() -> Vec<Bench> {
        db::testing::each(migrations).await.into_iter().map(Bench::over).collect()
    }

    pub fn over(test: TestDb) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::at_rfc3339("2026-03-02T04:00:00Z"));
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let blobs = Blobs::folder(&folder.path().join("blobs")).unwrap();
        let rng = Arc::new(SeededRng::new(11));
        let kernel = Kernel::new(test.db.clone(), blobs, clock.clone(), rng, policy::shipped(), zone);
        Bench { kernel, clock, folder, kind: test.kind, _db: test }
    }

    /// Lets every job and reaction run until nothing is left to do, and holds the first invariant of the slice.
    pub async fn settle(&self) {
        let mut jobs = crate::jobs();
        jobs.push(kernel::Job::new("loops", std::time::Duration::from_secs(1), |kernel| async move {
            outbox::react(&kernel, &reactions()).await
        }));
        jobs.extend(merchants::jobs_with(None));
        kernel::job::settle(&self.kernel, &jobs, 400).await.unwrap();
        assert_eq!(crate::unsound(&self.kernel, 10).await.unwrap(), Vec::<String>::new(), "{}", self.kind);
        self.every_shelf_has_its_act().await;
    }

    async fn every_shelf_has_its_act(&self) {
        let filter = crate::Filter::default();
        let page = crate::list(&self.kernel, &reviewer(), &filter, &kernel::Paging::new(1, 200)).await.unwrap();
        for listing in page.rows.iter().filter(|listing| listing.state.is_on_sale()) {
            let id = listing.on_sale_act_id.clone().expect("an act");
            let act = kernel::store::act(&self.kernel, &id).await.unwrap().expect("the act is there");
            assert!(["listing.listed", "listing.restored"].contains(&act.kind.as_str()));
            assert_eq!(act.public_text("version"), listing.on_sale_version_id.as_deref());
        }
    }

    /// The kinds of the acts about a listing, oldest first.
    pub async fn acts(&self, id: &str) -> Vec<String> {
        let mut acts = kernel::store::history(&self.kernel, "listing", id, 200).await.unwrap();
        acts.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        acts.into_iter().map(|act| act.kind).collect()
    }

    pub async fn listing(&self, id: &str) -> Listing {
        crate::get(&self.kernel, &reviewer(), id).await.unwrap()
    }

    /// An enrolled merchant for these categories, with a business licence (and a food licence where food is among them).
    pub async fn merchant(&self, id: &str, serial: u32, categories: &[&str]) {
        let (actor, name) = (owner(id), format!("杭州第{serial}百货有限公司"));
        let change = Change {
            company: Some(company(serial, &name)),
            contacts: Some(contacts(serial, &name)),
            categories: Some(categories.iter().map(|c| (*c).to_owned()).collect()),
            complete: true,
        };
        merchants::create(&self.kernel, &actor, "cn", change).await.unwrap();
        let licence = NewQualification {
            kind: "business-licence".into(),
            number: uscc(serial),
            holder: name.clone(),
            issuer: "杭州市市场监督管理局".into(),
            valid_from: "2020-01-01".into(),
            ..NewQualification::default()
        };
        let file = NewFile { name: "执照.pdf".into(), content: Bytes::from_static(b"%PDF-1.4 a licence") };
        merchants::add_qualification(&self.kernel, &actor, id, licence, Some(file)).await.unwrap();
        if categories.iter().any(|category| category.starts_with("food")) {
            self.food_licence(id, serial, &name, "2026-03-31").await;
        }
        let version = merchants::get(&self.kernel, &actor, id).await.unwrap().version;
        merchants::submit(&self.kernel, &actor, id, version).await.unwrap();
        self.settle().await;
        let version = merchants::get(&self.kernel, &reviewer(), id).await.unwrap().version;
        let decision = merchants::Decision { confirm_papers: true, ..merchants::Decision::default() };
        merchants::decide(&self.kernel, &reviewer(), id, version, Move::Enrol, decision).await.unwrap();
        self.settle().await;
    }

    pub async fn food_licence(&self, id: &str, serial: u32, holder: &str, until: &str) -> merchants::Qualification {
        let licence = NewQualification {
            kind: "food-trading-licence".into(),
            number: food_licence(serial),
            holder: holder.into(),
            issuer: "杭州市市场监督管理局".into(),
            valid_from: "2024-01-01".into(),
            valid_until: until.into(),
            ..NewQualification::default()
        };
        let file = NewFile { name: "许可证.pdf".into(), content: Bytes::from_static(b"%PDF-1.4 food") };
        merchants::add_qualification(&self.kernel, &owner(id), id, licence, Some(file)).await.unwrap()
    }

    /// Writes and hands in a listing and lets it be screened.
    pub async fn offer(&self, merchant: &str, number: &str, content: Content) -> Listing {
        let new = New {
            merchant_id: merchant.into(),
            market: "cn".into(),
            external_id: number.into(),
            content,
            source_at: None,
        };
        let listing = crate::create(&self.kernel, &owner(merchant), new).await.unwrap();
        crate::submit(&self.kernel, &owner(merchant), &listing.id, &listing.latest_version_id).await.unwrap();
        self.settle().await;
        self.listing(&listing.id).await
    }

    /// Writes and hands in a further version and lets it be screened.
    pub async fn change(&self, listing: &Listing, content: Content) -> Listing {
        let actor = owner(&listing.merchant_id);
        let version = crate::revise(&self.kernel, &actor, &listing.id, listing.latest_number, content).await.unwrap();
        crate::submit(&self.kernel, &actor, &listing.id, &version.id).await.unwrap();
        self.settle().await;
        self.listing(&listing.id).await
    }

    /// Keeps a picture whose content depends on the seed.
    pub async fn picture(&self, merchant: &str, seed: u32) -> Image {
        crate::keep_picture(&self.kernel, &owner(merchant), png(seed).into(), "picture.png").await.unwrap()
    }
}

/// The loops of the product that touch listings.
fn reactions() -> Vec<Reaction> {
    vec![
        Reaction::new("a", &["qualification.expired", "qualification.rejected"], crate::on_qualification_expired),
        Reaction::new("b", &["qualification.verified"], crate::on_qualification_verified),
        Reaction::new("c", &["merchant.suspended", "merchant.closed", "merchant.banned"], crate::on_merchant_stopped),
        Reaction::new("d", &["merchant.enrolled", "merchant.restored"], crate::on_merchant_returned),
        Reaction::new("e", &["policy.activated"], crate::on_policy_activated),
        Reaction::new("f", &["brand.expired", "brand.rejected", "brand.withdrawn"], crate::on_brand_lapsed),
    ]
}

pub(crate) fn person(id: &str, role: Role, organisation: Option<&str>) -> Actor {
    Actor {
        id: id.into(),
        name: "张三".into(),
        roles: [role].into(),
        organisation: organisation.map(str::to_owned),
        kind: ActorKind::Person { session: "s".into() },
        language: Language::Zh,
    }
}

pub(crate) fn reviewer() -> Actor {
    person("reviewer-1", Role::Reviewer, None)
}

pub(crate) fn manager() -> Actor {
    person("manager-1", Role::Manager, None)
}

pub(crate) fn owner(organisation: &str) -> Actor {
    person(&format!("owner-of-{organisation}"), Role::Merchant, Some(organisation))
}

/// What a refused call said: its code and the fields it names.
pub(crate) fn said<T: std::fmt::Debug>(result: kernel::Result<T>) -> String {
    let problem = result.expect_err("a refusal");
    let fields: Vec<String> = problem.faults.iter().filter_map(|fault| fault.place.field.clone()).collect();
    format!("{} {}", problem.code.code, fields.join(" ")).trim().to_owned()
}

/// Honest goods of a category that asks for no product documents.
pub(crate) fn honest(title: &str) -> Content {
    Content {
        title: title.into(),
        description: "日常家用，简洁实用。".into(),
        category: "daily/home".into(),
        price_minor: Some(3990),
        currency: "CNY".into(),
        ..Content::default()
    }
}

/// Goods that claim to be first in the country: Advertising Law, article 9.
pub(crate) fn boastful(title: &str) -> Content {
    Content { title: format!("{title} 国家级 全国第一"), ..honest(title) }
}

/// Goods of no medicine that claim to cure: refused without tolerance.
pub(crate) fn quack(title: &str) -> Content {
    Content {
        title: format!("{title} 根治糖尿病 治愈率100%"),
        description: "服用三个疗程，根治糖尿病、高血压，无效退款。".into(),
        category: "food/health-food".into(),
        ..honest(title)
    }
}

/// A small picture with structure: a checkerboard whose squares depend on the seed.
pub(crate) fn png(seed: u32) -> Vec<u8> {
    let side = 256u32;
    let mut picture = image::RgbImage::new(side, side);
    let mut state = u64::from(seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut cells = [[0u8; 8]; 8];
    for row in &mut cells {
        for cell in row.iter_mut() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *cell = (state >> 32) as u8;
        }
    }
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let value = cells[(y / 32) as usize][(x / 32) as usize];
        *pixel = image::Rgb([value, value.wrapping_add((x % 7) as u8), value]);
    }
    let mut out = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

fn company(serial: u32, name: &str) -> Company {
    Company {
        uscc: uscc(serial),
        legal_name: name.into(),
        shop_name: format!("百货{serial}"),
        representative: format!("李四{serial}"),
        representative_id: String::new(),
        address: "浙江省杭州市西湖区文三路 1 号".into(),
    }
}

fn contacts(serial: u32, name: &str) -> Contacts {
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

/// A valid Unified Social Credit Code (GB 32100 over GB 11714) with this serial in the organisation code.
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

/// A food trading licence number with a right check digit (ISO 7064 MOD 11,10).
fn food_licence(serial: u32) -> String {
    let body = format!("13301060{serial:05}");
    let mut p = 10;
    for digit in body.bytes().map(|b| u32::from(b - b'0')) {
        p = (p + digit) % 10;
        p = (if p == 0 { 10 } else { p }) * 2 % 11;
    }
    format!("JY{body}{}", (11 - p) % 10)
}
