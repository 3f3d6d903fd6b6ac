//! What can go wrong with people.

use ground::problem::{ErrorCode, Level};
use ground::{Fault, Problem};

/// The login or password is wrong, or the person may not sign in. Which of these is not said.
pub const SIGN_IN_REFUSED: ErrorCode = ErrorCode::new("sign_in_refused", 422, Level::Info);
/// Too many failures: sign-in rests for a while.
pub const SIGN_IN_PAUSED: ErrorCode = ErrorCode::new("sign_in_paused", 429, Level::Warn);
/// The code of the second factor is wrong or was used before.
pub const SECOND_FACTOR_REFUSED: ErrorCode = ErrorCode::new("second_factor_refused", 422, Level::Info);
/// The link was used, has expired, or never was.
pub const LINK_SPENT: ErrorCode = ErrorCode::new("link_spent", 410, Level::Info);
/// Another person has this login.
pub const LOGIN_TAKEN: ErrorCode = ErrorCode::new("login_taken", 409, Level::Debug);
/// There must always be an administrator who can sign in.
pub const LAST_ADMIN: ErrorCode = ErrorCode::new("last_admin", 409, Level::Info);
/// One cannot do this to oneself.
pub const NOT_ONESELF: ErrorCode = ErrorCode::new("not_oneself", 409, Level::Debug);
/// The present password is wrong.
pub const PASSWORD_WRONG: ErrorCode = ErrorCode::new("password_wrong", 422, Level::Info);
/// Only a signed-in person may do this, not a token.
pub const PERSON_NEEDED: ErrorCode = ErrorCode::new("person_needed", 403, Level::Info);
/// The sign-in provider's answer cannot be trusted.
pub const PROVIDER_REFUSED: ErrorCode = ErrorCode::new("provider_refused", 422, Level::Warn);
/// Nobody here is linked with this identity of the provider.
pub const PROVIDER_UNKNOWN: ErrorCode = ErrorCode::new("provider_unknown", 422, Level::Info);
/// The identity is linked with somebody else.
pub const PROVIDER_TAKEN: ErrorCode = ErrorCode::new("provider_taken", 409, Level::Info);

/// The codes of this crate.
pub const CODES: &[ErrorCode] = &[
    SIGN_IN_REFUSED,
    SIGN_IN_PAUSED,
    SECOND_FACTOR_REFUSED,
    LINK_SPENT,
    LOGIN_TAKEN,
    LAST_ADMIN,
    NOT_ONESELF,
    PASSWORD_WRONG,
    PERSON_NEEDED,
    PROVIDER_REFUSED,
    PROVIDER_UNKNOWN,
    PROVIDER_TAKEN,
];

/// A failure of this slice.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// See [`SIGN_IN_REFUSED`].
    #[error("sign-in refused")]
    SignInRefused,
    /// See [`SIGN_IN_PAUSED`].
    #[error("sign-in rests for {seconds} s")]
    SignInPaused {
        /// How long still.
        seconds: i64,
    },
    /// See [`SECOND_FACTOR_REFUSED`].
    #[error("second factor refused")]
    SecondFactorRefused,
    /// See [`LINK_SPENT`].
    #[error("the link is spent")]
    LinkSpent,
    /// See [`LOGIN_TAKEN`].
    #[error("the login is taken")]
    LoginTaken,
    /// See [`LAST_ADMIN`].
    #[error("the last administrator")]
    LastAdmin,
    /// See [`NOT_ONESELF`].
    #[error("not to oneself")]
    NotOneself,
    /// See [`PASSWORD_WRONG`].
    #[error("the present password is wrong")]
    PasswordWrong,
    /// See [`PERSON_NEEDED`].
    #[error("a person is needed")]
    PersonNeeded,
    /// See [`PROVIDER_REFUSED`].
    #[error("the provider's answer is refused: {0}")]
    ProviderRefused(String),
    /// See [`PROVIDER_UNKNOWN`].
    #[error("nobody is linked with this identity")]
    ProviderUnknown,
    /// See [`PROVIDER_TAKEN`].
    #[error("the identity is linked with somebody else")]
    ProviderTaken,
    /// The input is wrong.
    #[error("invalid input")]
    Invalid(Vec<Fault>),
    /// Everything that is not this slice's own.
    #[error(transparent)]
    Other(#[from] Problem),
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        Error::Other(error.into())
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let code = match error {
            Error::Other(problem) => return problem,
            Error::Invalid(faults) => return Problem::invalid(faults),
            Error::SignInPaused { seconds } => {
                let minutes = (seconds + 59) / 60;
                return Problem::new(&SIGN_IN_PAUSED).arg("minutes", minutes).arg("seconds", seconds);
            }
            Error::LoginTaken => {
                let fault = Fault::field("login", "accounts-login-taken");
                return Problem { faults: vec![fault], ..Problem::new(&LOGIN_TAKEN) };
            }
            Error::PasswordWrong => {
                let fault = Fault::field("current", "accounts-password-wrong");
                return Problem { faults: vec![fault], ..Problem::new(&PASSWORD_WRONG) };
            }
            Error::ProviderRefused(reason) => return Problem::new(&PROVIDER_REFUSED).because(reason),
            Error::SignInRefused => &SIGN_IN_REFUSED,
            Error::SecondFactorRefused => &SECOND_FACTOR_REFUSED,
            Error::LinkSpent => &LINK_SPENT,
            Error::LastAdmin => &LAST_ADMIN,
            Error::NotOneself => &NOT_ONESELF,
            Error::PersonNeeded => &PERSON_NEEDED,
            Error::ProviderUnknown => &PROVIDER_UNKNOWN,
            Error::ProviderTaken => &PROVIDER_TAKEN,
        };
        Problem::new(code)
    }
}
