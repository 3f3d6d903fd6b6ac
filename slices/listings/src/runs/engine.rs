//! What screening needs in memory: the rules of a pack compiled once, and the bank of pictures of this store.

use crate::banks::same_goods::SameGoodsRules;
use crate::banks::{FingerprintKind, brands, index, recalls};
use crate::error::Error;
use crate::store;
use arc_swap::ArcSwap;
use kernel::{Kernel, Result};
use screening::Banks;
use screening::images::ImageRecord;
use screening::rules::Rules;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Compiled packs remembered at the same time.
const PACKS_MAX: usize = 24;
/// Pictures read in one query.
const READ_ROWS: u64 = 5_000;
/// Pictures held in memory at most; older ones beyond are not compared with.
const PICTURES_MAX: usize = 4_000_000;

/// A pack ready to judge with.
pub(crate) struct Compiled {
    pub rules: Rules,
    pub same_goods: SameGoodsRules,
}

/// Market, version of the pack, revision of the operator's own brands, date.
type Key = (String, String, String, jiff::civil::Date);
/// Packs compiled for this store.
#[derive(Default)]
struct Packs(ArcSwap<BTreeMap<Key, Arc<Compiled>>>);

/// The rules of a pack on a date with the operator's own brands, compiled once a version, revision and date.
pub(crate) async fn compiled(kernel: &Kernel, pack: &policy::Pack, date: jiff::civil::Date) -> Result<Arc<Compiled>> {
    let revision = store::banks::revision(kernel.db().read(), brands::BANK).await?;
    let key = (pack.market().to_owned(), pack.version().to_owned(), revision, date);
    let remembered = kernel.memory::<Packs>();
    if let Some(there) = remembered.0.load().get(&key) {
        return Ok(Arc::clone(there));
    }
    let fail = |diagnostics: policy::Diagnostics| Error::Rules {
        market: pack.market().to_owned(),
        reason: diagnostics.to_string(),
    };
    let mut rules = Rules::compile(pack, date).map_err(fail)?;
    for brand in brands::own(kernel, pack.market()).await? {
        rules.brands.add(brand);
    }
    let same_goods = SameGoodsRules::new(pack, date).map_err(fail)?;
    let fresh = Arc::new(Compiled { rules, same_goods });
    remembered.0.rcu(|held| {
        let mut next = BTreeMap::clone(held);
        while next.len() >= PACKS_MAX {
            // The oldest date goes first; it is compiled again where it is still needed.
            let oldest = next.keys().min_by_key(|(_, _, _, date)| *date).cloned();
            match oldest {
                Some(oldest) => next.remove(&oldest),
                None => break,
            };
        }
        next.insert(key.clone(), Arc::clone(&fresh));
        next
    });
    Ok(fresh)
}

/// A compiled pack of this version that is still in memory, whatever its date.
pub(crate) fn remembered(kernel: &Kernel, market: &str, version: &str) -> Option<Arc<Compiled>> {
    let packs = kernel.memory::<Packs>();
    let held = packs.0.load();
    held.iter().find(|((m, v, _, _), _)| m == market && v == version).map(|(_, compiled)| Arc::clone(compiled))
}

/// The rules in force in a market today.
pub(crate) async fn in_force(kernel: &Kernel, market: &str) -> Result<Arc<Compiled>> {
    let packs = kernel.packs();
    let pack = packs.market(market).map_err(|_| Error::Market { market: market.to_owned() })?;
    compiled(kernel, pack, kernel.today()).await
}

/// The banks of one store, kept up to date turn by turn.
pub(crate) struct Held {
    /// What the engine compares with; the prices are set anew for every listing.
    pub banks: Banks,
    /// Goods refused before.
    pub index: Arc<index::Index>,
    fingerprints: String,
    banned: Vec<u64>,
    last_use: String,
    pictures: usize,
}

/// The banks of this store, brought up to date.
pub(crate) async fn banks(kernel: &Kernel) -> Result<Arc<Mutex<Held>>> {
    let held = kernel.memory::<Mutex<Held>>();
    held.lock().await.refresh(kernel).await?;
    Ok(held)
}

impl Default for Held {
    fn default() -> Held {
        Held::new()
    }
}

impl Held {
    fn new() -> Held {
        Held {
            banks: Banks::default(),
            index: Arc::new(index::Index::default()),
            fingerprints: String::new(),
            banned: Vec::new(),
            last_use: String::new(),
            pictures: 0,
        }
    }

    async fn refresh(&mut self, kernel: &Kernel) -> Result<()> {
        self.banks.recalls = recalls::current(kernel).await?;
        let revision = store::banks::revision(kernel.db().read(), index::BANK).await?;
        if revision != self.fingerprints {
            self.index = index::current(kernel).await?;
            for key in self.banned.drain(..) {
                self.banks.images.remove(key);
            }
            let entries: Vec<_> =
                self.index.entries().filter(|entry| entry.kind == FingerprintKind::Image).cloned().collect();
            for entry in entries {
                if let Ok(hash) = entry.value.parse::<imaging::Hash>() {
                    let key = self.banks.images.insert(
                        hash,
                        ImageRecord {
                            source: entry.listing_id.clone(),
                            merchant: entry.merchant_id.clone(),
                            banned: true,
                            note: entry.rules.join(", "),
                        },
                    );
                    self.banned.push(key);
                }
            }
            self.fingerprints = revision;
        }
        while self.pictures < PICTURES_MAX {
            let rows = store::pictures::uses_after(kernel.db().read(), &self.last_use, READ_ROWS).await?;
            let Some(last) = rows.last() else { break };
            self.last_use.clone_from(&last.id);
            for row in rows {
                if let Ok(hash) = row.hash.parse::<imaging::Hash>() {
                    let record = ImageRecord {
                        source: row.listing_id,
                        merchant: row.merchant_id,
                        banned: false,
                        note: String::new(),
                    };
                    self.banks.images.insert(hash, record);
                    self.pictures += 1;
                }
            }
        }
        Ok(())
    }
}
