//! The log as static files under `/ledger/`: `checkpoint`, `tile/…` (C2SP tlog-tiles), `cosigned` (the newest tree that
//! enough witnesses cosigned) and `verifier.key`.
//!
//! Caching: a full tile or bundle never changes and stays, so anybody may keep it for ever. A partial one never changes
//! either, but goes when the full one is there, and is asked for rarely: it is kept a minute. Checkpoint and key are asked
//! about each time. Every answer has an ETag of its content, so that asking costs no transfer.

use axum::Extension;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use ground::Problem;
use ledger::View as LedgerView;
use ledger::cosign::QUORUM;
use sha2::{Digest, Sha256};
use tlog::Resource;
use tlog::tile::TILE_WIDTH;
use web::{Failure, Path};

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";
/// Full tiles and bundles never change.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Partial ones are soon replaced.
const SHORT: &str = "public, max-age=60";
const NEVER: &str = "no-cache";
/// Path of the newest tree with enough cosignatures.
const COSIGNED: &str = "cosigned";

/// Serves one file. Everybody may read the log, from any site.
pub(crate) async fn serve(
    Path(path): Path<String>,
    headers: HeaderMap,
    Extension(view): Extension<LedgerView>,
) -> Result<Response, Failure> {
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if path == ledger::key::VERIFIER_FILE {
        return Ok(answer(TEXT, NEVER, known, view.verifier_text().into_bytes()));
    }
    let read = move || -> Result<_, ledger::LogError> {
        if path == COSIGNED {
            let tree = view.cosigned(QUORUM)?;
            return Ok(tree.map(|tree| (Resource::Checkpoint, tree.note.to_string().into_bytes())));
        }
        view.file(&path)
    };
    let file = tokio::task::spawn_blocking(read).await.map_err(Problem::internal)??;
    let (resource, bytes) = file.ok_or_else(Problem::not_found)?;
    let width = match resource {
        Resource::Checkpoint => return Ok(answer(TEXT, NEVER, known, bytes)),
        Resource::Tile(tile) => tile.width,
        Resource::Bundle(bundle) => bundle.width,
    };
    let cache = if u64::from(width) == TILE_WIDTH { FOREVER } else { SHORT };
    Ok(answer(BYTES, cache, known, bytes))
}

fn answer(kind: &'static str, cache: &'static str, known: &str, bytes: Vec<u8>) -> Response {
    let tag = format!("\"{}\"", &hex::encode(Sha256::digest(&bytes))[..32]);
    // RFC 9110 §13.1.2: a list of tags, weak ones compare equal to strong ones here, `*` is any.
    let same = known.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == tag || one == "*");
    let headers =
        [(CONTENT_TYPE, kind), (CACHE_CONTROL, cache), (ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (ETAG, tag.as_str())];
    if same { (StatusCode::NOT_MODIFIED, headers).into_response() } else { (headers, bytes).into_response() }
}
