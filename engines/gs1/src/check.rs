//! Check digits and check characters of the identification keys.
//!
//! Source: GS1 General Specifications, section 7.9.1 (check digit, weights 3 and 1 from the right) and 7.9.5 (check character
//! pair of the Global Model Number and of the MUDI: prime weights modulo 1021, written in 32 characters).

/// The 32 characters a check character pair is written in.
pub(crate) const PAIR_ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// The 82 characters of AI encodable character set 82 in the order that gives each its value in a check character pair.
pub(crate) const CSET82: &[u8; 82] =
    b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// Weights of the check character pair from the right: the primes from 2.
const PAIR_WEIGHTS: [u32; 23] =
    [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83];

/// Most characters a check character pair can be made for.
pub const PAIR_DATA_MAX: usize = PAIR_WEIGHTS.len();

/// The check digit that follows `digits` (the key without its check digit), 0–9.
///
/// `None` when `digits` is empty or holds anything but the ASCII digits.
#[must_use]
pub fn check_digit(digits: &str) -> Option<u8> {
    let bytes = digits.as_bytes();
    if bytes.is_empty() || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut sum = 0_usize;
    for (place, byte) in bytes.iter().rev().enumerate() {
        let weight = if place % 2 == 0 { 3 } else { 1 };
        sum += weight * usize::from(byte - b'0');
    }
    u8::try_from((10 - sum % 10) % 10).ok()
}

/// Whether the last digit of `key` is the check digit of those before it.
#[must_use]
pub fn has_check_digit(key: &str) -> bool {
    let Some((body, last)) = key.len().checked_sub(1).and_then(|at| key.split_at_checked(at)) else {
        return false;
    };
    check_digit(body).is_some_and(|digit| last.as_bytes() == [b'0' + digit])
}

/// The two check characters that follow `text` (characters of set 82, at most [`PAIR_DATA_MAX`]).
#[must_use]
pub fn check_pair(text: &str) -> Option<[u8; 2]> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > PAIR_DATA_MAX {
        return None;
    }
    let mut sum = 0_u32;
    for (byte, weight) in bytes.iter().rev().zip(PAIR_WEIGHTS) {
        let value = CSET82.iter().position(|known| known == byte)?;
        sum += weight * u32::try_from(value).ok()?;
    }
    let sum = (sum % 1021) as usize;
    Some([PAIR_ALPHABET[sum >> 5], PAIR_ALPHABET[sum & 31]])
}

/// Whether the last two characters of `key` are the check characters of those before them.
#[must_use]
pub fn has_check_pair(key: &str) -> bool {
    let Some((body, last)) = key.len().checked_sub(2).and_then(|at| key.split_at_checked(at)) else {
        return false;
    };
    check_pair(body).is_some_and(|pair| last.as_bytes() == pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_follow_the_weights_three_and_one_from_the_right() {
        for key in
            ["02345673", "416000336108", "2112345678900", "24012345678905", "12312312312333", "006141411234567890"]
        {
            assert!(has_check_digit(key), "{key}");
            let (body, last) = key.split_at(key.len() - 1);
            for wrong in ('0'..='9').filter(|digit| !last.contains(*digit)) {
                assert!(!has_check_digit(&format!("{body}{wrong}")));
            }
        }
        assert_eq!(check_digit(""), None);
        assert_eq!(check_digit("12a"), None);
        assert!(!has_check_digit(""));
        assert!(!has_check_digit("测试"));
    }

    #[test]
    fn a_check_pair_is_the_one_printed_in_the_general_specifications() {
        // The Global Model Number worked out in the General Specifications.
        assert_eq!(check_pair("1987654Ad4X4bL5ttr2310c"), Some(*b"2K"));
        assert!(has_check_pair("1987654Ad4X4bL5ttr2310c2K"));
        assert!(!has_check_pair("1987654Ad4X4bL5ttr2310c2J"));
        assert_eq!(check_pair("123456789012345678901234"), None);
        assert_eq!(check_pair("12~"), None);
    }
}
