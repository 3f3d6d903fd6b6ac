//! One search over merchants, listings and acts.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::{Actor, Kernel, Paging, Permission};
use maud::html;
use serde::Deserialize;
use ui::parts::*;
use ui::shell;
use web::{Cx, Failure, Query, Signed, Site};

/// Finds of each kind on the page.
const FINDS_MAX: u64 = 10;

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
}

struct Find {
    label: String,
    note: String,
    href: String,
}

/// `GET /search?q=`: an id leads straight to its page.
pub(crate) async fn page(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let words: String = asked.q.trim().chars().take(ground::limits::LINE_CHARS_MAX).collect();
    if ground::id::is_id(&words)
        && let Some(href) = by_id(site.kernel(), &actor, &words).await?
    {
        return Ok(web::redirect(&href).into_response());
    }
    let groups = if words.is_empty() { Vec::new() } else { by_words(site.kernel(), &actor, &words).await? };
    let found = groups.iter().any(|(_, finds)| !finds.is_empty());
    let body = html! {
        (PageHeader::new(&cx, cx.ta("app-search-title", &[("words", words.as_str().into())])))
        @for (heading, finds) in &groups {
            @if !finds.is_empty() {
                (card(&cx.t(heading), html! {
                    ul class="list-unstyled" {
                        @for find in finds { li { a href=(find.href) { (find.label) } " " span class="text-secondary" { (find.note) } } }
                    }
                }))
            }
        }
        @if !found { (empty("search", &cx.t("app-search-none"), &cx.t("app-search-none-help"), None)) }
    };
    Ok(shell::page(&cx, &cx.t("app-search"), body).into_response())
}

async fn by_id(kernel: &Kernel, actor: &Actor, id: &str) -> kernel::Result<Option<String>> {
    if actor.may(Permission::LedgerRead) && kernel::store::act(kernel, id).await?.is_some() {
        return Ok(Some(format!("/console/ledger/{id}")));
    }
    let area = if actor.organisation.is_some() { "merchant" } else { "console" };
    if listings::get(kernel, actor, id).await.is_ok() {
        return Ok(Some(format!("/{area}/listings/{id}")));
    }
    if actor.organisation.is_none() && merchants::get(kernel, actor, id).await.is_ok() {
        return Ok(Some(format!("/console/merchants/{id}")));
    }
    Ok(None)
}

async fn by_words(kernel: &Kernel, actor: &Actor, words: &str) -> kernel::Result<Vec<(&'static str, Vec<Find>)>> {
    let paging = Paging::new(1, FINDS_MAX);
    let mut groups = Vec::new();
    if actor.may(Permission::MerchantsRead) {
        let filter = merchants::Filter { search: Some(words.to_owned()), ..merchants::Filter::default() };
        let page = merchants::list(kernel, actor, &filter, &paging).await?;
        let finds = page.rows.into_iter().map(|merchant| Find {
            href: format!("/console/merchants/{}", merchant.id),
            note: merchant.company.uscc.clone(),
            label: merchant.company.legal_name,
        });
        groups.push(("app-search-merchants", finds.collect()));
    }
    let area = if actor.organisation.is_some() { "merchant" } else { "console" };
    let filter = listings::Filter { search: Some(words.to_owned()), ..listings::Filter::default() };
    let page = listings::list(kernel, actor, &filter, &paging).await?;
    let finds = page.rows.into_iter().map(|listing| Find {
        href: format!("/{area}/listings/{}", listing.id),
        note: listing.external_id,
        label: listing.title,
    });
    groups.push(("app-search-listings", finds.collect()));
    Ok(groups)
}
