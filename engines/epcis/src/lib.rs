//! EPCIS 2.0 documents, validation, event hashes, queries.
