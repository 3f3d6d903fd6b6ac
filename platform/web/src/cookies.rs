//! The cookies of the product. All are `HttpOnly` and `SameSite=Lax`; `Secure` where the settings say so.

use crate::Site;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::AppendHeaders;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The signed-in session.
pub const SESSION: &str = "ts_session";
/// A browser that is not signed in, so that its forms can be told from forged ones.
pub(crate) const VISIT: &str = "ts_visit";
/// The language chosen.
pub(crate) const LANGUAGE: &str = "ts_lang";
/// Messages for the next page, signed.
pub(crate) const FLASH: &str = "ts_flash";
/// Light or dark, written by the page's own script.
pub(crate) const THEME: &str = "theme";

/// A year, seconds.
pub(crate) const YEAR_SECONDS: i64 = 365 * 86_400;

/// The value of a cookie of a request.
pub fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.trim_matches('"').to_owned())
        .filter(|value| !value.is_empty())
}

/// A `Set-Cookie` value. `seconds` of `None` lasts until the browser closes; 0 takes the cookie away.
pub(crate) fn write(site: &Site, name: &'static str, value: &str, seconds: Option<i64>) -> HeaderValue {
    let mut cookie = Cookie::build((name, value.to_owned()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(site.settings().cookie_secure)
        .build();
    if let Some(seconds) = seconds {
        cookie.set_max_age(Duration::seconds(seconds));
    }
    HeaderValue::from_str(&cookie.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Headers that set one cookie; put them before the response: `(set_session(…), redirect("/"))`.
pub type SetCookie = AppendHeaders<[(HeaderName, HeaderValue); 1]>;

/// Signs the browser in. `seconds` is how long the session may last at most.
pub fn set_session(site: &Site, token: &str, seconds: i64) -> SetCookie {
    AppendHeaders([(SET_COOKIE, write(site, SESSION, token, Some(seconds)))])
}

/// Signs the browser out.
pub fn clear_session(site: &Site) -> SetCookie {
    AppendHeaders([(SET_COOKIE, write(site, SESSION, "", Some(0)))])
}

/// Keeps the language a person chose.
pub fn set_language(site: &Site, language: ground::Language) -> SetCookie {
    AppendHeaders([(SET_COOKIE, write(site, LANGUAGE, language.tag(), Some(YEAR_SECONDS)))])
}

/// Keeps a value that the browser brings back unchanged or not at all (signed, not secret), for `seconds`. `name` must be
/// unique among the cookies of the product; nothing else may be put in its place, because the name is signed too.
pub fn set_signed(site: &Site, name: &'static str, value: &str, seconds: i64) -> SetCookie {
    AppendHeaders([(SET_COOKIE, write(site, name, &sign(site.secret(), name, value), Some(seconds)))])
}

/// Takes a cookie away.
pub fn clear(site: &Site, name: &'static str) -> SetCookie {
    AppendHeaders([(SET_COOKIE, write(site, name, "", Some(0)))])
}

/// Reads what [`set_signed`] kept; `None` when it is missing or was tampered with.
pub fn read_signed(site: &Site, headers: &HeaderMap, name: &str) -> Option<String> {
    verify(site.secret(), name, &read(headers, name)?)
}

/// HMAC-SHA-256.
pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of every length, so this cannot fail.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes every key"));
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

pub(crate) fn sign(secret: &[u8; 32], name: &str, value: &str) -> String {
    let tag = hmac(secret, &[b"cookie", name.as_bytes(), value.as_bytes()]);
    format!("{}.{}", URL_SAFE_NO_PAD.encode(value), URL_SAFE_NO_PAD.encode(tag))
}

pub(crate) fn verify(secret: &[u8; 32], name: &str, signed: &str) -> Option<String> {
    let (value, tag) = signed.split_once('.')?;
    let value = URL_SAFE_NO_PAD.decode(value).ok().and_then(|bytes| String::from_utf8(bytes).ok())?;
    let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
    let expected = hmac(secret, &[b"cookie", name.as_bytes(), value.as_bytes()]);
    bool::from(expected.as_slice().ct_eq(&tag)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_value_reads_back_only_unchanged_and_under_its_own_name() {
        let secret = [7; 32];
        let signed = sign(&secret, "a", "值");
        assert_eq!(verify(&secret, "a", &signed).as_deref(), Some("值"));
        assert_eq!(verify(&secret, "b", &signed), None);
        assert_eq!(verify(&[8; 32], "a", &signed), None);
        let (_, tag) = signed.split_once('.').unwrap();
        assert_eq!(verify(&secret, "a", &format!("{}.{tag}", URL_SAFE_NO_PAD.encode("anderes"))), None);
        assert_eq!(verify(&secret, "a", "x"), None);
    }
}
