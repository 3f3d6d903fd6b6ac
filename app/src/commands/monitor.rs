//! `touchstone ledger monitor`: follows a log over its static files, from anywhere. Exit code 0: it only grew; 1: the log is
//! at fault (a fork, leaves taken away, an altered file); 2: the visit could not be made.

use anyhow::{Context, Result, bail};
use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use ledger::disk::{Disk, LocalDisk, read_limited};
use ledger::key::parse_verifiers;
use ledger::monitor::{MonitorError, MonitorState, STATE_BYTES_MAX, visit};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tlog::TileReader;
use tlog::tile::{FILE_BYTES_MAX, ReadError};
use web::outbound::{Client, SystemResolver};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the log's files are: https://shop.example/ledger. A folder may be given too.
    #[arg(long)]
    url: String,
    /// Public key of the log: name+id+key, from a place you trust.
    #[arg(long)]
    key: String,
    /// What is remembered between visits; made at the first one.
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// List every act on this: kind:id, for instance merchant:0198….
    #[arg(long, value_name = "KIND:ID")]
    subject: Option<String>,
}

/// Files of a log over HTTP, for a thread that may wait.
struct HttpReader {
    client: Client,
    prefix: String,
    runtime: tokio::runtime::Handle,
}

impl TileReader for HttpReader {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let failed =
            |source: Box<dyn std::error::Error + Send + Sync>| ReadError::Failed { path: path.to_owned(), source };
        let address = format!("{}/{path}", self.prefix);
        let most = usize::try_from(FILE_BYTES_MAX).unwrap_or(usize::MAX);
        let sent = self.client.send_for(Method::GET, &address, HeaderMap::new(), Bytes::new(), most);
        let answer = self.runtime.block_on(sent).map_err(|error| failed(Box::new(error)))?;
        match answer.status {
            200 => Ok(Some(answer.body.to_vec())),
            404 | 410 => Ok(None),
            status => Err(failed(format!("{address} answered with status {status}").into())),
        }
    }
}

fn reader(url: &str) -> Result<Box<dyn TileReader + Send>> {
    if !url.contains("://") {
        return Ok(Box::new(ledger::view::DiskReader::new(Arc::new(LocalDisk::reader(Path::new(url))))));
    }
    // Whoever runs this names the address: it may be a private one.
    let allow: Vec<String> = proofs::witnesses::host_of(url).into_iter().collect();
    let client = Client::with_resolver(&allow, Arc::new(SystemResolver));
    client.parse(url).with_context(|| format!("--url {url}"))?;
    let runtime = tokio::runtime::Handle::current();
    Ok(Box::new(HttpReader { client, prefix: url.trim_end_matches('/').to_owned(), runtime }))
}

/// Makes one visit.
///
/// # Errors
/// For arguments that are none, and a state file that cannot be written.
pub async fn run(args: &Args, json: bool) -> Result<ExitCode> {
    let keys = match parse_verifiers(&args.key) {
        Ok(keys) if !keys.is_empty() => keys,
        Ok(_) => bail!("--key: give name+id+key"),
        Err(reason) => bail!("--key: {reason}"),
    };
    let origin = keys[0].name().to_owned();
    let subject = match args.subject.as_deref().map(|text| text.split_once(':')) {
        None => None,
        Some(Some((kind, id))) if !kind.is_empty() && !id.is_empty() => Some((kind.to_owned(), id.to_owned())),
        Some(_) => bail!("--subject: kind:id, for instance merchant:0198…"),
    };
    let state = match read_limited(&args.state, STATE_BYTES_MAX).with_context(|| args.state.display().to_string())? {
        None => None,
        Some(bytes) => {
            let state = MonitorState::parse(&bytes);
            Some(state.with_context(|| format!("{} is not a state of this command", args.state.display()))?)
        }
    };
    let reader = reader(&args.url)?;
    let before = state.clone();
    let visited =
        tokio::task::spawn_blocking(move || visit(reader.as_ref(), &origin, &keys, before.as_ref(), subject)).await?;
    match visited {
        Ok((next, seen)) => {
            keep(&args.state, next.to_json().as_bytes())?;
            print_visit(json, &next, &seen);
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => accuse(args, json, &error),
    }
}

/// Writes a file whole or not at all.
fn keep(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().and_then(|name| name.to_str()).context("the state file has no name")?;
    let disk = LocalDisk::reader(folder);
    let draft = format!("{name}.new");
    let write = || {
        disk.write(&draft, bytes)?;
        disk.sync_file(&draft)?;
        disk.rename(&draft, name)?;
        disk.sync_folder("")
    };
    write().with_context(|| path.display().to_string())
}

fn print_visit(json: bool, state: &MonitorState, seen: &ledger::monitor::Visit) {
    if json {
        let acts: Vec<_> = state
            .acts
            .iter()
            .map(
                |act| json!({"index": act.index, "id": act.id, "kind": act.kind, "at": act.at, "outcome": act.outcome}),
            )
            .collect();
        let answer = json!({
            "consistent": true, "old_size": seen.old_size, "size": seen.size, "root": seen.root.to_base64(),
            "hashed": seen.hashed, "new_acts": seen.new_acts, "acts": acts,
        });
        say!("{answer}");
        return;
    }
    say!("一致 CONSISTENT {} -> {} leaves ({} hashed), root {}", seen.old_size, seen.size, seen.hashed, seen.root);
    if let Some((kind, id)) = &state.subject {
        say!("{} acts on {kind}:{id}, {} new", state.acts.len(), seen.new_acts);
        for act in &state.acts {
            say!("{:>10}  {}  {}  {}  {}", act.index, act.at, act.kind, act.outcome, act.id);
        }
    }
}

/// Says what is wrong; both checkpoints of a fork are kept beside the state.
fn accuse(args: &Args, json: bool, error: &MonitorError) -> Result<ExitCode> {
    let mut evidence = None;
    if let MonitorError::Fork { older, newer, .. } = error {
        let path = PathBuf::from(format!("{}.fork", args.state.display()));
        keep(&path, format!("{older}\n{newer}").as_bytes())?;
        evidence = Some((path, older, newer));
    }
    if json {
        let (older, newer) = evidence.as_ref().map(|(_, older, newer)| (older, newer)).unzip();
        let answer = json!({
            "consistent": if error.accuses() { Some(false) } else { None }, "reason": error.to_string(),
            "older": older, "newer": newer, "evidence": evidence.as_ref().map(|(path, ..)| path),
        });
        say!("{answer}");
    } else if let Some((path, older, newer)) = &evidence {
        eprintln!("分叉 FORK {error}\n\n{older}\n{newer}");
        eprintln!("evidence kept in {}", path.display());
    } else if error.accuses() {
        eprintln!("发现差异 DIFFERENCE {error}");
    } else {
        eprintln!("无法核对 COULD NOT CHECK {error}");
    }
    Ok(if error.accuses() { ExitCode::from(1) } else { ExitCode::from(2) })
}
