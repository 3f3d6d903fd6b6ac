//! The GS1 identification keys, each alone: which identifier carries it and whether a text is one.

use crate::element::{Field, Places};
use crate::{ParseError, table};

/// An identification key (General Specifications 1.4, 3.2–3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// Serial Shipping Container Code.
    Sscc,
    /// Global Trade Item Number, 14 digits; see [`crate::Gtin`] for the shorter ones.
    Gtin,
    /// Global Document Type Identifier.
    Gdti,
    /// Global Coupon Number.
    Gcn,
    /// Global Identification Number for Consignment.
    Ginc,
    /// Global Shipment Identification Number.
    Gsin,
    /// Global Location Number of a place.
    Gln,
    /// Global Location Number of a party.
    PartyGln,
    /// Global Returnable Asset Identifier.
    Grai,
    /// Global Individual Asset Identifier.
    Giai,
    /// Individual Trade Item Piece.
    Itip,
    /// Component/Part Identifier.
    Cpid,
    /// Global Model Number.
    Gmn,
    /// Global Service Relation Number of a provider.
    GsrnProvider,
    /// Global Service Relation Number of a recipient.
    GsrnRecipient,
}

impl Key {
    /// Every key.
    pub const ALL: [Key; 15] = [
        Key::Sscc,
        Key::Gtin,
        Key::Gdti,
        Key::Gcn,
        Key::Ginc,
        Key::Gsin,
        Key::Gln,
        Key::PartyGln,
        Key::Grai,
        Key::Giai,
        Key::Itip,
        Key::Cpid,
        Key::Gmn,
        Key::GsrnProvider,
        Key::GsrnRecipient,
    ];

    /// The application identifier that carries it.
    #[must_use]
    pub fn ai(self) -> &'static str {
        match self {
            Self::Sscc => "00",
            Self::Gtin => "01",
            Self::Gdti => "253",
            Self::Gcn => "255",
            Self::Ginc => "401",
            Self::Gsin => "402",
            Self::Gln => "414",
            Self::PartyGln => "417",
            Self::Grai => "8003",
            Self::Giai => "8004",
            Self::Itip => "8006",
            Self::Cpid => "8010",
            Self::Gmn => "8013",
            Self::GsrnProvider => "8017",
            Self::GsrnRecipient => "8018",
        }
    }

    /// The key an application identifier carries.
    #[must_use]
    pub fn of_ai(ai: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.ai() == ai)
    }

    /// Checks that `text` is such a key: length, characters, company prefix, check digit or check characters.
    ///
    /// A GRAI is given as its identifier carries it, with the leading zero.
    ///
    /// # Errors
    /// The place in `text` and the reason.
    pub fn check(self, text: &str) -> Result<(), ParseError> {
        check_value(self.ai(), text)
    }
}

/// Checks one value as the value of an application identifier, without what must stand beside it.
///
/// # Errors
/// The place in `value` and the reason; [`crate::Code::UnknownAi`] when the identifier is not in the table.
pub fn check_value(ai: &str, value: &str) -> Result<(), ParseError> {
    let Some(entry) = table::entry(ai) else {
        return Err(ParseError::at(0, 0, crate::Code::UnknownAi).detail(ai));
    };
    let field = Field { entry, ai: ai.to_owned(), value: value.to_owned(), ai_at: 0, places: Places::From(0) };
    field.check()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[test]
    fn every_key_is_a_primary_key_of_a_link() {
        for key in Key::ALL {
            assert!(table::entry(key.ai()).unwrap().is_link_key(), "{key:?}");
            assert_eq!(Key::of_ai(key.ai()), Some(key));
        }
        let keys = table::entries().iter().filter(|entry| entry.is_link_key()).count();
        // All but AI 415, which names the payee on a payment slip, are keys of this list.
        assert_eq!(keys, Key::ALL.len() + 1);
    }

    #[test]
    fn right_keys_are_taken_and_wrong_ones_named() {
        for (key, text) in [
            (Key::Sscc, "006141411234567890"),
            (Key::Gtin, "12312312312333"),
            (Key::Gdti, "9526064000028000001"),
            (Key::Gcn, "12345678901280"),
            (Key::Ginc, "1234ABC"),
            (Key::Gln, "9520123456788"),
            (Key::Grai, "01234567890128X"),
            (Key::Giai, "9520614141234567"),
            (Key::Itip, "123456789012310510"),
            (Key::Cpid, "1234567890"),
            (Key::Gmn, "1987654Ad4X4bL5ttr2310c2K"),
            (Key::GsrnRecipient, "123456789012345675"),
        ] {
            assert_eq!(key.check(text), Ok(()), "{key:?}");
        }
        for (key, text, position, code) in [
            (Key::Sscc, "006141411234567891", 17, Code::CheckDigit),
            (Key::Gtin, "4006381333931", 0, Code::ValueTooShort),
            (Key::Grai, "11234567890128X", 0, Code::Zero),
            (Key::Gmn, "1987654Ad4X4bL5ttr2310c2J", 23, Code::CheckPair),
            (Key::Giai, "12A4", 2, Code::CompanyPrefix),
            (Key::Cpid, "1234a", 4, Code::NotSet39),
            (Key::Itip, "123456789012311006", 14, Code::PieceOverTotal),
        ] {
            let error = key.check(text).unwrap_err();
            assert_eq!((error.position, error.code), (position, code), "{key:?} {text}");
        }
    }
}
