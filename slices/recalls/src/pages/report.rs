//! The closing report as a paper: reach, who was told, what came back, how well it worked, the acts with their proofs.

use super::parts::{history, level_text, state_text, word};
use crate::clocks::clocks;
use crate::model::either;
use axum::extract::State;
use ground::{Problem, Timestamp};
use maud::{Markup, html};
use ui::parts::{PageHeader, notice_document};
use ui::shell;
use web::{Cx, Failure, Path, Signed, Site};

/// The page; made for print.
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let kernel = site.kernel();
    let recall = crate::get(kernel, &actor, &id).await?;
    let notices = crate::notices(kernel, &actor, &id).await?;
    let recalled = crate::progress::recalled(kernel, &actor, &id).await?;
    let mut acts = crate::history(kernel, &actor, &id).await?;
    acts.reverse();
    let ids: Vec<String> = notices.iter().map(|notice| notice.merchant_id.clone()).collect();
    let names = merchants::directory(kernel, &ids).await.map_err(Problem::from)?;
    let clocks = clocks(kernel, &recall)?;
    let (content, counts) = (&recall.content, recall.counts);
    let figures = [
        ("recalls-lots", counts.lots),
        ("recalls-units", counts.units),
        ("recalls-sold", counts.sold),
        ("recalls-listings", counts.listings),
        ("recalls-merchants", counts.merchants),
        ("recalls-told", counts.told),
        ("recalls-answered", counts.answered),
        ("recalls-returned", counts.returned),
        ("recalls-remedied", counts.remedied),
    ];
    let body = html! {
        p { (cx.ta("recalls-report-state", &[("state", state_text(&cx, recall.state).into())])) }
        h3 { (cx.t("recalls-facts")) }
        p { (level_text(&cx, content.level)) " · " (word(&cx, "origin", content.origin.name())) ": " (content.origin_ref) }
        p { (either(cx.language, &content.reason_zh, &content.reason_en)) }
        p { (either(cx.language, &content.advice_zh, &content.advice_en)) }
        p { (cx.t("recalls-informed-by")) ": " (word(&cx, "informed", content.informed_by.name())) " · " (cx.date(Timestamp::from_micros(content.informed_at_micros))) }
        h3 { (cx.t("recalls-figures")) }
        table class="table" {
            tbody {
                @for (label, value) in figures {
                    tr { th scope="row" { (cx.t(label)) } td class="ts-num" { (cx.number(value)) } }
                }
                tr {
                    th scope="row" { (cx.t("recalls-effectiveness")) }
                    td class="ts-num" { (counts.effectiveness().map_or_else(|| "—".to_owned(), |share| cx.percent_to(share, 1))) }
                }
            }
        }
        h3 { (cx.t("recalls-clocks")) }
        table class="table" {
            tbody {
                @for one in &clocks {
                    tr {
                        th scope="row" { (word(&cx, "clock", one.name)) }
                        td { (cx.moment(one.due)) }
                        td { @match one.met { Some(met) => (cx.moment(met)), None => "—" } }
                        td { (cx.t(if one.is_late(kernel.now()) { "recalls-clock-late" } else { "recalls-clock-met" })) }
                    }
                }
            }
        }
        h3 { (cx.t("recalls-recalled")) }
        table class="table" {
            thead { tr {
                th scope="col" { (cx.t("recalls-what")) }
                th scope="col" { (cx.t("recalls-units")) }
                th scope="col" { (cx.t("recalls-sold")) }
            } }
            tbody {
                @for row in &recalled {
                    tr { td { (row.name) " " span class="ts-muted" { (row.code) } } td class="ts-num" { (cx.number(row.units)) } td class="ts-num" { (cx.number(row.sold)) } }
                }
            }
        }
        h3 { (cx.t("recalls-notices")) }
        table class="table" {
            thead { tr {
                th scope="col" { (cx.t("recalls-merchant")) }
                th scope="col" { (cx.t("recalls-sent")) }
                th scope="col" { (cx.t("recalls-answer")) }
                th scope="col" { (cx.t("recalls-returned")) }
                th scope="col" { (cx.t("recalls-remedied")) }
            } }
            tbody {
                @for notice in &notices {
                    tr {
                        td { (names.get(&notice.merchant_id).unwrap_or(&notice.merchant_id)) }
                        td { (cx.moment(notice.sent_at)) }
                        td { @match notice.answered_at { Some(at) => { (cx.moment(at)) " " (notice.answer) }, None => (cx.t("recalls-unanswered")) } }
                        td class="ts-num" { (cx.number(notice.returned)) }
                        td class="ts-num" { (cx.number(notice.remedied)) }
                    }
                }
            }
        }
        @if !recall.closing_note.is_empty() { h3 { (cx.t("recalls-closing-note")) } p { (recall.closing_note) } }
        h3 { (cx.t("recalls-history")) }
        (history(&cx, &acts))
    };
    let heading = cx.t("recalls-report");
    let proof = recall.start_act_id.as_ref().map(|act| format!("/proofs/{act}"));
    let paper = notice_document(&cx, &cx.t("recalls-issuer"), &heading, &recall.id, body, proof.as_deref());
    Ok(shell::console(
        &cx,
        &heading,
        html! {
            (PageHeader::new(&cx, heading.clone()).back(super::parts::title(&cx, &recall), format!("/console/recalls/{id}")))
            (paper)
        },
    ))
}
