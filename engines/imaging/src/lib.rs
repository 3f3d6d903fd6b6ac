//! Pictures: reading them safely, recognising them again, and reading the QR codes in them.
//!
//! Reading order: [`sniff`] (what kind of file it is, by its content), [`decode`] (bytes to pixels under
//! limits), [`hash`] and [`pdq`] (the 256-bit perceptual hash), [`bank`] (finding near hashes among
//! millions), [`qr`] (codes and where they stand).
//!
//! Invariants:
//! - No input makes this crate panic, and none makes it allocate more than [`Limits`] allows.
//! - A hash depends on the file's bytes alone: no clock, no randomness, no platform setting.
//! - [`bank::Bank::near`] returns exactly what a scan over all hashes would return.
//!
//! What it deliberately does not do: it does not open files or fetch addresses, it knows no policy
//! (the distance and quality that count as "the same picture" come from the caller), it does not read
//! text in pictures, and it does not apply the EXIF rotation (nor does the reference PDQ program; ask
//! [`Hash`]es of all eight positions with [`pdq::dihedral`] instead).
pub mod bank;
pub mod decode;
pub mod hash;
pub mod pdq;
pub mod qr;
pub mod sniff;

pub use bank::{Bank, BankError, Match};
pub use decode::{Error, Limits, Picture, decode, inspect};
pub use hash::{Hash, HashParseError};
pub use pdq::{Fingerprint, dihedral, fingerprint};
pub use qr::{Area, QrCode, qr_codes};
pub use sniff::Kind;
