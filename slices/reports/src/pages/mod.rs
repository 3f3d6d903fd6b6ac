//! Pages of the laboratory, the console, and everybody.

pub(crate) mod detail;
pub(crate) mod hand_in;
pub(crate) mod laboratories;
pub(crate) mod list;
pub(crate) mod profile;
pub(crate) mod verify;
pub(crate) mod write;

use crate::model::{LaboratoryState, Report, State, TestItem, TestResult, Verdict};
use ground::{Problem, Timestamp};
use maud::{Markup, html};
use ui::View;
use ui::parts::{Column, FormErrors, Row, Table, Tone, status};
use web::{Failure, UploadLimits};

/// A state as a mark; an expired one says so.
pub(crate) fn state_mark(cx: &View, report: &Report) -> Markup {
    let expired = report.state == State::Valid && report.valid_until.is_some_and(|until| until <= cx.now);
    let (tone, icon) = match report.state {
        _ if expired => (Tone::Waiting, "clock-exclamation"),
        State::Draft => (Tone::Neutral, "edit"),
        State::Pending => (Tone::Waiting, "hourglass"),
        State::Valid => (Tone::Good, "circle-check"),
        State::Suspended => (Tone::Waiting, "player-pause"),
        State::Revoked => (Tone::Danger, "ban"),
        State::Forged => (Tone::Danger, "alert-octagon"),
        State::Refused => (Tone::Neutral, "circle-x"),
    };
    let name = if expired { "expired" } else { report.state.name() };
    status(tone, icon, &cx.t(&format!("reports-state-{name}")))
}

pub(crate) fn result_mark(cx: &View, result: TestResult) -> Markup {
    match result {
        TestResult::Pass => status(Tone::Good, "check", &cx.t("reports-result-pass")),
        TestResult::Fail => status(Tone::Danger, "x", &cx.t("reports-result-fail")),
    }
}

pub(crate) fn laboratory_mark(cx: &View, state: LaboratoryState) -> Markup {
    let (tone, icon) = match state {
        LaboratoryState::Pending => (Tone::Waiting, "hourglass"),
        LaboratoryState::Confirmed => (Tone::Good, "circle-check"),
        LaboratoryState::Suspended => (Tone::Danger, "player-pause"),
    };
    status(tone, icon, &cx.t(&format!("reports-laboratory-{}", state.name())))
}

/// The items of a report as a table.
pub(crate) fn items_table<'a>(cx: &'a View, items: &[TestItem]) -> Table<'a> {
    let verdict = |verdict: Option<Verdict>| match verdict {
        Some(Verdict::Pass) => status(Tone::Good, "check", &cx.t("reports-verdict-pass")),
        Some(Verdict::Fail) => status(Tone::Danger, "x", &cx.t("reports-verdict-fail")),
        _ => status(Tone::Neutral, "minus", &cx.t("reports-verdict-not_judged")),
    };
    let row = |item: &TestItem| {
        Row::new()
            .cell(&item.name)
            .cell(&item.limit)
            .cell(&item.value)
            .cell(&item.unit)
            .cell(&item.method)
            .cell(verdict(item.verdict))
    };
    ["name", "limit", "value", "unit", "method", "verdict"]
        .iter()
        .fold(Table::new(cx, cx.t("reports-items")), |table, column| {
            table.column(Column::text(cx.t(&format!("reports-item-{column}"))))
        })
        .rows(items.iter().map(row))
}

pub(crate) fn moment(cx: &View, at: Option<Timestamp>) -> Markup {
    html! { @match at { Some(at) => (cx.moment(at)), None => "—" } }
}

/// The code of a failure in words. Codes of the engine stand behind `forged_`.
pub(crate) fn failure_text(cx: &View, failure: &str) -> String {
    match failure.strip_prefix("forged_") {
        Some(code) => refusal_text(cx, code),
        None => cx.t(&format!("reports-outcome-{}", failure.replace('_', "-"))),
    }
}

pub(crate) fn refusal_text(cx: &View, code: &str) -> String {
    cx.t(&format!("reports-refused-{}", code.replace('_', "-")))
}

/// A form that was refused is shown again with what is wrong; everything else is a failure.
pub(crate) fn shown_again(
    cx: &View,
    problem: Problem,
    page: impl FnOnce(&FormErrors) -> Markup,
) -> Result<axum::response::Response, Failure> {
    use axum::response::IntoResponse;
    if problem.faults.is_empty() {
        return Err(problem.into());
    }
    let errors = FormErrors::of_problem(cx, &problem);
    Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, page(&errors)).into_response())
}

/// A form with one credential, pasted or as a file.
pub(crate) const CREDENTIAL_FORM: UploadLimits = UploadLimits {
    file_bytes_max: crate::check::CREDENTIAL_BYTES_MAX as u64,
    files_max: 1,
    field_bytes_max: crate::check::CREDENTIAL_BYTES_MAX,
    fields_max: 4,
};

/// The credential of such a form.
pub(crate) async fn credential_of(upload: web::Upload) -> kernel::Result<String> {
    let uploaded = upload.read(&CREDENTIAL_FORM).await?;
    let text = match uploaded.file("file") {
        Some(file) => String::from_utf8(file.read().await?.to_vec())
            .map_err(|_| Problem::invalid_field("file", "reports-fault-not-text"))?,
        None => uploaded.field("credential").unwrap_or_default().to_owned(),
    };
    if text.trim().is_empty() {
        return Err(Problem::invalid_field("credential", "reports-fault-needed"));
    }
    Ok(text)
}
