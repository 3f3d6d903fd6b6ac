//! A person's browser or a program, talking to the router without a socket: how the demonstration loads itself through the
//! public API, and how tests act.

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use std::net::SocketAddr;
use tower::ServiceExt;

/// Largest answer read, bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Somebody with a cookie jar of one session.
#[derive(Clone)]
pub struct Client {
    router: Router,
    cookie: Option<String>,
    bearer: Option<String>,
    csrf: Option<String>,
    language: &'static str,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// `Location` of a redirect.
    pub location: Option<String>,
    /// Content type.
    pub content_type: String,
    /// Body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none; the text is in the error.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.bytes).with_context(|| format!("{}: {}", self.status, self.text()))
    }

    /// The body as JSON of an answer that succeeded.
    ///
    /// # Errors
    /// When it did not.
    pub fn ok(&self) -> Result<Value> {
        if !self.status.is_success() {
            bail!("{}: {}", self.status, self.text());
        }
        self.json()
    }
}

impl Client {
    /// Somebody without a session.
    pub fn visitor(router: Router) -> Client {
        Client { router, cookie: None, bearer: None, csrf: None, language: "zh-CN" }
    }

    /// A program with an API token.
    pub fn with_token(router: Router, token: &str) -> Client {
        Client { bearer: Some(token.to_owned()), ..Client::visitor(router) }
    }

    /// Somebody with a session cookie (`name=value`); reads their CSRF mark from a page.
    ///
    /// # Errors
    /// When the account page carries none.
    pub async fn signed_in(router: Router, cookie: &str) -> Result<Client> {
        let mut client =
            Client { router, cookie: Some(cookie.to_owned()), bearer: None, csrf: None, language: "zh-CN" };
        let page = client.get("/account").await?.text();
        let mark = page
            .split_once(&format!("name=\"{}\" value=\"", ui_csrf_field()))
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(mark, _)| mark.to_owned());
        client.csrf = Some(mark.context("the account page carries no CSRF mark")?);
        Ok(client)
    }

    /// The same person reading English.
    #[must_use]
    pub fn in_english(mut self) -> Client {
        self.language = "en";
        self
    }

    /// Asks for a page or a resource.
    ///
    /// # Errors
    /// Only when the router itself fails.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::GET, path).body(Body::empty())?).await
    }

    /// Submits a form.
    ///
    /// # Errors
    /// Only when the router itself fails.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let mut form: Vec<(&str, &str)> = fields.to_vec();
        if let Some(csrf) = &self.csrf {
            form.push((ui_csrf_field(), csrf));
        }
        let body = form
            .iter()
            .map(|(key, value)| format!("{}={}", encoded(key), encoded(value)))
            .collect::<Vec<_>>()
            .join("&");
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))?;
        self.send(request).await
    }

    /// Sends JSON.
    ///
    /// # Errors
    /// Only when the router itself fails.
    pub async fn send_json(&self, method: Method, path: &str, body: &Value) -> Result<Answer> {
        let mut request = self.request(method, path).header(header::CONTENT_TYPE, "application/json");
        if let Some(csrf) = &self.csrf {
            request = request.header("x-csrf-token", csrf);
        }
        self.send(request.body(Body::from(body.to_string()))?).await
    }

    /// Sends JSON by POST.
    ///
    /// # Errors
    /// Only when the router itself fails.
    pub async fn post_json(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send_json(Method::POST, path, body).await
    }

    /// Sends fields and files as `multipart/form-data`. A file is (field, file name, media type, bytes).
    ///
    /// # Errors
    /// Only when the router itself fails.
    pub async fn post_files(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &str, &[u8])],
    ) -> Result<Answer> {
        const BOUNDARY: &str = "touchstone-test-boundary";
        let mut body = Vec::new();
        let csrf = self.csrf.as_deref().map(|csrf| (ui_csrf_field(), csrf));
        for (name, value) in csrf.into_iter().chain(fields.iter().copied()) {
            body.extend(
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
            );
        }
        for (field, name, media_type, content) in files {
            body.extend(
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: {media_type}\r\n\r\n")
                    .bytes(),
            );
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend(format!("--{BOUNDARY}--\r\n").bytes());
        let mut request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"));
        if let Some(csrf) = &self.csrf {
            request = request.header("x-csrf-token", csrf);
        }
        self.send(request.body(Body::from(body))?).await
    }

    /// The mark every change of a signed-in person carries; empty without a session.
    pub fn csrf(&self) -> &str {
        self.csrf.as_deref().unwrap_or_default()
    }

    /// A request of this person, to be finished by hand and sent by [`Client::send`].
    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let mut request = Request::builder().method(method).uri(path).header(header::ACCEPT_LANGUAGE, self.language);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(token) = &self.bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        request
    }

    /// Sends any request.
    ///
    /// # Errors
    /// Only when the router itself fails.
    pub async fn send(&self, mut request: Request<Body>) -> Result<Answer> {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))));
        let response = self.router.clone().oneshot(request).await?;
        let (parts, body) = response.into_parts();
        let bytes = http_body_util::Limited::new(body, ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(|error| anyhow::anyhow!("answer: {error}"))?
            .to_bytes()
            .to_vec();
        let head = |name| {
            parts.headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok()).map(str::to_owned)
        };
        Ok(Answer {
            status: parts.status,
            location: head(header::LOCATION),
            content_type: head(header::CONTENT_TYPE).unwrap_or_default(),
            bytes,
        })
    }
}

fn ui_csrf_field() -> &'static str {
    ui::CSRF_FIELD
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}
