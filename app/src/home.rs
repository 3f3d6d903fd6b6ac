//! The doors of the house: the public front page, the desk ("what needs me now"), the search.

use crate::search;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ground::time::DAY_MICROS;
use kernel::{Actor, Kernel, Paging, Permission};
use maud::{Markup, html};
use ui::View;
use ui::parts::*;
use ui::shell;
use web::{Access, Cx, Failure, Routes, Signed, Site, Visitor};

/// Latest decisions on the desk.
const LATEST_ACTS: usize = 12;
/// What counts as a decision there; sign-ins and the like are in the ledger's list.
const DECISIONS: [&str; 5] = ["listing.", "merchant.", "qualification.", "policy.", "review."];
/// Kinds of act summed up on the desk.
const KINDS_SHOWN: usize = 10;

/// The routes.
pub fn routes() -> Routes {
    Routes::new().page(Access::Public, "/", get(front)).page(Access::SignedIn, "/console", get(desk)).page(
        Access::SignedIn,
        "/search",
        get(search::page),
    )
}

async fn front(State(site): State<Site>, Visitor(actor): Visitor, Cx(cx): Cx) -> Result<Response, Failure> {
    if let Some(actor) = actor {
        return Ok(web::redirect(start_of(&actor)).into_response());
    }
    let _ = site;
    Ok(shell::public(&cx, &cx.t("app-front-title"), front_page(&cx)).into_response())
}

/// Where somebody begins.
fn start_of(actor: &Actor) -> &'static str {
    match actor.roles.first() {
        Some(kernel::Role::Merchant) => "/merchant",
        Some(kernel::Role::Laboratory) => "/laboratory",
        Some(kernel::Role::Brand) => "/merchant/lots",
        _ => "/console",
    }
}

fn front_page(cx: &View) -> Markup {
    html! {
        h1 { (cx.t("app-front-title")) }
        p { (cx.t("app-front-lead")) }
        ul {
            li { (cx.t("app-front-onboarding")) }
            li { (cx.t("app-front-screening")) }
            li { (cx.t("app-front-ledger")) }
        }
        p { a class="btn btn-primary" href="/sign-in" { (cx.t("app-front-sign-in")) } }
        p { a href="/merchant/join" { (cx.t("app-front-join")) } }
        p { a href="/verify" { (cx.t("app-front-verify")) } }
    }
}

async fn desk(State(site): State<Site>, Signed(actor): Signed, Cx(cx): Cx) -> Result<Response, Failure> {
    if start_of(&actor) != "/console" {
        return Ok(web::redirect(start_of(&actor)).into_response());
    }
    let desk = Desk::read(site.kernel(), &actor).await?;
    Ok(shell::console(&cx, &cx.t("app-desk-title"), desk.render(&cx)).into_response())
}

/// What needs this person now.
struct Desk {
    review: Option<u64>,
    merchants: Option<u64>,
    listings: Vec<(listings::State, u64)>,
    since_yesterday: Vec<(String, u64)>,
    latest: Vec<kernel::ActRecord>,
    second_factor_owed: bool,
}

impl Desk {
    async fn read(kernel: &Kernel, actor: &Actor) -> kernel::Result<Desk> {
        let mut desk = Desk {
            review: None,
            merchants: None,
            listings: Vec::new(),
            since_yesterday: Vec::new(),
            latest: Vec::new(),
            second_factor_owed: actor.roles.is_empty(),
        };
        if actor.may(Permission::ReviewRead) {
            desk.review = Some(review::waiting(kernel, actor).await?);
        }
        if actor.may(Permission::MerchantsRead) {
            desk.merchants = Some(merchants::open_work(kernel, actor).await?);
        }
        if actor.may(Permission::ListingsRead) {
            desk.listings = listings::counts(kernel, actor, None).await?;
        }
        if actor.may(Permission::LedgerRead) {
            desk.since_yesterday = kernel::store::act_counts(kernel, kernel.now().plus_micros(-DAY_MICROS)).await?;
            let paging = Paging::new(1, LATEST_ACTS as u64);
            for prefix in DECISIONS {
                let filter = kernel::store::ActFilter { kind: Some(prefix.to_owned()), ..Default::default() };
                desk.latest.extend(kernel::store::acts(kernel, &filter, &paging).await?.rows);
            }
            desk.latest.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
            desk.latest.truncate(LATEST_ACTS);
        }
        Ok(desk)
    }

    fn render(&self, cx: &View) -> Markup {
        html! {
            (PageHeader::new(cx, cx.t("app-desk-title")).lead(cx.t("app-desk-lead")))
            @if self.second_factor_owed {
                (alert(Tone::Waiting, &cx.t("app-desk-second-factor"), html! {
                    a href="/account/second-factor" { (cx.t("app-desk-second-factor-do")) }
                }))
            }
            div class="ts-tiles" {
                @if let Some(waiting) = self.review {
                    (Tile::new(cx.t("app-desk-review"), cx.number(waiting)).note(cx.t("app-desk-review-note")).link("/console/review"))
                }
                @if let Some(waiting) = self.merchants {
                    (Tile::new(cx.t("app-desk-merchants"), cx.number(waiting)).note(cx.t("app-desk-merchants-note")).link("/console/merchants"))
                }
                @for (state, count) in &self.listings {
                    (Tile::new(cx.t(&state.message_id()), cx.number(*count))
                        .note(cx.t("app-desk-listings-note"))
                        .link(format!("/console/listings?state={}", state.name())))
                }
            }
            @if !self.latest.is_empty() {
                (card(&cx.t("app-desk-latest"), html! { (latest(cx, &self.latest)) }))
            }
            @if !self.since_yesterday.is_empty() {
                (card(&cx.t("app-desk-day"), html! {
                    (self.since_yesterday.iter().take(KINDS_SHOWN).fold(facts(), |facts, (kind, count)| {
                        facts.add(proofs::words::kind(cx, kind), cx.number(i128::from(*count)))
                    }))
                }))
            }
        }
    }
}

fn latest<'a>(cx: &'a View, acts: &[kernel::ActRecord]) -> Timeline<'a> {
    acts.iter().fold(Timeline::new(cx), |timeline, act| {
        let words =
            format!("{} · {}", proofs::words::kind(cx, &act.kind), proofs::words::subject_kind(cx, &act.subject.kind));
        timeline.entry(
            Entry::new(act.at, words)
                .who(proofs::words::short(&act.actor))
                .proof(format!("/console/ledger/{}", act.id)),
        )
    })
}
