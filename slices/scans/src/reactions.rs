//! What other duties' acts mean here.

use crate::address::Address;
use crate::known;
use crate::scan;
use crate::store;
use crate::watch;
use ground::Timestamp;
use journey::clones::Event;
use kernel::{ActRecord, Kernel, Result};
use serde_json::Value;

/// Sightings of one unit looked at to see whether a sale is known.
const SIGHTINGS_MAX: u64 = 10_000;
/// Steps of a journey searched for a return.
const STEPS_MAX: usize = 200;

/// Something was decided that pages of codes may show: what was gathered is forgotten.
///
/// # Errors
/// Never.
pub async fn on_changed(kernel: Kernel, _act: ActRecord) -> Result<()> {
    known::forget_all(&kernel);
    Ok(())
}

/// Units were sold. Those that were sold before (`sold_before`: GTIN, dot, serial) are looked at: each order is taken in
/// once, with the returns between them, and the rule about two orders judges.
///
/// # Errors
/// What the store and the duties say; then it is tried again.
pub async fn on_units_sold(kernel: Kernel, act: ActRecord) -> Result<()> {
    let units = act.public.get("sold_before").and_then(Value::as_array).into_iter().flatten();
    for unit in units.filter_map(Value::as_str) {
        if let Some((gtin, serial)) = unit.split_once('.') {
            orders(&kernel, gtin, serial).await?;
        }
    }
    watch::drain(&kernel).await?;
    known::forget_all(&kernel);
    Ok(())
}

async fn orders(kernel: &Kernel, gtin: &str, serial: &str) -> Result<()> {
    let Ok(parsed) = gtin.parse() else { return Ok(()) };
    let address = Address { serial: Some(serial.to_owned()), ..Address::of_product(parsed) };
    let known = store::sightings::of_unit(kernel.db().read(), gtin, serial, SIGHTINGS_MAX).await?;
    let is_known = |event: Event, at: Timestamp| {
        known.iter().any(|seen| match (seen.seen.event, event) {
            (Event::Sale { order }, Event::Sale { order: other }) => order == other,
            (Event::Return, Event::Return) => seen.seen.at == at,
            _ => false,
        })
    };
    let mut steps: Vec<(Timestamp, Event)> = returns(kernel, &address).await?;
    for sale in trace::sales_of_unit(kernel, &parsed, serial).await? {
        steps.push((sale.sold_at, Event::Sale { order: order_number(&sale.order_code) }));
    }
    steps.sort_by_key(|(at, _)| *at);
    for (at, event) in steps {
        if !is_known(event, at) {
            scan::order(kernel, &address, event, at).await?;
        }
    }
    Ok(())
}

/// When the unit came back, as its journey tells.
async fn returns(kernel: &Kernel, address: &Address) -> Result<Vec<(Timestamp, Event)>> {
    let id = address.canonical();
    let journey = events::journey(kernel, &[id], STEPS_MAX).await?;
    let is_return = |step: &events::StoredEvent| {
        let ends = |text: &Option<String>, words: &[&str]| {
            let last = text.as_deref().and_then(|text| text.rsplit([':', '-', '/']).next()).unwrap_or_default();
            words.contains(&last)
        };
        ends(&step.biz_step, &["returning"]) || ends(&step.disposition, &["returned"])
    };
    Ok(journey.iter().filter(|step| is_return(step)).map(|step| (step.event_time, Event::Return)).collect())
}

/// The first 64 bits of an order's code: enough to tell two orders of one unit apart.
fn order_number(code: &str) -> u64 {
    let first = code.get(..16).unwrap_or(code);
    u64::from_str_radix(first, 16).unwrap_or(1).max(1)
}
