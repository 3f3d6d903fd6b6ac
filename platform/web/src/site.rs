//! What every handler can reach: the kernel, the texts, the settings, who signs people in.

use crate::nav::Nav;
use crate::rate::Limits;
use crate::store;
use axum::http::HeaderMap;
use jiff::tz::TimeZone;
use kernel::{Actor, Kernel};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use ui::Catalogs;

/// How the web layer behaves. Every key stands in the configuration file of the product.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address people use, without a slash at the end: `https://quality.example`.
    pub base_url: String,
    /// Shows the banner that says the data is made up.
    pub demonstration: bool,
    /// Cookies carry `Secure`, and browsers are told to use HTTPS only. On wherever people come over HTTPS.
    pub cookie_secure: bool,
    /// Peers whose `X-Forwarded-For` is believed: addresses or networks (`10.0.0.0/8`).
    pub proxies: Vec<String>,
    /// Requests a minute from one network address (IPv6: from one /64).
    pub address_requests_per_minute: u32,
    /// Requests a minute from one signed-in person or token.
    pub actor_requests_per_minute: u32,
    /// Longest time a request may take, seconds; uploads have [`Settings::upload_seconds_max`].
    pub request_seconds_max: u64,
    /// Longest time an upload or import may take, seconds.
    pub upload_seconds_max: u64,
    /// Where uploads stand while they are received; the system's folder when `None`.
    pub temporary_folder: Option<PathBuf>,
    /// Outgoing addresses that are called although they are private: `127.0.0.1:9000`, `10.1.0.0/16`, `register.example`.
    pub outbound_allow: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            base_url: "http://127.0.0.1:8080".to_owned(),
            demonstration: false,
            cookie_secure: false,
            proxies: Vec::new(),
            address_requests_per_minute: 1200,
            actor_requests_per_minute: 2400,
            request_seconds_max: 60,
            upload_seconds_max: 1800,
            temporary_folder: None,
            outbound_allow: Vec::new(),
        }
    }
}

/// A session that is in force.
#[derive(Debug, Clone)]
pub struct SignedSession {
    /// Who is signed in.
    pub actor: Actor,
    /// Secret of this session from which its CSRF mark is made; never sent.
    pub csrf_secret: Vec<u8>,
    /// The zone in which this person reads times.
    pub zone: TimeZone,
    /// How the person's organisation is called; `None` for staff.
    pub organisation_name: Option<String>,
    /// What this person has to do before anything else is open to them.
    pub owed: Option<Owed>,
}

/// Something a signed-in person has to do first: whatever is refused to them meanwhile leads there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owed {
    /// Path of the page where it is done.
    pub page: &'static str,
    /// Fluent id of the sentence that says so.
    pub message: &'static str,
}

/// Who signs people in: `accounts` implements it, the application wires it.
#[async_trait::async_trait]
pub trait Authenticator: Send + Sync {
    /// The session of a cookie's token; `None` when unknown, expired or revoked.
    async fn session(&self, kernel: &Kernel, token: &str) -> kernel::Result<Option<SignedSession>>;
    /// The actor of an API token; `None` when unknown, expired or revoked.
    async fn bearer(&self, kernel: &Kernel, token: &str) -> kernel::Result<Option<Actor>>;
}

/// The state of the router. Cheap to clone.
#[derive(Clone)]
pub struct Site(Arc<Parts>);

struct Parts {
    kernel: Kernel,
    catalogs: Arc<Catalogs>,
    settings: Settings,
    proxies: Vec<crate::outbound::Network>,
    authenticator: Arc<dyn Authenticator>,
    nav: Arc<dyn Nav>,
    secret: [u8; 32],
    limits: Limits,
    outbound: crate::outbound::Client,
}

impl Site {
    /// Puts the parts together. The secret that signs flash messages and the marks of signed-out forms is made at the first
    /// start and kept in the store, so that all processes share it.
    ///
    /// # Errors
    /// What the store says; `internal` for a proxy setting that is no address or network.
    pub async fn new(
        kernel: Kernel,
        catalogs: Arc<Catalogs>,
        settings: Settings,
        authenticator: Arc<dyn Authenticator>,
        nav: Arc<dyn Nav>,
    ) -> kernel::Result<Site> {
        let secret = store::secret(&kernel).await?;
        let proxies = settings
            .proxies
            .iter()
            .map(|text| {
                crate::outbound::Network::parse(text).ok_or_else(|| {
                    ground::Problem::internal(format!(
                        "the proxy setting {text:?} is no address or network such as 10.0.0.0/8"
                    ))
                })
            })
            .collect::<kernel::Result<_>>()?;
        let outbound = crate::outbound::Client::new(&settings)?;
        let limits = Limits::new(settings.address_requests_per_minute, settings.actor_requests_per_minute);
        Ok(Site(Arc::new(Parts { kernel, catalogs, settings, proxies, authenticator, nav, secret, limits, outbound })))
    }

    /// What every public function of a slice receives.
    pub fn kernel(&self) -> &Kernel {
        &self.0.kernel
    }

    /// The texts.
    pub fn catalogs(&self) -> &Arc<Catalogs> {
        &self.0.catalogs
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Who signs people in.
    pub fn authenticator(&self) -> &dyn Authenticator {
        self.0.authenticator.as_ref()
    }

    /// The navigation.
    pub fn nav(&self) -> &dyn Nav {
        self.0.nav.as_ref()
    }

    /// The one way to call other hosts.
    pub fn outbound(&self) -> &crate::outbound::Client {
        &self.0.outbound
    }

    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.0.secret
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The network address a request comes from. `X-Forwarded-For` is read from the right, past the configured proxies
    /// only: what a stranger writes there is not believed.
    pub fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let trusted = |address: &IpAddr| self.0.proxies.iter().any(|network| network.contains(*address));
        let mut address = peer.to_canonical();
        if !trusted(&address) {
            return address;
        }
        let named: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        for part in named.into_iter().rev().take(FORWARDED_MAX) {
            let Ok(next) = part.trim().parse::<IpAddr>() else { break };
            address = next.to_canonical();
            if !trusted(&address) {
                break;
            }
        }
        address
    }
}

/// Most proxies looked past.
const FORWARDED_MAX: usize = 16;
