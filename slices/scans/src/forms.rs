//! The public forms' handlers.

use crate::address::Address;
use crate::known;
use crate::list::{self, NewReport};
use crate::model::{Channel, ReportKind};
use crate::pages::forms::{self, ReportInput};
use crate::resolve::reader;
use crate::scan::{self, Whereabouts};
use crate::{places, proof};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use ground::Problem;
use ledger::View as LedgerView;
use maud::Markup;
use serde::Deserialize;
use trace::Reveal;
use ui::parts::FormErrors;
use web::{Context, Cx, Failure, Form, Query, Site, download, redirect};

/// A code in the query.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct CodeQuery {
    code: Option<String>,
}

/// A code as it stands in a form of ours: a path, or anything a person types.
fn read(code: &str) -> kernel::Result<Address> {
    let code = code.trim();
    if code.starts_with("/01/") { Address::of_request(code, None) } else { Address::of_scan(code) }
}

/// `GET /s`: the form, or to the page of the code.
pub(crate) async fn type_in(
    State(site): State<Site>,
    Cx(cx): Cx,
    Query(asked): Query<CodeQuery>,
) -> Result<Response, Failure> {
    let Some(code) = asked.code else {
        return Ok(forms::type_in(&cx, "", &FormErrors::none()).into_response());
    };
    match read(&code) {
        Ok(address) => Ok(redirect(&address.path()).into_response()),
        Err(problem) => {
            scan::unreadable(site.kernel(), &code, Channel::Page).await?;
            let page = forms::type_in(&cx, &code, &FormErrors::of_problem(&cx, &problem));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// `GET /s/report`.
pub(crate) async fn report_form(Cx(cx): Cx, Query(asked): Query<ReportQuery>) -> Markup {
    let kind = asked.kind.as_deref().and_then(ReportKind::from_name);
    let input = ReportInput { kind, code: asked.code.unwrap_or_default(), ..ReportInput::default() };
    forms::report(&cx, &input, &FormErrors::none())
}

/// What leads to the report form.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ReportQuery {
    code: Option<String>,
    kind: Option<String>,
}

/// The report form as it is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ReportForm {
    kind: String,
    code: String,
    place: String,
    note: String,
}

/// `POST /s/report`.
pub(crate) async fn report(
    State(site): State<Site>,
    Cx(cx): Cx,
    context: Context,
    Form(form): Form<ReportForm>,
) -> Result<Response, Failure> {
    let kind = ReportKind::from_name(&form.kind);
    let new = NewReport { kind, code: form.code.clone(), place: form.place.clone(), note: form.note.clone() };
    match list::report(site.kernel(), &new, context.address).await {
        Ok(report) => Ok(forms::reported(&cx, &report).into_response()),
        Err(problem) if !problem.faults.is_empty() => {
            let input = ReportInput { kind, code: form.code, place: form.place, note: form.note };
            let page = forms::report(&cx, &input, &FormErrors::of_problem(&cx, &problem));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Where the reader is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WhereForm {
    code: String,
    place: String,
}

/// `POST /s/where`: the reader's province, for the scan that led here.
pub(crate) async fn tell_place(
    State(site): State<Site>,
    context: Context,
    headers: HeaderMap,
    Form(form): Form<WhereForm>,
) -> Result<Response, Failure> {
    let address = read(&form.code)?;
    let choice = places::choice(&form.place);
    let choice = choice.ok_or_else(|| Problem::invalid_field("place", "scans-where-unknown"))?;
    let told = Whereabouts { country: Some(choice.country().to_owned()), place: choice.place() };
    scan::tell_place(site.kernel(), &address, &reader(&context, &headers), &told).await?;
    Ok(redirect(&address.path()).good("scans-where-thanks", &[]).into_response())
}

/// A covered code.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CoveredForm {
    code: String,
    covered: String,
}

/// `POST /s/covered`: checks the code under the scratch layer.
pub(crate) async fn covered(
    State(site): State<Site>,
    Cx(cx): Cx,
    Form(form): Form<CoveredForm>,
) -> Result<Response, Failure> {
    let address = read(&form.code)?;
    let path = address.path();
    let again = |text: String| {
        let errors = FormErrors::none().and(&cx, "covered", text);
        let page = forms::covered(&cx, &path, Err(&errors));
        (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
    };
    if form.covered.trim().is_empty() {
        return Ok(again(cx.t("scans-covered-needed")));
    }
    let serial = address.serial.clone().unwrap_or_default();
    let code = Address::of_unit(address.gtin, &serial).canonical();
    let revealed = trace::reveal(site.kernel(), &code, form.covered.trim()).await.map_err(Problem::from)?;
    known::forget(site.kernel(), &address);
    Ok(match revealed {
        Reveal::First { .. } => forms::covered(&cx, &path, Ok(true)).into_response(),
        Reveal::Again { .. } => forms::covered(&cx, &path, Ok(false)).into_response(),
        Reveal::Wrong => again(cx.t("scans-covered-wrong")),
        Reveal::None | Reveal::NotGenuine(_) => again(cx.t("scans-covered-none")),
    })
}

/// `GET /s/proof?code=…`: everything needed to check the record without us.
pub(crate) async fn proof_file(
    State(site): State<Site>,
    Extension(view): Extension<LedgerView>,
    Query(asked): Query<CodeQuery>,
) -> Result<Response, Failure> {
    let Some(code) = asked.code.filter(|code| !code.trim().is_empty()) else {
        return Ok(web::redirect("/s").into_response());
    };
    let address = read(&code)?;
    let file = proof::bundle(site.kernel(), &view, &address).await?;
    let name = format!(
        "touchstone-{}.zip",
        address.serial.as_deref().or(address.lot.as_deref()).unwrap_or(address.gtin.as_str())
    );
    Ok(download(&name, "application/zip", file))
}
