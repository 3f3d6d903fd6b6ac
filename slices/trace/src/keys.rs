//! The keys of codes: made at the first batch, sealed at rest, rotated by staff. A retired key verifies for ever.
//!
//! A key belongs to one merchant and one purpose; each rotation begins an epoch. The number in a serial is the epoch modulo
//! 32, so after 32 rotations a number comes back: verifying tries every key of that number that minted for the GTIN (a
//! wrong one passes with probability 2⁻⁵⁵).

use crate::model::{CodeKey, Purpose};
use crate::{Error, store};
use ground::limits::NOTE_CHARS_MAX;
use gs1::Gtin;
use gs1::unit::{KEY_IDS, Serial, UnitKey};
use kernel::{Act, Actor, Kernel, Permission, Write};
use sea_orm::ConnectionTrait;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use zeroize::Zeroizing;

/// Most opened keys kept in memory; when there are more, all are forgotten and opened again as they are asked for.
const OPENED_MAX: usize = 10_000;
/// Most keys of one list.
const KEYS_MAX: u64 = 1_000;

/// The keys this process has opened, by id. A key never changes, so nothing here grows old.
#[derive(Default)]
struct Opened(Mutex<HashMap<String, Arc<UnitKey>>>);

fn purpose_text(key: &CodeKey) -> String {
    format!("trace {} key {}", key.purpose.name(), key.id)
}

fn unsealed(kernel: &Kernel, stored: &store::SealedKey) -> Result<Zeroizing<[u8; 32]>, Error> {
    let bytes = kernel.sealer()?.open(&purpose_text(&stored.key), &stored.sealed)?;
    let mut secret = Zeroizing::new([0u8; 32]);
    if bytes.len() != secret.len() {
        return Err(kernel::sealed::Error::DoesNotOpen.into());
    }
    secret.copy_from_slice(&bytes);
    Ok(secret)
}

/// A key ready for use.
pub(crate) async fn open(kernel: &Kernel, db: &impl ConnectionTrait, key_id: &str) -> Result<Arc<UnitKey>, Error> {
    let opened = kernel.memory::<Opened>();
    if let Some(key) = opened.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get(key_id) {
        return Ok(Arc::clone(key));
    }
    let stored = store::key(db, key_id).await?.ok_or(Error::Missing)?;
    let key = Arc::new(UnitKey::from_secret(stored.key.number, &*unsealed(kernel, &stored)?)?);
    let mut kept = opened.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if kept.len() >= OPENED_MAX {
        kept.clear();
    }
    kept.insert(key_id.to_owned(), Arc::clone(&key));
    Ok(key)
}

/// The key in use for a merchant and purpose; its first epoch is made inside this decision.
pub(crate) async fn in_use(
    kernel: &Kernel,
    write: &Write,
    merchant_id: &str,
    purpose: Purpose,
) -> Result<CodeKey, Error> {
    match store::latest_key(write.tx(), merchant_id, purpose).await? {
        Some(stored) => Ok(stored.key),
        None => begin(kernel, write, merchant_id, purpose, 0).await,
    }
}

async fn begin(
    kernel: &Kernel,
    write: &Write,
    merchant_id: &str,
    purpose: Purpose,
    epoch: u64,
) -> Result<CodeKey, Error> {
    let key = CodeKey {
        id: write.new_id(),
        merchant_id: merchant_id.to_owned(),
        purpose,
        epoch,
        number: (epoch % u64::from(KEY_IDS)) as u8,
        retired_at: None,
        reason: String::new(),
        created_at: write.now(),
    };
    let mut secret = Zeroizing::new([0u8; 32]);
    kernel.rng().fill(&mut *secret);
    let sealed = kernel.sealer()?.seal(kernel.rng(), &purpose_text(&key), &*secret)?;
    store::insert_key(write.tx(), &key, &sealed).await?;
    Ok(key)
}

/// The secret that order numbers are coded with. One for the product; it is never rotated, or the same order could no
/// longer be recognised.
pub(crate) async fn order_secret(kernel: &Kernel, write: &Write) -> Result<Zeroizing<[u8; 32]>, Error> {
    let stored = match store::latest_key(write.tx(), "", Purpose::Order).await? {
        Some(stored) => stored,
        None => {
            let made = begin(kernel, write, "", Purpose::Order, 0).await?;
            store::key(write.tx(), &made.id).await?.ok_or(Error::Missing)?
        }
    };
    unsealed(kernel, &stored)
}

/// Ends the epoch in use and begins the next: new codes are made with the new key, old codes go on verifying.
///
/// # Errors
/// `forbidden`; `not_found` where the merchant has no key of this purpose yet; `invalid_input` without a reason;
/// `stale` when somebody else rotates it at this moment.
pub async fn rotate(
    kernel: &Kernel,
    actor: &Actor,
    merchant_id: &str,
    purpose: Purpose,
    reason: &str,
) -> Result<CodeKey, Error> {
    actor.require(Permission::TraceManage)?;
    let mut faults = Vec::new();
    let reason = crate::text::needed(&mut faults, "reason", reason, NOTE_CHARS_MAX);
    if purpose == Purpose::Order {
        faults.push(ground::Fault::field("purpose", "trace-fault-purpose"));
    }
    Error::check(faults)?;
    let mut write = kernel.begin(actor).await?;
    let old = store::latest_key(write.tx(), merchant_id, purpose).await?.ok_or(Error::Missing)?.key;
    if !store::retire_key(write.tx(), &old.id, &reason, write.now()).await? {
        return Err(Error::Stale);
    }
    let key = begin(kernel, &write, merchant_id, purpose, old.epoch + 1).await?;
    let act = Act::new("code_key.rotated", "code_key", &key.id)
        .about("code_key", &old.id)
        .about("merchant", merchant_id)
        .public("merchant", merchant_id)
        .public("purpose", purpose.name())
        .public("epoch", key.epoch)
        .public("number", key.number)
        .private("reason", reason.as_str());
    write.act(act).await?;
    write.commit().await?;
    Ok(key)
}

/// The keys of a merchant, or of all merchants, newest first; never their secrets.
///
/// # Errors
/// `forbidden`, `not_found` for another merchant's.
pub async fn keys(kernel: &Kernel, actor: &Actor, merchant_id: Option<&str>) -> Result<Vec<CodeKey>, Error> {
    match merchant_id {
        Some(merchant) => actor.require_own(Permission::TraceRead, Permission::OwnTrace, merchant)?,
        None => actor.require(Permission::TraceRead)?,
    }
    store::keys(kernel.db().read(), merchant_id, KEYS_MAX).await
}

/// What verifying a serial says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// Made with this key as this counter.
    Genuine { key_id: String, counter: u64, serial: Serial },
    /// Codes of the GTIN are made here, and this is none of them.
    Forged,
    /// No codes of the GTIN are made here, or the serial has another form.
    Unknown,
}

/// The keys of the GTINs looked at in one call, so that a long list asks the store once for each GTIN.
#[derive(Default)]
pub(crate) struct Ring(HashMap<Gtin, Vec<(u8, String)>>);

impl Ring {
    /// Verifies a serial as it was scanned: exactly.
    pub(crate) async fn find(
        &mut self,
        kernel: &Kernel,
        db: &impl ConnectionTrait,
        gtin: &Gtin,
        serial: &str,
    ) -> Result<Found, Error> {
        let Some(read) = Serial::read(serial) else { return Ok(Found::Unknown) };
        if !self.0.contains_key(gtin) {
            self.0.insert(*gtin, store::keys_of_gtin(db, gtin.as_str()).await?);
        }
        let keys = self.0.get(gtin).map_or(&[][..], Vec::as_slice);
        if keys.is_empty() {
            return Ok(Found::Unknown);
        }
        for (_, key_id) in keys.iter().filter(|(number, _)| *number == read.key_id()) {
            let key = open(kernel, db, key_id).await?;
            if let Some(counter) = gs1::unit::verify(&key, gtin, serial) {
                return Ok(Found::Genuine { key_id: key_id.clone(), counter, serial: read });
            }
        }
        Ok(Found::Forged)
    }
}
