//! Minting: a range of counters is reserved in one transaction with its act; the codes themselves are made from the key
//! whenever they are wanted, and never stored.

use crate::commission::{Piece, commission_in};
use crate::lots::{self, read_gtin};
use crate::model::{BATCH_CODES_MAX, Batch, Lot, LotState, Purpose};
use crate::store::{self, RangeKind};
use crate::{Error, keys};
use ground::Fault;
use gs1::Gtin;
use gs1::unit::COUNTERS;
use kernel::{Act, Actor, Kernel, Page, Paging, Permission};

/// How often a reservation is tried again when another process reserves at the same moment.
const RESERVE_TRIES_MAX: usize = 8;
/// Most ranges of a batch that are shown.
const RANGES_SHOWN_MAX: u64 = 200;

/// Codes to be minted.
#[derive(Debug, Clone, Default)]
pub struct NewBatch {
    /// The merchant.
    pub merchant_id: String,
    /// The trade item: 8, 12, 13 or 14 digits, of one of the merchant's listings.
    pub gtin: String,
    /// How many: 1 to [`BATCH_CODES_MAX`].
    pub count: u64,
    /// The lot they are for: printed in the codes, and all of them are commissioned into it at once.
    pub lot_id: Option<String>,
    /// Whether each gets a covered second code.
    pub covered: bool,
}

/// What a batch is minted for, checked.
struct Order {
    merchant_id: String,
    gtin: Gtin,
    listing_id: String,
    count: u64,
    lot: Option<Lot>,
    covered: bool,
}

/// Reserves codes.
///
/// # Errors
/// `forbidden`, `not_found` for another merchant or lot, `invalid_input` (GTIN, count, lot), `codes_merchant_stopped`,
/// `code_key_exhausted` when the key has fewer counters left: rotate it; `stale` when other processes keep being faster.
pub async fn mint(kernel: &Kernel, actor: &Actor, new: NewBatch) -> Result<Batch, Error> {
    let order = check(kernel, actor, new).await?;
    for _ in 1..RESERVE_TRIES_MAX {
        match reserve(kernel, actor, &order).await {
            Err(Error::Stale) => {}
            done => return done,
        }
    }
    reserve(kernel, actor, &order).await
}

async fn check(kernel: &Kernel, actor: &Actor, new: NewBatch) -> Result<Order, Error> {
    actor.require_own(Permission::TraceManage, Permission::OwnTrace, &new.merchant_id)?;
    let merchant = merchants::standing(kernel, &new.merchant_id).await?.ok_or(Error::Missing)?;
    if !merchant.may_sell() {
        return Err(Error::MerchantStopped { state: merchant.state.name() });
    }
    let mut faults = Vec::new();
    let gtin = read_gtin(&mut faults, "gtin", &new.gtin);
    if !(1..=BATCH_CODES_MAX).contains(&new.count) {
        faults.push(Fault::field("count", "trace-fault-count").arg("most", BATCH_CODES_MAX));
    }
    let Some(gtin) = gtin else { return Err(Error::Invalid(faults)) };
    let listing = listings::of_gtin(kernel, gtin.as_str(), Some(&new.merchant_id)).await?.into_iter().next();
    if listing.is_none() {
        faults.push(Fault::field("gtin", "trace-fault-gtin-no-listing"));
    }
    let lot = match &new.lot_id {
        None => None,
        Some(id) => {
            let lot = lots::own(kernel, actor, id).await?;
            if lot.merchant_id != new.merchant_id || lot.gtin != gtin {
                faults.push(Fault::field("lot_id", "trace-fault-lot-other-gtin"));
            } else if lot.state != LotState::Open {
                return Err(Error::WrongState { what: "commission", state: lot.state.name() });
            }
            Some(lot)
        }
    };
    Error::check(faults)?;
    Ok(Order {
        merchant_id: new.merchant_id,
        gtin,
        listing_id: listing.map(|listing| listing.id).unwrap_or_default(),
        count: new.count,
        lot,
        covered: new.covered,
    })
}

async fn reserve(kernel: &Kernel, actor: &Actor, order: &Order) -> Result<Batch, Error> {
    let mut write = kernel.begin(actor).await?;
    let key = keys::in_use(kernel, &write, &order.merchant_id, Purpose::Unit).await?;
    let covered = match order.covered {
        true => Some(keys::in_use(kernel, &write, &order.merchant_id, Purpose::Covered).await?),
        false => None,
    };
    let read = store::next_counter(write.tx(), &key.id, order.gtin.as_str()).await?;
    let from = read.unwrap_or(0);
    let left = COUNTERS - from.min(COUNTERS);
    if order.count > left {
        return Err(Error::Exhausted { left });
    }
    let until = from + order.count;
    store::move_counter(write.tx(), &key, order.gtin.as_str(), read, until).await?;
    let mut batch = Batch {
        id: write.new_id(),
        merchant_id: order.merchant_id.clone(),
        gtin: order.gtin,
        listing_id: order.listing_id.clone(),
        key_id: key.id.clone(),
        key_number: key.number,
        from,
        until,
        covered_key_id: covered.map(|key| key.id),
        lot: order.lot.as_ref().map(|lot| (lot.id.clone(), lot.number.clone())),
        commissioned: 0,
        decommissioned: 0,
        version: 1,
        created_at: write.now(),
        act_id: String::new(),
    };
    let mut act = about("codes.minted", &batch)
        .about("listing", &order.listing_id)
        .public("count", order.count)
        .public("first", from)
        .public("key", key.id.as_str())
        .public("key_number", key.number)
        .public("covered", order.covered);
    if let Some(lot) = &order.lot {
        act = act.about("lot", &lot.id).public("lot", lot.number.as_str());
    }
    batch.act_id = write.act(act).await?;
    store::insert_batch(write.tx(), &batch).await?;
    if let Some(lot) = &order.lot {
        let piece = Piece { batch: batch.clone(), ranges: vec![(from, until)] };
        commission_in(&mut write, lot, std::slice::from_ref(&piece)).await?;
        batch.commissioned = i64::try_from(order.count).unwrap_or(i64::MAX);
        batch.version += 1;
    }
    write.commit().await?;
    Ok(batch)
}

/// An act about a batch.
pub(crate) fn about(kind: &str, batch: &Batch) -> Act {
    Act::new(kind, "code_batch", &batch.id)
        .about("merchant", &batch.merchant_id)
        .public("merchant", batch.merchant_id.as_str())
        .public("gtin", batch.gtin.as_str())
}

/// A batch.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn batch(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Batch, Error> {
    if !actor.may(Permission::TraceRead) {
        actor.require(Permission::OwnTrace)?;
    }
    let batch = store::batch(kernel.db().read(), id).await?.ok_or(Error::Missing)?;
    actor.require_own(Permission::TraceRead, Permission::OwnTrace, &batch.merchant_id)?;
    Ok(batch)
}

/// Which batches.
#[derive(Debug, Clone, Default)]
pub struct BatchFilter {
    /// Of this merchant.
    pub merchant_id: Option<String>,
    /// Of this trade item, as typed; what is no GTIN finds nothing.
    pub gtin: Option<String>,
}

/// The batches the actor may see: all, or its own merchant's; newest first.
///
/// # Errors
/// `forbidden`.
pub async fn batches(
    kernel: &Kernel,
    actor: &Actor,
    filter: &BatchFilter,
    paging: &Paging,
) -> Result<Page<Batch>, Error> {
    let merchant = match actor.may(Permission::TraceRead) {
        true => filter.merchant_id.clone(),
        false => {
            actor.require(Permission::OwnTrace)?;
            Some(actor.own_organisation()?.to_owned())
        }
    };
    let gtin = filter.gtin.as_deref().map(|text| match read_gtin(&mut Vec::new(), "gtin", text) {
        Some(gtin) => gtin.as_str().to_owned(),
        None => text.chars().take(40).collect(),
    });
    store::batches(kernel.db().read(), merchant.as_deref(), gtin.as_deref(), paging).await
}

/// A run of codes of a batch that went to a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// First code, from 1.
    pub first: u64,
    /// Last code.
    pub last: u64,
    /// The lot.
    pub lot_id: String,
}

/// Where the codes of a batch went, newest first, at most 200 runs.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn runs(kernel: &Kernel, actor: &Actor, batch_id: &str) -> Result<Vec<Run>, Error> {
    let batch = batch(kernel, actor, batch_id).await?;
    let db = kernel.db().read();
    let ranges = store::ranges_of_batch(db, &batch.id, RangeKind::Commissioned, RANGES_SHOWN_MAX).await?;
    Ok(ranges
        .into_iter()
        .map(|range| Run {
            first: batch.position(range.from),
            last: range.until - batch.from,
            lot_id: range.turn.lot_id.unwrap_or_default(),
        })
        .collect())
}
