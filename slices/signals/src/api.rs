//! JSON routes and their shapes.

use crate::body::Packing;
use crate::ingest::{self, Format};
use crate::model::{Closing, Receipt, Refused, day_date};
use crate::status::{self, Status};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use ground::{Language, Problem, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;
use stream::Kind;
use utoipa::ToSchema;
use web::{Context, Failure, Signed, Site, UNSUPPORTED_TYPE};

/// What may be sent.
const EXPECTED: &str = "application/x-ndjson, application/vnd.apache.arrow.stream, application/vnd.apache.arrow.file";

/// A line that was not taken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefusedSignal)]
pub(crate) struct RefusedBody {
    /// Line of the body (row of an Arrow body), from 1.
    line: u64,
    /// Stable name of what is wrong: `unknown_field`, `time_zone`, `conflict`, …
    code: String,
    /// The field; left out where the whole line is meant.
    #[serde(skip_serializing_if = "String::is_empty")]
    field: String,
    /// What is wrong and what would be right, in the reader's language.
    detail: String,
    /// The beginning of the line; for a conflict the id.
    excerpt: String,
}

fn refused(line: Refused, language: Language) -> RefusedBody {
    RefusedBody {
        line: line.line,
        code: line.code,
        field: line.field,
        detail: line.detail.get(language).to_owned(),
        excerpt: line.excerpt,
    }
}

/// What became of the signals.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignalReceipt)]
pub(crate) struct ReceiptBody {
    /// New signals, all of them on the disk.
    accepted: u64,
    /// Signals that came before with the same id and content.
    duplicates: u64,
    /// Ids that came before with other content: not taken.
    conflicts: u64,
    /// Lines that are no signals: not taken.
    refused: u64,
    /// The block of the log up to which all of it is kept.
    position: u64,
    /// The first 1,000 lines that were not taken.
    lines: Vec<RefusedBody>,
}

fn receipt_body(receipt: Receipt, language: Language) -> ReceiptBody {
    ReceiptBody {
        accepted: receipt.accepted,
        duplicates: receipt.duplicates,
        conflicts: receipt.conflicts,
        refused: receipt.refused,
        position: receipt.position,
        lines: receipt.lines.into_iter().map(|line| refused(line, language)).collect(),
    }
}

fn format_of(headers: &HeaderMap) -> Result<(Format, Packing), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = text(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let format = match kind.as_str() {
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Format::Ndjson,
        "application/vnd.apache.arrow.stream" | "application/vnd.apache.arrow.file" => Format::Arrow,
        _ => return Err(Problem::new(&UNSUPPORTED_TYPE).arg("expected", EXPECTED)),
    };
    let packing = match text(header::CONTENT_ENCODING).trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Packing::Plain,
        "gzip" | "x-gzip" => Packing::Gzip,
        _ => return Err(Problem::new(&UNSUPPORTED_TYPE).arg("expected", "Content-Encoding: gzip, identity")),
    };
    Ok((format, packing))
}

/// Takes signals in: a JSON object a line, or Arrow record batches with the same columns; plain or gzip. The answer comes when
/// what it counts as accepted is on the disk. The same body may be sent again: what came before counts once.
#[utoipa::path(post, path = "/v1/signals", tag = "signals",
    request_body(content = String, content_type = "application/x-ndjson", description = "A signal a line"),
    responses((status = 200, description = "Kept; lines that were not taken are named", body = ReceiptBody),
        (status = 400, description = "The body cannot be unpacked or is no Arrow stream; what came before is kept"),
        (status = 408, description = "The body came too slowly"),
        (status = 413, description = "More than 1 GiB in one body"),
        (status = 415, description = "Another content type or encoding"),
        (status = 429, description = "More comes in than is worked through: wait as Retry-After says"),
        (status = 507, description = "The disk is full; what is counted as kept is kept")))]
pub(crate) async fn ingest(
    State(site): State<Site>,
    Signed(actor): Signed,
    context: Context,
    request: Request<Body>,
) -> Result<axum::Json<ReceiptBody>, Failure> {
    let (format, packing) = format_of(request.headers())?;
    let stream = request.into_body().into_data_stream();
    let receipt = ingest::ingest(site.kernel(), &actor, format, packing, stream).await?;
    Ok(axum::Json(receipt_body(receipt, context.language)))
}

/// A closed day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignalDay)]
pub(crate) struct ClosingBody {
    /// Date.
    day: String,
    /// The block whose folding closed it.
    position: u64,
    signals: u64,
    keys: u64,
    rows: u64,
    /// SHA-256 of the file of its rows.
    sha256: String,
    act_id: Option<String>,
}

impl From<Closing> for ClosingBody {
    fn from(closing: Closing) -> Self {
        ClosingBody {
            day: day_date(closing.day).to_string(),
            position: closing.position,
            signals: closing.signals,
            keys: closing.keys,
            rows: closing.rows,
            sha256: closing.sha256,
            act_id: closing.act_id,
        }
    }
}

/// Signals of an hour.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignalHour)]
pub(crate) struct HourBody {
    /// RFC 3339: where the hour begins.
    from: String,
    /// Accepted signals by kind.
    kinds: BTreeMap<String, u64>,
}

/// How a source is doing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignalSource)]
pub(crate) struct SourceBody {
    name: String,
    connected: bool,
    messages: u64,
    unusable: u64,
    failures: u64,
    last_failure: String,
}

/// How signals are doing in this process.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignalStatus)]
pub(crate) struct StatusBody {
    /// Whether this process takes signals.
    open: bool,
    /// Since the process began.
    accepted: u64,
    duplicates: u64,
    conflicts: u64,
    refused: u64,
    /// Times a sender was told to wait.
    busy: u64,
    /// Over the last ten seconds.
    signals_per_second: f64,
    hours: Vec<HourBody>,
    /// Refused lines by code.
    reasons: BTreeMap<String, u64>,
    /// The last refused lines, newest first.
    refused_lines: Vec<RefusedBody>,
    /// RFC 3339.
    newest: Option<String>,
    /// RFC 3339: days before it are closed.
    watermark: Option<String>,
    lateness_seconds: i64,
    /// The last closed day.
    closed_through: Option<String>,
    /// The day whose reactions are waited for.
    holding: Option<String>,
    log_start: u64,
    log_end: u64,
    log_bytes: u64,
    segments: u64,
    /// The last folded block.
    folded: u64,
    lag_bytes: u64,
    snapshot: u64,
    /// The first block that is not in the history.
    compacted: u64,
    /// Signals counted, since the first.
    signals: u64,
    too_late: u64,
    implausible: u64,
    keys: u64,
    hot_keys: u64,
    memory_bytes: u64,
    /// Why the fold stopped; empty while it runs.
    failure: String,
    /// What could not be read.
    damage: Vec<String>,
    sources: Vec<SourceBody>,
    closings: Vec<ClosingBody>,
}

fn status_body(status: Status, language: Language) -> StatusBody {
    let moment = |at: Option<Timestamp>| at.map(Timestamp::to_rfc3339);
    let day = |day: Option<i32>| day.map(|day| day_date(day).to_string());
    let hour = |(hour, counts): (i64, [u64; crate::figures::KINDS])| HourBody {
        from: Timestamp::from_micros(hour * ground::time::HOUR_MICROS).to_rfc3339(),
        kinds: Kind::ALL.iter().zip(counts).map(|(kind, count)| (kind.as_str().to_owned(), count)).collect(),
    };
    StatusBody {
        open: status.open,
        accepted: status.counts.accepted,
        duplicates: status.counts.duplicates,
        conflicts: status.counts.conflicts,
        refused: status.counts.refused,
        busy: status.counts.busy,
        signals_per_second: status.rate,
        hours: status.hours.into_iter().map(hour).collect(),
        reasons: status.reasons.into_iter().collect(),
        refused_lines: status.refused.into_iter().map(|line| refused(line.line, language)).collect(),
        newest: moment(status.newest),
        watermark: moment(status.watermark),
        lateness_seconds: status.lateness_micros / ground::time::SECOND_MICROS,
        closed_through: day(status.closed_through),
        holding: day(status.holding),
        log_start: status.log_start,
        log_end: status.log_end,
        log_bytes: status.log_bytes,
        segments: status.segments,
        folded: status.folded,
        lag_bytes: status.lag_bytes,
        snapshot: status.snapshot,
        compacted: status.compacted,
        signals: status.signals,
        too_late: status.too_late,
        implausible: status.implausible,
        keys: status.keys,
        hot_keys: status.hot_keys,
        memory_bytes: status.memory_bytes,
        failure: status.failure,
        damage: status.damage,
        sources: status
            .sources
            .into_iter()
            .map(|source| SourceBody {
                name: source.name,
                connected: source.connected,
                messages: source.messages,
                unusable: source.unusable,
                failures: source.failures,
                last_failure: source.last_failure,
            })
            .collect(),
        closings: status.closings.into_iter().map(ClosingBody::from).collect(),
    }
}

/// How signals are doing in this process: what came in, how far it is folded, what was refused and why.
#[utoipa::path(get, path = "/v1/signals/status", tag = "signals",
    responses((status = 200, description = "Figures of this process", body = StatusBody)))]
pub(crate) async fn status(
    State(site): State<Site>,
    Signed(actor): Signed,
    context: Context,
) -> Result<axum::Json<StatusBody>, Failure> {
    let status = status::status(site.kernel(), &actor).await?;
    Ok(axum::Json(status_body(status, context.language)))
}
