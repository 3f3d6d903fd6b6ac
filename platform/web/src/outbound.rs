//! Calls to other hosts. The address is chosen by people outside (webhooks, register adapters, sign-in providers), so it
//! must never lead into our own network.
//!
//! What a name resolves to is checked, and exactly the checked address is connected to: a name that changes its mind in
//! between gains nothing. No redirects are followed, no proxy of the environment is used, time and size are limited.

use crate::codes::{ADDRESS_REFUSED, PEER_FAILED};
use bytes::Bytes;
use ground::Problem;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::HeaderMap;
use reqwest::{Method, Url};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Once};
use std::time::Duration;

/// Longest time a call may take, from name to last byte, seconds.
pub const CALL_SECONDS_MAX: u64 = 20;
/// Largest answer read, bytes.
pub const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// Longest address, bytes.
pub const URL_BYTES_MAX: usize = 2000;

/// Why a call was not made or gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is not one that may be called; the text says why.
    #[error("the address is refused: {0}")]
    Refused(String),
    /// No answer in time, a broken connection, a certificate that does not fit.
    #[error("no answer: {0}")]
    Failed(String),
    /// The answer is larger than the caller reads; [`ANSWER_BYTES_MAX`] unless said otherwise.
    #[error("the answer is larger than {bytes_max} bytes")]
    TooLarge {
        /// Most bytes read.
        bytes_max: usize,
    },
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match &error {
            Error::Refused(_) => Problem::new(&ADDRESS_REFUSED).because(error),
            Error::Failed(_) | Error::TooLarge { .. } => Problem::new(&PEER_FAILED).because(error),
        }
    }
}

/// Turns names into addresses. Tests put their own in place of the system's.
#[async_trait::async_trait]
pub trait Resolver: Send + Sync {
    /// The addresses of a host name.
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// The system's resolver.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemResolver;

#[async_trait::async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|found| found.ip()).collect())
    }
}

/// An address or a network, `192.0.2.1` or `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads an address or a network; `None` when it is neither.
    pub fn parse(text: &str) -> Option<Network> {
        let (address, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(a, b)| (a, Some(b)));
        let base: IpAddr = address.parse().ok()?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok())?;
        (bits <= most).then_some(Network { base, bits })
    }

    /// Whether an address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                u32::from(base) & mask == u32::from(address) & mask
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                u128::from(base) & mask == u128::from(address) & mask
            }
            _ => false,
        }
    }
}

/// Whether an address is one of the public internet's. Follows the special-purpose registries of IANA (RFC 6890 and its
/// successors): everything that is not globally reachable is refused, and so is every form that hides an IPv4 address.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    const REFUSED: [(u32, u32); 16] = [
        (0x0000_0000, 8),  // this network
        (0x0A00_0000, 8),  // private
        (0x6440_0000, 10), // carrier-grade NAT
        (0x7F00_0000, 8),  // loopback
        (0xA9FE_0000, 16), // link-local, cloud metadata
        (0xAC10_0000, 12), // private
        (0xC000_0000, 24), // protocol assignments
        (0xC000_0200, 24), // documentation
        (0xC058_6300, 24), // 6to4 relay
        (0xC0A8_0000, 16), // private
        (0xC612_0000, 15), // benchmarking
        (0xC633_6400, 24), // documentation
        (0xCB00_7100, 24), // documentation
        (0xE000_0000, 4),  // multicast
        (0xF000_0000, 4),  // reserved, broadcast
        (0xA83F_8110, 32), // a cloud's host agent at 168.63.129.16
    ];
    let value = u32::from(address);
    !REFUSED.iter().any(|(base, bits)| value & (u32::MAX << (32 - bits)) == *base)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Forms that hide an IPv4 address (::ffff:a.b.c.d, ::a.b.c.d, 64:ff9b::/96) lie outside of 2000::/3.
    let [first, second, ..] = address.segments();
    // Only 2000::/3 is globally reachable; inside it some blocks are not, or carry an IPv4 address.
    let global = first & 0xE000 == 0x2000;
    let special = match first {
        0x2001 => second < 0x0200 || second == 0x0DB8, // protocol assignments, Teredo; documentation
        0x2002 => true,                                // 6to4
        0x3FFF => second < 0x1000,                     // documentation
        _ => false,
    };
    global && !special
}

/// What may be called although it is not public.
#[derive(Debug, Clone, Default)]
struct Allowed {
    entries: Vec<(AllowedHost, Option<u16>)>,
}

#[derive(Debug, Clone)]
enum AllowedHost {
    Network(Network),
    Name(String),
}

impl Allowed {
    fn parse(texts: &[String]) -> Allowed {
        let entries = texts.iter().map(|text| {
            let text = text.trim();
            if let Some(network) = Network::parse(text) {
                return (AllowedHost::Network(network), None);
            }
            if let Ok(socket) = text.parse::<SocketAddr>() {
                let bits = if socket.is_ipv4() { 32 } else { 128 };
                return (AllowedHost::Network(Network { base: socket.ip(), bits }), Some(socket.port()));
            }
            match text.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>())) {
                Some((host, Ok(port))) => (AllowedHost::Name(host.to_ascii_lowercase()), Some(port)),
                _ => (AllowedHost::Name(text.to_ascii_lowercase()), None),
            }
        });
        Allowed { entries: entries.collect() }
    }

    /// Whether the address may be called, by itself or by the name it was reached under. `port` is `None` while a name is
    /// resolved: the port was compared with the name before.
    fn admits(&self, host: &str, address: IpAddr, port: Option<u16>) -> bool {
        self.entries.iter().any(|(allowed, only)| {
            let port_fits = only.is_none() || port.is_none() || *only == port;
            port_fits
                && match allowed {
                    AllowedHost::Network(network) => network.contains(address),
                    AllowedHost::Name(name) => name == host,
                }
        })
    }

    /// Whether the host is named at all, so that plain HTTP may be used.
    fn names(&self, host: &str, port: u16) -> bool {
        let literal = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        self.entries.iter().any(|(allowed, only)| {
            only.is_none_or(|only| only == port)
                && match allowed {
                    AllowedHost::Network(network) => literal.is_some_and(|address| network.contains(address)),
                    AllowedHost::Name(name) => name == host,
                }
        })
    }
}

/// The resolver reqwest connects by: what it returns has been checked.
struct Guarded {
    resolver: Arc<dyn Resolver>,
    allowed: Arc<Allowed>,
}

impl Guarded {
    async fn checked(
        resolver: &dyn Resolver,
        allowed: &Allowed,
        host: &str,
        port: Option<u16>,
    ) -> Result<Vec<IpAddr>, Error> {
        let found = resolver.resolve(host).await.map_err(|error| Error::Failed(format!("{host}: {error}")))?;
        if found.is_empty() {
            return Err(Error::Failed(format!("{host} has no address")));
        }
        // One private address among public ones is enough to refuse: such a name is not to be trusted at all.
        for address in &found {
            if !is_public(*address) && !allowed.admits(host, *address, port) {
                return Err(Error::Refused(format!("{host} leads to {address}, which is not a public address")));
            }
        }
        Ok(found)
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolver, allowed) = (Arc::clone(&self.resolver), Arc::clone(&self.allowed));
        Box::pin(async move {
            let host = name.as_str().to_ascii_lowercase();
            let found = Guarded::checked(resolver.as_ref(), &allowed, &host, None).await?;
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

/// An answer of a peer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, at most [`ANSWER_BYTES_MAX`].
    pub body: Bytes,
}

/// The one way out. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    inner: Result<reqwest::Client, String>,
    resolver: Arc<dyn Resolver>,
    allowed: Arc<Allowed>,
}

static PROVIDER: Once = Once::new();

impl Client {
    /// A client over the system's resolver, with the exceptions of [`crate::Settings::outbound_allow`].
    ///
    /// # Errors
    /// [`Error::Refused`] naming an exception that is no address, network or host name.
    pub fn new(settings: &crate::Settings) -> Result<Client, Error> {
        let is_name = |text: &str| {
            let host = text
                .rsplit_once(':')
                .map_or(text, |(host, port)| if port.parse::<u16>().is_ok() { host } else { text });
            !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        };
        let known = |text: &&String| {
            let text = text.trim();
            Network::parse(text).is_some() || text.parse::<SocketAddr>().is_ok() || is_name(text)
        };
        match settings.outbound_allow.iter().find(|text| !known(text)) {
            Some(bad) => Err(Error::Refused(format!("{bad:?} is no address, network or host name"))),
            None => Ok(Client::with_resolver(&settings.outbound_allow, Arc::new(SystemResolver))),
        }
    }

    /// A client over another resolver, for tests.
    pub fn with_resolver(allow: &[String], resolver: Arc<dyn Resolver>) -> Client {
        PROVIDER.call_once(|| {
            // Another part of the process may have installed one already; any will do.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let allowed = Arc::new(Allowed::parse(allow));
        let guarded = Guarded { resolver: Arc::clone(&resolver), allowed: Arc::clone(&allowed) };
        let inner = reqwest::Client::builder()
            .dns_resolver(guarded)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .timeout(Duration::from_secs(CALL_SECONDS_MAX))
            .connect_timeout(Duration::from_secs(CALL_SECONDS_MAX / 2))
            .pool_idle_timeout(Duration::from_secs(10))
            .user_agent("touchstone")
            .build()
            .map_err(|error| error.to_string());
        Client { inner, resolver, allowed }
    }

    /// Checks an address without calling it: scheme, name, port, and what it resolves to.
    ///
    /// # Errors
    /// [`Error::Refused`] with the reason; [`Error::Failed`] when the name does not resolve.
    pub async fn check(&self, address: &str) -> Result<Url, Error> {
        let url = self.parse(address)?;
        let port = url.port_or_known_default();
        match url.host() {
            Some(url::Host::Domain(host)) => {
                let host = host.to_ascii_lowercase();
                Guarded::checked(self.resolver.as_ref(), &self.allowed, &host, port).await?;
            }
            Some(url::Host::Ipv4(literal)) => self.check_literal(IpAddr::V4(literal), port)?,
            Some(url::Host::Ipv6(literal)) => self.check_literal(IpAddr::V6(literal), port)?,
            None => return Err(Error::Refused("there is no host".to_owned())),
        }
        Ok(url)
    }

    fn check_literal(&self, address: IpAddr, port: Option<u16>) -> Result<(), Error> {
        if is_public(address) || self.allowed.admits("", address, port) {
            Ok(())
        } else {
            Err(Error::Refused(format!("{address} is not a public address")))
        }
    }

    /// What can be said about an address without asking anybody: its form, scheme, and host.
    ///
    /// # Errors
    /// [`Error::Refused`].
    pub fn parse(&self, address: &str) -> Result<Url, Error> {
        let refused = |reason: &str| Err(Error::Refused(reason.to_owned()));
        if address.len() > URL_BYTES_MAX {
            return refused("it is too long");
        }
        let Ok(url) = Url::parse(address) else { return refused("it is no address such as https://example.com/hook") };
        if !url.username().is_empty() || url.password().is_some() {
            return refused("it carries a user name or password");
        }
        let Some(host) = url.host_str().map(str::to_ascii_lowercase) else { return refused("there is no host") };
        let port = url.port_or_known_default().unwrap_or(0);
        match url.scheme() {
            "https" => {}
            "http" if self.allowed.names(&host, port) => {}
            _ => return refused("only https is called"),
        }
        Ok(url)
    }

    /// Makes one call.
    ///
    /// # Errors
    /// As [`Client::check`], and [`Error::Failed`], [`Error::TooLarge`]. An answer of any status is an answer.
    pub async fn send(&self, method: Method, address: &str, headers: HeaderMap, body: Bytes) -> Result<Answer, Error> {
        self.send_for(method, address, headers, body, ANSWER_BYTES_MAX).await
    }

    /// The same for an answer of another greatest length, bytes.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn send_for(
        &self,
        method: Method,
        address: &str,
        headers: HeaderMap,
        body: Bytes,
        bytes_max: usize,
    ) -> Result<Answer, Error> {
        let client = self.inner.as_ref().map_err(|reason| Error::Failed(reason.clone()))?;
        let url = self.check(address).await?;
        let sent =
            client.request(method, url).headers(headers).body(body).send().await.map_err(|error| failed(&error))?;
        let (status, headers) = (sent.status().as_u16(), sent.headers().clone());
        let body = limited(sent, bytes_max).await?;
        Ok(Answer { status, headers, body })
    }
}

async fn limited(mut sent: reqwest::Response, bytes_max: usize) -> Result<Bytes, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = sent.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > bytes_max {
            return Err(Error::TooLarge { bytes_max });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Bytes::from(body))
}

/// A refusal at connect time arrives wrapped in reqwest's error: it stays a refusal.
fn failed(error: &reqwest::Error) -> Error {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut text = String::new();
    while let Some(cause) = source {
        if let Some(Error::Refused(reason)) = cause.downcast_ref::<Error>() {
            return Error::Refused(reason.clone());
        }
        text = cause.to_string();
        source = cause.source();
    }
    let kind = if error.is_timeout() {
        "timed out"
    } else if error.is_connect() {
        "cannot connect"
    } else {
        "broken off"
    };
    Error::Failed(format!("{kind}: {text}"))
}
