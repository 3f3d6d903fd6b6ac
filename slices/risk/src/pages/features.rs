//! `/console/risk/features`: what a score looks at, which way each may move it and why, and the weights of the prior.

use super::only_advice;
use crate::features::FEATURES;
use crate::pages::waterfall::signed;
use crate::parameters::parameters;
use axum::extract::State;
use kernel::Permission;
use maud::{Markup, html};
use ui::parts::{Column, PageHeader, Row, Table, Tone, alert};
use ui::shell;
use web::{Cx, Failure, Signed, Site};

pub(crate) async fn show(State(site): State<Site>, Signed(actor): Signed, Cx(cx): Cx) -> Result<Markup, Failure> {
    actor.require(Permission::RiskRead)?;
    let parameters = parameters(site.kernel())?;
    let title = cx.t("risk-features");
    let row = |(named, weight): (&crate::features::Named, &f64)| {
        Row::new()
            .cell(cx.t(&named.message()))
            .cell(cx.t(&named.unit_message()))
            .cell(cx.t(&format!("risk-direction-{}", named.direction.name())))
            .cell(cx.t(&named.why()))
            .cell(signed(&cx, *weight))
    };
    let body = html! {
        (PageHeader::new(&cx, &title).lead(cx.t("risk-features-lead")).back(cx.t("risk-title"), "/console/risk"))
        (only_advice(&cx))
        (alert(Tone::Waiting, &cx.t("risk-prior"), cx.ta("risk-prior-help", &[("intercept", signed(&cx, parameters.prior_intercept).into())])))
        (Table::new(&cx, &title)
            .column(Column::text(cx.t("risk-feature")))
            .column(Column::text(cx.t("risk-unit")))
            .column(Column::text(cx.t("risk-direction")))
            .column(Column::text(cx.t("risk-why")))
            .column(Column::number(cx.t("risk-prior-weight")))
            .rows(FEATURES.iter().zip(&parameters.prior_weights).map(row)))
    };
    Ok(shell::console(&cx, &title, body))
}
