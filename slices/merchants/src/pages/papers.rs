//! The merchant's papers and brand authorisations: list, handing in, renewing, taking back.

use super::file::chain;
use super::parts::{document_path, finding_list, kind_text, paper_mark, refused, register_mark, validity};
use crate::api::papers::{QualificationForm, file_of, limits};
use crate::matrix::Matrix;
use crate::model::{BrandAuthorisation, Merchant, Qualification, QualificationState};
use crate::{Error, NewBrand, NewFile, NewLink};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use kernel::{Actor, Kernel};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;
use ui::parts::{
    Choice, Column, Field, FormErrors, PageHeader, Row, Table, card, confirm, empty, facts, form_post, form_upload,
    submit,
};
use ui::{View, icon, shell};
use web::{Cx, Failure, Form, Path, Query, Signed, Site, Upload};

/// What a document may be, for the browser's file dialogue.
const ACCEPT: &str = ".pdf,.jpg,.jpeg,.png,.webp,application/pdf,image/jpeg,image/png,image/webp";
/// Letters the form of a brand offers; longer chains come by API.
const FORM_LETTERS: usize = 3;
const PATH: &str = "/merchant/qualifications";

struct Papers {
    merchant: Merchant,
    matrix: Arc<Matrix>,
    qualifications: Vec<Qualification>,
    brands: Vec<BrandAuthorisation>,
    today: Date,
    actor: Actor,
}

async fn load(kernel: &Kernel, actor: &Actor) -> Result<Option<Papers>, Error> {
    let Some(merchant) = crate::own(kernel, actor).await? else {
        return Ok(None);
    };
    Ok(Some(Papers {
        matrix: Matrix::of(kernel, &merchant.market)?,
        qualifications: crate::qualifications(kernel, actor, &merchant.id).await?,
        brands: crate::brands(kernel, actor, &merchant.id).await?,
        today: kernel.today(),
        actor: actor.clone(),
        merchant,
    }))
}

/// The list.
pub(crate) async fn list(State(site): State<Site>, Signed(actor): Signed, Cx(cx): Cx) -> Result<Response, Failure> {
    let Some(papers) = load(site.kernel(), &actor).await? else {
        return Ok(web::redirect("/merchant/enrol").into_response());
    };
    Ok(list_page(&cx, &papers).into_response())
}

fn list_page(cx: &View, papers: &Papers) -> Markup {
    let title = cx.t("merchants-papers");
    let table = Table::new(cx, title.clone())
        .column(Column::text(cx.t("merchants-kind")))
        .column(Column::text(cx.t("merchants-field-number")))
        .column(Column::text(cx.t("merchants-validity")))
        .column(Column::text(cx.t("merchants-state")))
        .column(Column::text(cx.t("merchants-document")).quiet())
        .column(Column::text(cx.t("merchants-action")))
        .rows(papers.qualifications.iter().map(|q| row(cx, papers, q)))
        .empty(empty("certificate", &cx.t("merchants-papers-none"), &cx.t("merchants-papers-none-help"), None));
    let brands = papers.brands.iter().filter(|brand| brand.state != QualificationState::Withdrawn);
    shell::merchant(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, title.clone()).back(cx.t("merchants-home"), "/merchant")
                .link(&cx.t("merchants-upload"), "/merchant/qualifications/new", "upload")
                .link(&cx.t("merchants-brand-add"), "/merchant/brands/new", "tag"))
            (table)
            @for brand in brands { (brand_card(cx, papers, brand)) }
        },
    )
}

fn row(cx: &View, papers: &Papers, q: &Qualification) -> Row {
    let renewable =
        matches!(q.state, QualificationState::Verified | QualificationState::Expired | QualificationState::Rejected);
    let open = matches!(q.state, QualificationState::Submitted | QualificationState::Rejected);
    let findings = crate::read::visible_findings(&q.findings, &papers.actor);
    Row::new()
        .cell(html! {
            (kind_text(cx, &papers.matrix, &q.kind))
            @if q.state == QualificationState::Submitted && !q.findings.is_empty() { (finding_list(cx, &papers.matrix, findings)) }
            @if !q.reason.is_empty() && q.state == QualificationState::Rejected { div class="ts-muted" { (q.reason) } }
        })
        .cell(html! { (q.number) div class="ts-muted" { (q.holder) } })
        .cell(validity(cx, q, papers.today))
        .cell(html! { (paper_mark(cx, q.state)) @if q.state == QualificationState::Submitted { " " (register_mark(cx, q)) } })
        .cell(html! { @if let Some(file) = &q.file { a href=(document_path(&q.id)) { (icon("file-certificate")) (file.name) } } })
        .cell(html! {
            @if renewable { a class="btn" href={ (PATH) "/new?kind=" (q.kind) "&renews=" (q.id) } { (cx.t("merchants-renew")) } }
            @if open {
                (confirm(&cx.t("merchants-take-back"), "arrow-back-up", false, form_post(cx, &format!("{PATH}/{}/withdraw", q.id), html! {
                    input type="hidden" name="version" value=(q.version);
                    (submit(&cx.t("merchants-take-back"), None))
                })))
            }
        })
}

fn brand_card(cx: &View, papers: &Papers, brand: &BrandAuthorisation) -> Markup {
    let open = matches!(brand.state, QualificationState::Submitted | QualificationState::Rejected);
    card(
        &cx.ta("merchants-brand-title", &[("brand", brand.brand.as_str().into())]),
        html! {
            p { (paper_mark(cx, brand.state)) }
            (facts()
                .add(cx.t("merchants-field-trademark-number"), &brand.trademark_number)
                .add(cx.t("merchants-field-trademark-owner"), &brand.trademark_owner)
                .add(cx.t("merchants-valid-until"), brand.valid_until().map_or_else(|| cx.t("merchants-without-end"), |d| d.to_string())))
            (chain(cx, brand))
            @if !brand.reason.is_empty() { p { (brand.reason) } }
            @if brand.state == QualificationState::Submitted { (finding_list(cx, &papers.matrix, brand.findings.iter())) }
            @if open {
                (confirm(&cx.t("merchants-take-back"), "arrow-back-up", false, form_post(cx, &format!("/merchant/brands/{}/withdraw", brand.id), html! {
                    input type="hidden" name="version" value=(brand.version);
                    (submit(&cx.t("merchants-take-back"), None))
                })))
            }
        },
    )
}

/// What the form begins with.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Begin {
    kind: String,
    renews: String,
    from: String,
}

/// The empty form; a renewal begins with what the old paper says.
pub(crate) async fn new(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(begin): Query<Begin>,
) -> Result<Response, Failure> {
    let Some(papers) = load(site.kernel(), &actor).await? else {
        return Ok(web::redirect("/merchant/enrol").into_response());
    };
    let mut form = QualificationForm { kind: begin.kind, ..QualificationForm::default() };
    if let Some(old) = papers.qualifications.iter().find(|q| q.id == begin.renews) {
        form.renews = Some(old.id.clone());
        form.kind.clone_from(&old.kind);
        form.number.clone_from(&old.number);
        form.issuer.clone_from(&old.issuer);
        form.categories.clone_from(&old.categories);
    }
    form.holder.clone_from(&papers.merchant.company.legal_name);
    if papers.matrix.kind(&form.kind).is_some_and(|kind| kind.is_identity) && form.number.is_empty() {
        form.number.clone_from(&papers.merchant.company.uscc);
    }
    Ok(form_page(&cx, &papers, &form, &begin.from, &FormErrors::none()).into_response())
}

fn form_page(cx: &View, papers: &Papers, form: &QualificationForm, from: &str, errors: &FormErrors) -> Markup {
    let kinds: Vec<Choice> = papers.matrix.kinds().map(|kind| Choice::new(&kind.id, cx.both(&kind.name))).collect();
    let rule = papers.matrix.kind(&form.kind);
    let scopes: Vec<Choice> = papers
        .merchant
        .categories
        .iter()
        .map(|path| Choice::new(path, cx.both(&papers.matrix.category_name(path))))
        .collect();
    let title = if form.renews.is_some() { cx.t("merchants-renew") } else { cx.t("merchants-upload") };
    let field = |name: &str| cx.t(&format!("merchants-field-{}", name.replace('_', "-")));
    let scope = Field::checks(cx, "categories", cx.t("merchants-scope"), scopes)
        .hint(cx.t("merchants-scope-hint"))
        .errors(errors);
    let scope = form.categories.iter().fold(scope, |scope, category| scope.value(category));
    let mut issuer = Field::text(cx, "issuer", field("issuer")).required().value(&form.issuer).errors(errors);
    if let Some(rule) = rule {
        issuer = issuer.hint(cx.both(&rule.issuer));
    }
    let body = form_upload(
        cx,
        PATH,
        html! {
            input type="hidden" name="from" value=(from);
            @if let Some(renews) = &form.renews { input type="hidden" name="renews" value=(renews); }
            (Field::select(cx, "kind", cx.t("merchants-kind"), kinds).required().value(&form.kind).errors(errors))
            (Field::text(cx, "number", field("number")).required().value(&form.number).errors(errors))
            (Field::text(cx, "holder", field("holder")).required().hint(cx.t("merchants-holder-hint")).value(&form.holder).errors(errors))
            (issuer)
            (Field::date(cx, "valid_from", field("valid-from")).value(&form.valid_from).errors(errors))
            (Field::date(cx, "valid_until", field("valid-until")).hint(cx.t("merchants-without-end-hint")).value(&form.valid_until).errors(errors))
            @if !papers.merchant.categories.is_empty() { (scope) }
            (Field::file(cx, "file", cx.t("merchants-document"), ACCEPT).required().hint(cx.t("merchants-file-hint")).errors(errors))
            (submit(&cx.t("merchants-hand-in"), Some((&cx.t("merchants-cancel"), PATH))))
        },
    );
    shell::merchant(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, title.clone()).back(cx.t("merchants-papers"), PATH))
            (errors)
            (card("", body))
        },
    )
}

/// Hands a paper in.
pub(crate) async fn add(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    upload: Upload,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let uploaded = upload.read(&limits()).await?;
    let from = uploaded.field("from").unwrap_or("").to_owned();
    let form: QualificationForm = uploaded.form()?;
    let file = file_of(&uploaded, "file").await?;
    let id = actor.own_organisation()?.to_owned();
    let typed = again(&form);
    match crate::add_qualification(kernel, &actor, &id, form.into(), file).await {
        Ok(_) => {
            let to = if from == "enrol" { "/merchant/enrol/qualifications" } else { PATH };
            Ok(web::redirect_with_flash(to, "merchants-handed-in-paper").into_response())
        }
        Err(error) => {
            let papers = load(kernel, &actor).await?.ok_or(Error::Missing)?;
            refused(&cx, &papers.matrix, error, |errors| form_page(&cx, &papers, &typed, &from, errors))
        }
    }
}

fn again(form: &QualificationForm) -> QualificationForm {
    QualificationForm {
        kind: form.kind.clone(),
        number: form.number.clone(),
        holder: form.holder.clone(),
        issuer: form.issuer.clone(),
        categories: form.categories.clone(),
        valid_from: form.valid_from.clone(),
        valid_until: form.valid_until.clone(),
        renews: form.renews.clone(),
        file: (),
    }
}

/// The version that was read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct VersionForm {
    version: i64,
}

/// Takes a paper back.
pub(crate) async fn withdraw(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Form(form): Form<VersionForm>,
) -> Result<Response, Failure> {
    crate::withdraw_qualification(site.kernel(), &actor, &id, form.version).await?;
    Ok(web::redirect_with_flash(PATH, "merchants-saved").into_response())
}

/// Takes a brand authorisation back.
pub(crate) async fn withdraw_brand(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Form(form): Form<VersionForm>,
) -> Result<Response, Failure> {
    crate::withdraw_brand(site.kernel(), &actor, &id, form.version).await?;
    Ok(web::redirect_with_flash(PATH, "merchants-saved").into_response())
}

/// A brand authorisation as it was typed. The parts of letters carry their position in their names.
#[derive(Debug, Default, Clone)]
struct BrandForm {
    brand: String,
    trademark_number: String,
    trademark_owner: String,
    trademark_until: String,
    letters: Vec<[String; 4]>,
}

const LETTER_PARTS: [&str; 4] = ["grantor", "grantee", "valid_from", "valid_until"];

/// The empty form of a brand.
pub(crate) async fn new_brand(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
) -> Result<Response, Failure> {
    if crate::own(site.kernel(), &actor).await?.is_none() {
        return Ok(web::redirect("/merchant/enrol").into_response());
    }
    Ok(brand_page(&cx, &BrandForm::default(), &FormErrors::none()).into_response())
}

fn brand_page(cx: &View, form: &BrandForm, errors: &FormErrors) -> Markup {
    let title = cx.t("merchants-brand-add");
    let text = |name: &str, value: &str| {
        Field::text(cx, name, cx.t(&format!("merchants-field-{}", name.replace('_', "-"))))
            .required()
            .value(value)
            .errors(errors)
    };
    let letter = |position: usize| {
        let typed = form.letters.get(position).cloned().unwrap_or_default();
        let part = |place: usize, date: bool| {
            let name = format!("{}_{position}", LETTER_PARTS[place]);
            let label = cx.t(&format!("merchants-letter-{}", LETTER_PARTS[place].replace('_', "-")));
            let field = if date { Field::date(cx, &name, label) } else { Field::text(cx, &name, label) };
            field.value(&typed[place])
        };
        html! {
            fieldset class="ts-field" {
                legend { (cx.ta("merchants-letter-n", &[("n", (position + 1).into())])) }
                (part(0, false)) (part(1, false)) (part(2, true)) (part(3, true))
                (Field::file(cx, &format!("letter_{position}"), cx.t("merchants-document"), ACCEPT))
            }
        }
    };
    let body = form_upload(
        cx,
        "/merchant/brands",
        html! {
            (text("brand", &form.brand))
            (text("trademark_number", &form.trademark_number))
            (text("trademark_owner", &form.trademark_owner))
            (Field::date(cx, "trademark_until", cx.t("merchants-field-trademark-until")).value(&form.trademark_until).errors(errors))
            p class="ts-muted" id="field-chain" { (cx.t("merchants-chain-hint")) }
            @for position in 0..FORM_LETTERS { (letter(position)) }
            (submit(&cx.t("merchants-hand-in"), Some((&cx.t("merchants-cancel"), PATH))))
        },
    );
    shell::merchant(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, title.clone()).back(cx.t("merchants-papers"), PATH))
            (errors)
            (card("", body))
        },
    )
}

/// Hands a brand authorisation in.
pub(crate) async fn add_brand(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    upload: Upload,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let uploaded = upload.read(&limits()).await?;
    let field = |name: &str| uploaded.field(name).unwrap_or("").to_owned();
    let mut form = BrandForm {
        brand: field("brand"),
        trademark_number: field("trademark_number"),
        trademark_owner: field("trademark_owner"),
        trademark_until: field("trademark_until"),
        letters: Vec::new(),
    };
    let mut chain = Vec::new();
    for position in 0..FORM_LETTERS {
        let parts = LETTER_PARTS.map(|part| field(&format!("{part}_{position}")));
        let file: Option<NewFile> = file_of(&uploaded, &format!("letter_{position}")).await?;
        if file.is_some() || parts.iter().any(|part| !part.trim().is_empty()) {
            let [grantor, grantee, valid_from, valid_until] = parts.clone();
            chain.push(NewLink { grantor, grantee, valid_from, valid_until, file });
        }
        form.letters.push(parts);
    }
    let new = NewBrand {
        brand: form.brand.clone(),
        trademark_number: form.trademark_number.clone(),
        trademark_owner: form.trademark_owner.clone(),
        trademark_until: form.trademark_until.clone(),
        chain,
    };
    let id = actor.own_organisation()?.to_owned();
    match crate::add_brand(kernel, &actor, &id, new).await {
        Ok(_) => Ok(web::redirect_with_flash(PATH, "merchants-handed-in-paper").into_response()),
        Err(error) => {
            let papers = load(kernel, &actor).await?.ok_or(Error::Missing)?;
            refused(&cx, &papers.matrix, error, |errors| brand_page(&cx, &form, errors))
        }
    }
}
