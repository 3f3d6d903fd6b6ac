//! Numbers of the United States, the European Union and ISO.

use super::{NumberKind, Verdict, mod_11_10};

fn all_digits(text: &str, lengths: &[usize]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn alphanumeric(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

pub(super) fn check(kind: NumberKind, number: &str) -> Verdict {
    let (holds, expected) = match kind {
        NumberKind::Ein => (is_ein(number), "12-3456789"),
        NumberKind::FdaFacility => (all_digits(number, &[11]), "12345678901"),
        NumberKind::FccId => (is_fcc_id(number), "ABC-DEF123"),
        NumberKind::TrademarkUs => (all_digits(&number.replace([',', '/'], ""), &[6, 7, 8]), "1234567"),
        NumberKind::TrademarkEu => (all_digits(number, &[9]), "012345678"),
        NumberKind::NotifiedBody => (all_digits(number, &[4]), "0123"),
        NumberKind::Eori => (is_eori(number), "DE1234567"),
        NumberKind::Lei => return check_lei(number),
        _ => return check_vat(number),
    };
    if holds {
        return Verdict::Valid;
    }
    Verdict::invalid(
        None,
        format!("编号格式不符，应如 {expected}"),
        format!("the number is not written like {expected}"),
    )
}

fn is_ein(number: &str) -> bool {
    let digits = number.replace('-', "");
    let dash = number.find('-').is_none_or(|at| at == 2);
    dash && all_digits(&digits, &[9])
        && !matches!(
            &digits[..2],
            "00" | "07"
                | "08"
                | "09"
                | "17"
                | "18"
                | "19"
                | "28"
                | "29"
                | "49"
                | "69"
                | "70"
                | "78"
                | "79"
                | "89"
                | "96"
                | "97"
        )
}

/// A grantee code of three characters beginning with a letter, or of five beginning with a digit; then up to 14 more.
fn is_fcc_id(number: &str) -> bool {
    let number = number.strip_prefix("FCCID:").or_else(|| number.strip_prefix("FCCID")).unwrap_or(number);
    let compact = number.replace('-', "");
    let grantee = if compact.starts_with(|first: char| first.is_ascii_digit()) { 5 } else { 3 };
    alphanumeric(&compact) && (grantee + 1..=grantee + 14).contains(&compact.len())
}

fn is_eori(number: &str) -> bool {
    let (country, rest) = number.split_at_checked(2).unwrap_or(("", ""));
    country.bytes().all(|byte| byte.is_ascii_uppercase())
        && !country.is_empty()
        && rest.len() <= 15
        && alphanumeric(rest)
}

/// ISO 17442: 20 characters, ISO 7064 MOD 97-10.
fn check_lei(number: &str) -> Verdict {
    if number.len() != 20 || !alphanumeric(number) {
        return Verdict::invalid(None, "LEI 应为 20 位字母或数字", "an LEI has 20 letters or digits");
    }
    let remainder = number
        .chars()
        .filter_map(|character| character.to_digit(36))
        .fold(0, |rest, value| (if value > 9 { rest * 100 } else { rest * 10 } + value) % 97);
    if remainder == 1 {
        return Verdict::Valid;
    }
    Verdict::invalid(Some(19), "LEI 末两位校验码不符", "the two check digits at the end of the LEI do not fit")
}

/// Country prefix and form; the check digit where it is public and simple (DE, FR, IT).
fn check_vat(number: &str) -> Verdict {
    let number: String = number.chars().filter(|character| !matches!(character, '.' | '-')).collect();
    let (country, rest) = number.split_at_checked(2).unwrap_or(("", ""));
    let form = match country {
        "AT" => rest.strip_prefix('U').is_some_and(|digits| all_digits(digits, &[8])),
        "BE" => all_digits(rest, &[10]),
        "BG" => all_digits(rest, &[9, 10]),
        "CY" => {
            rest.len() == 9
                && all_digits(&rest[..rest.len().min(8)], &[8])
                && rest.ends_with(|last: char| last.is_ascii_uppercase())
        }
        "CZ" => all_digits(rest, &[8, 9, 10]),
        "DE" | "EE" | "EL" | "PT" => all_digits(rest, &[9]),
        "DK" | "FI" | "HU" | "LU" | "MT" | "SI" => all_digits(rest, &[8]),
        "ES" => rest.len() == 9 && alphanumeric(rest),
        "FR" => rest.len() == 11 && alphanumeric(rest) && all_digits(&rest[2..], &[9]),
        "HR" | "IT" | "LV" => all_digits(rest, &[11]),
        "IE" => (8..=9).contains(&rest.len()) && alphanumeric(rest),
        "LT" => all_digits(rest, &[9, 12]),
        "NL" => rest.len() == 12 && rest.as_bytes()[9] == b'B' && alphanumeric(rest),
        "PL" | "SK" => all_digits(rest, &[10]),
        "RO" => (2..=10).contains(&rest.len()) && all_digits(rest, &[rest.len()]),
        "SE" => all_digits(rest, &[12]) && rest.ends_with("01"),
        _ => {
            return Verdict::invalid(
                Some(1),
                "不是欧盟成员国的增值税号",
                "this is no VAT number of an EU member state",
            );
        }
    };
    if !form {
        return Verdict::invalid(
            Some(3),
            format!("{country} 增值税号格式不符"),
            format!("this is not the form of a VAT number of {country}"),
        );
    }
    let digit = |at: usize| rest[at..].chars().next().and_then(|character| character.to_digit(10));
    let holds = match country {
        "DE" => digit(8) == Some(mod_11_10(&rest[..8])),
        "FR" => match (rest[..2].parse::<u64>(), rest[2..].parse::<u64>()) {
            (Ok(key), Ok(siren)) => key == (12 + 3 * (siren % 97)) % 97,
            _ => true,
        },
        "IT" => luhn(rest),
        _ => true,
    };
    if holds {
        return Verdict::Valid;
    }
    Verdict::invalid(None, "增值税号校验位不符", "the check digit of the VAT number does not fit")
}

fn luhn(digits: &str) -> bool {
    let values = digits.chars().rev().filter_map(|character| character.to_digit(10));
    let sum: u32 = values
        .enumerate()
        .map(|(index, digit)| if index % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    sum.is_multiple_of(10)
}
