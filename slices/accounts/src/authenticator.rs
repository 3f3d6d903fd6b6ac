//! Who stands behind a cookie or a token.

use crate::model::UserState;
use crate::policy::Rules;
use crate::secret;
use crate::store::{sessions, tokens, users};
use ground::time::MINUTE_MICROS;
use jiff::tz::TimeZone;
use kernel::{Actor, ActorKind, Kernel, Result};
use std::collections::BTreeSet;
use web::{Owed, SignedSession};

/// Uses are written down at most this often, so that reading a page is not a write.
const SEEN_EVERY_MICROS: i64 = MINUTE_MICROS;

/// Whose role asks for a second factor sets it up before anything else.
const SECOND_FACTOR_OWED: Owed = Owed { page: "/account/second-factor", message: "accounts-second-needed" };

/// Signs people in for the web layer.
#[derive(Debug, Default, Clone, Copy)]
pub struct Authenticator;

#[async_trait::async_trait]
impl web::Authenticator for Authenticator {
    async fn session(&self, kernel: &Kernel, token: &str) -> Result<Option<SignedSession>> {
        let Some(row) = sessions::by_hash(kernel, &secret::hash(token)).await? else { return Ok(None) };
        let (rules, now) = (Rules::of(kernel)?, kernel.now());
        let idle = now.micros() - row.seen_at > rules.idle_micros;
        if row.revoked_at.is_some() || row.expires_at <= now.micros() || idle {
            return Ok(None);
        }
        let Some(secrets) = users::by_id(kernel.db().read(), &row.user_id).await? else { return Ok(None) };
        let user = secrets.user;
        if user.state != UserState::Active {
            return Ok(None);
        }
        if now.micros() - row.seen_at >= SEEN_EVERY_MICROS {
            sessions::seen(kernel, &row.id, now).await?;
        }
        // Whose role asks for a second factor may, until there is one, do nothing but set it up.
        let weak = !row.assured && user.roles.iter().any(|role| rules.second_factor_roles.contains(role));
        let actor = Actor {
            id: user.id,
            name: user.name,
            roles: if weak { BTreeSet::new() } else { user.roles },
            organisation: user.organisation.as_ref().map(|organisation| organisation.id.clone()),
            kind: ActorKind::Person { session: row.id },
            language: user.language,
        };
        let zone = TimeZone::get(&user.zone).unwrap_or_else(|_| kernel.zone().clone());
        Ok(Some(SignedSession {
            actor,
            csrf_secret: row.csrf_secret.into_bytes(),
            zone,
            organisation_name: user.organisation.map(|organisation| organisation.name),
            owed: weak.then_some(SECOND_FACTOR_OWED),
        }))
    }

    async fn bearer(&self, kernel: &Kernel, token: &str) -> Result<Option<Actor>> {
        let Some(found) = tokens::by_hash(kernel, &secret::hash(token)).await? else { return Ok(None) };
        let now = kernel.now();
        if found.revoked_at.is_some() || found.expires_at <= now {
            return Ok(None);
        }
        let Some(secrets) = users::by_id(kernel.db().read(), &found.user_id).await? else { return Ok(None) };
        let user = secrets.user;
        if user.state != UserState::Active {
            return Ok(None);
        }
        if found.used_at.is_none_or(|used| now.micros() - used.micros() >= SEEN_EVERY_MICROS) {
            tokens::used(kernel, &found.id, now).await?;
        }
        Ok(Some(Actor {
            id: user.id,
            name: user.name,
            roles: user.roles,
            organisation: user.organisation.map(|organisation| organisation.id),
            kind: ActorKind::Token { token: found.id, scopes: found.scopes },
            language: user.language,
        }))
    }
}
