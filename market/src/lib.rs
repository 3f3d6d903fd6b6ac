//! Makes marketplaces: the demonstration with honest and dishonest merchants, and catalogues of any size for benches.
//!
//! Reading order: [`demonstration`] (who and what), [`numbers`] (registration numbers), [`pictures`] and [`papers`] (files),
//! [`catalogue`] (a stream of listings), [`days`] (what is bought, sent back and complained about from hour to hour).
//!
//! Invariants
//! - The same seed gives the same marketplace, byte for byte.
//! - Nothing here is shared with the checks: numbers and faults are made by code of their own.
//! - No decision is written in. Who is dishonest is known only to tests; the product has to find out.
//!
//! What it does not do: it calls nothing of the product; the application loads what is made here through its public doors.

pub mod catalogue;
pub mod days;
pub mod demonstration;
pub mod numbers;
pub mod papers;
pub mod pictures;

pub use demonstration::{Demonstration, Listing, Merchant, Paper, generate};
pub use pictures::Picture;
