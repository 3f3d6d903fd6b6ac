//! Passwords: Argon2id (RFC 9106) with the parameters OWASP recommends (19 MiB, 2 passes, 1 lane).

use crate::policy::Rules;
use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use ground::{Fault, Problem, Rng};
use kernel::Result;

/// Longest password, bytes: hashing must have a bound.
const PASSWORD_BYTES_MAX: usize = 512;
/// Fewest different characters.
const DIFFERENT_CHARS_MIN: usize = 5;

/// Passwords of sufficient length that are tried first by everybody who tries.
const COMMON: [&str; 44] = [
    "123456789012",
    "1234567890123",
    "12345678901234",
    "123456789123",
    "123412341234",
    "111122223333",
    "112233445566",
    "012345678901",
    "098765432109",
    "987654321012",
    "123123123123",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "qazwsxedcrfv",
    "qwertyuiop12",
    "qwertyuiop123",
    "qwertyuiopasdf",
    "asdfghjkl123",
    "zxcvbnm12345",
    "abcdefghijkl",
    "abcd12345678",
    "abc123456789",
    "a12345678910",
    "a1234567890b",
    "password1234",
    "password12345",
    "passwordpassword",
    "passw0rd1234",
    "p@ssw0rd1234",
    "adminadmin123",
    "administrator",
    "administrator1",
    "admin1234567",
    "rootrootroot",
    "letmeinletmein",
    "welcome12345",
    "changeme1234",
    "changemechangeme",
    "iloveyou1234",
    "woaini123456",
    "woaini1314520",
    "5201314520131",
    "touchstone123",
    "shijinshi123",
];

/// What is wrong with a password somebody wants; empty when it is fine.
pub(crate) fn faults(password: &str, login: &str, rules: &Rules) -> Vec<Fault> {
    let chars = password.chars().count();
    if chars < rules.password_chars_min {
        return vec![Fault::field("password", "accounts-password-short").arg("least", rules.password_chars_min)];
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return vec![Fault::field("password", "accounts-password-long").arg("most", PASSWORD_BYTES_MAX)];
    }
    let plain = password.to_lowercase();
    let different: std::collections::BTreeSet<char> = plain.chars().collect();
    let common = COMMON.contains(&plain.as_str())
        || different.len() < DIFFERENT_CHARS_MIN
        || is_run(&plain)
        || COMMON.iter().any(|known| plain.len() <= known.len() + 2 && plain.starts_with(known));
    if common {
        return vec![Fault::field("password", "accounts-password-common")];
    }
    if login.chars().count() >= 3 && plain.contains(login) && chars < login.chars().count() + rules.password_chars_min {
        return vec![Fault::field("password", "accounts-password-login")];
    }
    Vec::new()
}

/// Whether each character follows the one before (`abcdef…`, `987654…`).
fn is_run(text: &str) -> bool {
    let chars: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    [1, -1].iter().any(|step| chars.windows(2).all(|pair| pair[1] - pair[0] == *step))
}

/// Hashes a password on a thread of its own: it takes tens of milliseconds of processor and 19 MiB.
pub(crate) async fn hash(rng: &dyn Rng, password: &str) -> Result<String> {
    let mut bytes = [0u8; 16];
    rng.fill(&mut bytes);
    let salt = SaltString::encode_b64(&bytes).map_err(|error| Problem::internal(error.to_string()))?;
    let password = password.to_owned();
    let hashed = tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string())
    });
    hashed.await.map_err(Problem::internal)?.map_err(|error| Problem::internal(error.to_string()))
}

/// A hash of nobody's password, of the same cost: what a password is compared with when the login is unknown, so that the
/// answer takes as long.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Whether a password is the hashed one. Without a hash it compares with nobody's and says no.
pub(crate) async fn verify(stored: Option<&str>, password: &str) -> Result<bool> {
    let known = stored.is_some();
    let stored = stored.unwrap_or(NOBODY).to_owned();
    let password: String = password.chars().take(PASSWORD_BYTES_MAX).collect();
    let compared = tokio::task::spawn_blocking(move || {
        PasswordHash::new(&stored).map(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    });
    let same = compared.await.map_err(Problem::internal)?.map_err(|error| Problem::internal(error.to_string()))?;
    Ok(same && known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ground::SeededRng;

    fn refused(password: &str) -> Option<String> {
        let rules = Rules { password_chars_min: 12, ..Rules::for_tests() };
        faults(password, "zhangsan", &rules).first().map(|fault| fault.message.to_string())
    }

    #[test]
    fn weak_passwords_are_refused_with_the_reason() {
        assert_eq!(refused("short").as_deref(), Some("accounts-password-short"));
        assert_eq!(
            refused("短密码短密码短密码短密").as_deref(),
            Some("accounts-password-short"),
            "characters, not bytes"
        );
        for common in [
            "123456789012",
            "PASSWORD1234",
            "password1234!",
            "aaaaaaaaaaaaaa",
            "abcdefghijklmnop",
            "zyxwvutsrqponm",
            "ababababababab",
        ] {
            assert_eq!(refused(common).as_deref(), Some("accounts-password-common"), "{common}");
        }
        assert_eq!(refused("zhangsan2026").as_deref(), Some("accounts-password-login"));
        assert_eq!(refused(&"密".repeat(400)).as_deref(), Some("accounts-password-long"));
        for good in ["correct horse battery", "风起于青萍之末浪成于微澜", "k9#Vq2!xLw7z"] {
            assert_eq!(refused(good), None, "{good}");
        }
    }

    #[tokio::test]
    async fn only_the_same_password_verifies_and_nobodys_never_does() {
        let rng = SeededRng::new(1);
        let stored = hash(&rng, "correct horse battery").await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(NOBODY[..30], stored[..30], "nobody's password costs as much");
        assert!(verify(Some(&stored), "correct horse battery").await.unwrap());
        assert!(!verify(Some(&stored), "correct horse batterz").await.unwrap());
        assert!(!verify(None, "").await.unwrap());
        assert_ne!(stored, hash(&rng, "correct horse battery").await.unwrap(), "each hash has its own salt");
    }
}
