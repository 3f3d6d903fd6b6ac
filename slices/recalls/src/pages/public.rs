//! The public notice of a recall: for phones, without a script, without personal data.

use super::parts::{level_text, word};
use crate::model::State as RecallState;
use axum::extract::State;
use maud::{Markup, html};
use ui::parts::{card, facts};
use ui::{icon, shell};
use web::{Cx, Failure, Path, Site};

/// The page.
pub(crate) async fn show(State(site): State<Site>, Cx(cx): Cx, Path(id): Path<String>) -> Result<Markup, Failure> {
    let (recall, rows) = crate::public_recall(site.kernel(), &id).await?;
    let over = recall.state == RecallState::Closed;
    let heading = cx.t(if over { "recalls-public-over" } else { "recalls-public-title" });
    let class = if over { "pub-verdict ts-neutral" } else { "pub-verdict ts-danger" };
    Ok(shell::public(
        &cx,
        &heading,
        html! {
            section class=(class) {
                (icon("alert-octagon"))
                h1 { (heading) }
                p { (recall.reason(cx.language)) }
            }
            (card(&cx.t("recalls-advice"), html! { p { (recall.what_to_do(cx.language)) } p { (word(&cx, "remedy", recall.remedy.name())) } }))
            (card(&cx.t("recalls-facts"), html! {
                (facts()
                    .add(cx.t("recalls-level"), level_text(&cx, recall.level))
                    .add(cx.t("recalls-started-at"), cx.date(recall.started_at)))
            }))
            (card(&cx.t("recalls-recalled"), html! {
                ul class="ts-stack" {
                    @for row in &rows { li { (row.name) div class="ts-muted" { (row.code) } } }
                }
            }))
        },
    ))
}
