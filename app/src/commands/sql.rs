//! `touchstone sql`: a question to the history of a data folder, also beside a running server.

use super::words::Words;
use crate::Config;
use anyhow::{Context, Result};
use clap::ValueEnum;
use ground::{Clock, Fault, Problem, SystemClock};
use jiff::tz::TimeZone;
use lake::output::Json;
use lake::{Answer, Extra, Lake, Limits, QueryError, Tail};
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use stream::Signal;
use stream::block::{self, Content};
use stream::calendar::Calendar;

/// Ask the history in SQL.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// One SELECT, WITH, EXPLAIN, DESCRIBE or SHOW TABLES statement; - reads it from standard input
    sql: String,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
    /// Where to write; standard output when absent
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Data folder; from the settings when absent
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Most rows of the answer
    #[arg(long, default_value_t = 1_000_000)]
    rows: usize,
    /// Most seconds it may take
    #[arg(long, default_value_t = 300)]
    seconds: u64,
    /// Most memory, MiB
    #[arg(long, default_value_t = 2_048)]
    memory: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Columns side by side
    Table,
    /// Comma-separated values with a header
    Csv,
    /// One JSON array of objects
    Json,
    /// One JSON object a line
    Ndjson,
    /// A Parquet file
    Parquet,
}

/// Runs it.
///
/// # Errors
/// When the question is refused (in words, with the place), or the folder or the output cannot be used.
pub async fn run(args: &Args, file: Option<&Path>) -> Result<ExitCode> {
    let words = Words::load()?;
    let mut config = Config::load(file, std::env::vars())?;
    if let Some(data) = &args.data {
        config.data.folder.clone_from(data);
    }
    anyhow::ensure!(config.data.folder.is_dir(), "there is no data folder {}", config.data.folder.display());
    let zone = jiff::tz::TimeZone::get(&config.time.zone).context("[time] zone")?;
    let limits = Limits {
        rows_max: args.rows.max(1),
        seconds_max: args.seconds.max(1),
        memory_bytes: args.memory.max(16) << 20,
        result_bytes_max: (args.memory.max(16) << 20) / 2,
        ..Limits::default()
    };
    let folder = signals::Settings::in_data(&config.data.folder);
    let lake = Lake::open_to_read(&folder.lake, zone.clone(), limits).context("history")?;
    let tail = LogAsItLies { folder: folder.folder.join("log"), zone };
    let now =
        ground::Timestamp::from_micros(SystemClock.now().micros() + crate::open::read_offset(&config.data.folder));
    let answer = match lake.query(&text(&args.sql)?, Extra::default().with_tail(Arc::new(tail)), now).await {
        Ok(answer) => answer,
        Err(error) => return Err(refused(&words, &error)),
    };
    write(args, &answer).context("output")?;
    if answer.truncated {
        eprintln!("{}", words.text("insight-truncated-terminal"));
    }
    Ok(ExitCode::SUCCESS)
}

/// The log of a data folder, read beside a server that may be writing it.
struct LogAsItLies {
    folder: PathBuf,
    zone: TimeZone,
}

impl Tail for LogAsItLies {
    fn first_sequence(&self) -> u64 {
        segments::read_folder(&self.folder, u64::MAX).map_or(0, |(first, _)| first)
    }

    fn read(&self, from: u64, each: &mut dyn FnMut(u64, i32, &Signal<'_>) -> bool) -> std::io::Result<()> {
        if !self.folder.is_dir() {
            return Ok(());
        }
        let mut calendar = Calendar::new(self.zone.clone());
        let (_, blocks) = segments::read_folder(&self.folder, from).map_err(std::io::Error::other)?;
        for block in blocks {
            // What is damaged is named by the server; the rest is answered.
            let Ok(block) = block else { continue };
            let Ok(read) = block::read(&block.payload) else { continue };
            let Content::Signals(signals) = read.content else { continue };
            for signal in signals.iter().flatten() {
                if !each(block.sequence, calendar.day_of(signal.at_us), &signal) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

fn text(sql: &str) -> Result<String> {
    if sql != "-" {
        return Ok(sql.to_owned());
    }
    let mut text = String::new();
    let most = lake::query::SQL_BYTES_MAX as u64 + 1;
    std::io::stdin().lock().take(most).read_to_string(&mut text).context("standard input")?;
    Ok(text)
}

fn refused(words: &Words, error: &QueryError) -> anyhow::Error {
    let problem = Problem::from(insight::Error::Query(error.clone()));
    match problem.faults.first() {
        // The place is a place in the statement: `line 1, column 8: …`.
        Some(fault) => {
            let place = ground::problem::Place { field: None, ..fault.place.clone() };
            anyhow::anyhow!("{}", words.fault(&Fault { place, ..fault.clone() }))
        }
        None => words.problem(&problem),
    }
}

fn write(args: &Args, answer: &Answer) -> Result<()> {
    match &args.out {
        Some(path) => {
            let mut out = BufWriter::new(File::create(path).with_context(|| path.display().to_string())?);
            write_to(args.format, answer, &mut out)?;
            Ok(out.flush()?)
        }
        None => {
            let out = std::io::stdout();
            anyhow::ensure!(
                args.format != Form::Parquet || !out.is_terminal(),
                "Parquet is not for the terminal: name a file with --out"
            );
            let mut out = BufWriter::new(out);
            let written = write_to(args.format, answer, &mut out).and_then(|()| Ok(out.flush()?));
            match written {
                // Who reads has seen enough: `| head`.
                Err(error) if is_broken_pipe(&error) => Ok(()),
                other => other,
            }
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
            || matches!(cause.downcast_ref::<lake::Error>(), Some(lake::Error::Disk(error)) if error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

fn write_to(form: Form, answer: &Answer, out: &mut (impl Write + Send)) -> Result<()> {
    match form {
        Form::Table => answer.write_table(out)?,
        Form::Csv => answer.write_csv(out)?,
        Form::Json => answer.write_json(Json::Array, out)?,
        Form::Ndjson => answer.write_json(Json::Lines, out)?,
        Form::Parquet => answer.write_parquet(out)?,
    }
    Ok(())
}
