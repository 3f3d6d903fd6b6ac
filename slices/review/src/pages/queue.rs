//! The queue: what waits where, what the reader holds, and the list.

use super::{Titles, ways, worst_mark};
use crate::model::{Item, ItemState, Worst};
use crate::queue::{self, Filter, QueueCount, SORTS};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ground::limits::PAGE_ROWS_MAX;
use kernel::{Actor, Page, Paging, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{
    Column, FilterBar, KeyHelp, PageHeader, Paging as Pages, Row, Sort, Table, Tone, badge, card, empty, form_post,
    status,
};
use ui::{View, icon, shell};
use web::{Cx, Failure, Form, PagingQuery, Query, Signed, Site, redirect, redirect_with_flash};

/// Most rows of an export.
const EXPORT_PAGES_MAX: u64 = 50;

/// The filter as it stands in the address.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    state: Option<String>,
    queue: Option<String>,
    worst: Option<String>,
    category: Option<String>,
    market: Option<String>,
    mine: Option<String>,
    overdue: Option<String>,
    q: Option<String>,
}

impl Asked {
    fn filter(&self, actor: &Actor, now: ground::Timestamp) -> kernel::Result<Filter> {
        let rest = Filter {
            queue: self.queue.clone(),
            category: self.category.clone(),
            market: self.market.clone(),
            claimed_by: self.mine.as_deref().filter(|mine| *mine == "true").map(|_| actor.id.clone()),
            overdue_at: self.overdue.as_deref().filter(|overdue| *overdue == "true").map(|_| now),
            search: self.q.clone(),
            open: self.state.is_none(),
            ..Filter::default()
        };
        crate::api::filter(self.state.as_deref(), self.worst.as_deref(), rest)
    }
}

/// `/console/review`.
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<Asked>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let kernel = site.kernel();
    let filter = asked.filter(&actor, kernel.now())?;
    let counts = queue::queues(kernel, &actor).await?;
    let held = queue::held(kernel, &actor).await?;
    let found = queue::list(kernel, &actor, &filter, &paging).await?;
    Ok(page(&cx, &actor, &Titles::of(kernel)?, &counts, &held, &found))
}

/// From which queue.
#[derive(Debug, Deserialize)]
pub(crate) struct NextForm {
    queue: Option<String>,
}

/// `POST /console/review/next`: the most urgent item, claimed.
pub(crate) async fn next(
    State(site): State<Site>,
    Signed(actor): Signed,
    Form(form): Form<NextForm>,
) -> Result<Response, Failure> {
    let taken = queue::take_next(site.kernel(), &actor, form.queue.as_deref()).await;
    Ok(match taken {
        Ok(Some(item)) => redirect(&format!("/console/review/{}", item.id)).into_response(),
        Ok(None) => redirect_with_flash("/console/review", "review-flash-nothing").into_response(),
        // Hands are full: on with what is in them.
        Err(problem) if problem.code.code == "review_claims_full" => {
            match queue::held(site.kernel(), &actor).await?.first() {
                Some(item) => {
                    redirect(&format!("/console/review/{}", item.id)).warning("review-flash-full", &[]).into_response()
                }
                None => return Err(problem.into()),
            }
        }
        Err(problem) => return Err(problem.into()),
    })
}

/// `/console/review.csv`.
pub(crate) async fn export(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let filter = asked.filter(&actor, kernel.now())?;
    let titles = Titles::of(kernel)?;
    let header =
        ["id", "title", "merchant", "category", "market", "queue", "severity", "state", "requested", "due", "rules"];
    let mut out = web::csv::Writer::new(header);
    for number in 1..=EXPORT_PAGES_MAX {
        let page = queue::list(kernel, &actor, &filter, &Paging::new(number, PAGE_ROWS_MAX)).await?;
        for item in &page.rows {
            out.row([
                item.id.as_str(),
                &item.title,
                &item.merchant_name,
                &item.category,
                &item.market,
                &titles.get(&cx, &item.queue),
                item.worst.name(),
                item.state.name(),
                &item.requested_at.to_rfc3339(),
                &item.due_at.to_rfc3339(),
                &item.rules.join(" "),
            ]);
        }
        if number >= page.pages() {
            break;
        }
    }
    Ok(out.download("review.csv")?)
}

fn page(cx: &View, actor: &Actor, titles: &Titles, counts: &[QueueCount], held: &[Item], found: &Page<Item>) -> Markup {
    let decides = actor.may(Permission::ReviewDecide);
    let take = form_post(
        cx,
        "/console/review/next",
        html! {
            button class="btn btn-primary" type="submit" data-key="t" { (icon("player-play")) (cx.t("review-take-next")) }
        },
    );
    let mut header = PageHeader::new(cx, cx.t("review-title")).lead(cx.t("review-lead"));
    if decides {
        header = header.action(take);
    }
    shell::console(
        cx,
        &cx.t("review-title"),
        html! {
            (header)
            (ways(cx, actor))
            div class="ts-halves" {
                (card(&cx.t("review-queues"), queues(cx, decides, titles, counts)))
                @if decides { (card(&cx.t("review-mine"), mine(cx, titles, held))) }
            }
            (filters(cx, titles, counts))
            (list(cx, titles, found))
            (KeyHelp::new(cx).key("t", cx.t("review-take-next")).key("/", cx.t("review-search")))
        },
    )
}

fn queues(cx: &View, decides: bool, titles: &Titles, counts: &[QueueCount]) -> Markup {
    let row = |count: &QueueCount| {
        let name = titles.get(cx, &count.queue);
        let late = if count.overdue > 0 {
            badge(Tone::Danger, &cx.number(count.overdue))
        } else {
            html! { "0" }
        };
        let row = Row::new()
            .link(cx.href_with(&[("queue", Some(count.queue.as_str())), ("page", None)]))
            .cell(&name)
            .cell(cx.number(count.waiting))
            .cell(cx.number(count.claimed))
            .cell(late);
        if !decides {
            return row;
        }
        row.cell(form_post(
            cx,
            "/console/review/next",
            html! {
                input type="hidden" name="queue" value=(count.queue);
                button class="btn btn-sm" type="submit" disabled[count.waiting == 0]
                    aria-label={ (cx.t("review-take-from")) " " (name) } { (cx.t("review-take-from")) }
            },
        ))
    };
    let mut table = Table::new(cx, cx.t("review-queues"))
        .column(Column::text(cx.t("review-queue")))
        .column(Column::number(cx.t("review-state-waiting")))
        .column(Column::number(cx.t("review-state-claimed")))
        .column(Column::number(cx.t("review-overdue")));
    if decides {
        table = table.column(Column::text(cx.t("review-take")));
    }
    html! { (table.rows(counts.iter().map(row))) }
}

fn mine(cx: &View, titles: &Titles, held: &[Item]) -> Markup {
    let row = |item: &Item| {
        Row::new()
            .link(format!("/console/review/{}", item.id))
            .cell(&item.title)
            .cell(titles.get(cx, &item.queue))
            .cell(titles.clock(cx, item))
            .cell(item.lease_until.map(|until| cx.time_ago(until)).unwrap_or_default())
    };
    html! {
        (Table::new(cx, cx.t("review-mine"))
            .column(Column::text(cx.t("review-item")))
            .column(Column::text(cx.t("review-queue")).quiet())
            .column(Column::text(cx.t("review-due")))
            .column(Column::text(cx.t("review-lease")))
            .rows(held.iter().map(row))
            .empty(empty("user-check", &cx.t("review-mine-none"), &cx.t("review-mine-none-help"), None)))
    }
}

fn filters(cx: &View, titles: &Titles, counts: &[QueueCount]) -> Markup {
    let states = [
        ItemState::Waiting,
        ItemState::Claimed,
        ItemState::Decided,
        ItemState::SecondReview,
        ItemState::Disagreed,
        ItemState::Closed,
    ];
    let states = states.map(|state| (state.name().to_owned(), state_text(cx, state)));
    let worst = [Worst::Minor, Worst::Major, Worst::Severe].map(|worst| {
        let name = super::level(worst).map(|level| level.label(cx)).unwrap_or_default();
        (worst.name().to_owned(), cx.ta("review-at-least", &[("level", name.into())]))
    });
    let queues = counts.iter().map(|count| (count.queue.clone(), titles.get(cx, &count.queue))).collect();
    let markets = ["cn", "us", "eu"].map(|market| (market.to_owned(), market.to_uppercase()));
    html! {
        (FilterBar::new(cx)
            .search("q", cx.t("review-search"))
            .choice("state", cx.t("review-state"), states.to_vec())
            .choice("queue", cx.t("review-queue"), queues)
            .choice("worst", cx.t("review-severity"), worst.to_vec())
            .choice("market", cx.t("review-market"), markets.to_vec())
            .saved(cx.t("review-saved-overdue"), "overdue=true&sort=due")
            .saved(cx.t("review-saved-severe"), "worst=severe"))
    }
}

/// The word for a state.
pub(crate) fn state_text(cx: &View, state: ItemState) -> String {
    cx.t(&format!("review-state-{}", state.name().replace('_', "-")))
}

fn state_mark(cx: &View, item: &Item) -> Markup {
    let (tone, icon_name) = match item.state {
        ItemState::Waiting => (Tone::Neutral, "clock"),
        ItemState::Claimed if !item.is_held(cx.now) => {
            return status(Tone::Neutral, "clock", &state_text(cx, ItemState::Waiting));
        }
        ItemState::Claimed => (Tone::Info, "user"),
        ItemState::Decided => (Tone::Good, "circle-check"),
        ItemState::SecondReview => (Tone::Info, "users"),
        ItemState::Disagreed => (Tone::Waiting, "scale"),
        ItemState::Closed => (Tone::Neutral, "x"),
    };
    status(tone, icon_name, &state_text(cx, item.state))
}

fn list(cx: &View, titles: &Titles, found: &Page<Item>) -> Markup {
    let row = |item: &Item| {
        let open = matches!(item.state, ItemState::Waiting | ItemState::Claimed);
        let due = if open { titles.clock(cx, item) } else { cx.moment(item.decided_at.unwrap_or(item.due_at)) };
        Row::new()
            .link(format!("/console/review/{}", item.id))
            .cell(&item.title)
            .cell(&item.merchant_name)
            .cell(titles.category(cx, &item.market, &item.category))
            .cell(titles.get(cx, &item.queue))
            .cell(worst_mark(cx, item.worst))
            .cell(state_mark(cx, item))
            .cell(due)
    };
    html! {
        (Table::new(cx, cx.t("review-items"))
            .column(Column::text(cx.t("review-item")).sort("title"))
            .column(Column::text(cx.t("review-merchant")).quiet())
            .column(Column::text(cx.t("review-category")).quiet())
            .column(Column::text(cx.t("review-queue")).sort("queue").quiet())
            .column(Column::text(cx.t("review-severity")).sort("severity"))
            .column(Column::text(cx.t("review-state")))
            .column(Column::text(cx.t("review-due")).sort("due"))
            .sorted(Sort::from_view(cx, SORTS, "due"))
            .rows(found.rows.iter().map(row))
            .export("CSV", "/console/review.csv")
            .empty(empty("checks", &cx.t("review-none"), &cx.t("review-none-help"), None))
            .paging(Pages::pages(cx, found.paging.page, found.pages(), found.total)))
    }
}
