//! `touchstone risk train|card|score`: the risk model of a data folder from the command line.

use super::words::Words;
use crate::{Config, open};
use anyhow::Result;
use clap::Subcommand;
use kernel::{Actor, Kernel, Paging};
use risk::{Scored, Version};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

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
    /// Train a new version on the examples there are and say how good it is. What is in force does not change.
    Train,
    /// Print the model card of a version as JSON; the newest when none is named.
    Card {
        /// The number of the version.
        version: Option<i64>,
    },
    /// Print the newest stored score of a product with its contributions, which sum to it.
    Score {
        /// Merchant id.
        merchant: String,
        /// The shop's number of the product.
        product: String,
    },
}

/// Runs it.
///
/// # Errors
/// When the folder cannot be opened or there is no such version or score.
pub async fn run(args: &Args, file: Option<&Path>) -> Result<ExitCode> {
    let words = Words::load()?;
    let mut config = Config::load(file, std::env::vars())?;
    if let Some(data) = &args.data {
        config.data.folder.clone_from(data);
    }
    let kernel = open::open(&config, false).await?.kernel;
    let actor = Actor::system("command-line");
    let done = match &args.what {
        What::Train => train(&kernel, &actor).await,
        What::Card { version } => card(&kernel, &actor, *version).await,
        What::Score { merchant, product } => risk::score::stored(&kernel, &actor, merchant, product).await.map(show),
    };
    done.map_err(|problem| words.problem(&problem))?;
    open::write_ledger(&kernel, &config).await?;
    Ok(ExitCode::SUCCESS)
}

async fn train(kernel: &Kernel, actor: &Actor) -> kernel::Result<()> {
    let version = risk::train_now(kernel, actor).await?;
    say!("version {}: {}", version.number, version.state.name());
    let Some(card) = &version.card else { return Ok(()) };
    say!("{} examples, {} of them wrong", card.examples, card.positives);
    if let (Some(ours), Some(prior)) = (&card.quality, &card.prior) {
        let (auc, of_prior) = (&ours.auc, &prior.auc);
        say!("AUC {:.4} ({:.4} to {:.4}); the prior {:.4}", auc.value, auc.lower, auc.upper, of_prior.value);
        say!("log loss {:.4}; the prior {:.4}", ours.log_loss.value, prior.log_loss.value);
    }
    for reason in &card.against {
        say!("may not be put in force: {reason}");
    }
    Ok(())
}

async fn card(kernel: &Kernel, actor: &Actor, number: Option<i64>) -> kernel::Result<()> {
    let version: Version = match number {
        Some(number) => risk::version(kernel, actor, number).await?,
        None => {
            let newest = risk::versions(kernel, actor, &Paging::new(1, 1)).await?.rows.into_iter().next();
            let Some(newest) = newest else {
                say!("no version was trained yet: the stated prior scores (`touchstone risk train` trains one)");
                return Ok(());
            };
            newest
        }
    };
    let card = serde_json::to_string_pretty(&version.card).map_err(ground::Problem::internal)?;
    say!("{card}");
    Ok(())
}

fn show(scored: Scored) {
    say!("{} / {} {}", scored.merchant, scored.product, scored.title);
    say!("probability {:.4} ({}), model {}", scored.probability, scored.band.name(), scored.model);
    say!("{:>12}  start", format!("{:+.6}", scored.bias));
    let mut parts: Vec<_> = scored.contributions.iter().filter(|part| part.contribution != 0.0).collect();
    parts.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
    for part in parts {
        let value = part.value.map_or_else(|| "missing".to_owned(), |value| format!("{value:.4}"));
        say!("{:>12}  {} = {value}", format!("{:+.6}", part.contribution), part.feature);
    }
    say!("{:>12}  score, log odds", format!("{:+.6}", scored.raw));
    say!("advice, never the only ground of a decision");
}
