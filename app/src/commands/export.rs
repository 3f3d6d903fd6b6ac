//! `touchstone export`: the listings of a data folder as NDJSON (which `import` and `screen` read) or as CSV for
//! spreadsheets, safe to open.

use super::words::Words;
use crate::{Config, open};
use anyhow::{Context, Result};
use clap::ValueEnum;
use kernel::{Actor, Kernel};
use listings::export::{self, COLUMNS, PAGE_LISTINGS_MAX};
use listings::{Filter, State};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to write; standard output when absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// In which form.
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    format: Format,
    /// Only listings of this merchant.
    #[arg(long, value_name = "ID")]
    merchant: Option<String>,
    /// Only listings in this state (`on_sale`, `in_review`, …).
    #[arg(long)]
    state: Option<String>,
    /// Only listings of this category; a first segment takes everything below it.
    #[arg(long)]
    category: Option<String>,
    /// Data folder; from the settings when absent.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object a line.
    Ndjson,
    /// A table; cells that a spreadsheet would run are defused.
    Csv,
}

/// Runs it.
///
/// # Errors
/// When the folder cannot be opened, a filter is wrong or the output cannot be written.
pub async fn run(args: &Args, file: Option<&Path>) -> Result<ExitCode> {
    let words = Words::load()?;
    let mut config = Config::load(file, std::env::vars())?;
    if let Some(data) = &args.data {
        config.data.folder.clone_from(data);
    }
    let state = match &args.state {
        None => None,
        Some(name) => Some(State::from_name(name).with_context(|| {
            let known: Vec<&str> = State::ALL.iter().map(|state| state.name()).collect();
            format!("{name}: no such state (known: {})", known.join(", "))
        })?),
    };
    let filter =
        Filter { state, merchant_id: args.merchant.clone(), category: args.category.clone(), ..Filter::default() };
    let kernel = open::open(&config, false).await?.kernel;
    let target: Box<dyn Write> = match &args.out {
        Some(path) => Box::new(std::fs::File::create(path).with_context(|| path.display().to_string())?),
        None => Box::new(std::io::stdout().lock()),
    };
    let written = write_all(&kernel, &filter, args.format, BufWriter::new(target), &words).await;
    match written {
        // Whoever reads the output may stop early (`| head`).
        Err(error)
            if error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe) =>
        {
            Ok(ExitCode::SUCCESS)
        }
        written => written.map(|()| ExitCode::SUCCESS),
    }
}

async fn write_all(kernel: &Kernel, filter: &Filter, format: Format, mut out: impl Write, words: &Words) -> Result<()> {
    if format == Format::Csv {
        // With a byte order mark, so that spreadsheets read Chinese.
        out.write_all(&[0xEF, 0xBB, 0xBF])?;
        write_row(&mut out, COLUMNS.iter().map(|name| (*name).to_owned()))?;
    }
    let actor = Actor::system("command-line");
    let mut after = String::new();
    loop {
        let page =
            export::page(kernel, &actor, filter, &after, PAGE_LISTINGS_MAX).await.map_err(|p| words.problem(&p))?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.listing.id);
        for exported in &page {
            match format {
                Format::Ndjson => writeln!(out, "{}", exported.to_json())?,
                Format::Csv => write_row(&mut out, exported.cells().into_iter())?,
            }
        }
    }
    out.flush()?;
    Ok(())
}

/// One row after RFC 4180, every cell defused.
fn write_row(out: &mut impl Write, cells: impl Iterator<Item = String>) -> std::io::Result<()> {
    let quoted: Vec<String> =
        cells
            .map(|cell| web::csv::defused(&cell))
            .map(|cell| {
                if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
            })
            .collect();
    out.write_all(quoted.join(",").as_bytes())?;
    out.write_all(b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_title_does_not_run_in_a_spreadsheet() {
        let mut out = Vec::new();
        write_row(&mut out, ["=cmd|' /C calc'!A0", "a,\"b\"", "-12.5"].map(str::to_owned).into_iter()).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "'=cmd|' /C calc'!A0,\"a,\"\"b\"\"\",-12.5\r\n");
    }
}
