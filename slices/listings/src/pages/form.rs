//! The form of a listing: what was typed, what it says, and how it looks.

use super::content::{DOCUMENT_PARTS, document_part};
use super::parts::picture_path;
use super::words::Words;
use crate::content::{Batch, Content, Document};
use ground::{Fault, Problem};
use kernel::{Kernel, Result};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use ui::View;
use ui::parts::{Choice, Field, FormErrors, Picture, form_upload};

/// Empty rows for attributes offered on every page.
const ATTRIBUTE_ROWS_FREE: usize = 4;
/// Currencies on offer; a listing in another one keeps it.
const CURRENCIES: [&str; 3] = ["CNY", "USD", "EUR"];
/// Id of the box with all fields.
const FIELDS: &str = "listing-fields";
/// Files a picture input offers first.
const PICTURES_ACCEPT: &str = "image/jpeg,image/png,image/webp,image/gif,image/bmp";
/// Files a document input offers first.
const DOCUMENTS_ACCEPT: &str = "application/pdf,image/jpeg,image/png,image/webp";

/// A listing as it was typed. Rows of attributes, pictures and documents come in parallel lists.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct ListingForm {
    /// `check`, `save` or `submit`.
    pub(super) action: String,
    /// The listing that is edited; empty for a new one.
    pub(super) listing: String,
    /// Number of the version the writer started from; 0 for a new listing.
    pub(super) number: i64,
    pub(super) external_id: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) category: String,
    pub(super) brand: String,
    pub(super) gtin: String,
    pub(super) price: String,
    pub(super) list_price: String,
    pub(super) currency: String,
    pub(super) attribute_name: Vec<String>,
    pub(super) attribute_value: Vec<String>,
    pub(super) image: Vec<String>,
    pub(super) image_removed: Vec<String>,
    pub(super) document_kind: Vec<String>,
    pub(super) document_number: Vec<String>,
    pub(super) document_holder: Vec<String>,
    pub(super) document_issuer: Vec<String>,
    pub(super) document_issued: Vec<String>,
    pub(super) document_until: Vec<String>,
    pub(super) document_product: Vec<String>,
    pub(super) document_brand: Vec<String>,
    pub(super) document_lot: Vec<String>,
    pub(super) document_standard: Vec<String>,
    pub(super) document_scope: Vec<String>,
    pub(super) document_accreditation: Vec<String>,
    pub(super) document_from: Vec<String>,
    pub(super) document_sha256: Vec<String>,
    pub(super) lot: String,
    pub(super) produced: String,
    pub(super) expires: String,
    pub(super) origin: String,
}

fn at(list: &[String], index: usize) -> String {
    list.get(index).cloned().unwrap_or_default()
}

impl ListingForm {
    /// An empty one in the usual currency of a market.
    pub(super) fn empty(market: &str) -> ListingForm {
        let currency = match market {
            "us" => "USD",
            "eu" => "EUR",
            _ => "CNY",
        };
        ListingForm { currency: currency.to_owned(), ..ListingForm::default() }
    }

    /// A version, to be changed.
    pub(super) fn of(listing: &crate::Listing, content: &Content) -> ListingForm {
        let price = |minor: Option<i64>| {
            minor.map(|minor| ground::money::format_minor(minor, &content.currency)).unwrap_or_default()
        };
        let mut form = ListingForm {
            listing: listing.id.clone(),
            number: listing.latest_number,
            external_id: listing.external_id.clone(),
            title: content.title.clone(),
            description: content.description.clone(),
            category: content.category.clone(),
            brand: content.brand.clone(),
            gtin: content.gtin.clone(),
            price: price(content.price_minor),
            list_price: price(content.list_price_minor),
            attribute_name: content.attributes.keys().cloned().collect(),
            attribute_value: content.attributes.values().cloned().collect(),
            image: content.images.iter().map(|image| image.sha256.clone()).collect(),
            lot: content.batch.lot.clone(),
            produced: content.batch.produced.clone(),
            expires: content.batch.expires.clone(),
            origin: content.batch.origin.clone(),
            ..ListingForm::empty(&listing.market)
        };
        if !content.currency.is_empty() {
            form.currency.clone_from(&content.currency);
        }
        for document in &content.documents {
            form.document_kind.push(document.kind.clone());
            form.document_sha256.push(document.sha256.clone());
            for part in DOCUMENT_PARTS {
                if let (Some(list), Some(value)) = (form.document_list(part), document_part(document, part)) {
                    list.push(value.clone());
                }
            }
        }
        form
    }

    fn document_list(&mut self, part: &str) -> Option<&mut Vec<String>> {
        Some(match part {
            "number" => &mut self.document_number,
            "holder" => &mut self.document_holder,
            "issuer" => &mut self.document_issuer,
            "issued" => &mut self.document_issued,
            "until" => &mut self.document_until,
            "product" => &mut self.document_product,
            "brand" => &mut self.document_brand,
            "lot" => &mut self.document_lot,
            "standard" => &mut self.document_standard,
            "scope" => &mut self.document_scope,
            "accreditation" => &mut self.document_accreditation,
            "from" => &mut self.document_from,
            _ => return None,
        })
    }

    /// The pictures that stay.
    pub(super) fn kept_images(&self) -> Vec<String> {
        self.image.iter().filter(|sha256| !self.image_removed.contains(sha256)).cloned().collect()
    }

    fn document(&self, index: usize) -> Document {
        Document {
            kind: at(&self.document_kind, index),
            number: at(&self.document_number, index),
            holder: at(&self.document_holder, index),
            product: at(&self.document_product, index),
            brand: at(&self.document_brand, index),
            lot: at(&self.document_lot, index),
            standard: at(&self.document_standard, index),
            scope: at(&self.document_scope, index),
            issuer: at(&self.document_issuer, index),
            accreditation: at(&self.document_accreditation, index),
            issued: at(&self.document_issued, index),
            from: at(&self.document_from, index),
            until: at(&self.document_until, index),
            sha256: at(&self.document_sha256, index),
        }
    }

    /// Keeps the hash of a document's file.
    pub(super) fn set_document_file(&mut self, index: usize, sha256: String) {
        if self.document_sha256.len() <= index {
            self.document_sha256.resize(index + 1, String::new());
        }
        self.document_sha256[index] = sha256;
    }

    fn price(text: &str, currency: &str, field: &str, faults: &mut Vec<Fault>) -> Option<i64> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let price = ground::money::parse_minor(text, currency);
        if price.is_none() {
            let digits = ground::money::currency_digits(currency);
            faults.push(Fault::field(field, "listings-fault-price-text").arg("digits", digits));
        }
        price
    }

    /// What it says, and what is wrong with how it was typed. Pictures are looked up among the kept ones.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn content(&self, kernel: &Kernel, merchant_id: &str) -> Result<(Content, Vec<Fault>)> {
        let mut faults = Vec::new();
        let mut attributes = BTreeMap::new();
        for (index, name) in self.attribute_name.iter().enumerate() {
            let (name, value) = (name.trim().to_owned(), at(&self.attribute_value, index).trim().to_owned());
            match (name.is_empty(), value.is_empty()) {
                (true, false) => {
                    faults.push(Fault::field("attributes", "listings-fault-attribute-name").arg("value", value))
                }
                (true, true) | (false, true) => {}
                (false, false) if attributes.contains_key(&name) => {
                    faults.push(Fault::field(format!("attributes.{name}"), "listings-fault-attribute-twice"));
                }
                (false, false) => {
                    attributes.insert(name, value);
                }
            }
        }
        let currency = self.currency.trim().to_uppercase();
        let price_minor = ListingForm::price(&self.price, &currency, "price", &mut faults);
        let list_price_minor = ListingForm::price(&self.list_price, &currency, "list_price", &mut faults);
        let images = match crate::resolve_pictures(kernel, Some(merchant_id), &self.kept_images()).await {
            Ok(images) => images,
            Err(problem) if problem.code.code == "invalid_input" => {
                faults.extend(problem.faults);
                Vec::new()
            }
            Err(problem) => return Err(problem),
        };
        let documents = (0..self.document_kind.len()).map(|index| self.document(index));
        let content = Content {
            title: self.title.clone(),
            description: self.description.replace("\r\n", "\n"),
            category: self.category.clone(),
            brand: self.brand.clone(),
            gtin: self.gtin.clone(),
            price_minor,
            list_price_minor,
            currency,
            attributes,
            images,
            documents: documents.filter(|document| !document.kind.trim().is_empty()).collect(),
            batch: Batch {
                lot: self.lot.trim().to_owned(),
                produced: self.produced.clone(),
                expires: self.expires.clone(),
                origin: self.origin.trim().to_owned(),
            },
        };
        Ok((content, faults))
    }
}

/// Every fault of a form at once: how it was typed, and what it says.
///
/// # Errors
/// `invalid_input` with all of them.
pub(super) fn check_all(mut faults: Vec<Fault>, content: &Content) -> Result<()> {
    if let Err(problem) = content.clone().tidied().check() {
        faults.extend(problem.faults);
    }
    Problem::check(faults)
}

/// What the form needs besides what was typed.
pub(super) struct Around<'a> {
    pub words: &'a Words,
    /// Categories the merchant is enrolled for; empty: all are offered.
    pub scopes: &'a [String],
    /// Where it is posted to.
    pub action: &'a str,
}

/// Where findings appear while the form beside it is filled in; `found` stands there before the first answer.
pub(super) fn live(cx: &View, found: Markup) -> Markup {
    html! {
        div class="ts-live" id="listing-check" role="region" aria-live="polite" aria-label=(cx.t("listings-check-result"))
            hx-post="/merchant/listings/check" hx-include={ "#" (FIELDS) ", form > input[name=" (ui::CSRF_FIELD) "]" }
            hx-trigger={ "input from:#" (FIELDS) " delay:500ms" } hx-sync="this:replace" hx-swap="innerHTML" { (found) }
    }
}

/// The form.
pub(super) fn markup(cx: &View, form: &ListingForm, around: &Around<'_>, errors: &FormErrors) -> Markup {
    let label = |name: &str| cx.t(&format!("listings-field-{name}"));
    let back = if form.listing.is_empty() {
        "/merchant/listings".to_owned()
    } else {
        format!("/merchant/listings/{}", form.listing)
    };
    form_upload(
        cx,
        around.action,
        html! {
            div id=(FIELDS) {
                input type="hidden" name="listing" value=(form.listing);
                input type="hidden" name="number" value=(form.number);
                @if form.listing.is_empty() {
                    (Field::text(cx, "external_id", label("external-id")).required().hint(cx.t("listings-external-id-hint"))
                        .value(&form.external_id).attribute("maxlength", "100").errors(errors))
                }
                (Field::text(cx, "title", label("title")).required().value(&form.title).attribute("maxlength", "2000").errors(errors))
                (Field::textarea(cx, "description", label("description"), 8).value(&form.description).errors(errors))
                (category(cx, form, around, errors))
                (Field::text(cx, "brand", label("brand")).value(&form.brand).attribute("maxlength", "300").errors(errors))
                (Field::text(cx, "gtin", label("gtin")).hint(cx.t("listings-gtin-hint")).value(&form.gtin)
                    .attribute("inputmode", "numeric").attribute("maxlength", "40").errors(errors))
                (Field::select(cx, "currency", label("currency"), currencies(form)).required().value(&form.currency).errors(errors))
                (Field::money(cx, "price", label("price-minor"), &form.currency).value(&form.price).errors(errors))
                (Field::money(cx, "list_price", label("list-price-minor"), &form.currency).hint(cx.t("listings-list-price-hint"))
                    .value(&form.list_price).errors(errors))
                (attributes(cx, form, errors))
                (pictures(cx, form, errors))
                (documents(cx, form, around.words, errors))
                (batch(cx, form, errors))
                div class="ts-submit" {
                    button class="btn btn-primary" type="submit" name="action" value="submit" { (cx.t("listings-hand-in")) }
                    button class="btn" type="submit" name="action" value="save" { (cx.t("listings-save-draft")) }
                    button class="btn" type="submit" name="action" value="check" { (cx.t("listings-check")) }
                    a class="btn btn-link" href=(back) { (cx.t("listings-cancel")) }
                }
            }
        },
    )
}

fn category(cx: &View, form: &ListingForm, around: &Around<'_>, errors: &FormErrors) -> Field {
    let mut choices = around.words.categories(cx, around.scopes);
    if choices.is_empty() {
        let field = Field::text(cx, "category", cx.t("listings-field-category")).required();
        return field.hint(cx.t("listings-category-hint")).value(&form.category).errors(errors);
    }
    if !form.category.is_empty() && !choices.iter().any(|choice| choice.value == form.category) {
        choices.insert(0, Choice::new(&form.category, around.words.category(cx, &form.category)));
    }
    Field::select(cx, "category", cx.t("listings-field-category"), choices)
        .required()
        .value(&form.category)
        .errors(errors)
}

fn currencies(form: &ListingForm) -> Vec<Choice> {
    let mut all: Vec<&str> = CURRENCIES.to_vec();
    if !form.currency.is_empty() && !all.contains(&form.currency.as_str()) {
        all.push(&form.currency);
    }
    all.into_iter().map(|code| Choice::new(code, code)).collect()
}

fn attributes(cx: &View, form: &ListingForm, errors: &FormErrors) -> Markup {
    let rows: Vec<(String, String)> = form
        .attribute_name
        .iter()
        .enumerate()
        .map(|(index, name)| (name.clone(), at(&form.attribute_value, index)))
        .filter(|(name, value)| !name.is_empty() || !value.is_empty())
        .chain(std::iter::repeat_n((String::new(), String::new()), ATTRIBUTE_ROWS_FREE))
        .collect();
    html! {
        fieldset class="ts-field" id="field-attributes" aria-describedby=[errors.for_field("attributes").map(|_| "field-attributes-error")] {
            legend { (cx.t("listings-field-attributes")) }
            p class="ts-hint" { (cx.t("listings-attributes-hint")) }
            @if let Some(error) = errors.for_field("attributes") { p class="ts-error" id="field-attributes-error" { (error) } }
            @for (index, (name, value)) in rows.iter().enumerate() {
                @let n = cx.number((index + 1) as u64);
                div class="ts-halves" {
                    input class="form-control" name="attribute_name" value=(name) maxlength="200"
                        aria-label=(cx.ta("listings-attribute-name", &[("n", n.clone().into())])) placeholder=(cx.t("listings-attribute-name-short"));
                    input class="form-control" name="attribute_value" value=(value)
                        aria-label=(cx.ta("listings-attribute-value", &[("n", n.into())])) placeholder=(cx.t("listings-attribute-value-short"));
                }
            }
        }
    }
}

fn pictures(cx: &View, form: &ListingForm, errors: &FormErrors) -> Markup {
    let kept = form.kept_images();
    html! {
        @if !kept.is_empty() {
            fieldset class="ts-field" {
                legend { (cx.t("listings-pictures-kept")) }
                div class="ts-row" {
                    @for (index, sha256) in kept.iter().enumerate() {
                        @let alt = cx.ta("listings-picture-n", &[("n", (index + 1).into())]);
                        div {
                            input type="hidden" name="image" value=(sha256);
                            (Picture::new(cx, picture_path(sha256), &alt, 160, 160))
                            label class="ts-checkbox" {
                                input class="form-check-input" type="checkbox" name="image_removed" value=(sha256);
                                span { (cx.ta("listings-picture-remove", &[("n", (index + 1).into())])) }
                            }
                        }
                    }
                }
            }
        }
        (Field::file(cx, "pictures", cx.t("listings-pictures-add"), PICTURES_ACCEPT).attribute("multiple", "multiple")
            .hint(cx.t("listings-pictures-hint")).errors(errors))
    }
}

fn documents(cx: &View, form: &ListingForm, words: &Words, errors: &FormErrors) -> Markup {
    let there = form.document_kind.iter().rposition(|kind| !kind.trim().is_empty()).map_or(0, |last| last + 1);
    let open = errors.for_field("documents").is_some();
    html! {
        fieldset class="ts-field" id="field-documents" aria-describedby=[errors.for_field("documents").map(|_| "field-documents-error")] {
            legend { (cx.t("listings-field-documents")) }
            p class="ts-hint" { (cx.t("listings-documents-hint")) }
            @if let Some(error) = errors.for_field("documents") { p class="ts-error" id="field-documents-error" { (error) } }
            @for index in 0..=there {
                details open[index < there || open] {
                    summary {
                        @if index < there { (words.kind(cx, &at(&form.document_kind, index))) } @else { (cx.t("listings-document-add")) }
                    }
                    (document_row(cx, form, words, index))
                }
            }
        }
    }
}

/// One document. The names repeat row by row; the ids carry the row.
fn document_row(cx: &View, form: &ListingForm, words: &Words, index: usize) -> Markup {
    let document = form.document(index);
    let kinds = words.kinds(cx);
    let known = kinds.iter().any(|choice| choice.value == document.kind);
    let id = |part: &str| format!("field-document-{part}-{index}");
    html! {
        input type="hidden" name="document_sha256" value=(document.sha256);
        div class="ts-field" {
            label for=(id("kind")) { (cx.t("listings-document-kind")) }
            select class="form-select" id=(id("kind")) name="document_kind" {
                option value="" { @if document.kind.is_empty() { "—" } @else { (cx.t("listings-document-remove")) } }
                @if !document.kind.is_empty() && !known { option value=(document.kind) selected { (document.kind) } }
                @for choice in &kinds { option value=(choice.value) selected[choice.value == document.kind] { (choice.label) } }
            }
        }
        @for part in DOCUMENT_PARTS {
            @let date = matches!(part, "issued" | "until" | "from");
            div class="ts-field" {
                label for=(id(part)) { (cx.t(&format!("listings-document-{part}"))) }
                input class="form-control" type=(if date { "date" } else { "text" }) id=(id(part)) name={ "document_" (part) }
                    value=(document_part(&document, part).map_or("", String::as_str)) maxlength="2000";
            }
        }
        div class="ts-field" {
            label for=(id("file")) { (cx.t(if document.sha256.is_empty() { "listings-document-file" } else { "listings-document-file-other" })) }
            input class="form-control" type="file" id=(id("file")) name={ "document_file_" (index) } accept=(DOCUMENTS_ACCEPT);
        }
    }
}

fn batch(cx: &View, form: &ListingForm, errors: &FormErrors) -> Markup {
    let label = |name: &str| cx.t(&format!("listings-field-{name}"));
    html! {
        fieldset class="ts-field" {
            legend { (label("batch")) }
            (Field::text(cx, "lot", label("lot")).value(&form.lot).errors(errors))
            (Field::date(cx, "produced", label("produced")).value(&form.produced).errors(errors))
            (Field::date(cx, "expires", label("expires")).value(&form.expires).errors(errors))
            (Field::text(cx, "origin", label("origin")).value(&form.origin).errors(errors))
        }
    }
}
