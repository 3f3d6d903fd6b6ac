//! Identification keys, application identifiers, element strings, Digital Link, unit codes.
