//! Bad input through the public doors: each is refused with place and remedy in the reader's language, nothing is half
//! kept, nothing breaks. One file for each kind of door.

mod borders;
mod files;
mod forms;
mod imports;
mod markup;
mod outward;
mod requests;
mod rules;
mod twice;

use anyhow::Result;
use axum::body::Body;
use axum::http::{Method, Request, header};
use kernel::Role;
use market::{Demonstration, Merchant};
use serde_json::{Value, json};
use std::sync::LazyLock;
use testkit::{Answer, App, Client};

/// A text that would run in a page which does not escape it.
pub const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
/// Time that passes before each request of a long row of them, so that the rate limit does not speak instead.
const BETWEEN_MICROS: i64 = 60_000;

static MARKET: LazyLock<Demonstration> = LazyLock::new(|| market::generate(7, "2026-03-02".parse().expect("a date")));

/// An honest merchant by its place among the honest ones.
pub fn honest(place: usize) -> Merchant {
    MARKET.merchants.iter().filter(|merchant| merchant.truth.is_empty()).nth(place).expect("an honest merchant").clone()
}

/// What an honest merchant lists, as the API takes it.
pub fn goods(merchant: &Merchant) -> Value {
    let place = MARKET.merchants.iter().position(|one| one.login == merchant.login).expect("a merchant");
    let listing = MARKET.listings.iter().find(|one| one.merchant == place && one.truth.is_empty()).expect("a listing");
    json!({
        "external_id": "SKU-1", "title": listing.title, "description": listing.description, "category": listing.category,
        "brand": listing.brand, "gtin": listing.gtin, "price_minor": listing.price_minor, "currency": "CNY",
        "attributes": listing.attributes,
    })
}

/// The same with other fields.
pub fn with(mut body: Value, changes: &[(&str, Value)]) -> Value {
    for (name, value) in changes {
        body[*name] = value.clone();
    }
    body
}

/// A merchant's file as the API takes it.
pub fn file_of(merchant: &Merchant) -> Value {
    json!({
        "market": "cn",
        "company": {
            "uscc": merchant.uscc, "legal_name": merchant.name, "shop_name": merchant.shop_name,
            "representative": merchant.representative, "representative_id": merchant.representative_id,
            "address": merchant.return_address,
        },
        "contacts": {
            "contact_name": merchant.representative, "phone": merchant.phone, "email": merchant.email,
            "bank_name": merchant.bank_name, "bank_holder": merchant.name, "bank_account": merchant.bank_account,
            "return_addresses": [{ "name": merchant.representative, "phone": merchant.phone, "address": merchant.return_address }],
        },
        "categories": merchant.categories,
    })
}

/// A merchant who may sell: its door and its id.
pub struct Shop {
    pub door: Client,
    pub id: String,
    pub paper: String,
    pub merchant: Merchant,
}

/// Enrols the honest merchant of a place, its file written by `change`.
pub async fn enrolled(app: &App, place: usize, change: impl Fn(&mut Merchant)) -> Result<Shop> {
    let mut merchant = honest(place);
    change(&mut merchant);
    let door = app.signed_in(Role::Merchant, &merchant.login).await?;
    let file = door.post_json("/v1/merchants", &file_of(&merchant)).await?.ok()?;
    let id = file["id"].as_str().unwrap_or_default().to_owned();
    let mut last = String::new();
    for paper in &merchant.papers {
        let (from, until) = (paper.from.to_string(), paper.until.map(|date| date.to_string()).unwrap_or_default());
        let fields = [
            ("kind", paper.kind.as_str()),
            ("number", &paper.number),
            ("holder", &paper.holder),
            ("issuer", &paper.issuer),
            ("valid_from", &from),
            ("valid_until", &until),
        ];
        let files = [("file", "paper.pdf", "application/pdf", paper.file.as_slice())];
        let added = door.post_files(&format!("/v1/merchants/{id}/qualifications"), &fields, &files).await?.ok()?;
        last = added["id"].as_str().unwrap_or_default().to_owned();
    }
    let version = door.get(&format!("/v1/merchants/{id}")).await?.ok()?["version"].clone();
    door.post_json(&format!("/v1/merchants/{id}/submit"), &json!({ "version": version })).await?.ok()?;
    app.settle().await?;
    let manager = app.signed_in(Role::Manager, "enrolling-manager").await?;
    let seen = manager.get(&format!("/v1/merchants/{id}")).await?.ok()?;
    if seen["state"] != "enrolled" {
        let decision = json!({ "version": seen["version"], "move": "enrol", "reasons": ["in_order"], "note": "已核对", "confirm_papers": true });
        manager.post_json(&format!("/v1/merchants/{id}/decisions"), &decision).await?.ok()?;
    }
    app.settle().await?;
    Ok(Shop { door, id, paper: last, merchant })
}

/// Lets the time of some requests pass.
pub fn pass(app: &App) {
    app.clock.advance_micros(BETWEEN_MICROS);
}

/// Sends a body of any kind.
pub async fn raw(client: &Client, method: &str, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
    let request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
    let request = request.header(header::CONTENT_TYPE, kind).header("x-csrf-token", client.csrf());
    client.send(request.body(body.into()).unwrap()).await.unwrap()
}

/// Sends a request as it is.
pub async fn sent(client: &Client, request: Request<Body>) -> Answer {
    client.send(request).await.unwrap()
}

/// The code of a problem and the places its faults name.
pub fn told(answer: &Answer) -> (u16, String, Vec<String>) {
    let body = answer.json().unwrap_or_default();
    let place = |fault: &Value| fault["pointer"].as_str().or(fault["field"].as_str()).unwrap_or("").to_owned();
    let places = body["errors"].as_array().into_iter().flatten().map(place).collect();
    (answer.status.as_u16(), body["code"].as_str().unwrap_or("").to_owned(), places)
}

/// Whether a text is in Chinese.
fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c))
}

/// What must never reach a reader: names of texts instead of texts, the insides of the product.
const INSIDES: [&str; 14] = [
    "⟨",
    "panicked",
    "sqlx",
    "sea_orm",
    "SeaORM",
    "DbErr",
    "no such column",
    "src/",
    ".rs:",
    "RUST",
    "expected struct",
    "invalid type",
    "EOF while",
    "Some(",
];

/// What is wrong with an answer as a reader sees it; empty where it is fine.
pub fn flaws(answer: &Answer, chinese: bool) -> Vec<String> {
    let mut flaws = Vec::new();
    let text = answer.text();
    if answer.status.is_server_error() {
        flaws.push(format!("{}: {}", answer.status, text.chars().take(400).collect::<String>()));
    }
    for inside in INSIDES.iter().filter(|inside| answer.status.is_client_error() && text.contains(**inside)) {
        let at = text.find(inside).unwrap_or(0);
        flaws.push(format!("shows {inside:?}: {}", text[at..].chars().take(160).collect::<String>()));
    }
    if answer.content_type.starts_with("application/problem+json") {
        let body = answer.json().unwrap_or_default();
        let details = body["errors"].as_array().into_iter().flatten().map(|fault| &fault["detail"]);
        for said in details.chain([&body["title"]]) {
            let said = said.as_str().unwrap_or("");
            if said.is_empty() || (chinese && !is_chinese(said)) {
                flaws.push(format!("is not said in the reader's language: {said:?}"));
            }
        }
    }
    flaws
}

/// Asserts that an answer refuses with a code and says it well; gives the places its faults name.
#[track_caller]
pub fn refused(answer: &Answer, status: u16, code: &str) -> Vec<String> {
    let (is, named, places) = told(answer);
    assert_eq!((is, named.as_str()), (status, code), "{}", answer.text());
    assert_eq!(flaws(answer, true), Vec::<String>::new());
    places
}
