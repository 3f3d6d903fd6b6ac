//! Files the browser needs, inside the binary. Their addresses carry the hash of their content, so that they may be
//! kept for ever: `/assets/<12 hex digits>/app.css`.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// Where the web layer serves [`get`].
pub const PREFIX: &str = "/assets/";

/// A file of the product.
#[derive(Debug)]
pub struct Asset {
    pub name: &'static str,
    pub bytes: &'static [u8],
    pub content_type: &'static str,
    /// Strong entity tag with its quotes.
    pub etag: String,
    /// Address under which the file never changes; answer it with `cache-control: public, max-age=31536000, immutable`.
    pub href: String,
}

macro_rules! file {
    ($name:literal, $path:literal, $content_type:literal) => {
        ($name, include_bytes!(concat!("../assets/", $path)) as &'static [u8], $content_type)
    };
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    [
        file!("tabler.css", "vendor/tabler.min.css", "text/css; charset=utf-8"),
        file!("parts.css", "parts.css", "text/css; charset=utf-8"),
        file!("app.css", "app.css", "text/css; charset=utf-8"),
        file!("public.css", "public.css", "text/css; charset=utf-8"),
        file!("theme.js", "theme.js", "text/javascript; charset=utf-8"),
        file!("app.js", "app.js", "text/javascript; charset=utf-8"),
        file!("charts.js", "charts.js", "text/javascript; charset=utf-8"),
        file!("htmx.js", "vendor/htmx.min.js", "text/javascript; charset=utf-8"),
        file!("echarts.js", "vendor/echarts.common.min.js", "text/javascript; charset=utf-8"),
        file!("icon.svg", "icon.svg", "image/svg+xml"),
    ]
    .into_iter()
    .map(|(name, bytes, content_type)| {
        let digest = hex::encode(Sha256::digest(bytes));
        let short = &digest[..12];
        Asset { name, bytes, content_type, etag: format!("\"{short}\""), href: format!("{PREFIX}{short}/{name}") }
    })
    .collect()
});

/// The file behind a path below [`PREFIX`] (`<hash>/app.css`). A stale or missing hash finds nothing, so that a page
/// of one version never gets the files of another.
pub fn get(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.href.strip_prefix(PREFIX) == Some(path))
}

/// The address of a file by its name.
///
/// # Panics
/// Where the name is not one of [`all`]: a mistake in this crate, found by any test that renders a page.
pub fn href(name: &str) -> &'static str {
    match ASSETS.iter().find(|asset| asset.name == name) {
        Some(asset) => &asset.href,
        None => panic!("no asset named {name}"),
    }
}

/// Every file.
pub fn all() -> &'static [Asset] {
    &ASSETS
}
