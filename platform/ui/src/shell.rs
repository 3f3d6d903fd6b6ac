//! The frame around a page: one for each place of the product, one to sign in, one for errors.

use ground::{Language, Problem};
use maud::{DOCTYPE, Markup, html};

use crate::assets;
use crate::icon::icon;
use crate::parts::{FormErrors, Tone, alert};
use crate::view::{Area, CSRF_FIELD, NavEntry, Theme, View};

/// Addresses the shells link to. The app serves them.
pub const SEARCH_PATH: &str = "/search";
/// Where the sign-out form posts to.
pub const SIGN_OUT_PATH: &str = "/sign-out";
/// The signed-in person's own page.
pub const ACCOUNT_PATH: &str = "/account";
/// Where people sign in.
pub const SIGN_IN_PATH: &str = "/sign-in";

/// The page in the shell of the viewer's area (the public one where nobody is signed in).
pub fn page(cx: &View, title: &str, body: Markup) -> Markup {
    match cx.viewer.as_ref().map_or(Area::Public, |viewer| viewer.area) {
        Area::Console => console(cx, title, body),
        Area::Merchant => merchant(cx, title, body),
        Area::Partner => partner(cx, title, body),
        Area::Public => public(cx, title, body),
    }
}

/// The operator's console: duties at the left, search at the top.
pub fn console(cx: &View, title: &str, body: Markup) -> Markup {
    worked_in(cx, Area::Console, title, body)
}

/// The merchant's portal.
pub fn merchant(cx: &View, title: &str, body: Markup) -> Markup {
    worked_in(cx, Area::Merchant, title, body)
}

/// The portal of laboratories, brands and authorities.
pub fn partner(cx: &View, title: &str, body: Markup) -> Markup {
    worked_in(cx, Area::Partner, title, body)
}

fn worked_in(cx: &View, area: Area, title: &str, body: Markup) -> Markup {
    let class = match area {
        Area::Console => "ts-app ts-console",
        Area::Merchant => "ts-app ts-merchant",
        Area::Partner | Area::Public => "ts-app ts-partner",
    };
    let content = html! {
        div class=(class) {
            (demonstration(cx))
            header class="ts-top" {
                a class="ts-brand" href="/" { (icon("touchstone")) span { (cx.t("ui-product")) } span class="ts-area" { (cx.t(area_key(area))) } }
                @if area == Area::Console {
                    form class="ts-search" method="get" action=(SEARCH_PATH) role="search" {
                        label class="visually-hidden" for="ts-search" { (cx.t("ui-search-label")) }
                        (icon("search"))
                        input id="ts-search" type="search" name="q" maxlength="200" autocomplete="off" data-key="s"
                            placeholder=(cx.t("ui-search-label"));
                    }
                }
                (tools(cx))
            }
            (navigation(cx, area))
            main id="main" class="ts-main" tabindex="-1" {
                (flashes(cx))
                (body)
            }
        }
    };
    let scripts = if has_chart(&content) {
        &["htmx.js", "app.js", "echarts.js", "charts.js"][..]
    } else {
        &["htmx.js", "app.js"][..]
    };
    document(cx, title, &["tabler.css", "parts.css", "app.css"], scripts, content)
}

fn has_chart(content: &Markup) -> bool {
    content.0.contains(" data-chart=\"")
}

fn area_key(area: Area) -> &'static str {
    match area {
        Area::Console => "ui-area-console",
        Area::Merchant => "ui-area-merchant",
        Area::Partner => "ui-area-partner",
        Area::Public => "ui-area-public",
    }
}

/// The entries of an area that the viewer may see, in the order the application gives.
pub fn visible_entries(cx: &View, area: Area) -> Vec<&NavEntry> {
    let sees = |entry: &NavEntry| {
        let roles: Vec<&str> = entry.roles.iter().map(String::as_str).collect();
        roles.is_empty() || cx.has_role(&roles)
    };
    cx.nav.iter().filter(|entry| entry.area == area && sees(entry)).collect()
}

fn navigation(cx: &View, area: Area) -> Markup {
    let entries = visible_entries(cx, area);
    // The entry with the longest address that starts this path is where the reader is.
    let starts =
        |address: &str| cx.path == address || cx.path.starts_with(&format!("{}/", address.trim_end_matches('/')));
    let here = entries
        .iter()
        .flat_map(|e| e.covers.iter().chain([&e.href]).map(|address| (address.as_str(), e.href.as_str())))
        .filter(|(address, _)| starts(address))
        .max_by_key(|(address, _)| address.len())
        .map(|(_, href)| href);
    html! {
        nav class="ts-nav" aria-label=(cx.t("ui-nav")) {
            ul {
                @for entry in &entries {
                    li {
                        a href=(entry.href) aria-current=[(here == Some(entry.href.as_str())).then_some("page")] {
                            (icon(entry.icon))
                            span class="ts-nav-text" { (cx.t(&entry.key)) }
                            @if let Some(n) = entry.count.filter(|n| *n > 0) {
                                span class="ts-count" {
                                    (cx.number(n)) span class="visually-hidden" { " " (cx.t("ui-nav-open")) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn tools(cx: &View) -> Markup {
    html! {
        div class="ts-tools" {
            (language_link(cx))
            button type="button" class="ts-tool ts-js" data-theme-toggle aria-label=(cx.t("ui-theme")) title=(cx.t("ui-theme")) {
                (icon("moon"))
            }
            @match &cx.viewer {
                Some(viewer) => details class="ts-menu" {
                    summary aria-label=(viewer.name) { (icon("user")) span class="ts-menu-name" { (viewer.name) } (icon("chevron-down")) }
                    div class="ts-menu-body" {
                        p { strong { (viewer.name) } @if let Some(name) = &viewer.organisation { br; (name) } }
                        a href=(ACCOUNT_PATH) { (icon("settings")) (cx.t("ui-account")) }
                        form method="post" action=(SIGN_OUT_PATH) {
                            input type="hidden" name=(CSRF_FIELD) value=(cx.csrf);
                            button type="submit" { (icon("logout")) (cx.t("ui-sign-out")) }
                        }
                    }
                },
                None => a class="ts-tool" href=(SIGN_IN_PATH) { (icon("login")) (cx.t("ui-sign-in")) },
            }
        }
    }
}

fn language_link(cx: &View) -> Markup {
    let (tag, name) = match cx.language {
        Language::Zh => ("en", "English"),
        Language::En => ("zh-CN", "中文"),
    };
    html! { a class="ts-tool" href=(cx.href_with(&[("lang", Some(tag))])) lang=(tag) hreflang=(tag) rel="nofollow" { (icon("language")) (name) } }
}

fn demonstration(cx: &View) -> Markup {
    html! { @if cx.demonstration { aside class="ts-demonstration" { (icon("flask")) (cx.t("ui-demonstration")) } } }
}

fn flashes(cx: &View) -> Markup {
    html! { @for flash in &cx.flash { (alert(flash.tone, "", &flash.text)) } }
}

/// The public pages: phone first, no script needed, a small style sheet of their own.
pub fn public(cx: &View, title: &str, body: Markup) -> Markup {
    let entries = visible_entries(cx, Area::Public);
    let content = html! {
        div class="pub" {
            (demonstration(cx))
            header class="pub-top" {
                a class="ts-brand" href="/" { (icon("touchstone")) span { (cx.t("ui-product")) } }
                (language_link(cx))
            }
            main id="main" class="pub-main" tabindex="-1" { (flashes(cx)) (body) }
            footer class="pub-foot" {
                @if !entries.is_empty() {
                    nav aria-label=(cx.t("ui-nav")) {
                        ul { @for entry in &entries { li { a href=(entry.href) { (cx.t(&entry.key)) } } } }
                    }
                }
                p { (cx.t("ui-public-foot")) }
            }
        }
    };
    let scripts = if has_chart(&content) { &["app.js", "echarts.js", "charts.js"][..] } else { &["app.js"][..] };
    document(cx, title, &["parts.css", "public.css"], scripts, content)
}

/// The frame of sign-in, second factor and password pages: one narrow card.
pub fn sign_in(cx: &View, title: &str, body: Markup) -> Markup {
    let content = html! {
        div class="ts-narrow" {
            (demonstration(cx))
            header class="ts-narrow-tools" { (language_link(cx)) }
            main id="main" class="ts-narrow-main" tabindex="-1" {
                p class="ts-narrow-brand" { (icon("touchstone")) (cx.t("ui-product-long")) }
                div class="card ts-card" { div class="ts-card-body" { h1 { (title) } (flashes(cx)) (body) } }
            }
        }
    };
    document(cx, title, &["tabler.css", "parts.css", "app.css"], &["app.js"], content)
}

/// The page of an error, in the shell of the viewer's area: what happened, where the input is wrong, what to do.
/// `request_id` is shown so that a person can quote it. Internals are never shown.
pub fn error(cx: &View, problem: &Problem, request_id: &str) -> Markup {
    let title = crate::parts::problem_text(cx, problem);
    let remedy = match problem.code.status {
        401 => Some((SIGN_IN_PATH, "ui-sign-in", "ui-error-401")),
        403 => Some(("/", "ui-error-home", "ui-error-403")),
        404 | 410 => Some(("/", "ui-error-home", "ui-error-404")),
        409 => Some(("/", "ui-error-home", "ui-error-409")),
        429 | 503 => Some(("/", "ui-error-home", "ui-error-503")),
        500.. => Some(("/", "ui-error-home", "ui-error-500")),
        _ => None,
    };
    let body = html! {
        div class="ts-errorpage" {
            p class="ts-errorpage-status" { (problem.code.status) }
            h1 { (title) }
            @if !problem.faults.is_empty() { (FormErrors::of(cx, &problem.faults)) p { (cx.t("ui-error-422")) } }
            @if let Some((href, label, text)) = remedy {
                p { (cx.t(text)) }
                p { a class="btn btn-primary" href=(href) { (cx.t(label)) } }
            }
            @if !request_id.is_empty() { p class="ts-muted" { (cx.t("ui-error-request")) " " code { (request_id) } " · " code { (problem.code.code) } } }
        }
    };
    page(cx, &title, body)
}

fn document(cx: &View, title: &str, styles: &[&str], scripts: &[&str], content: Markup) -> Markup {
    let theme = match cx.theme {
        Theme::Device => None,
        Theme::Light => Some("light"),
        Theme::Dark => Some("dark"),
    };
    html! {
        (DOCTYPE)
        html lang=(cx.lang()) class=[styles.contains(&"public.css").then_some("pub-root")] data-bs-theme=[theme] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // htmx must not write its own style tag nor evaluate text: the page's security policy forbids both.
                // A refused form (422) is shown like any answer.
                meta name="htmx-config" content=r#"{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyCacheSize":0,"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"422","swap":true},{"code":"[45]..","swap":false,"error":true}]}"#;
                title { (title) " · " (cx.t("ui-product")) }
                link rel="icon" href=(assets::href("icon.svg")) type="image/svg+xml";
                @for name in styles { link rel="stylesheet" href=(assets::href(name)); }
                script src=(assets::href("theme.js")) {}
                @for name in scripts { script src=(assets::href(name)) defer {} }
            }
            body {
                a class="ts-skip" href="#main" { (cx.t("ui-skip")) }
                (content)
            }
        }
    }
}

/// A page that only says one thing, for example after a public form was sent.
pub fn message(cx: &View, tone: Tone, title: &str, body: Markup) -> Markup {
    page(cx, title, html! { h1 { (title) } (alert(tone, "", body)) })
}
