//! One lot and one batch, in the console and in the merchant portal.

use super::codes::{LayoutChoices, label_form, mint_form};
use super::parts::{Side, day, document_path, history, lot_mark, lot_state, refused};
use super::write::document_form;
use crate::api::lots::DocumentForm;
use crate::codes::BatchFilter;
use crate::model::{Batch, Lot, LotDocument, LotState};
use crate::{Code, Error, Run};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::{ActRecord, Actor, Kernel, Paging, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::HashMap;
use ui::parts::{
    Choice, Column, Field, FormErrors, PageHeader, Row, Table, Tile, Tone, badge, card, confirm, copyable, empty,
    facts, form_post, submit,
};
use ui::{View, icon, shell};
use web::{Cx, Failure, Form, Path, Signed, Site, Visitor};

/// Acts shown.
const HISTORY_MAX: u64 = 100;

/// Everything the page of a lot shows.
pub(super) struct LotPage {
    pub lot: Lot,
    pub documents: Vec<LotDocument>,
    pub batches: Vec<Batch>,
    pub acts: Vec<ActRecord>,
    pub merchant: String,
    /// May change it.
    pub manages: bool,
}

pub(super) async fn load(kernel: &Kernel, actor: &Actor, id: &str) -> Result<LotPage, Failure> {
    let lot = crate::lot(kernel, actor, id).await?;
    let filter = BatchFilter { merchant_id: Some(lot.merchant_id.clone()), gtin: Some(lot.gtin.as_str().to_owned()) };
    let batches = crate::batches(kernel, actor, &filter, &Paging::new(1, 50)).await?.rows;
    let mut acts = kernel::store::history(kernel, "lot", id, HISTORY_MAX).await?;
    acts.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
    let names = super::list::names(kernel, std::iter::once(&lot.merchant_id)).await?;
    Ok(LotPage {
        documents: crate::documents(kernel, actor, id).await?,
        batches,
        acts,
        merchant: names.get(&lot.merchant_id).unwrap_or(&lot.merchant_id).clone(),
        manages: actor.may(Permission::TraceManage) || actor.may(Permission::OwnTrace),
        lot,
    })
}

/// The page of a lot.
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let page = load(site.kernel(), &actor, &id).await?;
    Ok(render(&cx, &page, &DocumentForm::default(), &FormErrors::none()))
}

pub(super) fn render(cx: &View, page: &LotPage, typed: &DocumentForm, errors: &FormErrors) -> Markup {
    let (side, lot) = (Side::of(cx), &page.lot);
    let title = cx.ta("trace-lot-title", &[("number", lot.number.as_str().into())]);
    let mut header = PageHeader::new(cx, title.clone()).lead(html! { (lot.product) }).mark(lot_mark(cx, lot.state));
    header = header.back(cx.t(if side == Side::Console { "trace-title" } else { "trace-own-title" }), side.lots());
    let own = side == Side::Merchant;
    if own && lot.state == LotState::Open {
        header = header.link(&cx.t("trace-edit"), &format!("{}/edit", side.lot(&lot.id)), "edit");
    }
    let open = lot.state == LotState::Open;
    shell::page(
        cx,
        &title,
        html! {
            (header)
            (errors)
            div class="ts-tiles" {
                (Tile::new(cx.t("trace-units"), cx.number(lot.units_commissioned)))
                (Tile::new(cx.t("trace-documents"), cx.number(page.documents.iter().filter(|d| d.withdrawn_at.is_none()).count() as u64)))
            }
            (card(&cx.t("trace-facts"), html! { (lot_facts(cx, page, side)) }))
            (documents(cx, page, own))
            @if own && lot.state != LotState::Withdrawn {
                (card(&cx.t("trace-document-add"), document_form(cx, &lot.id, typed, errors)))
            }
            @if own && open { (units_card(cx, page, errors)) }
            @if page.manages { (steps(cx, lot, side)) }
            (card(&cx.t("trace-history"), history(cx, &page.acts)))
        },
    )
}

fn lot_facts(cx: &View, page: &LotPage, side: Side) -> impl maud::Render {
    let lot = &page.lot;
    let listing = match side {
        Side::Console => "/console/listings/",
        Side::Merchant => "/merchant/listings/",
    };
    let mut list = facts()
        .add(cx.t("trace-number"), copyable(cx, &lot.number))
        .add(cx.t("trace-gtin"), copyable(cx, lot.gtin.as_str()));
    if side == Side::Console {
        list = list.add(
            cx.t("trace-merchant"),
            html! { a href={ "/console/merchants/" (lot.merchant_id) } { (page.merchant) } },
        );
    }
    list.maybe(
        cx.t("trace-listing"),
        lot.listing_id.as_ref().map(|id| html! { a href={ (listing) (id) } { (lot.product) } }),
    )
    .add(cx.t("trace-produced-on"), day(lot.produced_on))
    .add(cx.t("trace-expires-on"), day(lot.expires_on))
    .add(cx.t("trace-origin"), if lot.origin.is_empty() { "—" } else { &lot.origin })
    .add(cx.t("trace-plant"), if lot.plant.is_empty() { "—" } else { &lot.plant })
    .add(
        cx.t("trace-created-at"),
        html! {
            (cx.moment(lot.created_at)) div { a href={ "/proofs/" (lot.act_id) } { (cx.t("trace-proof")) } }
        },
    )
}

fn documents(cx: &View, page: &LotPage, own: bool) -> Markup {
    let rows = page.documents.iter().map(|document| {
        let back = own && document.withdrawn_at.is_none();
        let action = format!("/merchant/lots/{}/documents/{}/withdraw", document.lot_id, document.id);
        Row::new()
            .cell(html! { (cx.t(&format!("trace-document-{}", document.kind.name().replace('_', "-")))) })
            .cell(html! { (document.number) div class="ts-muted" { (document.issuer) } })
            .cell(html! { span class="ts-num" { (day(document.issued_on)) " – " (day(document.valid_until)) } })
            .cell(html! { a href=(document_path(document)) { (icon("file-certificate")) (document.file_name) } })
            .cell(html! {
                @if document.withdrawn_at.is_some() { (badge(Tone::Neutral, &cx.t("trace-document-withdrawn"))) }
                @else if document.public { (badge(Tone::Good, &cx.t("trace-document-public"))) }
                @else { (badge(Tone::Neutral, &cx.t("trace-document-private"))) }
                div { a href={ "/proofs/" (document.act_id) } { (cx.t("trace-proof")) } }
            })
            .cell(html! {
                @if back {
                    (confirm(&cx.t("trace-document-take-back"), "arrow-back-up", false,
                        form_post(cx, &action, submit(&cx.t("trace-document-take-back"), None))))
                }
            })
    });
    let table = Table::new(cx, cx.t("trace-documents"))
        .column(Column::text(cx.t("trace-document-kind")))
        .column(Column::text(cx.t("trace-document-number")))
        .column(Column::text(cx.t("trace-validity")).quiet())
        .column(Column::text(cx.t("trace-file")))
        .column(Column::text(cx.t("trace-state")))
        .column(Column::text(cx.t("trace-action")))
        .rows(rows)
        .empty(empty("certificate", &cx.t("trace-documents-none"), &cx.t("trace-documents-none-help"), None));
    html! { (table) }
}

/// Codes for this lot: minting some, or putting codes that are there on its goods.
fn units_card(cx: &View, page: &LotPage, errors: &FormErrors) -> Markup {
    let lot = &page.lot;
    let free = |batch: &&Batch| {
        batch.lot.as_ref().is_none_or(|(id, _)| *id == lot.id)
            && batch.commissioned < i64::try_from(batch.count()).unwrap_or(i64::MAX)
    };
    let choices: Vec<Choice> = page
        .batches
        .iter()
        .filter(free)
        .map(|batch| {
            let label = cx.ta(
                "trace-batch-choice",
                &[
                    ("at", cx.moment_text(batch.created_at).into()),
                    ("count", batch.count().into()),
                    ("used", batch.commissioned.into()),
                ],
            );
            Choice::new(&batch.id, label)
        })
        .collect();
    let commission = form_post(
        cx,
        &format!("/merchant/lots/{}/commission", lot.id),
        html! {
            @if !choices.is_empty() {
                (Field::select(cx, "batch_id", cx.t("trace-batch"), choices).hint(cx.t("trace-commission-hint")).errors(errors))
                (Field::number(cx, "first", cx.t("trace-first")).value("1").attribute("min", "1").errors(errors))
                (Field::number(cx, "count", cx.t("trace-count")).attribute("min", "1").errors(errors))
            }
            (Field::textarea(cx, "codes", cx.t("trace-codes-listed"), 3).hint(cx.t("trace-codes-listed-hint")).errors(errors))
            (submit(&cx.t("trace-commission"), None))
        },
    );
    html! {
        (card(&cx.t("trace-mint-for-lot"), mint_form(cx, &format!("/merchant/lots/{}/mint", lot.id), None, None, errors)))
        (card(&cx.t("trace-commission-title"), commission))
    }
}

/// Where the lot may go from here.
fn steps(cx: &View, lot: &Lot, side: Side) -> Markup {
    let allowed: Vec<LotState> = LotState::ALL
        .into_iter()
        .filter(|next| lot.state.may_become(*next) && (side == Side::Console || *next == LotState::Withdrawn))
        .collect();
    if allowed.is_empty() {
        return html! {};
    }
    let action = format!("{}/state", side.lot(&lot.id));
    let one = |next: LotState| {
        let label = cx.t(&format!("trace-step-{}", next.name()));
        let form = form_post(
            cx,
            &action,
            html! {
                input type="hidden" name="state" value=(next.name());
                (Field::text(cx, "reason", cx.t("trace-reason")).required())
                (submit(&label, None))
            },
        );
        confirm(&label, if next == LotState::Open { "player-play" } else { "ban" }, next != LotState::Open, form)
    };
    card(&cx.t("trace-steps"), html! { @for next in allowed { (one(next)) } })
}

/// A step of a lot.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StepForm {
    state: String,
    reason: String,
}

/// Takes the step.
pub(crate) async fn set_state(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<StepForm>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let next = LotState::from_name(&form.state).ok_or(Error::field("state", "trace-fault-choice"))?;
    match crate::set_lot_state(kernel, &actor, &id, next, &form.reason).await {
        Ok(lot) => {
            let to = Side::of(&cx).lot(&lot.id);
            Ok(web::redirect(&to).good("trace-step-done", &[("state", lot_state(&cx, lot.state))]).into_response())
        }
        Err(error) => {
            let page = load(kernel, &actor, &id).await?;
            refused(&cx, error, |errors| render(&cx, &page, &DocumentForm::default(), errors))
        }
    }
}

/// The file of a document: a public one for everybody.
pub(crate) async fn document(
    State(site): State<Site>,
    Visitor(actor): Visitor,
    Path((lot, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (document, content) = crate::document_file(site.kernel(), actor.as_ref(), &lot, &id).await?;
    Ok(web::inline(&document.media_type, content))
}

/// The page of a batch.
pub(crate) async fn batch(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let kernel = site.kernel();
    let batch = crate::batch(kernel, &actor, &id).await?;
    let runs = crate::runs(kernel, &actor, &id).await?;
    let ids: Vec<String> = runs.iter().map(|run| run.lot_id.clone()).collect();
    let lots: HashMap<String, Lot> =
        crate::lots_by_id(kernel, &ids).await?.into_iter().map(|lot| (lot.id.clone(), lot)).collect();
    let first = match Side::of(&cx) {
        Side::Merchant => Some(crate::first_code(kernel, &actor, &id, &site.settings().base_url).await?),
        Side::Console => None,
    };
    Ok(batch_page(&cx, &batch, &runs, &lots, first.as_ref(), &FormErrors::none()))
}

pub(super) fn batch_page(
    cx: &View,
    batch: &Batch,
    runs: &[Run],
    lots: &HashMap<String, Lot>,
    first: Option<&Code>,
    errors: &FormErrors,
) -> Markup {
    let side = Side::of(cx);
    let title = cx.ta("trace-batch-title", &[("count", batch.count().into())]);
    let header = PageHeader::new(cx, title.clone()).back(cx.t("trace-batches"), side.batches());
    let list = facts()
        .add(cx.t("trace-gtin"), copyable(cx, batch.gtin.as_str()))
        .add(
            cx.t("trace-minted-at"),
            html! {
                (cx.moment(batch.created_at)) div { a href={ "/proofs/" (batch.act_id) } { (cx.t("trace-proof")) } }
            },
        )
        .add(cx.t("trace-key-number"), batch.key_number)
        .maybe(
            cx.t("trace-number"),
            batch.lot.as_ref().map(|(id, number)| html! { a href=(side.lot(id)) { (number) } }),
        )
        .add(
            cx.t("trace-covered"),
            cx.t(if batch.covered_key_id.is_some() { "trace-with-covered" } else { "trace-covered-none" }),
        )
        .maybe(cx.t("trace-first-code"), first.map(|code| html! { (copyable(cx, &code.digital_link)) }))
        .maybe(cx.t("trace-element-string"), first.map(|code| html! { (copyable(cx, &code.bracketed)) }));
    let rows = runs.iter().map(|run| {
        let lot = lots.get(&run.lot_id);
        Row::new()
            .cell(html! { span class="ts-num" { (cx.number(i128::from(run.first))) " – " (cx.number(i128::from(run.last))) } })
            .cell(html! { a href=(side.lot(&run.lot_id)) { (lot.map_or(run.lot_id.as_str(), |lot| lot.number.as_str())) } })
            .cell(html! { @if let Some(lot) = lot { (lot_mark(cx, lot.state)) } })
    });
    let table = Table::new(cx, cx.t("trace-runs"))
        .column(Column::text(cx.t("trace-codes")))
        .column(Column::text(cx.t("trace-number")))
        .column(Column::text(cx.t("trace-state")))
        .rows(rows)
        .empty(empty("package", &cx.t("trace-runs-none"), &cx.t("trace-runs-none-help"), None));
    shell::page(
        cx,
        &title,
        html! {
            (header)
            (errors)
            div class="ts-tiles" {
                (Tile::new(cx.t("trace-count"), cx.number(i128::from(batch.count()))))
                (Tile::new(cx.t("trace-commissioned"), cx.number(batch.commissioned)))
                (Tile::new(cx.t("trace-decommissioned"), cx.number(batch.decommissioned)))
            }
            (card("", html! { (list) }))
            @if side == Side::Merchant {
                (card(&cx.t("trace-file-title"), html! {
                    p { (cx.t("trace-file-lead")) }
                    a class="btn btn-primary" href={ "/merchant/codes/" (batch.id) "/file.csv" } { (icon("download")) (cx.t("trace-file-download")) }
                }))
                (card(&cx.t("trace-labels-title"), label_form(cx, batch, &LayoutChoices::of(cx), errors)))
            }
            (table)
        },
    )
}
