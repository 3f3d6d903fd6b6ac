//! The console's banks: fingerprints of refused goods, brands, recall notices.

use super::parts::{excerpt, proof_path, refused};
use super::words::{AllWords, market_text};
use crate::banks::brands::{self, Listed, NewBrand};
use crate::banks::recalls;
use crate::banks::{Fingerprint, FingerprintKind, RecallRow, fingerprints};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ground::Problem;
use kernel::{Actor, Kernel, Page, Paging, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use ui::View;
use ui::parts::{
    Choice, Column, Field, FilterBar, FormErrors, PageHeader, Row, Table, Tone, badge, card, confirm, empty, form_post,
    form_upload, hash, submit, tabs,
};
use web::{Cx, Failure, Form, PagingQuery, Path, Query, Signed, Site, Upload, UploadLimits};

const PATH: &str = "/console/listings/banks";
/// Largest file of notices, bytes: it is read whole.
const RECALLS_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Brands shown on one page.
const BRANDS_SHOWN: usize = 200;

/// The frame of the three pages.
fn frame(cx: &View, errors: &FormErrors, body: Markup) -> Markup {
    let title = cx.t("listings-banks");
    let entries = [("fingerprints", ""), ("brands", "/brands"), ("recalls", "/recalls")];
    let entries =
        entries.map(|(name, below)| (cx.t(&format!("listings-banks-{name}")), format!("{PATH}{below}"), None));
    ui::shell::console(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, title.clone()).back(cx.t("listings-title"), "/console/listings").lead(cx.t("listings-banks-lead")))
            (tabs(cx, &title, &entries))
            (errors)
            (body)
        },
    )
}

/// Which fingerprints.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FingerprintsAsked {
    kind: Option<String>,
    active: Option<String>,
}

/// Goods nobody may list again.
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<FingerprintsAsked>,
    PagingQuery(at): PagingQuery,
) -> Result<Markup, Failure> {
    let kind = asked.kind.as_deref().and_then(FingerprintKind::from_name);
    let active = match asked.active.as_deref() {
        Some("yes") => Some(true),
        Some("no") => Some(false),
        _ => None,
    };
    let found = fingerprints::list(site.kernel(), &actor, kind, active, &at).await?;
    Ok(fingerprints_page(&cx, &actor, &found, &FormErrors::none()))
}

fn kind_text(cx: &View, kind: FingerprintKind) -> String {
    cx.t(&format!("listings-fingerprint-{}", kind.name()))
}

fn fingerprints_page(cx: &View, actor: &Actor, found: &Page<Fingerprint>, errors: &FormErrors) -> Markup {
    let may = actor.may(Permission::ListingsDecide);
    let kinds = FingerprintKind::ALL.map(|kind| (kind.name().to_owned(), kind_text(cx, kind))).to_vec();
    let active = [("yes", "listings-fingerprint-active"), ("no", "listings-fingerprint-removed")];
    let active = active.map(|(value, label)| (value.to_owned(), cx.t(label))).to_vec();
    let table = Table::new(cx, cx.t("listings-banks-fingerprints"))
        .column(Column::text(cx.t("listings-fingerprint-goods")))
        .column(Column::text(cx.t("listings-fingerprint-kind")))
        .column(Column::text(cx.t("listings-fingerprint-value")).quiet())
        .column(Column::text(cx.t("listings-fingerprint-reason")))
        .column(Column::text(cx.t("listings-since")).quiet())
        .column(Column::text(cx.t("listings-state")))
        .rows(found.rows.iter().map(|entry| fingerprint_row(cx, entry, may)))
        .empty(empty("database", &cx.t("listings-fingerprints-none"), &cx.t("listings-fingerprints-none-help"), None))
        .paging(ui::parts::Paging::pages(cx, found.paging.page, found.pages(), found.total));
    let filter = FilterBar::new(cx).choice("kind", cx.t("listings-fingerprint-kind"), kinds).choice(
        "active",
        cx.t("listings-state"),
        active,
    );
    frame(cx, errors, html! { (filter) (table) })
}

fn fingerprint_row(cx: &View, entry: &Fingerprint, may: bool) -> Row {
    Row::new()
        .cell(html! { a href={ "/console/listings/" (entry.listing_id) } { (excerpt(&entry.title)) } })
        .cell(kind_text(cx, entry.kind))
        .cell(hash(cx, &entry.value))
        .cell(html! {
            (cx.t(if entry.reason == "removed" { "listings-fingerprint-because-removed" } else { "listings-fingerprint-because-rejected" }))
            @for rule in entry.rules.iter().take(5) { div { code { (rule) } } }
        })
        .cell(html! { (cx.date(entry.created_at)) " " a href=(proof_path(&entry.act_id)) { (cx.t("listings-proof")) } })
        .cell(html! {
            @if entry.active {
                (badge(Tone::Danger, &cx.t("listings-fingerprint-active")))
                @if may {
                    (confirm(&cx.t("listings-fingerprint-remove"), "trash", true, form_post(cx, &format!("{PATH}/{}/remove", entry.id), html! {
                        div class="ts-field" {
                            label for={ "reason-" (entry.id) } { (cx.t("listings-measure-reason")) }
                            textarea class="form-control" id={ "reason-" (entry.id) } name="reason" rows="2" required {}
                        }
                        label class="ts-checkbox" {
                            input class="form-check-input" type="checkbox" name="whole" value="true";
                            span { (cx.t("listings-fingerprint-whole")) }
                        }
                        (submit(&cx.t("listings-fingerprint-remove"), None))
                    })))
                }
            } @else {
                (badge(Tone::Neutral, &cx.t("listings-fingerprint-removed")))
                @if let Some(at) = entry.removed_at { " " (cx.date(at)) }
                @if let Some(act) = &entry.removed_act_id { " " a href=(proof_path(act)) { (cx.t("listings-proof")) } }
            }
        })
}

/// Why an entry is taken out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RemoveForm {
    reason: String,
    whole: bool,
}

/// Takes an entry out.
pub(crate) async fn remove(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<RemoveForm>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    match fingerprints::remove(kernel, &actor, &id, form.whole, &form.reason).await {
        Ok(_) => Ok(web::redirect_with_flash(PATH, "listings-flash-decided").into_response()),
        Err(problem) => {
            let found = fingerprints::list(kernel, &actor, None, None, &Paging::default()).await?;
            refused(&cx, problem, |errors| fingerprints_page(&cx, &actor, &found, errors))
        }
    }
}

/// Which brands.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct BrandsAsked {
    market: Option<String>,
    q: Option<String>,
    page: Option<u64>,
}

/// The protected brands of a market.
pub(crate) async fn show_brands(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<BrandsAsked>,
) -> Result<Markup, Failure> {
    Ok(brands_view(site.kernel(), &actor, &cx, &asked, &BrandForm::default(), &FormErrors::none()).await?)
}

async fn brands_view(
    kernel: &Kernel,
    actor: &Actor,
    cx: &View,
    asked: &BrandsAsked,
    typed: &BrandForm,
    errors: &FormErrors,
) -> kernel::Result<Markup> {
    let market = asked.market.clone().unwrap_or_else(|| policy::packs::HOME_MARKET.to_owned());
    let mut found = brands::list(kernel, actor, &market).await?;
    if let Some(text) = asked.q.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let text = text.to_lowercase();
        found.retain(|brand| brand.names.iter().chain(&brand.owners).any(|name| name.to_lowercase().contains(&text)));
    }
    Ok(brands_page(cx, actor, &AllWords::of(kernel), &market, &found, asked.page.unwrap_or(1), typed, errors))
}

#[allow(clippy::too_many_arguments)]
fn brands_page(
    cx: &View,
    actor: &Actor,
    words: &AllWords,
    market: &str,
    found: &[Listed],
    number: u64,
    typed: &BrandForm,
    errors: &FormErrors,
) -> Markup {
    let may = actor.may(Permission::ListingsDecide);
    let pages = (found.len().div_ceil(BRANDS_SHOWN) as u64).max(1);
    let number = number.clamp(1, pages);
    let shown = found.iter().skip((number as usize - 1) * BRANDS_SHOWN).take(BRANDS_SHOWN);
    let table = Table::new(cx, cx.t("listings-banks-brands"))
        .column(Column::text(cx.t("listings-brand-name")))
        .column(Column::text(cx.t("listings-brand-owner")))
        .column(Column::text(cx.t("listings-field-category")).quiet())
        .column(Column::text(cx.t("listings-brand-authorisation")))
        .column(Column::text(cx.t("listings-brand-source")))
        .rows(shown.map(|brand| brand_row(cx, words, brand, may)))
        .empty(empty("tag", &cx.t("listings-brands-none"), &cx.t("listings-brands-none-help"), None))
        .paging(ui::parts::Paging::pages(cx, number, pages, found.len() as u64));
    let markets: Vec<(String, String)> =
        words.markets().map(|market| (market.to_owned(), market_text(cx, market))).collect();
    let choices = markets.iter().map(|(value, label)| Choice::new(value, label)).collect();
    let chosen = if typed.market.is_empty() { market } else { &typed.market };
    let form = form_post(
        cx,
        &format!("{PATH}/brands"),
        html! {
            (Field::select(cx, "market", cx.t("listings-market"), choices).required().value(chosen).errors(errors))
            (Field::text(cx, "name", cx.t("listings-brand-name")).required().value(&typed.name).attribute("maxlength", "100").errors(errors))
            (Field::textarea(cx, "aliases", cx.t("listings-brand-aliases"), 2).hint(cx.t("listings-one-a-line")).value(&typed.aliases).errors(errors))
            (Field::text(cx, "owner", cx.t("listings-brand-owner")).value(&typed.owner).attribute("maxlength", "150").errors(errors))
            (Field::textarea(cx, "categories", cx.t("listings-brand-categories"), 2).hint(cx.t("listings-brand-categories-hint")).value(&typed.categories).errors(errors))
            (Field::checkbox(cx, "authorisation", cx.t("listings-brand-authorisation-required")).value(if typed.authorisation { "true" } else { "" }))
            (submit(&cx.t("listings-brand-add"), None))
        },
    );
    frame(
        cx,
        errors,
        html! {
            (FilterBar::new(cx).search("q", cx.t("listings-brand-name")).choice("market", cx.t("listings-market"), markets))
            div class="ts-aside" {
                (table)
                @if may { (card(&cx.t("listings-brand-add"), form)) }
            }
        },
    )
}

fn brand_row(cx: &View, words: &AllWords, brand: &Listed, may: bool) -> Row {
    let separator = cx.t("listings-list-separator");
    let categories: Vec<String> = brand.categories.iter().map(|path| words.category(cx, &brand.market, path)).collect();
    Row::new()
        .cell(html! {
            (brand.names.first().map_or("", String::as_str))
            @if brand.names.len() > 1 { div class="ts-muted" { (brand.names[1..].join(&separator)) } }
        })
        .cell(brand.owners.join(&separator))
        .cell(if categories.is_empty() { cx.t("listings-brand-everywhere") } else { categories.join(&separator) })
        .cell(cx.t(if brand.authorisation_required { "listings-yes" } else { "listings-no" }))
        .cell(html! {
            @if brand.from_pack {
                a href={ "/console/policies/" (brand.market) "/rows/" (brand.id) } { (cx.t("listings-brand-from-pack")) }
            } @else {
                (cx.t("listings-brand-own"))
                @if may {
                    (confirm(&cx.t("listings-brand-remove"), "trash", true, form_post(cx, &format!("{PATH}/brands/{}/remove", brand.id), html! {
                        p { (cx.t("listings-brand-remove-help")) }
                        (submit(&cx.t("listings-brand-remove"), None))
                    })))
                }
            }
        })
}

/// A brand as it was typed.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct BrandForm {
    market: String,
    name: String,
    aliases: String,
    owner: String,
    categories: String,
    authorisation: bool,
}

/// Adds a brand.
pub(crate) async fn add_brand(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(form): Form<BrandForm>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let lines = |text: &str| text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    let new = NewBrand {
        market: form.market.clone(),
        name: form.name.clone(),
        aliases: lines(&form.aliases),
        owner: form.owner.clone(),
        categories: lines(&form.categories),
        authorisation_required: form.authorisation,
    };
    let market = Some(form.market.clone()).filter(|market| kernel.packs().market(market).is_ok());
    match brands::add(kernel, &actor, new).await {
        Ok(_) => {
            let query = market.map(|market| format!("?market={market}")).unwrap_or_default();
            Ok(web::redirect_with_flash(&format!("{PATH}/brands{query}"), "listings-flash-brand").into_response())
        }
        Err(problem) => {
            let asked = BrandsAsked { market, ..BrandsAsked::default() };
            let problem = match problem.code.code {
                "stale" => Problem::invalid_field("name", "listings-fault-brand-there"),
                _ => problem,
            };
            let errors = super::parts::form_errors(&cx, &problem);
            let page = brands_view(kernel, &actor, &cx, &asked, &form, &errors).await?;
            refused(&cx, problem, |_| page)
        }
    }
}

/// Takes an own brand out.
pub(crate) async fn remove_brand(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    brands::remove(site.kernel(), &actor, &id).await?;
    Ok(web::redirect_with_flash(&format!("{PATH}/brands"), "listings-flash-decided").into_response())
}

/// Which notices.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RecallsAsked {
    q: Option<String>,
    source: Option<String>,
}

/// Public recall notices.
pub(crate) async fn show_recalls(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<RecallsAsked>,
    PagingQuery(at): PagingQuery,
) -> Result<Markup, Failure> {
    let source = asked.source.as_deref().filter(|source| !source.is_empty());
    let found = recalls::list(site.kernel(), &actor, source, asked.q.as_deref(), &at).await?;
    Ok(recalls_page(&cx, &actor, &found, &FormErrors::none()))
}

fn recalls_page(cx: &View, actor: &Actor, found: &Page<RecallRow>, errors: &FormErrors) -> Markup {
    let table = Table::new(cx, cx.t("listings-banks-recalls"))
        .column(Column::text(cx.t("listings-recall-number")))
        .column(Column::text(cx.t("listings-recall-product")))
        .column(Column::text(cx.t("listings-field-brand")))
        .column(Column::text(cx.t("listings-recall-model")).quiet())
        .column(Column::text(cx.t("listings-recall-barcode")).quiet())
        .column(Column::text(cx.t("listings-recall-published")))
        .rows(found.rows.iter().map(|row| recall_row(cx, row)))
        .empty(empty("alert-triangle", &cx.t("listings-recalls-none"), &cx.t("listings-recalls-none-help"), None))
        .paging(ui::parts::Paging::pages(cx, found.paging.page, found.pages(), found.total));
    let sources =
        vec![("safety-gate".to_owned(), "EU Safety Gate".to_owned()), ("cpsc".to_owned(), "US CPSC".to_owned())];
    let form = form_upload(
        cx,
        &format!("{PATH}/recalls"),
        html! {
            (Field::file(cx, "file", cx.t("listings-recall-file"), ".jsonl,.ndjson,.tsv,.txt").required().hint(cx.t("listings-recall-file-hint")).errors(errors))
            (submit(&cx.t("listings-recall-load"), None))
        },
    );
    frame(
        cx,
        errors,
        html! {
            (FilterBar::new(cx).search("q", cx.t("listings-recall-search")).choice("source", cx.t("listings-recall-source"), sources))
            div class="ts-aside" {
                (table)
                @if actor.may(Permission::ListingsDecide) { (card(&cx.t("listings-recall-load"), form)) }
            }
        },
    )
}

/// The form of a recall of the goods a notice names by their GTIN.
pub(super) fn recall_of(gtin: &str) -> Option<String> {
    let gtin = gtin.trim();
    let is_gtin = matches!(gtin.len(), 8 | 12 | 13 | 14) && gtin.bytes().all(|byte| byte.is_ascii_digit());
    is_gtin.then(|| format!("/console/recalls/new?origin=goods&origin_ref={gtin}&informed_by=notice"))
}

fn recall_row(cx: &View, row: &RecallRow) -> Row {
    Row::new()
        .cell(html! { (row.number) div class="ts-muted" { (row.source) } })
        .cell(excerpt(&row.product))
        .cell(excerpt(&row.brand))
        .cell(excerpt(&row.model))
        .cell(html! { (excerpt(&row.barcode)) @if let Some(to) = recall_of(&row.barcode) { div { a href=(to) { (cx.t("listings-recall-open")) } } } })
        .cell(html! { (row.published) div class="ts-muted" { (cx.t("listings-recall-loaded")) " " (cx.date(row.loaded_at)) } })
}

/// Loads a file of notices.
pub(crate) async fn load_recalls(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    upload: Upload,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let limits = UploadLimits { file_bytes_max: RECALLS_BYTES_MAX, files_max: 1, ..UploadLimits::default() };
    let uploaded = upload.read(&limits).await?;
    let loaded = async {
        let file = uploaded.file("file").ok_or_else(|| Problem::invalid_field("file", "listings-fault-import-file"))?;
        let text = String::from_utf8(file.read().await?.to_vec())
            .map_err(|_| Problem::invalid_field("file", "listings-fault-utf8"))?;
        recalls::load(kernel, &actor, &file.name, &text).await
    };
    match loaded.await {
        Ok(done) => {
            let args = [
                ("added", done.added.to_string()),
                ("changed", done.changed.to_string()),
                ("unchanged", done.unchanged.to_string()),
                ("refused", done.refused.len().to_string()),
            ];
            let to = web::redirect(&format!("{PATH}/recalls")).good("listings-flash-recalls", &args);
            let first = done.refused.first().map(|(line, why)| [("line", line.to_string()), ("why", why.clone())]);
            Ok(match first {
                Some(args) => to.warning("listings-flash-recalls-refused", &args).into_response(),
                None => to.into_response(),
            })
        }
        Err(problem) => {
            let found = recalls::list(kernel, &actor, None, None, &Paging::default()).await?;
            refused(&cx, problem, |errors| recalls_page(&cx, &actor, &found, errors))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::recall_of;

    #[test]
    fn only_a_notice_that_names_goods_by_their_number_leads_to_a_recall() {
        let path = "/console/recalls/new?origin=goods&origin_ref=06901234567892&informed_by=notice";
        assert_eq!(recall_of(" 06901234567892 ").as_deref(), Some(path));
        for other in ["", "MODEL-7", "690123456789x", "123456789012345", "1234567&origin=lot"] {
            assert_eq!(recall_of(other), None, "{other}");
        }
    }
}
