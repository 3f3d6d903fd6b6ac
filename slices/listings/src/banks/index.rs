//! The fingerprint bank in memory: exact look-ups by number and hash, near ones by picture and text. Rebuilt when the
//! bank's revision changes; a revision is a fresh id, so that one process may hold the banks of several stores.

use super::sketch::Sketch;
use super::{Fingerprint, FingerprintKind};
use crate::content::Content;
use crate::store;
use arc_swap::ArcSwap;
use kernel::{Kernel, Result};
use std::collections::HashMap;
use std::sync::Arc;

/// Name of the bank in the table of revisions.
pub(crate) const BANK: &str = "fingerprints";
/// Fingerprints read in one query.
const READ_ROWS: u64 = 2_000;
/// Fingerprints held in memory at most.
const FINGERPRINTS_MAX: usize = 1_000_000;

/// A fingerprint that agrees with a version.
#[derive(Debug, Clone)]
pub struct Match {
    /// The entry.
    pub fingerprint: Arc<Fingerprint>,
    /// Similarity 0 to 1 for texts; 1 for numbers and documents; 1 − distance / 256 for pictures.
    pub similarity: f64,
    /// Hamming distance of the pictures, where it is one.
    pub distance: Option<u32>,
    /// Which of the version's pictures or documents.
    pub position: Option<usize>,
}

/// The bank, ready to be asked.
#[derive(Default)]
pub struct Index {
    entries: Vec<Arc<Fingerprint>>,
    sketches: HashMap<usize, Sketch>,
    bands: HashMap<u64, Vec<u32>>,
    gtins: HashMap<String, Vec<u32>>,
    documents: HashMap<String, Vec<u32>>,
    pictures: imaging::Bank,
}

impl Index {
    /// Builds the index over active fingerprints.
    pub fn new(all: Vec<Fingerprint>) -> Index {
        let mut index = Index::default();
        for fingerprint in all {
            index.add(fingerprint);
        }
        index
    }

    fn add(&mut self, fingerprint: Fingerprint) {
        let number = self.entries.len() as u32;
        match fingerprint.kind {
            FingerprintKind::Text => {
                if let Some(sketch) = Sketch::parse(&fingerprint.value) {
                    for key in sketch.bands() {
                        self.bands.entry(key).or_default().push(number);
                    }
                    self.sketches.insert(number as usize, sketch);
                }
            }
            FingerprintKind::Image => {
                if let Ok(hash) = fingerprint.value.parse::<imaging::Hash>() {
                    self.pictures.insert(u64::from(number), hash);
                }
            }
            FingerprintKind::Gtin => self.gtins.entry(fingerprint.value.clone()).or_default().push(number),
            FingerprintKind::Document => self.documents.entry(fingerprint.value.clone()).or_default().push(number),
        }
        self.entries.push(Arc::new(fingerprint));
    }

    /// Everything it holds.
    pub fn entries(&self) -> impl Iterator<Item = &Arc<Fingerprint>> {
        self.entries.iter()
    }

    /// How many fingerprints it holds.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Everything that agrees with a version of another listing, best first. `distance_max` and `quality_min` say which
    /// pictures count as the same, `similarity_min` which texts.
    pub fn matches(
        &self,
        listing_id: &str,
        content: &Content,
        distance_max: u32,
        quality_min: u8,
        similarity_min: f64,
    ) -> Vec<Match> {
        let mut found = Vec::new();
        let other = |number: u32| Some(&self.entries[number as usize]).filter(|entry| entry.listing_id != listing_id);
        let exact = |fingerprint: &Arc<Fingerprint>, position| Match {
            fingerprint: Arc::clone(fingerprint),
            similarity: 1.0,
            distance: None,
            position,
        };
        if let Some(gtin) = gtin_key(&content.gtin) {
            let numbers = self.gtins.get(&gtin).into_iter().flatten();
            found.extend(numbers.filter_map(|number| other(*number)).map(|entry| exact(entry, None)));
        }
        for (position, document) in content.documents.iter().enumerate() {
            let numbers = self.documents.get(&document.sha256).into_iter().flatten();
            found.extend(numbers.filter_map(|number| other(*number)).map(|entry| exact(entry, Some(position))));
        }
        for (position, image) in content.images.iter().enumerate().filter(|(_, image)| image.quality >= quality_min) {
            let Ok(hash) = image.hash.parse::<imaging::Hash>() else { continue };
            for near in self.pictures.near(hash, distance_max) {
                if let Some(entry) = other(near.key as u32) {
                    let similarity = 1.0 - f64::from(near.distance) / 256.0;
                    found.push(Match { similarity, distance: Some(near.distance), ..exact(entry, Some(position)) });
                }
            }
        }
        found
            .extend(self.texts(content, similarity_min).into_iter().filter(|m| m.fingerprint.listing_id != listing_id));
        found.sort_by(|a, b| {
            b.similarity.total_cmp(&a.similarity).then_with(|| a.fingerprint.id.cmp(&b.fingerprint.id))
        });
        found
    }

    fn texts(&self, content: &Content, similarity_min: f64) -> Vec<Match> {
        let Some(sketch) = Sketch::of(content) else { return Vec::new() };
        let mut candidates: Vec<u32> =
            sketch.bands().iter().filter_map(|key| self.bands.get(key)).flatten().copied().collect();
        candidates.sort_unstable();
        candidates.dedup();
        let near = |number: u32| {
            let similarity = self.sketches.get(&(number as usize))?.similarity(&sketch);
            let fingerprint = Arc::clone(&self.entries[number as usize]);
            (similarity >= similarity_min).then_some(Match { fingerprint, similarity, distance: None, position: None })
        };
        candidates.into_iter().filter_map(near).collect()
    }
}

/// A GTIN for comparison: digits only, padded to 14; `None` where it is none.
pub(crate) fn gtin_key(gtin: &str) -> Option<String> {
    let digits: String = gtin.chars().filter(char::is_ascii_digit).collect();
    matches!(digits.len(), 8 | 12 | 13 | 14).then(|| format!("{digits:0>14}"))
}

/// The newest index and the revision it was read at.
#[derive(Default)]
struct Newest(ArcSwap<(String, Arc<Index>)>);

/// The bank as it stands now.
pub(crate) async fn current(kernel: &Kernel) -> Result<Arc<Index>> {
    let revision = store::banks::revision(kernel.db().read(), BANK).await?;
    if revision.is_empty() {
        return Ok(Arc::new(Index::default()));
    }
    let newest = kernel.memory::<Newest>();
    let held = newest.0.load();
    if held.0 == revision {
        return Ok(Arc::clone(&held.1));
    }
    let mut all = Vec::new();
    let mut after = String::new();
    while all.len() < FINGERPRINTS_MAX {
        let rows = store::banks::active_after(kernel.db().read(), &after, READ_ROWS).await?;
        let Some(last) = rows.last() else { break };
        after.clone_from(&last.id);
        all.extend(rows);
    }
    let index = Arc::new(Index::new(all));
    newest.0.store(Arc::new((revision, Arc::clone(&index))));
    Ok(index)
}
