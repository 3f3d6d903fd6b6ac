//! The list every page shows the same way: sortable columns, row link, bulk selection, export, empty state.

use maud::{Markup, Render, html};

use crate::icon::icon;
use crate::parts::paging::Paging;
use crate::view::View;

/// The order of a list, read from `?sort=name` (ascending) or `?sort=-name` (descending).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    pub key: String,
    pub descending: bool,
}

impl Sort {
    /// The asked order if its key is allowed, else `fallback` (same notation).
    pub fn from_view(cx: &View, allowed: &[&str], fallback: &str) -> Self {
        let asked = cx.param("sort").map(|text| Self::parse(&text));
        asked.filter(|s| allowed.contains(&s.key.as_str())).unwrap_or_else(|| Self::parse(fallback))
    }

    fn parse(text: &str) -> Self {
        match text.strip_prefix('-') {
            Some(key) => Self { key: key.into(), descending: true },
            None => Self { key: text.into(), descending: false },
        }
    }
}

/// A column head.
#[derive(Clone, Debug)]
pub struct Column {
    label: String,
    sort: Option<String>,
    number: bool,
    quiet: bool,
}

impl Column {
    /// A column of text.
    pub fn text(label: impl Into<String>) -> Self {
        Self { label: label.into(), sort: None, number: false, quiet: false }
    }

    /// A column of numbers: right aligned, tabular digits.
    pub fn number(label: impl Into<String>) -> Self {
        Self { number: true, ..Self::text(label) }
    }

    /// The head becomes a link that sorts by this key.
    #[must_use]
    pub fn sort(mut self, key: &str) -> Self {
        self.sort = Some(key.into());
        self
    }

    /// Left out on a phone.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    fn class(&self) -> Option<&'static str> {
        match (self.number, self.quiet) {
            (true, true) => Some("ts-num ts-quiet"),
            (true, false) => Some("ts-num"),
            (false, true) => Some("ts-quiet"),
            (false, false) => None,
        }
    }
}

/// One row. The first cell carries the row's link; the whole row is clickable with a script, the link without.
#[derive(Debug, Default)]
pub struct Row {
    key: Option<String>,
    label: Option<String>,
    href: Option<String>,
    cells: Vec<Markup>,
}

impl Row {
    pub fn new() -> Self {
        Self::default()
    }

    /// What bulk selection sends for this row, and the words its checkbox is called by.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>, label: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self.label = Some(label.into());
        self
    }

    /// Where the row leads.
    #[must_use]
    pub fn link(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }

    #[must_use]
    pub fn cell(mut self, cell: impl Render) -> Self {
        self.cells.push(html! { (cell) });
        self
    }
}

/// A way to take the list away: `csv`, `json`, …
#[derive(Clone, Debug)]
pub struct Export {
    pub label: String,
    pub href: String,
}

/// A list.
#[derive(Debug)]
pub struct Table<'a> {
    cx: &'a View,
    caption: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    sort: Option<Sort>,
    bulk: Option<(String, Markup)>,
    exports: Vec<Export>,
    empty: Option<Markup>,
    paging: Option<Paging>,
}

impl<'a> Table<'a> {
    /// `caption` names the list for a screen reader and stands above it.
    pub fn new(cx: &'a View, caption: impl Into<String>) -> Self {
        Self {
            cx,
            caption: caption.into(),
            columns: Vec::new(),
            rows: Vec::new(),
            sort: None,
            bulk: None,
            exports: Vec::new(),
            empty: None,
            paging: None,
        }
    }

    #[must_use]
    pub fn column(mut self, column: Column) -> Self {
        self.columns.push(column);
        self
    }

    #[must_use]
    pub fn row(mut self, row: Row) -> Self {
        self.rows.push(row);
        self
    }

    #[must_use]
    pub fn rows(mut self, rows: impl IntoIterator<Item = Row>) -> Self {
        self.rows.extend(rows);
        self
    }

    /// The order the rows are in, so that the heads can show and turn it.
    #[must_use]
    pub fn sorted(mut self, sort: Sort) -> Self {
        self.sort = Some(sort);
        self
    }

    /// A POST form to `action` over the chosen rows; each sends `id=<key>`. `controls` are its fields and buttons.
    #[must_use]
    pub fn bulk(mut self, action: impl Into<String>, controls: Markup) -> Self {
        self.bulk = Some((action.into(), controls));
        self
    }

    /// A link that exports the list with its present filter (the query is kept).
    #[must_use]
    pub fn export(mut self, label: impl Into<String>, path: &str) -> Self {
        let query = self.cx.href_with(&[("page", None), ("after", None), ("before", None)]);
        let query = query.split_once('?').map(|(_, q)| format!("?{q}")).unwrap_or_default();
        self.exports.push(Export { label: label.into(), href: format!("{path}{query}") });
        self
    }

    /// What is shown where there are no rows; see [`crate::parts::empty`].
    #[must_use]
    pub fn empty(mut self, empty: Markup) -> Self {
        self.empty = Some(empty);
        self
    }

    #[must_use]
    pub fn paging(mut self, paging: Paging) -> Self {
        self.paging = Some(paging);
        self
    }

    fn head(&self, column: &Column) -> Markup {
        let Some(key) = &column.sort else {
            return html! { th scope="col" class=[column.class()] { (column.label) } };
        };
        let now = self.sort.as_ref().filter(|s| s.key == *key).map(|s| s.descending);
        let (aria, icon_name, next) = match now {
            None => (None, "selector", key.clone()),
            Some(false) => (Some("ascending"), "chevron-up", format!("-{key}")),
            Some(true) => (Some("descending"), "chevron-down", key.clone()),
        };
        let changes = [("sort", Some(next.as_str())), ("page", None), ("after", None), ("before", None)];
        html! {
            th scope="col" class=[column.class()] aria-sort=[aria] {
                a href=(self.cx.href_with(&changes)) { (column.label) (icon(icon_name)) }
            }
        }
    }

    fn body_row(&self, row: &Row, form: Option<&str>) -> Markup {
        html! {
            tr data-href=[row.href.as_deref()] {
                @if let Some(form) = form {
                    td class="ts-check" {
                        @if let Some(key) = &row.key {
                            input type="checkbox" class="form-check-input" name="id" value=(key) form=(form)
                                aria-label=(row.label.as_deref().unwrap_or(key));
                        }
                    }
                }
                @for (index, cell) in row.cells.iter().enumerate() {
                    td class=[self.columns.get(index).and_then(Column::class)] {
                        @match (&row.href, index) {
                            (Some(href), 0) => a class="ts-row-link" href=(href) { (cell) },
                            _ => (cell),
                        }
                    }
                }
            }
        }
    }

    fn bar(&self, form: Option<&str>) -> Markup {
        html! {
            @if let (Some(form), Some((action, controls))) = (form, &self.bulk) {
                form id=(form) class="ts-bulk" method="post" action=(action) data-once data-bulk {
                    input type="hidden" name=(crate::view::CSRF_FIELD) value=(self.cx.csrf);
                    span class="ts-bulk-count" data-bulk-count=(self.cx.t("ui-chosen")) aria-live="polite" {}
                    (controls)
                }
            }
            @if !self.exports.is_empty() {
                div class="ts-exports" {
                    span { (icon("download")) (self.cx.t("ui-export")) }
                    @for export in &self.exports { a href=(export.href) download { (export.label) } }
                }
            }
        }
    }
}

impl Render for Table<'_> {
    fn render(&self) -> Markup {
        let selects = self.bulk.is_some() && !self.rows.is_empty();
        let name = self.bulk.as_ref().map(|(action, _)| {
            let plain: String = action.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
            format!("bulk{plain}")
        });
        let form = name.as_deref().filter(|_| selects);
        html! {
            div class="card ts-list" {
                @if form.is_some() || !self.exports.is_empty() { div class="ts-list-bar" { (self.bar(form)) } }
                @if self.rows.is_empty() {
                    @match &self.empty {
                        Some(empty) => (empty),
                        None => (crate::parts::empty("inbox", &self.cx.t("ui-empty"), "", None)),
                    }
                } @else {
                    div class="ts-scroll" tabindex="0" role="region" aria-label=(self.caption) {
                        table class="table ts-table" {
                            caption class="visually-hidden" { (self.caption) }
                            thead {
                                tr {
                                    @if let Some(form) = form {
                                        th class="ts-check" scope="col" {
                                            input type="checkbox" class="form-check-input ts-js" data-bulk-all=(form)
                                                aria-label=(self.cx.t("ui-choose-all"));
                                            span class="visually-hidden" { (self.cx.t("ui-choose")) }
                                        }
                                    }
                                    @for column in &self.columns { (self.head(column)) }
                                }
                            }
                            tbody { @for row in &self.rows { (self.body_row(row, form)) } }
                        }
                    }
                }
                @if let Some(paging) = &self.paging { (paging) }
            }
        }
    }
}
