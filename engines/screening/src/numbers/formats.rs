//! Numbers of Chinese licences, filings and laboratories.

use std::sync::LazyLock;

use regex::Regex;

use super::{NumberKind, Verdict, first_non_digit, mod_11_10, not_a_digit, wrong_length};

/// Province codes of GB/T 2260.
const PROVINCES: [&str; 34] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44",
    "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82",
];
/// One-character names of provinces as numbers use them.
const PROVINCE_SIGNS: &str = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川蜀贵黔云滇藏陕秦甘陇青宁新";

/// A form in which numbers of a kind are or were written.
struct Form {
    kind: NumberKind,
    pattern: Regex,
    /// Written so before a reform; such goods may still be on sale, so a person looks.
    former: bool,
}

static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    use NumberKind as K;
    let sign = format!("[{PROVINCE_SIGNS}]");
    let year = "(?:19|20)[0-9]{2}";
    let forms: [(NumberKind, String, bool); 17] = [
        (K::CosmeticsSpecial, format!("国妆特字{year}[0-9]{{4}}"), false),
        (K::CosmeticsSpecial, format!("国妆特(?:进|制)字{year}[0-9]{{4}}"), false),
        (K::CosmeticsSpecial, format!("国妆特字G{year}[0-9]{{4}}"), false),
        (K::CosmeticsSpecial, format!("国妆特进字J{year}[0-9]{{4}}"), true),
        (K::CosmeticsOrdinary, format!("{sign}G妆网备字{year}[0-9]{{6}}"), false),
        (K::CosmeticsOrdinary, format!("国妆网备(?:进|制)字\\({sign}\\){year}[0-9]{{6}}"), false),
        (K::CosmeticsOrdinary, format!("国妆备进字J{year}[0-9]{{4,5}}"), true),
        (K::HealthFood, format!("国食健注[GJ]{year}[0-9]{{4}}"), false),
        (K::HealthFood, format!("食健备[GJ]{year}[0-9]{{8}}"), false),
        (K::HealthFood, format!("国食健字[GJ]{year}[0-9]{{4}}"), true),
        (K::HealthFood, format!("卫食健(?:进)?字\\({year}\\)第?[0-9]{{3,4}}"), true),
        (K::InfantFormula, format!("国食注字YP{year}[0-9]{{4}}"), false),
        (K::MedicalFood, format!("国食注字TY{year}[0-9]{{4}}"), false),
        (K::DeviceFiling, format!("(?:国械备|{sign}\\p{{Han}}{{0,4}}械备){year}[0-9]{{4,6}}"), false),
        (K::Drug, "国药准字[HZSJTFB](?:C?)[0-9]{8}".to_owned(), false),
        (K::Cnas, "(?:CNAS)?(?:IB|L)[0-9]{4,5}".to_owned(), false),
        (K::TrademarkCn, "G?[0-9]{4,9}[A-Z]?".to_owned(), false),
    ];
    let compiled = forms.into_iter().filter_map(|(kind, pattern, former)| {
        Regex::new(&format!("^(?:{pattern})$")).ok().map(|pattern| Form { kind, pattern, former })
    });
    compiled.collect()
});

/// How a number of the kind is written, for the message.
fn example(kind: NumberKind) -> &'static str {
    match kind {
        NumberKind::CosmeticsSpecial => "国妆特字20211234",
        NumberKind::CosmeticsOrdinary => "粤G妆网备字2021123456 / 国妆网备进字(沪)2021000001",
        NumberKind::HealthFood => "国食健注G20160123 / 食健备G201944000123",
        NumberKind::InfantFormula => "国食注字YP20170001",
        NumberKind::MedicalFood => "国食注字TY20170001",
        NumberKind::DeviceFiling => "沪浦械备20200001",
        NumberKind::Drug => "国药准字H20050001",
        NumberKind::Cnas => "L1234",
        NumberKind::TrademarkCn => "12345678",
        _ => "",
    }
}

pub(super) fn check_patterns(kind: NumberKind, number: &str) -> Verdict {
    let hyphenless = if kind == NumberKind::Cnas { number.replace('-', "") } else { number.to_owned() };
    let found = FORMS.iter().find(|form| form.kind == kind && form.pattern.is_match(&hyphenless));
    match found {
        Some(form) if form.former => Verdict::suspicious(
            "这是改革前的编号格式，请核对是否已换发新证",
            "this is the form of before a reform; see whether the certificate has been renewed",
        ),
        Some(_) => Verdict::Valid,
        None => Verdict::invalid(
            None,
            format!("编号格式不符，应如 {}", example(kind)),
            format!("the number is not written like {}", example(kind)),
        ),
    }
}

/// SC (production) and JY (trade) licences: two letters, 14 digits, ISO 7064 MOD 11,10. Some real labels miss the check
/// digit, so its failure is a reason to look, not to refuse.
pub(super) fn check_food_licence(kind: NumberKind, number: &str) -> Verdict {
    let (letters, zh, en) = match kind {
        NumberKind::FoodTrade => ("JY", "食品经营许可证编号", "a food trade licence number"),
        _ => ("SC", "食品生产许可证编号", "a food production licence number"),
    };
    let Some(digits) = number.strip_prefix(letters) else {
        return Verdict::invalid(
            Some(1),
            format!("{zh}应以 {letters} 开头，后接 14 位数字"),
            format!("{en} begins with {letters}, then 14 digits"),
        );
    };
    if let Some((position, found)) = first_non_digit(digits, 2) {
        return not_a_digit(position, found);
    }
    if digits.len() != 14 {
        return wrong_length(zh, en, "16", digits.len() + 2);
    }
    // SC: three digits of the kind of food, then the province. JY: one digit of the kind of trade.
    let (kinds, province_at) = if kind == NumberKind::FoodTrade { ("123", 1) } else { ("12", 3) };
    if !digits.starts_with(|first| kinds.contains(first)) {
        let first: char = digits.chars().next().unwrap_or('?');
        return Verdict::suspicious(
            format!("第 3 位“{first}”不是已知的类别"),
            format!("character 3 ({first:?}) is no known kind"),
        );
    }
    let province = &digits[province_at..province_at + 2];
    if !PROVINCES.contains(&province) {
        return Verdict::suspicious(
            format!("没有代码为 {province} 的省份"),
            format!("no province has the code {province}"),
        );
    }
    let (body, last) = digits.split_at(13);
    let expected = mod_11_10(body);
    if last.parse() == Ok(expected) {
        return Verdict::Valid;
    }
    Verdict::suspicious(
        format!("第 16 位校验码应为 {expected}，实为 {last}；部分真实标签也不符，请核对"),
        format!(
            "check digit 16 should be {expected} and is {last}; some real labels differ too: compare with the register"
        ),
    )
}

/// Year 4, body 2, class of goods 4, serial 6. No check digit.
pub(super) fn check_ccc(number: &str) -> Verdict {
    let digits = number.strip_prefix("CCC").unwrap_or(number);
    if let Some((position, found)) = first_non_digit(digits, number.len() - digits.len()) {
        return not_a_digit(position, found);
    }
    if digits.len() != 16 {
        return wrong_length("CCC 证书编号", "a CCC certificate number", "16", digits.len());
    }
    // The scheme began in 2002.
    if !("2002".."2100").contains(&&digits[..4]) {
        return Verdict::invalid(
            Some(1),
            "前 4 位应为 2002 年以后的年份",
            "the first four digits are a year from 2002 on",
        );
    }
    if &digits[4..6] == "00" {
        return Verdict::invalid(
            Some(5),
            "第 5、6 位发证机构代码不能为 00",
            "digits 5 and 6, the certification body, cannot be 00",
        );
    }
    Verdict::Valid
}

/// Region, 械注, 准/进/许, year 4, class 1, catalogue 2, serial 4.
pub(super) fn check_device(number: &str) -> Verdict {
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(&format!("^(国|[{PROVINCE_SIGNS}])械注(准|进|许)(?:19|20)[0-9]{{2}}([0-9])[0-9]{{2}}[0-9]{{4}}$"))
            .ok()
    });
    let Some(parts) = FORM.as_ref().and_then(|form| form.captures(number)) else {
        return Verdict::invalid(
            None,
            "编号格式不符，应如 国械注准20213070123、沪械注准20212010001",
            "the number is not written like 国械注准20213070123 or 沪械注准20212010001",
        );
    };
    let class_position = number.chars().count() - 6;
    match (&parts[1], &parts[2], &parts[3]) {
        ("国", "准", "3") | ("国", "进" | "许", "2" | "3") => Verdict::Valid,
        (region, "准", "2") if region != "国" => Verdict::Valid,
        (_, _, class) => Verdict::invalid(
            Some(class_position),
            format!("管理类别 {class} 与注册机关不符：国产第三类由国家局注册，第二类由省局注册，第一类备案"),
            format!(
                "class {class} does not fit the authority: domestic class 3 is registered nationally, class 2 by a province, class 1 is filed"
            ),
        ),
    }
}

/// Two digits of the year, two of the province, eight more.
pub(super) fn check_cma(number: &str) -> Verdict {
    let digits = number.strip_prefix("CMA").unwrap_or(number).trim_start_matches('-');
    let before = number.len() - digits.len();
    if let Some((position, found)) = first_non_digit(digits, before) {
        return not_a_digit(position, found);
    }
    if digits.len() == 12 {
        Verdict::Valid
    } else {
        wrong_length("CMA 证书编号", "a CMA certificate number", "12", digits.len())
    }
}
