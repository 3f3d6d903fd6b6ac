//! Loads the demonstration marketplace as its own merchants would: through the public API, one token each.
//!
//! The machine's checks decide about listings. Merchants are confirmed "by hand" by the demonstration's reviewer where the
//! checks found nothing, as a register adapter would; the rest wait for whoever tries the product.

use crate::Application;
use crate::client::Client;
use accounts::{Organisation, OrganisationKind, Origin, SignIn};
use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::Role;
use market::{Demonstration, Listing, Merchant, Paper, Picture};
use serde_json::{Value, json};
use std::path::Path;

/// The demonstration's seed.
const SEED: u64 = 20_261_123;

/// Merchants with traced lots, by their places from 0: those that get links.
const TRACED: [usize; 3] = [0, 9, 36];

/// The sign-in name of a merchant by its place, from 1.
pub fn merchant_login(place: usize) -> String {
    format!("merchant{place:02}")
}

/// Loads it and marks the folder.
///
/// # Errors
/// When the product does not take what its own API describes.
pub async fn load(app: &Application, folder: &Path, player: Option<&super::Player>) -> Result<()> {
    // Before anything else: a start that was interrupted goes on where it was, and does not begin twice.
    std::fs::write(folder.join(super::MARK_FILE), "loading\n").context("demonstration mark")?;
    let made = market::generate(SEED, crate::open::today(&app.kernel));
    let bar = ProgressBar::new((made.merchants.len() + made.listings.len()) as u64);
    bar.set_style(ProgressStyle::with_template("  demonstration marketplace {bar:30} {pos}/{len} {msg}")?);
    let reviewer = door(app, Role::Reviewer, "reviewer", None).await?;
    let mut doors = Vec::new();
    for merchant in &made.merchants {
        doors.push(enrol(app, merchant, &reviewer).await.with_context(|| merchant.name.clone())?);
        bar.inc(1);
    }
    list(&made, &doors, &bar).await?;
    let manager = door(app, Role::Manager, "manager", None).await?;
    super::journeys::load(app, &made, &doors, &TRACED, &manager).await.context("journeys")?;
    if let Some(player) = player {
        bar.set_message("forty days of trade");
        player.begin(app, &made).await.context("days")?;
    }
    bar.finish_with_message("submitted");
    std::fs::write(folder.join(super::MARK_FILE), "loaded\n").context("demonstration mark")?;
    Ok(())
}

/// Somebody with a role comes in by a one-time link, as a person would.
pub(super) async fn door(
    app: &Application,
    role: Role,
    login: &str,
    organisation: Option<Organisation>,
) -> Result<Client> {
    let link = accounts::demonstration_link(&app.kernel, role, login, organisation).await.map_err(told)?;
    match accounts::use_link(&app.kernel, &link, None, &Origin::new("127.0.0.1", "demonstration"))
        .await
        .map_err(told)?
    {
        SignIn::Done { token, .. } => {
            Client::signed_in(app.router.clone(), &format!("{}={token}", web::cookies::SESSION)).await
        }
        SignIn::SecondFactor { .. } => anyhow::bail!("the demonstration's {login} asks for a second factor"),
    }
}

pub(super) fn told(error: accounts::Error) -> anyhow::Error {
    anyhow::Error::new(ground::Problem::from(error))
}

/// A merchant applies: file, papers, submission; the reviewer confirms what the checks found in order.
async fn enrol(app: &Application, merchant: &Merchant, reviewer: &Client) -> Result<Client> {
    let organisation =
        Organisation { kind: OrganisationKind::Merchant, id: app.kernel.new_id(), name: merchant.shop_name.clone() };
    let door = door(app, Role::Merchant, &merchant.login, Some(organisation)).await?;
    let file = door.post_json("/v1/merchants", &file_of(merchant)).await?.ok()?;
    let id = text(&file, "id")?;
    for paper in &merchant.papers {
        add_paper(&door, &id, paper).await.with_context(|| paper.kind.clone())?;
    }
    let version = door.get(&format!("/v1/merchants/{id}")).await?.ok()?["version"].clone();
    let submitted = door.post_json(&format!("/v1/merchants/{id}/submit"), &json!({ "version": version })).await?;
    if !submitted.status.is_success() {
        // Refused at the door: the file stays a draft with its faults, as a real one would.
        return Ok(door);
    }
    let seen = reviewer.get(&format!("/v1/merchants/{id}")).await?.ok()?;
    let papers = reviewer.get(&format!("/v1/merchants/{id}/qualifications")).await?.ok()?;
    let in_order = |value: &Value| {
        value["findings"].as_array().is_none_or(|all| all.iter().all(|finding| finding["weight"] == "note"))
    };
    let in_order = in_order(&seen) && papers.as_array().is_some_and(|all| all.iter().all(in_order));
    if in_order && seen["state"] == "verifying" {
        let decision = json!({
            "version": seen["version"], "move": "enrol", "reasons": ["in_order"], "note": "证件已逐一核对原件",
            "confirm_papers": true,
        });
        reviewer.post_json(&format!("/v1/merchants/{id}/decisions"), &decision).await?.ok()?;
    }
    Ok(door)
}

fn file_of(merchant: &Merchant) -> Value {
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

async fn add_paper(door: &Client, merchant: &str, paper: &Paper) -> Result<()> {
    let until = paper.until.map(|date| date.to_string()).unwrap_or_default();
    let from = paper.from.to_string();
    let fields = [
        ("kind", paper.kind.as_str()),
        ("number", &paper.number),
        ("holder", &paper.holder),
        ("issuer", &paper.issuer),
        ("valid_from", &from),
        ("valid_until", &until),
    ];
    let name = format!("{}.pdf", paper.kind);
    let files = [("file", name.as_str(), "application/pdf", paper.file.as_slice())];
    let answer = door.post_files(&format!("/v1/merchants/{merchant}/qualifications"), &fields, &files).await?;
    // An expired or malformed paper is refused at the door: the merchant goes on without it, as a real one would try.
    if answer.status.is_server_error() {
        answer.ok()?;
    }
    Ok(())
}

async fn list(made: &Demonstration, doors: &[Client], bar: &ProgressBar) -> Result<()> {
    for listing in &made.listings {
        let door = &doors[listing.merchant];
        submit(door, listing).await.with_context(|| listing.external_id.clone())?;
        bar.inc(1);
    }
    Ok(())
}

/// A merchant lists: pictures, content, submission.
async fn submit(door: &Client, listing: &Listing) -> Result<()> {
    let mut images = Vec::new();
    for picture in &listing.pictures {
        images.push(upload(door, picture).await?);
    }
    let body = json!({
        "external_id": listing.external_id, "market": "cn", "title": listing.title, "description": listing.description,
        "category": listing.category, "brand": listing.brand, "gtin": listing.gtin, "price_minor": listing.price_minor,
        "list_price_minor": listing.list_price_minor, "currency": "CNY", "attributes": listing.attributes, "images": images,
        "submit": true,
    });
    door.post_json("/v1/listings", &body).await?.ok()?;
    Ok(())
}

async fn upload(door: &Client, picture: &Picture) -> Result<String> {
    let content = picture.bytes();
    let name = if picture.media_type() == "image/png" { "picture.png" } else { "picture.jpg" };
    let files = [("file", name, picture.media_type(), content.as_slice())];
    text(&door.post_files("/v1/pictures", &[], &files).await?.ok()?, "sha256")
}

pub(super) fn text(value: &Value, key: &str) -> Result<String> {
    value[key].as_str().map(str::to_owned).with_context(|| format!("the answer has no {key}: {value}"))
}
