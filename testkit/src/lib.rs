//! The application under test: the whole product on an empty temporary folder, with a fake clock and repeatable chance.
//!
//! Reading order: [`App`]; [`Client`] and [`Answer`] are the application's own.
//!
//! Nothing runs in the background: [`App::settle`] runs every job until none has anything to do, so tests never sleep.

pub use touchstone::client::{Answer, Client};

use anyhow::Result;
use ground::{FakeClock, SeededRng};
use kernel::{Kernel, Role, job};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use touchstone::{Application, Config, assemble};

/// The moment every test begins at: a Monday, noon in China.
pub const START: &str = "2026-03-02T04:00:00Z";
/// Rounds after which a product that still has work is broken.
const ROUNDS_MAX: usize = 400;

/// The product under test.
pub struct App {
    /// Everything, assembled.
    pub product: Application,
    /// Its time.
    pub clock: Arc<FakeClock>,
    /// Its settings.
    pub config: Config,
    folder: TempDir,
}

impl App {
    /// A product on an empty folder.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start() -> Result<App> {
        App::start_on(tempfile::tempdir()?, START).await
    }

    /// A product on a folder that was used before, at a moment.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_on(folder: TempDir, at: &str) -> Result<App> {
        let mut config = Config::load(Some(Path::new("/dev/null")), std::iter::empty())?;
        // Time stands still, so a limit by the minute would never open again.
        config.limits.requests_per_minute = 10_000_000;
        config.data.folder = folder.path().to_owned();
        let clock = Arc::new(FakeClock::at_rfc3339(at));
        let kernel = touchstone::open::open_with(&config, clock.clone(), Arc::new(SeededRng::new(20260302))).await?;
        // Jobs run when a test says so: the end of a day waits for nobody.
        let signals = signals::Settings { hold_seconds_max: 0, ..config.signals()? };
        signals::open(&kernel, signals).await?;
        let ledger = touchstone::open::open_ledger(&kernel, &config).await?;
        let settings = config.web(false);
        let product = assemble::assemble(kernel, ledger, settings, assemble::Parts::default()).await?;
        Ok(App { product, clock, config, folder })
    }

    /// Ends the product as a crash would: nothing is finished; gives the folder back.
    pub async fn kill(self) -> TempDir {
        self.product.ledger.log().close();
        signals::testing::kill(&self.product.kernel).await;
        self.product.kernel.db().clone().close().await;
        self.folder
    }

    /// What every public function receives.
    pub fn kernel(&self) -> &Kernel {
        &self.product.kernel
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs every job until nothing is left to do.
    ///
    /// # Errors
    /// The first problem of a job.
    pub async fn settle(&self) -> Result<()> {
        job::settle(self.kernel(), &self.product.jobs, ROUNDS_MAX).await.map_err(anyhow::Error::new)
    }

    /// Somebody who is signed in with a role. Merchants belong to an organisation of their own.
    ///
    /// # Errors
    /// When the person cannot be made.
    pub async fn signed_in(&self, role: Role, login: &str) -> Result<Client> {
        let cookie = accounts::testing::signed_in(self.kernel(), role, login)
            .await
            .map_err(|error| anyhow::Error::new(ground::Problem::from(error)))?;
        Client::signed_in(self.product.router.clone(), &cookie).await
    }

    /// Somebody who is not.
    pub fn visitor(&self) -> Client {
        Client::visitor(self.product.router.clone())
    }
}
