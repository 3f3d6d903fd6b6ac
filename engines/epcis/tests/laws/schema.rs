//! Agreement with the standard's JSON schema on changed examples.
