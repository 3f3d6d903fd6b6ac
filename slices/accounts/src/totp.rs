//! The second factor: time-based one-time passwords (RFC 6238: SHA-1, 6 digits, 30 s), as every authenticator app makes
//! them, and recovery codes for a lost telephone.

use ground::{Problem, Rng, Timestamp};
use kernel::Result;
use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, Secret, TOTP};

const DIGITS: usize = 6;
const STEP_SECONDS: u64 = 30;
/// What the secret of a second factor is sealed for.
pub(crate) const SEALED_FOR: &str = "second factor";
/// Steps before and after the present one that are taken, for clocks that are not exact.
const SKEW_STEPS: i64 = 1;
/// RFC 4226 asks for at least 128 bits and recommends 160.
const SECRET_BYTES: usize = 20;
/// Recovery codes handed out at once.
pub(crate) const CODES: usize = 10;

/// What an authenticator app is set up with.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// Base32, to be typed.
    pub secret: String,
    /// `otpauth://…`, to be scanned or opened.
    pub url: String,
}

pub(crate) fn new_secret(rng: &dyn Rng) -> String {
    let mut bytes = vec![0u8; SECRET_BYTES];
    rng.fill(&mut bytes);
    Secret::Raw(bytes).to_encoded().to_string()
}

fn generator(secret: &str, login: &str) -> Result<TOTP> {
    let bytes =
        Secret::Encoded(secret.to_owned()).to_bytes().map_err(|error| Problem::internal(format!("{error:?}")))?;
    let label = login.replace(':', "_");
    TOTP::new(Algorithm::SHA1, DIGITS, 0, STEP_SECONDS, bytes, Some("Touchstone".to_owned()), label)
        .map_err(|error| Problem::internal(format!("{error:?}")))
}

pub(crate) fn enrolment(secret: &str, login: &str) -> Result<Enrolment> {
    Ok(Enrolment { secret: secret.to_owned(), url: generator(secret, login)?.get_url() })
}

/// The time step a code belongs to; `None` when it is none of the present ones. The caller uses the step up, so that a code
/// is good once.
pub(crate) fn step_of(secret: &str, code: &str, now: Timestamp) -> Result<Option<i64>> {
    let totp = generator(secret, "")?;
    let present = now.micros() / ground::time::SECOND_MICROS / STEP_SECONDS as i64;
    let mut found = None;
    for step in present - SKEW_STEPS..=present + SKEW_STEPS {
        let expected = totp.generate(step.max(0) as u64 * STEP_SECONDS);
        if bool::from(expected.as_bytes().ct_eq(code.as_bytes())) {
            found = Some(step);
        }
    }
    Ok(found)
}

/// A code as typed: blanks and hyphens do not count.
pub(crate) fn typed(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').take(64).collect::<String>().to_lowercase()
}

/// A recovery code: 80 random bits, four groups of four base32 characters to write down.
pub(crate) fn new_recovery_code(rng: &dyn Rng) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0u8; 16];
    rng.fill(&mut bytes);
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// The code an authenticator app would show, for tests.
#[cfg(test)]
pub(crate) fn code_at(secret: &str, now: Timestamp) -> String {
    generator(secret, "").unwrap().generate((now.micros() / ground::time::SECOND_MICROS) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ground::SeededRng;
    use ground::time::SECOND_MICROS;

    /// RFC 6238, appendix B, SHA-1, last six of the eight digits.
    #[test]
    fn the_codes_of_the_standard_are_recognised() {
        let secret = Secret::Raw(b"12345678901234567890".to_vec()).to_encoded().to_string();
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            let now = Timestamp::from_micros(seconds * SECOND_MICROS);
            assert_eq!(step_of(&secret, code, now).unwrap(), Some(seconds / 30), "{seconds}");
            assert_eq!(step_of(&secret, code, now.plus_micros(90 * SECOND_MICROS)).unwrap(), None);
            assert_eq!(step_of(&secret, code, now.plus_micros(-30 * SECOND_MICROS)).unwrap(), Some(seconds / 30));
        }
        assert_eq!(step_of(&secret, "", Timestamp::from_micros(59 * SECOND_MICROS)).unwrap(), None);
    }

    #[test]
    fn recovery_codes_read_back_however_they_are_typed() {
        let code = new_recovery_code(&SeededRng::new(1));
        assert_eq!(code.len(), 19);
        assert_eq!(typed(&format!(" {} ", code.to_uppercase().replace('-', " "))), code.replace('-', ""));
    }

    #[test]
    fn an_app_is_told_issuer_and_login() {
        let shown = enrolment(&new_secret(&SeededRng::new(1)), "li:si@example.com").unwrap();
        assert!(shown.url.starts_with("otpauth://totp/Touchstone:li_si%40example.com?secret="), "{}", shown.url);
    }
}
