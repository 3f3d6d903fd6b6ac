//! The public check: a credential in, plain words out. No account, no script needed.

use super::{credential_of, items_table, refusal_text, result_mark};
use crate::check::{self, Check, Outcome, Step};
use crate::home::Home;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use ui::parts::{Field, FormErrors, Tone, card, facts, form_upload, status, submit};
use ui::{View, icon, shell};
use web::{Cx, Failure, Site, Upload};

pub(crate) async fn form(Cx(cx): Cx) -> Markup {
    form_page(&cx, &FormErrors::none())
}

pub(crate) async fn answer(State(site): State<Site>, Cx(cx): Cx, upload: Upload) -> Result<Response, Failure> {
    let text = match credential_of(upload).await {
        Ok(text) => text,
        Err(problem) => return super::shown_again(&cx, problem, |errors| form_page(&cx, errors)),
    };
    let check = check::check(site.kernel(), &Home::of(&site), text.trim().as_bytes()).await?;
    Ok(answer_page(&cx, &check).into_response())
}

fn form_page(cx: &View, errors: &FormErrors) -> Markup {
    let title = cx.t("reports-verify");
    let body = html! {
        h1 { (title) }
        div class="ts-stack" {
            p { (cx.t("reports-verify-lead")) }
            (errors)
            (form_upload(cx, "/reports/verify", html! {
                (Field::file(cx, "file", cx.t("reports-credential-file"), ".jwt,.json,application/vc+jwt,application/json").errors(errors))
                (Field::textarea(cx, "credential", cx.t("reports-credential-text"), 6).errors(errors))
                (submit(&cx.t("reports-verify-do"), None))
            }))
        }
    };
    shell::public(cx, &title, body)
}

fn answer_page(cx: &View, check: &Check) -> Markup {
    let (class, sign) = match check.outcome {
        Outcome::Valid => ("ts-good", "shield-check"),
        Outcome::Expired | Outcome::NotYet | Outcome::IssuerUnreachable | Outcome::StatusUnknown => {
            ("ts-waiting", "clock-exclamation")
        }
        Outcome::UnknownIssuer | Outcome::NotCompetent | Outcome::LaboratorySuspended | Outcome::Suspended => {
            ("ts-waiting", "alert-triangle")
        }
        Outcome::Unreadable | Outcome::Forged | Outcome::Revoked => ("ts-danger", "alert-octagon"),
    };
    let name = check.outcome.name().replace('_', "-");
    let title = cx.t(&format!("reports-outcome-{name}"));
    let lead = cx.t(&format!("reports-outcome-{name}-help"));
    let signed = check.held(Step::Signature) == Some(true);
    let body = html! {
        div class={ "pub-verdict " (class) } role="status" { (icon(sign)) div { h1 { (title) } p { (lead) } } }
        (card(&cx.t("reports-steps"), steps(cx, check)))
        @if let Some(content) = &check.content {
            (card(&cx.t(if signed { "reports-says" } else { "reports-claims" }), html! {
                (facts()
                    .add(cx.t("reports-laboratory"), laboratory(check))
                    .add(cx.t("reports-report-title"), &content.title)
                    .add(cx.t("reports-number"), &content.number)
                    .add("GTIN", &content.gtin)
                    .add(cx.t("reports-lot"), &content.lot_number)
                    .add(cx.t("reports-standard"), &content.standard)
                    .add(cx.t("reports-tested-on"), content.tested_on.to_string())
                    .add(cx.t("reports-result"), result_mark(cx, content.result)))
            }))
            (items_table(cx, &content.items))
        }
        p class="pub-actions" { a class="btn btn-primary" href="/reports/verify" { (cx.t("reports-verify-again")) } }
    };
    shell::public(cx, &title, body)
}

fn laboratory(check: &Check) -> String {
    let registered = check.laboratory.as_ref().map(|laboratory| laboratory.name.clone());
    registered.or_else(|| check.credential.as_ref().map(|credential| credential.issuer.clone())).unwrap_or_default()
}

fn steps(cx: &View, check: &Check) -> Markup {
    html! {
        ol {
            @for step in Step::ALL {
                li {
                    (cx.t(&format!("reports-step-{}", step.name()))) " "
                    @match check.held(step) {
                        Some(true) => (status(Tone::Good, "check", &cx.t("reports-step-held"))),
                        Some(false) => (status(Tone::Danger, "x", &cx.t("reports-step-failed"))),
                        None => (status(Tone::Neutral, "circle-minus", &cx.t("reports-step-not-reached"))),
                    }
                }
            }
        }
        @if !check.code.is_empty() { p { (refusal_text(cx, check.code)) } }
        @if !check.detail.is_empty() {
            details { summary { (cx.t("reports-technical")) } p lang="en" { (check.detail) } }
        }
    }
}
