//! The EPCIS repository: capture, queries, subscriptions.
