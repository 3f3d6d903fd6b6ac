//! Verifiable credentials: issue, verify, status lists.
