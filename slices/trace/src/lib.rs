//! Lots and unit codes: what was produced together, which code stands on which unit, and what became of it.
//!
//! A merchant enters a lot with its certificates, mints codes by the million, prints them, and puts them on goods. Whoever
//! holds a unit can verify its code without a look-up; what became of the unit is state, and stands here.
//!
//! Reading order: [`model`] (the nouns), [`lots`], [`documents`], [`keys`] (sealed, rotated, retired keys verify for ever),
//! [`codes`] (minting: reserving a range of counters), [`file`](mod@file) and [`sheets`] (codes made again from the key, as CSV and on
//! paper), [`commission`](mod@commission), [`units`] (what is known of one unit), [`sales`], [`covered`] (the second code), `store`, then `api`
//! and `pages`.
//!
//! Invariants
//! - Units are not rows. A batch is a range of counters of a key and GTIN; commissioning and decommissioning are ranges of a
//!   batch; only a unit that was sold or uncovered has a row. Ranges of one kind never overlap.
//! - A counter is reserved once: in one transaction with its act, decided by the row of the key's counter. A stop after it
//!   loses no code: the file is made again from the key, never stored.
//! - A key's secret stands in the store sealed only (`kernel::sealed`), bound to the key's id; it never leaves this crate.
//! - The number of an order is sealed too; only its code under the product's own secret is compared.
//! - Every decision is one transaction with its act: `lot.created`, `.changed`, `.blocked`, `.recalled`, `.withdrawn`,
//!   `.reopened`, `.document_added`, `.document_withdrawn`; `codes.minted`, `.taken`, `.commissioned`, `.decommissioned`;
//!   `units.sold`, `unit.uncovered`; `code_key.rotated`. Facts about goods are public; plant, notes, paper and order numbers
//!   are private.
//! - Merchants see and write their own lots and codes; about others they do not even learn that they exist.
//!
//! What it does not do: it computes no code and reads no symbol (`gs1`, `labels`), keeps no events (`events`), no reports
//! (`reports`) and no scans (`scans`), and calls nothing back (`recalls` moves lots by [`set_lot_state`]).

mod api;
mod calling_back;
pub mod codes;
pub mod commission;
pub mod covered;
pub mod documents;
mod error;
pub mod file;
pub mod keys;
pub mod lots;
pub mod model;
mod pages;
mod routes;
pub mod sales;
pub mod sheets;
mod store;
mod stream;
mod survey;
mod text;
pub mod units;

pub use calling_back::{lots_of_plant, lots_with_document, unit_serials};
pub use codes::{BatchFilter, NewBatch, Run, batch, batches, mint, runs};
pub use commission::{DECOMMISSION_REASONS, Units, commission, decommission};
pub use covered::{Reveal, reveal};
pub use documents::{NewDocument, add_document, document_file, documents, public_documents, withdraw_document};
pub use error::{CODES, Error, KEY_EXHAUSTED, LOT_EXISTS, MERCHANT_STOPPED, SHEET_REFUSED};
pub use file::{Code, CodeFile, code_file, first_code};
pub use keys::{keys, rotate};
pub use lots::{
    LotChange, NewLot, change, create, lot, lot_by_id, lots, lots_by_id, lots_numbered, lots_of_gtin, open_work,
    public_lot, set_lot_state,
};
pub use model::{
    Authenticity, Batch, BatchBrief, CodeKey, Covered, DocumentKind, Lot, LotDocument, LotState, Purpose, Turn,
    UnitStanding, UnitState,
};
pub use routes::routes;
pub use sales::{
    After, Order, OrderedUnit, Outcome, Sale, orders_of_lot, record_sales, sales_of_unit, units_sold_twice,
};
pub use sheets::{Format, LabelSheet, SheetRequest, label_sheet, labels_of};
pub use store::{LotFilter, SORTS};
pub use units::{Unreadable, forget_recent, read_code, standing, standings_recent, verify};

/// The migrations of this duty.
pub fn migrations() -> db::Migrations {
    store::migrations()
}

/// The texts of this duty.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "trace",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

#[cfg(test)]
mod tests;
