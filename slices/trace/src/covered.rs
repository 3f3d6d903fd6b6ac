//! The covered second code (暗码): under a scratch layer, it shows once that a unit was bought and opened.

use crate::keys::{self, Found, Ring};
use crate::model::Authenticity;
use crate::store::{self, Unit};
use crate::units::read_code;
use crate::{Error, codes};
use ground::{Fault, Timestamp};
use kernel::{Actor, Kernel};

/// What uncovering says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reveal {
    /// Right, and uncovered now for the first time.
    First {
        /// Now.
        at: Timestamp,
    },
    /// Right, but it was uncovered before: somebody else may hold the real unit, or its packing is used again.
    Again {
        /// The first time.
        first_at: Timestamp,
    },
    /// Not the covered code of this unit.
    Wrong,
    /// The unit has no covered code.
    None,
    /// The outer code is not genuine.
    NotGenuine(Authenticity),
}

/// Wrong tries counted for one unit; more are answered but not counted, so that nobody can make the store grow.
const WRONG_COUNTED_MAX: u64 = 1_000;

/// Checks a covered code and, the first time, marks it as used. For everybody: a buyer has no account. 60 bits cannot be
/// guessed over a network, so wrong tries lock nothing: a lock would be a tool to annoy buyers with.
///
/// # Errors
/// `invalid_input` for an outer code that cannot be read; what the store says.
pub async fn reveal(kernel: &Kernel, code: &str, covered: &str) -> Result<Reveal, Error> {
    let (gtin, serial) = read_code(code)
        .map_err(|why| Error::Invalid(vec![Fault::field("code", "trace-fault-code-unreadable").arg("code", why)]))?;
    let db = kernel.db().read();
    let (key_id, counter, serial) = match Ring::default().find(kernel, db, &gtin, &serial).await? {
        Found::Unknown => return Ok(Reveal::NotGenuine(Authenticity::UnknownKey)),
        Found::Forged => return Ok(Reveal::NotGenuine(Authenticity::Forged)),
        Found::Genuine { key_id, counter, serial } => (key_id, counter, serial),
    };
    let Some(batch) = store::batch_at(db, &key_id, gtin.as_str(), counter).await? else {
        return Ok(Reveal::NotGenuine(Authenticity::Forged));
    };
    let Some(covered_key) = &batch.covered_key_id else { return Ok(Reveal::None) };
    let key = keys::open(kernel, db, covered_key).await?;
    let right = gs1::unit::verify_second(&key, &gtin, &serial, &covered.chars().take(40).collect::<String>());
    let id = store::unit_id(gtin.as_str(), serial.as_str());
    let known = store::unit(db, &id).await?;
    if let (true, Some(at)) = (right, known.as_ref().and_then(|unit| unit.covered_used_at)) {
        return Ok(Reveal::Again { first_at: at });
    }
    if !right && known.as_ref().is_some_and(|unit| unit.covered_wrong >= WRONG_COUNTED_MAX) {
        return Ok(Reveal::Wrong);
    }
    let fresh = Unit::new(&id, &key_id, gtin.as_str(), counter);
    if !right {
        // A wrong try is no decision: it is only counted.
        let tx = kernel.db().write_tx().await?;
        if known.is_none() && store::unit(&tx, &fresh.id).await?.is_none() {
            store::insert_unit(&tx, &fresh).await?;
        }
        store::count_wrong(&tx, &fresh.id).await?;
        tx.commit().await?;
        return Ok(Reveal::Wrong);
    }
    let mut write = kernel.begin(&Actor::system("covered-code")).await?;
    if store::unit(write.tx(), &fresh.id).await?.is_none() {
        store::insert_unit(write.tx(), &fresh).await?;
    }
    if !store::use_covered(write.tx(), &fresh.id, write.now()).await? {
        let first = store::unit(write.tx(), &fresh.id).await?.and_then(|unit| unit.covered_used_at);
        return Ok(Reveal::Again { first_at: first.unwrap_or(write.now()) });
    }
    let at = write.now();
    write.act(codes::about("unit.uncovered", &batch).public("unit", fresh.id.as_str())).await?;
    write.commit().await?;
    Ok(Reveal::First { at })
}
