//! The console's laboratories: who they are, whether they may sign.

use super::profile::keys_table;
use super::{laboratory_mark, shown_again};
use crate::api::laboratories::LaboratoryQuery;
use crate::model::{Accreditation, Laboratory, LaboratoryKey, LaboratoryState};
use crate::{laboratory, read};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::{Paging, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{
    Column, Field, FilterBar, FormErrors, PageHeader, Row, Table, card, copyable, empty, facts, form_post,
};
use ui::{View, shell};
use web::{Cx, Failure, Form, PagingQuery, Path, Query, Signed, Site, redirect_with_flash};

/// Most rows of an export.
const EXPORT_ROWS_MAX: u64 = 20_000;

pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<LaboratoryQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let page = read::laboratories(site.kernel(), &actor, &query.filter()?, &paging).await?;
    let title = cx.t("reports-laboratories");
    let states = LaboratoryState::ALL.iter();
    let states = states.map(|s| (s.name().to_owned(), cx.t(&format!("reports-laboratory-{}", s.name())))).collect();
    let row = |laboratory: &Laboratory| {
        Row::new()
            .link(format!("/console/laboratories/{}", laboratory.id))
            .cell(html! { (laboratory.name) br; span class="ts-muted" { (laboratory.name_en) } })
            .cell(laboratory_mark(&cx, laboratory.state))
            .cell(accreditation(&cx, laboratory.cma.as_ref()))
            .cell(accreditation(&cx, laboratory.cnas.as_ref()))
            .cell(cx.time_ago(laboratory.updated_at))
    };
    let table = Table::new(&cx, title.clone())
        .column(Column::text(cx.t("reports-laboratory-name")))
        .column(Column::text(cx.t("reports-state")))
        .column(Column::text(cx.t("reports-cma")))
        .column(Column::text(cx.t("reports-cnas")))
        .column(Column::text(cx.t("reports-updated-at")).quiet())
        .rows(page.rows.iter().map(row))
        .export("CSV", "/console/laboratories.csv")
        .empty(empty("microscope", &cx.t("reports-laboratories-none"), &cx.t("reports-laboratories-none-help"), None))
        .paging(ui::parts::Paging::pages(&cx, page.paging.page, page.pages(), page.total));
    let body = html! {
        (PageHeader::new(&cx, title.clone()).back(cx.t("reports-title"), "/console/reports"))
        (FilterBar::new(&cx)
            .search("q", cx.t("reports-laboratory-search"))
            .choice("state", cx.t("reports-state"), states)
            .saved(cx.t("reports-laboratory-pending"), "state=pending"))
        (table)
    };
    Ok(shell::console(&cx, &title, body))
}

fn accreditation(cx: &View, held: Option<&Accreditation>) -> Markup {
    html! {
        @match held {
            None => "—",
            Some(held) => {
                (held.number)
                @if let Some(until) = held.valid_until {
                    br; span class="ts-muted" { (cx.ta("reports-until", &[("day", until.to_string().into())])) }
                }
            }
        }
    }
}

/// The list as CSV, with the filter of the page.
pub(crate) async fn export(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<LaboratoryQuery>,
) -> Result<Response, Failure> {
    let filter = query.filter()?;
    let head = ["id", "laboratory-name", "laboratory-name-en", "state", "cma", "cnas"];
    let head = head.map(|column| if column == "id" { column.to_owned() } else { cx.t(&format!("reports-{column}")) });
    let mut writer = web::csv::Writer::new(head.into_iter().chain(["DID".to_owned()]));
    let number_of = |held: &Option<Accreditation>| held.as_ref().map(|held| held.number.clone()).unwrap_or_default();
    for number in 1..=EXPORT_ROWS_MAX.div_ceil(ground::limits::PAGE_ROWS_MAX) {
        let paging = Paging::new(number, ground::limits::PAGE_ROWS_MAX);
        let page = read::laboratories(site.kernel(), &actor, &filter, &paging).await?;
        for laboratory in &page.rows {
            writer.row([
                laboratory.id.clone(),
                laboratory.name.clone(),
                laboratory.name_en.clone(),
                cx.t(&format!("reports-laboratory-{}", laboratory.state.name())),
                number_of(&laboratory.cma),
                number_of(&laboratory.cnas),
                laboratory.did.clone(),
            ]);
        }
        if number >= page.pages() {
            break;
        }
    }
    Ok(writer.download("laboratories.csv")?)
}

pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let found = laboratory::get(site.kernel(), &actor, &id).await?;
    let keys = laboratory::keys(site.kernel(), &actor, &id).await?;
    Ok(page(&cx, &found, &keys, actor.may(Permission::TraceManage), &FormErrors::none()))
}

fn page(cx: &View, found: &Laboratory, keys: &[LaboratoryKey], may_decide: bool, errors: &FormErrors) -> Markup {
    let rows = facts()
        .add(cx.t("reports-laboratory-name-en"), &found.name_en)
        .add(cx.t("reports-cma"), accreditation(cx, found.cma.as_ref()))
        .add(cx.t("reports-cnas"), accreditation(cx, found.cnas.as_ref()))
        .add("DID", html! { @if found.did.is_empty() { "—" } @else { (copyable(cx, &found.did)) } })
        .add(cx.t("reports-updated-at"), cx.moment(found.updated_at))
        .maybe(cx.t("reports-reason"), (!found.reason.is_empty()).then_some(&found.reason));
    let body = html! {
        (PageHeader::new(cx, found.name.clone()).back(cx.t("reports-laboratories"), "/console/laboratories")
            .mark(laboratory_mark(cx, found.state))
            .link(&cx.t("reports-title"), &format!("/console/reports?laboratory={}", found.id), "file-certificate"))
        (errors)
        (card(&cx.t("reports-facts"), html! { (rows) }))
        @if may_decide { (card(&cx.t("reports-decision"), decision(cx, found, errors))) }
        @if !found.own_did { (keys_table(cx, keys)) }
    };
    shell::console(cx, &found.name, body)
}

fn decision(cx: &View, found: &Laboratory, errors: &FormErrors) -> Markup {
    let moves: &[(&str, &str)] = match found.state {
        LaboratoryState::Pending => &[("confirmed", "reports-confirm"), ("suspended", "reports-suspend")],
        LaboratoryState::Confirmed => &[("suspended", "reports-suspend")],
        LaboratoryState::Suspended => &[("confirmed", "reports-restore")],
    };
    form_post(
        cx,
        &format!("/console/laboratories/{}/decide", found.id),
        html! {
            input type="hidden" name="version" value=(found.version);
            p class="ts-muted" { (cx.t("reports-decision-help")) }
            (Field::textarea(cx, "reason", cx.t("reports-reason"), 3).required().errors(errors))
            div class="ts-row" {
                @for (state, label) in moves {
                    button class="btn" type="submit" name="state" value=(state) { (cx.t(label)) }
                }
            }
        },
    )
}

/// A decision.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Decision {
    version: i64,
    state: String,
    reason: String,
}

pub(crate) async fn decide(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<Decision>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let to = LaboratoryState::from_name(&form.state).ok_or(crate::Error::field("state", "reports-fault-choice"))?;
    match laboratory::decide(kernel, &actor, &id, form.version, to, &form.reason).await {
        Ok(_) => Ok(redirect_with_flash(&format!("/console/laboratories/{id}"), "reports-decided").into_response()),
        Err(crate::Error::NotReady(why)) => {
            let back = web::redirect(&format!("/console/laboratories/{id}"));
            Ok(back.bad(&format!("reports-ready-{why}"), &[]).into_response())
        }
        Err(error) => {
            let found = laboratory::get(kernel, &actor, &id).await?;
            let keys = laboratory::keys(kernel, &actor, &id).await?;
            shown_again(&cx, error.into(), |errors| page(&cx, &found, &keys, true, errors))
        }
    }
}
