//! A kernel for tests of slices: a fresh store, a folder of files, a clock that moves when told, chance with a seed, the
//! shipped policy packs; and the people who act.

use crate::{Actor, ActorKind, Job, Kernel, Reaction, Role, job, outbox};
use blobs::Blobs;
use db::Migrations;
use db::testing::TestDb;
use ground::{FakeClock, Language, SeededRng};
use jiff::tz::TimeZone;
use std::sync::Arc;

/// When every bench begins: a Monday noon in Shanghai, in UTC.
pub const START: &str = "2026-03-02T04:00:00Z";

/// A store, a clock and a kernel over them. All of it goes away with this value.
pub struct Bench {
    /// What public functions receive.
    pub kernel: Kernel,
    /// Moves when told.
    pub clock: Arc<FakeClock>,
    /// Files and whatever a test wants to write.
    pub folder: tempfile::TempDir,
    /// `sqlite`, `postgres` or `mysql`, for the message of a failing assertion.
    pub kind: &'static str,
    _db: TestDb,
}

impl Bench {
    /// Over a fresh SQLite store.
    pub async fn sqlite(migrations: impl Fn() -> Migrations + Send + Sync) -> Bench {
        Bench::over(db::testing::sqlite(migrations).await)
    }

    /// One over every kind of store there is.
    pub async fn each(migrations: impl Fn() -> Migrations + Send + Sync + Copy) -> Vec<Bench> {
        db::testing::each(migrations).await.into_iter().map(Bench::over).collect()
    }

    /// Over this store.
    ///
    /// # Panics
    /// When there is no temporary folder.
    pub fn over(test: TestDb) -> Bench {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = Arc::new(FakeClock::at_rfc3339(START));
        let zone = TimeZone::get("Asia/Shanghai").expect("the bundled zones");
        let blobs = Blobs::folder(&folder.path().join("blobs")).expect("a folder for files");
        let rng = Arc::new(SeededRng::new(11));
        let kernel = Kernel::new(test.db.clone(), blobs, clock.clone(), rng, policy::shipped(), zone);
        kernel.use_master_key(&crate::sealed::MasterKey::new([5; 32]));
        Bench { kernel, clock, folder, kind: test.kind, _db: test }
    }

    /// Lets these jobs and reactions run until nothing is left to do.
    ///
    /// # Panics
    /// When a job fails or they do not settle in 400 rounds.
    pub async fn settle(&self, jobs: Vec<Job>, reactions: impl Fn() -> Vec<Reaction> + Send + Sync + Copy + 'static) {
        let mut jobs = jobs;
        let every_second = std::time::Duration::from_secs(1);
        jobs.push(Job::new("loops", every_second, move |kernel| async move {
            let reactions = reactions();
            outbox::react(&kernel, &reactions).await
        }));
        job::settle(&self.kernel, &jobs, 400).await.expect("the jobs settle");
    }

    /// The kinds of the acts about a thing, oldest first.
    ///
    /// # Panics
    /// When the store cannot be read.
    pub async fn acts(&self, subject_kind: &str, id: &str) -> Vec<String> {
        let mut acts = crate::store::history(&self.kernel, subject_kind, id, 200).await.expect("the acts");
        acts.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        acts.into_iter().map(|act| act.kind).collect()
    }

    /// The acts of a kind, oldest first.
    ///
    /// # Panics
    /// When the store cannot be read.
    pub async fn acts_of_kind(&self, kind: &str) -> Vec<crate::ActRecord> {
        let filter = crate::store::ActFilter { kind: Some(kind.to_owned()), ..crate::store::ActFilter::default() };
        let page = crate::store::acts(&self.kernel, &filter, &crate::Paging::new(1, 200)).await.expect("the acts");
        let mut rows = page.rows;
        rows.sort_by(|a, b| a.id.cmp(&b.id));
        rows
    }
}

/// A signed-in person.
pub fn person(id: &str, role: Role, organisation: Option<&str>) -> Actor {
    Actor {
        id: id.into(),
        name: "张三".into(),
        roles: [role].into(),
        organisation: organisation.map(str::to_owned),
        kind: ActorKind::Person { session: "s".into() },
        language: Language::Zh,
    }
}

/// Somebody of the operator's staff with this role.
pub fn staff(role: Role) -> Actor {
    person(&format!("{}-1", role.name()), role, None)
}

/// The owner of a merchant.
pub fn owner(merchant: &str) -> Actor {
    person(&format!("owner-of-{merchant}"), Role::Merchant, Some(merchant))
}

/// What a refused call said: its code and the fields it names.
///
/// # Panics
/// When the call was not refused.
pub fn said<T: std::fmt::Debug>(result: crate::Result<T>) -> String {
    let problem = result.expect_err("a refusal");
    let fields: Vec<String> = problem.faults.iter().filter_map(|fault| fault.place.field.clone()).collect();
    std::iter::once(problem.code.code.to_owned()).chain(fields).collect::<Vec<_>>().join(" ")
}
