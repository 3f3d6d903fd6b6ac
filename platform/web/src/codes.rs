//! The error codes of the web layer.

use ground::{ErrorCode, Level};

/// The form or request did not carry the mark of the page it should come from.
pub const CSRF_FAILED: ErrorCode = ErrorCode::new("csrf_failed", 403, Level::Info);
/// The address exists, but not for this method.
pub const METHOD_NOT_ALLOWED: ErrorCode = ErrorCode::new("method_not_allowed", 405, Level::Debug);
/// The body is of a media type this address does not take.
pub const UNSUPPORTED_TYPE: ErrorCode = ErrorCode::new("unsupported_type", 415, Level::Debug);
/// The request took longer than it may.
pub const TIMED_OUT: ErrorCode = ErrorCode::new("timed_out", 503, Level::Warn);
/// The `Idempotency-Key` was used before for another request.
pub const IDEMPOTENCY_REUSED: ErrorCode = ErrorCode::new("idempotency_reused", 422, Level::Info);
/// The first request with this `Idempotency-Key` is still being worked on.
pub const IDEMPOTENCY_RUNNING: ErrorCode = ErrorCode::new("idempotency_running", 409, Level::Info);
/// The outgoing address is one the product does not call.
pub const ADDRESS_REFUSED: ErrorCode = ErrorCode::new("address_refused", 422, Level::Info);
/// A peer did not answer, or not as it should.
pub const PEER_FAILED: ErrorCode = ErrorCode::new("peer_failed", 502, Level::Warn);
/// The token of the `Authorization` header is unknown, expired or revoked.
pub const TOKEN_INVALID: ErrorCode = ErrorCode::new("token_invalid", 401, Level::Info);

/// The codes of this crate.
pub const CODES: &[ErrorCode] = &[
    CSRF_FAILED,
    METHOD_NOT_ALLOWED,
    UNSUPPORTED_TYPE,
    TIMED_OUT,
    IDEMPOTENCY_REUSED,
    IDEMPOTENCY_RUNNING,
    ADDRESS_REFUSED,
    PEER_FAILED,
    TOKEN_INVALID,
];
