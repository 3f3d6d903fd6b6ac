//! `touchstone rating replay`: ratings computed again from their inputs, and their files proved against the ledger.

use super::words::Words;
use crate::{Config, open};
use anyhow::{Context, Result};
use clap::Subcommand;
use ledger::View;
use ratings::replay::{Ledger, Replayed, Request};
use ratings::{date_of, day_of};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Differences printed of one day.
const DIFFERENCES_SHOWN: usize = 10;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Data folder; from the settings when absent.
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Answer in JSON, one object a day.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Compute rated days again, compare every number with the day's file, and prove the file against the ledger.
    Replay {
        /// Only this closed day.
        #[arg(long, value_name = "YYYY-MM-DD")]
        day: Option<String>,
        /// Only this product: MERCHANT/NUMBER.
        #[arg(long, value_name = "KEY")]
        product: Option<String>,
    },
}

/// Runs it. The exit code is 1 where a number or a proof does not hold.
///
/// # Errors
/// When the folder cannot be opened, the day cannot be read, or was never computed.
pub async fn run(args: &Args, file: Option<&Path>) -> Result<ExitCode> {
    let words = Words::load()?;
    let mut config = Config::load(file, std::env::vars())?;
    if let Some(data) = &args.data {
        config.data.folder.clone_from(data);
    }
    let What::Replay { day, product } = &args.what;
    let day = match day {
        None => None,
        Some(text) => Some(day_of(text.parse().with_context(|| format!("{text} is no date: write YYYY-MM-DD"))?)),
    };
    let kernel = open::open(&config, false).await?.kernel;
    let folder = config.data.folder.join("ledger");
    let view = if folder.join("checkpoint").exists() { Some(View::open(&folder)?) } else { None };
    let request = Request { day, product: product.clone() };
    let replay = ratings::replay(&kernel, view.as_ref(), &request).await.map_err(|problem| words.problem(&problem))?;
    for day in &replay.days {
        if args.json {
            say!("{}", as_json(day));
        } else {
            tell(day);
        }
    }
    let compared: u64 = replay.days.iter().map(|day| day.compared).sum();
    if !args.json {
        match (replay.days.is_empty(), replay.holds()) {
            (true, _) => say!("No day has been rated yet."),
            (false, true) => {
                say!("{} days, {compared} ratings: every number follows from its inputs.", replay.days.len())
            }
            (false, false) => say!("It does not hold: see above."),
        }
        if view.is_none() {
            say!("There is no ledger in this folder: hashes were compared with the database alone.");
        }
    }
    Ok(if replay.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(day: &Replayed) {
    let date = date_of(day.day);
    say!("{date}: {} of {} ratings come out as they stand", day.equal, day.compared);
    if !day.hash_holds || !day.root_holds {
        say!("  the file is NOT the one that was kept: its hash or the root over its lines differs");
    }
    match &day.ledger {
        Ledger::Proved { act_id, index, size } => {
            say!(
                "  the file's hash and root stand in act {act_id}, leaf {index} of the signed tree with {size} leaves"
            );
        }
        Ledger::Broken(why) => say!("  NOT proved by the ledger: {why}"),
        Ledger::NotYet => say!("  its act is not in a published tree yet"),
        Ledger::NotAsked => {}
    }
    for one in day.differences.iter().take(DIFFERENCES_SHOWN) {
        let product = if one.product.is_empty() { "the head" } else { &one.product };
        say!("  line {}, {product}, {}: stands {}, computed {}", one.line, one.field, one.stored, one.computed);
    }
    if day.differences.len() > DIFFERENCES_SHOWN {
        say!("  and {} more", day.differences.len() - DIFFERENCES_SHOWN);
    }
}

fn as_json(day: &Replayed) -> serde_json::Value {
    let ledger = match &day.ledger {
        Ledger::Proved { act_id, index, size } => json!({"proved": true, "act": act_id, "index": index, "size": size}),
        Ledger::Broken(why) => json!({"proved": false, "why": why}),
        Ledger::NotYet => json!({"proved": false, "why": "not in a published tree yet"}),
        Ledger::NotAsked => json!({"proved": false, "why": "no ledger"}),
    };
    let differences: Vec<_> = day
        .differences
        .iter()
        .map(|one| {
            json!({"line": one.line, "product": one.product, "field": one.field, "stored": one.stored, "computed": one.computed})
        })
        .collect();
    json!({
        "day": date_of(day.day).to_string(),
        "compared": day.compared,
        "equal": day.equal,
        "hash_holds": day.hash_holds,
        "root_holds": day.root_holds,
        "ledger": ledger,
        "differences": differences,
        "holds": day.holds(),
    })
}
