//! Links to the other pages of a list, by number or by cursor. They keep the filter and the sort.

use maud::{Markup, Render, html};

use crate::icon::icon;
use crate::view::View;

/// Paging under a list.
#[derive(Debug)]
pub struct Paging {
    label: String,
    summary: String,
    links: Vec<Link>,
}

#[derive(Debug)]
struct Link {
    text: Markup,
    href: Option<String>,
    current: bool,
    rel: Option<&'static str>,
}

impl Paging {
    /// Numbered pages, from 1, in the parameter `page`. `rows` is the count over all pages.
    pub fn pages(cx: &View, page: u64, pages: u64, rows: u64) -> Self {
        let pages = pages.max(1);
        let page = page.clamp(1, pages);
        let href = |n: u64| cx.href_with(&[("page", (n > 1).then(|| n.to_string()).as_deref())]);
        let mut links = vec![step(cx, "ui-page-before", "chevron-left", (page > 1).then(|| href(page - 1)), "prev")];
        let mut last = 0;
        let near = page.saturating_sub(1).max(1)..=(page + 1).min(pages);
        let mut shown: Vec<u64> = std::iter::once(1).chain(near).chain(std::iter::once(pages)).collect();
        shown.dedup();
        for n in shown {
            if n > last + 1 {
                links.push(Link { text: html! { "…" }, href: None, current: false, rel: None });
            }
            last = n;
            links.push(Link { text: html! { (cx.number(n)) }, href: Some(href(n)), current: n == page, rel: None });
        }
        links.push(step(cx, "ui-page-after", "chevron-right", (page < pages).then(|| href(page + 1)), "next"));
        Self { label: cx.t("ui-pages"), summary: cx.ta("ui-rows", &[("n", cx.number(rows).into())]), links }
    }

    /// Other words for the count, for example where it stopped at a limit.
    #[must_use]
    pub fn summary(mut self, text: impl Into<String>) -> Self {
        self.summary = text.into();
        self
    }

    /// Pages by cursor: the parameters `after` and `before` carry the opaque cursors. `rows` where it is known.
    pub fn cursor(cx: &View, before: Option<&str>, after: Option<&str>, rows: Option<u64>) -> Self {
        let href = |name: &str, other: &str, value: &str| cx.href_with(&[(name, Some(value)), (other, None)]);
        let links = vec![
            step(cx, "ui-page-before", "chevron-left", before.map(|c| href("before", "after", c)), "prev"),
            step(cx, "ui-page-after", "chevron-right", after.map(|c| href("after", "before", c)), "next"),
        ];
        let summary = rows.map(|n| cx.ta("ui-rows", &[("n", cx.number(n).into())])).unwrap_or_default();
        Self { label: cx.t("ui-pages"), summary, links }
    }
}

fn step(cx: &View, id: &str, icon_name: &str, href: Option<String>, rel: &'static str) -> Link {
    let text = if rel == "prev" {
        html! { (icon(icon_name)) (cx.t(id)) }
    } else {
        html! { (cx.t(id)) (icon(icon_name)) }
    };
    Link { text, href, current: false, rel: Some(rel) }
}

impl Render for Paging {
    fn render(&self) -> Markup {
        let alone = self.links.iter().filter(|l| l.href.is_some() && !l.current).count() == 0;
        html! {
            div class="ts-paging" {
                @if !self.summary.is_empty() { p { (self.summary) } }
                @if !alone {
                    nav aria-label=(self.label) {
                        ul {
                            @for link in &self.links {
                                li {
                                    @match &link.href {
                                        Some(href) => a href=(href) rel=[link.rel]
                                            aria-current=[link.current.then_some("page")] { (link.text) },
                                        None => span { (link.text) },
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
