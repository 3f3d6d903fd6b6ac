//! The acts about a thing, newest first as given, each with the mark that opens its proof in the ledger.

use ground::Timestamp;
use maud::{Markup, Render, html};

use crate::icon::icon;
use crate::parts::status::Tone;
use crate::view::View;

/// One act.
#[derive(Debug)]
pub struct Entry {
    at: Timestamp,
    title: String,
    who: Option<String>,
    detail: Option<Markup>,
    tone: Tone,
    icon: &'static str,
    proof: Option<String>,
}

impl Entry {
    /// What was done and when.
    pub fn new(at: Timestamp, title: impl Into<String>) -> Self {
        Self { at, title: title.into(), who: None, detail: None, tone: Tone::Neutral, icon: "point", proof: None }
    }

    /// Who did it: a person's name, or the name of the machine's part.
    #[must_use]
    pub fn who(mut self, who: impl Into<String>) -> Self {
        self.who = Some(who.into());
        self
    }

    /// Reasons, comment, rule version: anything below the title.
    #[must_use]
    pub fn detail(mut self, detail: impl Render) -> Self {
        self.detail = Some(html! { (detail) });
        self
    }

    #[must_use]
    pub fn tone(mut self, tone: Tone, icon_name: &'static str) -> Self {
        self.tone = tone;
        self.icon = icon_name;
        self
    }

    /// Address of the proof; without it the act is shown as not yet in the ledger.
    #[must_use]
    pub fn proof(mut self, href: impl Into<String>) -> Self {
        self.proof = Some(href.into());
        self
    }
}

/// A list of acts.
#[derive(Debug)]
pub struct Timeline<'a> {
    cx: &'a View,
    entries: Vec<Entry>,
}

impl<'a> Timeline<'a> {
    pub fn new(cx: &'a View) -> Self {
        Self { cx, entries: Vec::new() }
    }

    #[must_use]
    pub fn entry(mut self, entry: Entry) -> Self {
        self.entries.push(entry);
        self
    }
}

impl Render for Timeline<'_> {
    fn render(&self) -> Markup {
        if self.entries.is_empty() {
            return html! { p class="ts-muted" { (self.cx.t("ui-timeline-empty")) } };
        }
        html! {
            ol class="ts-timeline" {
                @for entry in &self.entries {
                    li class={ "ts-act ts-" (entry.tone.class()) } {
                        span class="ts-act-icon" { (icon(entry.icon)) }
                        div class="ts-act-body" {
                            div class="ts-act-head" {
                                strong { (entry.title) }
                                @if let Some(who) = &entry.who { span class="ts-act-who" { (who) } }
                                span class="ts-act-time" { (self.cx.moment(entry.at)) }
                                @match &entry.proof {
                                    Some(href) => a class="ts-ledger" href=(href) {
                                        (icon("shield-check")) (self.cx.t("ui-ledger-mark"))
                                    },
                                    None => span class="ts-ledger ts-ledger-open" title=(self.cx.t("ui-ledger-waiting-long")) {
                                        (icon("hourglass")) (self.cx.t("ui-ledger-waiting"))
                                    },
                                }
                            }
                            @if let Some(detail) = &entry.detail { div class="ts-act-detail" { (detail) } }
                        }
                    }
                }
            }
        }
    }
}
