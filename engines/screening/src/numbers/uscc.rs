//! Unified Social Credit Code, GB 32100-2015.

use super::{Verdict, not_a_digit, wrong_length};

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// GB 11714 over the first eight characters of the organisation code.
const ORGANISATION_WEIGHTS: [usize; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

pub(super) fn check(number: &str) -> Verdict {
    let length = number.chars().count();
    if length != 18 {
        return wrong_length("统一社会信用代码", "a Unified Social Credit Code", "18", length);
    }
    let mut values = [0_usize; 18];
    for (index, character) in number.chars().enumerate() {
        let Some(value) = ALPHABET.iter().position(|known| char::from(*known) == character) else {
            return strange(index + 1, character);
        };
        values[index] = value;
    }
    if let Some((index, character)) =
        number.chars().enumerate().skip(2).take(6).find(|(_, character)| !character.is_ascii_digit())
    {
        return not_a_digit(index + 1, character);
    }
    let organisation: Vec<char> = number.chars().skip(8).take(9).collect();
    let whole_holds = values[17] == check_value(&values);
    let organisation_holds = organisation_check(&organisation) == organisation.get(8).copied();
    match (whole_holds, organisation_holds) {
        (true, true) => Verdict::Valid,
        // Codes of the pilot years keep a right organisation code under another check character.
        (false, true) => Verdict::suspicious(
            "第 18 位校验码不符，但组织机构代码校验正确；个别早期试点代码如此，请人工核对营业执照",
            "check character 18 does not fit while the organisation code does; some early pilot codes are like this: compare with the licence",
        ),
        (true, false) => Verdict::invalid(
            Some(17),
            "第 17 位（组织机构代码校验位）不符",
            "character 17, the check character of the organisation code, does not fit",
        ),
        (false, false) => Verdict::invalid(
            Some(18),
            "第 18 位校验码与第 17 位组织机构代码校验位均不符，号码有误",
            "neither check character 18 nor that of the organisation code (17) fits: the code is wrong",
        ),
    }
}

fn check_value(values: &[usize; 18]) -> usize {
    let sum: usize = values.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    (31 - sum % 31) % 31
}

fn organisation_check(code: &[char]) -> Option<char> {
    let mut sum = 0;
    for (character, weight) in code.iter().zip(ORGANISATION_WEIGHTS) {
        sum += character.to_digit(36)? as usize * weight;
    }
    match 11 - sum % 11 {
        10 => Some('X'),
        11 => Some('0'),
        digit => char::from_digit(u32::try_from(digit).ok()?, 10),
    }
}

fn strange(position: usize, found: char) -> Verdict {
    let hint = match found {
        'O' => "0",
        'I' => "1",
        'Z' => "2",
        'S' => "5",
        'V' => "U",
        _ => "",
    };
    let (zh, en) = if hint.is_empty() {
        (String::new(), String::new())
    } else {
        (format!("，是否为 {hint}？"), format!("; is it {hint}?"))
    };
    Verdict::invalid(
        Some(position),
        format!("第 {position} 位“{found}”不在代码字符集中{zh}"),
        format!("character {position} ({found:?}) is not in the alphabet of the code{en}"),
    )
}
