//! Policy packs: what is forbidden, required, owed and when it is due, as effective-dated rows of data.
//!
//! A pack is a folder `policies/<market>/` of YAML files. A file is one table, or a part of one:
//!
//! ```yaml
//! table: claims
//! rows:
//!   - id: cn-claims-absolute        # unique in the pack; several rows of one table may share it when their periods do not meet
//!     from: 2021-04-29              # first day in force
//!     until: 2030-01-01             # optional, the first day no longer in force
//!     mode: on                      # off | shadow | "percentage: 25" | on; on when left out
//!     extends: cn-claims-base       # optional: columns not given here are taken from that row of the same table
//!     basis: [{ law: advertising-law, article: "9(3)" }]
//!     reason: { zh: 使用了绝对化用语, en: Uses an absolute claim }   # what a merchant reads
//!     fix: { zh: 删去该词, en: Remove the term }
//!     when: price_minor > 10000     # optional CEL condition over the table's declared variables
//!     tests: [{ title: 国家级面霜, hit: true }]  # shape is the table's own
//!     terms: [最佳]                  # every other column belongs to the table
//! ```
//!
//! `article` follows the law's own row in `laws.yaml`: where that row says `articles: 74` (the number of the last article) it is
//! `9`, `9(3)` (item 3), `28¶2` (paragraph 2), `28¶2(4)` or `63-1` (63 之一) and is shown as 第二十八条第二款第（四）项 /
//! Article 28, paragraph 2, item (4); elsewhere it is shown as written (`4.1.3`, `§ 5(a)`, `Art. 6(1)(b)`).
//!
//! # For a crate that owns a table
//!
//! ```ignore
//! #[derive(serde::Deserialize)]
//! struct Claim { terms: Vec<String>, severity: Severity, #[serde(default)] unless: Option<policy::Condition> }
//!
//! impl policy::TableRow for Claim {
//!     const TABLE: &'static str = "claims";
//!     const VARIABLES: &'static [policy::Variable] = &[policy::Variable::int("price_minor"), policy::Variable::text("brand")];
//!     const REASON_REQUIRED: bool = true;
//!     fn check(row: &policy::Row<Self>, pack: &policy::Pack, report: &mut policy::Report) {
//!         if row.body.terms.is_empty() { report.refuse("terms", "empty_terms", policy::Bilingual::new("请至少写一个词", "Name at least one term")); }
//!     }
//! }
//!
//! let rows = pack.rows_at::<Claim>(date)?;              // Vec<Arc<Row<Claim>>>, read once and kept in the pack
//! let minutes = pack.integer("review.lease_minutes", date)?;
//! let mut facts = policy::Facts::new();                 // reuse it: set() overwrites
//! facts.set("price_minor", 1990_i64).set("brand", "Acme");
//! if row.when.as_ref().map_or(Ok(true), |when| when.holds(&facts))? { … }
//! if policy::applies(row.mode, listing_id, &row.id) { … }   // off, shadow: false; percentage: by hash; on: true
//! let basis = pack.cite(&row.basis, date);              // Vec<Citation>: law title, article, both languages
//! tables.with::<Claim>();                               // so that `policy check` and the console know the columns
//! ```
//!
//! Reading order: [`text`], [`diagnostic`], [`node`] (YAML with places), [`typed`] (a place-keeping serde deserializer),
//! [`row`] (the envelope), [`pack`] (files -> checked pack), [`law`], [`parameter`], [`condition`], [`rollout`], [`calendar`],
//! [`packs`] (all markets, shipped or from a folder), [`tables`] (who owns which table).
//!
//! Invariants: a [`Pack`] that exists has valid envelopes, unique ids, periods that do not meet, known laws and articles, no
//! cycles; table columns are valid once [`Tables::check`] or [`Pack::rows`] said so. Every refusal is a [`Diagnostic`] with file,
//! line, column, row and a remedy in zh and en. The same text gives the same [`Pack::version`], whatever its comments and layout.
//!
//! What this crate does not do: no storage, no activation (the kernel), no console (slices/policies), no knowledge of what a
//! table means (its owner), no reading of the clock: a date is always an argument.

pub mod calendar;
mod check;
pub mod condition;
pub mod diagnostic;
mod envelope;
pub mod graph;
pub mod law;
pub mod node;
pub mod pack;
pub mod packs;
pub mod parameter;
pub mod rollout;
pub mod row;
pub mod tables;
pub mod text;
pub mod typed;

pub use calendar::WorkingDays;
pub use condition::{Condition, ConditionError, Facts, Kind, Variable};
pub use diagnostic::{Diagnostic, Diagnostics, Place, Report};
pub use law::{Citation, Law};
pub use node::Source;
pub use pack::Pack;
pub use packs::{Packs, shipped};
pub use parameter::{Parameter, ParameterError};
pub use rollout::{applies, percentile};
pub use row::{Basis, Mode, Row, TableRow, Test};
pub use tables::{Tables, TestFailure, TestRun};
pub use text::{Bilingual, Language};
