//! Signals: what happens to goods on a marketplace, as a stream. The form of a signal, the lines it comes in, the
//! compact blocks it is stored in, and the state that is folded from it per product, merchant and lot.
//!
//! Reading order: [`signal`] (what a signal is), [`wire`] (lines of JSON in and out), [`block`] (many signals as the
//! payload of one log block), [`counts`], [`prices`] and [`shape`] (what is kept of a day), [`window`] (what a detector
//! looks at, and how it is rebuilt from day rows), [`state`] (the fold of the log).
//!
//! Invariants
//! - The state is a fold of the log and of nothing else: the same blocks in the same order under the same
//!   [`state::Settings`] give the same [`state::State::digest`], with or without a stop in between, with or without
//!   spilling. It holds integers only, so that no rounding can differ.
//! - A [`window::Window`] of closed days can be rebuilt from the [`window::DayRow`]s of the closings: both are made by the
//!   same record and the same merges.
//! - Nothing grows without a limit: records are of fixed size, the hot set and the number of keys are bounded, a late
//!   signal is counted as long as its day is in the window.
//! - Bad input is an error with its place, never a panic, and never takes its neighbours with it.
//!
//! What it does not do: no files (`segments` has them, [`state::Spill`] is the seam), no clock (the time of receipt comes
//! with the block), no decisions (detectors look at windows), no law (which reasons are severe comes in as settings).

pub mod block;
pub mod calendar;
pub mod counts;
pub mod fingerprint;
pub mod prices;
pub mod shape;
pub mod signal;
pub mod state;
mod varint;
pub mod window;
pub mod wire;

pub use counts::{DayCounts, Reached, Totals};
pub use prices::DayPrices;
pub use shape::Shape;
pub use signal::{Attributes, Key, KeyKind, KeyRef, Kind, Signal};
pub use state::{Settings, Spill, State};
pub use window::{Concentration, DayRow, PriceWindow, ReviewShape, View, WINDOW_DAYS, Window, WindowBuilder};
pub use wire::{Limits, LineError, parse_lines};
