//! Verifiable credentials: statements that anybody can check with the issuer's public key alone.
//!
//! W3C Verifiable Credentials Data Model 2.0, secured as `vc+jwt` (VC-JOSE-COSE, compact JWS with EdDSA over Ed25519;
//! ES256 is verified too) or with an `eddsa-jcs-2022` Data Integrity proof; issuers are `did:web` or `did:key`; revocation
//! and suspension by Bitstring Status List v1.0.
//!
//! Reading order: [`json`] (what bytes are taken as JSON), [`key`], [`did`] (names of issuers and their documents),
//! [`credential`] (the data model), [`jwt`] and [`integrity`] (the two ways to secure), [`secured`] (reading and verifying
//! either), [`status`] (bit strings and status lists).
//!
//! Invariants
//! - The clock is an argument. Nothing here resolves a name, fetches a document or draws a random number.
//! - The key decides the algorithm: a header may only agree with it. `none`, symmetric algorithms, unknown `crit` and keys
//!   that travel inside the header have no effect but refusal.
//! - A key counts only where the issuer's own DID document lists it for `assertionMethod` and names the issuer as its
//!   controller.
//! - JSON with a key twice, deeper than [`json::DEPTH_MAX`] or larger than [`json::BYTES_MAX`] is refused before anything
//!   is believed of it; a status list unpacks to at most [`status::LIST_BYTES_MAX`].
//!
//! What it does not do: no RDF canonicalisation (`eddsa-rdfc-2022`, `ecdsa-*`, `bbs-2023` are refused by name), no SD-JWT,
//! no presentations, no JSON-LD processing: context addresses are compared, never loaded.

pub mod credential;
pub mod did;
mod error;
pub mod integrity;
pub mod json;
pub mod jwt;
pub mod key;
pub mod secured;
pub mod status;

#[cfg(test)]
mod tests;

pub use credential::Credential;
pub use did::{Did, DidDocument};
pub use error::Error;
pub use key::{Algorithm, PublicKey, SigningKey};
pub use secured::{Form, Secured, Verified};
pub use status::{Bits, Purpose, StatusEntry, StatusList};

/// A result of this engine.
pub type Result<T, E = Error> = std::result::Result<T, E>;
