//! One unit: what a pasted or scanned code says.

use super::parts::{Side, genuine_mark, lot_mark, unit_mark};
use crate::model::{Authenticity, Covered, Turn, UnitStanding, UnitState};
use crate::units::Unreadable;
use axum::extract::State;
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{Field, FormErrors, PageHeader, Tone, alert, card, copyable, facts, form_get, submit};
use ui::{View, shell};
use web::{Cx, Failure, Query, Signed, Site};

/// The code to look up.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct UnitQuery {
    code: String,
}

/// The page of a unit.
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<UnitQuery>,
) -> Result<Markup, Failure> {
    let kernel = site.kernel();
    let code = query.code.trim().to_owned();
    let (mut errors, mut found) = (FormErrors::none(), None);
    if !code.is_empty() {
        match crate::verify(kernel, &actor, std::slice::from_ref(&code)).await?.pop() {
            Some(Ok(unit)) => found = Some(unit),
            Some(Err(why)) => errors = errors.and(&cx, "code", said(&cx, &why)),
            None => {}
        }
    }
    let merchant = found.as_ref().and_then(|unit| unit.batch.as_ref()).map(|batch| batch.merchant_id.clone());
    let names = super::list::names(kernel, merchant.iter()).await?;
    let title = cx.t("trace-unit-title");
    let ask = form_get(
        "/console/trace/unit",
        html! {
            (Field::text(&cx, "code", cx.t("trace-code-paste")).hint(cx.t("trace-code-paste-hint")).value(&code)
                .autocomplete("off").errors(&errors))
            (submit(&cx.t("trace-look-up"), None))
        },
    );
    Ok(shell::console(
        &cx,
        &title,
        html! {
            (PageHeader::new(&cx, title.clone()).back(cx.t("trace-title"), "/console/trace"))
            (errors)
            (card("", ask))
            @if let Some(unit) = &found { (standing(&cx, unit, names.values().next())) }
        },
    ))
}

fn said(cx: &View, why: &Unreadable) -> String {
    match why {
        Unreadable::Refused(error) => {
            let text = if cx.lang().starts_with("zh") { error.text_zh() } else { error.text_en() };
            cx.ta("trace-unreadable-refused", &[("place", (error.position + 1).into()), ("why", text.into())])
        }
        Unreadable::NoGtin => cx.t("trace-unreadable-gtin"),
        Unreadable::NoSerial => cx.t("trace-unreadable-serial"),
        Unreadable::TooLong => cx.t("trace-unreadable-long"),
    }
}

fn turn(cx: &View, turn: &Turn) -> Markup {
    html! {
        (cx.moment(turn.at)) " "
        @if !turn.reason.is_empty() { (cx.t(&format!("trace-reason-{}", turn.reason))) " " }
        div { a href={ "/proofs/" (turn.act_id) } { (cx.t("trace-proof")) } }
    }
}

fn standing(cx: &View, unit: &UnitStanding, merchant: Option<&String>) -> Markup {
    let warning = match (unit.authenticity, unit.state) {
        (Authenticity::Forged, _) => Some(cx.t("trace-warn-forged")),
        (Authenticity::UnknownKey, _) => Some(cx.t("trace-warn-unknown")),
        (_, UnitState::Unminted) => Some(cx.t("trace-warn-unminted")),
        _ if unit.orders > 1 => Some(cx.ta("trace-warn-orders", &[("n", unit.orders.into())])),
        _ => None,
    };
    let covered = match unit.covered {
        Covered::None => html! { (cx.t("trace-covered-none")) },
        Covered::Unused => html! { (cx.t("trace-covered-unused")) },
        Covered::Used { at } => html! { (cx.t("trace-covered-used")) " " (cx.moment(at)) },
    };
    let mut list = facts()
        .add(cx.t("trace-authenticity"), genuine_mark(cx, unit.authenticity))
        .add(cx.t("trace-gtin"), copyable(cx, unit.gtin.as_str()))
        .add(cx.t("trace-serial"), copyable(cx, &unit.serial));
    if unit.authenticity == Authenticity::Genuine {
        list = list.add(cx.t("trace-state"), unit_mark(cx, unit.state)).add(cx.t("trace-covered"), covered);
        if unit.covered_wrong > 0 {
            let tries = cx.ta("trace-covered-wrong-n", &[("n", unit.covered_wrong.into())]);
            list = list.add(cx.t("trace-covered-wrong"), tries);
        }
    }
    if let Some(batch) = &unit.batch {
        let product = unit.lot.as_ref().map_or_else(|| cx.t("trace-listing"), |lot| lot.product.clone());
        let place = cx.ta("trace-position", &[("n", unit.position.unwrap_or(0).into()), ("count", batch.count.into())]);
        list = list
            .add(
                cx.t("trace-merchant"),
                html! {
                    a href={ "/console/merchants/" (batch.merchant_id) } { (merchant.unwrap_or(&batch.merchant_id)) }
                },
            )
            .add(
                cx.t("trace-listing"),
                html! {
                    a href={ "/console/listings/" (batch.listing_id) } { (product) }
                },
            )
            .add(
                cx.t("trace-batch"),
                html! {
                    a href=(Side::Console.batch(&batch.id)) { (place) } div { (cx.moment(batch.minted_at)) }
                },
            );
    }
    if let Some(lot) = &unit.lot {
        list = list.add(
            cx.t("trace-number"),
            html! {
                a href=(Side::Console.lot(&lot.id)) { (lot.number) } div { (lot_mark(cx, lot.state)) " " (lot.product) }
            },
        );
    }
    list = list
        .maybe(cx.t("trace-commissioned"), unit.commissioned.as_ref().map(|at| turn(cx, at)))
        .maybe(cx.t("trace-decommissioned"), unit.decommissioned.as_ref().map(|at| turn(cx, at)));
    if unit.orders > 0 {
        list = list.add(
            cx.t("trace-sold"),
            html! {
                (cx.ta("trace-orders-n", &[("n", unit.orders.into())]))
                @if let Some(at) = unit.first_sold_at { " " (cx.moment(at)) }
            },
        );
    }
    html! {
        @if let Some(warning) = warning { (alert(Tone::Danger, &warning, html! {})) }
        (card(&cx.t("trace-unit-facts"), html! { (list) }))
    }
}
