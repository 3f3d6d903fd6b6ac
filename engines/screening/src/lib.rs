//! Screening: what is wrong with a listing, where, why, on which legal basis, and what would fix it.
//!
//! **Reading order.** [`input`] (what a shop hands in, its limits and its refusals), [`finding`] (what comes out),
//! [`screen()`] (the one walk through all checks), then one check as the pattern for the others: [`change`] is the
//! smallest, [`claims`] the largest. Claims stand on [`fold`] (one-pass table fold with a map back to the original
//! characters), [`atoms`] (every term of every rule in one automaton) and [`facts`] (what was found, without the
//! text). [`rules`] compiles a policy pack; [`decision`] turns findings into pass, review or reject.
//!
//! **The shape of a check.** A module with two plain functions and no trait:
//! `facts(&Input, …) -> XFacts` reads the listing once; `findings(&XFacts, &XRules, …) -> Vec<Finding>` applies the
//! policy. Facts are small, serialisable and kept per listing; a changed policy runs the second function only.
//!
//! **Invariants.**
//! * Facts once, policy many times: `findings` never sees the text of the listing.
//! * Facts gained by scanning for new terms only and merged into the kept ones equal a full scan exactly.
//! * Spans are character offsets in the *original* text, `start < end`, always inside the field.
//! * Nothing here panics on any input; what exceeds a limit is refused with field and remedy before any check runs.
//!
//! **Not here.** No database, no HTTP, no clock, no randomness, no reading of files: bytes of images come in with the
//! input, banks and the market's prices come in as [`Banks`], the date comes in as an argument. No law and no
//! threshold is a constant in this crate: they are rows of the policy pack.

pub mod atoms;
pub mod brand;
pub mod categories;
pub mod change;
pub mod claims;
pub mod decision;
pub mod documents;
pub mod facts;
pub mod finding;
pub mod fold;
pub mod form;
pub mod images;
pub mod index;
pub mod input;
pub mod names;
pub mod numbers;
pub mod price;
pub mod qualifications;
pub mod recalls;
pub mod rules;
pub mod rulings;

mod screen;

pub use finding::{Basis, Check, Cleared, Decision, Finding, ImageBox, Mode, PackVersion, Report, Severity, Text};
pub use input::{DocumentInput, ImageInput, Input, InputError, MerchantInput};
pub use rules::Rules;
pub use screen::{Banks, Facts, facts as read, judge, screen, screen_edit, screen_with};
