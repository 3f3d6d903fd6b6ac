//! Why a credential, a document or a list is refused. Every reason has a stable code.

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Larger than this engine reads.
    #[error("larger than {max} bytes")]
    TooLarge {
        /// The limit.
        max: usize,
    },
    /// Not JSON, deeper than allowed, or a number that does not survive canonical form.
    #[error("not usable JSON: {0}")]
    Json(String),
    /// An object holds a key twice: readers would disagree about what was signed.
    #[error("the key {0:?} stands twice in one object")]
    DuplicateKey(String),
    /// Neither a compact JWS nor JSON with one proof.
    #[error("not a secured credential: {0}")]
    NotSecured(&'static str),
    /// Base64url, base58 or multibase that does not decode, or not to the right length.
    #[error("{0} does not decode")]
    Encoding(&'static str),
    /// The header names an algorithm that is not accepted; `none` is one of them.
    #[error("the algorithm {0:?} is not accepted")]
    Algorithm(String),
    /// The header names an algorithm of another kind of key.
    #[error("the algorithm does not belong to the issuer's key")]
    AlgorithmMismatch,
    /// The header's media type is not `vc+jwt`.
    #[error("the header's {field} is {found:?}")]
    Type {
        /// `typ` or `cty`.
        field: &'static str,
        /// What it says.
        found: String,
    },
    /// The header demands an extension (`crit`).
    #[error("the header demands an extension that is not understood: {0}")]
    Critical(String),
    /// No key id, or one that belongs to another party.
    #[error("the key id {0:?} is not one of the issuer's")]
    KeyId(String),
    /// A field of the data model is missing or wrong.
    #[error("{field}: {reason}")]
    Field {
        /// JSON pointer.
        field: String,
        /// What would be right.
        reason: &'static str,
    },
    /// The proof's cryptosuite is not accepted.
    #[error("the cryptosuite {0:?} is not accepted")]
    Cryptosuite(String),
    /// The name is not a DID of a method that is understood.
    #[error("{0:?} is not a did:web or did:key")]
    Did(String),
    /// The document is of another party.
    #[error("the document is of {found}, not of {wanted}")]
    OtherDocument {
        /// Whose document was needed.
        wanted: String,
        /// Whose it is.
        found: String,
    },
    /// The document does not list the key for assertions, or another party controls it.
    #[error("{0} is not a key the issuer asserts with")]
    Method(String),
    /// The key was withdrawn or ran out.
    #[error("{0} is no longer in use")]
    MethodEnded(String),
    /// Not a key, or one of a kind that is not accepted.
    #[error("the key is not usable: {0}")]
    Key(&'static str),
    /// The signature does not fit.
    #[error("the signature does not fit")]
    Signature,
    /// It is valid only later.
    #[error("valid only from {0}")]
    NotYetValid(String),
    /// It is no longer valid.
    #[error("valid only until {0}")]
    Expired(String),
    /// The status entry or list is of a kind that is not understood.
    #[error("the status cannot be read: {0}")]
    Status(String),
    /// The entry lies outside the list.
    #[error("the list has {bits} entries, {index} is not one of them")]
    StatusIndex {
        /// Asked for.
        index: u64,
        /// There are.
        bits: u64,
    },
}

impl Error {
    /// Stable name, snake_case.
    pub fn code(&self) -> &'static str {
        match self {
            Error::TooLarge { .. } => "too_large",
            Error::Json(_) => "json",
            Error::DuplicateKey(_) => "duplicate_key",
            Error::NotSecured(_) => "not_secured",
            Error::Encoding(_) => "encoding",
            Error::Algorithm(_) => "algorithm",
            Error::AlgorithmMismatch => "algorithm_mismatch",
            Error::Type { .. } => "type",
            Error::Critical(_) => "critical",
            Error::KeyId(_) => "key_id",
            Error::Field { .. } => "field",
            Error::Cryptosuite(_) => "cryptosuite",
            Error::Did(_) => "did",
            Error::OtherDocument { .. } => "other_document",
            Error::Method(_) => "method",
            Error::MethodEnded(_) => "method_ended",
            Error::Key(_) => "key",
            Error::Signature => "signature",
            Error::NotYetValid(_) => "not_yet_valid",
            Error::Expired(_) => "expired",
            Error::Status(_) => "status",
            Error::StatusIndex { .. } => "status_index",
        }
    }

    /// Every code, for tables of texts.
    pub const CODES: [&'static str; 22] = [
        "too_large",
        "json",
        "duplicate_key",
        "not_secured",
        "encoding",
        "algorithm",
        "algorithm_mismatch",
        "type",
        "critical",
        "key_id",
        "field",
        "cryptosuite",
        "did",
        "other_document",
        "method",
        "method_ended",
        "key",
        "signature",
        "not_yet_valid",
        "expired",
        "status",
        "status_index",
    ];

    /// Whether the document claims to be of an issuer whose signature it does not carry: forged or altered, rather than
    /// malformed or out of date.
    pub fn is_forgery(&self) -> bool {
        matches!(
            self,
            Error::Signature | Error::Method(_) | Error::KeyId(_) | Error::AlgorithmMismatch | Error::MethodEnded(_)
        )
    }

    pub(crate) fn field(field: impl Into<String>, reason: &'static str) -> Self {
        Error::Field { field: field.into(), reason }
    }
}
