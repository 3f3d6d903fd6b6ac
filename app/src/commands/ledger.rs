//! `touchstone ledger key | export | prove | verify | audit | monitor`.
//!
//! `verify`, and `audit --folder`, need nothing but files: no server, no database, no network (but `verify --rpc`, which asks
//! a chain's node). `export`, `prove` and `audit` read the data folder and may run beside a server. `monitor` is a command
//! of its own ([`super::monitor`]).

use crate::{Config, open};
use anyhow::{Context, Result, bail};
use ground::{Problem, SystemRng};
use kernel::{Actor, Kernel};
use ledger::View;
use ledger::audit::Audit;
use ledger::export::ExportSettings;
use ledger::offline::{Anchored, Verification, VerifyRequest};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use web::outbound::{Client, SystemResolver};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Data folder; the one of the settings by default.
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Answer in JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Copy the log, its public key and its acts into a folder that can be checked anywhere.
    Export {
        /// A new or empty folder.
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
        /// Include private parts and salts. Personal data: only for who may see it.
        #[arg(long)]
        private: bool,
    },
    /// Write the proof file of an act.
    Prove {
        /// Id of the act.
        act: String,
        /// Where to; ACT.tlog-proof here by default.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Also write the private part with its salt. Personal data: only for who may see it.
        #[arg(long, value_name = "FILE")]
        opening: Option<PathBuf>,
        /// Prove the act in a tree that stands outside too, and write the receipt of where.
        #[arg(long, value_name = "FILE")]
        anchor: Option<PathBuf>,
    },
    /// Check a proof file. Needs no server and no network.
    Verify {
        /// The proof file.
        proof: PathBuf,
        /// Public key of the log: name+id+key. Without it, `verifier.key` beside the proof or in the data folder is used.
        #[arg(long)]
        key: Option<String>,
        /// A file with the act's private part and salt, to check it against the commitment.
        #[arg(long, value_name = "FILE")]
        opening: Option<PathBuf>,
        /// Public key of a witness whose cosignature counts: name+id+key. May be repeated.
        #[arg(long = "witness", value_name = "KEY")]
        witnesses: Vec<String>,
        /// How many of the witnesses must have cosigned; all of them by default.
        #[arg(long, value_name = "N", requires = "witnesses")]
        quorum: Option<usize>,
        /// A receipt of an anchor, or a whole anchor file: the proof's tree must stand there.
        #[arg(long, value_name = "FILE")]
        anchor: Option<PathBuf>,
        /// Node of the chain that the receipt names: the transaction is looked up there.
        #[arg(long, value_name = "URL", requires = "anchor")]
        rpc: Option<String>,
    },
    /// Print the public key of the log, which its witnesses need; a data folder that has none yet gets its key now.
    Key,
    /// Follow a log over its static files: it must only grow, and the acts on a subject are listed.
    Monitor(super::monitor::Args),
    /// Re-read the whole log, recheck every hash, signature and act, and name the first difference.
    Audit {
        /// An exported folder to check without a database, instead of the data folder.
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
        /// Public key of the log: name+id+key. Without it, the folder's own `verifier.key` is used.
        #[arg(long, requires = "folder")]
        key: Option<String>,
        /// A checkpoint kept from before: the log must be its continuation.
        #[arg(long, value_name = "FILE")]
        since: Option<PathBuf>,
    },
}

/// Runs it. The exit code is 1 for a proof that does not hold and a log with a difference.
///
/// # Errors
/// With what could not be opened, read or written.
pub async fn run(args: &Args, file: Option<&Path>) -> Result<ExitCode> {
    match &args.command {
        Command::Verify { proof, key, opening, witnesses, quorum, anchor, rpc } => {
            let folder = data_folder(args, file)?;
            let request = VerifyRequest {
                proof: proof.clone(),
                key: key.clone(),
                key_folders: vec![folder.join("ledger")],
                opening: opening.clone(),
                witnesses: witnesses.clone(),
                witnesses_needed: quorum.unwrap_or(witnesses.len()),
                anchor: anchor.clone(),
            };
            let verified = ledger::offline::verify(&request);
            let blocks = match (&verified, rpc) {
                (Ok(verification), Some(rpc)) => match look_up(verification, rpc).await {
                    Ok(blocks) => Some(blocks),
                    Err(reason) => return Ok(refuse(args.json, proof, &reason)),
                },
                _ => None,
            };
            Ok(print_verification(args.json, proof, verified, blocks))
        }
        Command::Key => print_key(args, file),
        Command::Monitor(monitor) => super::monitor::run(monitor, args.json).await,
        Command::Audit { folder: Some(folder), key, since } => {
            let audit = ledger::offline::audit_folder(folder, key.as_deref(), since.as_deref())?;
            Ok(print_audit(args.json, &audit))
        }
        Command::Audit { folder: None, since, .. } => {
            let (kernel, view) = open_for_reading(args, file).await?;
            let mut audit = ledger::audit::audit(&kernel, &view).await.map_err(anyhow::Error::new)?;
            if let (None, Some(path)) = (&audit.difference, since) {
                let kept = std::fs::read(path).with_context(|| path.display().to_string())?;
                audit.difference = view.extends(&kept).err().map(|error| format!("{}: {error}", path.display()));
            }
            Ok(print_audit(args.json, &audit))
        }
        Command::Export { out, private } => {
            let (kernel, view) = open_for_reading(args, file).await?;
            export(args.json, &kernel, &view, out, *private).await
        }
        Command::Prove { act, out, opening, anchor } => {
            let (kernel, view) = open_for_reading(args, file).await?;
            let files = Files { out: out.as_deref(), opening: opening.as_deref(), anchor: anchor.as_deref() };
            prove(args.json, &kernel, &view, act, &files).await
        }
    }
}

/// The key of the log. It must stand before the first start where witnesses are set: they want to know the log's key, and
/// the log's settings name theirs.
fn print_key(args: &Args, file: Option<&Path>) -> Result<ExitCode> {
    let config = Config::load(file, std::env::vars())?;
    let folder = args.data.as_ref().unwrap_or(&config.data.folder).join("ledger");
    let secret = crate::config::secret(&config.ledger.secret_file).context("[ledger] secret_file")?;
    let secret = (!secret.is_empty()).then_some(secret.as_str());
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let key = ledger::key::load_or_make(&folder, &config.ledger.origin, secret, &SystemRng)?;
    if args.json {
        say!("{}", json!({"key": key.verifier().to_string(), "origin": config.ledger.origin}));
    } else {
        say!("{}", key.verifier());
    }
    Ok(ExitCode::SUCCESS)
}

fn data_folder(args: &Args, file: Option<&Path>) -> Result<PathBuf> {
    match &args.data {
        Some(folder) => Ok(folder.clone()),
        None => Ok(Config::load(file, std::env::vars())?.data.folder),
    }
}

async fn open_for_reading(args: &Args, file: Option<&Path>) -> Result<(Kernel, View)> {
    let mut config = Config::load(file, std::env::vars())?;
    if let Some(folder) = &args.data {
        config.data.folder.clone_from(folder);
    }
    let folder = config.data.folder.join("ledger");
    if !folder.join("checkpoint").exists() {
        bail!("there is no ledger in {}: name the data folder with --data", folder.display());
    }
    let opened = open::open(&config, false).await?;
    let view = View::open(&folder)?;
    Ok((opened.kernel, view))
}

async fn export(json: bool, kernel: &Kernel, view: &View, out: &Path, private: bool) -> Result<ExitCode> {
    let settings = ExportSettings { folder: out.to_owned(), private };
    let export =
        ledger::export::export(kernel, view, &settings).await.map_err(|problem| match problem.faults.is_empty() {
            true => anyhow::Error::new(problem),
            false => anyhow::anyhow!("{} is not empty: give a new folder", out.display()),
        })?;
    if json {
        let (size, root, acts) = (export.size, &export.root, export.acts);
        say!(
            "{}",
            json!({"folder": out, "size": size, "root": root, "files": export.files, "bytes": export.bytes, "acts": acts})
        );
    } else {
        say!(
            "{}: {} leaves, {} files, {} bytes, {} acts",
            out.display(),
            export.size,
            export.files,
            export.bytes,
            export.acts
        );
        say!("root {}", export.root);
        say!("check it anywhere with: touchstone ledger audit --folder {}", out.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Where a proof and what belongs to it are written.
struct Files<'a> {
    out: Option<&'a Path>,
    opening: Option<&'a Path>,
    anchor: Option<&'a Path>,
}

async fn prove(json: bool, kernel: &Kernel, view: &View, act: &str, files: &Files<'_>) -> Result<ExitCode> {
    let explain = |problem: Problem| match problem.code.code {
        "not_found" => anyhow::anyhow!("there is no act {act}"),
        "ledger_not_yet" => {
            anyhow::anyhow!("act {act} is not in a published tree yet: it will be when a server has run for a moment")
        }
        _ => anyhow::Error::new(problem),
    };
    let proof = match files.anchor {
        None => ledger::proof::prove(kernel, view, act).await.map_err(explain)?,
        Some(path) => {
            let found = proofs::anchors::proof(kernel, view, &Actor::system("ledger"), act).await.map_err(explain)?;
            let (proof, receipt) = found.context("no anchored tree holds this act yet")?;
            std::fs::write(path, receipt.to_json()).with_context(|| path.display().to_string())?;
            proof
        }
    };
    let path = files.out.map_or_else(|| PathBuf::from(format!("{act}.tlog-proof")), Path::to_owned);
    std::fs::write(&path, &proof.file).with_context(|| path.display().to_string())?;
    if let Some(path) = files.opening {
        let opening = proof.opening().context("the private part of this act was erased; there is nothing to open")?;
        std::fs::write(path, opening.to_json()).with_context(|| path.display().to_string())?;
    }
    if json {
        let witnesses: Vec<&str> = proof.cosigned.iter().map(|one| one.witness.as_str()).collect();
        let (index, size) = (proof.index, proof.checkpoint.size);
        say!("{}", json!({"file": path, "act": act, "index": index, "size": size, "witnesses": witnesses}));
    } else {
        say!(
            "{}: act {act} is leaf {} of {}, {} witnesses",
            path.display(),
            proof.index,
            proof.checkpoint.size,
            proof.cosigned.len()
        );
        say!(
            "check it anywhere with: touchstone ledger verify {} --key {}",
            path.display(),
            view.verifier_text().trim()
        );
    }
    if !proof.agrees {
        bail!("the act in the database no longer says what its leaf says: run touchstone ledger audit");
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks a chain's node for the transaction of a receipt. Returns how many blocks stand on it.
async fn look_up(proved: &Verification, rpc: &str) -> Result<u64, String> {
    let Some(Anchored::Receipt { receipt, digest }) = &proved.anchored else {
        return Err("--rpc: the anchor is not a receipt of a chain".to_owned());
    };
    let allow: Vec<String> = proofs::witnesses::host_of(rpc).into_iter().collect();
    let client = Client::with_resolver(&allow, Arc::new(SystemResolver));
    let expected = hex_bytes(digest).ok_or("the digest is not hexadecimal")?;
    let found = proofs::anchors::chain::look_up(&client, rpc, &receipt.reference, &expected).await;
    match found {
        Ok(Some(blocks)) => Ok(blocks),
        Ok(None) => Err(format!("the chain has no transaction {}", receipt.reference)),
        Err(error) => Err(error.to_string()),
    }
}

fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn refuse(json: bool, path: &Path, reason: &str) -> ExitCode {
    if json {
        say!("{}", json!({"file": path, "holds": false, "reason": reason}));
    } else {
        eprintln!("不成立 REFUSED {}: {reason}", path.display());
    }
    ExitCode::FAILURE
}

fn print_verification(
    json: bool,
    path: &Path,
    result: Result<Verification, ledger::offline::OfflineError>,
    blocks: Option<u64>,
) -> ExitCode {
    let proved = match result {
        Ok(proved) => proved,
        Err(error) => return refuse(json, path, &error.to_string()),
    };
    let verified = &proved.verified;
    let act = proved.leaf.as_ref().map(|leaf| &leaf.act);
    if json {
        let answer = json!({
            "file": path, "holds": true, "log": verified.checkpoint.origin, "index": verified.index,
            "size": verified.checkpoint.size, "root": verified.checkpoint.root.to_base64(), "key": proved.key,
            "signers": verified.signers, "act": act, "private": proved.opened,
            "witnesses": verified.cosigned.iter().map(|one| json!({"name": one.witness, "at": one.timestamp_seconds})).collect::<Vec<_>>(),
            "anchor": proved.anchored.as_ref().map(|anchored| anchor_words(anchored, blocks)),
        });
        say!("{answer}");
        return ExitCode::SUCCESS;
    }
    say!("成立 VERIFIED {}", path.display());
    say!(
        "log      {} (size {}, root {})",
        verified.checkpoint.origin,
        verified.checkpoint.size,
        verified.checkpoint.root
    );
    say!("leaf     {} (hash {}, {} steps to the root)", verified.index, verified.leaf, verified.steps.len());
    for one in &verified.cosigned {
        say!("witness  {} at {}", one.witness, time_text(one.timestamp_seconds));
    }
    if let Some(anchored) = &proved.anchored {
        say!("anchor   {}", anchor_words(anchored, blocks));
    }
    match &proved.key_file {
        Some(file) => say!("key      {} (from {}: compare it with one you trust)", proved.key, file.display()),
        None => say!("key      {}", proved.key),
    }
    match act {
        Some(act) => say!("act      {act:#}"),
        None => say!("entry    {}", String::from_utf8_lossy(&verified.entry)),
    }
    if let Some(private) = &proved.opened {
        say!("private  {private:#} (is the one the leaf commits to)");
    }
    ExitCode::SUCCESS
}

/// POSIX seconds as RFC 3339.
fn time_text(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    ground::Timestamp::from_micros(seconds.saturating_mul(ground::time::SECOND_MICROS)).to_rfc3339()
}

fn anchor_words(anchored: &Anchored, blocks: Option<u64>) -> String {
    match (anchored, blocks) {
        (Anchored::Line { number, at }, _) => format!("line {number}, signed {}", at.to_rfc3339()),
        (Anchored::Receipt { receipt, digest }, Some(blocks)) => {
            format!("{} {}: found, {blocks} blocks on it, data 0x{digest}", receipt.kind, receipt.reference)
        }
        (Anchored::Receipt { receipt, .. }, None) if receipt.kind == "file" => format!(
            "line {} of {} at {}: look there for this checkpoint, or hand in the file itself",
            receipt.reference,
            receipt.place,
            receipt.at.to_rfc3339(),
        ),
        (Anchored::Receipt { receipt, digest }, None) => format!(
            "{} {} {} at {}: look there for the data 0x{digest}",
            receipt.kind,
            receipt.place,
            receipt.reference,
            receipt.at.to_rfc3339()
        ),
    }
}

fn print_audit(json: bool, audit: &Audit) -> ExitCode {
    let holds = audit.difference.is_none();
    if json {
        let answer = json!({
            "holds": holds, "difference": audit.difference, "size": audit.size, "root": audit.root,
            "entries": audit.entries, "tiles": audit.tiles, "acts": audit.acts, "openings": audit.openings, "erased": audit.erased,
        });
        say!("{answer}");
    } else if let Some(difference) = &audit.difference {
        eprintln!("发现差异 DIFFERENCE {difference}");
    } else {
        say!(
            "一致 CONSISTENT {} leaves, {} tiles, {} acts, {} private parts opened, {} erased",
            audit.entries,
            audit.tiles,
            audit.acts,
            audit.openings,
            audit.erased
        );
        say!("root {}", audit.root.as_deref().unwrap_or_default());
    }
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
