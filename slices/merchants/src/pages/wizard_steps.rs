//! The forms of the wizard's steps.

use super::parts::{category_text, finding_list, kind_text, paper_mark, validity};
use super::wizard::{Draft, Step};
use crate::model::{Company, Contacts, QualificationState, RETURN_ADDRESSES_MAX, ReturnAddress, Weight};
use crate::rules;
use maud::{Markup, html};
use serde::Deserialize;
use ui::View;
use ui::parts::{Choice, Column, Field, FormErrors, Row, Table, Tone, alert, badge, form_post, submit};

/// The company as it was typed.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct CompanyForm {
    pub(super) version: i64,
    pub(super) market: String,
    uscc: String,
    legal_name: String,
    shop_name: String,
    representative: String,
    representative_id: String,
    address: String,
}

impl CompanyForm {
    pub(super) fn of(draft: &Draft) -> Self {
        let Some(merchant) = &draft.merchant else {
            return CompanyForm { market: policy::packs::HOME_MARKET.to_owned(), ..CompanyForm::default() };
        };
        let company = merchant.company.clone();
        CompanyForm {
            version: merchant.version,
            market: merchant.market.clone(),
            uscc: company.uscc,
            legal_name: company.legal_name,
            shop_name: company.shop_name,
            representative: company.representative,
            representative_id: company.representative_id,
            address: company.address,
        }
    }

    pub(super) fn company(&self) -> Company {
        Company {
            uscc: self.uscc.clone(),
            legal_name: self.legal_name.clone(),
            shop_name: self.shop_name.clone(),
            representative: self.representative.clone(),
            representative_id: self.representative_id.clone(),
            address: self.address.clone(),
        }
    }
}

pub(super) fn company(cx: &View, draft: &Draft, form: &CompanyForm, errors: &FormErrors) -> Markup {
    let text = |name: &str, value: &str| {
        let label = cx.t(&format!("merchants-field-{}", name.replace('_', "-")));
        Field::text(cx, name, label).value(value).attribute("maxlength", "300").errors(errors)
    };
    let fixed = draft.merchant.as_ref().is_some_and(|merchant| !rules::is_open_for_writing(merchant.state));
    let markets: Vec<Choice> =
        draft.markets.iter().map(|market| Choice::new(market, cx.t(&format!("merchants-market-{market}")))).collect();
    form_post(
        cx,
        &Step::Company.path(),
        html! {
            input type="hidden" name="version" value=(form.version);
            @if fixed { (alert(Tone::Info, "", cx.t("merchants-identity-hint"))) }
            @if draft.merchant.is_none() {
                (Field::select(cx, "market", cx.t("merchants-market"), markets).required().value(&form.market).errors(errors))
            }
            (text("uscc", &form.uscc).required().hint(cx.t("merchants-uscc-hint")))
            (text("legal_name", &form.legal_name).required().hint(cx.t("merchants-legal-name-hint")).autocomplete("organization"))
            (text("shop_name", &form.shop_name))
            (text("representative", &form.representative).required())
            (text("representative_id", &form.representative_id))
            (text("address", &form.address).required().autocomplete("street-address"))
            (submit(&cx.t("merchants-save-next"), Some((&cx.t("merchants-cancel"), "/merchant"))))
        },
    )
}

/// The categories as they were chosen.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct CategoriesForm {
    pub(super) version: i64,
    pub(super) categories: Vec<String>,
}

impl CategoriesForm {
    pub(super) fn of(draft: &Draft) -> Self {
        let categories = draft.merchant.as_ref().map(|merchant| merchant.categories.clone()).unwrap_or_default();
        CategoriesForm { version: draft.version(), categories }
    }
}

pub(super) fn categories(cx: &View, draft: &Draft, form: &CategoriesForm, errors: &FormErrors) -> Markup {
    let asked = |path: &str| -> String {
        let asked = [path.to_owned()];
        let kinds = draft.matrix.kinds_asked(&asked);
        let names: Vec<&str> = kinds.iter().map(|kind| cx.both(&kind.name)).collect();
        names.join(&cx.t("merchants-list-separator"))
    };
    let choices: Vec<Choice> = draft
        .matrix
        .categories()
        .map(|category| Choice::new(&category.path, cx.both(&category.name)).hint(asked(&category.path)))
        .collect();
    let known = !choices.is_empty();
    let field = Field::checks(cx, "categories", cx.t("merchants-categories"), choices)
        .hint(cx.t("merchants-categories-hint"))
        .required()
        .errors(errors);
    let field = form.categories.iter().fold(field, |field, category| field.value(category));
    form_post(
        cx,
        &Step::Categories.path(),
        html! {
            input type="hidden" name="version" value=(draft.version());
            @if known { (field) } @else {
                (Field::text(cx, "categories", cx.t("merchants-categories")).required().value(form.categories.first().cloned().unwrap_or_default()).errors(errors))
            }
            (submit(&cx.t("merchants-save-next"), Some((&cx.t("merchants-cancel"), "/merchant"))))
        },
    )
}

/// Which papers the categories ask for, and which are there.
pub(super) fn papers(cx: &View, draft: &Draft) -> Markup {
    let categories = draft.merchant.as_ref().map(|merchant| merchant.categories.clone()).unwrap_or_default();
    let live = |kind: &str| {
        let states = [QualificationState::Submitted, QualificationState::Verified];
        draft.qualifications.iter().find(|q| q.kind == kind && states.contains(&q.state))
    };
    let rows = draft.matrix.kinds_asked(&categories).into_iter().map(|kind| {
        let add = format!("/merchant/qualifications/new?kind={}&from=enrol", kind.id);
        let found = live(&kind.id).or_else(|| {
            let alternatives = categories.iter().flat_map(|c| draft.matrix.requirements_of_merchant(c));
            alternatives.filter(|r| r.any_of.first() == Some(&kind.id)).flat_map(|r| &r.any_of).find_map(|id| live(id))
        });
        Row::new()
            .cell(html! { (cx.both(&kind.name)) div class="ts-muted" { (cx.both(&kind.issuer)) } })
            .cell(html! { @match found { Some(q) => (paper_mark(cx, q.state)), None => (badge(Tone::Waiting, &cx.t("merchants-paper-missing"))) } })
            .cell(html! { @if let Some(q) = found { (q.number) " " (validity(cx, q, draft.today)) } })
            .cell(html! { @if found.is_none() { a class="btn" href=(add) { (cx.t("merchants-upload")) } } @else { a href="/merchant/qualifications" { (cx.t("merchants-see")) } } })
    });
    html! {
        p { (cx.t("merchants-papers-lead")) }
        (Table::new(cx, cx.t("merchants-papers"))
            .column(Column::text(cx.t("merchants-kind")))
            .column(Column::text(cx.t("merchants-state")))
            .column(Column::text(cx.t("merchants-field-number")))
            .column(Column::text(cx.t("merchants-action")))
            .rows(rows)
            .empty(ui::parts::empty("certificate", &cx.t("merchants-papers-not-asked"), &cx.t("merchants-papers-not-asked-help"), None)))
        p class="ts-row" {
            a class="btn" href="/merchant/qualifications/new?from=enrol" { (cx.t("merchants-upload-other")) }
            a class="btn" href="/merchant/brands/new" { (cx.t("merchants-brand-add")) }
        }
        p { a class="btn btn-primary" href=(Step::Contacts.path()) { (cx.t("merchants-next")) } }
    }
}

/// Contacts as they were typed. The parts of return addresses come in parallel lists.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct ContactsForm {
    pub(super) version: i64,
    contact_name: String,
    phone: String,
    email: String,
    bank_name: String,
    bank_holder: String,
    bank_account: String,
    return_name: Vec<String>,
    return_phone: Vec<String>,
    return_address: Vec<String>,
}

impl ContactsForm {
    pub(super) fn of(draft: &Draft) -> Self {
        let Some(merchant) = &draft.merchant else {
            return ContactsForm::default();
        };
        let contacts = merchant.contacts.clone();
        let pick =
            |part: fn(&ReturnAddress) -> &String| contacts.return_addresses.iter().map(|a| part(a).clone()).collect();
        ContactsForm {
            version: merchant.version,
            return_name: pick(|a| &a.name),
            return_phone: pick(|a| &a.phone),
            return_address: pick(|a| &a.address),
            contact_name: contacts.name,
            phone: contacts.phone,
            email: contacts.email,
            bank_name: contacts.bank_name,
            bank_holder: contacts.bank_holder,
            bank_account: contacts.bank_account,
        }
    }

    fn addresses(&self) -> Vec<ReturnAddress> {
        let rows = self.return_address.len().max(self.return_name.len()).max(self.return_phone.len());
        let part = |list: &[String], row: usize| list.get(row).cloned().unwrap_or_default();
        (0..rows.min(RETURN_ADDRESSES_MAX + 1))
            .map(|row| ReturnAddress {
                name: part(&self.return_name, row),
                phone: part(&self.return_phone, row),
                address: part(&self.return_address, row),
            })
            .collect()
    }

    pub(super) fn contacts(&self, devices: Vec<String>) -> Contacts {
        Contacts {
            name: self.contact_name.clone(),
            phone: self.phone.clone(),
            email: self.email.clone(),
            bank_name: self.bank_name.clone(),
            bank_holder: self.bank_holder.clone(),
            bank_account: self.bank_account.clone(),
            return_addresses: self.addresses(),
            devices,
        }
    }
}

pub(super) fn contacts(cx: &View, draft: &Draft, form: &ContactsForm, errors: &FormErrors) -> Markup {
    let label = |name: &str| cx.t(&format!("merchants-field-{}", name.replace('_', "-")));
    let field = |kind: &'static str, name: &str, value: &str| {
        Field::input(cx, kind, name, label(name)).value(value).attribute("maxlength", "300").errors(errors)
    };
    let mut addresses = form.addresses();
    addresses.retain(|address| *address != ReturnAddress::default());
    if addresses.len() < RETURN_ADDRESSES_MAX {
        addresses.push(ReturnAddress::default());
    }
    form_post(
        cx,
        &Step::Contacts.path(),
        html! {
            input type="hidden" name="version" value=(draft.version());
            (field("text", "contact_name", &form.contact_name).required().autocomplete("name"))
            (field("tel", "phone", &form.phone).required().autocomplete("tel"))
            (field("email", "email", &form.email).autocomplete("email"))
            (field("text", "bank_name", &form.bank_name).required())
            (field("text", "bank_holder", &form.bank_holder).required().hint(cx.t("merchants-bank-holder-hint")))
            (field("text", "bank_account", &form.bank_account).required())
            @for (position, address) in addresses.iter().enumerate() { (return_address(cx, position, address, errors)) }
            p class="ts-muted" { (cx.t("merchants-return-address-hint")) }
            (submit(&cx.t("merchants-save-next"), Some((&cx.t("merchants-cancel"), "/merchant"))))
        },
    )
}

/// One return address. Ids differ by position; the fault of a field is shown at the first.
fn return_address(cx: &View, position: usize, address: &ReturnAddress, errors: &FormErrors) -> Markup {
    let parts = [
        ("return_name", &address.name, false),
        ("return_phone", &address.phone, false),
        ("return_address", &address.address, position == 0),
    ];
    html! {
        fieldset class="ts-field" {
            legend { (cx.ta("merchants-return-address-n", &[("n", (position + 1).into())])) }
            @for (name, value, required) in parts {
                @let id = if position == 0 { format!("field-{name}") } else { format!("field-{name}-{position}") };
                @let wrong = errors.for_field(name).filter(|_| position == 0);
                div class={ "ts-field" @if wrong.is_some() { " ts-wrong" } } {
                    label for=(id) { (cx.t(&format!("merchants-field-{}", name.replace('_', "-")))) }
                    input class="form-control" id=(id) name=(name) value=(value) maxlength="300" required[required]
                        aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| format!("{id}-error"))];
                    @if let Some(text) = wrong { p class="ts-error" id={ (id) "-error" } { (ui::icon("alert-circle")) (text) } }
                }
            }
        }
    }
}

/// Everything on one page, with what the checks say, and the button that hands it in.
pub(super) fn review(cx: &View, draft: &Draft) -> Markup {
    let Some(merchant) = &draft.merchant else {
        return html! {};
    };
    let (company, contacts) = (&merchant.company, &merchant.contacts);
    let categories: Vec<String> =
        merchant.categories.iter().map(|category| category_text(cx, &draft.matrix, category)).collect();
    let table = ui::parts::facts()
        .add(cx.t("merchants-field-legal-name"), &company.legal_name)
        .add(cx.t("merchants-field-uscc"), &company.uscc)
        .add(cx.t("merchants-field-representative"), &company.representative)
        .add(cx.t("merchants-field-address"), &company.address)
        .add(cx.t("merchants-categories"), categories.join(&cx.t("merchants-list-separator")))
        .add(cx.t("merchants-field-contact-name"), html! { (contacts.name) " " (contacts.phone) })
        .add(cx.t("merchants-field-bank-account"), html! { (contacts.bank_name) " " (contacts.bank_account) });
    let live = [QualificationState::Submitted, QualificationState::Verified];
    let visible: Vec<_> = crate::read::visible_findings(&draft.findings, &draft.actor).collect();
    let shown: Vec<_> = draft.qualifications.iter().filter(|q| live.contains(&q.state)).collect();
    let blocked = visible.iter().any(|finding| finding.weight == Weight::Blocking);
    html! {
        (table)
        h3 { (cx.t("merchants-papers")) }
        @if shown.is_empty() { p class="ts-muted" { (cx.t("merchants-papers-none")) } }
        ul {
            @for q in shown {
                li { (kind_text(cx, &draft.matrix, &q.kind)) " " (q.number) " " (paper_mark(cx, q.state)) }
            }
        }
        h3 { (cx.t("merchants-findings")) }
        (finding_list(cx, &draft.matrix, visible.into_iter()))
        @if rules::is_open_for_writing(merchant.state) {
            @if blocked { (alert(Tone::Waiting, "", cx.t("merchants-mend-first"))) }
            (form_post(cx, &Step::Review.path(), html! {
                input type="hidden" name="version" value=(merchant.version);
                p { (cx.t("merchants-submit-promise")) }
                (submit(&cx.t("merchants-submit"), Some((&cx.t("merchants-later"), "/merchant"))))
            }))
        }
    }
}
