//! Why an input is refused: the place, a stable code, and words in both languages.

/// Why an input was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text_en())]
pub struct ParseError {
    /// Byte of the input where the refused part begins, from 0.
    pub position: usize,
    /// How many bytes of the input are meant; 0 when it is a place between two bytes.
    pub length: usize,
    /// The stable code.
    pub code: Code,
    /// The application identifier it is about, when there is one.
    pub ai: Option<String>,
    /// What would be right or what stands in the way: a check digit, other identifiers; already part of the texts.
    pub detail: Option<String>,
}

impl ParseError {
    pub(crate) fn at(position: usize, length: usize, code: Code) -> Self {
        Self { position, length, code, ai: None, detail: None }
    }

    pub(crate) fn ai(mut self, ai: &str) -> Self {
        self.ai = Some(ai.to_owned());
        self
    }

    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The text in English.
    #[must_use]
    pub fn text_en(&self) -> String {
        self.text(self.code.words().1)
    }

    /// The text in Chinese.
    #[must_use]
    pub fn text_zh(&self) -> String {
        self.text(self.code.words().2)
    }

    fn text(&self, template: &str) -> String {
        let text = template.replace("{detail}", self.detail.as_deref().unwrap_or("?"));
        match &self.ai {
            Some(ai) => format!("({ai}) {text}"),
            None => text,
        }
    }
}

macro_rules! codes {
    ($($variant:ident $code:literal $en:literal $zh:literal;)*) => {
        /// What is wrong, as a stable snake_case code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $en] $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// Code, English, Chinese.
            fn words(self) -> (&'static str, &'static str, &'static str) {
                match self {
                    $(Self::$variant => ($code, $en, $zh),)*
                }
            }
        }
    };
}

impl Code {
    /// The code as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.words().0
    }
}

codes! {
    Empty "empty" "nothing was given" "没有输入内容";
    TooLong "too_long" "the input is longer than {detail} bytes" "输入超过 {detail} 字节";
    TooManyElements "too_many_elements" "more than {detail} elements" "元素超过 {detail} 个";
    NotGs1 "not_gs1" "this is no element string, Digital Link, scan data or GTIN" "不是 GS1 元素字符串、Digital Link、扫描数据或 GTIN";
    FirstFnc1 "first_fnc1" "an element string begins with FNC1 (^ or the GS character)" "元素字符串应以 FNC1（^ 或 GS 字符）开头";
    UnknownAi "unknown_ai" "no application identifier begins here: {detail}" "此处没有已知的应用标识符：{detail}";
    BracketOpen "bracket_open" "a ( with an application identifier is expected" "此处应为 ( 和应用标识符";
    BracketClose "bracket_close" "the ) after the application identifier is missing" "应用标识符之后缺少 )";
    ValueEmpty "value_empty" "the value is empty" "值为空";
    ValueTooShort "value_too_short" "the value is too short: at least {detail} characters" "值太短：至少 {detail} 个字符";
    ValueTooLong "value_too_long" "the value is too long, or FNC1 is missing after it: at most {detail} characters" "值太长或其后缺少 FNC1：最多 {detail} 个字符";
    Fnc1InValue "fnc1_in_value" "^ stands for FNC1 and cannot be part of a value" "^ 表示 FNC1，不能出现在值中";
    NotDigits "not_digits" "only digits are allowed here" "此处只能是数字";
    NotSet82 "not_set_82" "this character is not in GS1 set 82" "此字符不在 GS1 字符集 82 中";
    NotSet39 "not_set_39" "only digits, capital letters, # - / are allowed here" "此处只能是数字、大写字母、# - /";
    NotSet64 "not_set_64" "only file-safe base64 is allowed here" "此处只能是 URL 安全的 base64 字符";
    Set64Padding "set_64_padding" "the = signs at the end are not a right padding" "末尾的 = 填充不正确";
    CheckDigit "check_digit" "the check digit should be {detail}" "校验位应为 {detail}";
    CheckPair "check_pair" "the check characters should be {detail}" "校验字符应为 {detail}";
    CheckPairCharacter "check_pair_character" "this cannot be a check character" "此字符不能作为校验字符";
    CheckPairLength "check_pair_length" "too short or too long to hold two check characters" "长度不适合包含两个校验字符";
    CompanyPrefix "company_prefix" "a GS1 company prefix (at least 4 digits) must stand here" "此处应为 GS1 厂商识别代码（至少 4 位数字）";
    Month "month" "there is no such month" "没有这个月份";
    Day "day" "there is no such day in that month" "该月没有这一天";
    Hour "hour" "hours are 00 to 23" "小时应为 00 至 23";
    Minute "minute" "minutes are 00 to 59" "分钟应为 00 至 59";
    Second "second" "seconds are 00 to 59" "秒应为 00 至 59";
    Country "country" "no such country code of ISO 3166-1 (three digits)" "不是 ISO 3166-1 三位数字国家代码";
    CountryOr999 "country_or_999" "neither a country code of ISO 3166-1 nor 999" "不是 ISO 3166-1 国家代码，也不是 999";
    CountryAlpha2 "country_alpha_2" "no such country code of ISO 3166-1 (two letters)" "不是 ISO 3166-1 两位字母国家代码";
    Currency "currency" "no such currency code of ISO 4217 (three digits)" "不是 ISO 4217 三位数字货币代码";
    Sex "sex" "0, 1, 2 or 9 (ISO/IEC 5218)" "应为 0、1、2 或 9（ISO/IEC 5218）";
    Iban "iban" "the check digits of the IBAN are wrong" "IBAN 校验位错误";
    IbanLength "iban_length" "an IBAN has 11 to 34 characters" "IBAN 应为 11 至 34 个字符";
    IbanCharacter "iban_character" "an IBAN holds digits and capital letters only" "IBAN 只能包含数字和大写字母";
    IbanCountry "iban_country" "an IBAN begins with a country code (two letters)" "IBAN 应以两位国家代码开头";
    Latitude "latitude" "0000000000 to 1800000000" "应为 0000000000 至 1800000000";
    Longitude "longitude" "0000000000 to 3600000000" "应为 0000000000 至 3600000000";
    ImporterIndex "importer_index" "this cannot be an importer index" "不是有效的进口商索引";
    MediaType "media_type" "no such AIDC media type" "不是有效的 AIDC 载体类型";
    PackageType "package_type" "no such package type code" "不是有效的包装类型代码";
    PercentEncoding "percent_encoding" "% must be followed by two hexadecimal digits" "% 之后应为两位十六进制数字";
    PieceZero "piece_zero" "the number of the piece or the total is zero" "件号或总件数为零";
    PieceOverTotal "piece_over_total" "the piece is greater than the total" "件号大于总件数";
    Sequence "sequence" "a position and an end with / between them, as 1/3" "应为“位置/总数”，例如 1/3";
    SequenceOverEnd "sequence_over_end" "the position is greater than the end" "位置大于总数";
    ZeroPrefix "zero_prefix" "it must not begin with zero" "不能以零开头";
    Zero "zero" "only zeros are allowed here" "此处只能是零";
    NonZero "non_zero" "it must not be zero" "不能为零";
    YesNo "yes_no" "0 (no) or 1 (yes)" "应为 0（否）或 1（是）";
    Winding "winding" "0, 1 or 9" "应为 0、1 或 9";
    Hyphen "hyphen" "only a hyphen is allowed here" "此处只能是连字符 -";
    NonDigitNeeded "non_digit_needed" "at least one character must not be a digit" "至少应有一个非数字字符";
    Coupon "coupon" "the coupon is malformed: {detail}" "优惠券数据格式错误：{detail}";
    Repeated "repeated" "the same identifier stands twice with different values" "同一应用标识符出现两次且值不同";
    Excluded "excluded" "it cannot stand together with ({detail})" "不能与 ({detail}) 同时出现";
    Required "required" "it needs another identifier beside it: {detail}" "需要同时出现其他应用标识符：{detail}";
    SignatureSerial "signature_serial" "beside a digital signature (8030) the key needs its serial component" "与数字签名 (8030) 同时出现时，该标识代码须带序列号部分";
    UriCharacter "uri_character" "this character cannot stand in a URI" "此字符不能出现在 URI 中";
    UriScheme "uri_scheme" "a Digital Link begins with https:// or http://" "Digital Link 应以 https:// 或 http:// 开头";
    UriDomain "uri_domain" "a domain name is missing or malformed" "缺少域名或域名格式错误";
    LinkNoKey "link_no_key" "no GS1 key stands in the path" "路径中没有 GS1 标识代码";
    LinkCompressed "link_compressed" "compressed Digital Links are not read; ask for the uncompressed form" "不支持压缩的 Digital Link，请使用未压缩形式";
    LinkPath "link_path" "these qualifiers do not belong to the key, or stand in the wrong order: {detail}" "这些限定符不属于该标识代码或顺序错误：{detail}";
    LinkShouldBeInPath "link_should_be_in_path" "it belongs into the path, not into the query" "应放在路径中，而不是查询参数中";
    LinkAttribute "link_attribute" "it cannot stand in the query of a Digital Link" "不能作为 Digital Link 的查询参数";
    LinkUnknownKey "link_unknown_key" "a number that is no application identifier cannot be a query key: {detail}" "查询参数名 {detail} 是数字但不是应用标识符";
    LinkDuplicate "link_duplicate" "it stands twice in the Digital Link" "在 Digital Link 中重复出现";
    LinkNul "link_nul" "%00 cannot stand in a value" "值中不能有 %00";
    LinkWithoutKey "link_without_key" "no element can be the primary key of a Digital Link" "没有可作为 Digital Link 主键的元素";
    Symbology "symbology" "this symbology identifier is not known for GS1 data" "不是 GS1 数据的符号标识符";
    SymbologyData "symbology_data" "this symbol cannot carry the data: {detail}" "该条码符号不能承载这些数据：{detail}";
    GtinLength "gtin_length" "a GTIN has 8, 12, 13 or 14 digits, not {detail}" "GTIN 应为 8、12、13 或 14 位数字，而不是 {detail} 位";
    PrimaryLength "primary_length" "{detail} digits are expected after this symbology identifier" "该符号标识符之后应为 {detail} 位数字";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_is_its_own_and_speaks_both_languages() {
        let codes: HashSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        for code in Code::ALL {
            let (name, en, zh) = code.words();
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit()));
            assert!(zh.chars().any(|character| character > '\u{4e00}'), "{name}");
            assert_eq!(en.contains("{detail}"), zh.contains("{detail}"), "{name}");
        }
    }
}
