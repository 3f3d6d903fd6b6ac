//! Units sold: which unit went out in which order. The number of an order is kept sealed, and as a code to compare; a unit
//! in two orders is a fact that copied codes are found by, so both stay.

use crate::keys::{Found, Ring};
use crate::model::{LISTED_CODES_MAX, ORDER_CHARS_MAX};
use crate::store::{self, SaleRow, Unit};
use crate::units::read_code;
use crate::{Error, keys, text};
use ground::{Fault, Timestamp};
use gs1::Gtin;
use hmac::{Hmac, Mac};
use kernel::{Act, Actor, Kernel, Permission, Write};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Most orders of one call.
pub const ORDERS_MAX: usize = 1_000;
/// Units named in an act because they were sold before.
const ACT_UNITS_MAX: usize = 200;
/// How often recording is tried again when another process records the same units at the same moment.
const RECORD_TRIES_MAX: usize = 4;

/// An order and the codes that went out in it.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// The shop's number of the order.
    pub number: String,
    /// The codes, in any form.
    pub codes: Vec<String>,
    /// When it was sold; now when left out.
    pub sold_at: Option<Timestamp>,
}

/// What came of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Recorded.
    Recorded,
    /// Recorded, and the unit had been sold in another order before.
    SoldBefore,
    /// This unit stood in this order already.
    Duplicate,
    /// No genuine code; nothing was recorded.
    Forged,
    /// Nothing is known of it, or it is another merchant's; nothing was recorded.
    Unknown,
    /// It cannot be read.
    Unreadable,
}

impl Outcome {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Recorded => "recorded",
            Outcome::SoldBefore => "sold_before",
            Outcome::Duplicate => "duplicate",
            Outcome::Forged => "forged",
            Outcome::Unknown => "unknown",
            Outcome::Unreadable => "unreadable",
        }
    }
}

/// A unit that is to be written into an order.
struct Sold {
    place: (usize, usize),
    gtin: Gtin,
    serial: String,
    key_id: String,
    counter: u64,
}

/// Records what was sold; an answer for each code, in the order of the input. The same call again changes nothing.
///
/// # Errors
/// `forbidden`, `invalid_input` (order numbers, times to come, too many), `stale` when others keep recording the same units.
pub async fn record_sales(kernel: &Kernel, actor: &Actor, orders: &[Order]) -> Result<Vec<Vec<Outcome>>, Error> {
    if !actor.may(Permission::TraceManage) {
        actor.require(Permission::OwnTrace)?;
    }
    let numbers = check(kernel, orders)?;
    let mut outcomes: Vec<Vec<Outcome>> = Vec::with_capacity(orders.len());
    let (mut ring, mut sold) = (Ring::default(), Vec::new());
    let db = kernel.db().read();
    for (place, order) in orders.iter().enumerate() {
        let mut row = Vec::with_capacity(order.codes.len());
        for code in &order.codes {
            let Ok((gtin, serial)) = read_code(code) else {
                row.push(Outcome::Unreadable);
                continue;
            };
            row.push(match ring.find(kernel, db, &gtin, &serial).await? {
                Found::Unknown => Outcome::Unknown,
                Found::Forged => Outcome::Forged,
                Found::Genuine { key_id, counter, .. } => {
                    let batch = store::batch_at(db, &key_id, gtin.as_str(), counter).await?;
                    let own = batch.is_some_and(|batch| {
                        let merchant = &batch.merchant_id;
                        actor.require_own(Permission::TraceManage, Permission::OwnTrace, merchant).is_ok()
                    });
                    if own {
                        sold.push(Sold { place: (place, row.len()), gtin, serial, key_id, counter });
                        Outcome::Recorded
                    } else {
                        Outcome::Unknown
                    }
                }
            });
        }
        outcomes.push(row);
    }
    if sold.is_empty() {
        return Ok(outcomes);
    }
    for _ in 1..RECORD_TRIES_MAX {
        match record(kernel, actor, orders, &numbers, &sold, outcomes.clone()).await {
            Err(Error::Stale) => {}
            done => return done,
        }
    }
    record(kernel, actor, orders, &numbers, &sold, outcomes).await
}

fn check(kernel: &Kernel, orders: &[Order]) -> Result<Vec<String>, Error> {
    let codes: usize = orders.iter().map(|order| order.codes.len()).sum();
    if orders.is_empty() || orders.len() > ORDERS_MAX {
        return Err(Error::Invalid(vec![Fault::field("orders", "trace-fault-orders").arg("most", ORDERS_MAX)]));
    }
    if codes == 0 || codes > LISTED_CODES_MAX {
        return Err(Error::Invalid(vec![Fault::field("codes", "trace-fault-codes").arg("most", LISTED_CODES_MAX)]));
    }
    let mut faults = Vec::new();
    let mut numbers = Vec::with_capacity(orders.len());
    for (row, order) in orders.iter().enumerate() {
        let mut here = Vec::new();
        numbers.push(text::needed(&mut here, "order", &order.number, ORDER_CHARS_MAX));
        // Clocks of shops may run a little ahead.
        let latest = Timestamp::from_micros(kernel.now().micros() + SKEW_MICROS_MAX);
        if order.sold_at.is_some_and(|at| at > latest) {
            here.push(Fault::field("sold_at", "trace-fault-sold-later"));
        }
        faults.extend(here.into_iter().map(|mut fault| {
            fault.place.row = Some(row as u64 + 1);
            fault
        }));
    }
    Error::check(faults)?;
    Ok(numbers)
}

/// How far the clock of a shop may run ahead: five minutes.
const SKEW_MICROS_MAX: i64 = 5 * 60 * ground::time::SECOND_MICROS;

/// A sale to be written, and the unit's row where there is none yet.
struct Line {
    sale: SaleRow,
    fresh: Option<Unit>,
    before: bool,
}

async fn record(
    kernel: &Kernel,
    actor: &Actor,
    orders: &[Order],
    numbers: &[String],
    sold: &[Sold],
    mut outcomes: Vec<Vec<Outcome>>,
) -> Result<Vec<Vec<Outcome>>, Error> {
    let mut write = kernel.begin(actor).await?;
    // What will be written is worked out first, because the act says it and each row names the act.
    let lines = plan(kernel, &write, orders, numbers, sold, &mut outcomes).await?;
    if lines.is_empty() {
        return Ok(outcomes);
    }
    let act_id = write.act(act(&write, numbers, &outcomes, &lines)).await?;
    for Line { mut sale, fresh, .. } in lines {
        sale.act_id.clone_from(&act_id);
        if let Some(unit) = fresh {
            store::insert_unit(write.tx(), &unit).await?;
        }
        if !store::insert_sale(write.tx(), &sale, write.now()).await? {
            return Err(Error::Stale);
        }
        // The row may have been counted up in this very loop: it is read as it is.
        let unit = store::unit(write.tx(), &sale.unit_id).await?.ok_or(Error::Stale)?;
        store::count_order(write.tx(), &unit, sale.sold_at).await?;
    }
    write.commit().await?;
    Ok(outcomes)
}

async fn plan(
    kernel: &Kernel,
    write: &Write,
    orders: &[Order],
    numbers: &[String],
    sold: &[Sold],
    outcomes: &mut [Vec<Outcome>],
) -> Result<Vec<Line>, Error> {
    let secret = keys::order_secret(kernel, write).await?;
    let sealer = kernel.sealer()?;
    let codes: Vec<String> = numbers.iter().map(|number| order_code(&*secret, number)).collect();
    // The orders of each unit: those in the store, then those of this call.
    let mut held: HashMap<String, Vec<String>> = HashMap::new();
    let mut lines = Vec::new();
    for unit in sold {
        let (order, code) = unit.place;
        let id = store::unit_id(unit.gtin.as_str(), &unit.serial);
        let first_here = !held.contains_key(&id);
        if first_here {
            let known = store::sales_of(write.tx(), std::slice::from_ref(&id)).await?;
            held.insert(id.clone(), known.into_iter().map(|sale| sale.order_code).collect());
        }
        let Some(of_unit) = held.get_mut(&id) else { continue };
        if of_unit.contains(&codes[order]) {
            outcomes[order][code] = Outcome::Duplicate;
            continue;
        }
        let before = !of_unit.is_empty();
        outcomes[order][code] = if before { Outcome::SoldBefore } else { Outcome::Recorded };
        of_unit.push(codes[order].clone());
        let fresh = match first_here && store::unit(write.tx(), &id).await?.is_none() {
            true => Some(Unit::new(&id, &unit.key_id, unit.gtin.as_str(), unit.counter)),
            false => None,
        };
        let sale = SaleRow {
            sealed: sealer.seal(kernel.rng(), &order_purpose(&id), numbers[order].as_bytes())?,
            unit_id: id,
            order_code: codes[order].clone(),
            sold_at: orders[order].sold_at.unwrap_or(write.now()),
            act_id: String::new(),
        };
        lines.push(Line { sale, fresh, before });
    }
    Ok(lines)
}

fn act(write: &Write, numbers: &[String], outcomes: &[Vec<Outcome>], lines: &[Line]) -> Act {
    let mut sales: Vec<String> =
        lines.iter().map(|Line { sale, .. }| format!("{} {}\n", sale.unit_id, sale.order_code)).collect();
    sales.sort();
    let digest = hex::encode(Sha256::digest(sales.concat()));
    let twice: Vec<Value> =
        lines.iter().filter(|line| line.before).take(ACT_UNITS_MAX).map(|line| json!(line.sale.unit_id)).collect();
    let forged = outcomes.iter().flatten().filter(|outcome| **outcome == Outcome::Forged).count();
    Act::new("units.sold", "sale", &write.new_id())
        .public("units", lines.len())
        .public("sha256", digest)
        .public("sold_before", twice)
        .public("forged", forged)
        .private("orders", numbers.to_vec())
}

fn order_purpose(unit_id: &str) -> String {
    format!("trace order of {unit_id}")
}

/// The code an order's number is compared by: HMAC-SHA-256 under the product's own secret.
fn order_code(secret: &[u8], number: &str) -> String {
    match Hmac::<Sha256>::new_from_slice(secret) {
        Ok(mut mac) => {
            mac.update(number.as_bytes());
            hex::encode(mac.finalize().into_bytes())
        }
        Err(_) => String::new(), // HMAC takes keys of every length: this does not happen
    }
}

/// A sale as a fact without its order's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// GTIN, dot, serial.
    pub unit_id: String,
    /// The same for the same order, and tells nothing else.
    pub order_code: String,
    /// When it was sold.
    pub sold_at: Timestamp,
    /// The act that recorded it.
    pub act_id: String,
}

impl From<SaleRow> for Sale {
    fn from(row: SaleRow) -> Self {
        Sale { unit_id: row.unit_id, order_code: row.order_code, sold_at: row.sold_at, act_id: row.act_id }
    }
}

/// In which orders a unit was sold, oldest first; nobody's permission is asked, no order is named.
///
/// # Errors
/// What the store says.
pub async fn sales_of_unit(kernel: &Kernel, gtin: &Gtin, serial: &str) -> Result<Vec<Sale>, Error> {
    let ids = [store::unit_id(gtin.as_str(), serial)];
    Ok(store::sales_of(kernel.db().read(), &ids).await?.into_iter().map(Sale::from).collect())
}

/// Ids (GTIN, dot, serial) of units that were sold in more than one order, at most `most`.
///
/// # Errors
/// What the store says.
pub async fn units_sold_twice(kernel: &Kernel, most: u64) -> Result<Vec<String>, Error> {
    Ok(store::sold_twice(kernel.db().read(), most).await?.into_iter().map(|unit| unit.id).collect())
}

/// A sale with its order, for telling buyers of a recall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedUnit {
    /// GTIN, dot, serial.
    pub unit_id: String,
    /// The shop's number of the order.
    pub order: String,
    /// When it was sold.
    pub sold_at: Timestamp,
}

/// Where to go on with [`orders_of_lot`]: the range of units, and the counter in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct After {
    range: String,
    counter: u64,
}

impl After {
    /// As a text that can be stored: 64 bytes at most.
    pub fn to_text(&self) -> String {
        format!("{}:{}", self.range, self.counter)
    }

    /// Reads [`After::to_text`]; the empty text is the beginning.
    pub fn from_text(text: &str) -> Option<After> {
        if text.is_empty() {
            return Some(After::default());
        }
        let (range, counter) = text.rsplit_once(':')?;
        Some(After { range: range.to_owned(), counter: counter.parse().ok()? })
    }
}

/// The orders in which units of a lot went out, `most` units at a time: the sales, and where to go on, until `None`.
///
/// # Errors
/// `forbidden` for who does not steer recalls.
pub async fn orders_of_lot(
    kernel: &Kernel,
    actor: &Actor,
    lot_id: &str,
    after: &After,
    most: u64,
) -> Result<(Vec<OrderedUnit>, Option<After>), Error> {
    actor.require(Permission::RecallsManage)?;
    let db = kernel.db().read();
    let most = most.clamp(1, LISTED_CODES_MAX as u64);
    let mut at = after.clone();
    loop {
        // The range begun last is looked at again, from where it was left.
        let begun = match at.counter {
            0 => None,
            _ => store::range(db, &at.range).await?,
        };
        let next = match begun {
            Some(range) => Some(range),
            None => store::ranges_of_lot(db, lot_id, &at.range, 1).await?.into_iter().next(),
        };
        let Some(range) = next else { return Ok((Vec::new(), None)) };
        let from = range.from.max(at.counter);
        let units = store::sold_units(db, &range.key_id, &range.gtin, (from, range.until), most).await?;
        at = match units.last() {
            Some(last) if units.len() as u64 == most => After { range: range.id, counter: last.counter + 1 },
            _ => After { range: range.id, counter: 0 },
        };
        if !units.is_empty() {
            let ids: Vec<String> = units.into_iter().map(|unit| unit.id).collect();
            return Ok((opened(kernel, store::sales_of(db, &ids).await?)?, Some(at)));
        }
    }
}

fn opened(kernel: &Kernel, rows: Vec<SaleRow>) -> Result<Vec<OrderedUnit>, Error> {
    let sealer = kernel.sealer()?;
    rows.into_iter()
        .map(|row| {
            let order = sealer.open(&order_purpose(&row.unit_id), &row.sealed)?;
            Ok(OrderedUnit {
                order: String::from_utf8_lossy(&order).into_owned(),
                unit_id: row.unit_id,
                sold_at: row.sold_at,
            })
        })
        .collect()
}
