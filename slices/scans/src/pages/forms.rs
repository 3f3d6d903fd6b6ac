//! The public forms: type a code, report one, say where one is, check the covered code.

use super::scan::covered_form;
use crate::model::{Outcome, ReportKind, SuspectReport};
use ground::Problem;
use maud::{Markup, html};
use ui::parts::{Field, FormErrors, Tone, alert, form_get, form_post, submit};
use ui::{View, icon, shell};

/// `/s`: type a code.
pub(crate) fn type_in(cx: &View, code: &str, errors: &FormErrors) -> Markup {
    let title = cx.t("scans-type-in");
    shell::public(
        cx,
        &title,
        html! {
            h1 { (title) }
            p { (cx.t("scans-type-in-lead")) }
            (errors)
            (form_get("/s", html! {
                (Field::text(cx, "code", cx.t("scans-code")).value(code).hint(cx.t("scans-code-hint")).required().errors(errors))
                (submit(&cx.t("scans-check"), None))
            }))
            @if !errors.is_empty() { (report_link(cx, code)) }
        },
    )
}

/// What cannot be read as a code: why, and what to do.
pub(crate) fn unreadable(cx: &View, code: &str, problem: &Problem) -> Markup {
    let title = cx.t("scans-sign-invalid");
    let errors = FormErrors::of_problem(cx, problem);
    shell::public(
        cx,
        &title,
        html! {
            div class="pub-verdict ts-neutral" data-sign="invalid" {
                (icon("help-circle"))
                div { h1 { (title) } p { (cx.t("scans-sign-invalid-help")) } }
            }
            (errors)
            p class="ts-code" { code { (code.chars().take(200).collect::<String>()) } }
            (report_link(cx, code))
            p { a class="btn" href="/s" { (icon("qrcode")) (cx.t("scans-another")) } }
        },
    )
}

fn report_link(cx: &View, code: &str) -> Markup {
    let code: String = code.chars().take(300).collect();
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("code", &code).finish();
    html! { p { a class="btn btn-primary" href={ "/s/report?" (query) } { (icon("flag")) (cx.t("scans-report")) } } }
}

/// What a report form holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReportInput {
    pub kind: Option<ReportKind>,
    pub code: String,
    pub place: String,
    pub note: String,
}

/// `/s/report`.
pub(crate) fn report(cx: &View, input: &ReportInput, errors: &FormErrors) -> Markup {
    let complains = input.kind == Some(ReportKind::Complaint);
    let title = cx.t(if complains { "scans-complaint" } else { "scans-report" });
    let (note, note_hint) = match complains {
        true => ("scans-complaint-note", "scans-complaint-note-hint"),
        false => ("scans-report-note", "scans-report-note-hint"),
    };
    shell::public(
        cx,
        &title,
        html! {
            h1 { (title) }
            p { (cx.t(if complains { "scans-complaint-lead" } else { "scans-report-lead" })) }
            (errors)
            (form_post(cx, "/s/report", html! {
                input type="hidden" name="kind" value=(input.kind.unwrap_or(ReportKind::Suspect).name());
                (Field::text(cx, "code", cx.t("scans-code")).value(&input.code).hint(cx.t("scans-code-hint")).required().errors(errors))
                (Field::text(cx, "place", cx.t("scans-report-place")).value(&input.place).hint(cx.t("scans-report-place-hint")).errors(errors))
                (Field::textarea(cx, "note", cx.t(note), 5).value(&input.note).hint(cx.t(note_hint)).errors(errors))
                (submit(&cx.t("scans-report-send"), None))
            }))
        },
    )
}

/// After a report.
pub(crate) fn reported(cx: &View, report: &SuspectReport) -> Markup {
    let title = cx.t("scans-reported");
    shell::public(
        cx,
        &title,
        html! {
            h1 { (title) }
            (alert(Tone::Good, "", cx.t(match report.kind {
                ReportKind::Complaint => "scans-complaint-taken",
                ReportKind::Suspect => "scans-reported-help",
            })))
            @if report.outcome == Outcome::Forged { (alert(Tone::Danger, "", cx.t("scans-sign-forged-help"))) }
            p { (cx.t("scans-reported-number")) " " code { (report.id) } }
            p { a class="btn" href="/s" { (icon("qrcode")) (cx.t("scans-another")) } }
        },
    )
}

/// What came of a covered code.
pub(crate) fn covered(cx: &View, path: &str, result: Result<bool, &FormErrors>) -> Markup {
    let title = cx.t("scans-covered");
    let (tone, icon_name, name) = match result {
        Ok(true) => (Tone::Good, "shield-check", "scans-covered-first"),
        Ok(false) => (Tone::Waiting, "alert-triangle", "scans-covered-again"),
        Err(_) => (Tone::Danger, "shield-x", "scans-covered-wrong"),
    };
    shell::public(
        cx,
        &title,
        html! {
            div class={ "pub-verdict ts-" (tone.class()) } data-covered=(name) {
                (icon(icon_name))
                div { h1 { (cx.t(name)) } p { (cx.t(&format!("{name}-help"))) } }
            }
            @if let Err(errors) = result { (covered_form(cx, path, errors)) }
            p { a class="btn" href=(path) { (icon("arrow-left")) (cx.t("scans-back")) } }
        },
    )
}
