//! Behaviour through the public door, with the shipped packs, a fake clock and real stores.

mod banks;
mod decisions;
mod imports;
mod policies;
mod shelf;
mod writing;

use crate::{Content, Image, Listing, New, State, VersionState};
use blobs::Blobs;
use db::testing::TestDb;
use ground::{FakeClock, SeededRng};
use jiff::tz::TimeZone;
use kernel::{Actor, Kernel, Role, outbox};
use merchants::Move;
use std::sync::Arc;

/// A store, a clock and a kernel over them.
pub(crate) struct Bench {
    pub kernel: Kernel,
    pub clock: Arc<FakeClock>,
    pub folder: tempfile::TempDir,
    pub kind: &'static str,
    _db: TestDb,
}

pub(crate) use crate::testing::migrations;

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
            outbox::react(&kernel, &crate::testing::reactions()).await
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
        crate::testing::merchant(&self.kernel, id, serial, categories).await;
        self.settle().await;
    }

    pub async fn food_licence(&self, id: &str, serial: u32, holder: &str, until: &str) -> merchants::Qualification {
        crate::testing::food_licence(&self.kernel, id, serial, holder, until).await
    }

    /// Writes and hands in a listing and lets it be screened.
    pub async fn offer(&self, merchant: &str, number: &str, content: Content) -> Listing {
        let listing = crate::testing::offer(&self.kernel, merchant, number, content).await;
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

pub(crate) use kernel::testing::{owner, person};

pub(crate) fn reviewer() -> Actor {
    person("reviewer-1", Role::Reviewer, None)
}

pub(crate) fn manager() -> Actor {
    person("manager-1", Role::Manager, None)
}

/// What a refused call said: its code and the fields it names.
pub(crate) fn said<T: std::fmt::Debug>(result: kernel::Result<T>) -> String {
    let problem = result.expect_err("a refusal");
    let fields: Vec<String> = problem.faults.iter().filter_map(|fault| fault.place.field.clone()).collect();
    format!("{} {}", problem.code.code, fields.join(" ")).trim().to_owned()
}

pub(crate) use crate::testing::honest;

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
