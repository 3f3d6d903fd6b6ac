//! Messages shown once on the next page, carried by a signed cookie.

use crate::cookies;
use crate::site::Site;
use axum::http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use ui::parts::Tone;

/// Most messages carried.
const FLASHES_MAX: usize = 4;

/// A message on its way: a Fluent id with its arguments, so that it is shown in the language of the page it lands on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredFlash {
    pub(crate) tone: String,
    pub(crate) message: String,
    pub(crate) args: Vec<(String, String)>,
}

impl StoredFlash {
    pub(crate) fn tone(&self) -> Tone {
        match self.tone.as_str() {
            "good" => Tone::Good,
            "waiting" => Tone::Waiting,
            "danger" => Tone::Danger,
            _ => Tone::Info,
        }
    }
}

/// Messages of a response that still have to be put into the cookie.
#[derive(Debug, Clone)]
pub(crate) struct Pending(pub(crate) Vec<StoredFlash>);

pub(crate) fn read(site: &Site, headers: &HeaderMap) -> Vec<StoredFlash> {
    let Some(text) = cookies::read_signed(site, headers, cookies::FLASH) else { return Vec::new() };
    let mut read: Vec<StoredFlash> = serde_json::from_str(&text).unwrap_or_default();
    read.truncate(FLASHES_MAX);
    read
}

pub(crate) fn write(site: &Site, flashes: &[StoredFlash]) -> HeaderValue {
    let kept = &flashes[..flashes.len().min(FLASHES_MAX)];
    let text = serde_json::to_string(kept).unwrap_or_default();
    cookies::write(site, cookies::FLASH, &cookies::sign(site.secret(), cookies::FLASH, &text), Some(600))
}
