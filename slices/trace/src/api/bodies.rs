//! The JSON shapes.

use crate::model::{Batch, CodeKey, Covered, Lot, LotDocument, Turn, UnitStanding};
use crate::units::Unreadable;
use serde::Serialize;
use utoipa::ToSchema;

fn day(day: Option<jiff::civil::Date>) -> Option<String> {
    day.map(|day| day.to_string())
}

/// A lot.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lot)]
pub(crate) struct LotBody {
    id: String,
    merchant_id: String,
    market: String,
    /// 14 digits.
    gtin: String,
    /// Lot number (AI 10).
    number: String,
    product: String,
    listing_id: Option<String>,
    /// `YYYY-MM-DD`
    produced_on: Option<String>,
    /// `YYYY-MM-DD`
    expires_on: Option<String>,
    origin: String,
    plant: String,
    /// `open`, `blocked`, `recalled` or `withdrawn`.
    state: String,
    /// Units that were ever commissioned into it.
    units_commissioned: i64,
    /// To be named by the next change.
    version: i64,
    created_at: String,
    updated_at: String,
    /// The act that entered it.
    act_id: String,
}

impl From<Lot> for LotBody {
    fn from(lot: Lot) -> Self {
        LotBody {
            gtin: lot.gtin.as_str().to_owned(),
            produced_on: day(lot.produced_on),
            expires_on: day(lot.expires_on),
            state: lot.state.name().to_owned(),
            created_at: lot.created_at.to_rfc3339(),
            updated_at: lot.updated_at.to_rfc3339(),
            id: lot.id,
            merchant_id: lot.merchant_id,
            market: lot.market,
            number: lot.number,
            product: lot.product,
            listing_id: lot.listing_id,
            origin: lot.origin,
            plant: lot.plant,
            units_commissioned: lot.units_commissioned,
            version: lot.version,
            act_id: lot.act_id,
        }
    }
}

/// A document of a lot.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LotDocument)]
pub(crate) struct DocumentBody {
    id: String,
    lot_id: String,
    /// `inspection`, `quarantine`, `test_report`, `origin`, `customs` or `other`.
    kind: String,
    number: String,
    issuer: String,
    issued_on: Option<String>,
    valid_until: Option<String>,
    sha256: String,
    file_name: String,
    bytes: i64,
    media_type: String,
    /// Whether the public page shows it.
    public: bool,
    created_at: String,
    withdrawn_at: Option<String>,
    /// Where the file is.
    path: String,
    act_id: String,
}

impl From<LotDocument> for DocumentBody {
    fn from(document: LotDocument) -> Self {
        DocumentBody {
            kind: document.kind.name().to_owned(),
            issued_on: day(document.issued_on),
            valid_until: day(document.valid_until),
            created_at: document.created_at.to_rfc3339(),
            withdrawn_at: document.withdrawn_at.map(ground::Timestamp::to_rfc3339),
            path: format!("/documents/lots/{}/{}", document.lot_id, document.id),
            id: document.id,
            lot_id: document.lot_id,
            number: document.number,
            issuer: document.issuer,
            sha256: document.sha256,
            file_name: document.file_name,
            bytes: document.bytes,
            media_type: document.media_type,
            public: document.public,
            act_id: document.act_id,
        }
    }
}

/// A batch of codes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CodeBatch)]
pub(crate) struct BatchBody {
    id: String,
    merchant_id: String,
    /// 14 digits.
    gtin: String,
    listing_id: String,
    /// How many codes.
    count: u64,
    /// The key id in the serials, 0 to 31.
    key_number: u8,
    key_id: String,
    /// Whether each code has a covered second code.
    covered: bool,
    /// The lot printed in the codes.
    lot_id: Option<String>,
    lot_number: Option<String>,
    /// How many are commissioned.
    commissioned: i64,
    /// How many are taken out.
    decommissioned: i64,
    created_at: String,
    act_id: String,
}

impl From<Batch> for BatchBody {
    fn from(batch: Batch) -> Self {
        let (lot_id, lot_number) = batch.lot.clone().unzip();
        BatchBody {
            gtin: batch.gtin.as_str().to_owned(),
            count: batch.count(),
            covered: batch.covered_key_id.is_some(),
            created_at: batch.created_at.to_rfc3339(),
            id: batch.id,
            merchant_id: batch.merchant_id,
            listing_id: batch.listing_id,
            key_number: batch.key_number,
            key_id: batch.key_id,
            lot_id,
            lot_number,
            commissioned: batch.commissioned,
            decommissioned: batch.decommissioned,
            act_id: batch.act_id,
        }
    }
}

/// A key of codes, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CodeKey)]
pub(crate) struct KeyBody {
    id: String,
    merchant_id: String,
    /// `unit`, `covered` or `order`.
    purpose: String,
    epoch: u64,
    number: u8,
    created_at: String,
    /// Since when no new codes are made with it.
    retired_at: Option<String>,
}

impl From<CodeKey> for KeyBody {
    fn from(key: CodeKey) -> Self {
        KeyBody {
            purpose: key.purpose.name().to_owned(),
            created_at: key.created_at.to_rfc3339(),
            retired_at: key.retired_at.map(ground::Timestamp::to_rfc3339),
            id: key.id,
            merchant_id: key.merchant_id,
            epoch: key.epoch,
            number: key.number,
        }
    }
}

/// A commissioning or decommissioning.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnitTurn)]
pub(crate) struct TurnBody {
    at: String,
    act_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
}

impl From<Turn> for TurnBody {
    fn from(turn: Turn) -> Self {
        TurnBody { at: turn.at.to_rfc3339(), act_id: turn.act_id, reason: turn.reason }
    }
}

/// What is known of a unit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Unit)]
pub(crate) struct UnitBody {
    /// The code as it was given.
    code: String,
    /// Why it cannot be read; then nothing else is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
    gtin: Option<String>,
    serial: Option<String>,
    /// `genuine`, `forged` or `unknown`.
    authenticity: Option<String>,
    /// `unminted`, `minted`, `commissioned`, `sold` or `decommissioned`.
    state: Option<String>,
    merchant_id: Option<String>,
    batch_id: Option<String>,
    /// Which code of its batch, from 1.
    position: Option<u64>,
    lot: Option<LotBody>,
    commissioned: Option<TurnBody>,
    decommissioned: Option<TurnBody>,
    /// In how many different orders it was sold.
    orders: Option<u64>,
    first_sold_at: Option<String>,
    /// `none`, `unused` or `used`.
    covered: Option<String>,
    covered_used_at: Option<String>,
}

impl UnitBody {
    pub(crate) fn of(code: String, unit: Result<UnitStanding, Unreadable>) -> Self {
        let mut body = UnitBody {
            code,
            unreadable: None,
            gtin: None,
            serial: None,
            authenticity: None,
            state: None,
            merchant_id: None,
            batch_id: None,
            position: None,
            lot: None,
            commissioned: None,
            decommissioned: None,
            orders: None,
            first_sold_at: None,
            covered: None,
            covered_used_at: None,
        };
        let unit = match unit {
            Ok(unit) => unit,
            Err(why) => {
                body.unreadable = Some(why.to_string());
                return body;
            }
        };
        let (covered, used_at) = match unit.covered {
            Covered::None => ("none", None),
            Covered::Unused => ("unused", None),
            Covered::Used { at } => ("used", Some(at.to_rfc3339())),
        };
        body.gtin = Some(unit.gtin.as_str().to_owned());
        body.serial = Some(unit.serial);
        body.authenticity = Some(unit.authenticity.name().to_owned());
        body.state = Some(unit.state.name().to_owned());
        body.merchant_id = unit.batch.as_ref().map(|batch| batch.merchant_id.clone());
        body.batch_id = unit.batch.map(|batch| batch.id);
        body.position = unit.position;
        body.lot = unit.lot.map(LotBody::from);
        body.commissioned = unit.commissioned.map(TurnBody::from);
        body.decommissioned = unit.decommissioned.map(TurnBody::from);
        body.orders = Some(unit.orders);
        body.first_sold_at = unit.first_sold_at.map(ground::Timestamp::to_rfc3339);
        body.covered = Some(covered.to_owned());
        body.covered_used_at = used_at;
        body
    }
}
