//! What every other room stands on: time, chance, ids, money, languages and the shape of an error.
//!
//! Reading order: [`time`], [`random`], [`id`], [`money`], [`problem`], [`limits`].
//!
//! Invariants
//! - Nothing here performs I/O, except [`SystemClock`] and [`SystemRng`], which are the only places in the
//!   product that ask the machine for time or randomness. Everything else receives a [`Clock`] and a [`Rng`].
//! - A moment is an `i64` count of UTC microseconds; an amount is an `i64` of minor units with its currency.
//!
//! What it does not do: no configuration, no logging, no law. Working days are policy data (`policy::calendar`).

pub mod id;
pub mod language;
pub mod limits;
pub mod money;
pub mod problem;
pub mod random;
pub mod time;

pub use id::{IdSequence, new_id};
pub use language::{Bilingual, Language};
pub use money::Money;
pub use problem::{ErrorCode, Fault, Level, Place, Problem};
pub use random::{Rng, SeededRng, SystemRng};
pub use time::{Clock, DemonstrationClock, FakeClock, SystemClock, Timestamp};
