//! The tables of people: the only SQL of this crate.

pub(crate) mod identities;
pub(crate) mod links;
pub(crate) mod sessions;
pub(crate) mod sign_ins;
pub(crate) mod tokens;
pub(crate) mod users;

use db::{Migrations, Table};

db::migration!(CreateAccounts, "m20261123_000100_accounts_users_sessions_tokens_links", |schema| {
    Table::new("users")
        .id()
        .key("login")
        .text("name")
        .optional_text("email")
        .optional_text("phone")
        .text("roles")
        .optional_key("organisation_kind")
        .optional_key("organisation_id")
        .optional_text("organisation_name")
        .key("language")
        .key("zone")
        .key("state")
        .optional_text("password_hash")
        .optional_time("password_changed_at")
        .optional_key("totp_secret")
        .bool("totp_on")
        .integer("totp_step")
        .time("created_at")
        .time("changed_at")
        .optional_time("signed_in_at")
        .unique(&["login"])
        .index(&["organisation_id"])
        .index(&["state", "created_at"])
        .create(schema)
        .await?;
    Table::new("user_recovery_codes")
        .id()
        .key("user_id")
        .key("hash")
        .optional_time("used_at")
        .index(&["user_id"])
        .create(schema)
        .await?;
    Table::new("sessions")
        .id()
        .key("user_id")
        .key("token_hash")
        .key("csrf_secret")
        .key("method")
        .bool("assured")
        .key("address")
        .text("agent")
        .time("created_at")
        .time("seen_at")
        .time("expires_at")
        .optional_time("revoked_at")
        .unique(&["token_hash"])
        .index(&["user_id", "created_at"])
        .create(schema)
        .await?;
    Table::new("api_tokens")
        .id()
        .key("user_id")
        .text("name")
        .key("hash")
        .text("scopes")
        .time("created_at")
        .time("expires_at")
        .optional_time("used_at")
        .optional_time("revoked_at")
        .unique(&["hash"])
        .index(&["user_id", "created_at"])
        .create(schema)
        .await?;
    Table::new("sign_in_links")
        .id()
        .key("user_id")
        .key("hash")
        .key("purpose")
        .time("created_at")
        .time("expires_at")
        .optional_time("used_at")
        .unique(&["hash"])
        .index(&["user_id"])
        .create(schema)
        .await?;
    Table::new("sign_ins")
        .id()
        .time("at")
        .key("login")
        .optional_key("user_id")
        .key("method")
        .key("outcome")
        .key("address")
        .text("agent")
        .index(&["at"])
        .index(&["login", "at"])
        .index(&["address", "at"])
        .create(schema)
        .await?;
    Table::new("user_identities")
        .id()
        .key("provider")
        .key("subject_hash")
        .text("subject")
        .key("user_id")
        .time("created_at")
        .unique(&["provider", "subject_hash"])
        .index(&["user_id"])
        .create(schema)
        .await?;
});

pub(crate) fn migrations() -> Migrations {
    vec![Box::new(CreateAccounts)]
}
