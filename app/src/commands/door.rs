//! The door of a running server, for commands that hand signals to it.

use anyhow::{Context, Result, bail};
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use signals::Receipt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use web::outbound::{Client, SystemResolver};

/// Tries of a batch that is told to wait.
pub(super) const TRIES_MAX: u32 = 600;
/// Longest answer read, bytes.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A server's door for signals.
pub(super) struct Door {
    client: Client,
    url: String,
    headers: HeaderMap,
}

impl Door {
    pub(super) fn new(token: Option<&str>, token_file: Option<&Path>, url: &str) -> Result<Door> {
        let token = match (token, token_file) {
            (Some(token), _) => token.to_owned(),
            (None, Some(file)) => crate::config::secret(&file.to_string_lossy())?,
            (None, None) => bail!("--token or --token-file: an API token that may take signals in"),
        };
        // Whoever runs this names the address: it may be a private one.
        let allow: Vec<String> = proofs::witnesses::host_of(url).into_iter().collect();
        let client = Client::with_resolver(&allow, Arc::new(SystemResolver));
        let mut headers = HeaderMap::new();
        let bearer = HeaderValue::from_str(&format!("Bearer {}", token.trim())).context("--token")?;
        headers.insert(header::AUTHORIZATION, bearer);
        Ok(Door { client, url: url.trim_end_matches('/').to_owned(), headers })
    }

    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        kind: Option<&'static str>,
        body: Bytes,
    ) -> Result<(u16, Bytes, u64)> {
        let mut headers = self.headers.clone();
        if let Some(kind) = kind {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        let address = format!("{}{path}", self.url);
        let answer = self.client.send_for(method, &address, headers, body, ANSWER_BYTES_MAX).await;
        let answer = answer.with_context(|| address.clone())?;
        let name = HeaderName::from_static("retry-after");
        let wait = answer.headers.get(name).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
        Ok((answer.status, answer.body, wait.unwrap_or(2)))
    }

    pub(super) async fn send(&self, lines: Bytes) -> Result<Receipt> {
        for _ in 0..TRIES_MAX {
            let (status, body, wait) =
                self.ask(Method::POST, "/v1/signals", Some("application/x-ndjson"), lines.clone()).await?;
            match status {
                200 => return receipt_of(&body),
                429 | 503 => tokio::time::sleep(Duration::from_secs(wait.clamp(1, 60))).await,
                _ => bail!("{} answered {status}: {}", self.url, String::from_utf8_lossy(&body)),
            }
        }
        bail!("{} had no room for {TRIES_MAX} tries", self.url)
    }
}

fn receipt_of(body: &[u8]) -> Result<Receipt> {
    let value: serde_json::Value = serde_json::from_slice(body).context("the server's answer")?;
    let number = |name: &str| value.get(name).and_then(serde_json::Value::as_u64).unwrap_or(0);
    let text = |line: &serde_json::Value, name: &str| {
        line.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let lines = value.get("lines").and_then(serde_json::Value::as_array).into_iter().flatten();
    Ok(Receipt {
        accepted: number("accepted"),
        duplicates: number("duplicates"),
        conflicts: number("conflicts"),
        refused: number("refused"),
        position: number("position"),
        lines: lines
            .map(|line| signals::Refused {
                line: line.get("line").and_then(serde_json::Value::as_u64).unwrap_or(0),
                code: text(line, "code"),
                field: text(line, "field"),
                detail: ground::Bilingual::new(text(line, "detail"), text(line, "detail")),
                excerpt: text(line, "excerpt"),
            })
            .collect(),
    })
}
