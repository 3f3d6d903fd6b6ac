//! What several pages of this duty show the same way.

use crate::matrix::Matrix;
use crate::model::{Finding, Qualification, QualificationState, RegisterState, State, Weight};
use crate::{Error, Merchant};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ground::Problem;
use ground::problem::INVALID_INPUT;
use kernel::ActRecord;
use maud::{Markup, html};
use ui::View;
use ui::parts::{Entry, FormErrors, Timeline, Tone, badge, status};
use web::Failure;

/// Where an act's proof is explained to whoever may see it.
pub(super) fn proof_path(act_id: &str) -> String {
    format!("/proofs/{act_id}")
}

/// Where a document is shown.
pub(super) fn document_path(qualification_id: &str) -> String {
    format!("/documents/qualifications/{qualification_id}")
}

/// The state of a merchant as a mark.
pub(super) fn state_mark(cx: &View, state: State) -> Markup {
    let (tone, icon) = match state {
        State::Draft => (Tone::Neutral, "edit"),
        State::Submitted => (Tone::Info, "send"),
        State::Verifying => (Tone::Info, "zoom-scan"),
        State::Enrolled => (Tone::Good, "circle-check"),
        State::Refused => (Tone::Danger, "circle-x"),
        State::Suspended => (Tone::Waiting, "player-pause"),
        State::Closed => (Tone::Neutral, "archive"),
        State::Banned => (Tone::Danger, "ban"),
    };
    status(tone, icon, &state_text(cx, state))
}

/// The name of a state.
pub(super) fn state_text(cx: &View, state: State) -> String {
    cx.t(&format!("merchants-state-{}", state.name()))
}

/// The state of a paper as a mark; a confirmed one that runs out soon says so.
pub(super) fn paper_mark(cx: &View, state: QualificationState) -> Markup {
    let (tone, icon) = match state {
        QualificationState::Submitted => (Tone::Info, "hourglass"),
        QualificationState::Verified => (Tone::Good, "circle-check"),
        QualificationState::Rejected => (Tone::Danger, "circle-x"),
        QualificationState::Expired => (Tone::Danger, "clock-exclamation"),
        QualificationState::Superseded => (Tone::Neutral, "history"),
        QualificationState::Withdrawn => (Tone::Neutral, "arrow-back-up"),
    };
    status(tone, icon, &cx.t(&format!("merchants-paper-{}", state.name())))
}

/// What the register said, as a mark.
pub(super) fn register_mark(cx: &View, qualification: &Qualification) -> Markup {
    let (tone, icon) = match qualification.register {
        RegisterState::Confirmed => (Tone::Good, "shield-check"),
        RegisterState::Differs => (Tone::Danger, "shield-x"),
        RegisterState::Waiting => (Tone::Neutral, "hourglass"),
        RegisterState::ByHand => (Tone::Neutral, "user-check"),
    };
    let name = qualification.register.name().replace('_', "-");
    status(tone, icon, &cx.t(&format!("merchants-register-{name}")))
}

/// First and last day, with the days left where the end is near.
pub(super) fn validity(cx: &View, qualification: &Qualification, today: jiff::civil::Date) -> Markup {
    let from = qualification.valid_from.map_or_else(|| "…".to_owned(), |day| day.to_string());
    let until = qualification.valid_until.map_or_else(|| cx.t("merchants-without-end"), |day| day.to_string());
    let left = crate::qualification::days_left(qualification, today);
    html! {
        span class="ts-num" { (from) " – " (until) }
        @if let Some(days) = left.filter(|days| (0..=60).contains(days) && qualification.state == QualificationState::Verified) {
            " " (badge(Tone::Waiting, &cx.ta("merchants-days-left", &[("n", days.into())])))
        }
    }
}

/// The name of a kind of paper.
pub(super) fn kind_text(cx: &View, matrix: &Matrix, kind: &str) -> String {
    cx.both(&matrix.kind_name(kind)).to_owned()
}

/// The name of a category.
pub(super) fn category_text(cx: &View, matrix: &Matrix, category: &str) -> String {
    cx.both(&matrix.category_name(category)).to_owned()
}

/// The values of a finding or fault in the reader's words.
fn spoken(cx: &View, matrix: &Matrix, name: &str, value: &str) -> String {
    match name {
        "kind" => kind_text(cx, matrix, value),
        "category" => category_text(cx, matrix, value),
        "party" => cx.t(&format!("merchants-party-{}", value.replace('_', "-"))),
        "field" => cx.t(&format!("merchants-field-{}", value.replace('_', "-"))),
        _ => value.to_owned(),
    }
}

fn said(cx: &View, matrix: &Matrix, id: &str, finding: &Finding) -> String {
    let args: Vec<(String, String)> =
        finding.args.iter().map(|(name, value)| (name.clone(), spoken(cx, matrix, name, value))).collect();
    let args: Vec<_> = args.iter().map(|(name, value)| (name.as_str(), value.as_str().into())).collect();
    cx.ta(id, &args)
}

/// Findings as a list: how much each weighs, what it is, what would mend it.
pub(super) fn finding_list<'a>(cx: &View, matrix: &Matrix, findings: impl Iterator<Item = &'a Finding>) -> Markup {
    let findings: Vec<&Finding> = findings.collect();
    html! {
        @if findings.is_empty() {
            p class="ts-muted" { (cx.t("merchants-findings-none")) }
        } @else {
            ul class="ts-findings ts-stack" {
                @for finding in findings {
                    @let tone = match finding.weight {
                        Weight::Blocking => Tone::Danger,
                        Weight::Review => Tone::Waiting,
                        Weight::Note => Tone::Info,
                    };
                    li {
                        (badge(tone, &cx.t(&format!("merchants-weight-{}", finding.weight.name()))))
                        " " (said(cx, matrix, &format!("merchants-finding-{}", finding.code), finding))
                        @for other in finding.args.get("merchants").into_iter().flat_map(|ids| ids.split(' ')) {
                            " " a href={ "/console/merchants/" (other) } { (cx.t("merchants-other-merchant")) }
                        }
                        div class="ts-muted" { (said(cx, matrix, &format!("merchants-remedy-{}", finding.code), finding)) }
                    }
                }
            }
        }
    }
}

/// The acts about a merchant. The reader learns who by office, not by name.
pub(super) fn history(cx: &View, acts: &[ActRecord], matrix: &Matrix, staff: bool) -> Markup {
    let mut timeline = Timeline::new(cx);
    for act in acts {
        // Acts of other duties about this merchant, such as a person's sign-in, are told where they belong.
        let title = format!("merchants-act-{}", act.kind.replace(['.', '_'], "-"));
        if !cx.catalogs.has(&title) {
            continue;
        }
        let (tone, icon) = tone_of(&act.kind);
        let mut entry = Entry::new(act.at, cx.t(&title))
            .tone(tone, icon)
            .who(who(cx, act))
            .detail(act_detail(cx, act, matrix, staff));
        if act.leaf_index.is_some() {
            entry = entry.proof(proof_path(&act.id));
        }
        timeline = timeline.entry(entry);
    }
    html! { (timeline) }
}

fn tone_of(kind: &str) -> (Tone, &'static str) {
    match kind.rsplit('.').next().unwrap_or("") {
        "enrolled" | "verified" | "restored" | "reverified" => (Tone::Good, "circle-check"),
        "refused" | "rejected" | "banned" | "expired" => (Tone::Danger, "circle-x"),
        "suspended" | "expiring" | "reverification_asked" => (Tone::Waiting, "clock"),
        _ => (Tone::Neutral, "point"),
    }
}

fn who(cx: &View, act: &ActRecord) -> String {
    let role = act.public.pointer("/actor/role").and_then(serde_json::Value::as_str).unwrap_or("");
    cx.t(match role {
        "system" => "merchants-who-system",
        "merchant" => "merchants-who-merchant",
        _ => "merchants-who-staff",
    })
}

fn act_detail(cx: &View, act: &ActRecord, matrix: &Matrix, staff: bool) -> Markup {
    let texts = |key: &str| -> Vec<String> {
        let list = act.public.get(key).and_then(serde_json::Value::as_array);
        list.into_iter().flatten().filter_map(|value| value.as_str().map(str::to_owned)).collect()
    };
    let private = |key: &str| act.private.as_ref().and_then(|part| part.get(key)).and_then(serde_json::Value::as_str);
    let reasons: Vec<String> = texts("reasons").iter().map(|reason| reason_text(cx, reason)).collect();
    let kind = act.public_text("qualification_kind").map(|kind| kind_text(cx, matrix, kind));
    let note = private("note").or_else(|| private("reason")).filter(|_| staff || !act.kind.starts_with("blacklist."));
    html! {
        @if let Some(kind) = kind { p { (kind) @if let Some(until) = act.public_text("valid_until") { " · " (until) } } }
        @if let Some(brand) = act.public_text("brand") { p { (brand) } }
        @if !reasons.is_empty() { p { (reasons.join(&cx.t("merchants-list-separator"))) } }
        @if act.public_text("confirmed") == Some("by_hand") { p { (cx.t("merchants-confirmed-by-hand")) } }
        @if let Some(note) = note { p { (note) } }
    }
}

/// The text of a reason code.
pub(super) fn reason_text(cx: &View, reason: &str) -> String {
    cx.t(&format!("merchants-reason-{}", reason.replace('_', "-")))
}

/// A refused form: its page again with what is wrong, status 422. Every other failure goes on.
pub(super) fn refused(
    cx: &View,
    matrix: &Matrix,
    error: Error,
    page: impl FnOnce(&FormErrors) -> Markup,
) -> Result<Response, Failure> {
    let mut problem = Problem::from(error);
    if problem.code != &INVALID_INPUT {
        return Err(problem.into());
    }
    for fault in &mut problem.faults {
        for (name, value) in &mut fault.args {
            *value = spoken(cx, matrix, name, value);
        }
    }
    let errors = FormErrors::of_problem(cx, &problem);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&errors)).into_response())
}

/// The name a merchant is called by.
pub(super) fn name_of(cx: &View, merchant: &Merchant) -> String {
    let company = &merchant.company;
    let known = [&company.legal_name, &company.shop_name].into_iter().find(|name| !name.is_empty());
    known.cloned().unwrap_or_else(|| cx.t("merchants-unnamed"))
}
