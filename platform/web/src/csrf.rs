//! Forged requests are refused: every unsafe request that a browser authenticates by cookie must carry a mark that only
//! a page of this product can know. Signed-out forms (sign-in, public forms) carry one bound to a visit cookie.
//!
//! The mark is HMAC-SHA-256 under a secret of the session, masked with fresh random bytes (so that its text differs on
//! every page and compression side channels learn nothing).

use crate::body;
use crate::codes::{CSRF_FAILED, UNSUPPORTED_TYPE};
use crate::context::Context;
use crate::cookies::hmac;
use crate::site::{SignedSession, Site};
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use ground::Problem;
use ground::limits::BODY_BYTES_MAX;
use ground::problem::SIGNED_OUT;
use subtle::ConstantTimeEq;

/// Header that carries the mark where there is no form.
pub const HEADER: &str = "x-csrf-token";
/// Most bytes of a multipart body read to find the mark; it stands in the first part.
const PEEK_BYTES_MAX: usize = 8 * 1024;
const MARK_BYTES: usize = 32;

pub(crate) fn session_key(session: &SignedSession) -> [u8; 32] {
    hmac(&session.csrf_secret, &[b"csrf-session"])
}

pub(crate) fn visit_key(site: &Site, visit: &str) -> [u8; 32] {
    hmac(site.secret(), &[b"csrf-visit", visit.as_bytes()])
}

pub(crate) fn new_visit(site: &Site) -> String {
    ground::random::random_hex(site.kernel().rng(), 16)
}

pub(crate) fn is_visit(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A masked mark: 32 random bytes, then the mark xored with them, base64url.
pub(crate) fn token(site: &Site, key: &[u8; 32]) -> String {
    let mut bytes = [0u8; 2 * MARK_BYTES];
    site.kernel().rng().fill(&mut bytes[..MARK_BYTES]);
    for at in 0..MARK_BYTES {
        bytes[MARK_BYTES + at] = bytes[at] ^ key[at];
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

fn matches(key: &[u8; 32], token: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(token.trim()) else { return false };
    if bytes.len() != 2 * MARK_BYTES {
        return false;
    }
    let unmasked: Vec<u8> = (0..MARK_BYTES).map(|at| bytes[at] ^ bytes[MARK_BYTES + at]).collect();
    unmasked.ct_eq(key).into()
}

/// Lets safe and unforgeable requests pass and looks for the mark in all others. Returns the body as it was.
///
/// # Errors
/// `csrf_failed`; `signed_out` when the session ended while the form stood open; `too_large`, `unsupported_type`.
pub(crate) async fn check(site: &Site, context: &Context, parts: &Parts, body: Body) -> kernel::Result<Body> {
    let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let by_token = context.actor.is_some() && context.session.is_none();
    let nothing_to_abuse = context.is_api() && context.session.is_none();
    if safe || by_token || nothing_to_abuse {
        return Ok(body);
    }
    let failed = || Err(Problem::new(if context.session_dead { &SIGNED_OUT } else { &CSRF_FAILED }));
    let key = match (&context.session, &context.visit) {
        (Some(session), _) => session_key(session),
        (None, Some(visit)) => visit_key(site, visit),
        (None, None) => return failed(),
    };
    if cross_site(&parts.headers) {
        return failed();
    }
    if let Some(token) = parts.headers.get(HEADER).and_then(|value| value.to_str().ok()) {
        return if matches(&key, token) { Ok(body) } else { failed() };
    }
    let content_type = body::content_type(&parts.headers);
    let (found, body) = match content_type.as_str() {
        "application/x-www-form-urlencoded" => in_form(body).await?,
        "multipart/form-data" => in_multipart(&parts.headers, body).await?,
        "" => (None, body),
        _ if context.is_api() => (None, body),
        _ => return Err(Problem::new(&UNSUPPORTED_TYPE)),
    };
    match found {
        Some(token) if matches(&key, &token) => Ok(body),
        _ => failed(),
    }
}

/// Browsers say where a request comes from (Fetch metadata); another site's form is refused before anything is read.
fn cross_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|value| value == "cross-site")
}

async fn in_form(body: Body) -> kernel::Result<(Option<String>, Body)> {
    let bytes = body::collect(body, BODY_BYTES_MAX).await?;
    let found = url::form_urlencoded::parse(&bytes)
        .find(|(name, _)| name == ui::CSRF_FIELD)
        .map(|(_, value)| value.into_owned());
    Ok((found, Body::from(bytes)))
}

/// Reads no more of the stream than it takes to see the first part.
async fn in_multipart(headers: &HeaderMap, body: Body) -> kernel::Result<(Option<String>, Body)> {
    let boundary = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').find_map(|part| part.trim().strip_prefix("boundary=")))
        .map(|text| text.trim_matches('"').to_owned())
        .ok_or_else(|| Problem::new(&ground::problem::MALFORMED))?;
    let mut stream = body.into_data_stream();
    let mut seen = BytesMut::new();
    let mut found = None;
    while found.is_none() && seen.len() < PEEK_BYTES_MAX {
        match stream.next().await {
            Some(Ok(chunk)) => seen.extend_from_slice(&chunk),
            Some(Err(error)) => return Err(Problem::new(&ground::problem::MALFORMED).because(error)),
            None => break,
        }
        found = first_part(&seen, &boundary);
    }
    let start = futures::stream::once(async move { Ok::<Bytes, axum::Error>(seen.freeze()) });
    Ok((found, Body::from_stream(start.chain(stream))))
}

/// The value of the CSRF field when it is the first part and complete.
fn first_part(seen: &[u8], boundary: &str) -> Option<String> {
    let text = String::from_utf8_lossy(&seen[..seen.len().min(PEEK_BYTES_MAX)]);
    let rest = text.strip_prefix(&format!("--{boundary}\r\n"))?;
    let (head, rest) = rest.split_once("\r\n\r\n")?;
    let (value, _) = rest.split_once(&format!("\r\n--{boundary}"))?;
    head.contains(&format!("name=\"{}\"", ui::CSRF_FIELD)).then(|| value.to_owned())
}
