//! Registration numbers with right check characters, and how to spoil them.

use ground::Rng;

const USCC_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const USCC_WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const ORGANISATION_WEIGHTS: [usize; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

fn digits(rng: &dyn Rng, count: usize) -> String {
    (0..count).map(|_| char::from(b'0' + rng.below(10) as u8)).collect()
}

/// A unified social credit code (GB 32100-2015) of a company registered in `region` (six digits).
pub fn uscc(rng: &dyn Rng, region: &str) -> String {
    let body = digits(rng, 8);
    let sum: usize =
        body.bytes().zip(ORGANISATION_WEIGHTS).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
    let organisation_check = match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from(b'0' + digit as u8),
    };
    let head = format!("91{region}{body}{organisation_check}");
    let sum: usize = head
        .bytes()
        .zip(USCC_WEIGHTS)
        .map(|(byte, weight)| USCC_ALPHABET.iter().position(|&known| known == byte).unwrap_or(0) * weight)
        .sum();
    let check = USCC_ALPHABET[(31 - sum % 31) % 31];
    format!("{head}{}", char::from(check))
}

/// The same credit code with another check character: the organisation inside still fits, so a person has to look.
pub fn spoiled(number: &str) -> String {
    let mut bytes = number.as_bytes().to_vec();
    if let Some(byte) = bytes.last_mut() {
        *byte = if *byte == b'7' { b'3' } else { b'7' };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A food production licence number: `SC` and 14 digits, the last by ISO 7064 MOD 11,10.
pub fn food_production(rng: &dyn Rng, region: &str) -> String {
    with_mod_11_10("SC", &format!("1{}{region}{}", digits(rng, 2), digits(rng, 4)))
}

/// A food trading licence number: `JY` and 14 digits, the last by ISO 7064 MOD 11,10.
pub fn food_trading(rng: &dyn Rng, region: &str) -> String {
    with_mod_11_10("JY", &format!("1{region}{}", digits(rng, 6)))
}

fn with_mod_11_10(prefix: &str, thirteen: &str) -> String {
    let mut product = 10;
    for digit in thirteen.bytes().map(|byte| u32::from(byte - b'0')) {
        let sum = match (product + digit) % 10 {
            0 => 10,
            sum => sum,
        };
        product = sum * 2 % 11;
    }
    format!("{prefix}{thirteen}{}", (11 - product) % 10)
}

/// A GTIN-13 in the range of GS1 China with its check digit.
pub fn gtin(rng: &dyn Rng) -> String {
    let body = format!("69{}{}", rng.below(10), digits(rng, 9));
    let sum: u32 =
        body.bytes().enumerate().map(|(place, byte)| u32::from(byte - b'0') * if place % 2 == 0 { 1 } else { 3 }).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// A made-up identity number (GB 11643): region, a birthday, a sequence and its check character.
pub fn identity(rng: &dyn Rng, region: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let body = format!(
        "{region}19{:02}{:02}{:02}{}",
        60 + rng.below(40),
        1 + rng.below(12),
        1 + rng.below(28),
        digits(rng, 3)
    );
    let sum: u32 = body.bytes().zip(WEIGHTS).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    format!("{body}{}", char::from(b"10X98765432"[(sum % 11) as usize]))
}

/// A mobile number.
pub fn phone(rng: &dyn Rng) -> String {
    format!("13{}", digits(rng, 9))
}

/// A trademark registration number, eight digits.
pub fn trademark(rng: &dyn Rng) -> String {
    format!("{}{}", 1 + rng.below(6), digits(rng, 7))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ground::SeededRng;

    #[test]
    fn numbers_have_the_forms_of_their_standards() {
        let rng = SeededRng::new(1);
        assert_eq!(uscc(&rng, "350100").len(), 18);
        assert_eq!(food_trading(&rng, "350100").len(), 16);
        assert_eq!(food_production(&rng, "350100").len(), 16);
        assert_eq!(gtin(&rng).len(), 13);
        let code = uscc(&rng, "350100");
        assert_ne!(spoiled(&code), code);
    }
}
