//! The head of a page, cards, facts, tabs, alerts, empty states, printed notices.

use maud::{Markup, Render, html};

use crate::icon::icon;
use crate::parts::status::Tone;
use crate::view::View;

/// Title, trail and actions at the top of a page. There is one on each page: it holds the only `h1`.
#[derive(Debug)]
pub struct PageHeader {
    title: String,
    lead: Option<Markup>,
    trail: Vec<(String, String)>,
    marks: Vec<Markup>,
    actions: Vec<Markup>,
    trail_label: String,
}

impl PageHeader {
    pub fn new(cx: &View, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            lead: None,
            trail: Vec::new(),
            marks: Vec::new(),
            actions: Vec::new(),
            trail_label: cx.t("ui-trail"),
        }
    }

    /// A sentence under the title.
    #[must_use]
    pub fn lead(mut self, lead: impl Render) -> Self {
        self.lead = Some(html! { (lead) });
        self
    }

    /// One step of the way back (breadcrumb).
    #[must_use]
    pub fn back(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.trail.push((label.into(), href.into()));
        self
    }

    /// A state, clock or badge beside the title.
    #[must_use]
    pub fn mark(mut self, mark: Markup) -> Self {
        self.marks.push(mark);
        self
    }

    /// A button or form at the right.
    #[must_use]
    pub fn action(mut self, action: Markup) -> Self {
        self.actions.push(action);
        self
    }

    /// A link that looks like a button, at the right; the first is the main one.
    #[must_use]
    pub fn link(self, label: &str, href: &str, icon_name: &str) -> Self {
        let class = if self.actions.is_empty() { "btn btn-primary" } else { "btn" };
        self.action(html! { a class=(class) href=(href) { (icon(icon_name)) (label) } })
    }
}

impl Render for PageHeader {
    fn render(&self) -> Markup {
        html! {
            div class="ts-head" {
                div class="ts-head-text" {
                    @if !self.trail.is_empty() {
                        nav class="ts-trail" aria-label=(self.trail_label) {
                            ol { @for (label, href) in &self.trail { li { a href=(href) { (label) } } } }
                        }
                    }
                    div class="ts-head-title" {
                        h1 { (self.title) }
                        @for mark in &self.marks { (mark) }
                    }
                    @if let Some(lead) = &self.lead { p class="ts-lead" { (lead) } }
                }
                @if !self.actions.is_empty() { div class="ts-actions" { @for action in &self.actions { (action) } } }
            }
        }
    }
}

/// A titled box. `body` may be any markup; an empty title leaves the heading out.
pub fn card(title: &str, body: Markup) -> Markup {
    html! {
        section class="card ts-card" {
            @if !title.is_empty() { h2 class="ts-card-title" { (title) } }
            div class="ts-card-body" { (body) }
        }
    }
}

/// A box for a list of facts; see [`facts`].
#[derive(Debug, Default)]
pub struct Facts(Vec<(String, Markup)>);

/// Starts a definition list: `facts().add("…", html! { … })`.
pub fn facts() -> Facts {
    Facts::default()
}

impl Facts {
    #[must_use]
    pub fn add(mut self, term: impl Into<String>, value: impl Render) -> Self {
        self.0.push((term.into(), html! { (value) }));
        self
    }

    /// Adds the row only where there is a value.
    #[must_use]
    pub fn maybe(self, term: impl Into<String>, value: Option<impl Render>) -> Self {
        match value {
            Some(value) => self.add(term, value),
            None => self,
        }
    }
}

impl Render for Facts {
    fn render(&self) -> Markup {
        html! {
            dl class="ts-facts" {
                @for (term, value) in &self.0 { div { dt { (term) } dd { (value) } } }
            }
        }
    }
}

/// Tabs as links: `(label, href, count)`; the one whose href has this page's path (and query, if it has one) is current.
pub fn tabs(cx: &View, label: &str, entries: &[(String, String, Option<u64>)]) -> Markup {
    let here = cx.href_with(&[]);
    let current = |href: &str| {
        href == here || (!href.contains('?') && href == cx.path && !entries.iter().any(|(_, other, _)| *other == here))
    };
    html! {
        nav class="ts-tabs" aria-label=(label) {
            ul {
                @for (text, href, n) in entries {
                    li {
                        a href=(href) aria-current=[current(href).then_some("page")] {
                            (text)
                            @if let Some(n) = n { span class="ts-count" { (cx.number(*n)) } }
                        }
                    }
                }
            }
        }
    }
}

/// A message in the page. Danger and waiting ones are announced at once, others politely.
pub fn alert(tone: Tone, title: &str, body: impl Render) -> Markup {
    let role = if matches!(tone, Tone::Danger | Tone::Waiting) { "alert" } else { "status" };
    html! {
        div class={ "ts-alert ts-" (tone.class()) } role=(role) {
            (icon(tone.icon()))
            div { @if !title.is_empty() { p class="ts-alert-title" { (title) } } div { (body) } }
        }
    }
}

/// What a list or box shows where there is nothing: what it means and what to do.
pub fn empty(icon_name: &str, title: &str, help: &str, action: Option<Markup>) -> Markup {
    html! {
        div class="ts-empty" {
            (icon(icon_name))
            p class="ts-empty-title" { (title) }
            @if !help.is_empty() { p class="ts-empty-help" { (help) } }
            @if let Some(action) = action { div { (action) } }
        }
    }
}

/// A paper: a notice or decision as it is served, laid out for print (A4) with its number and the way to verify it.
pub fn notice_document(
    cx: &View,
    issuer: &str,
    title: &str,
    number: &str,
    body: Markup,
    proof: Option<&str>,
) -> Markup {
    html! {
        article class="ts-paper" {
            header {
                p class="ts-paper-issuer" { (issuer) }
                h2 { (title) }
                p class="ts-paper-number" { (number) }
            }
            div class="ts-paper-body" { (body) }
            footer {
                @if let Some(href) = proof { a href=(href) { (icon("shield-check")) (cx.t("ui-ledger-mark")) } }
                button type="button" class="btn ts-js ts-no-print" data-print { (icon("printer")) (cx.t("ui-print")) }
            }
        }
    }
}
