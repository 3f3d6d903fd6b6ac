//! The filter above a list: a GET form, so the filter lives in the URL, and a chip for each part that is set.

use maud::{Markup, Render, html};

use crate::icon::icon;
use crate::view::View;

/// A filter bar. Its values come from the query by themselves.
#[derive(Debug)]
pub struct FilterBar<'a> {
    cx: &'a View,
    fields: Vec<Part>,
    saved: Vec<(String, String)>,
}

#[derive(Debug)]
struct Part {
    name: String,
    label: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Search,
    Choice(Vec<(String, String)>),
    Date,
}

impl<'a> FilterBar<'a> {
    pub fn new(cx: &'a View) -> Self {
        Self { cx, fields: Vec::new(), saved: Vec::new() }
    }

    /// A text to search for.
    #[must_use]
    pub fn search(self, name: &str, label: impl Into<String>) -> Self {
        self.part(name, label, Kind::Search)
    }

    /// One of several values: `(value, label)`. "All" is added.
    #[must_use]
    pub fn choice(self, name: &str, label: impl Into<String>, options: Vec<(String, String)>) -> Self {
        self.part(name, label, Kind::Choice(options))
    }

    /// A day.
    #[must_use]
    pub fn date(self, name: &str, label: impl Into<String>) -> Self {
        self.part(name, label, Kind::Date)
    }

    /// A ready-made filter: label and query (`state=open&sort=-due`).
    #[must_use]
    pub fn saved(mut self, label: impl Into<String>, query: impl Into<String>) -> Self {
        self.saved.push((label.into(), query.into()));
        self
    }

    fn part(mut self, name: &str, label: impl Into<String>, kind: Kind) -> Self {
        self.fields.push(Part { name: name.into(), label: label.into(), kind });
        self
    }

    fn field(&self, part: &Part) -> Markup {
        let value = self.cx.param(&part.name).unwrap_or_default();
        let id = format!("filter-{}", part.name);
        html! {
            div class={ "ts-filter-field" @if matches!(part.kind, Kind::Search) { " ts-filter-search" } } {
                label for=(id) { (part.label) }
                @match &part.kind {
                    Kind::Search => input class="form-control" type="search" id=(id) name=(part.name) value=(value)
                        maxlength="200" data-key="/" data-key-label=(part.label);,
                    Kind::Date => input class="form-control" type="date" id=(id) name=(part.name) value=(value);,
                    Kind::Choice(options) => select class="form-select" id=(id) name=(part.name) data-autosubmit {
                        option value="" { (self.cx.t("ui-all")) }
                        @for (option, label) in options {
                            option value=(option) selected[*option == value] { (label) }
                        }
                    },
                }
            }
        }
    }

    fn chips(&self) -> Vec<(String, String)> {
        let reset = [("page", None), ("after", None), ("before", None)];
        self.fields
            .iter()
            .filter_map(|part| {
                let value = self.cx.param(&part.name).filter(|v| !v.is_empty())?;
                let shown = match &part.kind {
                    Kind::Choice(options) => options.iter().find(|(v, _)| *v == value).map(|(_, l)| l.clone()),
                    Kind::Search | Kind::Date => None,
                };
                let mut changes = reset.to_vec();
                changes.push((part.name.as_str(), None));
                Some((format!("{}: {}", part.label, shown.unwrap_or(value)), self.cx.href_with(&changes)))
            })
            .collect()
    }
}

impl Render for FilterBar<'_> {
    fn render(&self) -> Markup {
        let chips = self.chips();
        let kept = self.cx.params().into_iter().filter(|(key, _)| {
            !matches!(key.as_str(), "page" | "after" | "before") && !self.fields.iter().any(|p| p.name == *key)
        });
        let kept: Vec<(String, String)> = kept.collect();
        html! {
            div class="ts-filter" {
                @if !self.saved.is_empty() {
                    ul class="ts-saved" aria-label=(self.cx.t("ui-saved-filters")) {
                        @for (label, query) in &self.saved {
                            li {
                                a href={ (self.cx.path) "?" (query) }
                                    aria-current=[(self.cx.query == *query).then_some("true")] { (label) }
                            }
                        }
                    }
                }
                form method="get" action=(self.cx.path) role="search" aria-label=(self.cx.t("ui-filter")) {
                    @for (key, value) in &kept { input type="hidden" name=(key) value=(value); }
                    @for part in &self.fields { (self.field(part)) }
                    button class="btn" type="submit" { (icon("filter")) (self.cx.t("ui-filter")) }
                }
                @if !chips.is_empty() {
                    ul class="ts-chips" aria-label=(self.cx.t("ui-filters-set")) {
                        @for (label, href) in &chips {
                            li {
                                a href=(href) {
                                    (label) (icon("x"))
                                    span class="visually-hidden" { (self.cx.t("ui-filter-remove")) }
                                }
                            }
                        }
                        @if chips.len() > 1 { li { a class="ts-chip-all" href=(self.cx.path) { (self.cx.t("ui-filter-clear")) } } }
                    }
                }
            }
        }
    }
}
