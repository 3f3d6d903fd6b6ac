//! A credential from elsewhere is handed in: by a laboratory what it signed with its own key, by a merchant what a laboratory
//! gave it.

use super::{credential_of, shown_again};
use crate::home::Home;
use crate::receive;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use ui::parts::{Field, FormErrors, PageHeader, form_upload, submit};
use ui::{View, shell};
use web::{Cx, Failure, Signed, Site, Upload, redirect_with_flash};

/// Whose page it is.
#[derive(Debug, Clone, Copy)]
struct Side {
    /// Where the form is sent to.
    form: &'static str,
    /// Below which address the reports stand.
    reports: &'static str,
    /// Where one goes back to.
    home: &'static str,
    /// The name of that page.
    home_title: &'static str,
    /// What is handed in here.
    lead: &'static str,
    shell: fn(&View, &str, Markup) -> Markup,
}

const LABORATORY: Side = Side {
    form: "/laboratory/receive",
    reports: "/laboratory/reports",
    home: "/laboratory",
    home_title: "reports-own-title",
    lead: "reports-receive-lead",
    shell: shell::partner,
};

const MERCHANT: Side = Side {
    form: "/merchant/reports/receive",
    reports: "/merchant/reports",
    home: "/merchant/reports",
    home_title: "reports-merchant-title",
    lead: "reports-merchant-receive-lead",
    shell: shell::merchant,
};

pub(crate) async fn form(Cx(cx): Cx) -> Markup {
    page(&cx, LABORATORY, "", &FormErrors::none())
}

pub(crate) async fn merchant_form(Cx(cx): Cx) -> Markup {
    page(&cx, MERCHANT, "", &FormErrors::none())
}

pub(crate) async fn save(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    upload: Upload,
) -> Result<Response, Failure> {
    take(&site, &actor, &cx, LABORATORY, upload).await
}

pub(crate) async fn merchant_save(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    upload: Upload,
) -> Result<Response, Failure> {
    take(&site, &actor, &cx, MERCHANT, upload).await
}

async fn take(site: &Site, actor: &kernel::Actor, cx: &View, side: Side, upload: Upload) -> Result<Response, Failure> {
    let text = match credential_of(upload).await {
        Ok(text) => text,
        Err(problem) => return shown_again(cx, problem, |errors| page(cx, side, "", errors)),
    };
    match receive::receive(site.kernel(), &Home::of(site), actor, &text).await {
        Ok(report) => {
            Ok(redirect_with_flash(&format!("{}/{}", side.reports, report.id), "reports-received").into_response())
        }
        Err(error) => shown_again(cx, error.into(), |errors| page(cx, side, &text, errors)),
    }
}

fn page(cx: &View, side: Side, text: &str, errors: &FormErrors) -> Markup {
    let title = cx.t("reports-receive");
    let form = html! {
        (Field::file(cx, "file", cx.t("reports-credential-file"), ".jwt,.json,application/vc+jwt,application/json").errors(errors))
        (Field::textarea(cx, "credential", cx.t("reports-credential-text"), 8).value(text).errors(errors))
        (submit(&cx.t("reports-receive-do"), Some((&cx.t("reports-cancel"), side.home))))
    };
    let body = html! {
        (PageHeader::new(cx, title.clone()).back(cx.t(side.home_title), side.home).lead(cx.t(side.lead)))
        (errors)
        (form_upload(cx, side.form, form))
    };
    (side.shell)(cx, &title, body)
}
