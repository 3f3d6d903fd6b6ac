//! Amounts: `i64` minor units plus an ISO 4217 currency code.

use serde::{Deserialize, Serialize};

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units (fen, cents); may be negative for refunds.
    pub amount_minor: i64,
    /// ISO 4217 code, three upper-case letters.
    pub currency: String,
}

/// Digits after the decimal point of a currency (ISO 4217 list one); 2 where it is not listed here.
pub fn currency_digits(currency: &str) -> u32 {
    match currency {
        "JPY" | "KRW" | "VND" | "CLP" | "ISK" | "XAF" | "XOF" | "PYG" | "UGX" => 0,
        "BHD" | "KWD" | "OMR" | "JOD" | "TND" | "IQD" | "LYD" => 3,
        _ => 2,
    }
}

/// Whether a text has the form of a currency code.
pub fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Reads a decimal amount such as `12.50` into minor units. `None` when it is not a plain decimal number, has more
/// digits after the point than the currency, or does not fit. Thousands separators are refused: they are ambiguous.
pub fn parse_minor(text: &str, currency: &str) -> Option<i64> {
    let digits = currency_digits(currency) as usize;
    let text = text.trim();
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let fraction = fraction.trim_end_matches('0');
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) || fraction.len() > digits {
        return None;
    }
    let scale = 10i64.checked_pow(digits as u32)?;
    let padded = format!("{fraction:0<digits$}");
    let part: i64 = if digits == 0 { 0 } else { padded.parse().ok()? };
    let value = whole.parse::<i64>().ok()?.checked_mul(scale)?.checked_add(part)?;
    Some(if negative { -value } else { value })
}

/// Minor units as a plain decimal number, for example `-12.50`.
pub fn format_minor(amount_minor: i64, currency: &str) -> String {
    let digits = currency_digits(currency);
    if digits == 0 {
        return amount_minor.to_string();
    }
    let scale = 10u64.pow(digits);
    let magnitude = amount_minor.unsigned_abs();
    format!(
        "{}{}.{:0width$}",
        if amount_minor < 0 { "-" } else { "" },
        magnitude / scale,
        magnitude % scale,
        width = digits as usize
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        assert_eq!(parse_minor("12.5", "CNY"), Some(1250));
        assert_eq!(parse_minor("-0.01", "CNY"), Some(-1));
        assert_eq!(parse_minor("3.00000", "CNY"), Some(300));
        assert_eq!(parse_minor("100", "JPY"), Some(100));
        for bad in ["", ".", "1,000", "1.234", "1e3", "NaN", "９", "99999999999999999999"] {
            assert_eq!(parse_minor(bad, "CNY"), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(amount in -1_000_000_000_000i64..1_000_000_000_000, which in 0usize..3) {
            let currency = ["CNY", "JPY", "KWD"][which];
            prop_assert_eq!(parse_minor(&format_minor(amount, currency), currency), Some(amount));
        }
    }
}
