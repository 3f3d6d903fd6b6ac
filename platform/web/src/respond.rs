//! Answers other than pages: redirects, downloads.

use crate::flash::{Pending, StoredFlash};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Whether a path stays on this host: starts with one slash and holds nothing a browser reads as another host.
pub fn is_local(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains('\\') && !path.chars().any(|c| c.is_control())
}

/// 303 See Other to a place of this product.
#[derive(Debug, Clone)]
pub struct Redirect {
    to: String,
    flash: Vec<StoredFlash>,
}

/// 303 to a path of this product; anything that could lead elsewhere goes to `/`.
pub fn redirect(path: &str) -> Redirect {
    let to = if is_local(path) { path.to_owned() } else { "/".to_owned() };
    Redirect { to, flash: Vec::new() }
}

pub(crate) fn go(path: &str) -> Redirect {
    redirect(path)
}

/// 303 to a path of this product, where a message is shown once. `message_id` is a Fluent id without arguments.
pub fn redirect_with_flash(path: &str, message_id: &str) -> Redirect {
    redirect(path).good(message_id, &[])
}

/// 303 to another host, for signing in with a configured provider. The address must come from configuration, never from
/// the request.
pub fn redirect_to_provider(address: &url::Url) -> Redirect {
    Redirect { to: address.to_string(), flash: Vec::new() }
}

impl Redirect {
    /// With a message that something was done.
    #[must_use]
    pub fn good(self, message_id: &str, args: &[(&str, String)]) -> Self {
        self.with("good", message_id, args)
    }

    /// With a warning.
    #[must_use]
    pub fn warning(self, message_id: &str, args: &[(&str, String)]) -> Self {
        self.with("waiting", message_id, args)
    }

    /// With a message that something was not done.
    #[must_use]
    pub fn bad(self, message_id: &str, args: &[(&str, String)]) -> Self {
        self.with("danger", message_id, args)
    }

    fn with(mut self, tone: &str, message_id: &str, args: &[(&str, String)]) -> Self {
        self.flash.push(StoredFlash {
            tone: tone.to_owned(),
            message: message_id.to_owned(),
            args: args.iter().map(|(name, value)| ((*name).to_owned(), value.chars().take(200).collect())).collect(),
        });
        self
    }
}

impl IntoResponse for Redirect {
    fn into_response(self) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        let to = utf8_percent_encode(&self.to, NOT_IN_LOCATION).to_string();
        let location = HeaderValue::from_str(&to).unwrap_or_else(|_| HeaderValue::from_static("/"));
        response.headers_mut().insert(header::LOCATION, location);
        if !self.flash.is_empty() {
            response.extensions_mut().insert(Pending(self.flash));
        }
        response
    }
}

/// Controls, spaces and non-ASCII text are escaped in a `Location`; what is already escaped stays.
const NOT_IN_LOCATION: &AsciiSet = &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`');

/// Characters allowed in the `filename*` of RFC 8187.
const FILE_NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// A file to keep. `name` may be in any language; `body` may be bytes, text or a stream (`Body::from_stream`).
pub fn download(name: &str, content_type: &str, body: impl Into<Body>) -> Response {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' })
        .take(100)
        .collect();
    let whole: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
    let disposition =
        format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(&whole, FILE_NAME));
    let value = |text: &str, otherwise: &'static str| {
        HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(otherwise))
    };
    let headers = [
        (header::CONTENT_TYPE, value(content_type, "application/octet-stream")),
        (header::CONTENT_DISPOSITION, value(&disposition, "attachment")),
    ];
    (headers, body.into()).into_response()
}

/// A picture or document shown in place. Only for kinds that carry no script: pictures, PDF, plain text.
pub fn inline(content_type: &str, body: impl Into<Body>) -> Response {
    let safe = content_type.starts_with("image/") && content_type != "image/svg+xml"
        || matches!(content_type, "application/pdf" | "text/plain; charset=utf-8");
    if !safe {
        return download("file", "application/octet-stream", body);
    }
    let kind = HeaderValue::from_str(content_type).unwrap_or_else(|_| HeaderValue::from_static("text/plain"));
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"))];
    (headers, body.into()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_leaves_the_host() {
        for hostile in
            ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\r\nb"]
        {
            let response = redirect(hostile).into_response();
            assert_eq!(response.headers()[header::LOCATION], "/", "{hostile:?}");
        }
        let response = redirect("/console/merchants?q=茶&page=2").into_response();
        assert_eq!(response.headers()[header::LOCATION], "/console/merchants?q=%E8%8C%B6&page=2");
    }

    #[test]
    fn a_download_keeps_its_name_in_any_language_and_no_more() {
        let response = download("商家 \"a\"\r\n.csv", "text/csv; charset=utf-8", "x");
        let disposition = response.headers()[header::CONTENT_DISPOSITION].to_str().unwrap();
        assert!(disposition.ends_with("filename*=UTF-8''%E5%95%86%E5%AE%B6%20%22a%22.csv"), "{disposition}");
        assert!(!disposition.contains('\r'));
    }

    #[test]
    fn what_could_carry_a_script_is_never_shown_in_place() {
        for kind in ["text/html", "image/svg+xml", "application/xml"] {
            let response = inline(kind, "<script>");
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/octet-stream", "{kind}");
        }
    }
}
