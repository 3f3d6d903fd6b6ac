//! `touchstone ledger export | prove | verify | audit`.
//!
//! `verify`, and `audit --folder`, need nothing but files: no server, no database, no network. `export`, `prove` and
//! `audit` read the data folder and may run beside a server.

use crate::{Config, open};
use anyhow::{Context, Result, bail};
use ground::Problem;
use kernel::Kernel;
use ledger::View;
use ledger::audit::Audit;
use ledger::export::ExportSettings;
use ledger::offline::{Verification, VerifyRequest};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

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
    },
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
        Command::Verify { proof, key, opening } => {
            let folder = data_folder(args, file)?;
            let request = VerifyRequest {
                proof: proof.clone(),
                key: key.clone(),
                key_folders: vec![folder.join("ledger")],
                opening: opening.clone(),
            };
            Ok(print_verification(args.json, proof, ledger::offline::verify(&request)))
        }
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
        Command::Prove { act, out, opening } => {
            let (kernel, view) = open_for_reading(args, file).await?;
            prove(args.json, &kernel, &view, act, out.as_deref(), opening.as_deref()).await
        }
    }
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

async fn prove(
    json: bool,
    kernel: &Kernel,
    view: &View,
    act: &str,
    out: Option<&Path>,
    opening: Option<&Path>,
) -> Result<ExitCode> {
    let explain = |problem: Problem| match problem.code.code {
        "not_found" => anyhow::anyhow!("there is no act {act}"),
        "ledger_not_yet" => {
            anyhow::anyhow!("act {act} is not in a published tree yet: it will be when a server has run for a moment")
        }
        _ => anyhow::Error::new(problem),
    };
    let proof = ledger::proof::prove(kernel, view, act).await.map_err(explain)?;
    let path = out.map_or_else(|| PathBuf::from(format!("{act}.tlog-proof")), Path::to_owned);
    std::fs::write(&path, &proof.file).with_context(|| path.display().to_string())?;
    if let Some(path) = opening {
        let opening = proof.opening().context("the private part of this act was erased; there is nothing to open")?;
        std::fs::write(path, opening.to_json()).with_context(|| path.display().to_string())?;
    }
    if json {
        say!("{}", json!({"file": path, "act": act, "index": proof.index, "size": proof.checkpoint.size}));
    } else {
        say!("{}: act {act} is leaf {} of {}", path.display(), proof.index, proof.checkpoint.size);
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

fn print_verification(
    json: bool,
    path: &Path,
    result: Result<Verification, ledger::offline::OfflineError>,
) -> ExitCode {
    let proved = match result {
        Ok(proved) => proved,
        Err(error) if json => {
            say!("{}", json!({"file": path, "holds": false, "reason": error.to_string()}));
            return ExitCode::FAILURE;
        }
        Err(error) => {
            eprintln!("不成立 REFUSED {}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    };
    let verified = &proved.verified;
    let act = proved.leaf.as_ref().map(|leaf| &leaf.act);
    if json {
        let answer = json!({
            "file": path, "holds": true, "log": verified.checkpoint.origin, "index": verified.index,
            "size": verified.checkpoint.size, "root": verified.checkpoint.root.to_base64(), "key": proved.key,
            "signers": verified.signers, "act": act, "private": proved.opened,
        });
        say!("{answer}");
        return ExitCode::SUCCESS;
    }
    say!("成立 VERIFIED {}", path.display());
    say!(
        "log      {} (size {}, root {})",
        verified.checkpoint.origin, verified.checkpoint.size, verified.checkpoint.root
    );
    say!("leaf     {} (hash {}, {} steps to the root)", verified.index, verified.leaf, verified.steps.len());
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
            audit.entries, audit.tiles, audit.acts, audit.openings, audit.erased
        );
        say!("root {}", audit.root.as_deref().unwrap_or_default());
    }
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
