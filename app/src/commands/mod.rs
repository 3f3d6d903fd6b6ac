//! The commands, one file each: arguments and a `run` that calls the same public functions as the pages.

pub mod alerts;
pub mod codes;
pub mod config;
pub mod demonstration;
pub mod detect;
mod door;
pub mod epcis;
pub mod export;
pub mod generate;
pub mod gs1;
pub mod image;
pub mod import;
pub mod ledger;
pub mod monitor;
pub mod policy;
pub mod rating;
pub mod recalls;
pub mod risk;
pub mod screen;
pub mod serve;
pub mod signals;
pub mod sql;
pub mod user;
pub mod witness;
mod words;

use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Touchstone 试金石: quality supervision of an online marketplace.
#[derive(Debug, Parser)]
#[command(name = "touchstone", version, about, long_about = None)]
pub struct Cli {
    /// Settings file; ./touchstone.toml when there is one.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server.
    Serve(serve::Args),
    /// Screen listings from a file or standard input, without a server.
    Screen(screen::Args),
    /// Work on pictures.
    Image(image::Args),
    /// Read GS1 data: element strings, Digital Links, scan data.
    Gs1(gs1::Args),
    /// Validate and hash EPCIS documents.
    Epcis(epcis::Args),
    /// Tell the unusual moments of a series of values.
    Detect(detect::Args),
    /// Bring in a shop's export and screen it.
    Import(import::Args),
    /// Write listings to a file.
    Export(export::Args),
    /// Mint and verify unit codes.
    Codes(codes::Args),
    /// Load public recall notices.
    Recalls(recalls::Args),
    /// Train the risk model, print its card, take a score apart.
    Risk(risk::Args),
    /// Take signals in, fold them again, say how they are doing.
    Signals(signals::Args),
    /// List what detectors found.
    Alerts(alerts::Args),
    /// Compute ratings again and prove them.
    Rating(rating::Args),
    /// Ask the history in SQL.
    Sql(sql::Args),
    /// Export, prove, verify and audit the ledger.
    Ledger(ledger::Args),
    /// Run a witness of logs: it signs what only grows.
    Witness(witness::Args),
    /// Check and test policy packs.
    Policy(policy::Args),
    /// People: list them, make sign-in links.
    User(user::Args),
    /// Explain the settings.
    Config(config::Args),
    /// The demonstration marketplace: let its time pass.
    Demonstration(demonstration::Args),
    /// Generate a catalogue of any size, for trials and benches.
    Generate(generate::Args),
}

/// What `say!` does.
pub(crate) fn say_line(line: std::fmt::Arguments<'_>) {
    use std::io::Write as _;
    // Nothing can be told to a reader that is gone.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
