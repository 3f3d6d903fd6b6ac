//! The queue through its own doors, on every store, with a shelf of the tests' own.

mod decisions;
mod golden;
mod house;
mod onsite;
mod pages;
mod permissions;
mod queue;
mod second;
mod whole;
