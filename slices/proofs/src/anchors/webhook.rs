//! An address that receives each statement: `POST` with the log's signed statement as JSON, and the headers of the Standard
//! Webhooks specification where a secret was agreed. Any 2xx is a receipt.

use bytes::Bytes;
use ground::Timestamp;
use ground::time::SECOND_MICROS;
use ledger::anchor::{Anchor, AnchorError, Sign, Statement};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};
use tlog::SignedCheckpoint;
use web::outbound::Client;
use web::webhooks::signature;

/// The address.
pub struct WebhookAnchor {
    client: Client,
    url: String,
    secret: String,
}

impl WebhookAnchor {
    /// Sends to `url`, signed with `secret` (`whsec_…`) where it is not empty.
    ///
    /// # Errors
    /// When the secret is not of that form.
    pub fn new(client: Client, url: &str, secret: &str) -> Result<Self, String> {
        if !secret.is_empty() && signature(secret, "id", Timestamp::from_micros(0), "").is_none() {
            return Err("the anchor webhook's secret is not whsec_ and base64".to_owned());
        }
        Ok(WebhookAnchor { client, url: url.to_owned(), secret: secret.to_owned() })
    }

    fn headers(&self, at: Timestamp, body: &str) -> Result<HeaderMap, AnchorError> {
        let value =
            |text: &str| HeaderValue::from_str(text).map_err(|error| AnchorError::Unreachable(error.to_string()));
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // The same statement has the same id, so that a receiver can leave out what comes twice.
        let id = format!("anchor_{}", &hex::encode(Sha256::digest(body.as_bytes()))[..24]);
        headers.insert("webhook-id", value(&id)?);
        headers.insert("webhook-timestamp", value(&at.micros().div_euclid(SECOND_MICROS).to_string())?);
        if let Some(signature) = signature(&self.secret, &id, at, body) {
            headers.insert("webhook-signature", value(&signature)?);
        }
        Ok(headers)
    }
}

#[async_trait::async_trait]
impl Anchor for WebhookAnchor {
    fn kind(&self) -> &'static str {
        "webhook"
    }

    fn place(&self) -> String {
        self.url.clone()
    }

    async fn put(&self, tree: &SignedCheckpoint, at: Timestamp, sign: Sign<'_>) -> Result<String, AnchorError> {
        let body = Statement { at, checkpoint: tree.clone(), chained: None }.line(sign)?;
        let headers = self.headers(at, &body)?;
        let sent = self.client.send(Method::POST, &self.url, headers, Bytes::from(body)).await;
        let answer = sent.map_err(|error| AnchorError::Unreachable(error.to_string()))?;
        if (200..300).contains(&answer.status) {
            return Ok(format!("HTTP {}", answer.status));
        }
        Err(AnchorError::Unreachable(format!("{} answered with status {}", self.url, answer.status)))
    }
}
