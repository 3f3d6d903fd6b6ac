//! Who may see an event besides who captured it: whoever owns the units and lots it touches, and whoever it names as source
//! or destination.

use crate::reading::{Prepared, parts_of};
use crate::store;
use kernel::{Kernel, Result};
use std::collections::{BTreeSet, HashMap};

/// Units of one event whose owner is looked up one by one.
const UNITS_LOOKED_UP_MAX: usize = 50;

/// What is known of owners while one document is captured.
#[derive(Default)]
pub(crate) struct Owners {
    lots: HashMap<String, Vec<(String, String)>>,
    parties: Option<HashMap<String, String>>,
}

/// What stands for a party where it has no number of its own.
pub(crate) const PARTY_PREFIX: &str = "urn:touchstone:party:";

impl Owners {
    /// The parties that may see the event.
    pub async fn viewers(&mut self, kernel: &Kernel, party: &str, event: &Prepared) -> Result<BTreeSet<String>> {
        let mut viewers = BTreeSet::from([party.to_owned()]);
        for identifier in &event.parties {
            if let Some(named) = self.party_of(kernel, identifier).await? {
                viewers.insert(named);
            }
        }
        let mut looked_up = 0;
        for (value, _) in event.terms.iter().filter(|(_, role)| role.starts_with(['e', 'q'])) {
            let Some((gtin, lot, serial)) = parts_of(value) else { continue };
            let lots = self.lots_of(kernel, gtin).await?;
            if lots.iter().all(|(_, owner)| viewers.contains(owner)) {
                continue;
            }
            match (lot, serial) {
                (Some(lot), _) => {
                    viewers.extend(lots.iter().filter(|(number, _)| number == lot).map(|(_, owner)| owner.clone()))
                }
                // Somebody who only uses the same number is no owner: the unit's own code says whose it is.
                (None, Some(serial)) if looked_up < UNITS_LOOKED_UP_MAX => {
                    looked_up += 1;
                    if let Some(owner) = owner_of_unit(kernel, gtin, serial).await? {
                        viewers.insert(owner);
                    }
                }
                _ => {}
            }
        }
        Ok(viewers)
    }

    /// The party an identifier stands for.
    pub async fn party_of(&mut self, kernel: &Kernel, identifier: &str) -> Result<Option<String>> {
        if let Some(id) = identifier.strip_prefix(PARTY_PREFIX) {
            return Ok(Some(id.to_owned()).filter(|id| ground::id::is_id(id) || id.len() <= 64));
        }
        if self.parties.is_none() {
            let all = store::parties(kernel).await?;
            self.parties = Some(all.into_iter().map(|row| (row.identifier, row.party)).collect());
        }
        Ok(self.parties.as_ref().and_then(|known| known.get(&store::index_key(identifier)).cloned()))
    }

    async fn lots_of(&mut self, kernel: &Kernel, gtin: &str) -> Result<Vec<(String, String)>> {
        if let Some(known) = self.lots.get(gtin) {
            return Ok(known.clone());
        }
        let lots = match gtin.parse::<gs1::Gtin>() {
            Ok(parsed) => {
                let lots = trace::lots_of_gtin(kernel, &parsed).await.map_err(ground::Problem::from)?;
                lots.into_iter().map(|lot| (encoded(&lot.number), lot.merchant_id)).collect()
            }
            Err(_) => Vec::new(),
        };
        self.lots.insert(gtin.to_owned(), lots);
        Ok(self.lots[gtin].clone())
    }
}

/// A lot number as it stands in a canonical id.
fn encoded(number: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'\'').remove(b';').remove(b'=');
    utf8_percent_encode(number, KEPT).to_string()
}

async fn owner_of_unit(kernel: &Kernel, gtin: &str, serial: &str) -> Result<Option<String>> {
    let Ok(gtin) = gtin.parse::<gs1::Gtin>() else { return Ok(None) };
    let standing = trace::standing(kernel, &gtin, serial).await.map_err(ground::Problem::from)?;
    Ok(standing.lot.map(|lot| lot.merchant_id))
}
