//! Merchants: enrolment, identities, qualifications and their expiry.
//!
//! A merchant writes its file, hands it in, is checked by machine, register and person, and is enrolled or refused with
//! reasons. What it may sell rests on papers; when one runs out, an act says so and the listings that rest on it leave the
//! shelf by themselves; when it is renewed, another act brings them back.
//!
//! Reading order: [`model`] (the nouns), [`rules`] (the state machine and the checks, pure), [`matrix`] (what a market asks),
//! [`enrol`] (writing and handing in), [`qualification`] and [`brand`] (papers), [`decide`] (decisions), [`register`] (external
//! registers), [`jobs`] (timers), [`standing`] (what other duties ask), [`read`], `store`, then `api` and `pages`.
//!
//! Invariants
//! - The id of a merchant is the id of the organisation its people belong to. They see and write that one file only;
//!   about others they do not even learn that they exist.
//! - States change along [`rules::after`] only, each change with its act: `merchant.submitted`, `.verifying`, `.enrolled`,
//!   `.refused`, `.suspended`, `.restored`, `.closed`, `.reopened`, `.withdrawn`, `.banned`. Papers: `qualification.submitted`,
//!   `.verified`, `.rejected`, `.expiring`, `.expired`, `.superseded`, `.withdrawn`, `.register_answered`; `brand.…` alike.
//!   An act about a paper names its merchant in `merchant` and its scope in `categories` (empty: all).
//! - A change names the version it read; another one in between makes it `stale`. A register number is held by one live
//!   merchant (`merchant_claims`).
//! - Personal data (names, numbers of persons, telephones, accounts) stands only in private parts of acts.
//! - The machine never admits what a person should look at, and a paper that no register confirmed says "by hand".
//!
//! What it does not do: it knows no listing (listings asks [`standing`] and answers the acts above), keeps no people
//! (accounts does), weighs no links between parties and imposes no sanctions (enforcement will).

mod api;
pub mod blacklist;
pub mod brand;
mod check;
pub mod decide;
pub mod enrol;
mod error;
pub mod jobs;
pub mod matrix;
pub mod model;
mod pages;
pub mod parameters;
pub mod qualification;
pub mod read;
pub mod register;
mod routes;
pub mod rules;
pub mod standing;
mod store;
mod text;

pub use blacklist::{NewEntry, add_blacklist, blacklist, lift_blacklist};
pub use brand::{NewBrand, NewLink, add_brand, brands, decide_brand, letter, withdraw_brand};
pub use decide::{Decision, confirm, decide, reasons_for, reverify};
pub use enrol::{Change, create, submit, update};
pub use error::{BLACKLISTED, CODES, Error, MARKET_UNKNOWN, MERCHANT_EXISTS};
pub use jobs::{jobs, jobs_with};
pub use matrix::Matrix;
pub use model::{
    AuthorisationLink, BlacklistEntry, BrandAuthorisation, Company, Contacts, DocumentFile, Finding, Merchant, Move,
    PartyKind, Qualification, QualificationState, RegisterState, ReturnAddress, State, Weight,
};
pub use qualification::{
    NewFile, NewQualification, add_qualification, decide_qualification, document, qualification, qualifications,
    withdraw_qualification,
};
pub use read::{get, history, list, open_work, own, preview, standing_for};
pub use register::{HttpRegister, Register};
pub use routes::routes;
pub use rules::Coverage;
pub use standing::{Standing, brand_authorisations, directory, find_by_uscc, standing};
pub use store::{Filter, SORTS, migrations};

/// The texts of this duty.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "merchants",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

#[cfg(test)]
mod tests;
