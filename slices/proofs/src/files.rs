//! The log as static files under `/ledger/`: `checkpoint`, `tile/…` (C2SP tlog-tiles) and `verifier.key`.

use axum::Extension;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use ground::Problem;
use ledger::View as LedgerView;
use web::{Failure, Path};

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";
/// Tiles and bundles never change.
const FOREVER: &str = "public, max-age=31536000, immutable";
const NEVER: &str = "no-cache";

/// Serves one file. Everybody may read the log, from any site.
pub(crate) async fn serve(
    Path(path): Path<String>,
    Extension(view): Extension<LedgerView>,
) -> Result<Response, Failure> {
    if path == ledger::key::VERIFIER_FILE {
        return Ok(answer(TEXT, NEVER, view.verifier_text().into_bytes()));
    }
    let file = tokio::task::spawn_blocking(move || view.file(&path)).await.map_err(Problem::internal)??;
    let (resource, bytes) = file.ok_or_else(Problem::not_found)?;
    Ok(match resource.is_immutable() {
        true => answer(BYTES, FOREVER, bytes),
        false => answer(TEXT, NEVER, bytes),
    })
}

fn answer(kind: &'static str, cache: &'static str, bytes: Vec<u8>) -> Response {
    let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, cache), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (headers, bytes).into_response()
}
