//! SQL over the history, beside DuckDB: the same files, the same questions, CPU time (user and system) of both.

use crate::clock::processor_seconds;
use crate::table::{Table, quantile, shown as figure};
use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use lake::testing::{ORACLE, Question, fill, questions};
use lake::{Extra, Lake, Limits};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

const DAYS: i32 = 60;
const SIGNALS_A_DAY: u64 = 100_000;
/// Runs of each question that are measured, after one that is not.
const TIMES: u32 = 5;
const ZONE: &str = "Asia/Shanghai";
/// Names a python with the module duckdb; `make bench` sets it.
const PYTHON: &str = "TOUCHSTONE_TEST_DUCKDB";

/// Runs it.
pub async fn run() -> Result<Vec<Table>> {
    let folder = tempfile::tempdir()?;
    let (writing, lake) = write(folder.path())?;
    let questions = questions();
    let mut tables = vec![writing];
    for threads in [1, 2] {
        let lake = if threads == 2 { lake.clone() } else { read_with(folder.path(), 1)? };
        let ours = ours(&lake, &questions).await?;
        let theirs = theirs(folder.path(), &questions, threads)?;
        tables.push(compare(&questions, &ours, &theirs, threads));
    }
    Ok(tables)
}

fn limits(threads: usize) -> Limits {
    Limits { threads, memory_bytes: 4 << 30, seconds_max: 300, ..Limits::default() }
}

fn read_with(folder: &Path, threads: usize) -> Result<Lake> {
    Ok(Lake::open_to_read(folder, TimeZone::get(ZONE)?, limits(threads))?)
}

fn write(folder: &Path) -> Result<(Table, Lake)> {
    let lake = Lake::open(folder, TimeZone::get(ZONE)?, limits(2))?;
    let before = processor_seconds()?;
    fill(&lake, 11, DAYS, SIGNALS_A_DAY)?;
    let made = processor_seconds()? - before;
    let (files, rows) = counted(&lake)?;
    let bytes: u64 = lake.signal_files()?.iter().map(|file| file.bytes).sum();
    let before = processor_seconds()?;
    let keep = lake::Keep { signals_days: 10_000, day_rows_days: 10_000 };
    let mut merged = 0;
    loop {
        let done = lake.maintain(keep, lake::testing::FIRST_DAY + DAYS)?;
        if done.merged_files == 0 {
            break;
        }
        merged += done.merged_files;
    }
    let merging = processor_seconds()? - before;
    let mut table = Table::new("History: files", &["what", "figure"]);
    let mut row = |what: &str, value: String| table.row(&[what.to_owned(), value]);
    row("signals", figure(rows as f64));
    row("files before merging", figure(files as f64));
    row("bytes a signal", figure(bytes as f64 / rows as f64));
    row("CPU to make and write a signal, µs", figure(made * 1e6 / rows as f64));
    row("files merged", figure(merged as f64));
    row("CPU to merge a signal, µs", figure(merging * 1e6 / rows as f64));
    Ok((table, lake))
}

fn counted(lake: &Lake) -> Result<(usize, u64)> {
    let files = lake.signal_files()?;
    Ok((files.len(), files.iter().filter_map(|file| file.rows).sum()))
}

/// CPU seconds of each question: `None` where it was refused.
async fn ours(lake: &Lake, questions: &[Question]) -> Result<Vec<Option<f64>>> {
    let now = ground::Timestamp::from_micros(i64::from(lake::testing::FIRST_DAY + DAYS) * 86_400_000_000);
    let mut seconds = Vec::new();
    for question in questions {
        if lake.query(&question.sql, Extra::default(), now).await.is_err() {
            seconds.push(None);
            continue;
        }
        let before = processor_seconds()?;
        for _ in 0..TIMES {
            lake.query(&question.sql, Extra::default(), now).await?;
        }
        seconds.push(Some((processor_seconds()? - before) / f64::from(TIMES)));
    }
    Ok(seconds)
}

/// The same of DuckDB; empty where there is no DuckDB.
fn theirs(folder: &Path, questions: &[Question], threads: usize) -> Result<Vec<Option<f64>>> {
    let python = std::env::var(PYTHON).unwrap_or_default();
    if python.is_empty() {
        return Ok(Vec::new());
    }
    let work = tempfile::tempdir()?;
    let list: Vec<Value> = questions.iter().map(|one| json!({"name": one.name, "sql": one.sql})).collect();
    let (list_file, program) = (work.path().join("questions.json"), work.path().join("oracle.py"));
    std::fs::write(&list_file, Value::from(list).to_string())?;
    std::fs::write(&program, ORACLE)?;
    let said = Command::new(&python)
        .arg(&program)
        .arg(folder)
        .arg(&list_file)
        .args([ZONE, &threads.to_string(), &TIMES.to_string()])
        .output()
        .context("DuckDB")?;
    anyhow::ensure!(said.status.success(), "DuckDB: {}", String::from_utf8_lossy(&said.stderr));
    let lines = String::from_utf8(said.stdout)?;
    let read = |line: &str| -> Result<Option<f64>> { Ok(serde_json::from_str::<Value>(line)?["cpu_seconds"].as_f64()) };
    lines.lines().map(read).collect()
}

fn compare(questions: &[Question], ours: &[Option<f64>], theirs: &[Option<f64>], threads: usize) -> Table {
    let title = format!(
        "SQL beside DuckDB, CPU time, {threads} thread(s), {} signals",
        figure(SIGNALS_A_DAY as f64 * f64::from(DAYS))
    );
    let mut table = Table::new(&title, &["question", "touchstone ms", "DuckDB ms", "ratio"]);
    let (mut ratios, mut sum_ours, mut sum_theirs) = (Vec::new(), 0.0, 0.0);
    for (index, question) in questions.iter().enumerate() {
        let (a, b) = (ours.get(index).copied().flatten(), theirs.get(index).copied().flatten());
        let shown = |seconds: Option<f64>| seconds.map_or("–".to_owned(), |seconds| figure(seconds * 1e3));
        let ratio = a.zip(b).filter(|(_, b)| *b > 0.0).map(|(a, b)| a / b);
        if let Some((a, b)) = a.zip(b) {
            sum_ours += a;
            sum_theirs += b;
        }
        ratios.extend(ratio);
        table.row(&[question.name.clone(), shown(a), shown(b), ratio.map_or("–".to_owned(), figure)]);
    }
    if theirs.is_empty() {
        table.row(&["DuckDB is not here (scripts/duckdb gets it)".to_owned(), "–".into(), "–".into(), "–".into()]);
        return table;
    }
    let all = |value: f64| figure(value * 1e3);
    table.row(&["all together".into(), all(sum_ours), all(sum_theirs), figure(sum_ours / sum_theirs)]);
    table.row(&["median ratio".into(), "–".into(), "–".into(), figure(quantile(&mut ratios, 0.5))]);
    table
}
