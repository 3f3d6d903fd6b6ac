//! Looking at the state: windows of products, merchants and lots. A look holds the fold for as long as it lasts and must not
//! begin another one inside. All functions are for threads that may wait a moment.

use crate::error::Error;
use crate::works::works;
use ground::Problem;
use kernel::{Kernel, Result};
use stream::{DayRow, Key, KeyKind, KeyRef, View, Window};

/// What a look shows: the open day included, which is what an eye on the present wants.
const PRESENT: View = View::Open;

/// The window of one key, the open day included; `None` where nothing was counted under it.
///
/// # Errors
/// `signals_closed`, `signals_storage`.
pub fn one<T>(kernel: &Kernel, kind: KeyKind, id: &str, look: impl FnOnce(&Window) -> T) -> Result<Option<T>> {
    let works = works(kernel)?;
    let window = works.fold.state().window(KeyRef { kind, id }, PRESENT).map_err(Error::storage)?;
    Ok(window.as_ref().map(look))
}

/// The window of one key as of the last closed day; `None` where nothing was counted under it.
///
/// # Errors
/// As [`one`].
pub fn one_closed<T>(kernel: &Kernel, kind: KeyKind, id: &str, look: impl FnOnce(&Window) -> T) -> Result<Option<T>> {
    let works = works(kernel)?;
    let window = works.fold.state().window(KeyRef { kind, id }, View::Closed).map_err(Error::storage)?;
    Ok(window.as_ref().map(look))
}

/// The window of a product: `merchant` is the merchant's id, `product` the shop's number.
///
/// # Errors
/// As [`one`].
pub fn product<T>(
    kernel: &Kernel,
    merchant: &str,
    product: &str,
    look: impl FnOnce(&Window) -> T,
) -> Result<Option<T>> {
    one(kernel, KeyKind::Product, &Key::product(merchant, product).id, look)
}

/// Every window of a kind as of now, the open day included; in no order.
///
/// # Errors
/// As [`one`].
pub fn each(kernel: &Kernel, kind: KeyKind, look: impl FnMut(&Window)) -> Result<()> {
    each_in(kernel, kind, PRESENT, look)
}

/// Every window of a kind as of the last closed day: what the rows of closed days would give.
///
/// # Errors
/// As [`one`].
pub fn each_closed(kernel: &Kernel, kind: KeyKind, look: impl FnMut(&Window)) -> Result<()> {
    each_in(kernel, kind, View::Closed, look)
}

fn each_in(kernel: &Kernel, kind: KeyKind, view: View, look: impl FnMut(&Window)) -> Result<()> {
    let works = works(kernel)?;
    let state = works.fold.state();
    state.for_each(kind, view, look).map_err(|error| Error::storage(error).into())
}

/// The windows of all keys touched by blocks behind `since`, the open day included; in the order of the keys.
///
/// # Errors
/// As [`one`].
pub fn touched(kernel: &Kernel, since: u64, mut look: impl FnMut(&Window)) -> Result<()> {
    let works = works(kernel)?;
    let state = works.fold.state();
    for key in state.touched_since(since).map_err(Error::storage)? {
        if let Some(window) = state.window(key.as_ref(), PRESENT).map_err(Error::storage)? {
            look(&window);
        }
    }
    Ok(())
}

/// The rows of the closings from `from_day` to `until_day`, both included, in the order in which they were closed.
///
/// # Errors
/// `signals_closed`; `signals_storage` for a damaged file, named in the log.
pub fn day_rows(kernel: &Kernel, from_day: i32, until_day: i32, mut each: impl FnMut(DayRow)) -> Result<()> {
    let works = works(kernel)?;
    for row in works.lake.days(from_day..=until_day).map_err(Error::storage)? {
        each(row.map_err(|error| Problem::from(Error::storage(error)))?);
    }
    Ok(())
}
