//! Opening and changing a recall.

use super::parts::{level_text, word};
use crate::model::{InformedBy, Origin, Recall, Remedy};
use crate::{Error, New};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ground::problem::INVALID_INPUT;
use ground::{Problem, Timestamp};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{Choice, Field, FormErrors, PageHeader, card, form_post, submit};
use ui::{View, shell};
use web::{Cx, Failure, Form, Path, Query, Signed, Site};

const PATH: &str = "/console/recalls/new";

/// A recall as it was typed. A page that links here fills some of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    version: i64,
    market: String,
    origin: String,
    origin_ref: String,
    level: String,
    informed_by: String,
    informed_on: String,
    from_sources: Option<String>,
    stop_sale: Option<String>,
    remedy: String,
    reason_zh: String,
    reason_en: String,
    advice_zh: String,
    advice_en: String,
}

impl Typed {
    fn into_new(self) -> New {
        New {
            market: self.market,
            origin: self.origin,
            origin_ref: self.origin_ref,
            level: self.level.trim().parse().unwrap_or(0),
            informed_by: self.informed_by,
            informed_on: self.informed_on,
            from_sources: self.from_sources.is_some(),
            stop_sale: self.stop_sale.is_some(),
            remedy: self.remedy,
            reason_zh: self.reason_zh,
            reason_en: self.reason_en,
            advice_zh: self.advice_zh,
            advice_en: self.advice_en,
        }
    }

    fn of(recall: &Recall, zone: &jiff::tz::TimeZone) -> Typed {
        let content = recall.content.clone();
        let on = |set: bool| set.then(|| "true".to_owned());
        Typed {
            version: recall.version,
            market: recall.market.clone(),
            origin: content.origin.name().into(),
            origin_ref: content.origin_ref,
            level: content.level.to_string(),
            informed_by: content.informed_by.name().into(),
            informed_on: Timestamp::from_micros(content.informed_at_micros).date_in(zone).to_string(),
            from_sources: on(content.from_sources),
            stop_sale: on(content.stop_sale),
            remedy: content.remedy.name().into(),
            reason_zh: content.reason_zh,
            reason_en: content.reason_en,
            advice_zh: content.advice_zh,
            advice_en: content.advice_en,
        }
    }
}

/// The empty form; what the address names is filled in.
pub(crate) async fn new(
    State(site): State<Site>,
    Signed(_): Signed,
    Cx(cx): Cx,
    Query(typed): Query<Typed>,
) -> Result<Markup, Failure> {
    let today = site.kernel().today().to_string();
    let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    let typed = Typed {
        origin: or(typed.origin, "lot"),
        level: or(typed.level, "2"),
        informed_by: or(typed.informed_by, "own"),
        informed_on: or(typed.informed_on, &today),
        remedy: or(typed.remedy, "refund"),
        stop_sale: Some("true".into()),
        ..typed
    };
    Ok(page(&cx, PATH, &cx.t("recalls-new"), &typed, &FormErrors::none()))
}

/// The form of a recall that is not started.
pub(crate) async fn edit(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let recall = crate::get(site.kernel(), &actor, &id).await?;
    let typed = Typed::of(&recall, site.kernel().zone());
    Ok(page(&cx, &format!("/console/recalls/{id}/edit"), &cx.t("recalls-edit"), &typed, &FormErrors::none()))
}

fn page(cx: &View, action: &str, heading: &str, typed: &Typed, errors: &FormErrors) -> Markup {
    let choices = |group: &str, names: Vec<&'static str>| -> Vec<Choice> {
        names.into_iter().map(|name| Choice::new(name, word(cx, group, name))).collect()
    };
    let origins = choices("origin", Origin::ALL.iter().map(|one| one.name()).collect());
    let informed = choices("informed", InformedBy::ALL.iter().map(|one| one.name()).collect());
    let remedies = choices("remedy", Remedy::ALL.iter().map(|one| one.name()).collect());
    let levels = (1..=3_u8).map(|level| Choice::new(level.to_string(), level_text(cx, level))).collect();
    let ticked = |set: &Option<String>| if set.is_some() { "true" } else { "" };
    let form = form_post(
        cx,
        action,
        html! {
            input type="hidden" name="version" value=(typed.version);
            input type="hidden" name="market" value=(typed.market);
            (Field::select(cx, "origin", cx.t("recalls-origin"), origins).required().value(&typed.origin).errors(errors))
            (Field::text(cx, "origin_ref", cx.t("recalls-origin-ref")).hint(cx.t("recalls-origin-ref-hint")).required().value(&typed.origin_ref).errors(errors))
            (Field::select(cx, "level", cx.t("recalls-level"), levels).required().value(&typed.level).errors(errors))
            (Field::select(cx, "informed_by", cx.t("recalls-informed-by"), informed).required().value(&typed.informed_by).errors(errors))
            (Field::date(cx, "informed_on", cx.t("recalls-informed-on")).hint(cx.t("recalls-informed-hint")).value(&typed.informed_on).errors(errors))
            (Field::select(cx, "remedy", cx.t("recalls-remedy"), remedies).required().value(&typed.remedy).errors(errors))
            (Field::checkbox(cx, "stop_sale", cx.t("recalls-stop-sale")).value(ticked(&typed.stop_sale)).errors(errors))
            (Field::checkbox(cx, "from_sources", cx.t("recalls-from-sources")).hint(cx.t("recalls-from-sources-hint")).value(ticked(&typed.from_sources)).errors(errors))
            (Field::textarea(cx, "reason_zh", cx.t("recalls-reason-zh"), 3).value(&typed.reason_zh).errors(errors))
            (Field::textarea(cx, "reason_en", cx.t("recalls-reason-en"), 3).value(&typed.reason_en).errors(errors))
            (Field::textarea(cx, "advice_zh", cx.t("recalls-advice-zh"), 3).value(&typed.advice_zh).errors(errors))
            (Field::textarea(cx, "advice_en", cx.t("recalls-advice-en"), 3).value(&typed.advice_en).errors(errors))
            (submit(&cx.t("recalls-save"), Some((&cx.t("recalls-back"), "/console/recalls"))))
        },
    );
    shell::console(
        cx,
        heading,
        html! {
            (PageHeader::new(cx, heading).back(cx.t("recalls-title"), "/console/recalls").lead(cx.t("recalls-new-lead")))
            (errors)
            (card("", form))
        },
    )
}

/// The form again with what is wrong; every other failure goes on.
fn refused(cx: &View, error: Error, action: &str, heading: &str, typed: &Typed) -> Result<Response, Failure> {
    let problem = Problem::from(error);
    if problem.code != &INVALID_INPUT {
        return Err(problem.into());
    }
    let errors = FormErrors::of_problem(cx, &problem);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(cx, action, heading, typed, &errors)).into_response())
}

/// Opens the recall and shows what it reaches.
pub(crate) async fn open(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    match crate::open(site.kernel(), &actor, typed.clone().into_new()).await {
        Ok(recall) => Ok(web::redirect(&format!("/console/recalls/{}", recall.id)).into_response()),
        Err(error) => refused(&cx, error, PATH, &cx.t("recalls-new"), &typed),
    }
}

/// Changes it.
pub(crate) async fn change(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    match crate::change(site.kernel(), &actor, &id, typed.version, typed.clone().into_new()).await {
        Ok(_) => Ok(web::redirect(&format!("/console/recalls/{id}")).into_response()),
        Err(error) => refused(&cx, error, &format!("/console/recalls/{id}/edit"), &cx.t("recalls-edit"), &typed),
    }
}
