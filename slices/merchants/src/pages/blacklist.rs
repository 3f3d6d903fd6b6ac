//! The console's page of the blacklist.

use super::parts::refused;
use crate::matrix::Matrix;
use crate::model::{BlacklistEntry, PartyKind};
use crate::{Error, NewEntry};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use kernel::{Actor, Kernel, Page, Paging, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{
    Choice, Column, Field, FilterBar, FormErrors, PageHeader, Row, Table, Tone, badge, card, confirm, empty, form_post,
    submit,
};
use ui::{View, shell};
use web::{Cx, Failure, Form, PagingQuery, Path, Query, Signed, Site};

const PATH: &str = "/console/merchants/blacklist";

/// Which entries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    kind: Option<String>,
}

/// The page.
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<Asked>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let kind = asked.kind.as_deref().and_then(PartyKind::from_name);
    let entries = crate::blacklist(site.kernel(), &actor, kind, &paging).await?;
    Ok(page(&cx, &actor, site.kernel().today(), &entries, &EntryForm::default(), &FormErrors::none()))
}

fn party_text(cx: &View, kind: PartyKind) -> String {
    cx.t(&format!("merchants-party-{}", kind.name().replace('_', "-")))
}

fn page(
    cx: &View,
    actor: &Actor,
    today: Date,
    entries: &Page<BlacklistEntry>,
    typed: &EntryForm,
    errors: &FormErrors,
) -> Markup {
    let may = actor.may(Permission::MerchantsDecide);
    let kinds = PartyKind::ALL.map(|kind| (kind.name().to_owned(), party_text(cx, kind))).to_vec();
    let title = cx.t("merchants-blacklist");
    let table = Table::new(cx, title.clone())
        .column(Column::text(cx.t("merchants-party")))
        .column(Column::text(cx.t("merchants-party-value")))
        .column(Column::text(cx.t("merchants-reason")))
        .column(Column::text(cx.t("merchants-validity")))
        .column(Column::text(cx.t("merchants-state")))
        .rows(entries.rows.iter().map(|entry| row(cx, entry, today, may)))
        .empty(empty("ban", &cx.t("merchants-blacklist-none"), &cx.t("merchants-blacklist-none-help"), None))
        .paging(ui::parts::Paging::pages(cx, entries.paging.page, entries.pages(), entries.total));
    let form = form_post(
        cx,
        PATH,
        html! {
            (Field::select(cx, "kind", cx.t("merchants-party"), PartyKind::ALL.map(|kind| Choice::new(kind.name(), party_text(cx, kind))).to_vec())
                .required().value(&typed.kind).errors(errors))
            (Field::text(cx, "value", cx.t("merchants-party-value")).required().value(&typed.value).errors(errors))
            (Field::textarea(cx, "reason", cx.t("merchants-reason"), 2).required().value(&typed.reason).errors(errors))
            (Field::date(cx, "until", cx.t("merchants-valid-until")).hint(cx.t("merchants-without-end-hint")).value(&typed.until).errors(errors))
            (submit(&cx.t("merchants-blacklist-add"), None))
        },
    );
    shell::console(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, title.clone()).back(cx.t("merchants-title"), "/console/merchants")
                .lead(cx.t("merchants-blacklist-lead")))
            (errors)
            (FilterBar::new(cx).choice("kind", cx.t("merchants-party"), kinds))
            div class="ts-aside" {
                (table)
                @if may { (card(&cx.t("merchants-blacklist-add"), form)) }
            }
        },
    )
}

fn row(cx: &View, entry: &BlacklistEntry, today: Date, may: bool) -> Row {
    let until = entry.until.map_or_else(|| cx.t("merchants-without-end"), |day| day.to_string());
    let holds = entry.holds_on(today);
    let (tone, text) = match (holds, entry.lifted_at) {
        (true, _) => (Tone::Danger, "merchants-blacklist-holds"),
        (false, Some(_)) => (Tone::Neutral, "merchants-blacklist-lifted"),
        (false, None) => (Tone::Neutral, "merchants-blacklist-over"),
    };
    let value: String = match may {
        true => entry.value.clone(),
        false => "*".repeat(entry.value.chars().count().min(12)),
    };
    Row::new()
        .cell(party_text(cx, entry.kind))
        .cell(value)
        .cell(&entry.reason)
        .cell(html! { span class="ts-num" { (entry.from) " – " (until) } })
        .cell(html! {
            (badge(tone, &cx.t(text)))
            @if may && holds {
                (confirm(&cx.t("merchants-blacklist-lift"), "arrow-back-up", false, form_post(cx, &format!("{PATH}/{}/lift", entry.id), html! {
                    (Field::textarea(cx, "reason", cx.t("merchants-reason"), 2).required())
                    (submit(&cx.t("merchants-blacklist-lift"), None))
                })))
            }
        })
}

/// An entry as it was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct EntryForm {
    kind: String,
    value: String,
    reason: String,
    until: String,
}

async fn refuse(
    kernel: &Kernel,
    actor: &Actor,
    cx: &View,
    error: Error,
    typed: &EntryForm,
) -> Result<Response, Failure> {
    let entries = crate::blacklist(kernel, actor, None, &Paging::default()).await?;
    let matrix = Matrix::of(kernel, policy::packs::HOME_MARKET)?;
    refused(cx, &matrix, error, |errors| page(cx, actor, kernel.today(), &entries, typed, errors))
}

/// Puts a party on the list.
pub(crate) async fn add(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(form): Form<EntryForm>,
) -> Result<Response, Failure> {
    let new = NewEntry {
        kind: form.kind.clone(),
        value: form.value.clone(),
        reason: form.reason.clone(),
        until: form.until.clone(),
    };
    match crate::add_blacklist(site.kernel(), &actor, new).await {
        Ok(_) => Ok(web::redirect_with_flash(PATH, "merchants-decided").into_response()),
        Err(error) => refuse(site.kernel(), &actor, &cx, error, &form).await,
    }
}

/// Why an entry is lifted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LiftForm {
    reason: String,
}

/// Lifts an entry.
pub(crate) async fn lift(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<LiftForm>,
) -> Result<Response, Failure> {
    match crate::lift_blacklist(site.kernel(), &actor, &id, &form.reason).await {
        Ok(()) => Ok(web::redirect_with_flash(PATH, "merchants-decided").into_response()),
        Err(error) => refuse(site.kernel(), &actor, &cx, error, &EntryForm::default()).await,
    }
}
