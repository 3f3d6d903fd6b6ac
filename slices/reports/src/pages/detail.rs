//! One report: what it says, what it is worth, and, for its laboratory, signing and revoking.

use super::{failure_text, items_table, moment, result_mark, shown_again, state_mark};
use crate::home::{Home, credential_path};
use crate::model::{Origin, Report, State as ReportState};
use crate::{issue, read};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ground::Problem;
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{Field, FormErrors, PageHeader, Tone, alert, card, confirm, copyable, facts, form_post, submit};
use ui::{View, shell};
use web::{Cx, Failure, Form, Path, Signed, Site, redirect_with_flash};

/// For staff.
pub(crate) async fn console(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let report = read::get(site.kernel(), &actor, &id).await?;
    let header = PageHeader::new(&cx, report.title.clone())
        .back(cx.t("reports-title"), "/console/reports")
        .mark(state_mark(&cx, &report));
    Ok(shell::console(&cx, &report.title, html! { (header) (content(&cx, &report, true)) }))
}

/// For the merchant of its lot.
pub(crate) async fn merchant(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let report = read::get(site.kernel(), &actor, &id).await?;
    let header = PageHeader::new(&cx, report.title.clone())
        .back(cx.t("reports-merchant-title"), "/merchant/reports")
        .mark(state_mark(&cx, &report));
    Ok(shell::merchant(&cx, &report.title, html! { (header) (content(&cx, &report, false)) }))
}

/// For its laboratory.
pub(crate) async fn own(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let report = read::get(site.kernel(), &actor, &id).await?;
    Ok(own_page(&cx, &report, &FormErrors::none()))
}

fn own_page(cx: &View, report: &Report, errors: &FormErrors) -> Markup {
    let header = PageHeader::new(cx, report.title.clone())
        .back(cx.t("reports-own-title"), "/laboratory")
        .mark(state_mark(cx, report));
    let body = html! {
        (header)
        (errors)
        @match (report.state, report.origin) {
            (ReportState::Draft, _) => (signing(cx, report)),
            (ReportState::Valid, Origin::Issued) => (revoking(cx, report, errors)),
            _ => {}
        }
        (content(cx, report, false))
    };
    shell::partner(cx, &report.title, body)
}

fn version(report: &Report) -> Markup {
    html! { input type="hidden" name="version" value=(report.version); }
}

fn signing(cx: &View, report: &Report) -> Markup {
    let path = |verb: &str| format!("/laboratory/reports/{}/{verb}", report.id);
    card(
        &cx.t("reports-sign-title"),
        html! {
            p { (cx.t("reports-sign-lead")) }
            div class="ts-row" {
                (form_post(cx, &path("sign"), html! { (version(report)) (submit(&cx.t("reports-sign"), None)) }))
                (form_post(cx, &path("discard"), html! {
                    (version(report))
                    button class="btn" type="submit" { (cx.t("reports-discard")) }
                }))
            }
        },
    )
}

fn revoking(cx: &View, report: &Report, errors: &FormErrors) -> Markup {
    let form = form_post(
        cx,
        &format!("/laboratory/reports/{}/revoke", report.id),
        html! {
            (version(report))
            p { (cx.t("reports-revoke-lead")) }
            (Field::textarea(cx, "reason", cx.t("reports-reason"), 3).required().errors(errors))
            (submit(&cx.t("reports-revoke"), None))
        },
    );
    confirm(&cx.t("reports-revoke"), "ban", true, form)
}

fn content(cx: &View, report: &Report, console: bool) -> Markup {
    let lot = match console {
        true => html! { a href={ "/console/trace/lots/" (report.lot_id) } { (report.lot_number) } },
        false => html! { (report.lot_number) },
    };
    let rows = facts()
        .add(cx.t("reports-number"), &report.number)
        .add(cx.t("reports-laboratory"), &report.laboratory)
        .add(cx.t("reports-product"), &report.product)
        .add("GTIN", &report.gtin)
        .add(cx.t("reports-lot"), lot)
        .add(cx.t("reports-standard"), &report.standard)
        .add(cx.t("reports-tested-on"), report.tested_on.to_string())
        .add(cx.t("reports-result"), result_mark(cx, report.result))
        .add(cx.t("reports-issued-at"), moment(cx, report.issued_at))
        .add(cx.t("reports-valid-until"), moment(cx, report.valid_until))
        .add(cx.t("reports-origin"), cx.t(&format!("reports-origin-{}", report.origin.name())))
        .maybe(cx.t("reports-revoked-at"), report.revoked_at.map(|at| cx.moment(at)))
        .maybe(cx.t("reports-reason"), (!report.reason.is_empty()).then(|| reason(cx, report)))
        .maybe(
            cx.t("reports-document"),
            report.document.as_ref().map(|_| html! { a href={ "/documents/reports/" (report.id) } { "PDF" } }),
        );
    html! {
        @if !report.failure.is_empty() {
            (alert(Tone::Danger, &cx.t("reports-failure"), failure_text(cx, &report.failure)))
        }
        (card(&cx.t("reports-facts"), html! { (rows) }))
        (items_table(cx, &report.items))
        @if !report.credential.is_empty() { (card(&cx.t("reports-credential"), credential(cx, report))) }
    }
}

fn reason(cx: &View, report: &Report) -> String {
    if report.reason == "status_list" { cx.t("reports-reason-status-list") } else { report.reason.clone() }
}

fn credential(cx: &View, report: &Report) -> Markup {
    let path = credential_path(&report.id);
    let shown = !matches!(report.state, ReportState::Pending | ReportState::Refused);
    html! {
        div class="ts-stack" {
            p class="ts-muted" { (cx.t("reports-credential-help")) }
            (facts()
                .add(cx.t("reports-issuer"), copyable(cx, &report.issuer))
                .add(cx.t("reports-key"), copyable(cx, &report.method))
                .maybe(cx.t("reports-place"), report.status.as_ref().map(|(list, index)| html! {
                    a href={ "/v1/credentials/status/" (list) } { (list) } " · " (cx.number(*index))
                })))
            @if shown {
                p {
                    a href=(path) { "vc+jwt" }
                    @if report.credential_json.is_some() { " · " a href={ (path) "?form=json" } { "eddsa-jcs-2022" } }
                    @if let Some(act) = report.act_id.as_ref().filter(|_| !cx.has_role(&["laboratory"])) { " · " a href={ "/proofs/" (act) } { (cx.t("reports-proof")) } }
                }
            }
            p { a href="/reports/verify" { (cx.t("reports-verify")) } }
        }
    }
}

/// The version that was read, and a reason where one is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Change {
    version: i64,
    reason: String,
}

pub(crate) async fn sign(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Form(change): Form<Change>,
) -> Result<Response, Failure> {
    let path = format!("/laboratory/reports/{id}");
    match issue::sign(site.kernel(), &Home::of(&site), &actor, &id, change.version).await {
        Ok(_) => Ok(redirect_with_flash(&path, "reports-signed").into_response()),
        Err(crate::Error::NotReady(why)) => {
            Ok(web::redirect(&path).bad(&format!("reports-ready-{why}"), &[]).into_response())
        }
        Err(error) => Err(Problem::from(error).into()),
    }
}

pub(crate) async fn discard(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Form(change): Form<Change>,
) -> Result<Response, Failure> {
    issue::discard(site.kernel(), &actor, &id, change.version).await?;
    Ok(redirect_with_flash("/laboratory", "reports-discarded").into_response())
}

pub(crate) async fn revoke(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(change): Form<Change>,
) -> Result<Response, Failure> {
    match issue::revoke(site.kernel(), &actor, &id, change.version, &change.reason).await {
        Ok(_) => Ok(redirect_with_flash(&format!("/laboratory/reports/{id}"), "reports-revoked").into_response()),
        Err(error) => {
            let report = read::get(site.kernel(), &actor, &id).await?;
            shown_again(&cx, error.into(), |errors| own_page(&cx, &report, errors))
        }
    }
}
