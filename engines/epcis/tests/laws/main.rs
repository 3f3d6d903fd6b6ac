//! The engine from outside: published vectors, the JSON schema of the standard, hostile documents, every query
//! parameter, and laws that must hold for any event.

mod documents;
mod examples;
mod schema;
mod shared;
mod vectors;
