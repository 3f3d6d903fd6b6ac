//! `touchstone codes mint` and `touchstone codes verify`: unit codes of a data folder, without a server.

use super::words::Words;
use crate::{Config, open};
use anyhow::{Context, Result, bail};
use clap::Subcommand;
use kernel::{Actor, Kernel};
use serde_json::{Value, json};
use std::io::{BufRead, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use trace::{Batch, LotState, NewBatch, UnitStanding, Unreadable};

/// Lines verified together.
const CHUNK_LINES: usize = trace::model::LISTED_CODES_MAX;
/// Longest line that is looked at, bytes.
const LINE_BYTES_MAX: u64 = 16 * 1024;

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
    /// Mint codes of a trade item and write them to a file (CSV: number, serial, link, element string, covered code).
    Mint {
        /// The trade item: 8, 12, 13 or 14 digits, of a listing of the merchant.
        #[arg(long)]
        gtin: String,
        /// How many: 1 to 10,000,000.
        #[arg(long)]
        count: u64,
        /// The file to write; it must not be there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The merchant; needed where several offer the trade item.
        #[arg(long, value_name = "ID")]
        merchant: Option<String>,
        /// Number of a lot: printed in the codes, and all of them are put into it.
        #[arg(long, value_name = "NUMBER")]
        lot: Option<String>,
        /// With a covered second code.
        #[arg(long)]
        covered: bool,
    },
    /// Write the file of a batch again.
    File {
        /// The batch.
        #[arg(long, value_name = "ID")]
        batch: String,
        /// The file to write; it must not be there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Say of each line of standard input (a link, an element string, scan data, or GTIN and serial) whether it is
    /// genuine, forged or unknown, and how far the unit has come; one JSON object a line.
    Verify,
}

/// Runs it.
///
/// # Errors
/// When the folder cannot be opened, codes cannot be minted, or a file cannot be read or written.
pub async fn run(args: &Args, file: Option<&Path>) -> Result<ExitCode> {
    let words = Words::load()?;
    let mut config = Config::load(file, std::env::vars())?;
    if let Some(data) = &args.data {
        config.data.folder.clone_from(data);
    }
    let kernel = open::open(&config, false).await?.kernel;
    let actor = Actor::system("command-line");
    match &args.what {
        What::Mint { gtin, count, out, merchant, lot, covered } => {
            // Before anything is reserved, so that a wrong name costs no codes.
            let target = create(out)?;
            let minted = async {
                let merchant_id = merchant_of(&kernel, gtin, merchant.as_deref(), &words).await?;
                let lot_id = match lot {
                    None => None,
                    Some(number) => Some(lot_of(&kernel, gtin, number, &merchant_id).await?),
                };
                let new = NewBatch { merchant_id, gtin: gtin.clone(), count: *count, lot_id, covered: *covered };
                trace::mint(&kernel, &actor, new).await.map_err(|error| words.problem(&error.into()))
            };
            let batch = match minted.await {
                Ok(batch) => batch,
                Err(error) => {
                    // Nothing stands in it yet.
                    drop(target);
                    std::fs::remove_file(out).with_context(|| out.display().to_string())?;
                    return Err(error);
                }
            };
            write(&kernel, &config, &actor, &batch.id, target, out, &words).await?;
            println!("{}", minted_line(&batch));
        }
        What::File { batch, out } => {
            let batch = trace::batch(&kernel, &actor, batch).await.map_err(|error| words.problem(&error.into()))?;
            write(&kernel, &config, &actor, &batch.id, create(out)?, out, &words).await?;
            println!("{}", minted_line(&batch));
        }
        What::Verify => {
            verify(&kernel, &actor, std::io::stdin().lock(), BufWriter::new(std::io::stdout().lock()), &words).await?;
            return Ok(ExitCode::SUCCESS);
        }
    }
    open::write_ledger(&kernel, &config).await?;
    Ok(ExitCode::SUCCESS)
}

fn create(out: &Path) -> Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    // Codes are as good as labels: nobody else reads them.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(out).with_context(|| out.display().to_string())
}

fn minted_line(batch: &Batch) -> Value {
    json!({
        "batch": batch.id,
        "merchant": batch.merchant_id,
        "gtin": batch.gtin.as_str(),
        "count": batch.count(),
        "key_number": batch.key_number,
        "lot": batch.lot.as_ref().map(|(_, number)| number),
        "covered": batch.covered_key_id.is_some(),
    })
}

/// The merchant that is named, or the only one that offers the trade item.
async fn merchant_of(kernel: &Kernel, gtin: &str, named: Option<&str>, words: &Words) -> Result<String> {
    if let Some(id) = named {
        return Ok(id.to_owned());
    }
    let gtin: gs1::Gtin = gtin.parse().with_context(|| format!("--gtin {gtin}"))?;
    let found = listings::of_gtin(kernel, gtin.as_str(), None).await.map_err(|problem| words.problem(&problem))?;
    let mut ids: Vec<String> = found.into_iter().map(|listing| listing.merchant_id).collect();
    ids.sort();
    ids.dedup();
    match ids.len() {
        1 => Ok(ids.remove(0)),
        0 => bail!("no listing has the GTIN {gtin}"),
        _ => bail!("several merchants offer the GTIN {gtin}; name one with --merchant: {}", ids.join(", ")),
    }
}

async fn lot_of(kernel: &Kernel, gtin: &str, number: &str, merchant_id: &str) -> Result<String> {
    let gtin: gs1::Gtin = gtin.parse().with_context(|| format!("--gtin {gtin}"))?;
    let lots = trace::lots_numbered(kernel, &gtin, number).await?;
    let lot = lots.into_iter().find(|lot| lot.merchant_id == merchant_id);
    let lot = lot.with_context(|| format!("--lot {number}: the merchant {merchant_id} has no such lot of {gtin}"))?;
    if lot.state != LotState::Open {
        bail!("--lot {number}: the lot is {}", lot.state.name());
    }
    Ok(lot.id)
}

async fn write(
    kernel: &Kernel,
    config: &Config,
    actor: &Actor,
    batch_id: &str,
    target: std::fs::File,
    out: &Path,
    words: &Words,
) -> Result<()> {
    let codes = trace::code_file(kernel, actor, batch_id, &config.base_url()).await;
    let codes = codes.map_err(|error| words.problem(&error.into()))?;
    let mut target = BufWriter::with_capacity(1 << 20, target);
    let written = codes.write(&mut target).and_then(|()| target.get_ref().sync_all());
    written.with_context(|| {
        format!("{}: the codes are reserved; write them again with: codes file --batch {batch_id}", out.display())
    })
}

/// Answers each line that is not empty; several lines are looked up together.
async fn verify(
    kernel: &Kernel,
    actor: &Actor,
    mut input: impl BufRead,
    mut out: impl Write,
    words: &Words,
) -> Result<()> {
    let mut number = 0u64;
    loop {
        let mut lines: Vec<(u64, String)> = Vec::new();
        let mut ended = false;
        while lines.len() < CHUNK_LINES {
            let Some(line) = read_line(&mut input)? else {
                ended = true;
                break;
            };
            number += 1;
            if !line.trim().is_empty() {
                lines.push((number, line.trim().to_owned()));
            }
        }
        let codes: Vec<String> = lines.iter().map(|(_, line)| line.clone()).collect();
        let standings = trace::verify(kernel, actor, &codes).await.map_err(|error| words.problem(&error.into()))?;
        let mut answers = Vec::with_capacity(lines.len() * 256);
        for ((number, line), standing) in lines.iter().zip(standings) {
            match &standing {
                Ok(unit) => serde_json::to_writer(&mut answers, &Answer::of(*number, line, unit))?,
                Err(why) => serde_json::to_writer(&mut answers, &refusal(*number, line, why))?,
            }
            answers.push(b'\n');
        }
        if let Err(error) = out.write_all(&answers) {
            // Whoever reads the output may stop early (`| head`).
            return if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error.into()) };
        }
        if ended {
            out.flush()?;
            return Ok(());
        }
    }
}

/// The next line, at most [`LINE_BYTES_MAX`] of it; what is no UTF-8 is shown by its replacement and so refused.
fn read_line(input: &mut impl BufRead) -> Result<Option<String>> {
    let mut bytes = Vec::new();
    let read = std::io::Read::take(&mut *input, LINE_BYTES_MAX).read_until(b'\n', &mut bytes)?;
    if read == 0 {
        return Ok(None);
    }
    if read as u64 == LINE_BYTES_MAX && bytes.last() != Some(&b'\n') {
        // The rest of an endless line belongs to it.
        loop {
            let (found, length) = match input.fill_buf()? {
                [] => break,
                buffer => match buffer.iter().position(|byte| *byte == b'\n') {
                    Some(place) => (true, place + 1),
                    None => (false, buffer.len()),
                },
            };
            input.consume(length);
            if found {
                break;
            }
        }
    }
    Ok(Some(String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned()))
}

/// A line that is no code.
fn refusal(number: u64, line: &str, why: &Unreadable) -> Value {
    let why_text = why.to_string();
    let mut answer = json!({"line": number, "code": line, "result": "unknown", "state": "unminted", "why": why_text});
    if let Unreadable::Refused(error) = why {
        answer["position"] = json!(error.position);
        answer["error"] = json!(error.code.as_str());
    }
    answer
}

/// What is known of a code, one line of the output.
#[derive(serde::Serialize)]
struct Answer<'a> {
    line: u64,
    code: &'a str,
    result: &'a str,
    gtin: &'a str,
    serial: &'a str,
    state: &'a str,
    merchant: Option<&'a str>,
    batch: Option<&'a str>,
    position: Option<u64>,
    lot: Option<&'a str>,
    lot_state: Option<&'a str>,
    orders: u64,
}

impl<'a> Answer<'a> {
    fn of(line: u64, code: &'a str, unit: &'a UnitStanding) -> Answer<'a> {
        Answer {
            line,
            code,
            result: unit.authenticity.name(),
            gtin: unit.gtin.as_str(),
            serial: &unit.serial,
            state: unit.state.name(),
            merchant: unit.batch.as_ref().map(|batch| batch.merchant_id.as_str()),
            batch: unit.batch.as_ref().map(|batch| batch.id.as_str()),
            position: unit.position,
            lot: unit.lot.as_ref().map(|lot| lot.number.as_str()),
            lot_state: unit.lot.as_ref().map(|lot| lot.state.name()),
            orders: unit.orders,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_line_is_one_line() {
        let mut text = "a".repeat(40_000);
        text.push_str("\r\nb\n\nc");
        let mut input = std::io::BufReader::new(text.as_bytes());
        let lengths: Vec<usize> =
            std::iter::from_fn(|| read_line(&mut input).unwrap()).map(|line| line.len()).collect();
        assert_eq!(lengths, [LINE_BYTES_MAX as usize, 1, 0, 1]);
    }
}
