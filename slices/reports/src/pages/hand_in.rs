//! A laboratory hands in what it signed with its own key.

use super::{credential_of, shown_again};
use crate::home::Home;
use crate::receive;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use ui::parts::{Field, FormErrors, PageHeader, form_upload, submit};
use ui::{View, shell};
use web::{Cx, Failure, Signed, Site, Upload, redirect_with_flash};

pub(crate) async fn form(Cx(cx): Cx) -> Markup {
    page(&cx, "", &FormErrors::none())
}

pub(crate) async fn save(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    upload: Upload,
) -> Result<Response, Failure> {
    let text = match credential_of(upload).await {
        Ok(text) => text,
        Err(problem) => return shown_again(&cx, problem, |errors| page(&cx, "", errors)),
    };
    match receive::receive(site.kernel(), &Home::of(&site), &actor, &text).await {
        Ok(report) => {
            Ok(redirect_with_flash(&format!("/laboratory/reports/{}", report.id), "reports-received").into_response())
        }
        Err(error) => shown_again(&cx, error.into(), |errors| page(&cx, &text, errors)),
    }
}

fn page(cx: &View, text: &str, errors: &FormErrors) -> Markup {
    let title = cx.t("reports-receive");
    let form = html! {
        (Field::file(cx, "file", cx.t("reports-credential-file"), ".jwt,.json,application/vc+jwt,application/json").errors(errors))
        (Field::textarea(cx, "credential", cx.t("reports-credential-text"), 8).value(text).errors(errors))
        (submit(&cx.t("reports-receive-do"), Some((&cx.t("reports-cancel"), "/laboratory"))))
    };
    let body = html! {
        (PageHeader::new(cx, title.clone()).back(cx.t("reports-own-title"), "/laboratory").lead(cx.t("reports-receive-lead")))
        (errors)
        (form_upload(cx, "/laboratory/receive", form))
    };
    shell::partner(cx, &title, body)
}
