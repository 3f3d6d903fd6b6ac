//! `touchstone policy check DIR` and `touchstone policy test DIR`: packs without a server.

use anyhow::Result;
use clap::Subcommand;
use policy::{Bilingual, Diagnostic, Diagnostics, Packs, Place, TestRun};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `policy`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check the packs below a folder (cn/, us/, …): columns, dates, laws, conditions, references.
    Check(Folder),
    /// Run the inline tests of the packs below a folder.
    Test(Tests),
}

#[derive(Debug, clap::Args)]
struct Folder {
    /// Folder with one folder a market; the packs that come with the product when left out.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Tests {
    #[command(flatten)]
    folder: Folder,
    /// The day the rows are tested for; today when left out.
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<jiff::civil::Date>,
    /// Only this table.
    #[arg(long)]
    table: Option<String>,
    /// Only this row.
    #[arg(long)]
    row: Option<String>,
}

/// Runs the command. Faults go to standard error, one a line as `file:line:column [row] code: english / 中文`; the exit
/// code says whether there were any.
///
/// # Errors
/// Never for a fault of a pack: that is the exit code.
pub fn run(args: &Args) -> Result<ExitCode> {
    match &args.command {
        Verb::Check(folder) => match check(folder) {
            Ok(packs) => {
                for pack in packs.iter() {
                    let rows: usize = pack.table_names().map(|table| pack.written_rows(table).len()).sum();
                    let tables = pack.table_names().count();
                    say!("{}: {tables} tables, {rows} rows, version {}", pack.market(), pack.version());
                }
                Ok(ExitCode::SUCCESS)
            }
            Err(faults) => Ok(refused(&faults)),
        },
        Verb::Test(tests) => match check(&tests.folder).and_then(|packs| run_tests(&packs, tests)) {
            Ok(all) => Ok(report(&all)),
            Err(faults) => Ok(refused(&faults)),
        },
    }
}

fn check(folder: &Folder) -> Result<Packs, Diagnostics> {
    if let Some(folder) = &folder.folder {
        return Packs::from_folder_checked(folder, policies::tables());
    }
    let packs = policy::shipped();
    for pack in packs.iter() {
        policies::tables().check(pack)?;
    }
    Ok(packs)
}

fn run_tests(packs: &Packs, tests: &Tests) -> Result<Vec<(String, TestRun)>, Diagnostics> {
    use ground::Clock as _;
    let today = || ground::SystemClock.now().date_in(&jiff::tz::TimeZone::system());
    let date = tests.date.unwrap_or_else(today);
    if let Some(row) = &tests.row
        && !packs.iter().any(|pack| pack.has_row(row))
    {
        let message = Bilingual::new(format!("没有 id 为“{row}”的行"), format!("There is no row `{row}`"));
        return Err(Diagnostic::at(&Place::file("--row"), "policy_row_unknown", message).into());
    }
    packs
        .iter()
        .map(|pack| {
            let run = policies::tables().run_tests(pack, date, tests.table.as_deref(), tests.row.as_deref())?;
            Ok((pack.market().to_owned(), run))
        })
        .collect()
}

fn refused(faults: &Diagnostics) -> ExitCode {
    eprintln!("{faults}");
    eprintln!("{} faults", faults.0.len());
    ExitCode::FAILURE
}

fn report(all: &[(String, TestRun)]) -> ExitCode {
    let mut failed = 0;
    for (market, run) in all {
        for failure in &run.failures {
            eprintln!(
                "{}:{} [{}] {} / {}",
                failure.file, failure.line, failure.row, failure.message.en, failure.message.zh
            );
        }
        failed += run.failures.len();
        say!("{market}: {} passed, {} failed", run.passed, run.failures.len());
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
