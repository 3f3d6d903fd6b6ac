//! The engine from outside: published vectors, the JSON schema of the standard, hostile documents, every query
//! parameter, the template, and laws that must hold for any event.

mod documents;
mod examples;
mod identifiers;
mod properties;
mod queries;
mod schema;
mod shared;
mod template;
mod vectors;
