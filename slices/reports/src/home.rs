//! Where this product stands and how it calls others: what names and addresses are made of.

use credentials::Did;
use web::Site;

/// The product's own address and its way out. Cheap to clone.
#[derive(Clone)]
pub struct Home {
    /// `https://shop.example`, without a slash at the end.
    pub base_url: String,
    /// The one way to call other hosts.
    pub outbound: web::outbound::Client,
}

impl Home {
    /// At an address.
    pub fn new(base_url: &str, outbound: web::outbound::Client) -> Self {
        Home { base_url: base_url.trim_end_matches('/').to_owned(), outbound }
    }

    /// Of a running site.
    pub fn of(site: &Site) -> Self {
        Home::new(&site.settings().base_url, site.outbound().clone())
    }

    /// Host and port, where the address has a host name; `did:web` knows no bare numbers, so a trial at 127.0.0.1 is
    /// `localhost`.
    fn authority(&self) -> Option<String> {
        let (scheme, rest) = self.base_url.split_once("://")?;
        let authority = rest.split('/').next()?;
        let (host, port) = authority.rsplit_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
        let host = if matches!(host, "127.0.0.1" | "[::1]") { "localhost" } else { host };
        let usual = if scheme == "https" { "443" } else { "80" };
        Some(match port.filter(|port| *port != usual) {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        })
    }

    /// The operator's own name; `None` where the product is reached under a bare number.
    pub fn operator_did(&self) -> Option<Did> {
        Did::web(&self.authority()?, &[]).ok()
    }

    /// The name of a laboratory whose document we publish; `None` where the product is reached under a bare number.
    pub fn laboratory_did(&self, id: &str) -> Option<Did> {
        Did::web(&self.authority()?, &["did", "laboratories", id]).ok()
    }

    /// Address of a status list.
    pub fn list_address(&self, list: &str) -> String {
        format!("{}/v1/credentials/status/{list}", self.base_url)
    }

    /// The list of one of our addresses.
    pub fn own_list<'a>(&self, address: &'a str) -> Option<&'a str> {
        address.strip_prefix(self.base_url.as_str())?.strip_prefix("/v1/credentials/status/")
    }

    /// Name of a report's credential, which is also where it can be had.
    pub fn credential_id(&self, report: &str) -> String {
        format!("{}{}", self.base_url, credential_path(report))
    }
}

/// Where a report's credential is.
pub fn credential_path(report: &str) -> String {
    format!("/v1/reports/{report}/credential")
}
