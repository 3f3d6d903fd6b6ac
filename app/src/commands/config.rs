//! `touchstone config check | default`.

use crate::Config;
use anyhow::Result;
use clap::Subcommand;
use std::path::Path;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Read the settings as the server would and say what they come to.
    Check,
    /// Print the commented default file.
    Default,
}

/// Runs it.
///
/// # Errors
/// The first fault of the settings with its place.
pub fn run(args: &Args, file: Option<&Path>) -> Result<()> {
    match args.what {
        What::Default => print!("{}", crate::config::DEFAULT_FILE),
        What::Check => {
            let config = Config::load(file, std::env::vars())?;
            let packs = crate::open::base_packs(&config)?;
            say!(
                "settings: {}",
                file.map_or("defaults and ./touchstone.toml where present".to_owned(), |path| path
                    .display()
                    .to_string())
            );
            say!("address:  {}", config.base_url());
            say!("data:     {}", config.data.folder.display());
            say!("database: {}", without_password(&config.database()));
            say!("zone:     {}", config.time.zone);
            for pack in packs.iter() {
                say!("policies: {} version {}", pack.market(), &pack.version()[..12]);
            }
            let on = |text: &str| if text.is_empty() { "off" } else { "on" };
            say!("register adapter: {}, single sign-on: {}", on(&config.register.url), on(&config.oidc.issuer));
            say!("The settings are good.");
        }
    }
    Ok(())
}

/// A database address that may be printed.
pub fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_password_is_not_printed() {
        assert_eq!(super::without_password("postgres://me:secret@db/x"), "postgres://…@db/x");
        assert_eq!(super::without_password("sqlite:./data/x.db"), "sqlite:./data/x.db");
    }
}
