//! The gate every request passes: who asks, may they ask so often, is it forged; and, on the way out, errors, cookies and
//! security headers.

use crate::codes::{TIMED_OUT, TOKEN_INVALID};
use crate::context::Context;
use crate::failure::{self, Failure};
use crate::flash::{self, Pending};
use crate::site::Site;
use crate::{body, cookies, csrf, idempotency};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use ground::limits::IMPORT_BYTES_MAX;
use ground::{Language, Problem};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Room for the frame of a multipart body around a file of the largest size, bytes.
const FRAME_BYTES_MAX: u64 = 1024 * 1024;

/// What a page may load and do. No inline script or style, no other host, no framing.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) async fn pass(State(site): State<Site>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let method = parts.method.clone();
    let mut context = Context::plain(&site, &parts);
    let answer = match admit(&site, &mut context, &parts, body).await {
        Ok(body) => {
            parts.extensions.insert(context.clone());
            let limit = time_limit(&site, &parts.headers);
            run(&site, &context, limit, Request::from_parts(parts, body), next).await
        }
        Err(problem) => Failure::from(problem).into_response(),
    };
    let problem = failure::problem_of(&answer);
    let mut answer = match problem {
        Some(problem) => {
            let allow = answer.headers().get(header::ALLOW).cloned();
            drop(answer);
            failure::render(&site, &context, &method, allow, &problem).await
        }
        None => answer,
    };
    dress(&site, &context, &mut answer);
    answer
}

/// Files and health answers need no session and are not counted.
fn is_plain_file(path: &str) -> bool {
    path.starts_with(ui::assets::PREFIX) || path.starts_with("/health/")
}

async fn admit(site: &Site, context: &mut Context, parts: &Parts, body: Body) -> kernel::Result<Body> {
    if is_plain_file(&context.path) {
        return Ok(body);
    }
    let now = site.kernel().now();
    site.limits().take_address(context.address, now)?;
    let announced = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > IMPORT_BYTES_MAX + FRAME_BYTES_MAX) {
        return Err(body::too_large(IMPORT_BYTES_MAX));
    }
    identify(site, context, &parts.headers).await?;
    if let Some(actor) = &context.actor {
        site.limits().take_actor(&actor.id, now)?;
    }
    csrf::check(site, context, parts, body).await
}

async fn identify(site: &Site, context: &mut Context, headers: &HeaderMap) -> kernel::Result<()> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let token = value.to_str().ok().and_then(|text| {
            let (scheme, token) = text.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        let Some(token) = token else { return Err(Problem::new(&TOKEN_INVALID)) };
        let actor = site.authenticator().bearer(site.kernel(), token).await?;
        let actor = actor.ok_or_else(|| Problem::new(&TOKEN_INVALID))?;
        if !headers.contains_key(header::ACCEPT_LANGUAGE) && !context.language_chosen {
            context.language = actor.language;
        }
        context.actor = Some(actor);
        return Ok(());
    }
    let Some(token) = cookies::read(headers, cookies::SESSION) else { return Ok(()) };
    match site.authenticator().session(site.kernel(), &token).await? {
        Some(session) => {
            if !context.language_chosen && cookies::read(headers, cookies::LANGUAGE).is_none() {
                context.language = session.actor.language;
            }
            context.actor = Some(session.actor.clone());
            context.session = Some(session);
        }
        None => context.session_dead = true,
    }
    Ok(())
}

fn time_limit(site: &Site, headers: &HeaderMap) -> Duration {
    let small =
        matches!(body::content_type(headers).as_str(), "" | "application/json" | "application/x-www-form-urlencoded");
    let settings = site.settings();
    Duration::from_secs(if small { settings.request_seconds_max } else { settings.upload_seconds_max })
}

async fn run(site: &Site, context: &Context, limit: Duration, request: Request, next: Next) -> Response {
    let work = AssertUnwindSafe(idempotency::once(site, context, request, next)).catch_unwind();
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(panic)) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            Failure::from(Problem::internal(format!("a handler panicked: {text}"))).into_response()
        }
        Err(_) => Failure::from(Problem::new(&TIMED_OUT)).into_response(),
    }
}

/// Cookies that became due and the headers every answer carries.
fn dress(site: &Site, context: &Context, answer: &mut Response) {
    let flashes = answer.extensions_mut().remove::<Pending>();
    let headers = answer.headers_mut();
    let mut cookie = |value: HeaderValue| {
        headers.append(header::SET_COOKIE, value);
    };
    match flashes {
        Some(Pending(flashes)) => cookie(flash::write(site, &flashes)),
        None if context.shown.flash.load(Ordering::Relaxed) => {
            cookie(cookies::write(site, cookies::FLASH, "", Some(0)))
        }
        None => {}
    }
    let made = context.shown.visit.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
    if let Some(visit) = made {
        cookie(cookies::write(site, cookies::VISIT, &visit, None));
    }
    if context.language_chosen {
        cookie(cookies::write(site, cookies::LANGUAGE, context.language.tag(), Some(cookies::YEAR_SECONDS)));
    }
    let signs_in = headers
        .get_all(header::SET_COOKIE)
        .iter()
        .any(|value| value.to_str().is_ok_and(|text| text.starts_with(cookies::SESSION)));
    if context.session_dead && !signs_in {
        headers.append(header::SET_COOKIE, cookies::write(site, cookies::SESSION, "", Some(0)));
    }
    let fixed: [(HeaderName, &'static str); 6] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if site.settings().cookie_secure {
        let value = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    if let Ok(id) = HeaderValue::from_str(&context.request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    let language = match context.language {
        Language::Zh => HeaderValue::from_static("zh-CN"),
        Language::En => HeaderValue::from_static("en"),
    };
    if !is_plain_file(&context.path) {
        headers.insert(header::CONTENT_LANGUAGE, language);
        headers.append(header::VARY, HeaderValue::from_static("accept-language, cookie"));
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
}
