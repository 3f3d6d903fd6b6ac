//! Lists to take away, as they are filtered, however long: read and sent page by page, in the form imports read.

use crate::export::{COLUMNS, Exported, PAGE_LISTINGS_MAX, page};
use crate::model::Filter;
use axum::body::Body;
use axum::response::Response;
use kernel::{Actor, Kernel, Result};

/// The list as CSV. Formulas in a merchant's words are defused.
pub(super) async fn csv(kernel: &Kernel, actor: &Actor, filter: &Filter) -> Result<Response> {
    let head = web::csv::Writer::new(COLUMNS).finish()?;
    let body = stream(kernel, actor, filter, head, |all| rows_alone(all.iter().map(Exported::cells))).await?;
    Ok(web::download("listings.csv", "text/csv; charset=utf-8", body))
}

/// The list as one JSON object a line.
pub(super) async fn ndjson(kernel: &Kernel, actor: &Actor, filter: &Filter) -> Result<Response> {
    let lines = |all: &[Exported]| {
        let lines: String = all.iter().map(|one| format!("{}\n", one.to_json())).collect();
        Ok(lines.into_bytes())
    };
    let body = stream(kernel, actor, filter, Vec::new(), lines).await?;
    Ok(web::download("listings.ndjson", "application/x-ndjson", body))
}

/// Rows without the header the writer begins with.
///
/// # Errors
/// As the writer's.
pub(super) fn rows_alone<S: AsRef<str>>(rows: impl Iterator<Item = impl IntoIterator<Item = S>>) -> Result<Vec<u8>> {
    let head = web::csv::Writer::new([""]).finish()?.len();
    let mut writer = web::csv::Writer::new([""]);
    for row in rows {
        writer.row(row);
    }
    Ok(writer.finish()?.split_off(head))
}

/// The first page is read before anything is sent, so that a refusal is an answer and no broken file.
async fn stream(
    kernel: &Kernel,
    actor: &Actor,
    filter: &Filter,
    head: Vec<u8>,
    write: impl Fn(&[Exported]) -> Result<Vec<u8>> + Send + 'static,
) -> Result<Body> {
    let first = page(kernel, actor, filter, "", PAGE_LISTINGS_MAX).await?;
    let start = (kernel.clone(), actor.clone(), filter.clone(), Some(first), head, write);
    let pieces = futures::stream::try_unfold(start, |(kernel, actor, filter, ready, mut out, write)| async move {
        let Some(ready) = ready.filter(|ready| !ready.is_empty() || !out.is_empty()) else { return Ok(None) };
        out.extend(write(&ready)?);
        let next = match ready.last() {
            Some(last) => Some(page(&kernel, &actor, &filter, &last.listing.id, PAGE_LISTINGS_MAX).await?),
            None => None,
        };
        Ok::<_, ground::Problem>(Some((out, (kernel, actor, filter, next, Vec::new(), write))))
    });
    use futures::TryStreamExt;
    Ok(Body::from_stream(pieces.map_err(|problem| std::io::Error::other(problem.to_string()))))
}
