//! Who looks, without knowing who it is: a phone and a network address become hashes under a key that changes every day and
//! is thrown away, so that nobody can follow a person from one day to the next, nor find an address again.

use crate::store;
use ground::Timestamp;
use hmac::{Hmac, Mac};
use kernel::{Kernel, Result};
use sha2::Sha256;
use std::net::IpAddr;
use std::sync::Mutex;

/// Days a key is kept after its own: scans that were reported late still find it.
pub const KEY_DAYS_KEPT: i64 = 2;
/// Longest header looked at, bytes.
const HEADER_BYTES_MAX: usize = 400;

/// What a request tells of who looks.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    /// Network address; never stored.
    pub address: Option<IpAddr>,
    /// `User-Agent`.
    pub agent: String,
    /// `Accept-Language`.
    pub languages: String,
}

/// The key of the day, once it is known.
#[derive(Default)]
pub(crate) struct DayKey(Mutex<Option<(String, [u8; 32])>>);

/// The hash that stands for a phone today.
///
/// # Errors
/// What the store says.
pub async fn device(kernel: &Kernel, reader: &Reader) -> Result<u64> {
    let key = key(kernel).await?;
    let network = reader.address.map(network_bytes).unwrap_or_default();
    let parts = [b"device".as_slice(), &network, short(&reader.agent), short(&reader.languages)];
    Ok(hash64(&key, &parts))
}

/// The hash that stands for a phone an app names, today.
///
/// # Errors
/// What the store says.
pub async fn named_device(kernel: &Kernel, name: &str) -> Result<u64> {
    Ok(hash64(&key(kernel).await?, &[b"named-device", name.as_bytes()]))
}

/// The hash that stands for a network address today, hexadecimal.
///
/// # Errors
/// What the store says.
pub async fn address(kernel: &Kernel, address: IpAddr) -> Result<String> {
    let key = key(kernel).await?;
    Ok(format!("{:016x}", hash64(&key, &[b"address", &network_bytes(address)])))
}

/// Throws away the keys of days that are over.
///
/// # Errors
/// What the store says.
pub(crate) async fn forget_keys(kernel: &Kernel) -> Result<u64> {
    store::keys::forget_before(kernel, &day_of(kernel.now().plus_days(-KEY_DAYS_KEPT))).await
}

async fn key(kernel: &Kernel) -> Result<[u8; 32]> {
    let day = day_of(kernel.now());
    let memory = kernel.memory::<DayKey>();
    if let Some((held, key)) = memory.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).as_ref()
        && *held == day
    {
        return Ok(*key);
    }
    let key = store::keys::of_day(kernel, &day).await?;
    *memory.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some((day, key));
    Ok(key)
}

fn day_of(at: Timestamp) -> String {
    at.date_in(&jiff::tz::TimeZone::UTC).to_string()
}

fn short(text: &str) -> &[u8] {
    &text.as_bytes()[..text.len().min(HEADER_BYTES_MAX)]
}

/// The network of an address: within it phones change theirs by themselves.
fn network_bytes(address: IpAddr) -> [u8; 16] {
    match web::network_of(address) {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

fn hash64(key: &[u8; 32], parts: &[&[u8]]) -> u64 {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return 0; // HMAC takes keys of every length: this does not happen
    };
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
    let out = mac.finalize().into_bytes();
    let mut first = [0u8; 8];
    first.copy_from_slice(&out[..8]);
    // 0 stands for "not known".
    u64::from_le_bytes(first).max(1)
}
