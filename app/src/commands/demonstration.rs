//! `touchstone demonstration clock --advance 30d`: lets the time of a running demonstration pass.

use crate::Config;
use anyhow::{Context, Result, bail};
use clap::Subcommand;
use std::path::{Path, PathBuf};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Move the demonstration's clock forward; the running server follows within a second.
    Clock {
        /// How far: a number and d (days) or h (hours), for example 30d.
        #[arg(long)]
        advance: String,
        /// Data folder of the demonstration; from the settings when absent.
        #[arg(long)]
        data: Option<PathBuf>,
    },
}

/// Runs it.
///
/// # Errors
/// A step that cannot be read, or a folder that is no demonstration.
pub fn run(args: &Args, file: Option<&Path>) -> Result<()> {
    let What::Clock { advance, data } = &args.what;
    let folder = match data {
        Some(folder) => folder.clone(),
        None => Config::load(file, std::env::vars())?.data.folder,
    };
    let micros = crate::demonstration::parse_step(advance).with_context(|| {
        format!("--advance {advance}: expected a number of days or hours such as 30d or 12h, at most 3650d")
    })?;
    if !folder.join(crate::demonstration::MARK_FILE).exists() {
        bail!("{} is not the data folder of a demonstration", folder.display());
    }
    let offset = crate::open::read_offset(&folder).saturating_add(micros);
    crate::open::keep_offset(&folder, offset)?;
    say!("the demonstration is now {} days ahead", offset / ground::time::DAY_MICROS);
    Ok(())
}
