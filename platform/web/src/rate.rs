//! Rate limits: a token bucket for every network address and every actor, in this process's memory.
//!
//! Each process counts for itself: with n processes behind a balancer a caller gets up to n times the limit.

use ground::Problem;
use ground::Timestamp;
use ground::problem::RATE_LIMITED;
use ground::time::SECOND_MICROS;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;

/// Most buckets kept; when there are more, full ones are forgotten (they say nothing), then all.
const BUCKETS_MAX: usize = 100_000;

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Timestamp,
}

/// Buckets of one kind. A bucket holds `burst` tokens, a quarter of a minute's worth, and fills evenly.
#[derive(Debug)]
pub(crate) struct Buckets<K> {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<K, Bucket>>,
}

impl<K: Hash + Eq> Buckets<K> {
    fn new(per_minute: u32) -> Self {
        Buckets {
            per_second: f64::from(per_minute.max(1)) / 60.0,
            burst: (f64::from(per_minute) / 4.0).max(1.0),
            buckets: Mutex::default(),
        }
    }

    /// Takes a token, or says after how many whole seconds there will be one.
    pub(crate) fn take(&self, key: K, now: Timestamp) -> Result<(), u64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(&key) {
            let (per_second, burst) = (self.per_second, self.burst);
            buckets.retain(|_, bucket| filled(*bucket, now, per_second, burst) < burst);
            if buckets.len() >= BUCKETS_MAX {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(key).or_insert(Bucket { tokens: self.burst, at: now });
        bucket.tokens = filled(*bucket, now, self.per_second, self.burst);
        bucket.at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            Ok(())
        } else {
            Err(((1.0 - bucket.tokens) / self.per_second).ceil().max(1.0) as u64)
        }
    }
}

fn filled(bucket: Bucket, now: Timestamp, per_second: f64, burst: f64) -> f64 {
    let seconds = (now.micros() - bucket.at.micros()).max(0) as f64 / SECOND_MICROS as f64;
    (bucket.tokens + seconds * per_second).min(burst)
}

/// The limits of a site.
#[derive(Debug)]
pub(crate) struct Limits {
    address: Buckets<IpAddr>,
    actor: Buckets<String>,
}

impl Limits {
    pub(crate) fn new(address_per_minute: u32, actor_per_minute: u32) -> Self {
        Limits { address: Buckets::new(address_per_minute), actor: Buckets::new(actor_per_minute) }
    }

    pub(crate) fn take_address(&self, address: IpAddr, now: Timestamp) -> kernel::Result<()> {
        self.address.take(network_of(address), now).map_err(limited)
    }

    pub(crate) fn take_actor(&self, actor: &str, now: Timestamp) -> kernel::Result<()> {
        self.actor.take(actor.to_owned(), now).map_err(limited)
    }
}

fn limited(seconds: u64) -> Problem {
    Problem::new(&RATE_LIMITED).arg("seconds", seconds)
}

/// An IPv4 address, or the first address of an IPv6 /64: who has one address of a /64 has them all, and phones change
/// theirs within it by themselves.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again_with_time() {
        let buckets = Buckets::new(60);
        let start = Timestamp::from_micros(0);
        for _ in 0..15 {
            assert_eq!(buckets.take("a", start), Ok(()));
        }
        assert_eq!(buckets.take("a", start), Err(1));
        assert_eq!(buckets.take("b", start), Ok(()), "another caller has another bucket");
        assert_eq!(buckets.take("a", start.plus_micros(SECOND_MICROS)), Ok(()));
        assert_eq!(buckets.take("a", start.plus_micros(SECOND_MICROS)), Err(1));
    }

    #[test]
    fn all_addresses_of_a_slash_64_share_one_bucket() {
        let one = network_of("2001:db8:1:2::1".parse().unwrap());
        assert_eq!(one, network_of("2001:db8:1:2:ffff::9".parse().unwrap()));
        assert_ne!(one, network_of("2001:db8:1:3::1".parse().unwrap()));
        assert_eq!(network_of("::ffff:192.0.2.1".parse().unwrap()).to_string(), "192.0.2.1");
    }
}
