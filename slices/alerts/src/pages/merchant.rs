//! `/merchant/alerts`: what is being done about a merchant's own goods, and what it can do.

use super::{detail, words};
use crate::backtest::row_of;
use crate::list::{self, Filter};
use crate::model::Alert;
use axum::extract::State as FromState;
use maud::{Markup, html};
use ui::parts::{Column, PageHeader, Paging as Pages, Row, Table, Tone, alert, card, empty, facts};
use ui::shell;
use web::{Cx, Failure, PagingQuery, Path, Signed, Site};

pub(crate) async fn show(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let found = list::list(site.kernel(), &actor, &Filter::default(), &paging).await?;
    let title = cx.t("alerts-merchant-title");
    let row = |one: &Alert| {
        let name = if one.about.title.is_empty() { one.subject.local() } else { &one.about.title };
        Row::new()
            .link(format!("/merchant/alerts/{}", one.id))
            .cell(name)
            .cell(words::family(&cx, one.family))
            .cell(words::state(&cx, one))
            .cell(words::day(one.since_day))
            .cell(one.stopped_at.map(|at| cx.moment(at)).unwrap_or_default())
    };
    let body = html! {
        (PageHeader::new(&cx, &title).lead(cx.t("alerts-merchant-lead")))
        (Table::new(&cx, &title)
            .column(Column::text(cx.t("alerts-what")))
            .column(Column::text(cx.t("alerts-family")))
            .column(Column::text(cx.t("alerts-state")))
            .column(Column::text(cx.t("alerts-since")))
            .column(Column::text(cx.t("alerts-stopped-at")))
            .rows(found.rows.iter().map(row))
            .empty(empty("shield-check", &cx.t("alerts-merchant-none"), &cx.t("alerts-merchant-none-help"), None))
            .paging(Pages::pages(&cx, found.paging.page, found.pages(), found.total)))
    };
    Ok(shell::merchant(&cx, &title, body))
}

pub(crate) async fn one(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let kernel = site.kernel();
    let case = list::one(kernel, &actor, &id).await?;
    let one = &case.alert;
    let title = words::title(&cx, one);
    let mut reasons = Vec::new();
    for contribution in &one.contributions {
        if let Some((_, _, row)) = row_of(kernel, &contribution.finding.policy, kernel.today())?
            && let (Some(reason), Some(fix)) = (&row.reason, &row.fix)
        {
            let text =
                |both: &policy::Bilingual| if cx.lang().starts_with("zh") { both.zh.clone() } else { both.en.clone() };
            reasons.push((text(reason), text(fix)));
        }
    }
    reasons.dedup();
    let listing =
        one.about.listing_id.as_ref().map(|id| html! { a href={ "/merchant/listings/" (id) } { (one.about.title) } });
    let body = html! {
        (PageHeader::new(&cx, &title).back(cx.t("alerts-merchant-title"), "/merchant/alerts").mark(words::state(&cx, one)))
        @if one.stopped_at.is_some() && one.state.is_standing() {
            (alert(Tone::Danger, &cx.t("alerts-merchant-stopped"), cx.t("alerts-merchant-stopped-help")))
        }
        (card(&cx.t("alerts-facts"), html! {
            (facts()
                .add(cx.t("alerts-what"), listing.unwrap_or_else(|| html! { (one.subject.local()) }))
                .add(cx.t("alerts-family"), words::family(&cx, one.family))
                .add(cx.t("alerts-since"), words::day(one.since_day))
                .maybe(cx.t("alerts-inspection-at"), one.inspection_at.map(|at| cx.moment(at)))
                .maybe(cx.t("alerts-stopped-at"), one.stopped_at.map(|at| cx.moment(at)))
                .maybe(cx.t("alerts-reason"), one.reason.map(|reason| detail::reason_text(&cx, reason))))
        }))
        @for (reason, fix) in &reasons {
            (card(reason, html! { p { (cx.t("alerts-merchant-fix")) " " (fix) } }))
        }
        @if let Some(strongest) = one.strongest() {
            @if !strongest.finding.curve.points.is_empty() {
                (card(&cx.t("alerts-curve"), html! { p { (detail::sentence(&cx, strongest)) } (detail::curve(&cx, 0, strongest)) }))
            }
        }
    };
    Ok(shell::merchant(&cx, &title, body))
}
