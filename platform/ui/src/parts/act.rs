//! Acting without surprise: confirmation that opens in place, copyable codes, live checks, keyboard help.

use maud::{Markup, Render, html};

use crate::icon::icon;
use crate::view::View;

/// A button that opens its confirmation in place (no dialog, works without a script). `body` is usually a form.
pub fn confirm(label: &str, icon_name: &str, danger: bool, body: Markup) -> Markup {
    html! {
        details class="ts-confirm" {
            summary class={ "btn" @if danger { " ts-btn-danger" } } { (icon(icon_name)) (label) }
            div class="ts-confirm-body" { (body) }
        }
    }
}

/// A code with a copy button (the button appears where scripts run).
pub fn copyable(cx: &View, text: &str) -> Markup {
    html! {
        span class="ts-code" {
            code { (text) }
            button type="button" class="ts-copy ts-js" data-copy=(text) data-copied=(cx.t("ui-copied"))
                aria-label=(cx.t("ui-copy")) title=(cx.t("ui-copy")) { (icon("copy")) }
        }
    }
}

/// A long hash or id, shortened to its ends for the eye, whole on hover and for copying.
pub fn hash(cx: &View, text: &str) -> Markup {
    let chars: Vec<char> = text.chars().collect();
    let short = if chars.len() > 20 {
        let head: String = chars[..10].iter().collect();
        let tail: String = chars[chars.len() - 6..].iter().collect();
        format!("{head}…{tail}")
    } else {
        text.to_owned()
    };
    html! {
        span class="ts-code" title=(text) {
            code { (short) }
            button type="button" class="ts-copy ts-js" data-copy=(text) data-copied=(cx.t("ui-copied"))
                aria-label=(cx.t("ui-copy")) title=(cx.t("ui-copy")) { (icon("copy")) }
        }
    }
}

/// A place inside a form that shows what a check says about the fields as they are typed. The whole form is posted to
/// `url`, which answers with a fragment of HTML; `body` is what stands there before the first answer.
pub fn live_check(cx: &View, id: &str, url: &str, body: Markup) -> Markup {
    html! {
        div class="ts-live" id=(id) aria-live="polite" aria-label=(cx.t("ui-live-check")) role="region"
            hx-post=(url) hx-include="closest form" hx-trigger="input from:closest form delay:500ms"
            hx-sync="this:replace" hx-swap="innerHTML" { (body) }
    }
}

/// The keys of a page. The same keys are declared on the controls with `data-key`; `?` opens this panel.
#[derive(Debug, Default)]
pub struct KeyHelp {
    title: String,
    keys: Vec<(String, String)>,
}

impl KeyHelp {
    pub fn new(cx: &View) -> Self {
        Self { title: cx.t("ui-keys"), keys: vec![("?".into(), cx.t("ui-keys-this"))] }
    }

    #[must_use]
    pub fn key(mut self, key: &str, does: impl Into<String>) -> Self {
        self.keys.push((key.into(), does.into()));
        self
    }
}

impl Render for KeyHelp {
    fn render(&self) -> Markup {
        html! {
            details class="ts-keys ts-js" data-key-help {
                summary { (icon("keyboard")) (self.title) }
                dl { @for (key, does) in &self.keys { div { dt { kbd { (key) } } dd { (does) } } } }
            }
        }
    }
}
