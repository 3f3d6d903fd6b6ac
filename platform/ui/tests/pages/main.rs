//! What pages promise, through the public door.

mod addresses;
mod languages;
mod parts;
mod shells;

use std::sync::Arc;

use ground::{Language, Timestamp};
use maud::Render;
use ui::{Area, Catalogs, View, Viewer};

pub fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-03-16T02:30:00Z").expect("a moment")
}

pub fn view(language: Language, path: &str, query: &str) -> View {
    let catalogs = Arc::new(Catalogs::new(&[]).expect("sound catalogs"));
    let mut cx = View::new(catalogs, language, path, now());
    cx.query = query.into();
    cx.csrf = "tok\"en".into();
    cx
}

pub fn zh() -> View {
    view(Language::Zh, "/list", "")
}

pub fn text(part: impl Render) -> String {
    part.render().into_string()
}

pub fn viewer(area: Area, roles: &[&str]) -> Viewer {
    let roles = roles.iter().map(|r| (*r).to_owned()).collect();
    Viewer { id: "u".into(), name: "林".into(), roles, area, organisation: None }
}
