//! A laboratory's profile and keys.

use super::{laboratory_mark, moment, shown_again};
use crate::home::Home;
use crate::laboratory::{self, Profile};
use crate::model::{Accreditation, Laboratory, LaboratoryKey};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::{Actor, Kernel};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{
    Column, Field, FormErrors, PageHeader, Row, Table, Tone, alert, badge, card, confirm, copyable, empty, form_post,
    submit,
};
use ui::{View, shell};
use web::{Cx, Failure, Form, Path, Signed, Site, redirect_with_flash};

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Input {
    name: String,
    name_en: String,
    cma_number: String,
    cma_until: String,
    cnas_number: String,
    cnas_until: String,
    own_did: String,
    version: i64,
}

impl Input {
    fn of(laboratory: &Laboratory) -> Self {
        let parts = |accreditation: &Option<Accreditation>| {
            let accreditation = accreditation.clone();
            accreditation
                .map(|a| (a.number, a.valid_until.map(|day| day.to_string()).unwrap_or_default()))
                .unwrap_or_default()
        };
        let ((cma_number, cma_until), (cnas_number, cnas_until)) = (parts(&laboratory.cma), parts(&laboratory.cnas));
        Input {
            name: laboratory.name.clone(),
            name_en: laboratory.name_en.clone(),
            cma_number,
            cma_until,
            cnas_number,
            cnas_until,
            own_did: if laboratory.own_did { laboratory.did.clone() } else { String::new() },
            version: laboratory.version,
        }
    }
}

struct Held {
    laboratory: Option<Laboratory>,
    keys: Vec<LaboratoryKey>,
}

async fn held(kernel: &Kernel, actor: &Actor) -> Result<Held, Failure> {
    let laboratory = laboratory::own(kernel, actor).await?;
    let keys = match &laboratory {
        Some(laboratory) => laboratory::keys(kernel, actor, &laboratory.id).await?,
        None => Vec::new(),
    };
    Ok(Held { laboratory, keys })
}

pub(crate) async fn form(State(site): State<Site>, Signed(actor): Signed, Cx(cx): Cx) -> Result<Markup, Failure> {
    let held = held(site.kernel(), &actor).await?;
    let input = held.laboratory.as_ref().map(Input::of).unwrap_or_default();
    Ok(page(&cx, &held, &input, &FormErrors::none()))
}

pub(crate) async fn save(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(input): Form<Input>,
) -> Result<Response, Failure> {
    let profile = Profile {
        name: input.name.clone(),
        name_en: input.name_en.clone(),
        cma_number: input.cma_number.clone(),
        cma_until: input.cma_until.clone(),
        cnas_number: input.cnas_number.clone(),
        cnas_until: input.cnas_until.clone(),
        own_did: input.own_did.clone(),
        version: input.version,
    };
    match laboratory::keep_profile(site.kernel(), &actor, profile).await {
        Ok(_) => Ok(redirect_with_flash("/laboratory/profile", "reports-profile-kept").into_response()),
        Err(error) => {
            let held = held(site.kernel(), &actor).await?;
            shown_again(&cx, error.into(), |errors| page(&cx, &held, &input, errors))
        }
    }
}

/// A key the laboratory keeps itself; none: one is made here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct KeyInput {
    public_key: String,
}

pub(crate) async fn add_key(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(key): Form<KeyInput>,
) -> Result<Response, Failure> {
    let (kernel, home) = (site.kernel(), Home::of(&site));
    let added = match key.public_key.trim() {
        "" => laboratory::rotate_key(kernel, &home, &actor).await,
        public => laboratory::register_key(kernel, &home, &actor, public).await,
    };
    match added {
        Ok(_) => Ok(redirect_with_flash("/laboratory/profile", "reports-key-added").into_response()),
        Err(error) => again(&site, &actor, &cx, error).await,
    }
}

/// Why a key is withdrawn.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Reason {
    reason: String,
}

pub(crate) async fn revoke_key(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(reason): Form<Reason>,
) -> Result<Response, Failure> {
    match laboratory::revoke_key(site.kernel(), &actor, &id, &reason.reason).await {
        Ok(()) => Ok(redirect_with_flash("/laboratory/profile", "reports-key-revoked").into_response()),
        Err(error) => again(&site, &actor, &cx, error).await,
    }
}

async fn again(site: &Site, actor: &Actor, cx: &View, error: crate::Error) -> Result<Response, Failure> {
    let held = held(site.kernel(), actor).await?;
    let input = held.laboratory.as_ref().map(Input::of).unwrap_or_default();
    shown_again(cx, error.into(), |errors| page(cx, &held, &input, errors))
}

fn page(cx: &View, held: &Held, input: &Input, errors: &FormErrors) -> Markup {
    let title = cx.t("reports-profile");
    let text = |name: &str, label: &str, value: &str| Field::text(cx, name, cx.t(label)).value(value).errors(errors);
    let day = |name: &str, value: &str| {
        Field::date(cx, name, cx.t("reports-accreditation-until")).value(value).errors(errors)
    };
    let form = html! {
        input type="hidden" name="version" value=(input.version);
        (text("name", "reports-laboratory-name", &input.name).required())
        (text("name_en", "reports-laboratory-name-en", &input.name_en))
        (text("cma_number", "reports-cma", &input.cma_number).hint(cx.t("reports-accreditation-hint")))
        (day("cma_until", &input.cma_until))
        (text("cnas_number", "reports-cnas", &input.cnas_number))
        (day("cnas_until", &input.cnas_until))
        (text("own_did", "reports-own-did", &input.own_did).hint(cx.t("reports-own-did-hint")))
        (submit(&cx.t("reports-save"), Some((&cx.t("reports-cancel"), "/laboratory"))))
    };
    let mut header = PageHeader::new(cx, title.clone()).back(cx.t("reports-own-title"), "/laboratory");
    if let Some(laboratory) = &held.laboratory {
        header = header.mark(laboratory_mark(cx, laboratory.state));
    }
    let body = html! {
        (header)
        (errors)
        @if let Some(laboratory) = held.laboratory.as_ref().filter(|laboratory| !laboratory.reason.is_empty()) {
            (alert(Tone::Neutral, &cx.t("reports-decision"), &laboratory.reason))
        }
        (card(&cx.t("reports-profile"), form_post(cx, "/laboratory/profile", form)))
        @if let Some(laboratory) = &held.laboratory { (card(&cx.t("reports-keys"), keys(cx, laboratory, &held.keys, errors))) }
    };
    shell::partner(cx, &title, body)
}

fn keys(cx: &View, laboratory: &Laboratory, keys: &[LaboratoryKey], errors: &FormErrors) -> Markup {
    if laboratory.own_did {
        return html! { p { (cx.t("reports-keys-own")) } p { (copyable(cx, &laboratory.did)) } };
    }
    html! {
        div class="ts-stack" {
            @if !laboratory.did.is_empty() {
                p { (copyable(cx, &laboratory.did)) }
                @if laboratory.did.starts_with("did:web:") {
                    p { a href={ "/did/laboratories/" (laboratory.id) "/did.json" } { (cx.t("reports-did-document")) } }
                }
            }
            (keys_table(cx, keys))
            (form_post(cx, "/laboratory/keys", html! {
                p class="ts-muted" { (cx.t("reports-key-make-help")) }
                (submit(&cx.t("reports-key-make"), None))
            }))
            details {
                summary { (cx.t("reports-key-register")) }
                (form_post(cx, "/laboratory/keys", html! {
                    (Field::textarea(cx, "public_key", cx.t("reports-public-key"), 4).hint(cx.t("reports-public-key-hint")).required().errors(errors))
                    (submit(&cx.t("reports-key-register"), None))
                }))
            }
        }
    }
}

pub(crate) fn keys_table<'a>(cx: &'a View, keys: &[LaboratoryKey]) -> Table<'a> {
    let revoke = |key: &LaboratoryKey| {
        let form = form_post(
            cx,
            &format!("/laboratory/keys/{}/revoke", key.id),
            html! {
                p { (cx.t("reports-key-revoke-lead")) }
                (Field::text(cx, "reason", cx.t("reports-reason")).required())
                (submit(&cx.t("reports-key-revoke"), None))
            },
        );
        confirm(&cx.t("reports-key-revoke"), "ban", true, form)
    };
    let own = cx.path.starts_with("/laboratory");
    let row = |key: &LaboratoryKey| {
        let use_of = match (key.revoked_at, &key.sealed) {
            (Some(_), _) => badge(Tone::Danger, &cx.t("reports-key-is-revoked")),
            (None, Some(_)) => badge(Tone::Good, &cx.t("reports-key-signs")),
            (None, None) => badge(Tone::Neutral, &cx.t("reports-key-verifies")),
        };
        Row::new()
            .cell(html! { (key.fragment) br; (copyable(cx, &key.public)) })
            .cell(use_of)
            .cell(cx.moment(key.created_at))
            .cell(moment(cx, key.revoked_at))
            .cell(html! { @if own && key.revoked_at.is_none() { (revoke(key)) } })
    };
    Table::new(cx, cx.t("reports-keys"))
        .column(Column::text(cx.t("reports-key")))
        .column(Column::text(cx.t("reports-key-use")))
        .column(Column::text(cx.t("reports-key-made")).quiet())
        .column(Column::text(cx.t("reports-revoked-at")).quiet())
        .column(Column::text(""))
        .rows(keys.iter().map(row))
        .empty(empty("key", &cx.t("reports-keys-none"), &cx.t("reports-keys-none-help"), None))
}
