//! `touchstone generate`: a catalogue of any size as NDJSON in the shape `touchstone screen` and `touchstone import` read.

use anyhow::{Context, Result};
use serde_json::json;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many listings.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=market::catalogue::LISTINGS_MAX))]
    count: u64,
    /// The same seed gives the same catalogue.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to write; standard output when absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// When the file cannot be written.
pub fn run(args: &Args) -> Result<()> {
    let target: Box<dyn Write> = match &args.out {
        Some(path) => Box::new(std::fs::File::create(path).with_context(|| path.display().to_string())?),
        None => Box::new(std::io::stdout().lock()),
    };
    let mut out = BufWriter::new(target);
    for listing in market::catalogue::stream(args.seed, args.count) {
        serde_json::to_writer(&mut out, &line(&listing))?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}

/// A generated listing as a line of input.
pub fn line(listing: &market::Listing) -> serde_json::Value {
    json!({
        "id": listing.external_id,
        "market": "cn",
        "title": listing.title,
        "description": listing.description,
        "category": listing.category,
        "brand": listing.brand,
        "gtin": listing.gtin,
        "price_minor": listing.price_minor,
        "list_price_minor": listing.list_price_minor,
        "currency": "CNY",
        "attributes": listing.attributes,
    })
}
