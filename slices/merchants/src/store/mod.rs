//! The only SQL of this duty. Nobody's permission is checked here.

mod blacklist;
mod brands;
mod merchants;
mod qualifications;
mod tables;

pub(crate) use blacklist::*;
pub(crate) use brands::*;
pub(crate) use merchants::*;
pub use merchants::{Filter, SORTS};
pub(crate) use qualifications::*;

use crate::Error;
use crate::model::{Finding, Weight};
use db::{Migrations, Table};
use ground::{Problem, Timestamp};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;

db::migration!(CreateMerchants, "m20261123_000300_merchants_files", |schema| {
    Table::new("merchants")
        .id()
        .key("market")
        .key("state")
        .integer("version")
        .key("uscc")
        .key("name_key")
        .text("legal_name")
        .text("shop_name")
        .text("representative")
        .text("representative_id")
        .text("address")
        .text("contact_name")
        .text("phone")
        .text("email")
        .text("bank_name")
        .text("bank_holder")
        .text("bank_account")
        .text("return_addresses")
        .text("devices")
        .text("findings")
        .text("reasons")
        .text("note")
        .optional_key("open_reason")
        .time("created_at")
        .time("updated_at")
        .optional_time("submitted_at")
        .optional_time("verified_at")
        .optional_time("verify_due_at")
        .optional_time("confirm_asked_at")
        .optional_time("suspended_until")
        .index(&["state", "updated_at"])
        .index(&["uscc"])
        .index(&["name_key"])
        .index(&["verify_due_at"])
        .create(schema)
        .await?;
    Table::new("merchant_categories")
        .key("merchant_id")
        .key("category")
        .primary(&["merchant_id", "category"])
        .index(&["category"])
        .create(schema)
        .await?;
    Table::new("merchant_claims")
        .key("kind")
        .key("value")
        .key("merchant_id")
        .time("at")
        .primary(&["kind", "value"])
        .index(&["merchant_id"])
        .create(schema)
        .await?;
});

db::migration!(CreateQualifications, "m20261123_000310_merchants_qualifications", |schema| {
    Table::new("merchant_qualifications")
        .id()
        .key("merchant_id")
        .key("kind")
        .text("number")
        .key("number_key")
        .text("holder")
        .text("issuer")
        .text("categories")
        .optional_key("valid_from")
        .optional_key("valid_until")
        .optional_key("file_sha256")
        .optional_text("file_name")
        .optional_integer("file_bytes")
        .optional_key("file_media_type")
        .key("state")
        .text("findings")
        .key("register_state")
        .integer("register_tries")
        .optional_time("register_due_at")
        .key("decided_by")
        .text("reason")
        .optional_key("renews")
        .integer("warned_days")
        .time("created_at")
        .optional_time("decided_at")
        .integer("version")
        .index(&["merchant_id", "created_at"])
        .index(&["kind", "number_key"])
        .index(&["state", "valid_until"])
        .index(&["register_state", "register_due_at"])
        .create(schema)
        .await?;
    Table::new("merchant_brands")
        .id()
        .key("merchant_id")
        .text("brand")
        .text("trademark_number")
        .text("trademark_owner")
        .optional_key("trademark_until")
        .optional_key("valid_until")
        .text("chain")
        .key("state")
        .text("findings")
        .text("reason")
        .key("decided_by")
        .time("created_at")
        .optional_time("decided_at")
        .integer("version")
        .index(&["merchant_id", "created_at"])
        .index(&["state", "valid_until"])
        .create(schema)
        .await?;
});

db::migration!(CreateBlacklist, "m20261123_000320_merchants_blacklist", |schema| {
    Table::new("blacklist")
        .id()
        .key("kind")
        .key("value_key")
        .text("reason")
        .key("valid_from")
        .optional_key("valid_until")
        .key("added_by")
        .time("added_at")
        .optional_time("lifted_at")
        .index(&["kind", "value_key"])
        .index(&["added_at"])
        .create(schema)
        .await?;
});

/// The migrations of this duty.
pub fn migrations() -> Migrations {
    vec![Box::new(CreateMerchants), Box::new(CreateQualifications), Box::new(CreateBlacklist)]
}

/// Most characters of a column that is indexed.
pub(crate) const KEY_CHARS_MAX: usize = db::table::KEY_CHARS_MAX as usize;

pub(crate) fn key(text: &str) -> String {
    text.chars().take(KEY_CHARS_MAX).collect()
}

fn damaged(what: &str, id: &str) -> Error {
    Error::Platform(Problem::internal(format!("the stored {what} of {id} cannot be read")))
}

fn moment(micros: Option<i64>) -> Option<Timestamp> {
    micros.map(Timestamp::from_micros)
}

fn micros(moment: Option<Timestamp>) -> Option<i64> {
    moment.map(Timestamp::micros)
}

fn day(text: Option<&String>) -> Option<Date> {
    text.and_then(|text| text.parse().ok())
}

fn day_text(date: Option<Date>) -> Option<String> {
    date.map(|date| date.to_string())
}

fn texts_json(texts: &[String]) -> String {
    Value::from(texts.to_vec()).to_string()
}

fn read_texts(json: &str) -> Option<Vec<String>> {
    serde_json::from_str(json).ok()
}

pub(crate) fn findings_json(findings: &[Finding]) -> Value {
    Value::Array(
        findings
            .iter()
            .map(|f| {
                json!({
                    "code": f.code, "weight": f.weight.name(), "field": f.field,
                    "qualification": f.qualification, "args": f.args,
                })
            })
            .collect(),
    )
}

fn read_findings(json: &str) -> Option<Vec<Finding>> {
    let list: Vec<Value> = serde_json::from_str(json).ok()?;
    list.iter()
        .map(|value| {
            let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
            let args = value.get("args").and_then(Value::as_object).map(|map| {
                map.iter()
                    .map(|(key, value)| (key.clone(), value.as_str().unwrap_or("").to_owned()))
                    .collect::<BTreeMap<_, _>>()
            });
            Some(Finding {
                code: text("code")?,
                weight: Weight::from_name(&text("weight")?)?,
                field: text("field")?,
                qualification: text("qualification"),
                args: args.unwrap_or_default(),
            })
        })
        .collect()
}
