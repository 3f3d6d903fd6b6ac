use super::*;
use proptest::prelude::*;

fn check(name: &str, text: &str) -> Option<(usize, usize, Code)> {
    let linter = Linter::named(name).unwrap_or_else(|| panic!("no check {name}"));
    linter.check(text).err().map(|found| (found.at, found.length, found.code))
}

#[track_caller]
fn passes(name: &str, texts: &[&str]) {
    for text in texts {
        assert_eq!(check(name, text), None, "{name} {text}");
    }
}

#[track_caller]
fn fails(name: &str, cases: &[(&str, usize, usize, Code)]) {
    for (text, at, length, code) in cases {
        assert_eq!(check(name, text), Some((*at, *length, *code)), "{name} {text}");
    }
}

#[test]
fn check_digits_and_check_pairs() {
    passes("csum", &["12345678901231", "006141411234567890", "9520123456788"]);
    fails("csum", &[("12345678901234", 13, 1, Code::CheckDigit), ("1234x", 4, 1, Code::NotDigits)]);
    passes("csumalpha", &["1987654Ad4X4bL5ttr2310c2K", "22", "62577B8fRG7HJK", "00000!HV"]);
    fails(
        "csumalpha",
        &[
            ("1987654Ad4X4bL5ttr2310cXK", 23, 2, Code::CheckPair),
            ("2", 0, 1, Code::CheckPairLength),
            ("12345678901234567890123N ", 24, 1, Code::CheckPairCharacter),
        ],
    );
    let wrong = Linter::CheckDigit.check("12345678901234").unwrap_err();
    assert_eq!(wrong.detail.as_deref(), Some("1"));
}

#[test]
fn company_prefixes_are_at_least_four_digits() {
    passes("gcppos1", &["1234", "1234A", "12345"]);
    fails("gcppos1", &[("123", 0, 3, Code::CompanyPrefix), ("12A4", 2, 1, Code::CompanyPrefix)]);
    passes("gcppos2", &["X1234"]);
    fails("gcppos2", &[("X12A4", 3, 1, Code::CompanyPrefix), ("X", 1, 0, Code::CompanyPrefix)]);
}

#[test]
fn dates_and_times() {
    passes("yymmd0", &["200600", "240229", "000229", "991231"]);
    passes("yymmdd", &["200131", "000229", "960229"]);
    fails("yymmdd", &[("200600", 4, 2, Code::Day), ("200010", 2, 2, Code::Month), ("210229", 4, 2, Code::Day)]);
    passes("yyyymmdd", &["20000229", "19960229"]);
    fails("yyyymmdd", &[("19000229", 6, 2, Code::Day), ("20210229", 6, 2, Code::Day), ("20201310", 4, 2, Code::Month)]);
    passes("yyyymmd0", &["20200600"]);
    passes("hhmi", &["0000", "2359"]);
    fails("hhmi", &[("2400", 0, 2, Code::Hour), ("0060", 2, 2, Code::Minute)]);
    fails("hh", &[("24", 0, 2, Code::Hour)]);
    fails("mi", &[("60", 0, 2, Code::Minute)]);
    fails("ss", &[("60", 0, 2, Code::Second)]);
}

#[test]
fn lists_of_codes() {
    passes("iso3166", &["156", "004", "894", "729"]);
    fails("iso3166", &[("999", 0, 3, Code::Country), ("000", 0, 3, Code::Country), ("891", 0, 3, Code::Country)]);
    passes("iso3166999", &["999", "156"]);
    fails("iso3166999", &[("998", 0, 3, Code::CountryOr999)]);
    passes("iso3166alpha2", &["CN", "US", "ZW"]);
    fails("iso3166alpha2", &[("XK", 0, 2, Code::CountryAlpha2), ("cn", 0, 2, Code::CountryAlpha2)]);
    passes("iso4217", &["156", "978", "840", "924"]);
    fails("iso4217", &[("000", 0, 3, Code::Currency), ("280", 0, 3, Code::Currency)]);
    passes("iso5218", &["0", "1", "2", "9"]);
    fails("iso5218", &[("3", 0, 1, Code::Sex)]);
    passes("mediatype", &["01", "10", "80", "99"]);
    fails("mediatype", &[("00", 0, 2, Code::MediaType), ("11", 0, 2, Code::MediaType), ("79", 0, 2, Code::MediaType)]);
    passes("packagetype", &["8", "9", "1A", "200", "RB1", "ZZ"]);
    fails("packagetype", &[("ZZZ", 0, 3, Code::PackageType), ("zz", 0, 2, Code::PackageType)]);
}

#[test]
fn account_numbers() {
    passes("iban", &["FR7630006000011234567890189", "BE71096123456769", "MT90MALT011000012345MTLCAST001SABC"]);
    fails(
        "iban",
        &[
            ("BE71096123456760", 2, 2, Code::Iban),
            ("XX361234567890", 0, 2, Code::IbanCountry),
            ("BE7", 0, 3, Code::IbanLength),
            ("BE71096123", 0, 10, Code::IbanLength),
            ("LC14BOSLxx3456789012345678901230", 8, 1, Code::IbanCharacter),
        ],
    );
}

#[test]
fn small_checks() {
    passes("latitude", &["0000000000", "1800000000"]);
    fails("latitude", &[("1800000001", 0, 10, Code::Latitude)]);
    passes("longitude", &["3600000000"]);
    fails("longitude", &[("3600000001", 0, 10, Code::Longitude)]);
    passes("importeridx", &["-", "_", "0", "a", "Z"]);
    fails("importeridx", &[("!", 0, 1, Code::ImporterIndex)]);
    passes("pcenc", &["ABC%20", "%fF", "100"]);
    fails("pcenc", &[("ABC%g", 3, 2, Code::PercentEncoding), ("%", 0, 1, Code::PercentEncoding)]);
    fails("pcenc", &[("A%gXYZ", 1, 3, Code::PercentEncoding)]);
    passes("pieceoftotal", &["0101", "0510", "99"]);
    fails(
        "pieceoftotal",
        &[("0001", 0, 2, Code::PieceZero), ("0100", 2, 2, Code::PieceZero), ("0201", 0, 4, Code::PieceOverTotal)],
    );
    passes("posinseqslash", &["1/1", "9/10", "2/3"]);
    fails(
        "posinseqslash",
        &[
            ("2/1", 0, 3, Code::SequenceOverEnd),
            ("10/9", 0, 4, Code::SequenceOverEnd),
            ("0/1", 0, 1, Code::ZeroPrefix),
            ("1/0", 2, 1, Code::ZeroPrefix),
            ("1//2", 0, 4, Code::Sequence),
            ("111", 0, 3, Code::Sequence),
        ],
    );
    fails("nozeroprefix", &[("012", 0, 1, Code::ZeroPrefix)]);
    fails("zero", &[("1", 0, 1, Code::Zero)]);
    fails("nonzero", &[("000", 0, 3, Code::NonZero)]);
    passes("nonzero", &["010"]);
    fails("yesno", &[("2", 0, 1, Code::YesNo)]);
    passes("winding", &["9"]);
    fails("winding", &[("2", 0, 1, Code::Winding)]);
    passes("hyphen", &["-"]);
    fails("hyphen", &[("X", 0, 1, Code::Hyphen)]);
    passes("hasnondigit", &["1A"]);
    fails("hasnondigit", &[("11", 0, 2, Code::NonDigitNeeded)]);
}

#[test]
fn coupons_are_read_field_by_field() {
    let base = "012345612345611110123";
    passes("couponcode", &[base]);
    let options = ["101101239", "10110123012345 6", "21101019", "3251231", "4250101", "50123456", "611234567", "95210"];
    for option in options {
        passes("couponcode", &[&format!("{base}{}", option.replace(' ', ""))]);
    }
    passes("couponcode", &[&format!("{base}101101239211010193251231425010150123456611234567")]);
    assert_eq!(check("couponcode", &format!("{base}3991301")), Some((22, 6, Code::Coupon)));
    assert_eq!(check("couponcode", &format!("{base}32501014250102")), Some((21, 14, Code::Coupon)));
    assert_eq!(check("couponcode", &format!("{base}7")), Some((21, 1, Code::Coupon)));
    assert_eq!(check("couponcode", "7"), Some((0, 1, Code::Coupon)));
    assert_eq!(check("couponcode", "a12"), Some((0, 1, Code::NotDigits)));
    passes("couponposoffer", &["001234561234560123456", "061234567890121234569123456789012345"]);
    assert_eq!(check("couponposoffer", "201234561234560123456"), Some((0, 1, Code::Coupon)));
    assert_eq!(check("couponposoffer", "0012345612345601234567"), Some((21, 1, Code::Coupon)));
}

#[test]
fn character_sets() {
    let set = |kind, text: &str| charset(kind, text).err().map(|found| (found.at, found.length, found.code));
    for byte in 0..=127_u8 {
        let text = char::from(byte).to_string();
        assert_eq!(set(Charset::Set82, &text).is_none(), CSET82.contains(&byte), "{byte}");
    }
    assert_eq!(CSET82.len(), 82);
    assert_eq!(set(Charset::Set82, "ab测"), Some((2, 3, Code::NotSet82)));
    assert_eq!(set(Charset::Set39, "A-1/#"), None);
    assert_eq!(set(Charset::Set39, "Aa"), Some((1, 1, Code::NotSet39)));
    assert_eq!(set(Charset::Set64, "12="), None);
    assert_eq!(set(Charset::Set64, "123="), Some((3, 1, Code::Set64Padding)));
    assert_eq!(set(Charset::Set64, "==="), Some((0, 3, Code::Set64Padding)));
    assert_eq!(set(Charset::Set64, "1+4"), Some((1, 1, Code::NotSet64)));
    assert_eq!(set(Charset::Digits, "１"), Some((0, 3, Code::NotDigits)));
}

proptest! {
    /// No text makes a check panic, and what it names lies inside the text.
    #[test]
    fn every_check_takes_every_text(text in "\\PC{0,40}|[0-9]{0,40}|[0-9A-Za-z/%-]{0,40}") {
        for name in [
            "csum", "csumalpha", "gcppos1", "gcppos2", "yymmd0", "yymmdd", "yyyymmd0", "yyyymmdd", "hhmi", "hh", "mi", "ss",
            "iso3166", "iso3166999", "iso3166alpha2", "iso4217", "iso5218", "iban", "latitude", "longitude", "importeridx",
            "mediatype", "packagetype", "pcenc", "pieceoftotal", "posinseqslash", "nozeroprefix", "zero", "nonzero", "yesno",
            "winding", "hyphen", "hasnondigit", "couponcode", "couponposoffer",
        ] {
            if let Some((at, length, _)) = check(name, &text) {
                prop_assert!(at + length <= text.len(), "{} {:?}", name, text);
            }
        }
    }
}
