//! `touchstone import`: a shop's export becomes listings in a data folder, screened in the same command where asked. No
//! server is needed; one that is running on the folder sees the result.

use super::words::Words;
use crate::{Config, open};
use anyhow::{Context, Result};
use ground::Problem;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use kernel::{Actor, Kernel, Paging};
use listings::import::{self, Import, ImportState, NewImport, Progress, RowStatus, mapping};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Refused rows that are printed one by one.
const REFUSED_SHOWN: u64 = 20;
/// Rounds in which the screening of a whole import must be done: a batch each.
const ROUNDS_MAX: usize = 1_000_000;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("whose").required(true).args(["merchant", "new_merchant"])))]
pub struct Args {
    /// The export: CSV, TSV or NDJSON, plain or gzip.
    #[arg(long = "in", value_name = "FILE")]
    input: PathBuf,
    /// A mapping file (TOML, or YAML by its ending), or the name of a shipped one.
    #[arg(long, default_value = "touchstone", value_name = "FILE|NAME")]
    mapping: String,
    /// The merchant whose listings they are.
    #[arg(long, value_name = "ID")]
    merchant: Option<String>,
    /// A merchant by the name of its shop, begun as a draft where there is none. A draft sells nothing until it is enrolled.
    #[arg(long, value_name = "NAME")]
    new_merchant: Option<String>,
    /// Hand the listings in and screen them.
    #[arg(long)]
    screen: bool,
    /// Data folder; from the settings when absent.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

/// Runs it. The exit code is 1 when the file could not be read to its end.
///
/// # Errors
/// When the folder cannot be opened or the import cannot begin, with place and remedy.
pub async fn run(args: &Args, file: Option<&Path>) -> Result<ExitCode> {
    let words = Words::load()?;
    let mut config = Config::load(file, std::env::vars())?;
    if let Some(data) = &args.data {
        config.data.folder.clone_from(data);
    }
    let kernel = open::open(&config, false).await?.kernel;
    let (mapping_name, mapping) = mapping_of(&args.mapping)?;
    let market =
        mapping::parse(&mapping_name, &mapping).map_err(Problem::from).map_err(|p| words.problem(&p))?.mapping.market;
    let actor = Actor::system("command-line");
    let merchant = merchant(&kernel, &actor, args, &market).await.map_err(|problem| words.problem(&problem))?;
    let new = NewImport {
        merchant_id: merchant,
        file_name: args.input.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        mapping_name,
        mapping,
        screen: args.screen,
    };
    let begun = import::begin_at(&kernel, &actor, new, &args.input).await.map_err(|problem| words.problem(&problem))?;
    if begun.rows_done > 0 {
        eprintln!("going on behind row {}", begun.rows_done);
    }
    let bar = progress_bar(&begun);
    let done = import::run_to_end(&kernel, &begun.id, &args.input, |progress| show(&bar, progress)).await;
    bar.finish_and_clear();
    let done = done.map_err(|problem| words.problem(&problem))?;
    if args.screen {
        screen(&kernel).await.map_err(|problem| words.problem(&problem))?;
    }
    open::write_ledger(&kernel, &config).await?;
    summary(&kernel, &actor, &done, &words).await.map_err(|problem| words.problem(&problem))?;
    Ok(if done.state == ImportState::Failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn mapping_of(name: &str) -> Result<(String, String)> {
    let path = Path::new(name);
    if path.is_file() {
        let large = std::fs::metadata(path)?.len() > mapping::MAPPING_BYTES_MAX as u64;
        anyhow::ensure!(!large, "{name}: a mapping has at most {} bytes", mapping::MAPPING_BYTES_MAX);
        return Ok((name.to_owned(), std::fs::read_to_string(path).with_context(|| name.to_owned())?));
    }
    let known: Vec<&str> = mapping::SHIPPED.iter().map(|(known, _)| *known).collect();
    let text = mapping::shipped(name).with_context(|| {
        format!("{name}: no such file, and no shipped mapping of that name (known: {})", known.join(", "))
    })?;
    Ok((name.to_owned(), text.to_owned()))
}

/// The merchant named by id, or by the name of its shop.
async fn merchant(kernel: &Kernel, actor: &Actor, args: &Args, market: &str) -> Result<String, Problem> {
    if let Some(id) = &args.merchant {
        return Ok(id.clone());
    }
    let name = args.new_merchant.clone().unwrap_or_default();
    let filter = merchants::Filter {
        search: Some(name.clone()),
        market: Some(market.to_owned()),
        ..merchants::Filter::default()
    };
    let found = merchants::list(kernel, actor, &filter, &Paging::default()).await?;
    if let Some(there) = found.rows.into_iter().find(|merchant| merchant.company.shop_name == name) {
        return Ok(there.id);
    }
    let company = merchants::Company { shop_name: name.clone(), legal_name: name, ..merchants::Company::default() };
    let change = merchants::Change { company: Some(company), ..merchants::Change::default() };
    Ok(merchants::create(kernel, actor, market, change).await?.id)
}

fn progress_bar(begun: &Import) -> ProgressBar {
    let bar = ProgressBar::new(begun.file_bytes);
    // The pattern is a constant of this file; where it did not parse, the plain bar would do.
    if let Ok(style) = ProgressStyle::with_template("{msg:>28} {bar:40} {percent:>3}% {elapsed} ({eta} left)") {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, progress: &Progress) {
    match progress.rows_total {
        Some(total) if total > 0 => {
            bar.set_length(total);
            bar.set_position(progress.rows_done.min(total));
            bar.set_message(format!("{} of {total} rows", progress.rows_done));
        }
        _ => {
            bar.set_length(progress.bytes_total.max(1));
            bar.set_position(progress.bytes_read);
            bar.set_message(format!("reading {}, {} lines", HumanBytes(progress.bytes_read), progress.lines_read));
        }
    }
}

/// Screens what was handed in, to the end.
async fn screen(kernel: &Kernel) -> Result<(), Problem> {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} screened {pos} listings, {per_sec}") {
        bar.set_style(style);
    }
    let jobs: Vec<kernel::Job> = listings::jobs().into_iter().filter(|job| job.name == listings::JOB).collect();
    for _ in 0..ROUNDS_MAX {
        let mut done = 0;
        for job in &jobs {
            done += (job.run)(kernel.clone()).await?;
        }
        bar.inc(done);
        if done == 0 {
            bar.finish_and_clear();
            return Ok(());
        }
    }
    Err(Problem::internal("the screening of the import did not come to an end"))
}

async fn summary(kernel: &Kernel, actor: &Actor, done: &Import, words: &Words) -> Result<(), Problem> {
    say!("import      {}  {}", done.id, done.state.name());
    say!("merchant    {}", done.merchant_id);
    say!("lines       {}", done.lines_read);
    for (status, count) in [
        (RowStatus::Created, done.created),
        (RowStatus::Updated, done.updated),
        (RowStatus::Unchanged, done.unchanged),
        (RowStatus::Refused, done.refused),
    ] {
        say!("{:<11} {count}", status.name());
    }
    for (rule, lines) in &done.skipped {
        say!("left out    {rule}: {lines}");
    }
    if done.screen {
        let counts = listings::counts(kernel, actor, Some(&done.merchant_id)).await?;
        for (state, count) in counts {
            say!("state       {}: {count}", words.text(&state.message_id()));
        }
    }
    let refused = import::rows(kernel, actor, &done.id, Some(RowStatus::Refused), 0, REFUSED_SHOWN).await?;
    for row in &refused {
        for reason in &row.reasons {
            say!("refused     {} {}", row.external_id, words.fault(&reason.fault(row.line)));
        }
    }
    if done.refused > refused.len() as u64 {
        say!("refused     and {} more", done.refused - refused.len() as u64);
    }
    if let Some(failed) = &done.failure {
        eprintln!("{}", words.fault(&import::run::fault_of(failed, &done.file_name)));
    }
    Ok(())
}
