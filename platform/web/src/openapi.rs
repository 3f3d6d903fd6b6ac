//! The description of the JSON API: OpenAPI 3.1 at `/v1/openapi.json`, and a page to read at `/docs/api`.

use crate::access::{Access, RouteRow};
use crate::extract::Cx;
use crate::failure::{FaultBody, ProblemBody};
use crate::routes::Routes;
use axum::Extension;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use maud::{Markup, html};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use ui::View;
use ui::parts::{PageHeader, card};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, ResponseBuilder, SecurityRequirement};
use utoipa::{OpenApi as _, ToSchema};

/// One page of a list as JSON: `PageBody<MerchantBody>`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PageBody<T> {
    /// The rows of this page.
    pub rows: Vec<T>,
    /// Rows on all pages.
    pub total: u64,
    /// This page, from 1.
    pub page: u64,
    /// Pages, at least 1.
    pub pages: u64,
}

impl<T> PageBody<T> {
    /// The page with every row in its JSON shape.
    pub fn of<U>(page: kernel::Page<U>, with: impl FnMut(U) -> T) -> Self {
        let (number, pages, total) = (page.paging.page, page.pages(), page.total);
        PageBody { rows: page.rows.into_iter().map(with).collect(), total, page: number, pages }
    }
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Touchstone 试金石",
        description = "Quality supervision of a marketplace. Every address takes and gives JSON; errors are application/problem+json (RFC 9457)."
    ),
    components(schemas(ProblemBody, FaultBody))
)]
struct Document;

pub(crate) fn document() -> OpenApi {
    Document::openapi()
}

/// Adds what holds for all routes: the token, and the shape of errors.
pub(crate) fn complete(mut described: OpenApi, table: &[RouteRow]) -> OpenApi {
    let components = described.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    for (path, item) in &mut described.paths.paths {
        let operations = [
            ("GET", &mut item.get),
            ("PUT", &mut item.put),
            ("POST", &mut item.post),
            ("DELETE", &mut item.delete),
            ("PATCH", &mut item.patch),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            let problem = ResponseBuilder::new()
                .description("A problem (RFC 9457)")
                .content(
                    "application/problem+json",
                    ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build(),
                )
                .build();
            operation.responses.responses.entry("default".to_owned()).or_insert(problem.into());
            let row = table.iter().find(|row| row.path == *path && row.method == method);
            let scopes: Vec<&str> = match row.map(|row| row.access) {
                Some(Access::Public) => continue,
                Some(Access::Needs(any)) => any.iter().map(|permission| permission.name()).collect(),
                Some(Access::SignedIn) | None => Vec::new(),
            };
            operation.security.get_or_insert_default().push(SecurityRequirement::new("token", scopes));
        }
    }
    described
}

/// The finished document, rendered once.
#[derive(Clone)]
pub(crate) struct Served {
    json: Bytes,
    value: Arc<Value>,
}

impl Served {
    pub(crate) fn new(described: OpenApi) -> Self {
        let value = serde_json::to_value(&described).unwrap_or_default();
        Served { json: Bytes::from(value.to_string()), value: Arc::new(value) }
    }
}

pub(crate) fn routes() -> Routes {
    Routes::new().page(Access::Public, "/v1/openapi.json", get(json)).page(Access::Public, "/docs/api", get(page))
}

async fn json(Extension(served): Extension<Served>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    (headers, served.json).into_response()
}

async fn page(Cx(cx): Cx, Extension(served): Extension<Served>) -> Markup {
    let paths = served.value["paths"].as_object().cloned().unwrap_or_default();
    let body = html! {
        (PageHeader::new(&cx, cx.t("web-docs-title")).lead(cx.t("web-docs-lead"))
            .link(&cx.t("web-docs-file"), "/v1/openapi.json", "download"))
        (card(&cx.t("web-docs-rules"), html! {
            ul {
                li { (cx.t("web-docs-token")) " " code { "Authorization: Bearer …" } }
                li { (cx.t("web-docs-idempotency")) " " code { "Idempotency-Key" } }
                li { (cx.t("web-docs-paging")) " " code { "?page=1&rows=50&sort=-name" } }
                li { (cx.t("web-docs-problem")) " " code { "application/problem+json" } }
                li { (cx.t("web-docs-webhooks")) " " code { "webhook-id, webhook-timestamp, webhook-signature" } }
            }
        }))
        @for (path, item) in &paths {
            @for (method, operation) in item.as_object().into_iter().flatten() { (described(&cx, method, path, operation)) }
        }
        (card(&cx.t("web-docs-shapes"), html! {
            @for (name, schema) in served.value["components"]["schemas"].as_object().into_iter().flatten() {
                details id={ "schema-" (name) } {
                    summary { code { (name) } }
                    pre { code { (serde_json::to_string_pretty(schema).unwrap_or_default()) } }
                }
            }
        }))
        (card(&cx.t("web-docs-errors"), html! {
            p { (cx.t("web-docs-errors-lead")) }
            dl class="ts-facts" {
                @for code in ground::problem::CODES.iter().chain(crate::codes::CODES).chain(blobs::CODES) {
                    div id={ "error-" (code.code.replace('_', "-")) } {
                        dt { code { (code.status) " " (code.code) } }
                        dd { (cx.t(&code.message_id())) }
                    }
                }
            }
        }))
    };
    ui::shell::page(&cx, &cx.t("web-docs-title"), body)
}

fn described(cx: &View, method: &str, path: &str, operation: &Value) -> Markup {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let scopes: Vec<String> = operation["security"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|requirement| requirement["token"].as_array())
        .flatten()
        .map(&text)
        .collect();
    html! {
        section class="card ts-card" {
            h2 class="ts-card-title" { code { (method.to_uppercase()) " " (path) } }
            div class="ts-card-body" {
                p { (text(&operation["summary"])) " " (text(&operation["description"])) }
                @if !scopes.is_empty() { p { (cx.t("web-docs-needs")) " " code { (scopes.join(", ")) } } }
                @if let Some(parameters) = operation["parameters"].as_array() {
                    ul {
                        @for parameter in parameters {
                            li {
                                code { (text(&parameter["name"])) } " (" (text(&parameter["in"])) ") "
                                (text(&parameter["description"]))
                            }
                        }
                    }
                }
                @for (label, content) in bodies(operation) {
                    p { code { (label) } " " (shape(&content)) }
                }
            }
        }
    }
}

/// The request body and the answers of an operation, with their schemas.
fn bodies(operation: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (kind, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
        found.push((format!("→ {kind}"), content["schema"].clone()));
    }
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        match answer["content"].as_object() {
            Some(content) => {
                found.extend(content.iter().map(|(_, body)| (format!("← {status}"), body["schema"].clone())))
            }
            None => found.push((format!("← {status}"), Value::Null)),
        }
    }
    found
}

fn shape(schema: &Value) -> Markup {
    let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    html! {
        @match (name, schema["type"].as_str()) {
            (Some(name), _) => a href={ "#schema-" (name) } { (name) },
            (None, Some("array")) => { "[ " (shape(&schema["items"])) " ]" },
            (None, Some(kind)) => code { (kind) },
            (None, None) => {},
        }
    }
}
