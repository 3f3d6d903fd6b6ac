//! The only SQL of this duty.

pub(crate) mod laboratories;
pub(crate) mod reports;

pub use laboratories::LaboratoryFilter;
pub use reports::{Filter, SORTS};

use db::{Migrations, Table};
use ground::Timestamp;
use jiff::civil::Date;

db::migration!(CreateReports, "m20261124_000140_reports_create", |schema| {
    Table::new("laboratories")
        .id()
        .text("name")
        .text("name_en")
        .key("state")
        .text("reason")
        .text("cma_number")
        .optional_key("cma_until")
        .text("cnas_number")
        .optional_key("cnas_until")
        .key("did")
        .bool("own_did")
        .optional_time("confirmed_at")
        .time("created_at")
        .time("updated_at")
        .integer("version")
        .index(&["state", "updated_at"])
        .index(&["did"])
        .create(schema)
        .await?;
    Table::new("laboratory_keys")
        .id()
        .key("laboratory_id")
        .key("did")
        .key("fragment")
        .text("public")
        .optional_text("sealed")
        .time("created_at")
        .optional_time("revoked_at")
        .index(&["laboratory_id", "created_at"])
        .unique(&["did", "fragment"])
        .create(schema)
        .await?;
    Table::new("report_status_lists")
        .id()
        .key("laboratory_id")
        .integer("next_index")
        .integer("start")
        .time("created_at")
        .index(&["laboratory_id", "created_at"])
        .create(schema)
        .await?;
    Table::new("reports")
        .id()
        .key("origin")
        .key("state")
        .key("laboratory_id")
        .text("laboratory")
        .text("issuer")
        .key("method")
        .key("merchant_id")
        .key("lot_id")
        .key("gtin")
        .key("lot_number")
        .text("product")
        .text("number")
        .text("title")
        .text("standard")
        .key("tested_on")
        .text("items")
        .key("result")
        .optional_time("issued_at")
        .optional_time("valid_until")
        .text("credential")
        .optional_text("credential_json")
        // One row for one credential: SHA-256 of it, or the id while it is a draft.
        .key("digest")
        .optional_key("list_id")
        .optional_integer("list_index")
        .key("failure")
        .text("reason")
        .optional_key("document")
        .optional_time("checked_at")
        .optional_time("check_due_at")
        .integer("tries")
        .time("created_at")
        .optional_time("revoked_at")
        .optional_key("act_id")
        .integer("version")
        .unique(&["digest"])
        .unique(&["list_id", "list_index"])
        .index(&["lot_id", "created_at"])
        .index(&["laboratory_id", "created_at"])
        .index(&["merchant_id", "created_at"])
        .index(&["state", "created_at"])
        .index(&["method"])
        .index(&["check_due_at"])
        .create(schema)
        .await?;
});

/// The migrations of this duty.
pub fn migrations() -> Migrations {
    vec![Box::new(CreateReports)]
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
