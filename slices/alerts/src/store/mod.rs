//! The only SQL of this slice. Entities and migrations in [`schema`]; one file a noun.

pub(crate) mod alerts;
pub(crate) mod schema;
pub(crate) mod shadows;
pub(crate) mod suppressions;
pub(crate) mod trials;
pub(crate) mod watching;

use crate::model::Subject;
use detectors::{Family, Scope};
use ground::Problem;
use sha2::{Digest, Sha256};

pub(crate) fn fail(error: sea_orm::DbErr) -> Problem {
    db::Error::from(error).into()
}

pub(crate) fn unknown(what: &str, value: &str) -> Problem {
    Problem::internal(format!("a row has the unknown {what} {value}"))
}

/// A short name for a subject of any length: indexed columns are short.
pub(crate) fn hash_of(subject: &Subject) -> String {
    let mut hash = Sha256::new();
    hash.update(subject.scope.name());
    hash.update([0]);
    hash.update(&subject.key);
    hex::encode(&hash.finalize()[..16])
}

/// The same of a product by its key.
pub(crate) fn hash_of_product(key: &str) -> String {
    hash_of(&Subject::new(Scope::Product, key))
}

/// What makes two findings the same alert while it stands.
pub(crate) fn standing_key(family: Family, subject: &Subject) -> String {
    format!("{}:{}", family.name(), hash_of(subject))
}

pub(crate) fn count(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}

pub(crate) fn day(value: i64) -> i32 {
    i32::try_from(value).unwrap_or_default()
}
