//! `touchstone recalls load FILE`: public recall notices into the bank of a data folder.

use super::words::Words;
use crate::{Config, open};
use anyhow::{Context, Result};
use clap::Subcommand;
use kernel::Actor;
use listings::banks::recalls;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

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
    /// Load notices: EU Safety Gate alerts as JSON lines, or CPSC notices as a table with tabs.
    Load {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// Runs it. Lines that are no notice are named; the others are taken.
///
/// # Errors
/// When the folder cannot be opened or a file holds no notice.
pub async fn run(args: &Args, file: Option<&Path>) -> Result<ExitCode> {
    let words = Words::load()?;
    let mut config = Config::load(file, std::env::vars())?;
    if let Some(data) = &args.data {
        config.data.folder.clone_from(data);
    }
    let kernel = open::open(&config, false).await?.kernel;
    let What::Load { files } = &args.what;
    for path in files {
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        let text = String::from_utf8(bytes)
            .map_err(|_| anyhow::anyhow!("{}: not UTF-8; save the file as UTF-8", path.display()))?;
        let name = path.display().to_string();
        let loaded = recalls::load(&kernel, &Actor::system("command-line"), &name, &text)
            .await
            .map_err(|p| words.problem(&p))?;
        let notices = loaded.added + loaded.changed + loaded.unchanged;
        say!(
            "{name}: {notices} notices of {} ({} added, {} changed, {} unchanged)",
            loaded.source,
            loaded.added,
            loaded.changed,
            loaded.unchanged
        );
        for (line, reason) in &loaded.refused {
            eprintln!("{name}, line {line}: {reason}");
        }
        if loaded.rescreens > 0 {
            say!("{name}: the listings are held against them when the server runs next");
        }
    }
    open::write_ledger(&kernel, &config).await?;
    Ok(ExitCode::SUCCESS)
}
