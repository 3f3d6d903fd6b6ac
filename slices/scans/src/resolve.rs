//! The resolver: `/01/…` for people and for programs.

use crate::accept::{Wanted, wanted};
use crate::address::Address;
use crate::known::Known;
use crate::linkset;
use crate::model::{Channel, Outcome};
use crate::pages;
use crate::reader::Reader;
use crate::scan::{self, Look, Whereabouts};
use crate::{Settings, places};
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT, ACCEPT_LANGUAGE, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    LINK, LOCATION, USER_AGENT, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use ground::Problem;
use ground::problem::Argument;
use journey::clones::HotSet;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};
use ui::View;
use web::{Context, Failure, Site};

/// How long links may be kept by whoever asked, seconds. Recalls show sooner on the page, which is never kept.
const LINKS_KEPT: &str = "public, max-age=60";
/// Where the JSON of a linkset becomes JSON-LD (GS1-Conformant Resolver).
const LINKSET_CONTEXT: &str = "<https://ref.gs1.org/standards/resolver/linkset-context>; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\"";

/// What a request tells, read from its headers.
pub(crate) fn reader(context: &Context, headers: &HeaderMap) -> Reader {
    let text =
        |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default().to_owned();
    Reader { address: Some(context.address), agent: text(USER_AGENT), languages: text(ACCEPT_LANGUAGE) }
}

/// The country of a request by the configured header of the proxy in front.
pub(crate) fn whereabouts(settings: &Settings, headers: &HeaderMap) -> Whereabouts {
    let name = settings.country_header.as_deref().and_then(|name| HeaderName::try_from(name).ok());
    let value = name.and_then(|name| headers.get(name)).and_then(|value| value.to_str().ok());
    Whereabouts { country: value.and_then(places::country_code), place: None }
}

/// `GET` and `HEAD /01/{…}`.
pub(crate) async fn resolve(
    State(site): State<Site>,
    Extension(settings): Extension<Arc<Settings>>,
    context: Context,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let asked = Asked { site: &site, settings: &settings, context: &context, method, uri, headers };
    let answer = match asked.answer().await {
        Ok(answer) => answer,
        Err(problem) => Failure::from(problem).into_response(),
    };
    open_to_all(answer)
}

/// `OPTIONS /01/{…}`: any site may ask.
pub(crate) async fn options() -> Response {
    let mut answer = StatusCode::NO_CONTENT.into_response();
    let headers = answer.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, OPTIONS"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("accept, accept-language, if-none-match"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    open_to_all(answer)
}

/// `GET /.well-known/gs1resolver`.
pub(crate) async fn description(State(site): State<Site>) -> Response {
    let body = linkset::description(&site.settings().base_url).to_string();
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=3600")];
    open_to_all((headers, body).into_response())
}

/// The answers hold nothing private: pages of other sites may read them (Fetch standard, CORS).
fn open_to_all(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("link, etag, location, content-language"));
    headers.append(VARY, HeaderValue::from_static("accept"));
    answer
}

struct Asked<'a> {
    site: &'a Site,
    settings: &'a Settings,
    context: &'a Context,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl Asked<'_> {
    async fn answer(&self) -> kernel::Result<Response> {
        let query = self.uri.query();
        let accept = self.headers.get(ACCEPT).and_then(|value| value.to_str().ok());
        let wanted = wanted(query.unwrap_or_default(), accept);
        let whole = self.uri.path_and_query().map_or("/", |whole| whole.as_str());
        let memory = self.site.kernel().memory::<Readings>();
        let lock = || memory.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let held = lock().get(whole).cloned();
        let address = match held {
            Some(address) => address,
            None => {
                let address = match Address::of_request(self.uri.path(), query) {
                    Ok(address) => address,
                    Err(problem) => return self.unreadable(&wanted, &problem).await,
                };
                // One thing has one address: a shorter GTIN or another way of escaping leads to it.
                if address.path() != self.uri.path() {
                    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
                    return Ok(moved(StatusCode::PERMANENT_REDIRECT, &format!("{}{query}", address.path())));
                }
                let address = Arc::new(address);
                if whole.len() <= READING_BYTES_MAX {
                    lock().put(whole.to_owned(), Arc::clone(&address));
                }
                address
            }
        };
        match wanted {
            Wanted::Page => self.page(&address).await,
            Wanted::Linkset { plain } => self.links(&address, plain).await,
            Wanted::Link(kind) => self.link(&address, kind).await,
            Wanted::UnknownLink(name) => {
                let known = crate::known::of(self.site.kernel(), &address).await?;
                Ok(self.no_link(&known, &name))
            }
        }
    }

    /// The page. Counts as a scan, unless only the headers are asked for or a browser fetches ahead.
    async fn page(&self, address: &Address) -> kernel::Result<Response> {
        let kernel = self.site.kernel();
        let ahead = ["sec-purpose", "purpose"].iter().any(|name| {
            let value = self.headers.get(*name).and_then(|value| value.to_str().ok());
            value.is_some_and(|value| value.contains("prefetch"))
        });
        let look = if self.method == Method::HEAD || ahead {
            scan::glance(kernel, address).await?
        } else {
            let reader = reader(self.context, &self.headers);
            scan::look(kernel, address, &reader, &whereabouts(self.settings, &self.headers)).await?
        };
        let status = match look.known.outcome {
            Outcome::Withdrawn => StatusCode::GONE,
            Outcome::Forged | Outcome::Unknown => StatusCode::NOT_FOUND,
            _ => StatusCode::OK,
        };
        let cx = self.context.view(self.site).await;
        let (page, link) = rendered(self.site, cx, &look);
        let mut answer = (status, Html(page)).into_response();
        if let Some(link) = link {
            answer.headers_mut().insert(LINK, link);
        }
        // Every look counts, and a recall shows at once: nothing of it is kept on the way.
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(answer)
    }

    async fn links(&self, address: &Address, plain: bool) -> kernel::Result<Response> {
        let known = crate::known::of(self.site.kernel(), address).await?;
        if known.outcome == Outcome::Withdrawn {
            return Ok(self.problem(&Problem::new(&crate::error::GONE), Some(&known)));
        }
        if !linkset::is_known(&known) {
            return Ok(self.problem(&Problem::not_found(), Some(&known)));
        }
        let body = linkset::document(&known, &self.site.settings().base_url).to_string();
        let etag = format!("\"{}\"", hex::encode(&Sha256::digest(body.as_bytes())[..12]));
        let fresh = self.headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let fresh = fresh.is_some_and(|given| given.trim() == "*" || given.split(',').any(|one| weak(one) == etag));
        let kind = if plain { "application/json" } else { "application/linkset+json" };
        let mut answer = match fresh {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => ([(CONTENT_TYPE, kind)], body).into_response(),
        };
        self.link_header(&mut answer, &known);
        let headers = answer.headers_mut();
        headers.append(LINK, HeaderValue::from_static(LINKSET_CONTEXT));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(LINKS_KEPT));
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            headers.insert(ETAG, etag);
        }
        Ok(answer)
    }

    /// One link of the address, or of the lot or product it belongs to.
    async fn link(&self, address: &Address, kind: linkset::LinkType) -> kernel::Result<Response> {
        let known = crate::known::of(self.site.kernel(), address).await?;
        if known.outcome == Outcome::Withdrawn {
            return Ok(self.problem(&Problem::new(&crate::error::GONE), Some(&known)));
        }
        let Some(link) = linkset::find(&known, kind) else { return Ok(self.no_link(&known, kind.name())) };
        let mut answer = moved(StatusCode::TEMPORARY_REDIRECT, &link.path);
        self.link_header(&mut answer, &known);
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(LINKS_KEPT));
        Ok(answer)
    }

    fn no_link(&self, known: &Known, name: &str) -> Response {
        let problem = Problem::new(&crate::error::NO_LINK).arg("kind", name);
        self.problem(&problem, Some(known))
    }

    async fn unreadable(&self, wanted: &Wanted, problem: &Problem) -> kernel::Result<Response> {
        let code = self.uri.path_and_query().map(|all| all.as_str()).unwrap_or_default();
        if self.method != Method::HEAD {
            scan::unreadable(self.site.kernel(), code, Channel::Page).await?;
        }
        if *wanted != Wanted::Page {
            return Ok(self.problem(problem, None));
        }
        let cx = self.context.view(self.site).await;
        Ok((StatusCode::BAD_REQUEST, pages::forms::unreadable(&cx, code, problem)).into_response())
    }

    fn link_header(&self, answer: &mut Response, known: &Known) {
        if let Some(value) = link_value(self.site, known) {
            answer.headers_mut().insert(LINK, value);
        }
    }

    /// A refusal as programs read it (RFC 9457): these addresses are not below `/v1`, but who asked for links is a program.
    fn problem(&self, problem: &Problem, known: Option<&Known>) -> Response {
        let text = |id: &str, args: &[Argument]| {
            let args: Vec<_> = args.iter().map(|(name, value)| (name.as_ref(), value.as_str().into())).collect();
            self.site.catalogs().text(self.context.language, id, &args)
        };
        let errors: Vec<Value> = problem
            .faults
            .iter()
            .map(|fault| {
                json!({
                    "field": fault.place.field,
                    "column": fault.place.column,
                    "detail": text(&fault.message, &fault.args),
                })
            })
            .collect();
        let body = json!({
            "type": format!("{}/docs/api#error-{}", self.site.settings().base_url, problem.code.code.replace('_', "-")),
            "title": text(&problem.code.message_id(), &problem.args),
            "status": problem.code.status,
            "code": problem.code.code,
            "instance": format!("urn:uuid:{}", self.context.request_id),
            "errors": errors,
        });
        let status = StatusCode::from_u16(problem.code.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut answer = (status, [(CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response();
        if let Some(known) = known {
            self.link_header(&mut answer, known);
        }
        answer
    }
}

/// Addresses whose reading is kept in memory.
const READINGS_MAX: usize = 10_000;
/// Longest address that is kept, bytes.
const READING_BYTES_MAX: usize = 200;

/// What addresses that are right name, as they were read last: the same text always says the same.
struct Readings(Mutex<HotSet<String, Arc<Address>>>);

impl Default for Readings {
    fn default() -> Self {
        Readings(Mutex::new(HotSet::new(READINGS_MAX)))
    }
}

/// Pages kept in memory.
const PAGES_MAX: usize = 2_000;
/// Stands in a kept page where each reader's own mark goes: private-use characters, which no code and no name holds.
const MARK_PLACE: &str = "\u{E0F1}mark\u{E0F1}";
/// Stands in a kept page where the number of the look goes.
const COUNT_PLACE: &str = "\u{E0F1}count\u{E0F1}";

/// A piece of a page.
enum Piece {
    /// The same for everybody.
    Text(Box<str>),
    /// The mark of the reader's forms.
    Mark,
    /// The how-manieth look it is.
    Count,
}

/// Which look it was, and when the first was, UTC microseconds.
type Counted = (u32, i64);

/// A page as it was written for the first who asked.
pub(crate) struct Written {
    known: Arc<Known>,
    pieces: Vec<Piece>,
    bytes: usize,
    link: Option<HeaderValue>,
    /// The words about the last number that was asked for.
    counted: Mutex<Option<(Counted, Arc<str>)>>,
}

impl Written {
    fn counted(&self, cx: &View, look: &Look) -> Arc<str> {
        let asked = (look.number, look.first_at.micros());
        let mut counted = self.counted.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match &*counted {
            Some((number, words)) if *number == asked => Arc::clone(words),
            _ => {
                let words: Arc<str> = pages::scan::count(cx, look).0.into();
                *counted = Some((asked, Arc::clone(&words)));
                words
            }
        }
    }
}

/// Pages as they were written last.
struct Rendered(Mutex<HotSet<String, Arc<Written>>>);

impl Default for Rendered {
    fn default() -> Self {
        Rendered(Mutex::new(HotSet::new(PAGES_MAX)))
    }
}

/// The page and its `Link` header. The same words for the same knowledge, so they are written once; only the marks of the
/// forms and the number of the look are each reader's.
fn rendered(site: &Site, mut cx: View, look: &Look) -> (String, Option<HeaderValue>) {
    if cx.viewer.is_some() || !cx.flash.is_empty() {
        let count = pages::scan::count(&cx, look);
        return (pages::scan::page(&cx, &look.known, count).into_string(), link_value(site, &look.known));
    }
    let mark = std::mem::replace(&mut cx.csrf, MARK_PLACE.to_owned());
    let (path, query, language, theme) = (&cx.path, &cx.query, cx.language, cx.theme);
    let key = format!("{path}?{query} {language:?} {theme:?}");
    let memory = site.kernel().memory::<Rendered>();
    let lock = || memory.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let held = lock().get(&key).filter(|written| Arc::ptr_eq(&written.known, &look.known)).cloned();
    let written = held.unwrap_or_else(|| {
        let page = pages::scan::page(&cx, &look.known, maud::PreEscaped(COUNT_PLACE.to_owned())).into_string();
        let known = Arc::clone(&look.known);
        let (pieces, link) = (pieces(&page), link_value(site, &known));
        let written = Written { pieces, bytes: page.len(), link, known, counted: Mutex::default() };
        let written = Arc::new(written);
        lock().put(key, Arc::clone(&written));
        written
    });
    let count = written.counted(&cx, look);
    let mut page = String::with_capacity(written.bytes + count.len() + 2 * mark.len());
    for piece in &written.pieces {
        page.push_str(match piece {
            Piece::Text(text) => text,
            Piece::Mark => &mark,
            Piece::Count => &count,
        });
    }
    (page, written.link.clone())
}

fn pieces(page: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (number, around_count) in page.split(COUNT_PLACE).enumerate() {
        if number > 0 {
            pieces.push(Piece::Count);
        }
        for (number, text) in around_count.split(MARK_PLACE).enumerate() {
            if number > 0 {
                pieces.push(Piece::Mark);
            }
            pieces.push(Piece::Text(text.into()));
        }
    }
    pieces
}

fn link_value(site: &Site, known: &Known) -> Option<HeaderValue> {
    HeaderValue::from_str(&linkset::header(known, &site.settings().base_url)).ok()
}

fn weak(etag: &str) -> &str {
    etag.trim().trim_start_matches("W/")
}

fn moved(status: StatusCode, to: &str) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    let to = HeaderValue::from_str(to).unwrap_or_else(|_| HeaderValue::from_static("/s"));
    answer.headers_mut().insert(LOCATION, to);
    answer
}
