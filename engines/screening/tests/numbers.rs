//! Registration numbers, good and bad, through the public door.
use proptest::prelude::*;
use screening::numbers::{NumberKind as Kind, Verdict, check, gtin14};

fn valid(kind: Kind, number: &str) {
    assert_eq!(check(kind, number), Verdict::Valid, "{} {number}", kind.key());
}

fn invalid(kind: Kind, number: &str) {
    assert!(check(kind, number).is_invalid(), "{} {number}: {:?}", kind.key(), check(kind, number));
}

fn suspicious(kind: Kind, number: &str) {
    assert!(
        matches!(check(kind, number), Verdict::Suspicious { .. }),
        "{} {number}: {:?}",
        kind.key(),
        check(kind, number)
    );
}

const USCC: &str = "91350100M000100Y43";

#[test]
fn a_credit_code_is_valid_in_any_writing() {
    valid(Kind::Uscc, USCC);
    valid(Kind::Uscc, " ９１３５0100m000100y43 ");
}

#[test]
fn no_credit_code_with_one_changed_character_is_valid() {
    let alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    for place in 0..18 {
        for other in alphabet.chars().filter(|other| USCC.chars().nth(place) != Some(*other)) {
            let changed: String = USCC
                .chars()
                .enumerate()
                .map(|(index, character)| if index == place { other } else { character })
                .collect();
            let verdict = check(Kind::Uscc, &changed);
            assert!(!verdict.is_valid(), "{changed}");
            let both_digits = other.is_ascii_digit() && USCC[place..].starts_with(|was: char| was.is_ascii_digit());
            if (8..17).contains(&place) && both_digits {
                assert!(verdict.is_invalid(), "{changed}: a broken organisation code is no pilot code");
            }
        }
    }
}

#[test]
fn a_pilot_credit_code_goes_to_a_person_and_a_strange_letter_is_placed() {
    suspicious(Kind::Uscc, "91350100M000100Y44");
    let Verdict::Invalid { position, reason } = check(Kind::Uscc, "9135O100M000100Y43") else { panic!("a letter O") };
    assert_eq!(position, Some(5));
    assert!(reason.en.contains("is it 0"));
    invalid(Kind::Uscc, "91350100M000100Y4");
    invalid(Kind::Uscc, "");
}

#[test]
fn a_food_licence_with_a_wrong_check_digit_is_looked_at_not_refused() {
    let body = "1013501000012";
    let good = (0..10).filter(|last| check(Kind::FoodProduction, &format!("SC{body}{last}")).is_valid()).count();
    assert_eq!(good, 1, "exactly one check digit fits");
    for last in 0..10 {
        assert!(!check(Kind::FoodProduction, &format!("SC{body}{last}")).is_invalid());
    }
    invalid(Kind::FoodProduction, "QS350100001234");
    invalid(Kind::FoodProduction, "SC1013501000012");
    invalid(Kind::FoodProduction, "SC101350100001A1");
    suspicious(Kind::FoodProduction, "SC10199010000121");
    invalid(Kind::FoodTrade, "SC10135010000121");
}

#[test]
fn certificates_and_filings_of_china_are_told_apart() {
    valid(Kind::Ccc, "2022011606454871");
    invalid(Kind::Ccc, "1998011606454871");
    invalid(Kind::Ccc, "202201160645487");
    valid(Kind::CosmeticsSpecial, "国妆特字G20211234");
    valid(Kind::CosmeticsSpecial, "国妆特字20211234号");
    invalid(Kind::CosmeticsSpecial, "国妆特字2021123");
    valid(Kind::CosmeticsOrdinary, "粤G妆网备字2021123456");
    valid(Kind::CosmeticsOrdinary, "国妆网备进字（沪）2021000001");
    invalid(Kind::CosmeticsOrdinary, "国妆特字20211234");
    suspicious(Kind::CosmeticsOrdinary, "国妆备进字J20191234");
    valid(Kind::HealthFood, "国食健注G20160123");
    valid(Kind::HealthFood, "食健备G201944000123");
    suspicious(Kind::HealthFood, "国食健字G20110123");
    invalid(Kind::HealthFood, "国食健注X20160123");
    valid(Kind::InfantFormula, "国食注字YP20170001");
    invalid(Kind::InfantFormula, "国食注字TY20170001");
    valid(Kind::MedicalFood, "国食注字TY20170001");
}

#[test]
fn the_class_of_a_device_must_fit_the_authority() {
    valid(Kind::DeviceRegistration, "国械注准20213070123");
    valid(Kind::DeviceRegistration, "沪械注准20212010001");
    valid(Kind::DeviceRegistration, "国械注进20182220001");
    assert!(matches!(
        check(Kind::DeviceRegistration, "沪械注准20213010001"),
        Verdict::Invalid { position: Some(9), .. }
    ));
    invalid(Kind::DeviceRegistration, "国械注准20211070123");
    invalid(Kind::DeviceRegistration, "械注准20213070123");
    valid(Kind::DeviceFiling, "沪浦械备20200001号");
}

#[test]
fn laboratories_are_known_by_their_numbers() {
    valid(Kind::Cma, "210020349123");
    invalid(Kind::Cma, "21002034912");
    valid(Kind::Cnas, "CNAS L1234");
    valid(Kind::Cnas, "L12345");
    invalid(Kind::Cnas, "L123");
}

#[test]
fn gtins_of_all_lengths_need_their_check_digit() {
    for good in ["96385074", "036000291452", "6901234567892", "16901234567899"] {
        valid(Kind::Gtin, good);
        assert_eq!(gtin14(good).map(|padded| padded.len()), Some(14));
    }
    assert!(matches!(check(Kind::Gtin, "6901234567893"), Verdict::Invalid { position: Some(13), .. }));
    suspicious(Kind::Gtin, "2000010534982");
    invalid(Kind::Gtin, "0000000000000");
    invalid(Kind::Gtin, "7802694520");
    assert!(matches!(check(Kind::Gtin, "690123456789X"), Verdict::Invalid { position: Some(13), .. }));
    assert_eq!(gtin14("6901234567893"), None);
}

#[test]
fn numbers_of_other_markets_are_checked() {
    valid(Kind::Ein, "12-3456789");
    invalid(Kind::Ein, "00-3456789");
    valid(Kind::FdaFacility, "12345678901");
    valid(Kind::FccId, "BCG-E3500A");
    valid(Kind::FccId, "2AHMR-ESP32");
    invalid(Kind::FccId, "A");
    valid(Kind::VatEu, "DE136695976");
    invalid(Kind::VatEu, "DE136695977");
    valid(Kind::VatEu, "FR40303265045");
    invalid(Kind::VatEu, "FR41303265045");
    valid(Kind::VatEu, "IT00743110157");
    invalid(Kind::VatEu, "IT00743110158");
    invalid(Kind::VatEu, "XX123");
    valid(Kind::Lei, "5493001KJTIIGC8Y1R12");
    invalid(Kind::Lei, "5493001KJTIIGC8Y1R13");
    valid(Kind::NotifiedBody, "0123");
    valid(Kind::Eori, "DE1234567");
    invalid(Kind::TrademarkEu, "12345");
}

#[test]
fn every_refusal_speaks_both_languages() {
    for kind in Kind::ALL {
        let verdict = check(*kind, "???");
        let reason = verdict.reason().unwrap_or_else(|| panic!("{} takes ???", kind.key()));
        assert!(!reason.zh.is_empty() && !reason.en.is_empty(), "{}", kind.key());
        assert_eq!(Kind::from_key(kind.key()), Some(*kind));
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_check_panic(text in "\\PC{0,40}", which in 0..Kind::ALL.len()) {
        let _ = check(Kind::ALL[which], &text);
    }

    #[test]
    fn no_number_like_text_makes_a_check_panic(text in "(DE|FR|NL|CY|SC|JY|国械注准|L|G|2)?[0-9A-Zé国（）-]{0,24}", which in 0..Kind::ALL.len()) {
        let _ = check(Kind::ALL[which], &text);
    }
}
