//! What people see: languages, page shells, the parts pages are made of, and the files the browser needs.
//!
//! Reading order: [`view`] (what a page knows), [`shell`] (the frame), [`parts`] (what goes in), [`language`], [`assets`].
//!
//! Invariants
//! - No page writes an inline script or style: the security policy is `script-src 'self'; style-src 'self'`, plus
//!   `img-src 'self' data: blob:` for the style sheet's own pictures and for previews. [`assets`] answers below
//!   `/assets/`; nothing is fetched from another host.
//! - Everything a caller puts in as text is escaped (`maud` does it); only this crate writes raw markup.
//! - Pages that only show or submit work without a script. Meaning is never carried by colour alone.
//!
//! What it does not do: no HTTP, no storage, no permissions, no words of the duties: those are in each slice's catalog.
//!
//! # How a page is written
//! A slice has `pages/*.rs` with functions from the view and its own data to markup, and `locales/{zh-CN,en}.ftl`:
//! ```ignore
//! use maud::{Markup, html};
//! use ui::{View, shell, parts::*};
//!
//! pub fn merchants_list(cx: &View, found: &[Merchant], page: u64, pages: u64, rows: u64) -> Markup {
//!     let table = Table::new(cx, cx.t("merchants-list"))
//!         .column(Column::text(cx.t("merchants-name")).sort("name"))
//!         .column(Column::text(cx.t("merchants-state")))
//!         .column(Column::number(cx.t("merchants-listings")).quiet())
//!         .sorted(Sort::from_view(cx, &["name"], "name"))
//!         .rows(found.iter().map(|m| Row::new().link(format!("/console/merchants/{}", m.id))
//!             .cell(&m.name).cell(status(Tone::Good, "check", &cx.t("merchants-state-active"))).cell(cx.number(m.listings))))
//!         .export("CSV", "/console/merchants.csv")
//!         .empty(empty("building-store", &cx.t("merchants-none"), &cx.t("merchants-none-help"), None))
//!         .paging(Paging::pages(cx, page, pages, rows));
//!     shell::console(cx, &cx.t("merchants-title"), html! {
//!         (PageHeader::new(cx, cx.t("merchants-title")).link(&cx.t("merchants-new"), "/console/merchants/new", "plus"))
//!         (FilterBar::new(cx).search("q", cx.t("merchants-search")).choice("state", cx.t("merchants-state"), states(cx)))
//!         (table)
//!     })
//! }
//!
//! pub fn merchant_form(cx: &View, input: &Input, errors: &FormErrors) -> Markup {
//!     shell::merchant(cx, &cx.t("merchants-new"), html! {
//!         (PageHeader::new(cx, cx.t("merchants-new")))
//!         (errors)
//!         (form_post(cx, "/merchant/enrol", html! {
//!             (Field::text(cx, "name", cx.t("merchants-name")).value(&input.name).required().errors(errors))
//!             (submit(&cx.t("merchants-save"), None))
//!         }))
//!     })
//! }
//! ```
//! Errors of a form: `FormErrors::of_problem(cx, &problem)` for a refused input, `FormErrors::none()` at first.
//! Keys on a review page: `data-key="a"` on a button, link or field, and `KeyHelp::new(cx).key("a", …)` at the end.
//! Parts of a page that change alone carry htmx attributes (`hx-get`, `hx-post`, `hx-target`); a POST by htmx needs the
//! CSRF field, so put it inside a form made by `form_post` or add `hx-include`.
//!
//! Frames for the body of a page are classes: `ts-tiles` (a row of [`parts::Tile`]), `ts-halves` (two cards beside each
//! other), `ts-aside` (wide and narrow), `ts-columns` (facts, evidence, decision), `ts-sticky` (stays in sight), `ts-row`
//! (buttons and marks in a line), `ts-stack` (even distances); on public pages `pub-verdict ts-good|neutral|waiting|danger`
//! (the answer to a scan) and `pub-actions`. Further colours or styles belong in `assets/*.css`, never in a page.
//! To see everything: `cargo run -p ui --example gallery -- <folder>`.

pub mod assets;
mod icon;
pub mod language;
pub mod parts;
pub mod shell;
pub mod view;

pub use icon::{icon, is_icon, names as icon_names};
pub use language::{Arg, CatalogError, CatalogSource, Catalogs};
pub use view::{Area, CSRF_FIELD, Flash, NavEntry, Theme, View, Viewer};

/// The texts of this crate; [`Catalogs::new`] adds them by itself.
pub const CATALOG: CatalogSource =
    CatalogSource { crate_name: "ui", zh: include_str!("../locales/zh-CN.ftl"), en: include_str!("../locales/en.ftl") };
