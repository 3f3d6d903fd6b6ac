//! A kernel becomes a server: routes, navigation, sign-in, jobs.

use crate::navigation::Navigation;
use crate::{Config, loops};
use anyhow::{Context, Result};
use axum::Router;
use kernel::{Job, Kernel, outbox};
use ledger::Ledger;
use std::sync::Arc;
use std::time::Duration;
use ui::Catalogs;
use web::{RouteRow, Routes, Settings, Site};

/// The assembled product.
pub struct Application {
    /// What every public function receives.
    pub kernel: Kernel,
    /// The ledger this process writes.
    pub ledger: Ledger,
    /// Every route behind the gate.
    pub router: Router,
    /// The route × access table.
    pub table: Vec<RouteRow>,
    /// Every timer and queue, the sequencer and the loops included.
    pub jobs: Vec<Job>,
    /// State of the router.
    pub site: Site,
}

/// Everything the product answers to, with its access.
pub fn routes(
    ledger: &Ledger,
    providers: accounts::oidc::Providers,
    clock: Option<crate::demonstration::ClockControl>,
    player: Option<crate::demonstration::Player>,
    scans: scans::Settings,
) -> Routes {
    let routes = Routes::default()
        .merge(accounts::routes_with(providers))
        .merge(merchants::routes())
        .merge(listings::routes())
        .merge(review::routes())
        .merge(policies::routes())
        .merge(trace::routes())
        .merge(events::routes())
        .merge(reports::routes())
        .merge(recalls::routes())
        .merge(scans::routes(ledger.view().clone(), scans))
        .merge(signals::routes())
        .merge(alerts::routes())
        .merge(risk::routes())
        .merge(ratings::routes())
        .merge(insight::routes())
        .merge(proofs::routes(ledger.view().clone()))
        .merge(crate::home::routes());
    match clock {
        Some(control) => routes.merge(crate::demonstration::routes(control, player)),
        None => routes,
    }
}

/// Puts the product together. Nothing runs yet: [`Application::start`] does that, tests call the jobs themselves.
///
/// # Errors
/// When the catalogs do not join or the store cannot be read.
pub async fn assemble(kernel: Kernel, ledger: Ledger, settings: Settings, parts: Parts) -> Result<Application> {
    let catalogs = Arc::new(Catalogs::new(&crate::catalogs()).context("texts")?);
    let outbound = web::outbound::Client::new(&settings).context("outbound client")?;
    let outside = proofs::outside_client(&settings, ledger.view().witnesses(), &parts.anchors);
    let outside = outside.context("witnesses and anchors")?;
    let site = Site::new(kernel.clone(), catalogs, settings, Arc::new(accounts::Authenticator), Arc::new(Navigation))
        .await
        .map_err(anyhow::Error::new)?;
    let home = reports::Home::new(&site.settings().base_url, outbound.clone());
    let mut jobs = jobs(&ledger, &outbound, &parts, home);
    jobs.extend(proofs::jobs(&ledger, &outside, &parts.anchors).map_err(anyhow::Error::msg)?);
    let routes = routes(&ledger, parts.providers, parts.clock, parts.player, parts.scans);
    let mut table = routes.table().to_vec();
    table.extend(Routes::of_web().table().iter().cloned());
    let router = routes.into_router(site.clone());
    Ok(Application { kernel, ledger, router, table, jobs, site })
}

/// What the settings add to the wiring.
#[derive(Clone, Default)]
pub struct Parts {
    /// The register adapter of merchants; none: people confirm by hand.
    pub register: Option<merchants::register::Settings>,
    /// Who else signs people in.
    pub providers: accounts::oidc::Providers,
    /// Where the ledger's trees are kept besides.
    pub anchors: proofs::anchors::AnchorSettings,
    /// The clock of a demonstration.
    pub clock: Option<crate::demonstration::ClockControl>,
    /// Who plays the days of a demonstration.
    pub player: Option<crate::demonstration::Player>,
    /// How the resolver stands in its network.
    pub scans: scans::Settings,
}

impl Parts {
    /// What the settings say.
    ///
    /// # Errors
    /// When a secret's file cannot be read.
    pub fn from_config(config: &Config, clock: Option<crate::demonstration::ClockControl>) -> Result<Parts> {
        let country = Some(config.resolver.country_header.clone()).filter(|name| !name.is_empty());
        let scans = scans::Settings { country_header: country };
        Ok(Parts {
            register: config.register()?,
            providers: config.providers()?,
            anchors: config.anchors()?,
            clock,
            player: None,
            scans,
        })
    }
}

fn jobs(ledger: &Ledger, outbound: &web::outbound::Client, parts: &Parts, home: reports::Home) -> Vec<Job> {
    let mut jobs =
        vec![
            ledger.job(),
            Job::new("loops", Duration::from_secs(1), |kernel| async move {
                outbox::react(&kernel, &loops::reactions()).await
            }),
        ];
    jobs.extend(web::jobs(outbound.clone()));
    jobs.extend(accounts::jobs());
    jobs.extend(merchants::jobs(outbound.clone(), parts.register.clone()));
    jobs.extend(listings::jobs());
    jobs.extend(review::jobs());
    jobs.extend(policies::jobs());
    jobs.extend(events::jobs(outbound.clone()));
    jobs.extend(reports::jobs(home));
    jobs.extend(recalls::jobs());
    jobs.extend(scans::jobs());
    jobs.extend(signals::jobs());
    jobs.extend(alerts::jobs());
    jobs.extend(risk::jobs());
    jobs.extend(ratings::jobs());
    jobs.extend(insight::jobs());
    jobs.extend(parts.clock.iter().map(crate::demonstration::ClockControl::job));
    jobs.extend(parts.player.iter().map(crate::demonstration::Player::job));
    jobs
}

impl Application {
    /// Starts every job in the background.
    pub fn start(&self) {
        for job in self.jobs.clone() {
            tokio::spawn(job.run_forever(self.kernel.clone()));
        }
    }
}
