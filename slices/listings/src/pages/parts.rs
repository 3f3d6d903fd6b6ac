//! What several pages of this duty show the same way: states, findings, money, acts.

use super::words::{Words, field_text};
use crate::model::{Cause, Version};
use crate::state::{State, VersionState};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ground::Problem;
use kernel::{ActRecord, Page};
use maud::{Markup, html};
use screening::{Decision, Finding, Mode};
use serde_json::Value;
use ui::View;
use ui::parts::{Entry, FormErrors, Paging, Severity, Timeline, Tone, badge, severity, status};
use web::Failure;

/// Longest excerpt of a text in a list, characters.
const EXCERPT_CHARS_MAX: usize = 160;

/// In whose frame a page stands that both sides have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Console,
    Portal,
}

impl Side {
    /// The path below which listings stand.
    pub(super) fn listings(self) -> &'static str {
        match self {
            Side::Console => "/console/listings",
            Side::Portal => "/merchant/listings",
        }
    }

    /// The path below which imports stand.
    pub(super) fn imports(self) -> &'static str {
        match self {
            Side::Console => "/console/listings/imports",
            Side::Portal => "/merchant/imports",
        }
    }

    /// The page in its frame.
    pub(super) fn page(self, cx: &View, title: &str, body: Markup) -> Markup {
        match self {
            Side::Console => ui::shell::console(cx, title, body),
            Side::Portal => ui::shell::merchant(cx, title, body),
        }
    }
}

/// The proof of an act; leads every reader to their own page of it.
pub(super) fn proof_path(act_id: &str) -> String {
    format!("/proofs/{act_id}")
}

/// Where a picture of a listing is shown.
pub(super) fn picture_path(sha256: &str) -> String {
    format!("/pictures/listings/{sha256}")
}

/// Where a document of a version is shown; positions count from 0.
pub(super) fn document_path(version_id: &str, position: usize) -> String {
    format!("/documents/listings/{version_id}/{position}")
}

/// The state of a listing as a mark.
pub(super) fn state_mark(cx: &View, state: State) -> Markup {
    let (tone, icon) = match state {
        State::Draft => (Tone::Neutral, "edit"),
        State::Submitted => (Tone::Info, "send"),
        State::Screening => (Tone::Info, "zoom-scan"),
        State::Passed => (Tone::Waiting, "clock-pause"),
        State::InReview => (Tone::Info, "user-check"),
        State::Rejected => (Tone::Danger, "circle-x"),
        State::OnSale => (Tone::Good, "circle-check"),
        State::Restricted => (Tone::Waiting, "lock"),
        State::Suspended => (Tone::Waiting, "player-pause"),
        State::Removed => (Tone::Danger, "ban"),
    };
    status(tone, icon, &cx.t(&state.message_id()))
}

/// The state of a version as a mark.
pub(super) fn version_mark(cx: &View, state: VersionState) -> Markup {
    let (tone, icon) = match state {
        VersionState::Draft => (Tone::Neutral, "edit"),
        VersionState::Submitted => (Tone::Info, "send"),
        VersionState::Screening => (Tone::Info, "zoom-scan"),
        VersionState::Passed => (Tone::Good, "circle-check"),
        VersionState::InReview => (Tone::Info, "user-check"),
        VersionState::Rejected => (Tone::Danger, "circle-x"),
        VersionState::Superseded => (Tone::Neutral, "history"),
    };
    status(tone, icon, &cx.t(&state.message_id()))
}

/// The level the parts of the pages know.
pub(super) fn level(severity: screening::Severity) -> Severity {
    match severity {
        screening::Severity::Info => Severity::Note,
        screening::Severity::Minor => Severity::Low,
        screening::Severity::Major => Severity::High,
        screening::Severity::Severe => Severity::Critical,
    }
}

/// How many findings count and how bad the worst is; a dash where there are none.
pub(super) fn findings_mark(cx: &View, findings: u32, worst: u8) -> Markup {
    let level = match worst {
        1 => Some(Severity::Note),
        2 => Some(Severity::Low),
        3 => Some(Severity::High),
        4.. => Some(Severity::Critical),
        0 => None,
    };
    html! {
        @match level.filter(|_| findings > 0) {
            Some(level) => { (severity(cx, level)) " " span class="ts-num" { (cx.number(findings)) } },
            None => span class="ts-muted" { "—" },
        }
    }
}

/// What the machine came to, as a mark.
pub(super) fn decision_mark(cx: &View, decision: Decision) -> Markup {
    let tone = match decision {
        Decision::Pass => Tone::Good,
        Decision::Review => Tone::Waiting,
        Decision::Reject => Tone::Danger,
    };
    badge(tone, &cx.t(&crate::versions::decision_message(decision)))
}

/// A price, or a dash.
pub(super) fn price_text(cx: &View, minor: Option<i64>, currency: &str) -> String {
    minor.map_or_else(|| "—".to_owned(), |minor| cx.money(minor, currency))
}

/// Minor units in major units, for drawings.
pub(super) fn major(minor: i64, currency: &str) -> f64 {
    ground::money::format_minor(minor, currency).parse().unwrap_or(f64::NAN)
}

/// A text short enough for a list.
pub(super) fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(EXCERPT_CHARS_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// The links below a list whose count stops at [`crate::COUNT_MAX`].
pub(super) fn paging<T>(cx: &View, page: &Page<T>) -> Paging {
    let links = Paging::pages(cx, page.paging.page, page.pages(), page.total);
    if page.total < crate::COUNT_MAX {
        return links;
    }
    links.summary(cx.ta("listings-rows-capped", &[("n", cx.number(crate::COUNT_MAX - 1).into())]))
}

/// The findings that count.
pub(super) fn counting(findings: &[Finding]) -> Vec<Finding> {
    findings.iter().filter(|finding| finding.mode == Mode::On).cloned().collect()
}

/// What a finding list shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Show<'a> {
    /// Rules, modes and evidence too: for staff, never for the merchant, who must not learn of other merchants' goods.
    pub staff: bool,
    /// The market, for the way to the rule.
    pub market: &'a str,
}

/// Findings with their reason, legal basis and remedy. Each has the anchor `finding-<position>` the marks lead to.
pub(super) fn finding_list(cx: &View, findings: &[Finding], show: Show<'_>) -> Markup {
    html! {
        @if findings.is_empty() {
            p class="ts-muted" { (cx.t("listings-findings-none")) }
        } @else {
            ol class="ts-findings ts-stack" {
                @for (index, finding) in findings.iter().enumerate() { (finding_item(cx, index, finding, show)) }
            }
        }
    }
}

fn finding_item(cx: &View, index: usize, finding: &Finding, show: Show<'_>) -> Markup {
    let basis: Vec<&str> = finding.basis.iter().map(|basis| cx.both(&basis.name)).collect();
    html! {
        li id={ "finding-" (index) } tabindex="-1" {
            (severity(cx, level(finding.severity))) " "
            strong { (cx.both(&finding.reason)) }
            @if show.staff && finding.mode == Mode::Shadow { " " (badge(Tone::Neutral, &cx.t("listings-shadow"))) }
            div {
                @if !finding.field.is_empty() { span class="ts-muted" { (field_text(cx, &finding.field)) } }
                @if !finding.text.is_empty() { " " q { (excerpt(&finding.text)) } }
            }
            @if !basis.is_empty() { div class="ts-muted" { (cx.t("listings-basis")) (basis.join(&cx.t("listings-list-separator"))) } }
            @if let Some(fix) = &finding.fix { div { (cx.t("listings-fix")) (cx.both(fix)) } }
            @if show.staff {
                details {
                    summary { (cx.t("listings-rule")) " " code { (finding.rule) } }
                    p { a href={ "/console/policies/" (show.market) "/rows/" (finding.rule) } { (cx.t("listings-rule-open")) } }
                    @if !finding.exemptions_considered.is_empty() {
                        p { (cx.t("listings-exemptions")) (finding.exemptions_considered.join(", ")) }
                    }
                    @if let Some(evidence) = &finding.evidence { (evidence_facts(evidence)) }
                }
            }
        }
    }
}

/// What a finding rests on, as names and values.
fn evidence_facts(evidence: &Value) -> Markup {
    let Value::Object(parts) = evidence else { return html! { p { (plain(evidence)) } } };
    let table = parts.iter().fold(ui::parts::facts(), |facts, (name, value)| facts.add(name, plain(value)));
    html! { (table) }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => excerpt(text),
        other => excerpt(&other.to_string()),
    }
}

/// What the history of acts needs to speak.
pub(super) struct Told<'a> {
    pub words: &'a Words,
    pub findings: &'a [Finding],
    pub versions: &'a [Version],
}

/// The acts about a listing, each with the mark that opens its proof. The reader learns who by office, not by name.
pub(super) fn history(cx: &View, acts: &[ActRecord], told: &Told<'_>) -> Markup {
    let mut timeline = Timeline::new(cx);
    for act in acts {
        let (tone, icon) = tone_of(&act.kind);
        let mut entry = Entry::new(act.at, act_text(cx, &act.kind))
            .tone(tone, icon)
            .who(who(cx, act))
            .detail(act_detail(cx, act, told));
        if act.leaf_index.is_some() {
            entry = entry.proof(proof_path(&act.id));
        }
        timeline = timeline.entry(entry);
    }
    html! { (timeline) }
}

fn act_text(cx: &View, kind: &str) -> String {
    const KNOWN: [&str; 13] = [
        "submitted",
        "screened",
        "review_requested",
        "approved",
        "rejected",
        "listed",
        "suspended",
        "hold_lifted",
        "restored",
        "restricted",
        "unrestricted",
        "removed",
        "rescreened",
    ];
    match kind.strip_prefix("listing.") {
        Some(name) if KNOWN.contains(&name) => cx.t(&format!("listings-act-{}", name.replace('_', "-"))),
        _ => kind.to_owned(),
    }
}

fn tone_of(kind: &str) -> (Tone, &'static str) {
    match kind.rsplit('.').next().unwrap_or("") {
        "approved" | "listed" | "restored" | "unrestricted" => (Tone::Good, "circle-check"),
        "rejected" | "removed" => (Tone::Danger, "circle-x"),
        "suspended" | "restricted" => (Tone::Waiting, "player-pause"),
        "screened" | "rescreened" => (Tone::Neutral, "zoom-scan"),
        "review_requested" => (Tone::Info, "user-check"),
        _ => (Tone::Neutral, "point"),
    }
}

fn who(cx: &View, act: &ActRecord) -> String {
    let role = act.public.pointer("/actor/role").and_then(Value::as_str).unwrap_or("");
    cx.t(match role {
        "system" => "listings-who-system",
        "merchant" => "listings-who-merchant",
        _ => "listings-who-staff",
    })
}

/// The reasons an act names, in words.
pub(super) fn reasons_of(cx: &View, act: &ActRecord, told: &Told<'_>) -> Vec<String> {
    let list = act.public.get("reasons").and_then(Value::as_array);
    let codes = list.into_iter().flatten().filter_map(Value::as_str);
    let mut said: Vec<String> = codes.map(|code| told.words.reason(cx, told.findings, code)).collect();
    said.dedup();
    said
}

/// What the person who decided wrote.
pub(super) fn note_of(act: &ActRecord) -> Option<&str> {
    act.private
        .as_ref()
        .and_then(|part| part.get("note"))
        .and_then(Value::as_str)
        .filter(|note| !note.trim().is_empty())
}

fn act_detail(cx: &View, act: &ActRecord, told: &Told<'_>) -> Markup {
    let number = act
        .public_text("version")
        .and_then(|id| told.versions.iter().find(|version| version.id == id))
        .map(|version| cx.ta("listings-version-n", &[("n", version.number.into())]));
    let decision = act
        .public_text("outcome")
        .and_then(crate::model::decision_from_name)
        .filter(|_| act.kind.ends_with("screened"));
    let cause = act.public_text("cause").and_then(Cause::from_name);
    let limits: Vec<&str> =
        act.public.get("limits").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let reasons = reasons_of(cx, act, told);
    html! {
        @if number.is_some() || decision.is_some() {
            p { @if let Some(number) = &number { (number) " " } @if let Some(decision) = decision { (decision_mark(cx, decision)) } }
        }
        @if let Some(cause) = cause { p { (cause_text(cx, cause)) } }
        @if !reasons.is_empty() { ul { @for reason in &reasons { li { (reason) } } } }
        @if !limits.is_empty() { p { (limits.join(&cx.t("listings-list-separator"))) } }
        @if let Some(note) = note_of(act) { p { q { (note) } } }
    }
}

/// Why a listing is held off the shelf.
pub(super) fn cause_text(cx: &View, cause: Cause) -> String {
    cx.t(&format!("listings-cause-{}", cause.name()))
}

/// What is wrong with a form of a listing: faults named by the form's own fields, those in lists with their place.
pub(super) fn form_errors(cx: &View, problem: &Problem) -> FormErrors {
    if problem.faults.is_empty() || problem.faults.iter().any(|fault| fault.place.file.is_some()) {
        return FormErrors::of_problem(cx, problem);
    }
    problem.faults.iter().fold(FormErrors::none(), |errors, fault| {
        let field = fault.place.field.clone().unwrap_or_default();
        let args: Vec<_> = fault.args.iter().map(|(name, value)| (name.as_ref(), value.as_str().into())).collect();
        let text = cx.ta(&fault.message, &args);
        let (name, text) = match field.split(['[', '.']).next().unwrap_or("") {
            "price_minor" => ("price", text),
            "list_price_minor" => ("list_price", text),
            "images" => ("pictures", text),
            "attributes" => ("attributes", format!("{} — {text}", field_text(cx, &field))),
            "documents" => ("documents", format!("{} — {text}", field_text(cx, &field))),
            "batch" => (field.strip_prefix("batch.").unwrap_or("batch"), text),
            other => (other, text),
        };
        errors.and(cx, name, text)
    })
}

/// A refused form: its page again with what is wrong, under the problem's own status. What the sender cannot mend goes on.
pub(super) fn refused(
    cx: &View,
    problem: Problem,
    page: impl FnOnce(&FormErrors) -> Markup,
) -> Result<Response, Failure> {
    const MENDED_HERE: [&str; 10] = [
        "invalid_input",
        "listing_state",
        "listing_stale",
        "listing_taken",
        "listing_market",
        "import_mapping",
        "import_unreadable",
        "file_kind",
        "file_too_large",
        "file_refused",
    ];
    if !MENDED_HERE.contains(&problem.code.code) {
        return Err(problem.into());
    }
    let status = StatusCode::from_u16(problem.code.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    Ok((status, page(&form_errors(cx, &problem))).into_response())
}
