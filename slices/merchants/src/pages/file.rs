//! The console's page of one merchant: facts left, evidence in the middle, decision right, acts below.

use super::parts::{
    category_text, document_path, finding_list, history, kind_text, name_of, paper_mark, reason_text, refused,
    register_mark, state_mark, validity,
};
use crate::api::files::read_day;
use crate::matrix::Matrix;
use crate::model::{BrandAuthorisation, Merchant, Move, Qualification, QualificationState, State as MerchantState};
use crate::{Decision, Error, reasons_for, rules};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use kernel::{ActRecord, Actor, Kernel, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;
use ui::parts::{
    Choice, Column, Field, FormErrors, PageHeader, Row, Table, Tone, alert, badge, card, confirm, copyable, facts,
    form_post, submit,
};
use ui::{View, icon, shell};
use web::{Cx, Failure, Form, Path, Signed, Site};

struct File {
    merchant: Merchant,
    matrix: Arc<Matrix>,
    qualifications: Vec<Qualification>,
    brands: Vec<BrandAuthorisation>,
    acts: Vec<ActRecord>,
    today: Date,
    may_decide: bool,
    actor: Actor,
}

async fn load(kernel: &Kernel, actor: &Actor, id: &str) -> Result<File, Error> {
    let merchant = crate::get(kernel, actor, id).await?;
    Ok(File {
        matrix: Matrix::of(kernel, &merchant.market)?,
        qualifications: crate::qualifications(kernel, actor, id).await?,
        brands: crate::brands(kernel, actor, id).await?,
        acts: crate::history(kernel, actor, id).await?,
        today: kernel.today(),
        may_decide: actor.may(Permission::MerchantsDecide),
        actor: actor.clone(),
        merchant,
    })
}

/// The page.
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let file = load(site.kernel(), &actor, &id).await?;
    Ok(page(&cx, &file, &FormErrors::none(), &DecideForm::default()))
}

fn page(cx: &View, file: &File, errors: &FormErrors, typed: &DecideForm) -> Markup {
    let merchant = &file.merchant;
    let name = name_of(cx, merchant);
    let findings = crate::read::visible_findings(&merchant.findings, &file.actor);
    shell::console(
        cx,
        &name,
        html! {
            (PageHeader::new(cx, name.clone()).back(cx.t("merchants-title"), "/console/merchants")
                .mark(state_mark(cx, merchant.state))
                .link(&cx.t("merchants-listings"), &format!("/console/listings?merchant={}", merchant.id), "package"))
            (errors)
            @if let Some(reason) = &merchant.open_reason {
                (alert(Tone::Waiting, &cx.t("merchants-open"), cx.t(&format!("merchants-open-{}", reason.replace('_', "-")))))
            }
            div class="ts-columns" {
                div class="ts-stack" { (identity(cx, file)) (contacts(cx, file)) }
                div class="ts-stack" {
                    (card(&cx.t("merchants-findings"), finding_list(cx, &file.matrix, findings)))
                    (papers(cx, file))
                    (brands(cx, file))
                }
                div class="ts-stack ts-sticky" { (decisions(cx, file, errors, typed)) }
            }
            (card(&cx.t("merchants-history"), history(cx, &file.acts, &file.matrix, true)))
        },
    )
}

fn identity(cx: &View, file: &File) -> Markup {
    let (merchant, company) = (&file.merchant, &file.merchant.company);
    let time = |at: Option<ground::Timestamp>| at.map(|at| cx.date(at));
    let categories = merchant.categories.iter().map(|category| category_text(cx, &file.matrix, category));
    let categories: Vec<String> = categories.collect();
    let shown = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let table = facts()
        .add(cx.t("merchants-field-legal-name"), &company.legal_name)
        .maybe(cx.t("merchants-field-shop-name"), shown(&company.shop_name))
        .add(cx.t("merchants-field-uscc"), copyable(cx, &company.uscc))
        .add(cx.t("merchants-field-representative"), &company.representative)
        .maybe(
            cx.t("merchants-field-representative-id"),
            shown(&crate::read::masked_id(company.representative_id.clone(), &file.actor)),
        )
        .add(cx.t("merchants-field-address"), &company.address)
        .add(cx.t("merchants-market"), &merchant.market)
        .add(cx.t("merchants-categories"), html! { ul { @for name in &categories { li { (name) } } } })
        .maybe(cx.t("merchants-submitted-at"), time(merchant.submitted_at))
        .maybe(cx.t("merchants-verified-at"), time(merchant.verified_at))
        .maybe(cx.t("merchants-verify-due"), time(merchant.verify_due_at))
        .maybe(cx.t("merchants-confirm-asked"), time(merchant.confirm_asked_at))
        .maybe(cx.t("merchants-suspended-until"), time(merchant.suspended_until));
    let reasons: Vec<String> = merchant.reasons.iter().map(|reason| reason_text(cx, reason)).collect();
    card(
        &cx.t("merchants-company"),
        html! {
            (table)
            @if !reasons.is_empty() {
                (alert(Tone::Info, &cx.t("merchants-last-reasons"), html! {
                    p { (reasons.join(&cx.t("merchants-list-separator"))) }
                    @if !merchant.note.is_empty() { p { (merchant.note) } }
                }))
            }
        },
    )
}

fn contacts(cx: &View, file: &File) -> Markup {
    let contacts = crate::read::masked_contacts(file.merchant.contacts.clone(), &file.actor);
    let table = facts()
        .add(cx.t("merchants-field-contact-name"), &contacts.name)
        .add(cx.t("merchants-field-phone"), &contacts.phone)
        .add(cx.t("merchants-field-email"), &contacts.email)
        .add(cx.t("merchants-field-bank-name"), &contacts.bank_name)
        .add(cx.t("merchants-field-bank-holder"), &contacts.bank_holder)
        .add(cx.t("merchants-field-bank-account"), html! { span class="ts-num" { (contacts.bank_account) } })
        .add(
            cx.t("merchants-field-return-address"),
            html! { ul { @for a in &contacts.return_addresses { li { (a.address) " " (a.name) " " (a.phone) } } } },
        );
    card(&cx.t("merchants-contacts"), html! { (table) })
}

fn papers(cx: &View, file: &File) -> Markup {
    let shown = file.qualifications.iter().filter(|q| q.state != QualificationState::Withdrawn);
    html! {
        @for q in shown { (paper(cx, file, q)) }
        @if file.qualifications.is_empty() {
            (card(&cx.t("merchants-papers"), html! { p class="ts-muted" { (cx.t("merchants-papers-none")) } }))
        }
    }
}

fn paper(cx: &View, file: &File, q: &Qualification) -> Markup {
    let findings = crate::read::visible_findings(&q.findings, &file.actor);
    let body = html! {
        p class="ts-row" { (paper_mark(cx, q.state)) (register_mark(cx, q)) }
        (facts()
            .add(cx.t("merchants-field-number"), copyable(cx, &q.number))
            .add(cx.t("merchants-field-holder"), &q.holder)
            .add(cx.t("merchants-field-issuer"), &q.issuer)
            .add(cx.t("merchants-validity"), validity(cx, q, file.today)))
        @if !q.reason.is_empty() { p { (q.reason) } }
        (document(cx, q))
        @if q.state == QualificationState::Submitted || !q.findings.is_empty() {
            (finding_list(cx, &file.matrix, findings))
        }
        @if file.may_decide { (paper_decision(cx, &format!("/console/qualifications/{}/decide", q.id), q.version, q.state)) }
    };
    html! { div id={ "paper-" (q.id) } { (card(&kind_text(cx, &file.matrix, &q.kind), body)) } }
}

fn document(cx: &View, q: &Qualification) -> Markup {
    let path = document_path(&q.id);
    html! {
        @match &q.file {
            None => p class="ts-muted" { (cx.t("merchants-file-none")) },
            Some(document) => {
                @if document.media_type.starts_with("image/") {
                    figure class="ts-picture" {
                        a href=(path) { img src=(path) alt=(cx.ta("merchants-document-of", &[("name", document.name.as_str().into())])) loading="lazy"; }
                    }
                }
                p { a href=(path) { (icon("file-certificate")) (document.name) } " " span class="ts-muted ts-num" { (cx.number((document.bytes / 1024).max(1))) " KiB" } }
            }
        }
    }
}

fn paper_decision(cx: &View, action: &str, version: i64, state: QualificationState) -> Markup {
    let refuse = |label: &str| {
        confirm(
            label,
            "x",
            true,
            form_post(
                cx,
                action,
                html! {
                    input type="hidden" name="version" value=(version);
                    input type="hidden" name="confirmed" value="false";
                    (Field::textarea(cx, "reason", cx.t("merchants-reason-read-by-merchant"), 2).required())
                    (submit(label, None))
                },
            ),
        )
    };
    match state {
        QualificationState::Submitted => html! {
            div class="ts-row" {
                (form_post(cx, action, html! {
                    input type="hidden" name="version" value=(version);
                    input type="hidden" name="confirmed" value="true";
                    button class="btn" type="submit" { (icon("check")) (cx.t("merchants-confirm-by-hand")) }
                }))
                (refuse(&cx.t("merchants-reject-paper")))
            }
        },
        QualificationState::Verified => refuse(&cx.t("merchants-revoke-paper")),
        _ => html! {},
    }
}

fn brands(cx: &View, file: &File) -> Markup {
    html! {
        @for brand in file.brands.iter().filter(|brand| brand.state != QualificationState::Withdrawn) {
            @let body = html! {
                p class="ts-row" { (paper_mark(cx, brand.state)) }
                (facts()
                    .add(cx.t("merchants-field-trademark-number"), copyable(cx, &brand.trademark_number))
                    .add(cx.t("merchants-field-trademark-owner"), &brand.trademark_owner)
                    .add(cx.t("merchants-valid-until"), brand.valid_until().map_or_else(|| cx.t("merchants-without-end"), |d| d.to_string())))
                (chain(cx, brand))
                @if brand.state == QualificationState::Submitted { (finding_list(cx, &file.matrix, brand.findings.iter())) }
                @if file.may_decide { (paper_decision(cx, &format!("/console/brands/{}/decide", brand.id), brand.version, brand.state)) }
            };
            (card(&cx.ta("merchants-brand-title", &[("brand", brand.brand.as_str().into())]), body))
        }
    }
}

/// The letters of a chain as a table.
pub(super) fn chain(cx: &View, brand: &BrandAuthorisation) -> Markup {
    if brand.chain.is_empty() {
        return html! { p class="ts-muted" { (cx.t("merchants-chain-own")) } };
    }
    let rows = brand.chain.iter().enumerate().map(|(position, link)| {
        Row::new()
            .cell(&link.grantor)
            .cell(&link.grantee)
            .cell(link.valid_until.map_or_else(|| cx.t("merchants-without-end"), |day| day.to_string()))
            .cell(html! {
                @if let Some(file) = &link.file {
                    a href={ "/documents/brands/" (brand.id) "/" (position) } { (file.name) }
                } @else { "—" }
            })
    });
    html! {
        (Table::new(cx, cx.t("merchants-chain"))
            .column(Column::text(cx.t("merchants-grantor")))
            .column(Column::text(cx.t("merchants-grantee")))
            .column(Column::text(cx.t("merchants-valid-until")))
            .column(Column::text(cx.t("merchants-document")))
            .rows(rows))
    }
}

/// A decision as it was typed.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct DecideForm {
    version: i64,
    r#move: String,
    reasons: Vec<String>,
    note: String,
    until: String,
    confirm_papers: bool,
}

fn decisions(cx: &View, file: &File, errors: &FormErrors, typed: &DecideForm) -> Markup {
    if !file.may_decide {
        return card(
            &cx.t("merchants-decision"),
            html! { p class="ts-muted" { (cx.t("merchants-decision-read-only")) } },
        );
    }
    let state = file.merchant.state;
    let steps = [Move::Enrol, Move::Refuse, Move::Suspend, Move::Restore, Move::Close, Move::Ban];
    let possible: Vec<Move> = steps.into_iter().filter(|step| rules::after(state, *step).is_some()).collect();
    card(
        &cx.t("merchants-decision"),
        html! {
            div class="ts-stack" {
                @if file.merchant.open_reason.is_some() && state == MerchantState::Enrolled { (reverify_form(cx, file)) }
                @if possible.is_empty() { p class="ts-muted" { (cx.t("merchants-decision-none")) } }
                @for step in possible {
                    @let open = typed.r#move == step.name() && !errors.is_empty();
                    (step_form(cx, file, step, if open { errors.clone() } else { FormErrors::none() }, if open { typed.clone() } else { DecideForm::default() }, open))
                }
            }
        },
    )
}

fn step_form(cx: &View, file: &File, step: Move, errors: FormErrors, typed: DecideForm, open: bool) -> Markup {
    let label = cx.t(&format!("merchants-move-{}", step.name()));
    let reasons: Vec<Choice> =
        reasons_for(step).iter().map(|reason| Choice::new(*reason, reason_text(cx, reason))).collect();
    let to_confirm = file.qualifications.iter().filter(|q| q.state == QualificationState::Submitted).count();
    let form = form_post(
        cx,
        &format!("/console/merchants/{}/decide", file.merchant.id),
        html! {
            input type="hidden" name="version" value=(file.merchant.version);
            input type="hidden" name="move" value=(step.name());
            @if !reasons.is_empty() {
                @let field = Field::checks(cx, "reasons", cx.t("merchants-reasons"), reasons).errors(&errors);
                @let field = if rules::needs_reasons(step) { field.required() } else { field.value("in_order") };
                (typed.reasons.iter().fold(field, |field, reason| field.value(reason)))
            }
            @if step == Move::Suspend { (Field::date(cx, "until", cx.t("merchants-suspend-until")).value(&typed.until).errors(&errors)) }
            @if step == Move::Enrol && to_confirm > 0 {
                (Field::checkbox(cx, "confirm_papers", cx.ta("merchants-confirm-papers", &[("n", to_confirm.into())])).errors(&errors))
            }
            (Field::textarea(cx, "note", cx.t("merchants-note-read-by-merchant"), 3).value(&typed.note).errors(&errors))
            (submit(&label, None))
        },
    );
    let danger = matches!(step, Move::Refuse | Move::Ban | Move::Suspend);
    let icon_name = match step {
        Move::Enrol | Move::Restore => "check",
        Move::Refuse => "x",
        Move::Suspend => "player-pause",
        Move::Ban => "ban",
        _ => "archive",
    };
    html! { @if open { (card(&label, form)) } @else { (confirm(&label, icon_name, danger, form)) } }
}

fn reverify_form(cx: &View, file: &File) -> Markup {
    form_post(
        cx,
        &format!("/console/merchants/{}/reverify", file.merchant.id),
        html! {
            input type="hidden" name="version" value=(file.merchant.version);
            p { (badge(Tone::Waiting, &cx.t("merchants-open"))) }
            (Field::textarea(cx, "note", cx.t("merchants-note"), 2))
            (submit(&cx.t("merchants-reverify"), None))
        },
    )
}

/// A decision about the merchant.
pub(crate) async fn decide(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<DecideForm>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let step = Move::from_name(&form.r#move).ok_or(Error::field("move", "merchants-fault-move"))?;
    let decision = read_day("until", Some(&form.until)).map(|until| Decision {
        reasons: form.reasons.clone(),
        note: form.note.clone(),
        until,
        confirm_papers: form.confirm_papers,
    });
    let decided = match decision {
        Ok(decision) => crate::decide(kernel, &actor, &id, form.version, step, decision).await,
        Err(error) => Err(error),
    };
    match decided {
        Ok(_) => Ok(web::redirect_with_flash(&format!("/console/merchants/{id}"), "merchants-decided").into_response()),
        Err(error) => {
            let file = load(kernel, &actor, &id).await?;
            refused(&cx, &file.matrix, error, |errors| page(&cx, &file, errors, &form))
        }
    }
}

/// What a person says who looked at an open file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ReverifyForm {
    version: i64,
    note: String,
}

/// The open file is in order.
pub(crate) async fn reverify(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<ReverifyForm>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    match crate::reverify(kernel, &actor, &id, form.version, &form.note).await {
        Ok(_) => Ok(web::redirect_with_flash(&format!("/console/merchants/{id}"), "merchants-decided").into_response()),
        Err(error) => {
            let file = load(kernel, &actor, &id).await?;
            refused(&cx, &file.matrix, error, |errors| page(&cx, &file, errors, &DecideForm::default()))
        }
    }
}
