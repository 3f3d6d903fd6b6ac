//! GTIN-8, -12, -13 and -14 with the GS1 check digit (GS1 General Specifications, section 7.9).

use super::{Verdict, first_non_digit, normalised, not_a_digit, wrong_length};

/// Checks a normalised or raw GTIN. Numbers of restricted circulation (shop-internal, coupons) are suspicious: they name nothing
/// outside one shop.
#[must_use]
pub fn check_gtin(number: &str) -> Verdict {
    let number = normalised(number);
    if let Some((position, found)) = first_non_digit(&number, 0) {
        return not_a_digit(position, found);
    }
    if !matches!(number.len(), 8 | 12 | 13 | 14) {
        return wrong_length("商品条码", "a GTIN", "8、12、13、14", number.len());
    }
    if number.bytes().all(|digit| digit == b'0') {
        return Verdict::invalid(None, "条码全为 0", "the GTIN is all zeros");
    }
    let (body, last) = number.split_at(number.len() - 1);
    let expected = check_digit(body);
    if last.parse() != Ok(expected) {
        let position = number.len();
        return Verdict::invalid(
            Some(position),
            format!("校验位应为 {expected}，实为 {last}"),
            format!("the check digit must be {expected} and is {last}"),
        );
    }
    let padded = format!("{number:0>14}");
    let is_restricted = match number.len() {
        8 => number.starts_with(['0', '2']),
        _ => {
            padded[1..].starts_with('2')
                || matches!(&padded[1..3], "02" | "04" | "05")
                || matches!(&padded[1..4], "980" | "981" | "982" | "983" | "984")
                || padded[1..3] == *"99"
        }
    };
    if is_restricted {
        return Verdict::suspicious(
            "此号段为店内码、优惠券等限制用途，不是商品条码",
            "numbers of this range are for use inside one shop or for coupons, not for goods",
        );
    }
    Verdict::Valid
}

/// The number padded to 14 digits, where form and check digit hold.
#[must_use]
pub fn gtin14(number: &str) -> Option<String> {
    let number = normalised(number);
    (!check_gtin(&number).is_invalid()).then(|| format!("{number:0>14}"))
}

/// Weights 3 and 1 from the right, up to the next ten.
fn check_digit(body: &str) -> u32 {
    let digits = body.chars().rev().filter_map(|character| character.to_digit(10));
    let sum: u32 = digits.enumerate().map(|(index, digit)| if index % 2 == 0 { digit * 3 } else { digit }).sum();
    (10 - sum % 10) % 10
}
