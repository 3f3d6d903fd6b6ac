//! Which product a lot is of, as the signals say: the first signal that names a lot with a product decides. Kept in a file
//! beside the snapshots; limited in number.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use stream::block::{self, Content};

/// Most lots known; later ones have no product here.
const LOTS_MAX: usize = 2_000_000;

struct Known {
    /// `<merchant>/<lot>` to the shop's number.
    products: HashMap<String, String>,
    file: File,
}

/// Lots and their products.
pub(crate) struct Lots(Mutex<Known>);

impl Lots {
    pub fn open(path: &Path) -> io::Result<Lots> {
        let file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
        let mut products = HashMap::new();
        for line in BufReader::new(File::open(path)?).split(b'\n') {
            // A line cut off by a crash names a lot that comes again with the blocks behind the snapshot.
            let Ok(line) = String::from_utf8(line?) else { continue };
            if let Some((lot, product)) = line.split_once('\t').filter(|(_, product)| !product.is_empty()) {
                products.entry(lot.to_owned()).or_insert_with(|| product.to_owned());
            }
        }
        Ok(Lots(Mutex::new(Known { products, file })))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The product of a lot.
    pub fn product(&self, merchant: &str, lot: &str) -> Option<String> {
        self.known().products.get(&format!("{merchant}/{lot}")).cloned()
    }

    /// Learns from a block.
    pub fn learn(&self, payload: &[u8]) -> io::Result<()> {
        let Ok(block) = block::read(payload) else { return Ok(()) };
        let Content::Signals(signals) = block.content else { return Ok(()) };
        if signals.lots.is_empty() {
            return Ok(());
        }
        let mut known = self.known();
        let mut unknown: Vec<Option<String>> = signals
            .lots
            .iter()
            .map(|(merchant, lot)| format!("{}/{lot}", signals.merchants[*merchant as usize]))
            .map(|key| (!known.products.contains_key(&key)).then_some(key))
            .collect();
        let mut left = unknown.iter().flatten().count();
        for coded in signals.coded().map_while(Result::ok) {
            if left == 0 || known.products.len() >= LOTS_MAX {
                break;
            }
            let place = coded.lot.and_then(|lot| unknown.get_mut(lot as usize));
            if let Some(key) = place.and_then(Option::take) {
                left -= 1;
                // A cut-off line before this one ends here.
                known.file.write_all(format!("{key}\t{}\n", coded.signal.product).as_bytes())?;
                known.products.insert(key, coded.signal.product.to_owned());
            }
        }
        Ok(())
    }

    /// Makes what was learnt durable.
    pub fn keep(&self) -> io::Result<()> {
        self.known().file.sync_data()
    }
}
