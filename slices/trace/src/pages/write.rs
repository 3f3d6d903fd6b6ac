//! The merchant's forms of a lot: entering, changing, documents.

use super::lot::{load, render};
use super::parts::refused;
use crate::api::lots::{DocumentForm, document_of, limits};
use crate::model::{DocumentKind, Lot};
use crate::{Error, LotChange, NewLot};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{Choice, Field, FormErrors, PageHeader, card, form_post, form_upload, submit};
use ui::{View, shell};
use web::{Cx, Failure, Form, Path, Query, Signed, Site, Upload};

/// What a document may be, for the browser's file dialogue.
const ACCEPT: &str = ".pdf,.jpg,.jpeg,.png,.webp,application/pdf,image/jpeg,image/png,image/webp";
const PATH: &str = "/merchant/lots";

/// A lot as it is typed.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct LotForm {
    version: i64,
    gtin: String,
    number: String,
    product: String,
    produced_on: String,
    expires_on: String,
    origin: String,
    plant: String,
}

/// The empty form; an address may name the GTIN.
pub(crate) async fn new(Cx(cx): Cx, Query(begin): Query<LotForm>) -> Markup {
    form_page(&cx, None, &begin, &FormErrors::none())
}

fn form_page(cx: &View, lot: Option<&Lot>, typed: &LotForm, errors: &FormErrors) -> Markup {
    let title = match lot {
        None => cx.t("trace-lot-new"),
        Some(lot) => cx.ta("trace-lot-title", &[("number", lot.number.as_str().into())]),
    };
    let (action, back) = match lot {
        None => (PATH.to_owned(), PATH.to_owned()),
        Some(lot) => (format!("{PATH}/{}/edit", lot.id), format!("{PATH}/{}", lot.id)),
    };
    let text = |name: &str, value: &str| {
        Field::text(cx, name, cx.t(&format!("trace-{}", name.replace('_', "-")))).value(value).errors(errors)
    };
    let date = |name: &str, value: &str| {
        Field::date(cx, name, cx.t(&format!("trace-{}", name.replace('_', "-")))).value(value).errors(errors)
    };
    let body = form_post(
        cx,
        &action,
        html! {
            @if lot.is_none() {
                (text("gtin", &typed.gtin).required().hint(cx.t("trace-gtin-hint")))
                (text("number", &typed.number).required().hint(cx.t("trace-number-hint")))
            } @else {
                input type="hidden" name="version" value=(typed.version);
            }
            (text("product", &typed.product).hint(cx.t("trace-product-hint")))
            (date("produced_on", &typed.produced_on))
            (date("expires_on", &typed.expires_on))
            (text("origin", &typed.origin).hint(cx.t("trace-origin-hint")))
            (text("plant", &typed.plant).hint(cx.t("trace-plant-hint")))
            (submit(&cx.t("trace-save"), Some((&cx.t("trace-cancel"), &back))))
        },
    );
    shell::merchant(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, title.clone()).back(cx.t("trace-own-title"), PATH))
            (errors)
            (card("", body))
        },
    )
}

/// Enters a lot.
pub(crate) async fn create(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(form): Form<LotForm>,
) -> Result<Response, Failure> {
    let typed = form.clone();
    let new = NewLot {
        merchant_id: actor.own_organisation()?.to_owned(),
        gtin: form.gtin,
        number: form.number,
        product: form.product,
        produced_on: form.produced_on,
        expires_on: form.expires_on,
        origin: form.origin,
        plant: form.plant,
    };
    match crate::create(site.kernel(), &actor, new).await {
        Ok(lot) => Ok(web::redirect_with_flash(&format!("{PATH}/{}", lot.id), "trace-lot-created").into_response()),
        // What is wrong with the number as a whole is said at its field.
        Err(Error::LotExists) => {
            let error = Error::field("number", "trace-fault-lot-exists");
            refused(&cx, error, |errors| form_page(&cx, None, &typed, errors))
        }
        Err(error) => refused(&cx, error, |errors| form_page(&cx, None, &typed, errors)),
    }
}

/// The form of a lot that is there.
pub(crate) async fn edit(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let lot = crate::lot(site.kernel(), &actor, &id).await?;
    let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let typed = LotForm {
        version: lot.version,
        product: lot.product.clone(),
        produced_on: day(lot.produced_on),
        expires_on: day(lot.expires_on),
        origin: lot.origin.clone(),
        plant: lot.plant.clone(),
        ..LotForm::default()
    };
    Ok(form_page(&cx, Some(&lot), &typed, &FormErrors::none()))
}

/// Saves it.
pub(crate) async fn save(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<LotForm>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let lot = crate::lot(kernel, &actor, &id).await?;
    let typed = form.clone();
    let change = LotChange {
        product: Some(form.product),
        produced_on: Some(form.produced_on),
        expires_on: Some(form.expires_on),
        origin: Some(form.origin),
        plant: Some(form.plant),
    };
    match crate::change(kernel, &actor, &id, form.version, change).await {
        Ok(_) => Ok(web::redirect_with_flash(&format!("{PATH}/{id}"), "trace-saved").into_response()),
        Err(error) => refused(&cx, error, |errors| form_page(&cx, Some(&lot), &typed, errors)),
    }
}

/// The form of a document.
pub(super) fn document_form(cx: &View, lot_id: &str, typed: &DocumentForm, errors: &FormErrors) -> Markup {
    let kinds = DocumentKind::ALL
        .map(|kind| Choice::new(kind.name(), cx.t(&format!("trace-document-{}", kind.name().replace('_', "-")))))
        .to_vec();
    let public = Field::checkbox(cx, "public", cx.t("trace-document-show")).hint(cx.t("trace-document-show-hint"));
    form_upload(
        cx,
        &format!("{PATH}/{lot_id}/documents"),
        html! {
            (Field::select(cx, "kind", cx.t("trace-document-kind"), kinds).required().value(&typed.kind).errors(errors))
            (Field::text(cx, "document_number", cx.t("trace-document-number")).value(&typed.document_number).errors(errors))
            (Field::text(cx, "issuer", cx.t("trace-issuer")).required().value(&typed.issuer).errors(errors))
            (Field::date(cx, "issued_on", cx.t("trace-issued-on")).value(&typed.issued_on).errors(errors))
            (Field::date(cx, "valid_until", cx.t("trace-valid-until")).value(&typed.valid_until).errors(errors))
            (public)
            (Field::file(cx, "file", cx.t("trace-file"), ACCEPT).required().hint(cx.t("trace-file-hint")).errors(errors))
            (submit(&cx.t("trace-document-hand-in"), None))
        },
    )
}

/// Hands a document in.
pub(crate) async fn add_document(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    upload: Upload,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let uploaded = upload.read(&limits()).await?;
    let form: DocumentForm = uploaded.form()?;
    let new = document_of(&uploaded, form.clone()).await?;
    match crate::add_document(kernel, &actor, &id, new).await {
        Ok(_) => Ok(web::redirect_with_flash(&format!("{PATH}/{id}"), "trace-document-added").into_response()),
        Err(error) => {
            let page = load(kernel, &actor, &id).await?;
            refused(&cx, error, |errors| render(&cx, &page, &form, errors))
        }
    }
}

/// Takes a document back.
pub(crate) async fn withdraw_document(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((id, document)): Path<(String, String)>,
) -> Result<Response, Failure> {
    crate::withdraw_document(site.kernel(), &actor, &id, &document).await?;
    Ok(web::redirect_with_flash(&format!("{PATH}/{id}"), "trace-saved").into_response())
}
