//! The demonstration marketplace: loaded through the public API, with time that can be advanced.
//!
//! Reading order: [`load`] (in `load.rs`: who applies, who lists), [`links`], [`ClockControl`].

mod clock;
pub mod days;
mod journeys;
mod load;

pub use clock::{ClockControl, parse_step, routes};
pub use days::Player;
pub use load::load;

use crate::Application;
use anyhow::Result;
use kernel::Role;
use serde::Serialize;
use std::path::Path;

/// Its presence in a data folder says that the folder is a demonstration and was loaded.
pub const MARK_FILE: &str = "demonstration";

/// A one-time sign-in link.
#[derive(Debug, Clone, Serialize)]
pub struct Link {
    /// Role it signs in as.
    pub role: String,
    /// Whose it is.
    pub login: String,
    /// Where to go.
    pub url: String,
}

/// The roles of the operator's own people that get a link.
const STAFF: [Role; 5] = [Role::Admin, Role::Reviewer, Role::Manager, Role::Enforcement, Role::Auditor];
/// Merchants that get a link: a food shop, one whose claims do not hold, a jeweller, a food shop whose licence ends within
/// a year.
const MERCHANT_LINKS: [usize; 4] = [1, 4, 10, 37];

/// New one-time links: for a demonstration one a role and some merchants, elsewhere the first administrator's until that
/// person has signed in.
///
/// # Errors
/// What the store says.
pub async fn links(app: &Application, base_url: &str, demonstration: bool) -> Result<Vec<Link>> {
    let mut links = Vec::new();
    let mut add = |role: &str, login: &str, token: String| {
        links.push(Link { role: role.to_owned(), login: login.to_owned(), url: format!("{base_url}/link/{token}") });
    };
    if demonstration {
        for role in STAFF {
            let login = role.name();
            add(
                role.name(),
                login,
                accounts::demonstration_link(&app.kernel, role, login, None).await.map_err(load::told)?,
            );
        }
        let second =
            accounts::demonstration_link(&app.kernel, Role::Reviewer, "reviewer2", None).await.map_err(load::told)?;
        add("reviewer", "reviewer2", second);
        let laboratory = ("laboratory", journeys::LABORATORY_LOGIN.to_owned());
        let merchants = MERCHANT_LINKS.map(load::merchant_login).map(|login| ("merchant", login));
        for (role, login) in merchants.into_iter().chain([laboratory]) {
            if let Some(token) = accounts::link_of(&app.kernel, &login).await.map_err(load::told)? {
                add(role, &login, token);
            }
        }
    } else if let Some(token) = accounts::first_admin_link(&app.kernel).await.map_err(load::told)? {
        add("admin", "admin", token);
    }
    Ok(links)
}

/// Refuses a folder whose demonstration was interrupted while it was loaded.
///
/// # Errors
/// With what to do.
pub fn whole(folder: &Path) -> Result<()> {
    let mark = std::fs::read_to_string(folder.join(MARK_FILE)).unwrap_or_default();
    if mark.starts_with("loading") {
        anyhow::bail!(
            "{}: loading the demonstration was interrupted; remove the folder and start again",
            folder.display()
        );
    }
    Ok(())
}

/// Prints where to go.
pub fn print(base_url: &str, links: &[Link]) {
    say!("\n  {base_url}\n");
    for link in links {
        say!("  {:<10} {:<12} {}", link.role, link.login, link.url);
    }
    if !links.is_empty() {
        say!("\n  Each link signs in once. 每个链接只能登录一次。\n");
    }
}
