//! `touchstone witness`: a witness of logs (C2SP tlog-witness). It remembers the newest tree of each log, signs a tree only
//! when it extends that one, and keeps it durably before it signs. It needs nothing of the rest of the product.

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use ground::time::SECOND_MICROS;
use ground::{Clock, SystemClock, SystemRng};
use ledger::disk::LocalDisk;
use ledger::key::{KeyOf, load_or_make_of};
use ledger::witness::{NotSigned, WatchedLog, Witness};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tlog::witness::{MESSAGE_BYTES_MAX, Refusal, SIZE_TYPE};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Messages worked on at the same time; more are told to come back.
const AT_ONCE_MAX: usize = 64;
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its folder: key, newest trees, evidence of forks. One process at a time.
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,
    /// Where it listens.
    #[arg(long, default_value = "127.0.0.1")]
    address: String,
    /// Port; 0 takes a free one.
    #[arg(long)]
    port: u16,
    /// Its name, part of its key: an address without scheme. Choose it once.
    #[arg(long, default_value = "touchstone.local/witness")]
    name: String,
    /// A log to watch: its public key, and its name where that is not the key's ("name+id+key origin"). May be repeated.
    #[arg(long = "log", required = true, value_name = "KEY [ORIGIN]")]
    logs: Vec<String>,
    /// File with the signing key, where it is kept elsewhere. Otherwise FOLDER/signing.key, made at the first start.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

/// Opens the witness of these arguments.
///
/// # Errors
/// With what could not be opened.
pub fn open(args: &Args) -> Result<Witness> {
    let mut logs = Vec::new();
    for text in &args.logs {
        match WatchedLog::parse(text) {
            Ok(log) => logs.push(log),
            Err(reason) => bail!("--log {reason}"),
        }
    }
    let disk = LocalDisk::open(&args.data)?;
    let secret = args.secret_file.as_ref().map(std::fs::read_to_string).transpose().context("--secret-file")?;
    let signer = load_or_make_of(KeyOf::Witness, &args.data, &args.name, secret.as_deref(), &SystemRng)?;
    Ok(Witness::open(Arc::new(disk), signer, &logs)?)
}

/// Runs it until interrupted.
///
/// # Errors
/// With what could not be opened or listened on.
pub async fn run(args: &Args) -> Result<ExitCode> {
    let witness = open(args)?;
    let address = format!("{}:{}", args.address, args.port);
    let listener = TcpListener::bind(&address).await.with_context(|| format!("listen on {address}"))?;
    say!("witness  {}", witness.verifier());
    for (origin, size) in witness.logs() {
        say!("log      {origin} ({size} leaves signed)");
    }
    say!("address  http://{}", listener.local_addr()?);
    web::serve(listener, router(witness, Arc::new(SystemClock)), super::serve::stop_signal()).await?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Clone)]
struct Shared {
    witness: Arc<Witness>,
    clock: Arc<dyn Clock>,
    places: Arc<Semaphore>,
}

/// What the witness answers to.
pub fn router(witness: Witness, clock: Arc<dyn Clock>) -> Router {
    let shared = Shared { witness: Arc::new(witness), clock, places: Arc::new(Semaphore::new(AT_ONCE_MAX)) };
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint).get(only_post))
        .route("/verifier.key", get(verifier_key))
        .route("/", get(front))
        .layer(DefaultBodyLimit::max(MESSAGE_BYTES_MAX))
        .with_state(shared)
}

async fn add_checkpoint(State(shared): State<Shared>, body: Bytes) -> Response {
    let Ok(_place) = shared.places.try_acquire() else {
        return text(StatusCode::SERVICE_UNAVAILABLE, "busy; try again\n".to_owned());
    };
    let seconds = u64::try_from(shared.clock.now().micros().div_euclid(SECOND_MICROS)).unwrap_or(0);
    let witness = Arc::clone(&shared.witness);
    let work = tokio::task::spawn_blocking(move || witness.add_checkpoint(&body, seconds));
    match work.await {
        Ok(Ok(lines)) => text(StatusCode::OK, lines),
        Ok(Err(NotSigned::Refused(refusal))) => refused(&refusal),
        Ok(Err(NotSigned::Store(error))) => {
            tracing::error!(%error, "a tree could not be kept, so it was not signed");
            text(StatusCode::SERVICE_UNAVAILABLE, "the tree could not be kept; try again\n".to_owned())
        }
        Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "the work was broken off\n".to_owned()),
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    match refusal.known_size() {
        Some(size) => {
            let kind = HeaderValue::from_static(SIZE_TYPE);
            (status, [(CONTENT_TYPE, kind)], format!("{size}\n")).into_response()
        }
        None => text(status, format!("{refusal}\n")),
    }
}

fn text(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, TEXT)], body).into_response()
}

async fn only_post() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, HeaderValue::from_static("POST"))]).into_response()
}

async fn verifier_key(State(shared): State<Shared>) -> Response {
    text(StatusCode::OK, format!("{}\n", shared.witness.verifier()))
}

async fn front(State(shared): State<Shared>) -> Response {
    let logs: String = shared.witness.logs().into_iter().map(|(origin, size)| format!("{size} {origin}\n")).collect();
    text(StatusCode::OK, format!("{}\n\n{logs}", shared.witness.verifier()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use ground::FakeClock;
    use http_body_util::BodyExt;
    use tlog::note::KeyType;
    use tlog::tree::{MemoryTree, consistency_proof, root};
    use tlog::witness::AddCheckpoint;
    use tlog::{Checkpoint, Note, SignerKey, cosignature, leaf_hash, note};
    use tower::ServiceExt;

    const ORIGIN: &str = "shop.example/ledger";

    fn log() -> SignerKey {
        SignerKey::from_seed(ORIGIN, KeyType::Ed25519, &[7; 32]).unwrap()
    }

    fn message(history: &str, signer: &SignerKey, old_size: u64, size: u64) -> String {
        let tree = MemoryTree::from_leaves((0..size).map(|leaf| leaf_hash(format!("{history}{leaf}").as_bytes())));
        let root = root(&tree, size).unwrap();
        let checkpoint = Checkpoint { origin: signer.name().to_owned(), size, root, extensions: vec![] };
        let proof = consistency_proof(&tree, old_size, size).unwrap().unwrap_or_default();
        AddCheckpoint { old_size, proof, checkpoint: checkpoint.sign(signer).unwrap().to_string() }.to_string()
    }

    async fn send(router: &Router, method: &str, path: &str, body: String) -> (u16, String, String) {
        let request = Request::builder().method(method).uri(path).body(Body::from(body)).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        let kind = answer.headers().get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, kind.unwrap_or_default(), String::from_utf8_lossy(&bytes).into_owned())
    }

    #[tokio::test]
    async fn a_witness_answers_as_the_protocol_says_and_remembers_over_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let args = Args {
            data: folder.path().to_owned(),
            address: "127.0.0.1".into(),
            port: 0,
            name: "witness.example/w".into(),
            logs: vec![log().verifier().to_string()],
            secret_file: None,
        };
        let clock = Arc::new(FakeClock::at_rfc3339("2026-11-23T08:00:00Z"));
        let witness = open(&args).unwrap();
        let key = witness.verifier();
        let router = super::router(witness, clock.clone());
        let add = async |router: &Router, body: String| send(router, "POST", "/add-checkpoint", body).await;

        let first = message("a", &log(), 0, 5);
        let (status, _, lines) = add(&router, first.clone()).await;
        assert_eq!(status, 200, "{lines}");
        let signed = AddCheckpoint::parse(first.as_bytes()).unwrap().checkpoint;
        let text = Note::parse(signed.as_bytes()).unwrap().text().to_owned();
        let line = note::parse_signatures(lines.as_bytes()).unwrap().remove(0);
        assert_eq!(cosignature::cosigned_at(&line, &text, &key), Some(1_795_420_800));

        let stranger = SignerKey::from_seed(ORIGIN, KeyType::Ed25519, &[8; 32]).unwrap();
        let other = SignerKey::from_seed("other.example", KeyType::Ed25519, &[8; 32]).unwrap();
        for (body, expected) in [
            (message("a", &log(), 5, 12).replacen("old 5", "old 13", 1), 400),
            ("old 5".to_owned(), 400),
            (message("a", &stranger, 5, 12), 403),
            (message("a", &other, 0, 12), 404),
            (message("b", &log(), 5, 12), 422),
        ] {
            let (status, _, said) = add(&router, body).await;
            assert_eq!(status, expected, "{said}");
        }
        let conflict = add(&router, message("a", &log(), 3, 12)).await;
        assert_eq!(conflict, (409, SIZE_TYPE.to_owned(), "5\n".to_owned()));
        let fork = add(&router, message("b", &log(), 5, 5)).await;
        assert_eq!(fork, (409, SIZE_TYPE.to_owned(), "5\n".to_owned()));
        assert_eq!(add(&router, "x".repeat(MESSAGE_BYTES_MAX + 1)).await.0, 413);
        assert_eq!(send(&router, "GET", "/add-checkpoint", String::new()).await.0, 405);
        assert!(open(&args).is_err(), "one process at a time");

        drop(router);
        let again = open(&args).unwrap();
        assert_eq!(again.verifier(), key, "the key is kept");
        let router = super::router(again, clock);
        assert_eq!(add(&router, message("a", &log(), 0, 12)).await.2, "5\n");
        assert_eq!(add(&router, message("a", &log(), 5, 12)).await.0, 200);
        assert!(send(&router, "GET", "/", String::new()).await.2.ends_with("\n12 shop.example/ledger\n"));
        assert_eq!(send(&router, "GET", "/verifier.key", String::new()).await.2, format!("{key}\n"));
    }
}
