//! What a recall asks of lots and units: which lots a plant or a paper concerns, which serials stand on the units of a lot.
//! Nobody's permission is asked: the duty that steers recalls has checked who asks.

use crate::model::Lot;
use crate::{Error, keys, store};
use kernel::Kernel;

/// Ranges read at once.
const RANGES: u64 = 100;

/// The lots made in a plant, by its name as it stands in them, newest first, at most `most`.
///
/// # Errors
/// What the store says.
pub async fn lots_of_plant(kernel: &Kernel, plant: &str, most: u64) -> Result<Vec<Lot>, Error> {
    store::lots_of_plant(kernel.db().read(), plant, most).await
}

/// The lots that have a document of this number or content hash, also one taken back, newest first, at most `most`.
///
/// # Errors
/// What the store says.
pub async fn lots_with_document(kernel: &Kernel, number_or_sha256: &str, most: u64) -> Result<Vec<Lot>, Error> {
    store::lots_with_document(kernel.db().read(), number_or_sha256, most).await
}

/// The serials of the units that were put on goods of a lot, at most `most`, made again from the keys.
///
/// # Errors
/// What the store and the master key say.
pub async fn unit_serials(kernel: &Kernel, lot_id: &str, most: u64) -> Result<Vec<String>, Error> {
    let db = kernel.db().read();
    let (mut serials, mut after) = (Vec::new(), String::new());
    loop {
        let ranges = store::ranges_of_lot(db, lot_id, &after, RANGES).await?;
        for range in &ranges {
            let key = keys::open(kernel, db, &range.key_id).await?;
            let gtin = store::range_gtin(range)?;
            for counter in range.from..range.until {
                if serials.len() as u64 >= most {
                    return Ok(serials);
                }
                serials.push(gs1::unit::mint(&key, &gtin, counter)?.as_str().to_owned());
            }
        }
        match ranges.last() {
            Some(last) if ranges.len() as u64 == RANGES => after = last.id.clone(),
            _ => return Ok(serials),
        }
    }
}
