//! EPCIS 2.0: what happened to goods, where, when and why, as JSON-LD documents.
//!
//! **What is here.** Reading and validating documents and events ([`read`], [`read_each`], [`read_event`]), the
//! canonical event hash of the Core Business Vocabulary 2.0, section 8.9 ([`hash`](mod@hash)), the parameters of the
//! simple event query and their evaluation ([`query`]), and a table for merchants who will never write EPCIS
//! ([`template`]).
//!
//! **Reading order.** [`event`] (the types), [`document`] (what stands around events), the rules of validation's rules,
//! [`identifier`] and [`vocabulary`] (what makes two spellings the same thing), [`hash`](mod@hash), [`query`],
//! [`template`].
//!
//! **Invariants.**
//! - An [`Event`] exists only if it is valid. Its JSON is what came; its typed fields are canonical.
//! - One bad event never refuses the events beside it. Every refusal has a JSON pointer, a stable code and words in
//!   Chinese and English.
//! - Events of a document become values one at a time; the rest of the document stays text.
//! - The hash does not depend on the order of fields or lists, on the form of identifiers, zones or numbers, on
//!   namespaces' prefixes, or on white space around values.
//! - Everything has a limit ([`Limits`]).
//!
//! **What it deliberately does not do.** No XML. No fetching of remote contexts: their prefixes stay unknown. No
//! storage, no clock: whether a time is plausible, whether a capture may speak for a party, and whether an event was
//! seen before are the repository's questions. No translation from Digital Link back to URN, which would need the
//! length of every company prefix.

pub mod context;
pub mod document;
pub mod event;
mod fault;
pub mod hash;
pub mod identifier;
mod json;
mod limits;
pub mod query;
pub mod template;
pub mod time;
mod uri;
mod validate;
pub mod vocabulary;

pub use context::Context;
pub use document::{Document, Form, Head, read, read_each, read_event, read_json_each};
pub use event::{
    Action, Epc, ErrorDeclaration, Event, Kind, Quantity, Role, SensorElement, SensorMetadata, SensorReport, Typed,
};
pub use fault::{Code, DocumentError, EventError, Position};
pub use hash::{hash, prehash};
pub use json::words as json_words;
pub use limits::Limits;
pub use uri::is_uri;
