//! Writing listings: a first version, later ones, and handing them in. Every change is a new version; the one on sale
//! stays there until another passes.

mod read;

pub use read::{
    Comparable, Detail, Evidence, MerchantFile, PastDecision, counts, decision_message, detail, find_by_external_id,
    get, list, named, of_gtin, of_numbers, picture_of, rules_in_use, version,
};

use crate::content::{Content, check_external_id};
use crate::error::Error;
use crate::model::{Listing, Version};
use crate::state::{Event, State, VersionState};
use crate::store;
use ground::{Problem, Timestamp};
use kernel::{Act, Actor, Kernel, Permission, Result, Write};

/// What a new listing starts from.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// Whose.
    pub merchant_id: String,
    /// `cn`, `us`, `eu`.
    pub market: String,
    /// The shop's own number.
    pub external_id: String,
    /// What it says.
    pub content: Content,
    /// When the shop says it was written; `None`: not said.
    pub source_at: Option<Timestamp>,
}

pub(crate) fn may_write(actor: &Actor, merchant_id: &str) -> Result<()> {
    actor.require_own(Permission::ListingsImport, Permission::OwnListings, merchant_id)
}

pub(crate) fn may_read(actor: &Actor, merchant_id: &str) -> Result<()> {
    actor.require_own(Permission::ListingsRead, Permission::OwnListings, merchant_id)
}

pub(crate) fn known_market(kernel: &Kernel, market: &str) -> Result<()> {
    match kernel.packs().market(market) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::Market { market: market.to_owned() }.into()),
    }
}

/// A listing and its first version, as they are about to be written.
pub(crate) fn first_version(
    write_id: impl Fn() -> String,
    new: New,
    by: &str,
    now: Timestamp,
    state: VersionState,
) -> (Listing, Version) {
    let listing_id = write_id();
    let version = version_of(write_id(), &listing_id, &new.merchant_id, &new.market, 1, new.content, by, now, state);
    let listing = Listing {
        id: listing_id,
        merchant_id: new.merchant_id,
        market: new.market,
        external_id: new.external_id,
        category: version.content.category.clone(),
        state: if state == VersionState::Submitted { State::Submitted } else { State::Draft },
        title: version.content.title.clone(),
        price_minor: version.content.price_minor,
        currency: version.content.currency.clone(),
        latest_version_id: version.id.clone(),
        latest_number: 1,
        latest_state: state,
        on_sale_version_id: None,
        on_sale_act_id: None,
        passed_version_id: None,
        decision: None,
        findings: 0,
        worst: 0,
        source_at: new.source_at,
        created_at: now,
        updated_at: now,
    };
    (listing, version)
}

#[allow(clippy::too_many_arguments)]
pub(crate) fn version_of(
    id: String,
    listing_id: &str,
    merchant_id: &str,
    market: &str,
    number: i64,
    content: Content,
    by: &str,
    now: Timestamp,
    state: VersionState,
) -> Version {
    Version {
        id,
        listing_id: listing_id.to_owned(),
        merchant_id: merchant_id.to_owned(),
        market: market.to_owned(),
        number,
        state,
        content_hash: content.hash(),
        content,
        created_by: by.to_owned(),
        created_at: now,
        submitted_at: (state == VersionState::Submitted).then_some(now),
        decided_at: None,
        decided_by: None,
        decided_act_id: None,
        run_id: None,
    }
}

/// A listing once a further version is written: what the list shows follows the newest version.
pub(crate) fn with_version(listing: &Listing, version: &Version) -> Listing {
    let mut next = listing.clone();
    next.category.clone_from(&version.content.category);
    next.title.clone_from(&version.content.title);
    next.price_minor = version.content.price_minor;
    next.currency.clone_from(&version.content.currency);
    next.latest_version_id.clone_from(&version.id);
    next.latest_number = version.number;
    next.latest_state = version.state;
    next.updated_at = version.created_at;
    next
}

/// Writes a draft: a listing with its first version. No act: nobody has been asked anything yet.
///
/// # Errors
/// `invalid_input`, `listing_market`, `listing_taken` when the merchant has that number, `forbidden`, `not_found`.
pub async fn create(kernel: &Kernel, actor: &Actor, new: New) -> Result<Listing> {
    may_write(actor, &new.merchant_id)?;
    known_market(kernel, &new.market)?;
    crate::standing::exists(kernel, &new.merchant_id).await?;
    let new = New { content: new.content.tidied(), external_id: new.external_id.trim().to_owned(), ..new };
    let problems = [check_external_id(&new.external_id).err(), new.content.check().err()];
    let faults: Vec<_> = problems.into_iter().flatten().flat_map(|problem| problem.faults).collect();
    Problem::check(faults)?;
    let external_id = new.external_id.clone();
    let taken = || Problem::from(Error::Taken { external_id: external_id.clone() });
    let numbers = [new.external_id.clone()];
    if !store::listings::by_external_ids(kernel.db().read(), &new.merchant_id, &numbers).await?.is_empty() {
        return Err(taken());
    }
    let (listing, version) = first_version(|| kernel.new_id(), new, &actor.id, kernel.now(), VersionState::Draft);
    let tx = kernel.db().write_tx().await?;
    let row = store::listings::row(&listing, &version.content.brand, &gtin_of(&version.content));
    store::listings::insert(&tx, vec![row])
        .await
        .map_err(|problem| if problem.code.code == "stale" { taken() } else { problem })?;
    store::versions::insert(&tx, std::slice::from_ref(&version)).await?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(listing)
}

/// The GTIN as it is searched for.
pub(crate) fn gtin_of(content: &Content) -> String {
    crate::banks::index::gtin_key(&content.gtin).unwrap_or_else(|| content.gtin.chars().take(40).collect())
}

/// Writes a further version as a draft. `expected_number` is the number of the version the writer started from.
/// The same content as the latest version changes nothing and gives that version back.
///
/// # Errors
/// `listing_stale` when somebody wrote another version meanwhile, `listing_state` for removed goods, `invalid_input`.
pub async fn revise(
    kernel: &Kernel,
    actor: &Actor,
    listing_id: &str,
    expected_number: i64,
    content: Content,
) -> Result<Version> {
    let db = kernel.db().read();
    let listing = store::listings::get(db, listing_id).await?.ok_or_else(Problem::not_found)?;
    may_write(actor, &listing.merchant_id)?;
    if listing.latest_number != expected_number {
        return Err(Error::Stale.into());
    }
    if listing.state == State::Removed {
        return Err(Error::State { state: State::Removed.name().into(), event: "revise".into() }.into());
    }
    let content = content.tidied();
    content.check()?;
    let latest = store::versions::get(db, &listing.latest_version_id).await?.ok_or_else(Problem::not_found)?;
    if latest.content_hash == content.hash() {
        return Ok(latest);
    }
    let tx = kernel.db().write_tx().await?;
    let version = version_of(
        kernel.new_id(),
        &listing.id,
        &listing.merchant_id,
        &listing.market,
        listing.latest_number + 1,
        content,
        &actor.id,
        kernel.now(),
        VersionState::Draft,
    );
    add_version(&tx, &listing, &latest, &version, listing.state).await?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(version)
}

/// Adds a version in a transaction: the former draft, if that is what the latest version was, is superseded.
pub(crate) async fn add_version(
    tx: &db::Tx,
    listing: &Listing,
    latest: &Version,
    version: &Version,
    state: State,
) -> Result<()> {
    if latest.state == VersionState::Draft {
        store::versions::set_state(
            tx,
            &latest.id,
            VersionState::Draft,
            VersionState::Superseded,
            version.created_at,
            None,
        )
        .await?;
    }
    store::versions::insert(tx, std::slice::from_ref(version)).await.map_err(stale_if_taken)?;
    let next = Listing { state, ..with_version(listing, version) };
    if !store::listings::update(tx, listing, &next, &version.content.brand, &gtin_of(&version.content)).await? {
        return Err(Error::Stale.into());
    }
    Ok(())
}

fn stale_if_taken(problem: Problem) -> Problem {
    if problem.code.code == "stale" { Error::Stale.into() } else { problem }
}

/// Hands in the latest version for screening. Handing in what is already handed in changes nothing (a double click, a
/// repeated call); handing in what was decided is refused.
///
/// # Errors
/// `listing_stale` when `version_id` is not the latest version, `listing_state` when it was decided already.
pub async fn submit(kernel: &Kernel, actor: &Actor, listing_id: &str, version_id: &str) -> Result<Listing> {
    let listing = store::listings::get(kernel.db().read(), listing_id).await?.ok_or_else(Problem::not_found)?;
    may_write(actor, &listing.merchant_id)?;
    if listing.latest_version_id != version_id {
        return Err(Error::Stale.into());
    }
    match listing.latest_state {
        VersionState::Submitted | VersionState::Screening | VersionState::InReview => return Ok(listing),
        VersionState::Draft => {}
        decided => return Err(Error::State { state: decided.name().into(), event: "submit".into() }.into()),
    }
    let mut write = kernel.begin(actor).await?;
    let next = submit_in(&mut write, listing_id, version_id).await?;
    write.commit().await?;
    kernel.wake(crate::runs::JOB);
    Ok(next)
}

/// The same inside a decision that is under way.
pub(crate) async fn submit_in(write: &mut Write, listing_id: &str, version_id: &str) -> Result<Listing> {
    let listing = store::listings::get(write.tx(), listing_id).await?.ok_or_else(Problem::not_found)?;
    let state = listing
        .state
        .after(Event::Submit)
        .ok_or_else(|| Error::State { state: listing.state.name().into(), event: "submit".into() })?;
    let now = write.now();
    let moved =
        store::versions::set_state(write.tx(), version_id, VersionState::Draft, VersionState::Submitted, now, None)
            .await?;
    if !moved || listing.latest_version_id != version_id {
        return Err(Error::Stale.into());
    }
    let replaced = supersede_undecided(write, &listing, version_id).await?;
    let next = Listing { state, latest_state: VersionState::Submitted, updated_at: now, ..listing.clone() };
    if !store::listings::update_state(write.tx(), &listing, &next).await? {
        return Err(Error::Stale.into());
    }
    write.act(submitted_act(&listing, version_id, listing.latest_number, &replaced)).await?;
    Ok(next)
}

pub(crate) fn submitted_act(listing: &Listing, version_id: &str, number: i64, replaced: &[String]) -> Act {
    let mut act = Act::new("listing.submitted", "listing", &listing.id)
        .about("listing_version", version_id)
        .about("merchant", &listing.merchant_id)
        .public("version", version_id)
        .public("number", number)
        .public("market", listing.market.as_str());
    for id in replaced {
        act = act.about("listing_version", id).public("supersedes", id.as_str());
    }
    act
}

/// Older versions that nobody has decided make way for the one handed in. Returns their ids.
pub(crate) async fn supersede_undecided(write: &Write, listing: &Listing, keep: &str) -> Result<Vec<String>> {
    let mut replaced = Vec::new();
    for older in store::versions::of_listing(write.tx(), &listing.id, 10).await? {
        let undecided = matches!(
            older.state,
            VersionState::Draft | VersionState::Submitted | VersionState::Screening | VersionState::InReview
        );
        if older.id != keep
            && undecided
            && store::versions::set_state(
                write.tx(),
                &older.id,
                older.state,
                VersionState::Superseded,
                write.now(),
                None,
            )
            .await?
        {
            replaced.push(older.id);
        }
    }
    Ok(replaced)
}
