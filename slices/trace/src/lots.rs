//! Lots: entering, changing, stopping, reading.

use crate::model::{Lot, LotState};
use crate::store::LotFilter;
use crate::{Error, store, text};
use ground::Fault;
use ground::limits::{LINE_CHARS_MAX, NOTE_CHARS_MAX};
use gs1::{Gtin, GtinError};
use kernel::{Act, Actor, Kernel, Page, Paging, Permission};

/// Most lots of one GTIN that are looked at.
const LOTS_OF_GTIN_MAX: u64 = 500;

/// A lot as it is typed: days as `YYYY-MM-DD` or empty.
#[derive(Debug, Clone, Default)]
pub struct NewLot {
    /// The merchant.
    pub merchant_id: String,
    /// The trade item: 8, 12, 13 or 14 digits.
    pub gtin: String,
    /// Lot number.
    pub number: String,
    /// Name of the product; empty: as the listing calls it.
    pub product: String,
    /// Day of production.
    pub produced_on: String,
    /// Last day of use.
    pub expires_on: String,
    /// Origin.
    pub origin: String,
    /// Plant.
    pub plant: String,
}

/// Facts of a lot to be written again; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct LotChange {
    /// Name of the product.
    pub product: Option<String>,
    /// Day of production.
    pub produced_on: Option<String>,
    /// Last day of use.
    pub expires_on: Option<String>,
    /// Origin.
    pub origin: Option<String>,
    /// Plant.
    pub plant: Option<String>,
}

/// Reads a GTIN as it is typed; spaces and hyphens between groups are forgiven.
pub(crate) fn read_gtin(faults: &mut Vec<Fault>, field: &str, text: &str) -> Option<Gtin> {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).take(40).collect();
    match digits.parse() {
        Ok(gtin) => Some(gtin),
        Err(GtinError::NotDigits(at)) => {
            faults.push(Fault::field(field, "trace-fault-gtin-digits").arg("place", at + 1));
            None
        }
        Err(GtinError::Length(length)) => {
            faults.push(Fault::field(field, "trace-fault-gtin-length").arg("length", length));
            None
        }
        Err(GtinError::CheckDigit(digit)) => {
            faults.push(Fault::field(field, "trace-fault-gtin-check").arg("digit", digit));
            None
        }
    }
}

fn check_days(kernel: &Kernel, faults: &mut Vec<Fault>, lot: &Lot) {
    if lot.produced_on.is_some_and(|day| day > kernel.today()) {
        faults.push(Fault::field("produced_on", "trace-fault-produced-later"));
    }
    if let (Some(produced), Some(expires)) = (lot.produced_on, lot.expires_on)
        && expires < produced
    {
        faults.push(Fault::field("expires_on", "trace-fault-expires-before"));
    }
}

/// Enters a lot.
///
/// # Errors
/// `forbidden`, `not_found` for another merchant, `invalid_input`, `lot_exists`, `codes_merchant_stopped`.
pub async fn create(kernel: &Kernel, actor: &Actor, new: NewLot) -> Result<Lot, Error> {
    actor.require_own(Permission::TraceManage, Permission::OwnTrace, &new.merchant_id)?;
    let merchant = merchants::standing(kernel, &new.merchant_id).await?.ok_or(Error::Missing)?;
    if !merchant.may_sell() {
        return Err(Error::MerchantStopped { state: merchant.state.name() });
    }
    let mut faults = Vec::new();
    let gtin = read_gtin(&mut faults, "gtin", &new.gtin);
    let number = text::lot_number(&mut faults, "number", &new.number);
    let product = text::line(&mut faults, "product", &new.product, LINE_CHARS_MAX);
    let produced_on = text::date(&mut faults, "produced_on", &new.produced_on);
    let expires_on = text::date(&mut faults, "expires_on", &new.expires_on);
    let origin = text::line(&mut faults, "origin", &new.origin, LINE_CHARS_MAX);
    let plant = text::line(&mut faults, "plant", &new.plant, LINE_CHARS_MAX);
    let Some(gtin) = gtin else { return Err(Error::Invalid(faults)) };
    let listing = listings::of_gtin(kernel, gtin.as_str(), Some(&new.merchant_id)).await?.into_iter().next();
    if listing.is_none() {
        faults.push(Fault::field("gtin", "trace-fault-gtin-no-listing"));
    }
    let mut write = kernel.begin(actor).await?;
    let mut lot = Lot {
        id: write.new_id(),
        merchant_id: new.merchant_id,
        market: merchant.market.clone(),
        gtin,
        number,
        product: if product.is_empty() {
            listing.as_ref().map(|l| l.title.clone()).unwrap_or_default()
        } else {
            product
        },
        listing_id: listing.map(|listing| listing.id),
        produced_on,
        expires_on,
        origin,
        plant,
        state: LotState::Open,
        units_commissioned: 0,
        version: 1,
        created_at: write.now(),
        updated_at: write.now(),
        act_id: String::new(),
    };
    check_days(kernel, &mut faults, &lot);
    Error::check(faults)?;
    lot.act_id = write.act(facts(about("lot.created", &lot), &lot)).await?;
    store::insert_lot(write.tx(), &lot).await?;
    write.commit().await?;
    Ok(lot)
}

/// An act about a lot.
pub(crate) fn about(kind: &str, lot: &Lot) -> Act {
    Act::new(kind, "lot", &lot.id)
        .about("merchant", &lot.merchant_id)
        .public("merchant", lot.merchant_id.as_str())
        .public("gtin", lot.gtin.as_str())
        .public("lot", lot.number.as_str())
}

/// The facts of a lot are about goods, not people: they stand in the leaf, so that anybody can check them later. The plant
/// may name a person: it stands in the private part.
fn facts(act: Act, lot: &Lot) -> Act {
    let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
    act.public("product", lot.product.as_str())
        .public("produced_on", day(lot.produced_on))
        .public("expires_on", day(lot.expires_on))
        .public("origin", lot.origin.as_str())
        .private("plant", lot.plant.as_str())
}

/// Changes facts of an open lot. GTIN and number stay: they are printed on goods.
///
/// # Errors
/// `forbidden`, `not_found`, `stale` when `version` is not the present one, `wrong_state`, `invalid_input`.
pub async fn change(kernel: &Kernel, actor: &Actor, id: &str, version: i64, change: LotChange) -> Result<Lot, Error> {
    let mut lot = own(kernel, actor, id).await?;
    if lot.version != version {
        return Err(Error::Stale);
    }
    if lot.state != LotState::Open {
        return Err(Error::WrongState { what: "change", state: lot.state.name() });
    }
    let mut faults = Vec::new();
    let mut line = |field: &str, text: Option<String>, old: &mut String| {
        if let Some(text) = text {
            *old = text::line(&mut faults, field, &text, LINE_CHARS_MAX);
        }
    };
    line("product", change.product, &mut lot.product);
    line("origin", change.origin, &mut lot.origin);
    line("plant", change.plant, &mut lot.plant);
    if let Some(day) = change.produced_on {
        lot.produced_on = text::date(&mut faults, "produced_on", &day);
    }
    if let Some(day) = change.expires_on {
        lot.expires_on = text::date(&mut faults, "expires_on", &day);
    }
    if lot.product.is_empty() {
        faults.push(Fault::field("product", "trace-fault-needed"));
    }
    check_days(kernel, &mut faults, &lot);
    Error::check(faults)?;
    let mut write = kernel.begin(actor).await?;
    lot.version += 1;
    lot.updated_at = write.now();
    write.act(facts(about("lot.changed", &lot), &lot)).await?;
    store::update_lot(write.tx(), &lot).await?;
    write.commit().await?;
    Ok(lot)
}

/// Blocks, recalls, withdraws or reopens a lot. Nothing happens where it already stands there. Staff who steer traces or
/// recalls may do everything; its merchant may withdraw it.
///
/// # Errors
/// `forbidden`, `not_found`, `wrong_state` for a way that does not exist, `invalid_input` without a reason.
pub async fn set_lot_state(
    kernel: &Kernel,
    actor: &Actor,
    lot_id: &str,
    next: LotState,
    reason: &str,
) -> Result<Lot, Error> {
    let staff = actor.may(Permission::TraceManage) || actor.may(Permission::RecallsManage);
    let mut lot = store::lot(kernel.db().read(), lot_id).await?.ok_or(Error::Missing)?;
    if !staff {
        actor.require_own(Permission::TraceManage, Permission::OwnTrace, &lot.merchant_id)?;
        if next != LotState::Withdrawn {
            actor.require(Permission::TraceManage)?;
        }
    }
    if lot.state == next {
        return Ok(lot);
    }
    let mut faults = Vec::new();
    let reason = text::needed(&mut faults, "reason", &reason.replace(['\r', '\n', '\t'], " "), NOTE_CHARS_MAX);
    Error::check(faults)?;
    if !lot.state.may_become(next) {
        return Err(Error::WrongState { what: next.name(), state: lot.state.name() });
    }
    let mut write = kernel.begin(actor).await?;
    let kind = match next {
        LotState::Open => "lot.reopened",
        LotState::Blocked => "lot.blocked",
        LotState::Recalled => "lot.recalled",
        LotState::Withdrawn => "lot.withdrawn",
    };
    let before = lot.state;
    lot.state = next;
    lot.version += 1;
    lot.updated_at = write.now();
    let act = about(kind, &lot).public("before", before.name()).outcome(next.name()).private("reason", reason.as_str());
    write.act(act).await?;
    store::update_lot(write.tx(), &lot).await?;
    write.commit().await?;
    Ok(lot)
}

/// A lot that the actor keeps: its merchant's people, and staff who steer.
pub(crate) async fn own(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Lot, Error> {
    let lot = store::lot(kernel.db().read(), id).await?.ok_or(Error::Missing)?;
    actor.require_own(Permission::TraceManage, Permission::OwnTrace, &lot.merchant_id)?;
    Ok(lot)
}

/// A lot.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn lot(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Lot, Error> {
    if !actor.may(Permission::TraceRead) {
        actor.require(Permission::OwnTrace)?;
    }
    let lot = store::lot(kernel.db().read(), id).await?.ok_or(Error::Missing)?;
    actor.require_own(Permission::TraceRead, Permission::OwnTrace, &lot.merchant_id)?;
    Ok(lot)
}

/// The lots the actor may see: all, or its own merchant's.
///
/// # Errors
/// `forbidden`.
pub async fn lots(kernel: &Kernel, actor: &Actor, filter: &LotFilter, paging: &Paging) -> Result<Page<Lot>, Error> {
    let mut filter = filter.clone();
    if !actor.may(Permission::TraceRead) {
        actor.require(Permission::OwnTrace)?;
        filter.merchant_id = Some(actor.own_organisation()?.to_owned());
    }
    store::lots(kernel.db().read(), &filter, paging).await
}

/// How many lots stand in a state: blocked ones are open work.
///
/// # Errors
/// `forbidden`.
pub async fn open_work(kernel: &Kernel, actor: &Actor) -> Result<u64, Error> {
    if actor.may(Permission::TraceRead) {
        return store::count_lots(kernel.db().read(), None, LotState::Blocked).await;
    }
    actor.require(Permission::OwnTrace)?;
    store::count_lots(kernel.db().read(), Some(actor.own_organisation()?), LotState::Blocked).await
}

/// A lot by id, for other duties; nobody's permission is asked.
///
/// # Errors
/// What the store says.
pub async fn lot_by_id(kernel: &Kernel, id: &str) -> Result<Option<Lot>, Error> {
    store::lot(kernel.db().read(), id).await
}

/// Lots by id, for tables; unknown ids are left out.
///
/// # Errors
/// What the store says.
pub async fn lots_by_id(kernel: &Kernel, ids: &[String]) -> Result<Vec<Lot>, Error> {
    store::lots_by_id(kernel.db().read(), ids).await
}

/// The lots of a trade item, newest first, whoever keeps them; nobody's permission is asked.
///
/// # Errors
/// What the store says.
pub async fn lots_of_gtin(kernel: &Kernel, gtin: &Gtin) -> Result<Vec<Lot>, Error> {
    store::lots_of_gtin(kernel.db().read(), gtin.as_str(), None, LOTS_OF_GTIN_MAX).await
}

/// The lots of a trade item with a number: more than one where two merchants use the same number for the same goods.
///
/// # Errors
/// What the store says.
pub async fn lots_numbered(kernel: &Kernel, gtin: &Gtin, number: &str) -> Result<Vec<Lot>, Error> {
    store::lots_of_gtin(kernel.db().read(), gtin.as_str(), Some(number), LOTS_OF_GTIN_MAX).await
}

/// The lot that the public pages show for GTIN and lot number. Where two merchants use the same number, the one that stands
/// worst (withdrawn, recalled, blocked, open), and of those the oldest: a warning is never hidden behind another lot.
///
/// # Errors
/// What the store says.
pub async fn public_lot(kernel: &Kernel, gtin: &Gtin, number: &str) -> Result<Option<Lot>, Error> {
    let lots = lots_numbered(kernel, gtin, number).await?;
    Ok(lots.into_iter().max_by(|a, b| (a.state, &b.id).cmp(&(b.state, &a.id))))
}
