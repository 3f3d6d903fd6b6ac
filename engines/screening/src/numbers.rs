//! Registration numbers: form, check digits, and what a failure means.
//!
//! A verdict has three values on purpose. `Invalid` is certain: nobody issued this number. `Suspicious` is what a person must
//! look at: the rule has known exceptions on real goods. Both say why, and where in the number.

mod formats;
mod gtin;
mod international;
mod uscc;

pub use gtin::{check_gtin, gtin14};

use crate::finding::Text;

/// Longest number that is looked at; characters.
pub const NUMBER_CHARACTERS_MAX: usize = 64;

/// What a number's form and check digits say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Valid,
    /// A person should look; never refuse for this alone.
    Suspicious {
        reason: Text,
    },
    /// No such number can have been issued.
    Invalid {
        reason: Text,
        /// 1-based character in the normalised number; `None` where the whole is wrong.
        position: Option<usize>,
    },
}

impl Verdict {
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        matches!(self, Self::Valid)
    }

    #[must_use]
    pub const fn is_invalid(&self) -> bool {
        matches!(self, Self::Invalid { .. })
    }

    /// Why it is not valid.
    #[must_use]
    pub const fn reason(&self) -> Option<&Text> {
        match self {
            Self::Valid => None,
            Self::Suspicious { reason } | Self::Invalid { reason, .. } => Some(reason),
        }
    }

    fn suspicious(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Suspicious { reason: Text::new(zh, en) }
    }

    fn invalid(position: Option<usize>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Invalid { reason: Text::new(zh, en), position }
    }
}

macro_rules! kinds {
    ($($(#[$note:meta])* $variant:ident = $key:literal),+ $(,)?) => {
        /// The kinds of numbers known here; policy rows name them by [`NumberKind::key`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum NumberKind { $($(#[$note])* $variant),+ }

        impl NumberKind {
            /// All kinds.
            pub const ALL: &'static [NumberKind] = &[$(Self::$variant),+];

            /// The name in policy files.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),+ }
            }

            /// The kind of a name.
            #[must_use]
            pub fn from_key(key: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.key() == key)
            }
        }
    };
}

kinds! {
    /// Unified Social Credit Code, GB 32100-2015, with the organisation code of GB 11714.
    Uscc = "uscc",
    /// 食品生产许可证 SC + 14 digits.
    FoodProduction = "food-production",
    /// 食品经营许可证 JY + 14 digits.
    FoodTrade = "food-trade",
    /// China Compulsory Certification, 16 digits.
    Ccc = "ccc",
    /// 国妆特字: hair dye, whitening, sun screen …
    CosmeticsSpecial = "cosmetics-special",
    /// 妆网备字: all other cosmetics.
    CosmeticsOrdinary = "cosmetics-ordinary",
    /// 国食健注, 食健备.
    HealthFood = "health-food",
    /// 国食注字YP.
    InfantFormula = "infant-formula",
    /// 国食注字TY: food for special medical purposes.
    MedicalFood = "medical-food",
    /// 械注准, 械注进, 械注许: registered devices of class II and III.
    DeviceRegistration = "device-registration",
    /// 械备: class I devices.
    DeviceFiling = "device-filing",
    /// 国药准字.
    Drug = "drug",
    /// 检验检测机构资质认定 (CMA), 12 digits.
    Cma = "cma",
    /// CNAS L + 4 or 5 digits.
    Cnas = "cnas",
    /// GTIN-8, -12, -13, -14.
    Gtin = "gtin",
    /// A trade mark registration number of China.
    TrademarkCn = "trademark-cn",
    /// Registration or serial number of the US Patent and Trademark Office.
    TrademarkUs = "trademark-us",
    /// EU trade mark number of EUIPO, 9 digits.
    TrademarkEu = "trademark-eu",
    /// US employer identification number.
    Ein = "ein",
    /// US food facility registration number, 11 digits.
    FdaFacility = "fda-facility",
    /// Identifier of equipment authorised by the FCC.
    FccId = "fcc-id",
    /// Value-added tax number of an EU member state.
    VatEu = "vat-eu",
    /// Economic Operators Registration and Identification number.
    Eori = "eori",
    /// Number of an EU notified body, 4 digits.
    NotifiedBody = "notified-body",
    /// Legal Entity Identifier, ISO 17442.
    Lei = "lei",
}

/// Checks a number of a kind.
#[must_use]
pub fn check(kind: NumberKind, number: &str) -> Verdict {
    let number = normalised(number);
    if number.is_empty() {
        return Verdict::invalid(None, "号码为空", "the number is empty");
    }
    if number.chars().count() > NUMBER_CHARACTERS_MAX {
        return Verdict::invalid(
            Some(NUMBER_CHARACTERS_MAX + 1),
            format!("号码超过 {NUMBER_CHARACTERS_MAX} 个字符"),
            format!("the number has more than {NUMBER_CHARACTERS_MAX} characters"),
        );
    }
    match kind {
        NumberKind::Uscc => uscc::check(&number),
        NumberKind::FoodProduction | NumberKind::FoodTrade => formats::check_food_licence(kind, &number),
        NumberKind::Ccc => formats::check_ccc(&number),
        NumberKind::DeviceRegistration => formats::check_device(&number),
        NumberKind::Gtin => check_gtin(&number),
        NumberKind::Cma => formats::check_cma(&number),
        NumberKind::Ein
        | NumberKind::FdaFacility
        | NumberKind::FccId
        | NumberKind::VatEu
        | NumberKind::Eori
        | NumberKind::NotifiedBody
        | NumberKind::Lei
        | NumberKind::TrademarkUs
        | NumberKind::TrademarkEu => international::check(kind, &number),
        _ => formats::check_patterns(kind, &number),
    }
}

/// The number as it is compared: full width to half, upper case, no spaces or invisible characters, Chinese brackets and dashes
/// as ASCII, without a closing 号.
#[must_use]
pub fn normalised(number: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let upper: String = number
        .chars()
        .take(4 * NUMBER_CHARACTERS_MAX)
        .nfkc()
        .flat_map(char::to_uppercase)
        .filter(|character| {
            !character.is_whitespace()
                && !character.is_control()
                && !matches!(character, '\u{200b}'..='\u{200f}' | '\u{feff}')
        })
        .map(|character| match character {
            '〔' | '【' | '[' => '(',
            '〕' | '】' | ']' => ')',
            '－' | '—' | '–' | '‐' => '-',
            other => other,
        })
        .collect();
    upper.strip_suffix('号').or_else(|| upper.strip_suffix('號')).map_or(upper.clone(), str::to_owned)
}

/// The first character that is not an ASCII digit, 1-based, offset by what stands before.
fn first_non_digit(text: &str, before: usize) -> Option<(usize, char)> {
    text.chars()
        .enumerate()
        .find(|(_, character)| !character.is_ascii_digit())
        .map(|(index, character)| (before + index + 1, character))
}

fn not_a_digit(position: usize, found: char) -> Verdict {
    Verdict::invalid(
        Some(position),
        format!("第 {position} 位应为数字，实为“{found}”"),
        format!("character {position} must be a digit and is {found:?}"),
    )
}

fn wrong_length(zh: &str, en: &str, expected: &str, found: usize) -> Verdict {
    Verdict::invalid(
        None,
        format!("{zh}应为 {expected} 位，实为 {found} 位"),
        format!("{en} has {expected} characters, this has {found}"),
    )
}

/// ISO 7064 MOD 11,10 over ASCII digits: the check digit that belongs behind them.
pub(crate) fn mod_11_10(digits: &str) -> u32 {
    let mut state = 10;
    for digit in digits.chars().filter_map(|character| character.to_digit(10)) {
        state = (state + digit) % 10;
        if state == 0 {
            state = 10;
        }
        state = state * 2 % 11;
    }
    (11 - state) % 10
}
