//! `touchstone user list | link`: who may sign in, and a new way in for somebody who lost theirs.

use crate::{Config, open};
use anyhow::{Context, Result};
use clap::Subcommand;
use kernel::{Actor, Paging};
use std::path::{Path, PathBuf};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Data folder; from the settings when absent.
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// People and their roles.
    List,
    /// A one-time link with which a person sets a new password. Whoever can write the data folder may do this; it is an act.
    Link {
        /// Whose.
        login: String,
    },
}

/// Runs it.
///
/// # Errors
/// When the folder cannot be opened or there is no such person.
pub async fn run(args: &Args, file: Option<&Path>) -> Result<()> {
    let mut config = Config::load(file, std::env::vars())?;
    if let Some(data) = &args.data {
        config.data.folder = data.clone();
    }
    // In a demonstration the link begins at the demonstration's time, which may be ahead.
    let demonstration = config.data.folder.join(crate::demonstration::MARK_FILE).exists();
    let opened = open::open(&config, demonstration).await?;
    match &args.what {
        What::List => list(&opened.kernel).await,
        What::Link { login } => {
            let token = accounts::link_of(&opened.kernel, login)
                .await
                .map_err(|error| anyhow::Error::new(ground::Problem::from(error)))?
                .with_context(|| format!("nobody signs in as {login:?}"))?;
            say!("{}/link/{token}", config.base_url());
            Ok(())
        }
    }
}

async fn list(kernel: &kernel::Kernel) -> Result<()> {
    let mut paging = Paging::new(1, ground::limits::PAGE_ROWS_MAX);
    loop {
        let page = accounts::list(kernel, &Actor::system("command-line"), &accounts::UserFilter::default(), &paging)
            .await
            .map_err(|error| anyhow::Error::new(ground::Problem::from(error)))?;
        for user in &page.rows {
            let roles: Vec<&str> = user.roles.iter().map(|role| role.name()).collect();
            say!("{:<24} {:<24} {}", user.login, roles.join(","), user.name);
        }
        if paging.page >= page.pages() {
            return Ok(());
        }
        paging.page += 1;
    }
}
