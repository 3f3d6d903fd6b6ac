//! What a signal is, and the keys it is counted under.

use std::fmt;

/// Most bytes in an id, an order number, a buyer, a place, a device.
pub const ID_BYTES_MAX: usize = 64;
/// Most bytes in a product or lot id.
pub const PRODUCT_BYTES_MAX: usize = 128;
/// Most bytes in a reason code.
pub const REASON_BYTES_MAX: usize = 32;
/// Most bytes in the text of a review; it is hashed and not kept.
pub const TEXT_BYTES_MAX: usize = 4096;
/// Most units in one signal.
pub const QUANTITY_MAX: i64 = 1_000_000_000;
/// Most minor units in one signal, either way.
pub const AMOUNT_MINOR_MAX: i64 = 1_000_000_000_000_000;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Units were bought. `amount_minor` is what they cost together.
    Order,
    /// Units left the merchant.
    Shipment,
    /// Units reached the buyer.
    Delivery,
    /// A buyer rated the product.
    Review,
    /// Units came back, or an order was cancelled (the reason says which). `amount_minor` is what was paid back.
    Return,
    /// A buyer complained.
    Complaint,
    /// A unit's code was read.
    Scan,
    /// The merchant set a price: `list_price_minor`, or else `amount_minor`.
    Price,
    /// A page of the product was seen, `quantity` times.
    View,
}

impl Kind {
    /// Every kind, in the order of its number in blocks.
    pub const ALL: [Kind; 9] = [
        Kind::Order,
        Kind::Shipment,
        Kind::Delivery,
        Kind::Review,
        Kind::Return,
        Kind::Complaint,
        Kind::Scan,
        Kind::Price,
        Kind::View,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Order => "order",
            Kind::Shipment => "shipment",
            Kind::Delivery => "delivery",
            Kind::Review => "review",
            Kind::Return => "return",
            Kind::Complaint => "complaint",
            Kind::Scan => "scan",
            Kind::Price => "price",
            Kind::View => "view",
        }
    }

    /// Reads the name on the wire.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::from_bytes(name.as_bytes())
    }

    pub(crate) fn from_bytes(name: &[u8]) -> Option<Kind> {
        Some(match name {
            b"order" => Kind::Order,
            b"shipment" => Kind::Shipment,
            b"delivery" => Kind::Delivery,
            b"review" => Kind::Review,
            b"return" => Kind::Return,
            b"complaint" => Kind::Complaint,
            b"scan" => Kind::Scan,
            b"price" => Kind::Price,
            b"view" => Kind::View,
            _ => return None,
        })
    }
}

/// One thing that happened to goods, as the sender told it. Texts are borrowed from the bytes it was read from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signal<'a> {
    /// The sender's id, 1 to 64 bytes; the same id never counts twice.
    pub id: &'a str,
    /// What happened.
    pub kind: Kind,
    /// When it happened, UTC microseconds since 1970.
    pub at_us: i64,
    /// The merchant, 1 to 64 bytes.
    pub merchant: &'a str,
    /// The product as the shop names it (SKU), 1 to 128 bytes.
    pub product: &'a str,
    /// The lot, where known, 1 to 128 bytes.
    pub lot: Option<&'a str>,
    /// The order, where known, 1 to 64 bytes.
    pub order: Option<&'a str>,
    /// Units, 0 to 1,000,000,000; 1 where the sender says nothing.
    pub quantity: i64,
    /// Money in minor units; 0 where the sender says nothing.
    pub amount_minor: i64,
    /// What else is known.
    pub attributes: Attributes<'a>,
}

impl<'a> Signal<'a> {
    /// A signal of one unit without money, lot, order or attributes.
    pub fn new(id: &'a str, kind: Kind, at_us: i64, merchant: &'a str, product: &'a str) -> Signal<'a> {
        Signal {
            id,
            kind,
            at_us,
            merchant,
            product,
            lot: None,
            order: None,
            quantity: 1,
            amount_minor: 0,
            attributes: Attributes::default(),
        }
    }
}

/// What else is known about a signal; all of it may be absent.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Attributes<'a> {
    /// Stars, 1 to 5.
    pub rating: Option<u8>,
    /// A reason code of the sender, 1 to 32 bytes.
    pub reason: Option<&'a str>,
    /// Where, 1 to 64 bytes.
    pub place: Option<&'a str>,
    /// The device, as a name or a hash of it, 1 to 64 bytes.
    pub device: Option<&'a str>,
    /// The buyer, as a pseudonym, 1 to 64 bytes.
    pub buyer: Option<&'a str>,
    /// Age of the buyer's account in days.
    pub buyer_age_days: Option<u32>,
    /// Hash of a review's text ([`crate::fingerprint::text_hash`]).
    pub text_hash: Option<u64>,
    /// Weight of the parcel in grams.
    pub weight_grams: Option<u32>,
    /// List price in minor units.
    pub list_price_minor: Option<i64>,
    /// Whether the reviewer is known to have bought the product.
    pub verified: Option<bool>,
}

/// What a window is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyKind {
    /// `<merchant>/<product>`.
    Product,
    /// `<merchant>`.
    Merchant,
    /// `<merchant>/<lot>`.
    Lot,
}

impl KeyKind {
    /// Every kind, in the order of its number in snapshots.
    pub const ALL: [KeyKind; 3] = [KeyKind::Product, KeyKind::Merchant, KeyKind::Lot];

    /// The name in tables and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyKind::Product => "product",
            KeyKind::Merchant => "merchant",
            KeyKind::Lot => "lot",
        }
    }

    /// Reads [`KeyKind::as_str`].
    pub fn from_name(name: &str) -> Option<KeyKind> {
        KeyKind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A key that owns its text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Of what kind.
    pub kind: KeyKind,
    /// `<merchant>`, `<merchant>/<product>` or `<merchant>/<lot>`.
    pub id: String,
}

impl Key {
    /// The key of a product of a merchant.
    pub fn product(merchant: &str, product: &str) -> Key {
        Key { kind: KeyKind::Product, id: format!("{merchant}/{product}") }
    }

    /// The key of a merchant.
    pub fn merchant(merchant: &str) -> Key {
        Key { kind: KeyKind::Merchant, id: merchant.to_owned() }
    }

    /// The key of a lot of a merchant.
    pub fn lot(merchant: &str, lot: &str) -> Key {
        Key { kind: KeyKind::Lot, id: format!("{merchant}/{lot}") }
    }

    /// The same key, borrowed.
    pub fn as_ref(&self) -> KeyRef<'_> {
        KeyRef { kind: self.kind, id: &self.id }
    }

    /// The merchant it belongs to.
    pub fn merchant_id(&self) -> &str {
        self.as_ref().merchant_id()
    }

    /// The product or lot within the merchant; empty for a merchant.
    pub fn local_id(&self) -> &str {
        self.as_ref().local_id()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.id)
    }
}

/// A borrowed key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyRef<'a> {
    /// Of what kind.
    pub kind: KeyKind,
    /// As in [`Key::id`].
    pub id: &'a str,
}

impl<'a> KeyRef<'a> {
    /// The same key with its own text.
    pub fn to_key(self) -> Key {
        Key { kind: self.kind, id: self.id.to_owned() }
    }

    /// The merchant it belongs to. A merchant id holds no `/` (the wire refuses it), so the first one ends it.
    pub fn merchant_id(self) -> &'a str {
        self.id.split('/').next().unwrap_or(self.id)
    }

    /// The product or lot within the merchant; empty for a merchant.
    pub fn local_id(self) -> &'a str {
        self.id.split_once('/').map_or("", |(_, local)| local)
    }
}
