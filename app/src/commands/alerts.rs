//! `touchstone alerts`: what detectors found, for a terminal or a script.

use super::words::Words;
use crate::{Config, open};
use alerts::State;
use alerts::list::{Filter, list};
use anyhow::{Context, Result, anyhow};
use detectors::{Family, Level};
use kernel::{Actor, Paging};
use std::path::{Path, PathBuf};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Data folder; from the settings when absent.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Where they stand: open, acknowledged, in_action, closed; all when absent.
    #[arg(long, value_name = "STATE")]
    state: Vec<String>,
    /// What trouble: quality, sales, reviews, price, codes.
    #[arg(long, value_name = "FAMILY")]
    family: Option<String>,
    /// How strongly: watch, enforcement.
    #[arg(long, value_name = "LEVEL")]
    level: Option<String>,
    /// A part of the title or of the key.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// One JSON object a line, with curve and figures, as the API answers.
    #[arg(long)]
    json: bool,
}

/// Runs it.
///
/// # Errors
/// When the folder cannot be opened or a word is not known.
pub async fn run(args: &Args, file: Option<&Path>) -> Result<()> {
    let words = Words::load()?;
    let mut config = Config::load(file, std::env::vars())?;
    if let Some(data) = &args.data {
        config.data.folder.clone_from(data);
    }
    let states = args.state.iter().map(|name| State::from_name(name).with_context(|| unknown("state", name)));
    let filter = Filter {
        states: states.collect::<Result<_>>()?,
        family: named("family", args.family.as_deref(), Family::from_name)?,
        level: named("level", args.level.as_deref(), Level::from_name)?,
        search: args.search.clone(),
        ..Filter::default()
    };
    let kernel = open::open(&config, false).await?.kernel;
    let actor = Actor::system("command-line");
    let mut paging = Paging::new(1, ground::limits::PAGE_ROWS_MAX);
    loop {
        let page = list(&kernel, &actor, &filter, &paging).await.map_err(|problem| words.problem(&problem))?;
        if page.total == 0 && !args.json {
            say!("There is no such alert.");
        }
        let pages = page.pages();
        for alert in page.rows {
            if args.json {
                say!("{}", alerts::as_json(alert));
            } else {
                let since = signals::model::day_date(alert.since_day);
                let last = signals::model::day_date(alert.last_day);
                let counted = alert.measure.map(|measure| measure.name()).unwrap_or_default();
                say!(
                    "{:<12} {:<12} {:<8} {since} to {last}  {:<11} {:<11} {:<28} {}",
                    alert.state.name(),
                    alert.level.name(),
                    alert.family.name(),
                    alert.method.name(),
                    counted,
                    alert.subject.key,
                    alert.about.title
                );
            }
        }
        if paging.page >= pages {
            return Ok(());
        }
        paging.page += 1;
    }
}

fn named<T>(what: &str, name: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
    name.map(|name| read(name).ok_or_else(|| anyhow!(unknown(what, name)))).transpose()
}

fn unknown(what: &str, name: &str) -> String {
    format!("there is no {what} {name:?}; `touchstone alerts --help` names them")
}
